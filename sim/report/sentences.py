"""What each section of the report says in words, written from the tables."""

import math

import numpy as np

from sim.report.contract import Comparison, Run
from sim.report.facts import Estimate, arms, contender, cumulative_gain, difference, estimate, moved, paired, ranking, reasons_of, value
from sim.report.figures import money_steps
from sim.report.formats import MINUS, REASON_LABELS, fixed, label_of, listing, money, money_interval, named, people, percent


def lead(result: Comparison) -> str:
    """Say who earns most, and whether the first two can be told apart."""
    order, currency = ranking(result), result.scenario.currency
    if len(order) < 2:
        return "The policies could not be ranked: the table has gaps."
    first, second = order[:2]
    gap = _scaled(estimate(paired(result, "npv", first, second)), result.weight) if len(paired(result, "npv", first, second)) else None
    if gap is None or not math.isfinite(gap.mean):
        return f"{named(first)} comes first, {named(second)} second."
    text = f"{named(first)} comes first. It is worth {money(gap.mean, currency)} more than {named(second)}, the second"
    if not math.isfinite(gap.low):
        return f"{text}; with one replication nobody can say how sure that is."
    verdict = "the two are told apart" if gap.is_clear else "the two cannot be told apart with this many replications"
    return f"{text} (95 % interval {money_interval(gap.low, gap.high, currency)}): {verdict}."


def _scaled(gap: Estimate, weight: float) -> Estimate:
    return Estimate(gap.mean * weight, gap.low * weight, gap.high * weight)


def unclear(result: Comparison) -> str:
    """Name the policies that cannot be told from the baseline."""
    base = result.policies[0]
    names = [policy for policy in result.policies[1:] if math.isfinite(difference(result.table, policy, "npv").low) and not difference(result.table, policy, "npv").is_clear]
    if not names:
        return ""
    return f"The interval of {listing(map(named, names))} includes zero: {'it' if len(names) == 1 else 'they'} cannot be told from {named(base)}."


def over_time(result: Comparison) -> str:
    """Say when the best policy has paid for itself and where churn ends."""
    best, base = contender(result), result.policies[0]
    gain = cumulative_gain(result)[best].mean(axis=1)
    lowest, month = float(gain.min()), int(gain.argmin()) + 1
    text = f"{named(best)} " + (f"first costs money, {money(-lowest, result.scenario.currency)} by month {month}. " if lowest < 0.0 else "never falls behind. ")
    back = value(result.summary, best, "payback_month")
    text += f"It has paid for itself by month {fixed(back)}. " if math.isfinite(back) else f"It has not paid for itself within {result.scenario.months} months. "
    churn = arms(result, "churn_rate")
    last = {policy: float(churn[policy][-12:].mean()) for policy in (best, base)}
    return f"{text}In the last 12 months {percent(last[best], 2)} of {result.focal}'s customers leave each month, under {named(base)} {percent(last[base], 2)}."


def saved(result: Comparison) -> str:
    """Say whom the best policy keeps and loses, and at what cost."""
    best, base, weight = contender(result), result.policies[0], result.weight
    kept, lost, net = (value(result.table, best, name) * weight for name in ("saved", "lost", "net_saved"))
    price = value(result.table, best, "cost_per_saved")
    text = f"By the end {named(best)} has kept {people(kept)} customers who would have left under {named(base)}, and has lost {people(lost)} who would have stayed: {people(net, True)} net"
    return f"{text}, at {money(price, result.scenario.currency)} each." if math.isfinite(price) else f"{text}. As no more customers are kept than lost, there is no cost of one saved."


def segments(result: Comparison) -> str:
    """Say which policy earns most in each segment."""
    table, order = result.by_segment, [policy for policy in result.policies[1:]]
    if "npv_diff" not in table.columns:
        return ""
    names = [str(name) for name in dict.fromkeys(table.index.get_level_values(1))]
    firsts = {name: max(order, key=lambda policy: _or_least(value(table, (policy, name), "npv_diff"))) for name in names}
    if len(set(firsts.values())) == 1:
        return f"{named(next(iter(firsts.values())))} earns most in every segment."
    return "What earns most differs: " + "; ".join(f"{named(first)} among {listing(name.replace('_', ' ') for name in names if firsts[name] == first)}" for first in dict.fromkeys(firsts.values())) + "."


def _or_least(number: float) -> float:
    return number if math.isfinite(number) else -math.inf


def where_money_goes(result: Comparison) -> str:
    """Name the money lines that gain and lose most."""
    steps, currency = money_steps(result), result.scenario.currency
    gain, loss = steps.idxmax(), steps.idxmin()
    parts = [f"{verb} most through \u201c{str(name).lower()}\u201d ({money(float(steps[name]), currency, True)})" for verb, name, fits in (("gains", gain, steps[gain] > 0), ("loses", loss, steps[loss] < 0)) if fits]
    return f"Against {named(result.policies[0])}, {named(contender(result))} {' and '.join(parts)}." if parts else ""


def rivals(result: Comparison) -> str:
    """Say whether the ranking flips when rivals respond."""
    before, after = ranking(result, "npv", "static"), ranking(result)
    if not before or not after:
        return "Only one kind of rivals was run, so this report cannot say what their response changes."
    changed = moved(before, after)
    if before[0] != after[0]:
        return f"The ranking flips: if rivals held still, {named(before[0])} would come first; as they respond, {named(after[0])} does. {_places(changed, len(after))}"
    return f"First place does not flip: {named(after[0])} comes first whether rivals hold still or respond. {_places(changed, len(after))}"


def horizon(result: Comparison) -> str:
    """Say whether the ranking flips when only the horizon counts."""
    inside, whole = ranking(result, "npv_horizon"), ranking(result)
    if not inside or not whole:
        return ""
    changed, months = moved(inside, whole), result.scenario.months
    if inside[0] != whole[0]:
        return f"First place depends on how far one looks: counting only the {months} months, {named(inside[0])} comes first; with the value of the customers held at their end, {named(whole[0])} does. {_places(changed, len(whole))}"
    return f"First place does not depend on how far one looks: {named(whole[0])} takes it counting only the {months} months, and also with the value of the customers held at their end. {_places(changed, len(whole))}"


def _places(changed: int, count: int) -> str:
    return f"{changed} of {count} policies change place." if changed else "No policy changes place."


def reasons(result: Comparison) -> str:
    """Name the commonest reason and what the best policy changes most."""
    base, best = result.policies[0], contender(result)
    table = reasons_of(result, [base, best])
    if table.empty:
        return ""
    share = float(table[base].iloc[0] / max(table[base].sum(), 1e-9))
    text = f"Under {named(base)}, \u201c{label_of(str(table.index[0]), REASON_LABELS).lower()}\u201d is behind {percent(share, 0)} of departures"
    change = table[best] - table[base]
    most = str(change.abs().idxmax())
    return f"{text}. {named(best)} changes \u201c{label_of(most, REASON_LABELS).lower()}\u201d most: {people(float(change[most]), True)} customers." if change.abs().max() > 0 else f"{text}."


def tiles(result: Comparison) -> list[tuple[str, str, str]]:
    """Return the key numbers of the best policy: what, number, remark."""
    best, currency, months = contender(result), result.scenario.currency, result.scenario.months
    gain = _scaled(difference(result.table, best, "npv"), result.weight)
    sure = f"95 % interval {money_interval(gain.low, gain.high, currency)}" if math.isfinite(gain.low) else "one replication: no interval"
    back, churn = value(result.summary, best, "payback_month"), value(result.summary, best, "churn_rate_diff")
    net, price = value(result.summary, best, "net_saved") * result.weight, value(result.summary, best, "cost_per_saved")
    return [
        (f"Gain of {named(best)} over {named(result.policies[0])}", money(gain.mean, currency, True), sure),
        ("Probability of being best", percent(value(result.summary, best, "probability_best"), 0), f"of {len(result.policies)} policies"),
        ("Bad case, 1 in 20", money(value(result.summary, best, "npv_downside") * result.weight, currency, True), "or worse, against the baseline"),
        ("Pays back", f"month {fixed(back)}" if math.isfinite(back) else "not yet", f"within {months} months"),
        ("Churn a month", f"{fixed(100.0 * churn, 2, True)} points", "mean of the last 12 months"),
        ("Customers saved, net", people(net, True), f"at {money(price, currency)} each" if math.isfinite(price) else "no cost per customer: none kept, net"),
    ]


def in_short(run: Run) -> str:
    """Sum up one run in two sentences."""
    first, last = run.kpis["month"].min(), run.kpis["month"].max()
    shares = run.kpis.pivot_table(index="month", columns="operator", values="market_share")
    change = shares.loc[last] - shares.loc[first]
    gainer, loser = str(change.idxmax()), str(change.idxmin())
    profits = run.kpis.groupby("operator")["ebitda"].sum() * run.scenario.market_size / run.scenario.customers.count
    richest = str(profits.idxmax())
    hhi = run.overview.set_index("month")["hhi"]
    moves = f"{gainer} gains most ({_points(change[gainer])} of share) and {loser} loses most ({_points(change[loser])})" if len(change) > 1 else f"{gainer} is alone in its market"
    return (
        f"In {len(shares)} months {moves}; {richest} earns most, {money(float(profits[richest]), run.scenario.currency)} of operating profit. "
        f"Concentration (Herfindahl index, 1 is a monopoly) goes from {fixed(float(hhi.iloc[0]), 3)} to {fixed(float(hhi.iloc[-1]), 3)}."
    )


def _points(share: float | np.floating) -> str:
    return f"{fixed(100.0 * float(share), 1, True)} points" if share else f"{MINUS}0 points"
