"""Naive against true: estimators on panels whose law is known, experiments that must come to nothing, and the table on
small worlds.
"""

from argparse import Namespace
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from sim import load_scenario
from sim.commands import naive_true as command
from sim.errors import InputError
from sim.experiments.executor import Executor
from sim.experiments.naive_true import CLAIMS, NaiveTrue, naive_true
from sim.experiments.naive_true.analyst import (
    cox_excess,
    defected,
    leaves_within,
    marginal_effect,
    matched_difference,
    recent,
    survival,
)
from sim.experiments.naive_true.from_operator import CALLED, true_saved
from sim.experiments.naive_true.from_others import true_contagion, true_contagion_hazard
from sim.experiments.naive_true.laboratory import HORIZON, Laboratory
from sim.experiments.statistics import ratio_of_means
from sim.experiments.store import Store
from sim.experiments.study import Means
from sim.report.of_naive_true import verdict

SOCIAL = (
    "behaviour.choice.social=0",
    "behaviour.attention.friend_left=0",
    "behaviour.word_of_mouth.weight=0",
    "behaviour.word_of_mouth.referral=0",
    "behaviour.satisfaction.expectation_social=0",
    "behaviour.deals.learning=0",
)

AT_REST = (  # what passes through operators: reputation and trust, the queue, the network's load
    "behaviour.choice.satisfaction=0",
    "behaviour.trust.weight=0",
    "behaviour.attention.dissatisfaction=0",
    "behaviour.failure.rate=0",
    "behaviour.failure.billing=0",
    "behaviour.congestion.slope=0",
    "behaviour.congestion.slowdown=0",
)


# --- ratio of means --------------------------------------------------------------------------------------------------


def test_ratio_is_that_of_the_delta_method_where_the_lower_mean_is_well_known() -> None:
    draw = np.random.default_rng(1)
    below = 10.0 + draw.normal(0.0, 0.1, 40)
    above = 2.0 * below + draw.normal(0.0, 0.1, 40)
    ratio, low, high = ratio_of_means(above, below)
    half = stats.t.ppf(0.975, 39) * np.std(above - ratio * below, ddof=1) / np.sqrt(40) / below.mean()
    assert ratio == above.mean() / below.mean()
    assert (ratio - low, high - ratio) == pytest.approx((half, half), rel=0.01)


def test_ratio_has_no_bounds_where_the_lower_mean_may_be_nothing() -> None:
    assert ratio_of_means(np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.1, 1.0]))[1:] == (-np.inf, np.inf)
    assert np.isnan(ratio_of_means(np.array([1.0, 2.0]), np.zeros(2))).all()
    assert ratio_of_means(np.array([3.0]), np.array([2.0]))[0] == 1.5


def test_ratio_is_covered_as_often_as_it_says() -> None:
    draw, inside, runs = np.random.default_rng(2), 0, 2_000
    for _ in range(runs):
        below = draw.normal(1.0, 1.0, 12)
        _, low, high = ratio_of_means(below + draw.normal(1.0, 1.0, 12), below)
        inside += low <= 2.0 <= high
    # wider where unbounded
    assert abs(inside / runs - 0.95) < 4.0 * np.sqrt(0.95 * 0.05 / runs) or inside / runs > 0.95


# --- the analyst's methods -------------------------------------------------------------------------------------------


def panel_of(hazard: np.ndarray, months: int, confounder: np.ndarray, seed: int = 3) -> pd.DataFrame:
    """Panel of people with given monthly hazards until they leave; `usage` is what they differ by."""
    draw, people = np.random.default_rng(seed), len(hazard)
    ends = draw.geometric(hazard)
    rows = [
        (person, month, month - 1, month == ends[person])
        for person in range(people)
        for month in range(1, min(ends[person], months) + 1)
    ]
    frame = pd.DataFrame(rows, columns=["customer", "month", "tenure", "churned"])
    return frame.assign(joined_month=0, usage=np.expm1(confounder)[frame["customer"]])


@pytest.fixture(scope="module")
def confounded() -> tuple[pd.DataFrame, np.ndarray, float]:
    """Return a panel, who is treated, and the true effect in points: the treated leave by a half less often, and would
    leave less anyway.
    """
    draw = np.random.default_rng(4)
    z = draw.uniform(0.5, 2.5, 6_000)
    treated = draw.random(6_000) < 1.0 / (1.0 + np.exp(-2.0 * (z - 1.5)))
    odds = np.exp(-1.5 - z)
    plain, changed = odds / (1.0 + odds), 0.5 * odds / (1.0 + 0.5 * odds)
    rows = panel_of(np.where(treated, changed, plain), 6, z)
    is_treated = treated[rows["customer"]]
    people = rows["customer"].to_numpy()[is_treated]
    return rows, is_treated, 100.0 * float((changed - plain)[people].mean())


def test_logit_recovers_an_effect_that_the_plain_difference_overstates(
    confounded: tuple[pd.DataFrame, np.ndarray, float],
) -> None:
    rows, treated, true = confounded
    leaves = rows["churned"].to_numpy()
    plain = 100.0 * (leaves[treated].mean() - leaves[~treated].mean())
    found = -marginal_effect(rows, treated, -1.0, leaves, treated, ("usage",))
    error = 100.0 * np.sqrt(leaves[treated].var() / treated.sum() + leaves[~treated].var() / (~treated).sum())
    assert abs(found - true) < 4.0 * error < abs(plain - true)


def test_matching_recovers_it_too(confounded: tuple[pd.DataFrame, np.ndarray, float]) -> None:
    whole, of_rows, _ = confounded
    first = (whole["month"] == 1).to_numpy()
    rows, treated, leaves = whole[first], of_rows[first], whole["churned"].to_numpy()[first].astype(float)
    odds = np.exp(-1.5 - np.log1p(rows["usage"].to_numpy()[treated]))
    true = 100.0 * float((0.5 * odds / (1.0 + 0.5 * odds) - odds / (1.0 + odds)).mean())
    error = 100.0 * np.sqrt(leaves.var() * 3.0 / treated.sum())  # each other is used about twice
    assert abs(100.0 * matched_difference(rows, treated, leaves, ("usage",)) - true) < 4.0 * error


def test_cox_recovers_a_hazard_ratio() -> None:
    treated = np.arange(8_000) % 2 == 1
    rows = panel_of(np.where(treated, 0.03, 0.02), 12, np.random.default_rng(5).random(8_000))
    events = rows["churned"].sum()
    assert abs(
        np.log(1.0 + cox_excess(rows, treated[rows["customer"]], rows["churned"].to_numpy(), ("usage",)) / 100.0)
        - np.log(1.5)
    ) < 4.0 * 2.0 / np.sqrt(events)


def test_survival_counts_those_who_enter_late() -> None:
    """Two from the start, of whom one leaves at the age of 2; one more is seen from age 2 on and leaves at 4: S(4) =
    1/2 (1 - 1/2).
    """
    spells = {0: (0, 2, True), 1: (0, 4, False), 2: (2, 4, True)}
    rows = [
        (who, age, age == end - 1 and gone) for who, (start, end, gone) in spells.items() for age in range(start, end)
    ]
    frame = pd.DataFrame(rows, columns=["customer", "tenure", "churned"]).assign(joined_month=0)
    assert survival(frame, [1, 2, 4]) == pytest.approx([1.0, 0.5, 0.25])


def test_sums_and_exits_stay_within_a_relation() -> None:
    rows = pd.DataFrame(
        {
            "customer": [1, 1, 1, 1, 2, 2],
            "joined_month": [0, 0, 0, 3, 0, 0],
            "month": [1, 2, 3, 5, 1, 2],
            "friends_left": [1, 0, 2, 5, 7, 1],
            "churned": [False, False, True, False, False, False],
        }
    )
    assert recent(rows, "friends_left", 2).tolist() == [1, 1, 2, 5, 7, 8]
    assert leaves_within(rows, 2).tolist() == [False, True, True, False, False, False]


# --- the lab's experiments -------------------------------------------------------------------------------------------


def laboratory(*overrides: str) -> Laboratory:
    size = ["customers.count=3_000", "burn_in=6", "months=24", "policies=[none]", "panel.share=1"]
    return Laboratory(load_scenario("europe_three", [*size, *overrides]), 1)


@pytest.mark.control
@pytest.mark.parametrize("off", [SOCIAL, ("behaviour.ties.enabled=false",)], ids=["social weights 0", "no ties"])
def test_nobody_follows_where_nothing_passes_between_people(off: tuple[str, ...]) -> None:
    without = laboratory(*off, *AT_REST)
    assert true_contagion(without) == true_contagion_hazard(without) == 0.0


def test_friends_who_leave_draw_others_where_it_counts() -> None:
    assert true_contagion_hazard(laboratory("behaviour.attention.friend_left=0.3")) > 0.0


@pytest.mark.parametrize(("credit", "months"), [(0, 1), (2, 2), (99, HORIZON)])
def test_calls_are_judged_while_their_credit_speaks(credit: int, months: int) -> None:
    keys = [f"behaviour.recent.credit={credit}", "customers.count=300", "burn_in=0", "policies=[none,proactive_random]"]
    small = Laboratory(load_scenario("classroom", keys), 1)
    true_saved("proactive_random")(small)
    assert max(month for _, _, month in small.kept) == CALLED + months


def test_only_friends_who_chose_to_leave_are_counted_and_only_ports_are_defections() -> None:
    market = laboratory("behaviour.turnover.exit=0.02", "behaviour.turnover.default=0.02").at(3)
    panel = market.panel
    chose = panel[panel["churned"] & ~panel["reason"].isin(["death", "default", "lapse"])]
    gone = {
        (month, person, operator)
        for month, person, operator in zip(chose["month"], chose["customer"], chose["operator"], strict=True)
    }
    rows = panel[panel["month"] == 3]
    wanted = [
        sum((2, friend, operator) in gone for friend in market.world.ties[person])
        for person, operator in zip(rows["customer"], rows["operator"], strict=True)
    ]
    assert rows["friends_left"].tolist() == wanted and sum(wanted) > 0
    assert panel.loc[panel["reason"].isin(["death", "default", "lapse"]), "churned"].sum() > 100
    assert (defected(panel) == panel["destination"].isin(market.operator_names)).all()


# --- the table -------------------------------------------------------------------------------------------------------


@cache
def small() -> NaiveTrue:
    return naive_true(
        "europe_three", overrides=["customers.count=4_000", "burn_in=12"], replications=5, means=Means(Executor(jobs=1))
    )


def test_table_has_a_row_a_claim_with_ordered_intervals() -> None:
    table = small().table
    assert table["claim"].tolist() == [claim.name for claim in CLAIMS]
    for name in ("naive", "true", "ratio"):
        assert (table[f"{name}_low"] <= table[name]).all() and (table[name] <= table[f"{name}_high"]).all()
    assert (table["worlds"] == 5).all() and table[["question", "method", "experiment", "unit", "source"]].ne("").all(
        axis=None
    )


@pytest.mark.parametrize(("claim", "sign"), [("satisfaction", -1), ("lock_in", -1), ("uplift_targeting", 1)])
def test_true_effects_have_their_sign(claim: str, sign: int) -> None:
    """Beyond the 95 % interval; all three mechanisms are in the model."""
    row = small().table.set_index("claim").loc[claim]
    assert sign * row["true_low"] > 0.0 and sign * row["true_high"] > 0.0


@pytest.mark.parametrize("claim", ["risk_targeting", "uplift_targeting"])
def test_who_counts_the_saved_by_prediction_believes_too_much(claim: str) -> None:
    runs = small().runs.query("claim == @claim")
    excess = runs["naive"] - runs["true"]
    assert excess.mean() > 4.0 * excess.std() / np.sqrt(len(excess))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1.1, 3.0, "too large"),
        (0.2, 0.9, "too small"),
        (-2.0, -0.1, "of the wrong sign"),
        (-np.inf, np.inf, "not distinguishable from the truth"),
        (-3.0, 0.5, "too small or of the wrong sign"),
        (np.nan, np.nan, "not told (no interval)"),
    ],
)
def test_verdict_follows_the_interval_of_the_ratio(low: float, high: float, words: str) -> None:
    assert verdict({"ratio_low": low, "ratio_high": high}) == words


def test_the_same_seed_gives_the_same_table_and_claims_share_their_worlds(tmp_path: Path) -> None:
    claims, store = CLAIMS[4:6], Store(tmp_path)
    told: list[str] = []
    first, again = (
        naive_true(
            "europe_three",
            claims,
            ["customers.count=1_000", "burn_in=6"],
            2,
            Means(Executor(jobs=1), store, tell=told.append),
        )
        for _ in range(2)
    )
    assert_frame_equal(first.table, again.table, check_exact=True)
    assert len(told) == 1 and "2 of 2" in told[0]  # the second was read


def test_only_known_claims_are_told() -> None:
    with pytest.raises(InputError, match="some of CLAIMS"):
        naive_true("europe_three", [replace(CLAIMS[0], name="mine")])


def test_command_writes_a_report_of_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["claims=lock_in,satisfaction", "replications=2", "customers.count=1_000", "burn_in=6"]
    asked = Namespace(
        scenario="europe_three",
        overrides=words,
        out=str(tmp_path),
        seed=None,
        skip_bad_rows=False,
        csv=False,
        json=False,
        jobs=1,
        strategies=[],
    )
    assert command.naive_true(asked) == 0
    printed = capsys.readouterr().out
    (page,) = tmp_path.glob("europe_three/*/report.html")
    assert "lock in" in printed and "points a month" in printed and "--naive-true" in page.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="did you mean 'lock_in'"):
        command.naive_true(Namespace(**{**vars(asked), "overrides": ["claims=[lockin]"]}))
