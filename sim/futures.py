"""How one market becomes another: policies taken on by name, people moved or called by hand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from agents.population import OUTSIDE
from agents.strategies.contract import check_levers
from agents.tables import plain
from sim.config import Policy
from sim.errors import InputError, nearest
from sim.loading import combine
from sim.offers import as_columns
from sim.rows import Columns
from sim.steps.flags import ALONE, CALL_NOW, HIDDEN, NO_VOTE, NOBODY, seen_operator
from sim.steps.relation import begin_relation, end_relation, go_without

if TYPE_CHECKING:
    from sim.market import Market


def named_policy(market: "Market", name: str) -> Policy:
    """Find a policy by name among those of the scenario; `a+b` runs two side by side."""
    if name in market.scenario.policies:
        return market.scenario.policies[name]
    parts = []
    for part in name.split("+"):
        if part not in market.scenario.policies:
            raise InputError(
                f"policy '{part}': the scenario does not name it{nearest(part, market.scenario.policies)}; it names:"
                f" {', '.join(market.scenario.policies)}"
            )
        parts.append(market.scenario.policies[part])
    return combine(parts)


def take_on(market: "Market", name: str, taker: str | None = None) -> None:
    """Let an operator, the focal one where none is named, take on a policy by name, if its levers go together with the
    operator's own.
    """
    policy, operator = (
        named_policy(market, name),
        market.operators[market.operator_names.index(taker or market.scenario.focal)],
    )
    try:
        check_levers(
            {**operator.config.loyalty, **policy.loyalty},
            {**operator.config.retention, **policy.retention},
            f"policy '{name}': ",
        )
    except ValueError as error:
        raise InputError(str(error)) from None
    operator.adopt(policy)
    if taker is None:
        market.policy = name


def mirror(market: "Market") -> None:
    """Let rivals that mirror the focal operator take on its policy, after their delay."""
    for operator in market.operators:
        if market.month > 0 and operator.mirror_after == market.month and market.policy != "none":
            take_on(market, market.policy, operator.name)


def intervene(market: "Market", moves: Mapping[int, str], contact: Sequence[int], mute: Sequence[int]) -> None:
    """Move or call people by hand, or hide them from their ties."""
    for person, name in moves.items():
        if name != "outside" and name not in market.operator_names:
            raise InputError(
                f"set_operator: no such operator '{name}'{nearest(name, market.operator_names)}; known:"
                f" {', '.join(market.operator_names)}, outside"
            )
        if not 0 <= person < len(market.state.plan):
            raise InputError(f"set_operator: no such person {person}; there are {len(market.state.plan)}")
        _move(market, int(person), name)
    if moves:
        market.intervened = True
    if len(contact):
        market.state.since_contact[np.asarray(contact, dtype=np.int64)] = CALL_NOW
    if len(mute):
        muted = np.asarray(mute, dtype=np.int64)
        votes = market.seen[muted] & np.uint32(NO_VOTE << 24)
        market.state.muted[muted], market.seen[muted] = 1, HIDDEN | np.uint32(NOBODY << 8) | votes


def _move(market: "Market", person: int, name: str) -> None:
    """End a person's relation, and begin one with the operator named as any newcomer does."""
    who, me = Columns(market.traits)[person], Columns(market.state)[person]
    old = int(market.offers.plans.operator[me.plan]) if me.plan >= 0 else NOBODY
    if old != NOBODY:
        end_relation(me)
    if name == "outside":
        if old != NOBODY:
            go_without(old, me)
        me.plan = OUTSIDE
        market.seen[person] = (ALONE & ~(255 << 8)) | (old << 8)
        return
    number = market.operator_names.index(name)
    plans = np.flatnonzero(market.offers.plans.operator == number)
    plan = int(plans[market.weigh(np.array([person]), fresh=True).probabilities[0, plans].argmax()])
    origin = -1 if old == NOBODY else old
    begin_relation(
        person, plan, origin, -1, who, me, as_columns(market.offers), market.this_month(), plain(market.params)
    )
    market.seen[person] = seen_operator(number, old, me.satisfaction)
