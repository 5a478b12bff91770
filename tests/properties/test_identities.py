"""What a market's tables say adds up, recomputed from its customers one by one."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.strategies import Contract, Points, Proactive, SaveDesk, TenureDiscount, Tiers
from sim import Market
from sim.books.ledger import COSTS
from sim.config import Policy
from sim.world.book import Book, IdentityError, check_identities
from sim.world.tables import LINES
from tests.properties.builders import small

pytestmark = pytest.mark.properties

MONTHS = 12
FLOAT32 = 2.0**-23  # relative rounding of a bill as the panel keeps it
POLICIES = [
    "none",
    "points+save_desk",
    "tiers+proactive_value",
    "contract+tenure_discount",
    "price_cut+points+proactive_risk+save_desk",
]


@pytest.fixture(scope="module", params=POLICIES)
def market(request: pytest.FixtureRequest) -> Market:
    return Market(small(f"policy={request.param}", f"policies=[{request.param}]")).run()


def by_month(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """One column of a table by month and operator, shape (months, operators)."""
    return table.pivot(index="month", columns="operator", values=column)


def panel_sum(market: Market, of: Any) -> pd.DataFrame:
    """Sums over the panel by month and operator."""
    rows = market.panel
    return (
        of(rows.groupby(["month", "operator"], observed=False))
        .unstack("operator")
        .rename(columns=str)
        .sort_index(axis=1)
    )


def test_customers_are_subscribers(market: Market) -> None:
    counted = market.customers.to_frame()["operator"].value_counts()
    last = market.kpis.query(f"month == {MONTHS}").set_index("operator")["subscribers"]
    assert counted[last.index].tolist() == last.tolist()
    assert counted["outside"] == market.overview["outside"].iloc[-1]


def test_people_who_are_gone_have_no_operator() -> None:
    """One operator with one plan: codes of those outside, absent and gone must not be read as places in a table of
    plans.
    """
    others = [f"operators.alpha.plans.alpha_{name}=null" for name in ("flex", "L", "prepaid")] + [
        "operators.alpha.plans.alpha_M.start_mix=1"
    ]
    market = Market(
        small(
            "operators.beta=null",
            "operators.gamma=null",
            "operators.alpha.start_share=0.95",
            *others,
            name="europe_three",
            months=3,
        )
    ).run()
    assert set(np.unique(market.customers.operator)) <= {-1, 0}


def test_panel_rows_are_opening_subscribers(market: Market) -> None:
    opening, closing = panel_sum(market, lambda groups: groups.size()), by_month(market.kpis, "subscribers")
    assert (opening.to_numpy()[1:] == closing.to_numpy()[:-1]).all()
    assert not market.panel.duplicated(["month", "customer"]).any()


def test_opening_and_additions_less_churn_is_closing(market: Market) -> None:
    kpis = market.kpis
    opening = by_month(kpis, "subscribers").shift().iloc[1:]
    churn = by_month(kpis, "churn_voluntary") + by_month(kpis, "churn_involuntary")
    closing = opening + by_month(kpis, "gross_adds").iloc[1:] - churn.iloc[1:]
    assert closing.equals(by_month(kpis, "subscribers").iloc[1:])
    assert (churn.iloc[1:] / opening).to_numpy() == pytest.approx(
        by_month(kpis, "churn_rate").iloc[1:].to_numpy(), rel=1e-12
    )


def test_ports_are_exits_and_gross_additions(market: Market) -> None:
    ports, kpis = market.ports, market.kpis
    assert not (ports["from"] == ports["to"]).any()
    operators = sorted(market.operator_names)
    leaving = ports.pivot_table(index="month", columns="from", values="count", aggfunc="sum")[operators]
    arriving = ports.pivot_table(index="month", columns="to", values="count", aggfunc="sum")[operators]
    assert (
        leaving.to_numpy() == (by_month(kpis, "churn_voluntary") + by_month(kpis, "churn_involuntary")).to_numpy()
    ).all()
    assert (arriving.to_numpy() == by_month(kpis, "gross_adds").to_numpy()).all()


def test_the_panel_sees_the_same_moves(market: Market) -> None:
    left = market.panel.query("churned").astype({"operator": str, "destination": str, "reason": str})
    counted = left.groupby(["month", "operator", "destination"]).size()
    ports = market.ports.query("`from` != 'outside' and count > 0").set_index(["month", "from", "to"])["count"]
    assert counted.sort_index().tolist() == ports.sort_index().tolist() and sorted(counted.index) == sorted(ports.index)
    reasons = market.exit_reasons.query("value > 0").set_index(["month", "operator", "key"])["value"].sort_index()
    assert left.groupby(["month", "operator", "reason"]).size().sort_index().tolist() == reasons.tolist()
    assert market.panel.query("not churned")["destination"].isna().all()


def test_who_moved_is_there_next_month(market: Market) -> None:
    """Row t + 1 of a customer starts with the operator at which row t ended."""
    rows = market.panel.sort_values(["customer", "month"])
    after = rows.groupby("customer").shift(-1)
    follows = after["month"] == rows["month"] + 1
    end = rows["destination"].astype(object).where(rows["churned"], rows["operator"].astype(object))[follows]
    assert (end == after["operator"].astype(object)[follows]).all()
    assert (rows["churned"] | follows | (rows["month"] == MONTHS)).all()
    stayed = follows & ~rows["churned"]
    assert (after["tenure"][stayed] == rows["tenure"][stayed] + 1).all() and (
        after["tenure"][follows & rows["churned"]] == 0
    ).all()


def test_bills_are_service_revenue(market: Market) -> None:
    paid, booked = panel_sum(market, lambda groups: groups["bill"].sum()), by_month(market.ledger, "service_revenue")
    assert paid.to_numpy() == pytest.approx(booked.to_numpy(), rel=FLOAT32)
    assert (market.ledger["fees"] + market.ledger["overage"]).to_numpy() == pytest.approx(
        market.ledger["service_revenue"].to_numpy(), rel=1e-12
    )


def test_points_outstanding_are_customers_points(market: Market) -> None:
    held = market.customers.to_frame().query("operator != 'outside'").groupby("operator")["points"].sum()
    ledger = market.ledger
    outstanding = by_month(ledger, "points_outstanding")
    assert held[outstanding.columns].to_numpy() == pytest.approx(outstanding.iloc[-1].to_numpy(), rel=1e-12)
    assert panel_sum(market, lambda groups: groups["points"].sum()).to_numpy()[1:] == pytest.approx(
        outstanding.to_numpy()[:-1], rel=1e-12
    )
    flows = (
        by_month(ledger, "points_issued") - by_month(ledger, "points_redeemed") - by_month(ledger, "points_expired")
    ).cumsum()
    assert flows.to_numpy() == pytest.approx(outstanding.to_numpy(), rel=1e-9, abs=1e-6)
    assert ("points" in market.scenario.policy) == (outstanding["alpha"].iloc[-1] > 0.0)


def test_costs_add_up_to_ebitda(market: Market) -> None:
    ledger = market.ledger
    assert (ledger.drop(columns=["month", "operator", "ebitda", "free_cash_flow", "contribution"]) >= 0.0).all(
        axis=None
    )
    assert set(COSTS) == {name for name in ledger.columns if name.endswith("_cost")}
    earned = ledger["service_revenue"] + ledger["device_revenue"] - ledger[list(COSTS)].sum(axis=1)
    assert earned.to_numpy() == pytest.approx(ledger["ebitda"].to_numpy(), rel=1e-12, abs=1e-9)
    assert (ledger["ebitda"] - ledger["capex"]).to_numpy() == pytest.approx(
        ledger["free_cash_flow"].to_numpy(), rel=1e-12, abs=1e-9
    )
    assert (ledger["contribution"] - ledger["fixed_costs"]).to_numpy() == pytest.approx(
        ledger["free_cash_flow"].to_numpy(), rel=1e-12, abs=1e-9
    )
    assert (ledger["ebitda"] == market.kpis["ebitda"]).all()


def test_shares_sum_to_one(market: Market) -> None:
    assert market.kpis.groupby("month")["market_share"].sum().to_numpy() == pytest.approx(1.0, abs=1e-12)
    squares = (market.kpis["market_share"] ** 2).groupby(market.kpis["month"]).sum()
    assert squares.to_numpy() == pytest.approx(market.overview["hhi"].to_numpy(), rel=1e-12)


def test_means_are_per_customer(market: Market) -> None:
    """The measures that are means, from the customers themselves."""
    last, people = (
        market.kpis.query(f"month == {MONTHS}").set_index("operator"),
        market.customers.to_frame().query("operator != 'outside'").groupby("operator"),
    )
    # summed in single precision
    assert people["satisfaction"].mean().astype(float)[last.index].to_numpy() == pytest.approx(
        last["csat"].to_numpy(), rel=1e-5
    )
    ledger = market.ledger.query(f"month == {MONTHS}").set_index("operator")
    assert (ledger["service_revenue"] / people.size()).to_numpy() == pytest.approx(last["arpu"].to_numpy(), rel=1e-12)


def test_retention_counts_months_at_risk(market: Market) -> None:
    risk = market.retention.groupby("operator")[["at_risk", "left"]].sum()
    rows = market.panel.groupby("operator", observed=False)["churned"].agg(["size", "sum"])
    assert (risk.to_numpy() == rows.loc[risk.index].to_numpy()).all()


# --- broken books stop the run ---------------------------------------------------------------------------------------


def with_line(book: Book, line: str, change: float) -> Book:
    """Return the book with one line of one operator changed."""
    lines = book.lines.copy()
    lines[0, 0, LINES.index(line)] += change
    return book._replace(lines=lines)


def with_count(book: Book, table: str, cell: tuple[int, int]) -> Book:
    """Return the book with one more person in a cell of a table of counts."""
    counts = getattr(book, table).copy()
    counts[cell] += 1
    return book._replace(**{table: counts})


@pytest.fixture(scope="module")
def books() -> tuple[Book, Book]:
    market = Market(small("policy=points", months=2)).run()
    return market.books[-2], market.books[-1]


@pytest.mark.parametrize(
    ("broken", "identity"),
    [
        (lambda book: with_line(book, "closing", 1.0), r"opening \+ gross additions - churn = closing"),
        (lambda book: with_count(book, "ports", (0, 1)), "port-outs = rows of ports"),
        (
            lambda book: with_line(with_line(book, "gross_adds", 1.0), "closing", 1.0),
            "gross additions = columns of ports",
        ),
        (lambda book: with_count(book, "reasons", (0, 1)), "exit reasons = churn"),
        (lambda book: with_line(with_line(book, "opening", 1.0), "closing", 1.0), "opening = last closing"),
        (lambda book: with_line(book, "points_issued", 0.5), r"points issued = redeemed \+ expired \+ change of stock"),
    ],
    ids=["closing", "port_outs", "gross_adds", "reasons", "opening", "points"],
)
def test_a_broken_identity_is_named(broken: Any, identity: str, books: tuple[Book, Book]) -> None:
    before, book = books
    check_identities(book, before, intervened=False)
    with pytest.raises(IdentityError, match=f"month 2: '{identity}' is broken"):
        check_identities(broken(book), before, intervened=False)


def test_a_broken_month_stops_the_run() -> None:
    """Somebody vanishes between two months: the next month's books do not open as the last ones closed."""
    market = Market(small(months=2))
    market.step()
    market.state.plan[np.flatnonzero(market.customers.operator == 0)[0]] = -1
    with pytest.raises(IdentityError, match="month 2: 'opening = last closing' is broken"):
        market.step()


# --- any lever ------------------------------------------------------------------------------------------------------

SHARES, MONEY, WHOLE = st.floats(0.0, 1.0), st.floats(0.0, 500.0), st.integers(0, 36)
LEVERS = {
    "points": st.builds(
        Points,
        earn=st.floats(0.0, 20.0),
        value=st.floats(0.0, 1.0),
        expiry=SHARES,
        redeem=SHARES,
        minimum=MONEY,
        member_cost=MONEY,
        voluntary=st.booleans(),
    ),
    "tiers": st.builds(
        lambda low, gap, perk, bonus: Tiers(
            thresholds=(low, low + gap), perks=(perk, 2.0 * perk), care_bonus=(bonus, bonus)
        ),
        MONEY,
        MONEY,
        MONEY,
        SHARES,
    ),
    "tenure_discount": st.builds(TenureDiscount, per_year=SHARES, cap=SHARES),
    "contract": st.builds(Contract, term=WHOLE, etf=MONEY, subsidy_new=MONEY, subsidy_renewal=MONEY),
    "proactive": st.builds(
        Proactive,
        target=st.sampled_from(["random", "value", "risk"]),
        depth=SHARES,
        every=st.integers(1, 6),
        credit=MONEY,
        term=WHOLE,
        contact_cost=MONEY,
        rest=WHOLE,
    ),
    "save_desk": st.builds(SaveDesk, reach=SHARES, credit=MONEY, term=WHOLE, contact_cost=MONEY),
}


@pytest.fixture(scope="module")
def before_levers() -> Market:
    return Market(small("policies=[none,proactive_risk]", name="europe_three", customers=1_000, months=4))


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(levers=st.fixed_dictionaries({}, optional=LEVERS), seed=st.integers(0, 2**31 - 1))
def test_identities_hold_for_any_levers(levers: dict[str, Any], seed: int, before_levers: Market) -> None:
    loyalty = {name: lever for name, lever in levers.items() if lever.role == "loyalty"}
    retention = {name: lever for name, lever in levers.items() if lever.role == "retention"}
    twin = before_levers.fork(seed=seed)
    twin.operators[0].adopt(Policy(name="any", description="Any levers.", loyalty=loyalty, retention=retention))
    twin.run()  # the books are checked every month
    ledger, people = twin.ledger, twin.customers.to_frame().query("operator != 'outside'")
    assert (ledger.drop(columns=["month", "operator", "ebitda", "free_cash_flow", "contribution"]) >= 0.0).all(
        axis=None
    )
    assert panel_sum(twin, lambda groups: groups["bill"].sum()).to_numpy() == pytest.approx(
        by_month(ledger, "service_revenue").to_numpy(), rel=FLOAT32
    )
    assert people.groupby("operator")["points"].sum().to_numpy() == pytest.approx(
        by_month(ledger, "points_outstanding").iloc[-1].to_numpy(), rel=1e-12
    )
    assert np.isfinite(people.select_dtypes("number")).all(axis=None)
