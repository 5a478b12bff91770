"""How numbers are written for people: money with currency and magnitude, shares in per cent, signs, and gaps where
there is no number.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

NBSP = "\u00a0"
MINUS = "\u2212"
GAP = "\u2013"
COUNTS = {"": "", "k": "thousand ", "m": "million ", "bn": "billion "}

LEDGER_LABELS = {
    "service_revenue": "Service revenue",
    "device_revenue": "Device revenue",
    "network_cost": "Cost of lines and traffic",
    "operation_cost": "Running the network",
    "care_cost": "Customer care",
    "commission_cost": "Dealer commission",
    "subsidy_cost": "Device subsidies",
    "advertising_cost": "Advertising",
    "contact_cost": "Retention contacts",
    "credits_cost": "Credits for staying",
    "points_cost": "Loyalty points",
    "bad_debt_cost": "Unpaid bills",
    "overhead_cost": "Overhead",
    "capex": "Network investment",
    "npv_terminal": "Value after the horizon",
}
REASON_LABELS = {
    "none": "No cause recorded",
    "term_end": "Contract term ended",
    "promotion_end": "Promotion ended",
    "bill_shock": "Unexpectedly high bill",
    "failure": "Service failure",
    "friend_left": "Friends or family left",
    "campaign": "A rival's local campaign",
    "contact": "Woken by our own contact",
    "win_back": "Called by a former operator",
    "move": "Moved house",
    "dissatisfaction": "Lasting dissatisfaction",
    "device": "Wanted a new device",
    "breach": "News of a data breach",
    "curiosity": "Looked around unprompted",
    "prospect": "Was looking for a line",
    "default": "Unpaid bill, line closed",
    "lapse": "Prepaid line fell silent",
    "death": "Death or leaving the country",
    "hazard": "Churn hazard set by the scenario",
    "adoption": "Adoption",
    "account": "The company's account moved",
}


@dataclass(frozen=True)
class Scale:
    """One magnitude for numbers that stand side by side."""

    divisor: float
    suffix: str
    decimals: int

    def number(self, value: float, signed: bool = False) -> str:
        """Write a value at this magnitude, without its unit."""
        return fixed(value / self.divisor, self.decimals, signed)

    def of(self, noun: str) -> str:
        """Name the unit of written counts, e.g. 'thousand customers'."""
        return COUNTS[self.suffix] + noun

    def unit(self, currency: str) -> str:
        """Name the unit of the written numbers, e.g. 'EUR m'."""
        return f"{currency}{NBSP}{self.suffix}" if self.suffix else currency


def scale_of(values: Iterable[float]) -> Scale:
    """Choose a magnitude by the largest of the values.

    >>> scale_of([2.5e6, -1.2e7]).suffix
    'm'
    """
    top = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    divisor, suffix = next(
        ((size, name) for size, name in ((1e9, "bn"), (1e6, "m"), (1e4, "k")) if top >= size), (1.0, "")
    )
    divisor = 1e3 if suffix == "k" else divisor
    written = top / divisor
    return Scale(divisor, suffix, 0 if written >= 1000.0 else 1 if written >= 10.0 else 2)


def fixed(value: float, decimals: int = 0, signed: bool = False) -> str:
    """Write a number with so many decimals, a true minus sign, and a dash where there is none.

    >>> fixed(-1234.56, 1) == MINUS + "1,234.6"
    True
    """
    if not math.isfinite(value):
        return GAP
    text = f"{abs(value):,.{decimals}f}"
    is_zero = not any(digit in text for digit in "123456789")
    sign = "" if is_zero else MINUS if value < 0.0 else "+" if signed else ""
    return sign + text


def significant(value: float, digits: int = 3) -> str:
    """Write a number with about so many digits and no more than it needs.

    >>> significant(0.0015), significant(10_000_000), significant(26.0)
    ('0.0015', '10,000,000', '26')
    """
    if not math.isfinite(value):
        return GAP
    if value == 0.0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = fixed(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: float, currency: str, signed: bool = False) -> str:
    """Write a sum with its currency and magnitude, in three digits.

    >>> money(12_345_678, "EUR").replace(NBSP, " ")
    'EUR 12.3 m'
    >>> money(840, "EUR", signed=True).replace(NBSP, " ")
    '+EUR 840'
    """
    if not math.isfinite(value):
        return GAP
    scale = scale_of([value])
    written = abs(value) / scale.divisor
    decimals = 0 if written >= 100.0 or (not scale.suffix and written >= 20.0) else 1 if written >= 10.0 else 2
    text = fixed(value / scale.divisor, decimals, signed)
    sign = text[0] if text[0] in f"+{MINUS}" else ""
    return f"{sign}{currency}{NBSP}{text.removeprefix(sign)}{NBSP}{scale.suffix}".rstrip()


def money_interval(low: float, high: float, currency: str) -> str:
    """Write an interval of money under one magnitude.

    >>> money_interval(-1.2e6, 3.4e6, "EUR").replace(NBSP, " ").replace(MINUS, "-")
    'EUR -1.20 to +3.40 m'
    """
    scale = scale_of([low, high])
    return f"{currency}{NBSP}{interval(low, high, scale)}{NBSP}{scale.suffix}".rstrip()


def named(name: str) -> str:
    """Set a policy's name apart in a sentence, by Unicode's own invisible marks; the page shows it in bold."""
    return f"\u2068{name}\u2069"


def prose(text: str) -> Markup:
    """Set a sentence as HTML: names in bold, numbers kept together with their units."""
    html = str(escape(text)).replace("\u2068", "<b>").replace("\u2069", "</b>")
    html = re.sub(r"\b(month) (\d)", rf"\1{NBSP}\2", html)
    html = re.sub(r"(\d) (%|m\b|bn\b|k\b)", rf"\1{NBSP}\2", html)
    return Markup(re.sub(r"\b([A-Z]{3}) ([\d+\u2212])", rf"\1{NBSP}\2", html))


def percent(value: float, decimals: int = 1, signed: bool = False) -> str:
    """Write a share of 0 to 1 in per cent."""
    return f"{fixed(100.0 * value, decimals, signed)}{NBSP}%" if math.isfinite(value) else GAP


def people(value: float, signed: bool = False) -> str:
    """Write a number of people in three digits, as one simulated customer stands for many.

    >>> people(12_345.0)
    '12,300'
    """
    if not math.isfinite(value) or value == 0.0:
        return fixed(value)
    size = 10.0 ** max(0, math.floor(math.log10(abs(value))) - 2)
    return fixed(round(value / size) * size, 0, signed)


def interval(low: float, high: float, scale: Scale) -> str:
    """Write an interval, low to high; a dash where there is none."""
    return (
        f"{scale.number(low, True)} to {scale.number(high, True)}"
        if math.isfinite(low) and math.isfinite(high)
        else GAP
    )


def counted(number: int, noun: str) -> str:
    """Write how many of something there are.

    >>> counted(1, "world"), counted(2_000, "world")
    ('1 world', '2,000 worlds')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listing(names: Iterable[str], last: str = "and") -> str:
    """Join names as a sentence does.

    >>> listing(["a", "b", "c"]), listing(["a", "b"], "or")
    ('a, b and c', 'a or b')
    """
    words = list(names)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def label_of(name: str, labels: dict[str, str]) -> str:
    """Return the words for a name, or the name itself in words."""
    return labels.get(name, name.replace("_", " ").capitalize())
