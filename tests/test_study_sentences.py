"""What studies say: they rank only what intervals tell apart, name what moves nothing, and say what they rest on."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import load_scenario
from sim.config import Scenario
from sim.experiments.idle import idle_in_words
from sim.experiments.record import Study
from sim.experiments.robust import flips, judge
from sim.experiments.sampling import Interval
from sim.experiments.sensitivity import indices
from sim.experiments.statistics import verdict
from sim.experiments.sweep import Plan
from sim.report import of_calibrate, of_optimise, of_robust, of_sweep, of_wargame
from sim.report.formats import NBSP

BASE, RATE = "behaviour.attention.base", "behaviour.failure.rate"
RANGES = {BASE: Interval(0.01, 0.06), RATE: Interval(0.01, 0.05)}
POLICIES = ["none", "contract"]
CHURN = {"churn_rate": [0.02, 0.03, 0.01, 0.04]}


@cache
def scenario(name: str = "classroom", *overrides: str) -> Scenario:
    """Load a scenario once."""
    return load_scenario(name, overrides)


# --- sweeps: which parameter matters ---------------------------------------------------------------------------------


def swept(method: str, measure: str, indices: pd.DataFrame | None = None, **columns: Any) -> Study:
    """A sweep of two ranges whose results are given, a row a point."""
    points = range(len(next(iter(columns.values()))))
    table = pd.DataFrame({BASE: 0.01, RATE: 0.02, "point": points, "replication": 0, "operator": "alpha", **columns})
    tables = {"sweep": table.assign(weight=1.0)} | ({} if indices is None else {"indices": indices})
    return Study("sweep", scenario(), Plan(method, {}, RANGES, 8, 1, 1), 1.0, tables, {"measure": measure})


def totals(*rows: tuple[str, float, float, float], is_moved: tuple[bool, ...] = (True, True)) -> pd.DataFrame:
    """Total indices of churn with their intervals."""
    table = pd.DataFrame(rows, columns=["parameter", "total", "total_low", "total_high"])
    return table.assign(measure="churn_rate", is_moved=is_moved)


def said(study: Study) -> str:
    return of_sweep.answer(study).replace(NBSP, " ")


def test_what_matters_most_is_told_where_intervals_are_apart() -> None:
    words = said(swept("sobol", "churn_rate", totals((BASE, 0.9, 0.8, 1.0), (RATE, 0.01, 0.0, 0.03)), **CHURN))
    assert words == (
        "attention.base matters most, alone or with others: 90 % of the variance, 95 % interval 80 to 100, from 8 base"
        " points. failure.rate hardly matters."
    )


def test_what_matters_most_is_not_told_where_they_overlap() -> None:
    """Of the report: .473 (.186 to .76) against .384 (.121 to .647)."""
    table = totals((BASE, 0.473, 0.186, 0.76), (RATE, 0.384, 0.121, 0.647))
    words = said(swept("sobol", "churn_rate", table, **CHURN))
    assert words.startswith("From 8 base points it is not told which parameter matters most (alone or with others)")
    assert "attention.base (47 % of the variance, 95 % interval 19 to 76) and failure.rate (38 %" in words


def test_a_parameter_that_moves_nothing_is_named() -> None:
    table = totals((BASE, 1.0, 0.9, 1.1), (RATE, 0.0, 0.0, 0.0), is_moved=(True, False))
    assert said(swept("sobol", "churn_rate", table, **CHURN)).endswith("failure.rate moves nothing at all.")


@pytest.mark.parametrize("dust", [0.0, 3e-13])
def test_a_measure_that_is_the_same_everywhere_is_said_to_be(dust: float) -> None:
    words = said(swept("lhs", "ebitda", ebitda=[-5.21, -5.21 + dust, -5.21 - dust]))
    assert words == "Operating profit in all, EUR, is the same at all points (\u22125.21): no parameter moves it."


def of_points(gap: float | np.ndarray) -> tuple[Plan, pd.DataFrame]:
    """Sobol's plan of two base points under two policies; the second's profit is the first's and a gap."""
    levels = np.linspace(900.0, 1_100.0, 8)
    parts = [
        pd.DataFrame({"policy": policy, "ebitda": values, "point": range(8)})
        for policy, values in (("none", levels), ("points", levels + gap))
    ]
    rows = pd.concat(parts).assign(**{BASE: 0.01, RATE: 0.02, "replication": 0, "operator": "alpha"})
    return Plan("sobol", {"policy": ["none", "points"]}, RANGES, 2, 1, 1), rows


def test_dust_has_no_indices() -> None:
    """Of the report: points in the classroom cost the same 5.21 at each point, up to rounding (3e-13)."""
    plan, rows = of_points(-5.21)
    assert rows["ebitda"].sub(rows["ebitda"].where(rows["policy"] == "none").ffill()).abs().max() > 0.0
    assert set(indices(plan, rows, "alpha")["measure"]) == {"ebitda"}
    told = Study("sweep", scenario(), plan, 1.0, {"sweep": rows.assign(weight=1.0)}, {"measure": "ebitda_diff"})
    assert said(told) == (
        "Operating profit in all, against the first policy, EUR, is the same at all points (\u22125.21): no parameter"
        " moves it."
    )
    plan, rows = of_points(np.linspace(-6.0, -5.0, 8))
    assert set(indices(plan, rows, "alpha")["measure"]) == {"ebitda", "ebitda_diff"}


def test_what_moves_a_measure_is_seen_from_pairs_of_points() -> None:
    """Saltelli's order: A, A with one parameter of B, A with the other, B. The second parameter is idle."""
    plan = Plan("sobol", {}, RANGES, 2, 1, 1)
    rows = pd.DataFrame({"churn_rate": [1.0, 2.0, 1.0, 2.0, 3.0, 5.0, 3.0, 5.0], "point": range(8)})
    found = indices(plan, rows.assign(**{BASE: 0.1, RATE: 0.1, "replication": 0, "operator": "alpha"}), "alpha")
    assert found.set_index("parameter")["is_moved"].to_dict() == {BASE: True, RATE: False}


def of_values(churn: list[float], worlds: int) -> str:
    """What is said of two values of a parameter in so many worlds."""
    rows = pd.DataFrame(
        {BASE: np.repeat([0.01, 0.1], worlds), "replication": [*range(worlds)] * 2, "churn_rate": churn}
    )
    plan = Plan("factorial", {BASE: [0.01, 0.1]}, {}, 0, worlds, 1)
    tables = {"sweep": rows.assign(operator="alpha", weight=1.0)}
    return said(Study("sweep", scenario(), plan, 1.0, tables, {"measure": "churn_rate"}))


def test_the_range_of_means_is_told_with_its_luck() -> None:
    clear = of_values([0.0019, 0.0021, 0.0022, 0.0018, 0.0199, 0.0203, 0.0201, 0.0197], 4)
    assert "means lie between 0.20 (at attention.base = 0.01) and 2.00 (at attention.base = 0.1)" in clear
    assert "over 4 worlds" in clear and clear.endswith("more than luck.")
    assert of_values([0.02, 0.03, 0.02, 0.01, 0.03, 0.01, 0.02, 0.03], 4).endswith("which may be luck.")
    assert of_values([0.02, 0.03], 1).endswith("in one world at each point: how much of that is luck is not told.")


def test_keys_that_cannot_matter_are_named_with_what_is_off() -> None:
    textbook = scenario("classroom", "behaviour=textbook")
    varied: dict[str, Any] = {"behaviour.failure.repeat": (1, 3), "behaviour.second_sim.drop": (0.01, 0.06)}
    assert idle_in_words([textbook], {**varied, BASE: (0.1, 0.2)}) == [
        "behaviour.failure.repeat moves nothing in this market: failures (failure.rate is 0) and wrong bills"
        " (failure.billing is 0) are off.",
        "behaviour.second_sim.drop moves nothing in this market: second SIM (second_sim.hazard is 0) is off.",
    ]
    assert idle_in_words([textbook], {**varied, RATE: (0.0, 0.1), "behaviour.second_sim.hazard": (0.0, 0.1)}) == []
    assert idle_in_words([textbook, scenario()], varied) == [] and idle_in_words([scenario("price_war")], varied) == []


# --- robust, optimise, war games -------------------------------------------------------------------------------------


def of_gains(contract: np.ndarray) -> tuple[Study, pd.DataFrame]:
    """Two policies at many points; contract gains so much over none."""
    points = pd.DataFrame({BASE: np.linspace(0.01, 0.06, len(contract)), RATE: 0.02})
    values = pd.DataFrame({"none": 100.0, "contract": 100.0 + contract})
    regions, facts = flips(points, values)
    tables = {"runs": pd.DataFrame(), "policies": judge(values), "points": points, "regions": regions}
    told = {**facts, "measure": "npv", "policies": POLICIES, "in_play": verdict(values).in_play}
    plan = Plan("lhs", {"policy": POLICIES}, RANGES, 40, 1, 1)
    return Study("robust", scenario("price_war"), plan, 1.0, tables, told), values


def test_a_coin_is_no_advice() -> None:
    """Of the report: "Run contract" at 50 : 50."""
    words = of_robust.answer(of_gains(np.tile([10.0, -9.0, 8.0, -9.5], 10))[0]).replace(NBSP, " ")
    assert words.startswith("40 points do not tell which policy to run") and "Run \u2068" not in words
    assert "best at 50 % of the points (95 % interval 35 % to 65 %)" in words


def test_a_policy_that_is_told_apart_is_advised() -> None:
    words = of_robust.answer(of_gains(np.tile([10.0, 9.0, 8.0, 9.5], 10))[0])
    assert words.startswith("Run \u2068contract\u2069: on average over 40 points it is told apart from all others.")


def test_dust_is_best_for_nobody() -> None:
    study, values = of_gains(np.tile([1e-12, -1e-12], 20))
    assert of_robust.answer(study).startswith("No policy makes any difference at any of 40 points")
    assert (judge(values)["probability_best"] == 0.5).all()


def test_a_region_is_told_only_where_its_worth_is_more_than_luck() -> None:
    study, _ = of_gains(np.where(np.arange(40) < 12, -30.0, 20.0) + np.tile([1.0, -1.0], 20))
    assert "with attention.base below" in of_robust.answer(study)
    study.tables["regions"] = study.tables["regions"].assign(worth_low=-1.0)
    assert "In no region of the sample" in of_robust.answer(study)


@pytest.mark.parametrize(
    ("low", "high", "over", "words"),
    [
        (-9.0, -2.0, 1.0, "Spend nothing: \u2068none\u2069 without \u2068contract\u2069 is better than every setting"),
        (2.0, 9.0, 1.0, "Set \u2068contract\u2069 to"),
        (2.0, 9.0, -1.0, "The best setting found, x = 12, is not told from \u2068contract\u2069 as it stands"),
        (-2.0, 9.0, 1.0, "No setting found is clearly better than \u2068none\u2069"),
    ],
)
def test_a_setting_is_advised_only_where_it_is_told_apart(low: float, high: float, over: float, words: str) -> None:
    row = {"gain": (low + high) / 2.0, "gain_low": low, "gain_high": high, "spend": 3.0, "gain_tuned": 6.0}
    row |= {"over_present": 4.0, "over_present_low": over, "over_present_high": 9.0, "policies.contract.x": 12.0}
    judged = pd.DataFrame([{**row, "role": "best"}, {**row, "role": "present"}])
    facts = {"measure": "npv", "policy": "contract", "reference": "none", "constraint": "", "is_feasible": True}
    plan = Plan("lhs", {}, {"policies.contract.x": Interval(1, 30)}, 4, 8, 1)
    told = of_optimise.answer(
        Study("optimise", scenario("price_war"), plan, 1.0, {"judged": judged}, {**facts, "holdout": 16})
    )
    assert told.startswith(words) and "in 16 worlds it was not tuned on" in told


def test_an_equilibrium_says_which_choices_are_not_told() -> None:
    """Contract is worth 5 more to alpha in every world; what beta gains by price_cut is luck."""
    rows = [
        {"replication": world, "policy": mine, "rival_policy": theirs, "operator": who, "npv": 10.0 + gain}
        for world, luck in enumerate((1.0, -1.0, 2.0, -2.0))
        for mine in ("none", "contract")
        for theirs in ("none", "price_cut")
        for who, gain in (("alpha", 5.0 * (mine == "contract")), ("beta", luck * (theirs == "price_cut")))
    ]
    facts = {"measure": "npv", "rival": "beta"}
    study = Study("wargame", scenario("price_war"), Plan(), 1.0, {"runs": pd.DataFrame(rows)}, facts)
    told = of_wargame._doubts(study, "contract", "none")
    assert told == " (for beta, \u2068none\u2069 is not told from \u2068price_cut\u2069)"


# --- calibrations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beyond", "misfit", "words"),
    [
        (10, 1.0, "the model does not meet all its targets, whatever J says"),
        (10, 1.7, "the model misses its targets by more than chance"),
        (2, 1.0, "nothing tells that the model misses its targets: 2 of 40 targets"),
    ],
)
def test_targets_are_met_only_where_few_lie_beyond_two_errors(beyond: int, misfit: float, words: str) -> None:
    """Of the report: "meets its targets" at J 101 on 35 degrees of freedom, 10 of 40 targets beyond two errors."""
    moments = pd.DataFrame({"use": "fit", "z": [2.5] * beyond + [0.5] * (40 - beyond)})
    study = Study("calibrate", scenario(), Plan(), 1.0, {"moments": moments}, {"misfit": misfit})
    assert of_calibrate.verdict_of(study).startswith(words)
