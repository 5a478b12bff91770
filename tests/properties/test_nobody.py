"""A measure of nobody is NaN, in every table and study: never 0, never infinite, and left out of means."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import Market, sweep
from sim.books.measures import monthly_discount, rates
from sim.experiments.outcome import RATES, gaps_in_words
from sim.kpis import churn_of_few, going_value, mean_of_known, per
from sim.world.book import OWN
from sim.world.tables import LINES
from tests.properties.builders import small

pytestmark = pytest.mark.properties

ENTRANT = ["customers.count=3000", "months=12", "burn_in=12", "policy=none"]
OF_OPENING = ("churn_rate", "threats", "failures", "complaint_rate", "attention_rate")
OF_CLOSING = (
    "arpu",
    "ampu",
    "src",
    "csat",
    "bundles",
    "silent_lines",
    "share_of_wallet",
    "expectation",
    "habit",
)


@pytest.fixture(scope="module")
def market() -> Market:
    """An operator opens in month 7."""
    return Market(small("customers.count=3000", "behaviour.attention.base=0.03", "policy=none", name="entrant")).run()


@given(numbers=st.lists(st.sampled_from([0.0, 1.0, 40.0]), min_size=len(LINES), max_size=len(LINES)))
@settings(deadline=None)
def test_no_measure_is_infinite_and_nobody_has_none(numbers: list[float]) -> None:
    """Whatever money and counts come together, also revenue from people who have all left."""
    by = dict(zip(LINES, numbers, strict=True))
    found = rates(np.array([[numbers]]), np.zeros((1, 1, len(OWN))), 0.1)
    assert not any(np.isinf(values).any() for values in found.values())
    for whom, names in (("opening", OF_OPENING), ("closing", OF_CLOSING), ("gross_adds", ("sac",))):
        assert all(np.isnan(found[name]).all() == (by[whom] == 0.0) for name in names)
    assert np.isnan(found["clv"]).all() == (by["opening"] == 0.0 or by["closing"] == 0.0)


def test_before_it_opens_an_entrant_has_no_measures(market: Market) -> None:
    before = market.kpis.query("operator == 'delta' and month < 7")
    assert (
        before[[*OF_OPENING, *OF_CLOSING, "clv", "sac", "nps", "wait", "morale", "profit_top20"]].isna().all(axis=None)
    )
    assert (before[["subscribers", "market_share", "gross_adds", "ebitda"]] == 0.0).all(axis=None)
    types = market.loyalty_type.query("operator == 'delta' and month == 3").set_index("key")["value"]
    assert types.drop("latent").isna().all() and np.isfinite(types["latent"])


def test_nobody_of_that_tenure_has_no_retention(market: Market) -> None:
    table = market.retention
    assert (table["value"].isna() == (table["at_risk"] == 0)).all()


def test_run_and_sweep_say_the_same_of_an_entrant(market: Market) -> None:
    table = sweep("entrant", {"behaviour.attention.base": [0.03]}, overrides=ENTRANT, jobs=1)
    row = table[table["operator"] == "delta"].iloc[0]
    own = market.kpis[market.kpis["operator"] == "delta"]
    assert [row[name] for name in RATES] == pytest.approx([own[name].mean() for name in RATES])
    assert row["churn_rate"] == pytest.approx(0.02733, abs=5e-6) and row["months_measured"] == 5.0


def test_an_entrant_is_valued_over_the_months_it_had_customers(market: Market) -> None:
    """Its customers leave at about 2.7 % a month, not at half of it, and it goes on to win as many a month as in the
    six in which it was there: were the months before counted as well, that would be half.
    """
    table = sweep("entrant", {"behaviour.attention.base": [0.03]}, overrides=ENTRANT, jobs=1)
    row = table[table["operator"] == "delta"].iloc[0]
    own = market.kpis[market.kpis["operator"] == "delta"]
    left = own[["churn_voluntary", "churn_involuntary"]].sum().sum()
    assert row["leavers"] == left
    assert row["terminal_low"] < row["npv_terminal"] < row["terminal_high"]
    cash, there = market.ledger.query("operator == 'delta'")["free_cash_flow"].sum(), own["subscribers"]
    won = own["gross_adds"].sum() / 6
    spent = (own["sac"] * own["gross_adds"]).sum() / 6  # it has no fixed costs, and advertises by revenue
    margin, rate = (cash + 6 * spent) / there.sum(), monthly_discount(market.scenario.discount_annual)
    later = going_value(there.iloc[-1], margin, churn_of_few(left, there.iloc[:-1].sum()), won, spent, rate)
    assert row["npv_terminal"] == pytest.approx(later / (1.0 + rate) ** 12)


@pytest.mark.parametrize(
    ("months", "words"),
    [
        ([12.0, 12.0], []),
        ([5.0], ["delta had no customers in 7 of the last 12 months: its rates are means of the other months."]),
        ([0.0], ["delta had no customers in 12 of the last 12 months: its rates are empty."]),
        (
            [12.0, 5.0, 0.0],
            [
                "delta had no customers in up to 12 of the last 12 months in 2 of 3 runs: its rates are means of the"
                " other months, and empty in the 1 runs in which it never had any."
            ],
        ),
    ],
)
def test_it_is_said_over_how_many_months_a_rate_is(months: list[float], words: list[str]) -> None:
    assert gaps_in_words(pd.DataFrame({"operator": "delta", "months_measured": months}), "operator", 24) == words


def test_means_leave_out_what_is_not_known() -> None:
    assert per([3.0, 3.0, 0.0], [2.0, 0.0, 0.0]) == pytest.approx([1.5, np.nan, np.nan], nan_ok=True)
    assert mean_of_known([[1.0, np.nan], [3.0, np.nan]]) == pytest.approx([2.0, np.nan], nan_ok=True)
