"""The answer to a comparison in two sentences: what to run and what it is worth; how sure that is and what would change
it.
"""

from typing import TYPE_CHECKING

from sim.report.facts import value
from sim.report.formats import listing, money, money_interval, named, percent

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison


def answer(result: "Comparison") -> str:
    """Return the two sentences."""
    return f"{_lead(result)} {_certainty(result)}"


def _lead(result: "Comparison") -> str:
    first, table, currency = result.policies[0], result.table, result.scenario.currency
    best = str(table["npv_diff"].idxmax())
    if best == first:
        others = table["npv_diff"].drop(first)
        if others.empty:
            return f"Only {named(first)} was run, so there is nothing to compare it with."
        if not others.any():
            return f"No policy makes any difference to {result.focal}: all are worth as much as {named(first)}."
        nearest, loss = str(others.idxmax()), money(-float(others.max()) * result.weight, currency)
        return (
            f"Stay with {named(first)}: no other policy is worth more to {result.focal}; the nearest, {named(nearest)},"
            f" costs {loss} of net present value."
        )
    gain, low, high = (value(table, best, f"npv_{side}") * result.weight for side in ("diff", "low", "high"))
    sure = ", so it is not clearly better" if low <= 0.0 <= high else ""
    bounds = "" if result.replications < 2 else f" (95 % interval {money_interval(low, high, currency)}{sure})"
    return (
        f"Run {named(best)}: to {result.focal} it is worth {money(gain, currency)} of net present value more than"
        f" {named(first)}{bounds}."
    )


def _certainty(result: "Comparison") -> str:
    """Say how often the best policy won, and whether rivals' response or the horizon alone would name another."""
    best = str(result.table["npv_diff"].idxmax())
    chance = (
        f"It came out best in {percent(value(result.table, best, 'probability_best'), 0)} of {result.replications}"
        " paired worlds"
    )
    changes = []
    for response, words in (("static", "if rivals hold still"), ("responding", "if rivals respond")):
        if response in result.by_response.index.get_level_values("response"):
            other = str(result.by_response.xs(response, level="response")["npv_diff"].idxmax())
            if other != best:
                changes.append(f"{named(other)} {words}")
    within = str(result.table["npv_horizon_diff"].idxmax())
    if within != best:
        changes.append(f"{named(within)} if only the {result.scenario.months} months count")
    return (
        f"{chance}; it would be {listing(changes)}."
        if changes
        else (
            f"{chance}, and it stays best whether rivals respond or hold still and whether or not value after the"
            " horizon counts."
        )
    )
