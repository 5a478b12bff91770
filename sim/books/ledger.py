"""What a month cost and earned: money lines made from closed books, and the ledger that shows them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from agents.costs import COMMON, DRIVERS
from sim.kpis import per
from sim.world.book import PLAIN, Book
from sim.world.tables import LINES

COSTS = (
    "network_cost",
    "operation_cost",
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
BORNE = tuple(name for name in COSTS if name not in COMMON)  # what customers bring about, each her own
RESULTS = ("ebitda", "capex", "free_cash_flow", "contribution", "fixed_costs")
MONEY = ("fees", "overage", "service_revenue", "device_revenue", *COSTS, *RESULTS)
POINTS = ("points_issued", "points_redeemed", "points_expired", "points_outstanding", "points_liability")


class Part(NamedTuple):
    """What part of an operator's own costs some of its people bear."""

    care: np.ndarray | float = 1.0  # of the care cost: their share of subscribers
    fixed: np.ndarray | float = 1.0  # of what stays whoever comes or goes: their share of subscribers at the start


WHOLE = Part()


def money(lines: np.ndarray, own: np.ndarray, part: Part = WHOLE) -> dict[str, np.ndarray]:
    """Return all money lines and point stocks from sums of people and the operator's own numbers.

    Parameters
    ----------
    lines : (..., LINES)
    own : (..., OWN), broadcast against `lines`
    part : what of the own costs these people bear

    """
    by_name = dict(zip(LINES, np.moveaxis(lines, -1, 0), strict=True))
    plain = dict(zip(PLAIN, np.moveaxis(own[..., : len(PLAIN)], -1, 0), strict=True))
    out = {name: by_name[name] for name in ("fees", "overage", "device_revenue", *BORNE, *POINTS) if name in by_name}
    out["service_revenue"] = by_name["fees"] + by_name["overage"]
    out["care_cost"] = plain["care_cost"] * part.care
    fixed, varying = common_costs(lines, own, part)
    out |= {name: fixed[..., place] + varying[..., place] for place, name in enumerate(COMMON)}
    revenue = out["service_revenue"] + out["device_revenue"]
    out["ebitda"] = revenue - sum(out[name] for name in COSTS)
    out["free_cash_flow"] = out["ebitda"] - out["capex"]
    out["contribution"] = revenue - sum(out[name] for name in BORNE) - varying.sum(axis=-1)
    out["fixed_costs"] = fixed.sum(axis=-1)
    out["points_liability"] = out["points_outstanding"] * plain["points_value"]
    return out


def common_costs(lines: np.ndarray, own: np.ndarray, part: Part = WHOLE) -> tuple[np.ndarray, np.ndarray]:
    """Return what of the common costs stays and what goes with customers, currency per month, (..., COMMON) each."""
    rates = _rates(own)
    varying = (rates[..., 1:] * _drivers(lines)[..., None, :]).sum(axis=-1)
    return rates[..., 0] * np.asarray(part.fixed)[..., None], varying


def costs_of_revenue(lines: np.ndarray, own: np.ndarray) -> np.ndarray:
    """What goes with revenue alone: common costs whose driver it is, currency per month."""
    return np.asarray(_rates(own)[..., 1 + DRIVERS.index("revenue")].sum(axis=-1) * _drivers(lines)[..., 0])


def _rates(own: np.ndarray) -> np.ndarray:
    """What each common cost is, and what one more of each driver adds to it, (..., COMMON, 1 + DRIVERS)."""
    return own[..., len(PLAIN) :].reshape(*own.shape[:-1], len(COMMON), 1 + len(DRIVERS))


def _drivers(lines: np.ndarray) -> np.ndarray:
    """What common costs go with, in the order of DRIVERS, (..., DRIVERS)."""
    by_name: dict[str, Any] = dict(zip(LINES, np.moveaxis(lines, -1, 0), strict=True))
    revenue = by_name["fees"] + by_name["overage"]
    return np.stack([revenue, by_name["closing"], by_name["traffic"], by_name["gross_adds"]], axis=-1)


def allocated_cash(lines: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Free cash flow as full costing sees it: fixed costs are charged to revenue at the opening's rate, as if they grew
    and shrank with it; currency per month.
    """
    books, opening = money(lines, own), own[..., PLAIN.index("opening_revenue")]
    charged = (_rates(own)[..., 0].sum(axis=-1)) * np.nan_to_num(per(books["service_revenue"], opening))
    return np.asarray(books["contribution"] - charged)


def keeping_margin(lines: np.ndarray, own: np.ndarray, part: Part = WHOLE) -> np.ndarray:
    """Margin of the existing base: contribution before what was spent on winning new customers, currency per month."""
    of_adds = _rates(own)[..., 1 + DRIVERS.index("gross_adds")].sum(axis=-1) * _drivers(lines)[..., -1]
    won = lines[..., LINES.index("acquisition")]
    return np.asarray(money(lines, own, part)["contribution"] + won + of_adds)


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
