"""Whether a market's money hangs together: bills, what they are worth to customers, and the amounts in `behaviour`."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sim.config import Distribution, OperatorConfig, Plan, Scenario

MOST_UTILS = 200.0  # that a bill may be worth before tastes stop to matter
LIKELY_UTILS = (0.5, 60.0)  # beyond which it is worth a word
USUAL_UTILS = 9.0  # that a bill is worth in customers/europe: 0.4 utils per EUR, 22 EUR
USUAL_BILL = 22.0  # EUR a month, for which the amounts of behaviour/mobile are written
MONEY_APART = 5.0  # times above or below which they are another market's


def mean_of(trait: Distribution) -> float:
    """Mean of a distribution.

    >>> from sim.config.traits import Lognormal
    >>> round(mean_of(Lognormal(mean_log=0.0, sd_log=1.0)), 4)
    1.6487
    """
    match trait.distribution:
        case "fixed":
            return trait.value
        case "normal":
            return trait.mean
        case "lognormal":
            return math.exp(min(trait.mean_log + trait.sd_log**2 / 2.0, 300.0))
        case "uniform":
            return (trait.low + trait.high) / 2.0
        case "beta":
            return trait.alpha / (trait.alpha + trait.beta)


def mean_bill(plan: Plan, scenario: Scenario) -> float:
    """What customers of a plan pay on average: its fee, and the overage of their segments' usage, currency a month."""
    segments = scenario.customers.segments
    sold = [segments[name] for name in plan.segments or segments if name in segments]
    total = sum(segment.share for segment in sold)
    usage = sum(segment.share * mean_of(segment.usage) for segment in sold) / total if total else 0.0
    beyond = 0.0 if plan.allowance is None else max(usage - plan.allowance, 0.0)
    return plan.fee + plan.overage * beyond


def mean_bill_of(operator: OperatorConfig, scenario: Scenario) -> float:
    """What an operator's customers pay on average where the market opens, currency a month."""
    plans = operator.plans.values()
    mix = [1.0 / len(plans) if plan.start_mix is None else plan.start_mix for plan in plans]
    return sum(share * mean_bill(plan, scenario) for share, plan in zip(mix, plans, strict=True))


def bill_in_utils(scenario: Scenario) -> tuple[str, float, float]:
    """Return the segment to whom a bill is worth most, its mean price sensitivity, and the worth of a bill, utils."""
    bill = usual_bill(scenario)
    means = {name: mean_of(segment.price_sensitivity) for name, segment in scenario.customers.segments.items()}
    name = max(means, key=lambda name: abs(means[name]))
    return name, means[name], means[name] * bill


def usual_bill(scenario: Scenario) -> float:
    """What customers pay on average where the market opens, currency a month."""
    operators = [operator for operator in scenario.operators.values() if operator.start_share > 0.0]
    total = sum(operator.start_share for operator in operators)
    return sum(one.start_share * mean_bill_of(one, scenario) for one in operators) / total if total else 0.0


def why_not_held(scenario: Scenario, wanted: Mapping[str, float], reached: Mapping[str, float]) -> str:
    """Say why opening shares cannot be held; "" where they can, among more people than were drawn.

    Parameters
    ----------
    scenario : the market that is to open
    wanted : share of people by plan
    reached : the nearest that appeals can bring about; NaN where none can

    """
    name, sensitivity, utils = bill_in_utils(scenario)
    if utils > MOST_UTILS:
        segment, mean = scenario.customers.segments[name].price_sensitivity, USUAL_UTILS / usual_bill(scenario)
        scaled = f"a mean of about {mean:.2g}"
        if segment.distribution == "lognormal":
            scaled = f"mean_log of about {segment.mean_log + math.log(mean / sensitivity):.1f}"
        return (
            f"the opening shares cannot be held: at these fees and price sensitivities ({sensitivity:.2g} utils per"
            f" {scenario.currency} in segment {name}) a bill of {usual_bill(scenario):,.6g} is worth {utils:,.0f}"
            f" utils, and nobody's taste outweighs another fee; customers.segments.{name}.price_sensitivity is per unit"
            f" of currency: {scaled} gives a bill its usual {USUAL_UTILS:.0f} utils"
        )
    segments = scenario.customers.segments
    for plan, (operator, terms) in scenario.all_plans.items():
        share = sum(segments[name].share for name in terms.segments or segments if name in segments)
        if share < wanted[plan] < 1.0:
            return (
                f"the opening shares cannot be held: {plan} of {operator} is to open with {wanted[plan]:.2%} of people,"
                f" and is sold to segments with {share:.2%} of them ({', '.join(terms.segments or segments)})"
            )
    if all(math.isfinite(share) for share in reached.values()):
        return ""
    return "the opening shares cannot be held at these fees and price sensitivities by any appeals of plans"


def notes_on_money(scenario: Scenario, shipped: Mapping[str, Any]) -> list[str]:
    """Say where bills, price sensitivity and the amounts of money in `behaviour` are not of one currency.

    Parameters
    ----------
    scenario : the market
    shipped : behaviour/mobile as its file writes it

    """
    bill, notes = usual_bill(scenario), []
    name, sensitivity, utils = bill_in_utils(scenario)
    least, most = LIKELY_UTILS
    if bill > 0.0 and sensitivity != 0.0 and not least <= utils <= most:
        notes.append(
            f"A bill of {bill:,.6g} {scenario.currency} is worth {utils:,.3g} utils in segment {name}, where"
            f" {USUAL_UTILS:.0f} are usual: price_sensitivity is per unit of currency."
        )
    ratio = bill / USUAL_BILL
    is_alike = ratio <= 0.0 or 1.0 / MONEY_APART <= ratio <= MONEY_APART
    kept = {
        key: (value, value * ratio**power)
        for key, value, power in amounts_of(scenario.behaviour)
        if value and not is_alike and value == _at(shipped, key.split("."))
    }
    if kept:
        told = ", ".join(f"behaviour.{key}={float(f'{new:.3g}'):.12g} (is {is_:g})" for key, (is_, new) in kept.items())
        often = f"{ratio:,.0f}" if ratio > 100.0 else f"{ratio:.3g}"
        notes.append(
            f"Bills of this market are {often} times those for which behaviour/mobile is written ({USUAL_BILL:g}"
            f" EUR), but its amounts of money stand as there; of the same weight are {told}. The amounts of shipped"
            " policies are in EUR too."
        )
    return notes


def amounts_of(block: BaseModel, path: str = "") -> Iterator[tuple[str, float, int]]:
    """Yield key and value of every amount of money in a block, and 1, or -1 where it is per unit of currency."""
    for name, field in type(block).model_fields.items():
        value, extra = getattr(block, name), field.json_schema_extra
        if isinstance(value, BaseModel):
            yield from amounts_of(value, f"{path}{name}.")
        elif isinstance(extra, dict) and isinstance(value, int | float):
            unit = str(extra.get("unit", ""))
            if unit.startswith("currency"):
                yield f"{path}{name}", float(value), 1
            elif unit.endswith(("/currency", "per currency unit")):
                yield f"{path}{name}", float(value), -1


def _at(tree: Any, keys: list[str]) -> Any:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree
