"""What the operator does to a customer: a loyalty programme, terms, calls."""

import numpy as np
import pandas as pd

from sim.experiments.naive_true.analyst import (
    leaves_within,
    logit,
    marginal_effect,
    matched_difference,
    observables,
    recent,
)
from sim.experiments.naive_true.laboratory import (
    EVERY,
    HORIZON,
    MONTHS,
    YEAR,
    Estimate,
    Laboratory,
    in_one_month,
    left,
    own_customers,
)
from sim.market import Market
from sim.steps.flags import Flag

CALLED = 12  # month after which a round of calls starts

# --- loyalty programme -----------------------------------------------------------------------------------------------


def members_and_exits(laboratory: Laboratory) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the customers of the programme's operator after a year, who of them has ever had points, and who leaves
    within the next.
    """
    rows = laboratory.panel("points")
    member, leaves = recent(rows, "points", MONTHS) > 0.0, leaves_within(rows, YEAR)
    now = (rows["month"] == YEAR + 1).to_numpy()
    return rows[now], member[now], leaves[now].astype(float)


def naive_programme(laboratory: Laboratory) -> float:
    """Difference of members' exits in a year to those of all others."""
    _, member, leaves = members_and_exits(laboratory)
    return 100.0 * float(leaves[member].mean() - leaves[~member].mean()) / YEAR if member.any() else float("nan")


def naive_programme_matched(laboratory: Laboratory) -> float:
    """Difference of members' exits in a year to those of matched others."""
    return 100.0 * matched_difference(*members_and_exits(laboratory)) / YEAR


def true_programme(laboratory: Laboratory) -> float:
    """Difference of the same members' exits in that year to those in the world without the programme."""
    with_it, without = laboratory.at(YEAR, "points"), laboratory.at(YEAR)
    own = own_customers(with_it)
    members = own[with_it.state.member[own] == 1]
    members = members[~left(with_it, without, members)]  # customers in both worlds
    exits = [
        float(left(here, later, members).mean())
        for here, later in ((with_it, laboratory.at(MONTHS, "points")), (without, laboratory.at(MONTHS)))
    ]
    return 100.0 * (exits[0] - exits[1]) / YEAR


# --- lock-in ---------------------------------------------------------------------------------------------------------


def naive_lock_in(laboratory: Laboratory) -> float:
    """Effect of being inside a term on the monthly chance to leave, among those inside, by logit."""
    rows = laboratory.panel()
    left_of_term = rows["months_left"]
    rows = rows[~rows["prepaid"] & ((left_of_term > EVERY) | (left_of_term == 0))]
    inside = (rows["months_left"] > EVERY).to_numpy()
    held = ("plan", "segment", "region", "bill", "usage", "tenure", "complaints")
    return -marginal_effect(rows, inside, -1.0, rows["churned"].to_numpy(), inside, held)


def true_lock_in(laboratory: Laboratory) -> float:
    """Change of the monthly chance to leave of those inside a term that the term brings about."""

    def inside(world: Market) -> np.ndarray:
        own = own_customers(world)
        return np.asarray(
            own[(world.state.months_left[own] > EVERY) & (world.offers.plans.prepaid[world.state.plan[own]] == 0)]
        )

    def end_term(twin: Market, people: np.ndarray) -> None:
        twin.state.months_left[people] = 0

    return -in_one_month(laboratory, inside, end_term)


# --- whom to call ----------------------------------------------------------------------------------------------------


def speaks(laboratory: Laboratory) -> int:
    """Months in which a call's credit speaks for staying, as far as an experiment looks ahead."""
    return min(max(laboratory.scenario.behaviour.recent.credit, 1), HORIZON)


def naive_saved(policy: str) -> Estimate:
    """Return the belief in a round of calls: the called would have left as a churn model predicts, and who is still
    there has been saved.
    """

    def naive(laboratory: Laboratory) -> float:
        months = speaks(laboratory)
        rows = laboratory.panel(policy, CALLED, CALLED + months)
        leaves, month = leaves_within(rows, months), rows["month"].to_numpy()
        called = (rows["contacted"] & (rows["month"] == CALLED + 1)).to_numpy()
        if not called.any():
            return float("nan")
        table = observables(rows)
        before = month <= CALLED - months + 1
        fit = logit(leaves[before], table[before])
        return 100.0 * float(fit.predict(table[called]).mean()) * float((~leaves[called]).mean())

    return naive


def true_saved(policy: str) -> Estimate:
    """Return what a round of calls saves: exits of those called, without the call less with it, of 100."""

    def true(laboratory: Laboratory) -> float:
        world, month = laboratory.at(CALLED), laboratory.at(CALLED + 1, policy, CALLED)
        own = own_customers(world)
        called = own[(month.world.events.happened[own] & Flag.CONTACTED) != 0]
        end = CALLED + speaks(laboratory)
        exits = [
            float(left(world, later, called).sum())
            for later in (laboratory.at(end), laboratory.at(end, policy, CALLED))
        ]
        return 100.0 * (exits[0] - exits[1]) / len(called) if len(called) else float("nan")

    return true
