"""In what unit a column is, and which columns grow with the market.

Raw tables hold money and counts of the simulated market, beside `weight`, the real lines a simulated person stands for.
What people read is at market size.
"""

from collections.abc import Iterable

import pandas as pd

from sim.books.ledger import MONEY, POINTS
from sim.books.measures import BASIS, COMPARISON, KPIS, OVERVIEW
from sim.experiments.outcome import PERSONAL, VALUES

# column -> unit; `currency` stands for the market's. What is a name, a number of something or yes and no has none.
UNITS: dict[str, str] = {
    **{name: unit for table in (KPIS, OVERVIEW, COMPARISON, BASIS) for name, (unit, _) in table.items()},
    **dict.fromkeys(MONEY, "currency/month"),
    **dict.fromkeys(POINTS, "points"),
    "points_liability": "currency",
    "weight": "lines/person",
    "probability_best": "share",
    "payback_month": "month",
    "npv_downside": "currency",
    "retention_cost": "currency",
    "base": "customers",
    "fee": "currency/month",
    "count": "customers",
    "at_risk": "customer-months",
    "left": "customers",
    # the panel, and people
    "bill": "currency/month",
    "usage": "GB/month",
    "usage_mean": "GB/month",
    "complaints": "complaints/month",
    "survey_satisfaction": "0..1",
    "friends_left": "people",
    "tenure": "months",
    "months_left": "months",
    "joined": "month",
    "joined_month": "month",
    "arrival": "month",
    "satisfaction": "0..1",
    "delight": "0..1",
    "proneness": "0..1",
    "price_sensitivity": "utils/currency",
    "prepaid_taste": "utils",
    "taste": "utils",
    "leaning": "utils",
    "utility_own": "utils",
    "utility_best_other": "utils",
    "hassle": "currency",
    "switching_cost": "currency",
    "credit": "currency",
    "paid": "currency",
    "margin": "currency",
    "debt": "currency",
    "reference": "currency/month",
    "promotion": "share",
    "promotion_left": "months",
    "device_age": "months",
    "silent": "months",
    "since_failure": "months",
    "since_complaint": "months",
    "since_contact": "months",
    "since_left": "months",
    "hazard": "per month",
    "wallet": "share",
    "scale": "1",
    **dict.fromkeys(("attention", "social", "credit_risk", "variety", "care_weight", "price_weight"), "1"),
    "points": "points",
}
# Sums over people: times `weight` they are those of the real market. What is of one person, or a share, is not.
SUMS = frozenset(
    {
        *VALUES,
        *MONEY,
        *POINTS,
        *(name for name, (unit, _) in (*KPIS.items(), *OVERVIEW.items()) if unit in ("customers", "lines", "people")),
        *(name for name in PERSONAL if name not in ("retained", "cost_per_saved")),
        *(name for name in BASIS if name != "months_measured"),
        "npv_downside",
        "count",
    }
)
ENDS = ("_diff", "_low", "_high")  # of columns made from a measure


def grows(column: str) -> bool:
    """Whether a column is a sum over people.

    >>> grows("npv_diff"), grows("arpu"), grows("subscribers")
    (True, False, True)
    """
    return _measure(column) in SUMS


def told_unit(column: str, currency: str) -> str:
    """Name the unit of a column; empty where it has none.

    >>> told_unit("npv_low", "EUR"), told_unit("arpu", "EUR"), told_unit("operator", "EUR")
    ('EUR', 'EUR/month', '')
    """
    return UNITS.get(_measure(column), "").replace("currency", currency)


def _measure(column: str) -> str:
    """Name of the measure that a column is made from."""
    if column in UNITS:
        return column
    return next((part for end in ENDS if (part := column.removesuffix(end)) != column and part in UNITS), column)


def in_one_size(table: pd.DataFrame, weight: float) -> pd.DataFrame:
    """Return a results table as if all its markets were simulated at one weight, so that their sums can be compared:
    where customers.count or market_size varies, they differ.
    """
    if "weight" not in table or (table["weight"] == weight).all():
        return table
    factor = table["weight"] / weight
    return table.assign(**{name: table[name] * factor for name in sums_of(table.columns)})


def sums_of(columns: Iterable[object]) -> list[str]:
    """Names of the columns that are sums over people."""
    return [str(name) for name in columns if grows(str(name))]


def with_units(table: pd.DataFrame, currency: str, weight: float) -> pd.DataFrame:
    """Return a table that carries its units, and what its sums are multiplied with at market size, in `attrs`; Parquet
    keeps them, and they are there again when it is read.
    """
    told = table.copy(deep=False)
    units = {str(name): told_unit(str(name), currency) for name in table.columns}
    told.attrs = {
        "units": {name: unit for name, unit in units.items() if unit},
        "currency": currency,
        "weight": weight,
        "times_weight": sums_of(table.columns),
    }
    return told
