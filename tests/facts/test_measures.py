"""How facts are measured, on panels small enough to count by hand."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from sim.experiments.naive_true.analyst import leaves_within, recent
from sim.facts import Lab, economics, service, tenure
from sim.facts.lab import churn
from tests.properties.builders import small

pytestmark = pytest.mark.facts


def lab_of(**known: Any) -> Lab:
    """A lab that has measured these already."""
    lab = object.__new__(Lab)
    lab.__dict__.update(known)
    return lab


def rows(**columns: Any) -> pd.DataFrame:
    """A panel of these columns."""
    return pd.DataFrame(columns)


def test_churn_is_told_in_per_cent_by_way_of_paying() -> None:
    """3 of 200 postpaid rows and 3 of 50 prepaid ones: 1.5 and 6 %, four times as many."""
    panel = rows(prepaid=[False] * 200 + [True] * 50, churned=[True] * 3 + [False] * 197 + [True] * 3 + [False] * 47)
    assert tenure.levels(lab_of(panel=panel)) == pytest.approx({"postpaid": 1.5, "prepaid": 6.0, "ratio": 4.0})


def test_churn_is_exits_over_opening_subscribers() -> None:
    """Two months: 20 of 100 go and 10 come, then 18 of 90 go and nobody comes: 38 of 190."""
    kpis = rows(month=[1, 2], operator="A", subscribers=[90, 72], gross_adds=[10, 0])
    kpis = kpis.assign(churn_voluntary=[15, 10], churn_involuntary=[5, 8])
    market: Any = SimpleNamespace(kpis=kpis)
    assert churn(market) == pytest.approx(38 / 190) and churn(market, first=2) == pytest.approx(18 / 90)


def test_a_term_ends_in_its_last_month() -> None:
    """On the plan with a term: 2 of 2 go with none left, 1 of 2 with one, 0 of 1 with three, 1 of 4 with more."""
    left = rows(months_left=[0, 0, 1, 1, 3, 4, 9, 9, 24, 0], plan=["M"] * 9 + ["flex"])
    left["churned"] = [True, True, True, False, False, True, False, False, False, True]
    found = tenure.by_term_left(left, {"M": 24, "flex": 0})
    assert found.to_dict() == {"open": 1.0, "ends": 0.5, "near": 0.0, "in term": 0.25}


def test_leaving_in_a_year_is_what_twelve_months_leave_over() -> None:
    """1 of 100 rows leaves: 1 - 0.99^12 = 11.36 %; 90 of 100 are above neutral, and one is neutral."""
    panel = rows(satisfaction=[0.7] * 90 + [0.5] + [0.3] * 9, churned=[True] + [False] * 99)
    found = service.contentment(lab_of(panel=panel))
    assert found == pytest.approx({"above neutral": 90.0, "leave in a year": 11.3615}, rel=1e-5)


def test_complaints_are_counted_by_size_of_the_failure() -> None:
    """1 of 10 small failures is voiced and 1 of 4 large ones; a complaint without a failure counts for neither."""
    panel = rows(failure=[True] * 14 + [False], large=[False] * 10 + [True] * 4 + [False], complaints=0)
    panel.loc[[0, 10, 14], "complaints"] = 1
    found = service.complaints(lab_of(panel=panel))
    assert found == {"after small failures": 10.0, "after large failures": 25.0, "large less small": 15.0}


def test_who_stays_is_told_by_what_became_of_the_failure() -> None:
    """In month 1, large failures befall 0, who keeps silent and leaves in month 3, 1, who is not heard, 2, who is, and
    3, who is heard fast; 4 meets none. Small ones of the same kinds befall 9 to 12, who stay.
    """
    panel = rows(customer=[who for who in range(5) for _ in range(4)], month=[1, 2, 3, 4] * 5, joined_month=0)
    who, is_first = panel["customer"], panel["month"] == 1
    panel = panel.assign(failure=is_first & (who < 4), complaints=(is_first & who.between(1, 3)).astype(int))
    panel = panel.assign(large=panel["failure"], resolved=is_first & who.between(2, 3), fast=is_first & (who == 3))
    panel = panel.assign(churned=(who == 0) & (panel["month"] == 3))[(who > 0) | (panel["month"] <= 3)]
    small_ones = panel[panel["failure"]].assign(large=False, customer=[9, 10, 11, 12])
    found = service.recovery(lab_of(panel=pd.concat([panel, small_ones], ignore_index=True)))
    assert found["large: unresolved less silent"] == 100.0 and found["small: unresolved less silent"] == 0.0
    assert found["large: resolved less unresolved"] == found["large: fast less resolved"] == 0.0
    # Of the 15 rows without a failure, two are of 0 before she leaves; the healed, 2, 3, 11 and 12, all stay.
    assert found["leave after recovery less never failed"] == pytest.approx(100.0 * (13 / 15 - 1.0))


def test_leaving_within_three_months_is_in_this_or_the_next_two() -> None:
    panel = rows(customer=1, joined_month=0, month=range(1, 7), churned=[False] * 5 + [True])
    assert leaves_within(panel, 3).tolist() == [False, False, False, True, True, True]
    panel["complaints"] = [1, 0, 0, 2, 0, 0]
    assert recent(panel, "complaints", 3).tolist() == [1, 1, 1, 2, 2, 2]


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab(small("policies=[none]", name="europe_three", customers=3_000, months=12), seed=1)


def booked(lab: Lab, *lines: str) -> float:
    """Lines of all operators' books over the lab's year, summed."""
    return float(sum(book.line(name).sum() for book in lab.market.books if book.month > 0 for name in lines))


def test_outlay_is_acquisition_and_retention_over_service_revenue(lab: Lab) -> None:
    found = economics.spending(lab)
    outlay, revenue = booked(lab, "acquisition", "retention"), booked(lab, "fees", "overage")
    assert found["acquisition and retention"] == pytest.approx(100.0 * outlay / revenue, rel=1e-9)
    assert found["EBITDA"] == pytest.approx(100.0 * lab.market.kpis["ebitda"].sum() / revenue, rel=1e-9)


def test_winning_is_held_against_keeping(lab: Lab) -> None:
    """What a gross addition costs the focal operator, over what one more kept by its save desk costs."""
    found, focal = economics.winning_and_keeping(lab), lab.world.focal_index
    spent, won = (
        sum(book.line(name)[focal] for book in lab.market.books if book.month > 0)
        for name in ("acquisition", "gross_adds")
    )
    assert found["cost of winning"] == pytest.approx(spent / won, rel=1e-9)
    assert found["winning over keeping"] == pytest.approx(spent / won / found["cost of keeping one more"], rel=1e-9)
