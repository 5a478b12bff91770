"""What a month cost and earned: money lines made from closed books, and the ledger that shows them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.world.book import Book
from sim.world.tables import LINES

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
