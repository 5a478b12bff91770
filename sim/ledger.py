"""What a month cost and earned: the books of one month, the money lines made from them, and the identities they must
obey.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.tables import LINES, Tally

OWN = (
    "care_cost",
    "advertising_share",
    "overhead_share",
    "capex_share",
    "wait",
    "points_value",
    "morale",
    "load",
)  # what only the operator knows, per month
COSTS = (
    "network_cost",
    "care_cost",
    "commission_cost",
    "subsidy_cost",
    "advertising_cost",
    "contact_cost",
    "credits_cost",
    "points_cost",
    "bad_debt_cost",
    "overhead_cost",
)
MONEY = ("fees", "overage", "service_revenue", "device_revenue", *COSTS, "ebitda", "capex", "free_cash_flow")
POINTS = ("points_issued", "points_redeemed", "points_expired", "points_outstanding", "points_liability")


class IdentityError(RuntimeError):
    """The books do not add up: the model is wrong, and the run stops."""


class Book(NamedTuple):
    """One closed month. Money in currency of the simulated market, not scaled to the real one."""

    month: int
    lines: np.ndarray  # (segments, operators, LINES)
    own: np.ndarray  # (operators, OWN)
    ports: np.ndarray  # (operators + 1, operators + 1), from row to column, outside last
    reasons: np.ndarray  # (operators, REASONS)
    tenures: np.ndarray  # (operators, TENURES, 2)
    scores: np.ndarray  # (operators, 11)
    margins: np.ndarray  # (operators, MARGIN_BINS, 2)
    people: np.ndarray  # (segments, 3): people, outside, surplus
    plans: np.ndarray  # (plans,): closing customers
    traffic: np.ndarray  # (regions, operators): GB
    stages: np.ndarray  # (operators + 1, STAGES): lifecycle, for who is with none last
    ends: np.ndarray  # (operators, ENDS): relations ended
    phases: np.ndarray  # (operators, PHASES): loyalty

    def line(self, name: str) -> np.ndarray:
        """One line over all segments, shape (operators,)."""
        return np.asarray(self.lines[:, :, LINES.index(name)].sum(axis=0))


def close_book(month: int, tally: Tally, own: np.ndarray) -> Book:
    """Add the chunks up, in chunk order."""
    return Book(
        month,
        tally.lines.sum(axis=0),
        own,
        tally.ports.sum(axis=0),
        tally.reasons.sum(axis=0),
        tally.tenures.sum(axis=0),
        tally.scores.sum(axis=0),
        tally.margins.sum(axis=0),
        tally.people.sum(axis=0),
        tally.plans.sum(axis=0),
        tally.traffic.sum(axis=0),
        tally.stages.sum(axis=0),
        tally.ends.sum(axis=0),
        tally.phases.sum(axis=0),
    )


def money(lines: np.ndarray, own: np.ndarray, care_share: np.ndarray | float = 1.0) -> dict[str, np.ndarray]:
    """Return all money lines and point stocks from sums of people and the operator's own numbers.

    Parameters
    ----------
    lines : (..., LINES)
    own : (..., OWN), broadcast against `lines`
    care_share : part of the care cost borne by these people (a segment's share of subscribers)

    """
    by_name = dict(zip(LINES, np.moveaxis(lines, -1, 0), strict=True))
    care, advertising, overhead, capex, _, points_value, *_ = np.moveaxis(own, -1, 0)
    out = {name: by_name[name] for name in ("fees", "overage", "device_revenue", *COSTS, *POINTS) if name in by_name}
    out["service_revenue"] = by_name["fees"] + by_name["overage"]
    out["care_cost"] = care * care_share
    out["advertising_cost"] = advertising * out["service_revenue"]
    out["overhead_cost"] = overhead * out["service_revenue"]
    out["capex"] = capex * out["service_revenue"]
    out["ebitda"] = out["service_revenue"] + out["device_revenue"] - sum(out[name] for name in COSTS)
    out["free_cash_flow"] = out["ebitda"] - out["capex"]
    out["points_liability"] = out["points_outstanding"] * points_value
    return out


def keeping_margin(lines: np.ndarray, own: np.ndarray, care_share: np.ndarray | float = 1.0) -> np.ndarray:
    """Margin of the existing base: ebitda before what was spent on winning new customers, currency per month."""
    by_name, books = dict(zip(LINES, np.moveaxis(lines, -1, 0), strict=True)), money(lines, own, care_share)
    return np.asarray(books["ebitda"] + by_name["acquisition"] + books["advertising_cost"])


def ledger_frame(books: Sequence[Book], operators: Sequence[str]) -> pd.DataFrame:
    """Return the ledger: month, operator, money lines (currency), points (units; liability in currency)."""
    columns = [*MONEY, *POINTS]
    if not books:
        return pd.DataFrame(columns=["month", "operator", *columns])
    lines = np.stack([book.lines.sum(axis=0) for book in books])
    books_of = money(lines, np.stack([book.own for book in books]))
    frame = month_operator_index([book.month for book in books], operators)
    return frame.assign(**{name: books_of[name].ravel() for name in columns})


def month_operator_index(months: Sequence[int], operators: Sequence[str]) -> pd.DataFrame:
    """Return the two leading columns of every table by month and operator."""
    return pd.DataFrame(
        {
            "month": np.repeat(np.asarray(months, dtype=int), len(operators)),
            "operator": np.tile(np.asarray(operators, dtype=object), len(months)),
        }
    )


def check_identities(book: Book, before: Book | None, intervened: bool) -> None:
    """Stop the run where the month's books do not add up (cheap; every month).

    Opening + gross additions - churn = closing; every port-out is someone's port-in; points issued = redeemed + expired
    + change of stock; nobody is lost between months.
    """
    opening, closing, adds = book.line("opening"), book.line("closing"), book.line("gross_adds")
    churn = book.line("churn_voluntary") + book.line("churn_involuntary")
    _equal(book.month, "opening + gross additions - churn = closing", opening + adds - churn, closing)
    _equal(book.month, "port-outs = rows of ports", churn, book.ports[:-1].sum(axis=1))
    _equal(book.month, "gross additions = columns of ports", adds, book.ports[:, :-1].sum(axis=0))
    _equal(book.month, "exit reasons = churn", churn, book.reasons.sum(axis=1))
    _equal(book.month, "ended relations = churn", churn, book.ends.sum(axis=1))
    if before is not None and not intervened:
        _equal(book.month, "opening = last closing", opening, before.line("closing"))
        stock = (
            before.line("points_outstanding")
            + book.line("points_issued")
            - book.line("points_redeemed")
            - book.line("points_expired")
        )
        _equal(
            book.month, "points issued = redeemed + expired + change of stock", stock, book.line("points_outstanding")
        )


def _equal(month: int, identity: str, left: np.ndarray, right: np.ndarray) -> None:
    if not (np.abs(left - right) <= 1e-6 + 1e-9 * np.abs(right)).all():
        raise IdentityError(f"month {month}: '{identity}' is broken: {left.tolist()} against {right.tolist()}")
