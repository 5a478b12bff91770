"""The README is run from top to bottom; its Python is the test of the names that stay (DESIGN, section 9)."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.books import measures
from sim.books.ledger import MONEY, POINTS
from sim.books.panel import COLUMNS
from sim.experiments.compare import MEASURES
from tests.test_docs import HOUSE, follow

README = HOUSE / "README.md"


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a reader has after following the README."""
    reader, _ = follow(README, tmp_path_factory.mktemp("readme"))
    return reader.names


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("kpis", ["month", "operator", *measures.KPIS]),
        ("overview", ["month", *measures.OVERVIEW]),
        ("ledger", ["month", "operator", *MONEY, *POINTS]),
        ("ports", ["month", "from", "to", "count"]),
        ("prices", ["month", "operator", "plan", "fee"]),
        ("panel", list(COLUMNS)),
        ("ties", ["customer", "friend", "kind"]),
    ],
)
def test_tables_of_a_market(names: dict[str, Any], table: str, columns: list[str]) -> None:
    assert list(getattr(names["market"], table).columns) == columns


def test_months_count_from_one_and_prices_from_the_start(names: dict[str, Any]) -> None:
    market = names["market"]
    assert sorted(set(market.kpis["month"])) == sorted(set(market.ports["month"])) == list(range(1, 25))
    assert sorted(set(market.prices["month"])) == list(range(25))
    assert not (market.ports["from"] == market.ports["to"]).any()
    assert {"outside"} < set(market.ports["from"]) == set(market.ports["to"])


def test_customers_and_demand(names: dict[str, Any]) -> None:
    market = names["market"]
    frame = market.customers.to_frame()
    assert {"customer", "operator", "plan", "satisfaction", "price_sensitivity", "switching_cost"} <= set(frame.columns)
    assert set(frame["operator"]) == {*market.operator_names, "outside"}
    assert market.customers[0].satisfaction == market.customers.satisfaction[0]
    assert list(market.demand.probabilities().index) == [*market.plan_names, "outside"]
    assert market.demand.elasticities().shape == market.demand.diversion_ratios().shape == (12, 12)
    assert isinstance(market.demand.consumer_surplus(), float)


def test_tables_of_a_comparison(names: dict[str, Any]) -> None:
    result = names["result"]
    columns = [f"{measure}{part}" for measure in MEASURES for part in ("", "_diff", "_low", "_high")]
    assert set(result.table.columns) == {*columns, "probability_best"}
    assert list(result.table.index) == ["none", "points", "contract"]
    assert (
        result.table.loc["none", [name for name in columns if name.endswith(("_diff", "_low", "_high"))]] == 0.0
    ).all()
    assert result.by_response.index.names == ["policy", "response"]
    assert result.by_segment.index.names == ["policy", "segment"]
    assert {"policy", "response", "replication", "seed", "operator", "npv"} <= set(result.runs.columns)
    assert {"policy", "replication", "customer", "stayed"} <= set(result.customers.columns)


def test_a_sweep_has_a_row_for_each_value_and_operator(names: dict[str, Any]) -> None:
    attention = names["attention"]
    assert isinstance(attention, pd.DataFrame) and len(attention) == 2 * 3


def test_the_picture_is_small() -> None:
    picture = HOUSE / "docs" / "images" / "compare.png"
    assert picture.stat().st_size < 200_000
    assert Path(picture).read_bytes().startswith(b"\x89PNG")
