"""Comparisons: paired, in the columns promised, the same on any number of processes, and honest about who was saved."""

import numpy as np
import pandas as pd
import pytest

from sim import InputError, compare, load_scenario, sweep
from sim.experiments.compare import MEASURES, Comparison

TINY = ["customers.count=1_000", "months=14", "burn_in=12"]
POLICIES = ["none", "points", "save_desk"]


@pytest.fixture(scope="module")
def result() -> Comparison:
    return compare("price_war", policies=POLICIES, replications=3, overrides=TINY, jobs=1)


def test_table_has_the_columns_promised(result: Comparison) -> None:
    assert result.table.index.to_list() == POLICIES
    assert set(result.table.columns) == {
        f"{name}{end}" for name in MEASURES for end in ("", "_diff", "_low", "_high")
    } | {"probability_best"}
    ends = [column for column in result.table if column.endswith(("_diff", "_low", "_high"))]
    assert (result.table.loc["none", ends] == 0.0).all()
    assert result.table["probability_best"].sum() == pytest.approx(1.0)


def test_levels(result: Comparison) -> None:
    assert result.by_response.index.names == ["policy", "response"]
    assert result.by_segment.index.names == ["policy", "segment"]
    pd.testing.assert_series_equal(result.by_response.xs("responding", level="response")["npv"], result.table["npv"])


def test_differences_are_paired(result: Comparison) -> None:
    runs = result.runs.query("operator == 'alpha' and response == 'responding'").pivot(
        index="replication", columns="policy", values="npv"
    )
    difference = runs["points"] - runs["none"]
    assert result.table.loc["points", "npv_diff"] == pytest.approx(difference.mean())
    half = 4.302652729911275 * difference.std(ddof=1) / np.sqrt(3.0)  # t, 2 degrees of freedom
    assert result.table.loc["points", "npv_high"] == pytest.approx(difference.mean() + half)


def test_segments_add_up(result: Comparison) -> None:
    """Horizon value and people saved are sums over segments; the terminal part is not (each segment has its own
    survival).
    """
    for name in ("npv_horizon", "saved", "lost"):
        total = result.by_segment[name].groupby(level="policy").sum()[POLICIES]
        np.testing.assert_allclose(total, result.table[name], rtol=1e-9)


def test_saved_are_those_who_would_have_left(result: Comparison) -> None:
    wide = result.customers.query("response == 'responding' and replication == 0").pivot(
        index="customer", columns="policy", values="stayed"
    )
    saved = (wide["save_desk"] & ~wide["none"]).sum()
    run = result.runs.query("operator == 'alpha' and response == 'responding' and replication == 0").set_index("policy")
    assert run.loc["save_desk", "saved"] == saved > 0
    assert run.loc["none", ["saved", "lost"]].eq(0.0).all()


def test_any_number_of_processes_gives_the_same(result: Comparison) -> None:
    again = compare("price_war", policies=POLICIES, replications=3, overrides=TINY, jobs=2)
    pd.testing.assert_frame_equal(result.runs, again.runs)


def test_an_arm_equals_a_run_under_its_policy(result: Comparison) -> None:
    from sim import Market

    market = Market(load_scenario("price_war", [*TINY, "policy=points"])).run()
    path = result.trajectories.query(
        "policy == 'points' and response == 'responding' and replication == 0 and operator == 'alpha'"
    )["subscribers"]
    np.testing.assert_array_equal(path, market.kpis.query("operator == 'alpha'")["subscribers"])


def test_answer_is_two_sentences(result: Comparison) -> None:
    assert 1 <= result.answer().count(". ") and result.answer().endswith(".")


def test_bad_requests() -> None:
    with pytest.raises(InputError, match="did you mean 'points'"):
        compare("price_war", policies=["none", "pionts"])
    with pytest.raises(InputError, match="replications: must be at least 1"):
        compare("price_war", replications=0)
    with pytest.raises(InputError, match="each once"):
        compare("price_war", policies=["none", "none"])


def test_sweep_runs_every_combination() -> None:
    table = sweep(
        "classroom",
        {"policy": ["none", "points"], "behaviour.attention.base": [0.01, 0.1]},
        replications=2,
        overrides=["customers.count=2000", "months=3", "burn_in=12"],
        jobs=1,
    )
    assert len(table) == 2 * 2 * 2 * 3
    churn = table[table.operator == "alpha"].groupby("behaviour.attention.base")["churn_rate"].mean()
    assert churn[0.1] > churn[0.01]
