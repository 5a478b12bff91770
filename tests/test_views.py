"""What studies conclude, on tables whose answer is known: the best policy, regret, regions, equilibria, frontiers."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim import InputError, load_scenario
from sim.experiments import robust, wargame
from sim.experiments.executor import Executor
from sim.experiments.optimise import Bench, constraints_of, frontier_of, optimise
from sim.experiments.sampling import Interval
from sim.experiments.statistics import RANKED, half_width, paired, relative_half_width, select_best, worlds_for
from sim.experiments.study import Means

TINY = ["customers.count=300", "months=3", "burn_in=12"]
WORLDS = pd.DataFrame(
    {"none": [10.0, 12.0, 11.0, 13.0], "points": [10.5, 12.7, 11.4, 13.8], "contract": [9.0, 11.0, 10.2, 12.1]}
)

# --- how sure --------------------------------------------------------------------------------------------------------


def test_intervals_are_those_of_the_t_test() -> None:
    found = paired("npv", WORLDS, "none")
    low, high = stats.ttest_rel(WORLDS["points"], WORLDS["none"]).confidence_interval(0.95)
    assert (found["npv_low"]["points"], found["npv_high"]["points"]) == pytest.approx((low, high))
    assert found["npv_diff"]["none"] == found["npv_low"]["none"] == found["npv_high"]["none"] == 0.0


def test_the_best_is_compared_with_all_others_at_once() -> None:
    found = select_best(WORLDS)
    gaps = [WORLDS["points"] - WORLDS[name] for name in ("none", "contract")]
    bound = 1.0 - sum(stats.ttest_1samp(gap, 0.0, alternative="greater").pvalue for gap in gaps)
    assert found.loc["points", "probability_correct"] == pytest.approx(bound)
    assert found["in_play"].to_dict() == {"none": False, "points": True, "contract": False}
    assert found.loc["points", "low"] == 0.0 and found.loc["contract", "high"] == 0.0  # Hsu's constrained intervals


def test_worlds_wanted_follow_from_the_spread() -> None:
    spread = (WORLDS["points"] - WORLDS["none"]).std()
    two = WORLDS[["none", "points"]]
    assert worlds_for(two, "none", 0.01) == math.ceil((stats.norm.ppf(0.975) * spread / (0.01 * 11.5)) ** 2)
    assert relative_half_width(two, "none") == pytest.approx(
        float(half_width((WORLDS["points"] - WORLDS["none"]).to_frame()).iloc[0]) / 11.5
    )


def test_a_precision_adds_worlds_until_it_is_met() -> None:
    from sim import compare

    rough = compare("classroom", policies=["none", "price_cut"], replications=2, overrides=TINY, jobs=1, precision=0.5)
    wide = relative_half_width(
        rough.runs.query("operator == 'alpha' and response == 'responding'").pivot(
            index="replication", columns="policy", values=RANKED
        ),
        "none",
    )
    fine = compare(
        "classroom", policies=["none", "price_cut"], replications=2, overrides=TINY, jobs=1, precision=0.8 * wide
    )
    assert rough.replications == 10 < fine.replications
    assert abs(
        fine.table.loc["price_cut", f"{RANKED}_high"] - fine.table.loc["price_cut", f"{RANKED}_diff"]
    ) <= 0.8 * wide * abs(fine.table.loc["none", RANKED])


# --- robust ----------------------------------------------------------------------------------------------------------


def square(count: int) -> pd.DataFrame:
    side = np.linspace(0.0, 1.0, count)
    return (
        pd.DataFrame([(x, y) for x in side for y in side], columns=["market.portability", "market.hassle"])
        .sample(frac=1.0, random_state=1)
        .reset_index(drop=True)
    )


def test_regret_is_what_the_best_would_have_brought() -> None:
    values = pd.DataFrame({"none": [1.0, 5.0, 3.0, 3.0], "points": [2.0, 1.0, 3.0, 3.0]})
    found = robust.judge(values)
    assert list(found.index) == ["none", "points"]  # by expected regret
    assert found["probability_best"].to_dict() == {"none": 0.5, "points": 0.5}  # ties are shared
    assert found["expected_regret"].to_dict() == {"none": 0.25, "points": 1.0} and found["max_regret"].to_dict() == {
        "none": 1.0,
        "points": 4.0,
    }
    assert found.loc["none", ["gain", "gain_low", "gain_high"]].eq(0.0).all() and found.loc["points", "gain"] == -0.75


def test_the_tree_finds_the_region_where_the_answer_flips() -> None:
    points = square(15)
    flipped = (points["market.portability"] < 0.3) & (points["market.hassle"] > 0.6)
    values = pd.DataFrame({"points": np.where(flipped, 0.0, 2.0), "contract": np.where(flipped, 3.0, 0.0)})
    regions, facts = robust.flips(points, values)
    (flip,) = regions[regions["policy"] == "contract"].to_dict("records")
    assert (flip["where"], flip["points"], flip["share"], flip["worth"]) == (
        "market.portability below 0.321 and market.hassle above 0.607",
        int(flipped.sum()),
        1.0,
        3.0,
    )
    assert facts["named"] > 0.95 > facts["named_by_favourite"]


def test_no_region_is_made_of_noise() -> None:
    points = square(12)
    noise = pd.DataFrame(
        {
            "a": np.sin(1e5 * points["market.hassle"] + 3e5 * points["market.portability"]),
            "b": np.cos(2e5 * points["market.portability"] - 1e5 * points["market.hassle"]),
        }
    )
    regions, facts = robust.flips(points, noise + [0.4, 0.0])
    assert regions["policy"].tolist() == ["a"] and facts["named"] == facts["named_by_favourite"]


# --- wargame ---------------------------------------------------------------------------------------------------------


def worlds(matrix: list[list[float]]) -> np.ndarray:
    """Three worlds that agree on every order, and differ in level."""
    return np.stack([np.array(matrix) + level for level in (-0.1, 0.0, 0.1)])


def test_a_prisoners_dilemma_has_one_equilibrium() -> None:
    pytest.importorskip("nashpy", reason="the extra [wargame] is not installed")
    mine = worlds([[3.0, 0.0], [5.0, 1.0]])
    theirs = mine.transpose(0, 2, 1)
    found = wargame.equilibria(mine, theirs, ["keep", "cut"], ["keep", "cut"])
    assert found[["is_pure", "side", "policy", "probability"]].to_numpy().tolist() == [
        [True, "mine", "cut", 1.0],
        [True, "theirs", "cut", 1.0],
    ]
    half = stats.t.ppf(0.975, 2) * 0.1 / math.sqrt(3.0)
    assert found["npv"].tolist() == pytest.approx([1.0, 1.0]) and found["npv_high"].tolist() == pytest.approx(
        [1.0 + half] * 2
    )
    payoffs = wargame.payoff_table(mine, theirs, ["keep", "cut"], ["keep", "cut"])
    assert payoffs.loc[
        payoffs["is_equilibrium"], ["policy", "rival_policy", "share_of_worlds"]
    ].to_numpy().tolist() == [["cut", "cut", 1.0]]


def test_matching_pennies_are_mixed() -> None:
    pytest.importorskip("nashpy", reason="the extra [wargame] is not installed")
    mine = worlds([[1.0, -1.0], [-1.0, 1.0]])
    found = wargame.equilibria(mine, -mine, ["head", "tail"], ["head", "tail"])
    assert (
        not found["is_pure"].any()
        and found["probability"].tolist() == pytest.approx([0.5] * 4)
        and found["npv"].abs().max() < 1e-9
    )


def test_every_kind_of_pricing_with_defaults_may_be_a_rivals_policy() -> None:
    scenario = wargame.with_policies(
        load_scenario("classroom", TINY), ["none", "undercut", "best_response", "points+save_desk"]
    )
    assert (
        scenario.policies["undercut"].pricing is not None and scenario.policies["undercut"].pricing.kind == "undercut"
    )  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"neither a policy nor a kind of pricing \(did you mean 'undercut'\?\)"):
        wargame.with_policies(scenario, ["undercutt"])


def test_a_rival_takes_its_policy_on_and_only_it() -> None:
    """Against itself: a rival that takes on `none` goes on as configured, one that cuts its prices changes both
    payoffs.
    """
    pytest.importorskip("nashpy", reason="the extra [wargame] is not installed")
    study = wargame.wargame(
        load_scenario("classroom", TINY), ["none", "points"], "beta", ["none", "price_cut"], 2, Means(Executor(jobs=1))
    )
    runs = study.results.set_index(["policy", "rival_policy", "replication", "operator"])
    from sim import sweep

    plain = sweep("classroom", {"policy": ["none", "points"]}, replications=2, overrides=TINY, jobs=1).set_index(
        ["policy", "replication", "operator"]
    )
    pd.testing.assert_series_equal(runs.xs("none", level="rival_policy")["npv"].sort_index(), plain["npv"].sort_index())
    arpu = runs.xs(("none", 0), level=("policy", "replication"))["arpu"].unstack("operator")
    assert arpu.loc["price_cut", "beta"] < 0.95 * arpu.loc["none", "beta"] and arpu.loc[
        "price_cut", "alpha"
    ] == pytest.approx(arpu.loc["none", "alpha"], rel=0.02)


# --- optimise --------------------------------------------------------------------------------------------------------


def test_constraints_are_read() -> None:
    spend, churn = constraints_of("spend<=2e6, churn_rate >= 0.01")
    assert spend.excess(3e6) == 1e6 and churn.excess(0.02) < 0.0
    with pytest.raises(InputError, match="not understood"):
        constraints_of("spend=3")


def test_the_frontier_gains_more_than_all_that_is_cheaper() -> None:
    tried = pd.DataFrame({"spend": [3.0, 1.0, 2.0, 4.0], "gain": [2.0, 1.0, 0.5, 3.0]})
    assert frontier_of(tried).tolist() == [1, 0, 3]


def test_settings_are_judged_in_worlds_they_were_not_chosen_by(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("optuna", reason="the extra [optimise] is not installed")
    asked: list[tuple[int, int]] = []
    plainly = Bench.trials

    def noted(self: Bench, settings: object, first: int, worlds: int) -> list[pd.DataFrame]:
        asked.append((first, worlds))
        return plainly(self, settings, first, worlds)  # type: ignore[arg-type]

    monkeypatch.setattr(Bench, "trials", noted)
    scenario = load_scenario("classroom", [*TINY, "policies=[none,contract]"])
    ranges = {"loyalty.contract.subsidy_renewal": Interval(0.0, 100.0)}
    study = optimise(
        scenario,
        "contract",
        ranges,
        "spend<=45_000_000",
        trials=5,
        replications=2,
        holdout=3,
        means=Means(Executor(jobs=1)),
    )
    assert asked == [(0, 2)] * 5 + [(2, 3)]
    tried, judged = study.tables["trials"], study.tables["judged"].set_index("role")
    # one number: spread evenly
    assert tried["policies.contract.loyalty.contract.subsidy_renewal"].tolist() == [0.0, 25.0, 50.0, 75.0, 100.0]
    assert tried["spend"].is_monotonic_increasing and 0 < tried["is_feasible"].sum() < 5
    assert judged.loc["none", ["gain", "gain_low", "gain_high", "spend"]].tolist() == [0.0] * 4
    assert study.facts["can_do_without"] and not judged.loc["none", "is_on_frontier"]
    assert judged.loc["best", "gain_tuned"] == tried.loc[tried["is_feasible"], "gain"].max()
    assert judged.loc["present", "policies.contract.loyalty.contract.subsidy_renewal"] == 60.0
