"""What each strategy of pricing and service does: on a view of one's own, and in a market."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents.strategies import (
    CostPlus,
    PriceWar,
    Pricing,
    QLearning,
    Schedule,
    TargetSatisfaction,
    TargetShare,
    TargetWait,
    View,
)
from sim import InputError, Market, load_scenario
from tests.contract.test_levers import view
from tests.properties.builders import assert_same, small, tables

pytestmark = pytest.mark.contract

STATIC = ("behaviour=textbook", "customers=textbook", "customers.segments.all.price_sensitivity=0.15", "burn_in=0")


def seen(month: int = 1, fee: float = 20.0, rival: float = 18.0, **changes: Any) -> View:
    """Build a view in which own fee (start 20) and the rival's (start 18) are given, unit cost is 6."""
    base = view(month)
    return replace(
        base,
        plans={"mine": replace(base.plans["mine"], fee=fee), "theirs": replace(base.plans["theirs"], fee=rival)},
        **changes,
    )


def played(strategy: Pricing, *views: View) -> list[float]:
    """Return the own fee that a strategy sets on each of these views in turn."""
    state, fees = None, []
    for each in views:
        state, action = strategy.decide(state, each)
        fees.append(action.fees["mine"])
    return fees


# --- pricing ---------------------------------------------------------------------------------------------------------


def test_schedule_sets_what_is_due_and_holds_the_last() -> None:
    strategy = Schedule(fees={2: 0.9, 4: {"mine": 15.0}})
    assert played(strategy, seen(1), seen(2), seen(3, fee=17.0), seen(4), seen(5, fee=15.0)) == [
        20.0,
        18.0,
        17.0,
        15.0,
        15.0,
    ]
    assert played(strategy, seen(9)) == [15.0]  # taken on late


def test_schedule_runs_from_overrides_and_knows_its_plans() -> None:
    schedule = "operators.beta.pricing={kind: schedule, fees: {2: 1.1, 4: {beta_M: 20}}}"
    run = Market(small(schedule, name="europe_three", months=5, customers=1_000)).run()
    assert run.prices.query("plan == 'beta_M'")["fee"].to_numpy() == pytest.approx(
        25.5 * np.array([1.0, 1.0, 1.1, 1.1, 20.0 / 25.5, 20.0 / 25.5])
    )
    with pytest.raises(InputError, match=r"beta\.pricing\.fees\.4: no such name 'beta_N' \(did you mean 'beta_M'\?\)"):
        load_scenario("classroom", ["operators.beta.pricing={kind: schedule, fees: {4: {beta_N: 20}}}"])


def test_cost_plus_marks_up_unit_cost() -> None:
    assert played(CostPlus(markup=0.5, every=2), seen(1), seen(2), seen(3)) == [9.0, 20.0, 9.0]


def test_price_war_punishes_for_its_length_and_forgives_who_returns() -> None:
    strategy = PriceWar(tolerance=0.05, depth=0.2, length=3)
    peace, cut = {"rival": 18.0}, {"rival": 15.0}
    assert played(strategy, *(seen(month, **peace) for month in (1, 2))) == [20.0, 20.0]
    assert played(strategy, seen(1, rival=17.2)) == [20.0]  # within tolerance
    assert played(strategy, seen(1, **cut), *(seen(month, fee=16.0, **peace) for month in (2, 3, 4))) == [
        16.0,
        16.0,
        16.0,
        20.0,
    ]
    assert played(strategy, *(seen(month, **cut) for month in range(1, 7))) == [16.0] * 6
    # never below cost, for ever
    assert (
        played(PriceWar(depth=0.9, length=None), seen(1, **cut), *(seen(month, **peace) for month in range(2, 99)))
        == [6.0] * 98
    )


def test_price_war_answers_a_rivals_cut_and_ends() -> None:
    overrides = (
        "shocks={cut: {kind: price_change, operator: alpha, change: -0.2, month: 3, months: 2}}",
        "operators.beta.pricing={kind: price_war, depth: 0.3, length: 4}",
    )
    beta = (
        Market(small(*overrides, name="europe_three", months=10, customers=1_000))
        .run()
        .prices.query("plan == 'beta_M'")["fee"]
        .to_numpy()
        / 25.5
    )
    assert beta == pytest.approx([1.0, 1.0, 1.0, 0.7, 0.7, 0.7, 0.7, 1.0, 1.0, 1.0, 1.0])


def test_target_share_moves_against_the_gap_by_bounded_steps() -> None:
    strategy = TargetShare(target=0.5, response=0.5, max_move=0.02)
    fees = [
        played(strategy, seen(shares={"own": share, "rival": 1.0 - share}))[0] for share in (0.1, 0.49, 0.5, 0.51, 0.9)
    ]
    assert fees == pytest.approx([19.6, 19.8, 20.0, 20.2, 20.4])
    opening = [seen(1, shares={"own": 0.4, "rival": 0.6}), seen(2, shares={"own": 0.3, "rival": 0.7})]
    assert played(TargetShare(), *opening) == pytest.approx([20.0, 19.6])  # its opening share
    assert played(strategy, seen(fee=6.05, shares={"own": 0.1, "rival": 0.9})) == [6.0]


def test_target_share_holds_its_share() -> None:
    """Against a rival that cuts for good, the share at the end is nearer to the opening share than without."""
    overrides = ("shocks={cut: {kind: price_change, operator: beta, change: -0.2, month: 1, months: 600}}",)
    runs = [
        small(*overrides, *more, name="europe_three", months=48)
        for more in ((), ("operators.alpha.pricing={kind: target_share}",))
    ]
    shares = [Market(run).run().kpis.query("operator == 'alpha'")["market_share"].to_numpy() for run in runs]
    assert abs(shares[1][-1] - shares[1][0]) < abs(shares[0][-1] - shares[0][0])


# --- pricing software ------------------------------------------------------------------------------------------------


def test_software_answers_what_it_sees() -> None:
    """First what training ended with, then the rival's level, from the grid 10, 15, 20 of both."""
    assert played(QLearning(), seen(1, rival=20.0), seen(2, rival=20.0), seen(3, rival=14.0)) == [10.0, 20.0, 15.0]
    assert played(QLearning(phase=3), seen(0), seen(1), seen(2), seen(3)) == [20.0, 20.0, 20.0, 10.0]


def test_software_that_goes_on_learning_changes_its_mind() -> None:
    """It met a profit of (2000 - 100) / 250 at its level of month 1 (10), in cell 0, where it valued nothing above
    another.
    """
    strategy, first = QLearning(learns=True, alpha=0.5, delta=0.0), seen(1, everyone_chooses=True)
    state, _ = strategy.decide(None, first)
    (software, cell), _ = strategy.decide(state, seen(2, fee=15.0, rival=10.0, everyone_chooses=True))
    assert software.values[0].tolist() == [0.0, 3.8, 0.0] and software.answers[0] == 1 and cell == 3
    assert state[0].values.sum() == 0.0 and state[0].answers[0] == 0  # what a fork shares is left alone


def static(*overrides: str, months: int = 4) -> Market:
    """Open a market of static demand with three operators of four plans each; all price by software."""
    pricing = [
        f"operators.{name}.pricing={{kind: q_learning, points: 5, periods: 20_000}}"
        for name in ("alpha", "beta", "gamma")
    ]
    return Market(
        load_scenario("europe_three", ["customers.count=1_000", f"months={months}", *STATIC, *pricing, *overrides])
    )


def test_software_moves_whole_tariffs_between_nash_and_monopoly() -> None:
    market = static("operators.alpha.pricing.xi=0.0")
    nash, joint = (
        market.demand.equilibrium(owners)["price"].to_dict() for owners in ({}, {"beta": "alpha", "gamma": "alpha"})
    )
    fees = market.run().prices.query("operator == 'alpha' and month > 0")
    parts = [(row.fee - nash[row.plan]) / (joint[row.plan] - nash[row.plan]) for row in fees.itertuples()]
    assert np.ptp(np.reshape(parts, (-1, 4)), axis=1) == pytest.approx(0.0, abs=1e-9) and set(np.round(parts, 6)) <= {
        0.0,
        0.25,
        0.5,
        0.75,
        1.0,
    }


def test_software_that_learns_on_is_deterministic_and_forks() -> None:
    market = static("operators.alpha.pricing.learns=true", "operators.beta.pricing.learns=true", months=8)
    market.step(), market.step()
    assert_same(tables(market.fork().run()), tables(market.fork().run()))


def test_software_in_a_market_with_inertia_starts_from_present_fees() -> None:
    """There it believes in a calibrated logit, whose Nash tariffs are the present fees: all it plays lies near or above
    them.
    """
    run = Market(
        small(
            "operators.beta.pricing={kind: q_learning, periods: 20_000}", name="europe_three", months=6, customers=1_000
        )
    ).run()
    ratio = run.prices.query("plan == 'beta_L'")["fee"].to_numpy() / 36.3
    assert (ratio > 0.9).all() and (ratio < 2.0).all()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("customers.outside=false", "customers.outside=true"),
        ("operators.gamma.pricing.points=100", "lower `points`"),
        ("operators={beta: null, gamma: null}", "needs a rival"),
    ],
)
def test_software_says_what_it_needs(override: str, message: str) -> None:
    more = ("operators.beta.pricing.points=100", "operators.alpha.pricing.points=100") if "points" in override else ()
    with pytest.raises(InputError, match=f"operators.alpha.pricing: q_learning.*{message}"):
        static(override, *more).step()


# --- service ---------------------------------------------------------------------------------------------------------


def budgets(strategy: TargetSatisfaction | TargetWait, *views: View) -> list[tuple[float | None, float | None]]:
    """Return the network and care shares a strategy sets on each of these views in turn."""
    state, shares = None, []
    for each in views:
        state, action = strategy.decide(state, each)
        shares.append((action.network_share, action.care_share))
    return shares


def test_target_satisfaction_moves_both_budgets_apart() -> None:
    """The view: 5 % of opening revenue are invested, and care costs 100 of a revenue of 2000."""
    strategy = TargetSatisfaction(target=0.7, response=1.0, network_move=0.02, care_move=0.05)
    assert np.array(budgets(strategy, seen(satisfaction=0.6), seen(satisfaction=0.71))) == pytest.approx(
        np.array([[0.051, 0.0525], [0.05049, 0.051975]])
    )
    assert budgets(TargetSatisfaction(network_move=0.0, care_move=0.0), seen(satisfaction=0.1)) == [(None, None)]
    assert budgets(strategy, seen(satisfaction=None)) == [(0.05, 0.05)] and budgets(strategy, seen(ledger=dict)) == [
        (None, None)
    ]


def test_target_wait_staffs_up_while_callers_wait_too_long() -> None:
    strategy = TargetWait(target=1.0, response=0.1, care_move=0.05, network=0.12)
    assert [care for _, care in budgets(strategy, seen(wait=1.2), seen(wait=9.0), seen(wait=1.0))] == pytest.approx(
        [0.051, 0.05355, 0.05355]
    )
    assert budgets(strategy, seen(ledger=dict)) == [(0.12, None)]


def test_wait_and_satisfaction_meet_their_targets() -> None:
    """Mean of the last year in the market; a survey of some hundred answers a month."""
    overrides = (
        "operators.alpha.service={kind: target_wait, target: 2.0}",
        "operators.beta.service={kind: target_satisfaction, target: 0.62}",
    )
    kpis = Market(small(*overrides, name="europe_three", months=36)).run().kpis.query("month > 24")
    assert kpis.query("operator == 'alpha'")["wait"].mean() == pytest.approx(2.0, abs=0.3)
    assert kpis.query("operator == 'beta'")["csat"].mean() == pytest.approx(0.62, abs=0.02)
