"""Small markets whose every table can be compared."""

from functools import cache

import pandas as pd
from pandas.testing import assert_frame_equal

from sim import Market, load_scenario
from sim.config import Scenario

TABLES = (
    "kpis",
    "overview",
    "ledger",
    "ports",
    "prices",
    "plans",
    "exit_reasons",
    "retention",
    "lifecycle",
    "ended_relations",
    "loyalty_phase",
    "loyalty_type",
    "quadrant",
    "panel",
)


@cache
def small(*overrides: str, name: str = "price_war", customers: int = 3_000, months: int = 12) -> Scenario:
    """Compose a shipped scenario with few customers, a short burn-in and everybody in the panel."""
    return load_scenario(
        name, [f"customers.count={customers}", "burn_in=12", f"months={months}", "panel.share=1", *overrides]
    )


def tables(market: Market) -> dict[str, pd.DataFrame]:
    """Everything a market shows."""
    return {name: getattr(market, name) for name in TABLES} | {"customers": market.customers.to_frame()}


def assert_same(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> None:
    """Assert that all tables agree to the last bit."""
    for name, table in left.items():
        assert_frame_equal(table, right[name], check_exact=True, obj=name)


def differing(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> list[str]:
    """Names of tables that differ."""
    return [name for name, table in left.items() if not table.equals(right[name])]
