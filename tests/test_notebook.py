"""In a notebook: what is shown fits a line, says what it is, and can be drawn and saved; columns are only read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim import InputError, Interval, Market, compare, load, sweep
from sim.books.measures import KPIS
from sim.experiments.asked import arguments_of
from sim.experiments.record import Study
from sim.experiments.units import with_units
from sim.results import RunResult
from tests.properties.builders import small


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(small(customers=1_000, months=3)).run()


@pytest.fixture(scope="module")
def result(market: Market) -> RunResult:
    return RunResult.of(market, [], [], {})


def test_what_is_shown_says_what_it_is_in_a_line(market: Market, result: RunResult) -> None:
    told = ((market, "Market('price_war', seed 1: month 3 of 3"), (market.scenario, "Scenario('price_war': 3 months"))
    for thing, words in told:
        assert repr(thing).startswith(words) and len(repr(thing)) < 400 and "<table>" in thing._repr_html_()
    assert len(str(market.scenario)) < 400
    assert repr(result).startswith("RunResult('price_war': 3 months under") and len(repr(result)) < 300


@pytest.mark.parametrize(
    "measure", ["market_share", "churn_rate", "ebitda", "arpu", "subscribers", "hhi", "nps", "clv"]
)
def test_a_measure_is_drawn_and_saved(measure: str, market: Market, result: RunResult, tmp_path: Path) -> None:
    for number, told in enumerate((market, result)):
        figure = told.plot(measure)
        for kind, start in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
            path = tmp_path / f"{number}.{kind}"
            figure.savefig(path)
            assert path.read_bytes().startswith(start)
        assert figure._repr_png_().startswith(b"\x89PNG") and figure.get_facecolor() == (1.0, 1.0, 1.0, 1.0)


def test_what_cannot_be_drawn_is_refused_in_words(market: Market) -> None:
    with pytest.raises(InputError, match="did you mean 'churn_rate'"):
        market.plot("churn_rte")
    with pytest.raises(InputError, match="no month has been lived yet"):
        Market(small(customers=300, months=3)).plot()


def test_a_comparison_is_shown_and_drawn() -> None:
    overrides = ["customers.count=300", "months=2", "burn_in=0"]
    found = compare("classroom", policies=["none", "points"], replications=2, overrides=overrides, jobs=1)
    assert (
        repr(found).startswith("Comparison('classroom': none, points for alpha in 2 worlds") and len(repr(found)) < 300
    )
    assert "paired world" in found._repr_html_()
    assert found.plot().axes and found.plot("churn").axes
    with pytest.raises(InputError, match="did you mean 'churn'"):
        found.plot("chrun")


def test_columns_cannot_be_written_to_and_are_not_copied(market: Market) -> None:
    for name in ("satisfaction", "price_sensitivity", "plan"):
        column = getattr(market.customers, name)
        assert np.shares_memory(column, market.world.state if name != "price_sensitivity" else market.world.traits)
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0
    market.world.state.satisfaction[0] = market.world.state.satisfaction[0]  # the market itself still may


def test_saved_tables_carry_their_units_and_give_them_back(market: Market, tmp_path: Path) -> None:
    table = with_units(market.kpis, "EUR", market.weight)
    table.to_parquet(tmp_path / "kpis.parquet")
    told = pd.read_parquet(tmp_path / "kpis.parquet").attrs
    assert (
        told["units"]["arpu"] == "EUR/month" and told["units"]["wait"] == "minutes" and "operator" not in told["units"]
    )
    assert told["weight"] == market.weight and {"ebitda", "subscribers"} <= set(told["times_weight"])
    assert "arpu" not in told["times_weight"] and set(told["units"]) >= set(KPIS)


def test_tables_of_a_live_market_carry_what_loaded_ones_do(result: RunResult, market: Market, tmp_path: Path) -> None:
    loaded = load(result.save(tmp_path / "run"))
    assert isinstance(loaded, RunResult) and loaded.kpis.attrs["units"]["arpu"] == "EUR/month"
    for name in ("kpis", "overview", "ledger", "ports", "prices"):
        assert getattr(market, name).attrs == getattr(loaded, name).attrs, name
    assert market.long_tables.attrs == loaded.relations.attrs and market.fork().kpis.attrs == market.kpis.attrs


def test_a_sweep_is_a_table_that_can_be_saved_and_asked_again(tmp_path: Path) -> None:
    overrides = ["customers.count=300", "months=2", "burn_in=0"]
    values = {"policy": ["none", "points"], "behaviour.attention.base": Interval(0.02, 0.06)}
    table = sweep("classroom", values, overrides=overrides, jobs=1, method="lhs", samples=2)
    saved = load(table.save(tmp_path / "sweep"))
    assert isinstance(saved, Study) and saved.kind == "sweep" and (tmp_path / "sweep" / "report.html").exists()
    pd.testing.assert_frame_equal(saved.results, pd.DataFrame(table), check_dtype=False)
    assert type(table[table["policy"] == "none"]) is pd.DataFrame and not hasattr(table.copy(), "save")
    assert arguments_of(saved.manifest["asked"], max, Path)["values"] == values
