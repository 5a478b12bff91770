"""Lists of whom operators called and who joined: they count what the books count, leavers included."""

import numpy as np
import pandas as pd
import pytest

from sim import Customer, Market
from tests.properties.builders import small

pytestmark = pytest.mark.properties
SHOCKS = ("behaviour.turnover.exit=0.05", "behaviour.turnover.default=0.05", "behaviour.attention.contact=0.5")


@pytest.fixture(scope="module")
def base() -> Market:
    """A market in which many die, default, or leave in the month of a call."""
    policies = "policies=[none,points,proactive_random,points+proactive_random]"
    return Market(small(policies, *SHOCKS, name="classroom", customers=800, months=3), seed=3)


@pytest.fixture(scope="module")
def busy(base: Market) -> Market:
    return base.fork(policy="points+proactive_random").run()


def counted(market: Market, line: str) -> "pd.Series[float]":
    """A line of the books by month and operator, where it is not 0."""
    rows = {
        (book.month, name): count
        for book in market.books
        if book.month > 0
        for name, count in zip(market.operator_names, book.line(line), strict=True)
        if count
    }
    return pd.Series(rows, dtype=float)


@pytest.mark.parametrize(("table", "line"), [("contacts", "contacted"), ("enrolments", "enrolled")])
def test_lists_are_as_long_as_the_books_say(busy: Market, table: str, line: str) -> None:
    listed = getattr(busy, table)
    sizes = listed.groupby(["month", "operator"]).size()
    assert len(sizes) and sizes.to_dict() == counted(busy, line).to_dict()
    assert not listed.duplicated(["month", "customer"]).any()


def test_whoever_left_at_once_is_in_the_list_under_her_operator(base: Market, busy: Market) -> None:
    """Those called in month 1 were customers of that operator at the start of it; some had gone at its end."""
    called = busy.contacts.query("month == 1")
    now = base.fork(policy="points+proactive_random")
    now.step()
    assert (np.array(base.operator_names)[base.customers.operator[called["customer"]]] == called["operator"]).all()
    gone = now.customers.operator[called["customer"]] != base.customers.operator[called["customer"]]
    assert 0.05 < gone.mean() < 0.5 and (now.state.plan[called["customer"][gone]] < -1).any(), "some died"


def test_the_panel_tells_the_same(busy: Market) -> None:
    told = busy.panel.query("contacted")[["month", "operator", "customer"]].astype({"operator": object})
    same = told.sort_values(["month", "customer"], ignore_index=True)
    assert same.equals(busy.contacts.astype(same.dtypes))


def test_lists_belong_to_a_future_and_both_engines_keep_them(base: Market, busy: Market) -> None:
    assert len(base.contacts) == 0 == len(base.fork(policy="none").run().enrolments)
    objects = base.fork(policy="points+proactive_random", customer=Customer).run()
    assert objects.contacts.equals(busy.contacts) and objects.enrolments.equals(busy.enrolments)


def test_a_call_by_hand_is_listed(base: Market) -> None:
    reached = base.customers_of(0)[base.state.silent[base.customers_of(0)] == 0][:7]  # a silent line hears nothing
    twin = base.fork(policy="none", contact=reached.tolist())
    twin.step()
    assert twin.contacts["customer"].tolist() == reached.tolist()
