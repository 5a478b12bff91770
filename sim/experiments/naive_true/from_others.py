"""What others do to a customer: friends who leave, and the friend who brought her."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents import draws
from agents.draws import uniforms
from sim.experiments.naive_true.analyst import cox_excess, defected, marginal_effect, recent
from sim.experiments.naive_true.laboratory import (
    CUTS,
    HORIZON,
    YEAR,
    Laboratory,
    futures,
    left,
    one_in_each_community,
    own_customers,
)

STARTS = (6, 12, 18)  # months after which experiments on ties start

# --- contagion -------------------------------------------------------------------------------------------------------


def naive_contagion(laboratory: Laboratory) -> float:
    """Effect of one friend gone within six months on the monthly chance to leave for another operator, by logit."""
    rows = laboratory.panel()
    gone, known = recent(rows, "friends_left", HORIZON), (rows["month"] >= HORIZON).to_numpy()
    rows, gone = rows[known], gone[known]
    return marginal_effect(rows, gone, 1.0, defected(rows), gone == 0)


def naive_contagion_hazard(laboratory: Laboratory) -> float:
    """Excess hazard of leaving for another operator in the month after, for each friend gone, by Cox regression."""
    rows = laboratory.panel()
    return cox_excess(rows, rows["friends_left"].to_numpy(), defected(rows))


class Exits(NamedTuple):
    """Of the people tied to one who was forced out."""

    plain: float  # exits where nobody was forced out
    forced: float  # exits where somebody was
    people: int


def exits_of_ties(laboratory: Laboratory, starts: Sequence[int], months: int) -> Exits:
    """Force widely spaced customers out after each of some months; count the exits of those who have exactly one of
    them among their ties.

    One customer in each community is moved to a rival drawn at random, and lives on there; nobody who decides with an
    account.
    """
    plain, forced, people = 0.0, 0.0, 0
    for month in starts:
        world = laboratory.at(month)
        own = own_customers(world)
        gone = one_in_each_community(world, own[world.traits.account_size[own] == 1])
        is_gone = np.zeros(len(world.state.plan), bool)
        is_gone[gone] = True
        ties = own[(is_gone[world.world.ties[own]].sum(axis=1) == 1) & ~is_gone[own]]
        rivals = [name for name in world.operator_names if name != laboratory.scenario.focal]
        drawn = (uniforms(world.world.luck_key, draws.PANEL, gone, 2) * len(rivals)).astype(int)
        moved = {int(person): rivals[place] for person, place in zip(gone, drawn, strict=True)}
        without, with_it = futures(world, months, world.fork(set_operator=moved))
        plain += float(left(world, without, ties).sum())
        forced += float(left(world, with_it, ties).sum())
        people += len(ties)
    return Exits(plain, forced, people)


def true_contagion(laboratory: Laboratory) -> float:
    """Change of ties' monthly exits over six months; 0 where nobody has ties."""
    exits = exits_of_ties(laboratory, STARTS, HORIZON)
    return 100.0 * (exits.forced - exits.plain) / exits.people / HORIZON if exits.people else 0.0


def true_contagion_hazard(laboratory: Laboratory) -> float:
    """Excess of ties' exits in the month after; 0 where nobody has ties."""
    exits = exits_of_ties(laboratory, CUTS, 1)
    return 100.0 * (exits.forced / exits.plain - 1.0) if exits.plain else 0.0


# --- referral --------------------------------------------------------------------------------------------------------


def naive_referral(laboratory: Laboratory) -> float:
    """Effect of having been referred on newcomers' monthly chance to leave, by logit."""
    rows = laboratory.panel()
    rows = rows[rows["tenure"] < YEAR]
    referred = (rows["referred_by"] >= 0).to_numpy()
    return -marginal_effect(rows, referred, -1.0, rows["churned"].to_numpy(), referred)


def true_referral(laboratory: Laboratory) -> float:
    """Change of referred newcomers' monthly exits over six months that their referrers' being seen brings about."""
    changes, people = 0.0, 0
    for month in STARTS:
        world = laboratory.at(month)
        own = own_customers(world)
        referred = own[(world.state.referrer[own] >= 0) & (world.state.tenure[own] < YEAR)]
        if len(referred) == 0:
            continue
        silenced = np.unique(world.state.referrer[referred]).tolist()
        seen, muted = futures(world, HORIZON, world.fork(mute=silenced))
        changes += float(left(world, seen, referred).sum()) - float(left(world, muted, referred).sum())
        people += len(referred)
    return 100.0 * changes / people / HORIZON if people else float("nan")
