"""The closed books of one month: what people and operators add up to, and the identities that must hold."""

from typing import NamedTuple

import numpy as np

from agents.costs import COMMON, DRIVERS
from sim.world.tables import LINES, Tally

PLAIN = ("care_cost", "wait", "points_value", "morale", "load", "opening_revenue")
# What only the operator knows, per month; of each common cost what it is, and what one more of each driver adds to it.
OWN = (*PLAIN, *(f"{cost}.{part}" for cost in COMMON for part in ("fixed", *DRIVERS)))


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
