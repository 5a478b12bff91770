"""How one market becomes another: policies taken on by name, people moved or called by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.operator import Operator
from agents.population import OUTSIDE
from agents.strategies.contract import check_levers
from agents.tables import plain
from sim.analysis.weighing import weigh
from sim.config import Policy, Scenario
from sim.config.operators import side_by_side
from sim.errors import InputError, listed, nearest
from sim.steps.flags import ALONE, CALL_NOW, HIDDEN, NO_VOTE, NOBODY, seen_operator
from sim.steps.relation import begin_relation, end_relation, go_without
from sim.steps.turn import Turn
from sim.world.offers import as_columns
from sim.world.rows import Columns
from sim.world.world import World


def named_policy(scenario: Scenario, name: str) -> Policy:
    """Find a policy by name among those of the scenario; `a+b` runs two side by side."""
    if name in scenario.policies:
        return scenario.policies[name]
    parts = []
    for part in name.split("+"):
        if part not in scenario.policies:
            raise InputError(
                f"policy '{part}': the scenario does not name it{nearest(part, scenario.policies)}; it names:"
                f" {', '.join(scenario.policies)}"
            )
        parts.append(scenario.policies[part])
    return side_by_side(parts)


def take_on(scenario: Scenario, world: World, name: str, taker: str | None = None) -> None:
    """Let an operator, the focal one where none is named, take on a policy by name, if its levers go together with the
    operator's own.
    """
    policy = named_policy(scenario, name)
    operator = world.operators[world.focal if taker is None else world.number_of(taker)]
    if clash := _clash(operator, policy):
        raise InputError(f"policy '{name}': {clash}")
    operator.adopt(policy)
    if taker is None:
        world.policy = name


def _clash(operator: Operator, policy: Policy) -> str:
    """Say which levers of a policy do not go together with an operator's own; nothing where all do."""
    own = operator.config
    try:
        check_levers({**own.loyalty, **policy.loyalty}, {**own.retention, **policy.retention})
    except ValueError as error:
        return str(error)
    return ""


def let_copy(scenario: Scenario, world: World) -> None:
    """Let every rival take on the focal operator's policy `copy_after` months from now, unless it has a delay of its
    own, or runs a lever of that kind already under another name.
    """
    policy = named_policy(scenario, world.policy)
    for operator in world.operators:
        is_free = operator.name != scenario.focal and operator.mirror_after is None
        if is_free and not _clash(operator, policy):
            operator.mirror_after = world.month + scenario.copy_after


def mirror(scenario: Scenario, world: World) -> None:
    """Let rivals that mirror the focal operator take on its policy, after their delay."""
    for operator in world.operators:
        if world.month > 0 and operator.mirror_after == world.month and world.policy != "none":
            take_on(scenario, world, world.policy, operator.name)


def intervene(world: World, moves: Mapping[int, str], contact: Sequence[int], mute: Sequence[int]) -> None:
    """Move or call people by hand, or hide them from their ties."""
    names = [operator.name for operator in world.operators]
    for person, name in moves.items():
        if name != "outside" and name not in names:
            raise InputError(
                f"set_operator: no such operator '{name}'{nearest(name, names)}; known: {listed(names)}, outside"
            )
        if not 0 <= person < len(world.state.plan):
            raise InputError(f"set_operator: no such person {person}; there are {len(world.state.plan)}")
        _move(world, int(person), name)
    if moves:
        world.intervened = True
    if len(contact):
        world.state.since_contact[np.asarray(contact, dtype=np.int64)] = CALL_NOW
    if len(mute):
        muted = np.asarray(mute, dtype=np.int64)
        votes = world.seen[muted] & np.uint32(NO_VOTE << 24)
        world.state.muted[muted], world.seen[muted] = 1, HIDDEN | np.uint32(NOBODY << 8) | votes


def _move(world: World, person: int, name: str) -> None:
    """End a person's relation, and begin one with the operator named as any newcomer does."""
    at = turn_of(world, person)
    me, old = at.me, NOBODY
    if me.plan >= 0:
        old = int(world.offers.plans.operator[me.plan])
        end_relation(me)
    if name == "outside":
        if old != NOBODY:
            go_without(me, old)
        me.plan = OUTSIDE
        world.seen[person] = (ALONE & ~(255 << 8)) | (old << 8)
        return
    number = world.number_of(name)
    plans = world.plans_of(number)
    plan = int(plans[weigh(world, np.array([person]), fresh=True).probabilities[0, plans].argmax()])
    begin_relation(at, plan, -1 if old == NOBODY else old, -1)
    world.seen[person] = seen_operator(number, old, me.satisfaction)


def turn_of(world: World, person: int) -> Turn:
    """Return a person's month as plain Python reads it in a step; without ties."""
    who, me, event = (Columns(table)[person] for table in (world.traits, world.state, world.events))
    params: Any = plain(world.params)
    offers, month = as_columns(world.offers), as_columns(world.this_month())
    return Turn(person, who, me, event, offers, month, params, 0)
