"""The default market, everything on, against published bands (FACTS 1, 12, 28) and shapes (3, 16, 20)."""

import pandas as pd
import pytest

from sim import Market, load_scenario

pytestmark = pytest.mark.facts


@pytest.fixture(scope="module")
def market() -> Market:
    """Run the default market for its five years, with half of its customers in the panel."""
    return Market(load_scenario("europe_three", ["panel.share=0.5", "panel.truth=true"])).run()


def test_churn_of_postpaid_and_prepaid(market: Market) -> None:
    """Operators in the US and the EU, 2012-13: postpaid 1 to 2 % a month, prepaid about 5.9; prepaid churn is a line unused for three months."""
    churned = market.panel.groupby("prepaid")["churned"].mean()
    assert 0.008 < churned[False] < 0.020 and 0.03 < churned[True] < 0.07
    assert 2.5 < churned[True] / churned[False] < 5.0


def test_concentration_stays_where_it_starts(market: Market) -> None:
    """HHI of 36 large markets: 0.344."""
    assert market.overview["hhi"].between(0.30, 0.42).all()


def test_what_winning_and_keeping_cost(market: Market) -> None:
    """35 mature operators: acquisition and retention 15 to 20 % of service revenue, EBITDA 28 to 43 %."""
    kpis, ledger = market.kpis, market.ledger
    revenue = ledger["service_revenue"].sum()
    outlay = (kpis["sac"] * kpis["gross_adds"] + kpis["src"] * kpis["subscribers"]).sum()
    assert 0.10 < outlay / revenue < 0.25 and 0.25 < ledger["ebitda"].sum() / revenue < 0.45


def test_a_term_holds_until_it_ends(market: Market) -> None:
    """In a term hardly anybody leaves, when it ends many do, afterwards some: the order is the fact, and more than three to one."""
    terms = {name: plan.term for name, (_, plan) in market.scenario.all_plans.items()}
    rows = market.panel[market.panel["plan"].astype(str).map(terms) > 0]
    left = rows.groupby(pd.cut(rows["months_left"], [-1, 0, 1, 3, 60], labels=["open", "ends", "near", "in_term"]), observed=True)["churned"].mean()
    assert left["ends"] > 3.0 * left["in_term"] and left["ends"] > left["open"] > left["in_term"]


def test_most_are_content_and_a_fifth_leaves_in_a_year(market: Market) -> None:
    """UK (Ofcom): 90 to 92 % satisfied while 10 to 16 % a year switch."""
    panel = market.panel
    assert (panel["satisfaction"] > 0.5).mean() > 0.80
    assert 0.10 < 1.0 - (1.0 - panel["churned"].mean()) ** 12 < 0.25


def test_few_complain_and_more_the_graver(market: Market) -> None:
    """TARP: 5 to 50 % of failures are complained of, by severity."""
    failed = market.panel[market.panel["failure"]]
    voiced = failed.groupby("large")["complaints"].mean()
    assert 0.05 < voiced[False] < voiced[True] < 0.50
