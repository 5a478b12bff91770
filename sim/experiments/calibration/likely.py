"""Whether a published number can be what a target says it is: shares and rates from 0 to 1, shares that sum to one,
money and people of the market's size.

One in another unit is told, with the factor that it is likely out by.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sim.books.ledger import MONEY
from sim.books.measures import KPIS, OVERVIEW
from sim.config import Scenario
from sim.config.currency import mean_bill_of
from sim.experiments.calibration.moments import COUNTS, MARKET, Moment, parts_of
from sim.files.csv_file import Fault
from sim.files.plausible import BILLS_APART, in_words, likely_factors, times

SHARES = ("share", "0..1", "per month")  # units of what lies between 0 and 1
MORE_THAN_ONE = ("load", "failures")  # of those, what may exceed 1
FAST_CHURN = (0.15, 5.0)  # per month, and times the share of customers who look around, that a churn rate may be
PEOPLE_APART = 5.0  # times above or below the market's own that subscribers may be
FLOWS_APART = 30.0  # times below one in fifty a month that those who join or leave may be
SUMS_APART = 8.0  # times above or below that a sum of money may be
SUMS_TO_ONE = 0.02  # by which shares of all operators may miss 1, for they are rounded
USUAL_PART = 0.4  # of revenue, that a money line may be
JOINING = 0.02  # share of subscribers that joins, or leaves, in a usual month


def doubt_about(moment: Moment, value: float, se: float, scenario: Scenario, said: bool) -> tuple[str, str]:
    """Return the column at fault and what is wrong with a number, or two empty texts.

    Parameters
    ----------
    moment : what it is said to be
    value, se : as given, scaled
    scenario : the market it is held against
    said : whether its scale is given on purpose: then only what cannot be is refused

    """
    unit = _unit(moment.measure)
    is_share = unit in SHARES and moment.measure not in MORE_THAN_ONE
    if is_share and not 0.0 <= value <= 1.0:
        hint = f"; in per cent? write {value / 100.0:.6g}" if 1.0 < value <= 100.0 else ""
        return "value", f"{moment.measure} lies between 0 and 1{hint}"
    if is_share and se > 0.5:
        return (
            "se",
            f"the standard error of a share or rate is below 0.5{'; in per cent? write ' + f'{se / 100.0:.6g}'}",
        )
    if unit in ("customers", "people", "lines") and value < 0.0:
        return "value", f"{moment.measure} must not be negative"
    if moment.measure == "nps" and not -100.0 <= value <= 100.0:
        return "value", "nps lies between -100 and 100"
    text = "" if said else _unlike(moment, value, scenario)
    return ("value", text) if text else ("", "")


def _unit(measure: str) -> str:
    """Unit of a measure; empty for sums and fractions of lines."""
    found = KPIS.get(measure) or OVERVIEW.get(measure)
    return found[0] if found else ""


class _Usual(NamedTuple):
    """What a measure is like in a market."""

    low: float
    high: float
    typical: float


def _unlike(moment: Moment, value: float, scenario: Scenario) -> str:
    """Say that a number is unlike the market's own, and by which factor it may be out; "" where it is likely enough."""
    usual = _usual(moment, scenario)
    if usual is None or usual.low <= value <= usual.high or (value == 0.0 and usual.high <= 0.0):
        return ""
    ratio = value / usual.typical if usual.typical > 0.0 else math.nan
    found = f"{moment.measure} of {value:,.6g} is unlike this market"
    if ratio > 0.0:
        found = f"{moment.measure} of {value:,.6g} is {times(ratio)} what is usual in this market"
    meant = " or ".join(f"{value / factor:.6g} (a factor of {in_words(factor)})" for factor in likely_factors(ratio))
    right = "if it is right as it is, add a column 'scale' and say 1"
    return f"{found}; if that is meant, write {meant}; {right}" if meant else f"{found}; {right}"


def _usual(moment: Moment, scenario: Scenario) -> _Usual | None:
    """Range of a measure that is told by the market's size and fees; None where nothing tells it."""
    above, below = parts_of(moment.measure)
    months, behaviour = moment.last - moment.first + 1, scenario.behaviour
    share, bill = _opening(moment, scenario)
    people, whole = scenario.market_size * share, not moment.by and share > 0.0
    match moment.measure:
        case "churn_rate" if not scenario.everyone_chooses:
            least, looking = FAST_CHURN
            most = max(least, looking * behaviour.attention.base) * (2.0 if moment.by else 1.0)
            return _Usual(0.0, most, JOINING)
        case "subscribers":
            room = max(people, 0.2 * scenario.market_size) * PEOPLE_APART
            return _Usual(people / PEOPLE_APART if whole else 0.0, room, people)
        case "outside":
            return _Usual(0.0, scenario.market_size * PEOPLE_APART, scenario.market_size)
        case "arpu":
            return _Usual(bill / BILLS_APART, bill * BILLS_APART, bill)
        case "ampu" | "src":
            return _Usual(-math.inf, bill * BILLS_APART, bill)
        case name if name in COUNTS:
            usual = people * JOINING * months
            is_certain = whole and name in ("gross_adds", "churn_voluntary")
            return _Usual(usual / FLOWS_APART if is_certain else 0.0, scenario.market_size * months, usual)
    if below == ["service_revenue"] and set(above) <= set(MONEY):
        return _Usual(-BILLS_APART, BILLS_APART, USUAL_PART)
    if not below and set(above) <= set(MONEY) and people * bill > 0.0:
        usual = people * bill * months
        is_certain = whole and set(above) <= {"service_revenue", "fees"}
        return _Usual(usual / SUMS_APART if is_certain else -usual * SUMS_APART, usual * SUMS_APART, usual)
    return None


def _opening(moment: Moment, scenario: Scenario) -> tuple[float, float]:
    """Share of people with whom the operator, or all of them, open, and what their customers pay, currency a month."""
    operators = scenario.operators.values() if moment.operator == MARKET else [scenario.operators[moment.operator]]
    total = sum(operator.start_share for operator in operators)
    bills = [(operator.start_share if total else 1.0, mean_bill_of(operator, scenario)) for operator in operators]
    return total, sum(share * bill for share, bill in bills) / sum(share for share, _ in bills)


def sums(rows: Iterable[tuple[int, Moment, str, float]], operators: Sequence[str]) -> Iterator[Fault]:
    """Yield the last line of each period whose market shares cannot be shares of one market.

    rows : line, moment, period as written, value

    """
    shares: dict[tuple[str, str, str, int, int], list[tuple[int, str, float]]] = {}
    for line, moment, period, value in rows:
        if moment.measure == "market_share" and moment.operator != MARKET:
            key = (period, moment.by, moment.group, moment.first, moment.last)
            shares.setdefault(key, []).append((line, moment.operator, value))
    for (period, *_), told in shares.items():
        total = sum(value for _, _, value in told)
        is_whole = {name for _, name, _ in told} == set(operators)
        if total > 1.0 + SUMS_TO_ONE or (is_whole and total < 1.0 - SUMS_TO_ONE):
            names = ", ".join(name for _, name, _ in told)
            yield Fault(told[-1][0], "value", f"market_share of {names} in {period} sums to {total:.4g}, not to 1")
