"""What an imported number must be like: a bill against the fees of its plan, a tenure against the length of a life.

One in another unit is told, with the factor that it is likely out by.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.config import Scenario
from sim.config.currency import mean_bill, mean_bill_of
from sim.config.customer_file import MONEY

FACTORS = (10.0, 12.0, 30.0, 100.0, 1000.0, 1e6)
BILLS_APART = 4.0  # times above or below what customers of a plan pay that half of its bills may be
ODD_BILL = 100.0  # times the dearest plan's that one bill may be
LONG_LIFE = 600.0  # months: one in a hundred customers may have stayed longer than these 50 years
TENURES_APART = (8.0, 5.0)  # times below and above the market's own that a mean tenure may be
FEW = 20  # rows whose mean tenure may be anything
COMPLAINTS = 10.0  # a customer that a mean may not exceed
FAST_CHURN = 0.15  # per month, above which rows that left were likely drawn more often


@dataclass(frozen=True)
class Doubt:
    """A column that is unlike what it must be."""

    field: str
    text: str
    advice: str  # how to say that it is right, or in which unit

    def __str__(self) -> str:
        """Say what is unlikely."""
        return f"{self.field}: {self.text}"


def likely_factors(ratio: float) -> list[float]:
    """Factors that numbers may be out by, the likeliest first: those within 2.5 times of the ratio found.

    >>> likely_factors(85.0), likely_factors(1 / 11), likely_factors(5.0), likely_factors(1e9)
    ([100.0], [0.08333333333333333, 0.1], [10.0, 12.0], [])
    """
    if not 0.0 < ratio < math.inf:
        return []
    apart = {factor: abs(math.log(ratio / factor)) for known in FACTORS for factor in (known, 1.0 / known)}
    return [factor for factor in sorted(apart, key=lambda factor: apart[factor]) if apart[factor] <= math.log(2.5)][:3]


def in_words(factor: float) -> str:
    """Write a factor.

    >>> in_words(1000.0), in_words(1 / 12)
    ('1,000', '1/12')
    """
    return f"{factor:,.4g}" if factor > 1.0 else f"1/{1.0 / factor:,.4g}"


def times(ratio: float) -> str:
    """Say a ratio in words.

    >>> times(65.3), times(0.01)
    ('65 times', '0.01 times')
    """
    return f"{ratio:.2g} times" if ratio < 10.0 else f"{ratio:,.0f} times"


# --- customers -------------------------------------------------------------------------------------------------------


def doubts_about(fields: Mapping[str, NDArray[Any]], scenario: Scenario) -> list[Doubt]:
    """Return what is unlikely of the columns of a customer file, shape (rows,) each."""
    found: list[Doubt] = []
    if not fields or not len(next(iter(fields.values()))):
        return found
    if "monthly_charge" in fields:
        found += _bills(fields["monthly_charge"], fields.get("plan"), scenario)
    if "tenure" in fields:
        found += _tenures(fields["tenure"], scenario)
    if "complaints" in fields and (mean := float(fields["complaints"].mean())) > COMPLAINTS:
        found.append(
            Doubt(
                "complaints",
                f"{mean:,.0f} a customer on average: are they calls of any kind?",
                _as_it_is("complaints"),
            )
        )
    return found


def _bills(bills: NDArray[Any], plans: NDArray[Any] | None, scenario: Scenario) -> Iterator[Doubt]:
    """Half of the bills of each plan must be near what its customers pay."""
    own = scenario.operators[scenario.focal].plans
    expected = {name: mean_bill(plan, scenario) for name, plan in own.items()}
    if max(expected.values()) <= 0.0:
        return
    if plans is None:
        median, low, high = float(np.median(bills)), min(expected.values()), max(expected.values())
        if low / BILLS_APART <= median <= high * BILLS_APART:
            return
        usual = mean_bill_of(scenario.operators[scenario.focal], scenario)
        yield _doubtful_bills(median, usual, f"customers of {scenario.focal} pay", scenario)
        return
    for name, bill in expected.items():
        its = bills[plans == name]
        if not len(its) or bill <= 0.0:
            continue
        median = float(np.median(its))
        if not bill / BILLS_APART <= median <= bill * BILLS_APART:
            yield _doubtful_bills(median, bill, f"customers of plan {name} pay", scenario)
            return


def _doubtful_bills(median: float, usual: float, whose: str, scenario: Scenario) -> Doubt:
    ratio = median / usual
    side, pay = "above" if ratio > 1.0 else "below", f"{usual:,.6g} {scenario.currency} a month"
    factors = likely_factors(ratio)
    text = f"half of the bills are {side} {median:,.6g}, {times(ratio)} what {whose} in this market ({pay})"
    if not factors:
        text += f"; are they in another currency than {scenario.currency}?"
    return Doubt("monthly_charge", text, _advice("monthly_charge", [_unit_of(factor) for factor in factors]))


def _unit_of(factor: float) -> str:
    """Say how money that is out by a factor is told."""
    named = [unit for unit, worth in MONEY.items() if abs(math.log(worth * factor)) < 0.05]
    return f"scale: {1.0 / factor:.4g} (a factor of {in_words(factor)}" + (f"; unit: {named[0]})" if named else ")")


def _tenures(tenures: NDArray[Any], scenario: Scenario) -> Iterator[Doubt]:
    """Tenures must be shorter than a life, and near those with which the market opens."""
    opening = scenario.behaviour.opening
    plans = scenario.operators[scenario.focal].plans.values()
    mix = [1.0 / len(plans) if plan.start_mix is None else plan.start_mix for plan in plans]
    means = [opening.tenure_prepaid if plan.prepaid else opening.tenure_postpaid for plan in plans]
    usual = sum(share * mean for share, mean in zip(mix, means, strict=True)) or 60.0
    mean, longest = float(tenures.mean()), float(np.quantile(tenures, 0.99))
    low, high = TENURES_APART
    if mean > high * usual or longest > LONG_LIFE:
        text = f"{mean:,.0f} months on average, {longest:,.0f} ({longest / 12.0:,.0f} years) for one in a hundred"
        units = ["unit: days (a factor of 30; scale: 0.0329)"] if mean / 30.4 <= high * usual else []
        yield Doubt("tenure", text, _advice("tenure", units))
    elif len(tenures) >= FEW and mean < usual / low:
        text = f"{mean:.2g} months on average, where the market opens with {usual:.0f}"
        yield Doubt("tenure", text, _advice("tenure", ["unit: years (a factor of 12; scale: 12)"]))


def _advice(field: str, units: list[str]) -> str:
    """Say how to tell the unit."""
    meant = f"if that is meant, say {' or '.join(units)} in customers.columns.{field}; " if units else ""
    return meant + _as_it_is(field)


def _as_it_is(field: str) -> str:
    return f"if it is right as it is, say scale: 1 in customers.columns.{field}"


def outliers(fields: Mapping[str, NDArray[Any]], scenario: Scenario) -> dict[str, dict[int, str]]:
    """Return field -> row -> why, of single numbers that are unlike all others."""
    own = scenario.operators[scenario.focal].plans.values()
    dearest = max(mean_bill(plan, scenario) for plan in own)
    if "monthly_charge" not in fields or dearest <= 0.0:
        return {}
    bills = fields["monthly_charge"]
    odd = np.flatnonzero(bills > ODD_BILL * dearest).tolist()
    return {
        "monthly_charge": {
            row: f"monthly_charge is {times(float(bills[row]) / dearest)} what customers of the dearest plan pay"
            for row in odd
        }
    }


def fast_churn(fields: Mapping[str, NDArray[Any]], window: int | None) -> str:
    """Say that more customers left than do, where the file says over how many months; "" where it is likely enough."""
    if window is None or "churned" not in fields or not len(fields["churned"]):
        return ""
    share = float(fields["churned"].mean())
    if 1.0 - (1.0 - share) ** (1.0 / window) <= FAST_CHURN:
        return ""
    return (
        f"{share:.0%} of the rows left within {window} month{'s' * (window > 1)}; if leavers were drawn more often than"
        " others, say customers.columns.weight"
    )
