"""Calibration: what a target may say, what a market is measured by, that known parameters are found again, and what is
not identified is said.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim import InputError, Market, calibrate, load_scenario
from sim.cli import main
from sim.config import Scenario
from sim.experiments.calibration.forecast import errors, forecasts
from sim.experiments.calibration.identify import identify, verdicts
from sim.experiments.calibration.moments import Moment, values_of
from sim.experiments.calibration.targets import read_targets, simulated_targets
from sim.experiments.executor import Executor
from sim.experiments.study import Means
from tests.theory.builders import operators_of, price_sensitivity, textbook

HOUSE = Path(__file__).parent.parent
ATTENTION, APPEAL = "behaviour.attention.base", "operators.A.plans.a.appeal"
TRUE = {ATTENTION: 0.15, APPEAL: 2.0}
RANGES = {ATTENTION: (0.05, 0.40), APPEAL: (1.0, 3.0)}


def two_operators(folder: Path, **keys: Any) -> Scenario:
    """A small textbook market out of equilibrium: how fast shares move tells attention, where to tells appeal."""
    operators = operators_of(["a", "b"], ["A", "B"], [15.0, 15.0], [TRUE[APPEAL], 2.0])
    for operator in operators.values():
        operator["start_share"] = {"A": 0.2, "B": 0.7}[next(iter(operator["plans"])).upper()]
    customers = {"count": 600, "outside": False, **price_sensitivity(distribution="normal", mean=0.12, sd=0.03)}
    behaviour = {"attention": {"base": TRUE[ATTENTION], "prospect": 0.5}}
    return textbook(folder, operators, months=6, customers=customers, behaviour=behaviour, **keys)


def targets_of(scenario: Scenario, seed: int, use: dict[str, str] | None = None) -> pd.DataFrame:
    """Numbers that another world of the same market comes to."""
    rows = [
        {"period": period, "operator": operator, "measure": measure, "use": (use or {}).get(period, "fit")}
        for measure in ("market_share", "churn_rate")
        for operator in ("A", "B")
        for period in ("1", "2-3", "4-6")
    ]
    return simulated_targets(pd.DataFrame(rows), scenario, seed)


def alone() -> Means:
    return Means(Executor(jobs=1))


# --- what a market is measured by ------------------------------------------------------------------------------------


def test_a_stock_is_the_last_a_rate_the_mean_a_count_the_sum_and_a_fraction_of_sums() -> None:
    market = Market(
        load_scenario("classroom", ["customers.count=500", "burn_in=0", "months=3", "panel.share=1", "policies=[none]"])
    ).run()
    kpis, ledger = (table[table["operator"] == "alpha"].set_index("month") for table in (market.kpis, market.ledger))
    panel = market.panel.query("operator == 'alpha' and month >= 2")
    wanted = {
        ("market_share", "alpha", "", ""): kpis["market_share"][3],
        ("churn_rate", "alpha", "", ""): kpis["churn_rate"].loc[2:3].mean(),
        ("gross_adds", "alpha", "", ""): kpis["gross_adds"].loc[2:3].sum() * market.weight,
        ("ebitda/service_revenue", "alpha", "", ""): (
            ledger["ebitda"].loc[2:3].sum() / ledger["service_revenue"].loc[2:3].sum()
        ),
        ("hhi", "market", "", ""): market.overview["hhi"].iloc[2],
        ("churn_rate", "alpha", "tenure", "0-12"): panel[panel["tenure"] <= 12]["churned"].mean(),
        ("churn_rate", "alpha", "tenure", "61+"): panel[panel["tenure"] >= 61]["churned"].mean(),
        ("churn_rate", "alpha", "payment", "prepaid"): panel[panel["prepaid"]]["churned"].mean(),
        ("arpu", "alpha", "term", "running"): panel[panel["months_left"] > 0]["bill"].mean(),
    }
    # bills are single precision
    assert values_of(market, [Moment(*name, 2, 3) for name in wanted]) == pytest.approx(list(wanted.values()), rel=1e-6)


def test_segments_and_operators_add_up_to_the_market() -> None:
    market = Market(
        load_scenario("classroom", ["customers.count=500", "burn_in=0", "months=2", "policies=[none]"])
    ).run()
    kpis = market.kpis[market.kpis["month"] == 2]
    whole, joined = values_of(
        market, [Moment("subscribers", "market", "", "", 2, 2), Moment("gross_adds", "market", "", "", 2, 2)]
    )
    assert whole == pytest.approx(kpis["subscribers"].sum() * market.weight) and joined == pytest.approx(
        kpis["gross_adds"].sum() * market.weight
    )
    parts = values_of(market, [Moment("subscribers", "alpha", "segment", name, 2, 2) for name in market.segment_names])
    assert sum(parts) == pytest.approx(kpis.set_index("operator")["subscribers"]["alpha"] * market.weight)


# --- what a target may say -------------------------------------------------------------------------------------------

HEADER = "period,operator,measure,by,group,value,se,use\n"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("1,alfa,churn_rate,,,0.02,,", "line 3, column 'operator': no such operator 'alfa' (did you mean 'alpha'?)"),
        ("1,alpha,churn,,,0.02,,", "line 3, column 'measure': no such measure 'churn' (did you mean 'churn_"),
        ("1,alpha,churn_rate,tenur,0-6,0.02,,", "line 3, column 'by': must be one of tenure"),
        ("1,alpha,churn_rate,segment,olds,0.02,,", "line 3, column 'group': no such segment 'olds'"),
        ("1,alpha,csat,tenure,0-6,0.02,,", "line 3, column 'measure': csat is not told by tenure; churn_rate is"),
        ("1,alpha,churn_rate,,,much,,", "line 3, column 'value': must be a finite number (got 'much')"),
        ("1,alpha,churn_rate,,,0.02,0,", "line 3, column 'se': must be above 0"),
        (
            "1,alpha,churn_rate,,,0.02,,hld",
            "line 3, column 'use': must be one of fit, hold, past (did you mean 'hold'?)",
        ),
        (
            "2011Q2,alpha,churn_rate,,,0.02,,",
            "line 3, column 'period': '2011Q2' is of the calendar; say above the header",
        ),
        (
            "40,alpha,churn_rate,,,0.02,,",
            "line 3, column 'period': ends in month 40, the scenario in month 36; give months=40",
        ),
        ("1,alpha,hhi,,,0.3,,", "line 3, column 'operator': hhi is of the whole market; write 'market'"),
        ("1,alpha,ebitda/revenue,,,0.3,,", "line 3, column 'measure': no such measure 'revenue'"),
        ("1,alpha,churn_rate,,,0.02", "line 3: 6 cells, the header has 8"),
        (
            "1,alpha,market_share,,,38.4,,",
            "line 3, column 'value': market_share lies between 0 and 1; in per cent? write 0.384 (got 38.4)",
        ),
        ("1,alpha,churn_rate,,,1.9,,", "churn_rate lies between 0 and 1; in per cent? write 0.019 (got 1.9)"),
        ("1,alpha,churn_rate,,,0.22,,", "write 0.0183333 (a factor of 12)"),
        ("1,alpha,churn_rate,,,0.9,,", "write 0.03 (a factor of 30) or 0.009 (a factor of 100)"),
        ("1,alpha,csat,,,71,,", "csat lies between 0 and 1; in per cent? write 0.71"),
        ("1,alpha,market_share,,,0.38,0.9,", "line 3, column 'se': the standard error of a share or rate is below 0.5"),
        ("1,alpha,arpu,,,2300,,", "write 23 (a factor of 100)"),
        ("1,alpha,arpu,,,280,,", "write 28 (a factor of 10) or 23.3333 (a factor of 12)"),
        ("1,alpha,arpu,,,0.76,,", "write 22.8 (a factor of 1/30)"),
        ("1,alpha,subscribers,,,3800,,", "write 3.8e+06 (a factor of 1/1,000)"),
        ("1,alpha,subscribers,,,3.8,,", "write 3.8e+06 (a factor of 1/1e+06)"),
        ("1,alpha,gross_adds,,,70,,", "write 70000 (a factor of 1/1,000)"),
        ("1-3,alpha,service_revenue,,,230,,", "write 2.3e+08 (a factor of 1/1e+06)"),
        ("1,alpha,ebitda/service_revenue,,,38,,", "write 0.38 (a factor of 100)"),
        ("1,alpha,subscribers,,,-1,,", "subscribers must not be negative"),
        ("1,alpha,arpu,,,22.900,,", "'22.900' may be 22.9 or 22,900"),
    ],
)
def test_a_faulty_target_is_told_by_line_and_column(row: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "targets.csv"
    path.write_text(f"# a remark\n{HEADER}{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match="1 fault; nothing was run|may be") as caught:
        read_targets(path, load_scenario("classroom"))
    assert told in str(caught.value)


def test_a_scale_says_the_unit_on_purpose(tmp_path: Path) -> None:
    path = tmp_path / "targets.csv"
    rows = (
        "1;alpha;market_share;38,4;0,2;0,01",
        "2;alpha;market_share;38,5 %;;",
        "1;alpha;subscribers;3.800;;1.000",
        "2;alpha;subscribers;3,8;;1",
    )
    path.write_text("Zahlen für 2024\n\nPeriod;Operator;Measure;Value;se;scale\n" + "\n".join(rows), encoding="cp1252")
    found = [(target.value, target.se) for target in read_targets(path, load_scenario("classroom"))]
    assert [value for value, _ in found] == pytest.approx([0.384, 0.385, 3.8e6, 3.8]) and found[0][1] == pytest.approx(
        0.002
    )


@pytest.mark.parametrize(
    ("shares", "is_right"),
    [
        ((0.5, 0.4, 0.3), False),
        ((0.5, 0.2, 0.2), False),
        ((0.4, 0.33, 0.28), True),
        ((0.7, 0.4), False),
        ((0.5, 0.2), True),
    ],
)
def test_shares_of_all_operators_sum_to_one(shares: tuple[float, ...], is_right: bool, tmp_path: Path) -> None:
    path = tmp_path / "targets.csv"
    rows = [f"3,{name},market_share,{share}" for name, share in zip(("alpha", "beta", "gamma"), shares, strict=False)]
    path.write_text("\n".join(["period,operator,measure,value", *rows]), encoding="utf-8")
    if is_right:
        assert len(read_targets(path, load_scenario("classroom"))) == len(shares)
        return
    with pytest.raises(InputError, match=rf"market_share of alpha, .* in 3 sums to {sum(shares):.4g}, not to 1"):
        read_targets(path, load_scenario("classroom"))


def test_the_calendar_and_the_past_are_read() -> None:
    shipped = HOUSE / "scenarios" / "targets" / "us_2010_2013.csv"
    found = {
        (target.period, target.use, *target.moment[4:])
        for target in read_targets(shipped, load_scenario("us_2010_2013"))
    }
    assert found == {
        ("2010Q4", "past", -2, 0),
        ("2011Q2", "fit", 4, 6),
        ("2011Q3", "fit", 7, 9),
        ("2012Q1", "hold", 13, 15),
        ("2012Q2", "hold", 16, 18),
    }
    assert (
        len(read_targets(HOUSE / "scenarios" / "targets" / "china_2012_2014.csv", load_scenario("china_2012")))
        == 4 * 20 + 1
    )


# --- what is identified ----------------------------------------------------------------------------------------------


@pytest.mark.theory
def test_with_independent_errors_the_sandwich_is_least_squares_and_j_a_chi_square() -> None:
    slope = np.array([[20.0, 3.0], [5.0, 30.0], [10.0, 1.0], [0.0, 8.0]])
    found = identify(slope, np.array([1.0, -1.0, 2.0, 0.5]), np.eye(4))
    assert found.covariance == pytest.approx(np.linalg.inv(slope.T @ slope))
    assert (found.j, found.degrees) == (6.25, 2) and found.p == pytest.approx(stats.chi2.sf(6.25, 2))
    assert found.misfit == pytest.approx(np.sqrt(6.25 / 2)) and verdicts(found, np.array([0.5, 0.999])) == [
        "",
        "at the end of its range",
    ]


@pytest.mark.theory
def test_correlated_moments_count_for_fewer() -> None:
    """Four copies of one moment: J is four times one chi-square (Satterthwaite 1946 is exact there)."""
    found = identify(np.zeros((4, 1)), np.full(4, 1.5), np.ones((4, 4)))
    assert (
        found.p == pytest.approx(stats.chi2.sf(1.5**2, 1))
        and found.se[0] == np.inf
        and verdicts(found, np.array([0.5])) == ["standard error too wide"]
    )


def test_what_only_moves_with_another_is_not_identified() -> None:
    found = identify(
        np.array([[10.0, 10.0, 0.0], [10.0, 10.1, 0.0], [0.0, 0.0, 20.0], [0.0, 0.0, 20.0]]), np.zeros(4), np.eye(4)
    )
    words = verdicts(found, np.full(3, 0.5))
    assert (
        words[2] == ""
        and all(words[:2])
        and np.abs(found.directions[:, 0]) == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0.0], abs=0.01)
    )


# --- forecasts -------------------------------------------------------------------------------------------------------


def test_naive_forecasts_are_the_last_value_and_the_line() -> None:
    rows = [("1", 10.0, "fit"), ("2", 20.0, "fit"), ("3", 40.0, "fit"), ("5", 50.0, "hold")]
    table = pd.DataFrame(
        [
            {"period": period, "operator": "alpha", "measure": "arpu", "value": value, "use": use}
            for period, value, use in rows
        ]
    )
    targets = read_targets(table, load_scenario("classroom"))
    found = forecasts(targets, [10.0, 20.0, 30.0, 45.0], [1.0] * 4)
    line = np.polyval(np.polyfit([1, 2, 3], [10.0, 20.0, 40.0], 1), 5)
    assert found[["model", "anchored", "last", "trend"]].iloc[0].tolist() == pytest.approx(
        [45.0, 40.0 + 15.0, 40.0, line]
    )
    summary = errors(found).iloc[0]
    assert summary["rmse_ratio_last"] == pytest.approx(0.5) and summary["mae_ratio_trend"] == pytest.approx(
        5.0 / abs(line - 50.0)
    )


# --- known parameters are found again --------------------------------------------------------------------------------


def test_known_parameters_are_found_again_and_the_scenario_found_runs(tmp_path: Path) -> None:
    """Within two standard errors, if declared identified; the search starts elsewhere."""
    scenario = two_operators(tmp_path)
    targets = targets_of(scenario, seed=4711, use={"4-6": "hold"})
    targets.to_csv(tmp_path / "targets.csv", index=False)
    path, elsewhere = tmp_path / "market.yaml", [f"{ATTENTION}=0.3", f"{APPEAL}=1.2"]
    study = calibrate(
        path,
        tmp_path / "targets.csv",
        RANGES,
        elsewhere,
        samples=12,
        replications=4,
        worlds=12,
        searches=1,
        means=alone(),
    )
    found = study.tables["parameters"].set_index("parameter")
    assert found["identified"].all() and study.facts["p"] > 0.001
    for key, true in TRUE.items():
        assert abs(found.loc[key, "estimate"] - true) < 2.0 * found.loc[key, "se_wide"], key
    assert study.facts["j"] < study.facts["j_present"] and len(study.tables["forecasts"]) == 4
    assert study.facts["j"] <= study.tables["profile"]["objective"].min() + 1e-9  # no point tried is better
    for name, text in study.files.items():
        (tmp_path / "found").mkdir(exist_ok=True)
        (tmp_path / "found" / name).write_text(text, encoding="utf-8")
    again = load_scenario(tmp_path / "found" / "calibrated.yaml")
    assert (
        again.behaviour.attention.base == found.loc[ATTENTION, "estimate"]
        and again.operators["A"].plans["a"].appeal == found.loc[APPEAL, "estimate"]
    )
    first = Market(again, seed=1).run().kpis
    assert first["market_share"].between(0.0, 1.0).all() and set(again.uncertain) == set(RANGES)


def test_too_few_targets_and_no_ranges_are_refused(tmp_path: Path) -> None:
    scenario = two_operators(tmp_path)
    table = targets_of(scenario, seed=1)
    with pytest.raises(InputError, match="1 target to be met cannot tell 2 parameters"):
        calibrate(scenario, table.head(1), RANGES)
    with pytest.raises(InputError, match="does not say what is uncertain"):
        calibrate(scenario, table)
    with pytest.raises(InputError, match="worlds: must be at least 4"):
        calibrate(scenario, table, RANGES, worlds=2)


def test_the_command_writes_a_study_that_is_reported_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    targets_of(two_operators(tmp_path), seed=7, use={"4-6": "hold"}).to_csv("targets.csv", index=False)
    words = [
        "calibrate",
        "market.yaml",
        "--targets",
        "targets.csv",
        f"{ATTENTION}=interval(0.05,0.4)",
        "customers.count=300",
        "samples=4",
        "replications=2",
        "worlds=4",
        "starts=1",
        "--jobs",
        "1",
    ]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    folder, report = Path(found["folder"]), Path(found["report"])
    tables = {"moments", "parameters", "directions", "jacobian", "profile", "forecasts", "forecast_errors"}
    assert {path.stem for path in folder.glob("*.parquet")} == tables and set(found) >= tables
    before = report.read_bytes()
    assert before.count(b"<svg") == before.count(b"</svg>") >= 4 and b"nan" not in before.lower()
    report.unlink()
    assert main(["report", str(folder)]) == 0 and report.read_bytes() == before
    capsys.readouterr()
    assert main([*words]) == 0  # for people, and from the rows that are kept
    out, told = capsys.readouterr()
    assert "attention.base" in out and "J is" in out and "were finished before" in told
    assert main(["run", str(folder / "calibrated.yaml")]) == 0


@pytest.mark.validate
def test_standard_errors_cover_the_truth(tmp_path: Path) -> None:
    """Of many markets with known parameters, 95 % intervals hold them in about 95 %: not fewer than chance allows
    (binomial, 0.1 %).
    """
    scenario = two_operators(tmp_path)
    hits = []
    for seed in range(1000, 1020):
        # other worlds for every search, or their luck would be in all intervals
        own = scenario.model_copy(update={"seed": 100 * seed})
        found = calibrate(
            own, targets_of(scenario, seed), RANGES, samples=12, replications=4, worlds=12, searches=1, means=alone()
        ).tables["parameters"]
        known = found[found["identified"]]
        hits += [
            abs(row["estimate"] - TRUE[row["parameter"]]) < 1.96 * row["se_wide"] for row in known.to_dict("records")
        ]
    assert len(hits) >= 30 and stats.binomtest(sum(hits), len(hits), 0.95, alternative="less").pvalue > 0.001, (
        sum(hits),
        len(hits),
    )
