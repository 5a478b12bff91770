"""What each section of the report says in words, written from the tables."""

import math

from sim.experiments.statistics import select_among
from sim.report.contract import Comparison, Run
from sim.report.facts import (
    arms,
    challengers,
    contender,
    cost_of_saved,
    cumulative_gain,
    difference,
    estimate,
    moved,
    ordered,
    paired,
    ranking,
    reasons_of,
    value,
)
from sim.report.figures import money_steps
from sim.report.formats import REASON_LABELS, fixed, label_of, listing, money, money_interval, named, people, percent


def lead(result: Comparison) -> str:
    """Say who earns most, and whether the first two can be told apart."""
    order, currency = ranking(result), result.scenario.currency
    if len(order) < 2:
        return "The policies could not be ranked: the table has gaps."
    first, second = order[:2]
    differences = paired(result, "npv", first, second)
    if not len(differences):
        return f"{named(first)} comes first, {named(second)} second."
    gap = estimate(differences * result.weight)
    text = f"{named(first)} comes first. It is worth {money(gap.mean, currency)} more than {named(second)}, the second"
    if not math.isfinite(gap.low):
        return f"{text}; with one replication nobody can say how sure that is."
    verdict = "the two are told apart" if gap.is_clear else "the two cannot be told apart with this many replications"
    return f"{text} (95 % interval {money_interval(gap.low, gap.high, currency)}): {verdict}."


def unclear(result: Comparison) -> str:
    """Name the policies that cannot be told from the baseline."""
    base = result.policies[0]
    gains = {policy: difference(result.table, policy, "npv") for policy in challengers(result)}
    names = [policy for policy, gain in gains.items() if math.isfinite(gain.low) and not gain.is_clear]
    if not names:
        return ""
    intervals, they = ("interval of", "it") if len(names) == 1 else ("intervals of", "they")
    return (
        f"The {intervals} {listing(map(named, names))} include{'s' if len(names) == 1 else ''} zero: {they} cannot be"
        f" told from {named(base)}."
    )


def selection(result: Comparison) -> str:
    """Say how sure it is that the best by mean is the best, all policies compared at once, and which others may still
    be.
    """
    found = select_among(result.runs, result.focal, result.policies)
    sure = found["probability_correct"].dropna()
    if sure.empty:
        return ""
    best = str(sure.index[0])
    others = [str(name) for name in found.index[found["in_play"]] if name != best]
    text = (
        f"All {len(found)} compared at once, {named(best)} is the best of them with a probability of at least"
        f" {percent(float(sure.iloc[0]), 0)}"
    )
    return (
        f"{text}; {listing(map(named, others))} cannot be ruled out."
        if others
        else f"{text}; all others are ruled out."
    )


def over_time(result: Comparison) -> str:
    """Say when the best policy has paid for itself and where churn ends."""
    best, base = contender(result), result.policies[0]
    gain = cumulative_gain(result)[best].mean(axis=1)
    lowest, month = float(gain.min()), int(gain.argmin()) + 1
    text = f"{named(best)} " + (
        f"first costs money, {money(-lowest, result.scenario.currency)} by month {month}. "
        if lowest < 0.0
        else "never falls behind. "
    )
    back = value(result.summary, best, "payback_month")
    text += (
        f"It has paid for itself by month {fixed(back)}. "
        if math.isfinite(back)
        else f"It has not paid for itself within {result.scenario.months} months. "
    )
    churn = arms(result, "churn_rate")
    last = {policy: float(churn[policy][-12:].mean()) for policy in (best, base)}
    return (
        f"{text}In the last 12 months {percent(last[best], 2)} of {result.focal}\u2019s customers leave each month,"
        f" under {named(base)} {percent(last[base], 2)}."
    )


def saved(result: Comparison) -> str:
    """Say whom the best policy keeps and loses, and at what cost."""
    best, base, weight = contender(result), result.policies[0], result.weight
    kept, lost, net = (value(result.table, best, name) * weight for name in ("saved", "lost", "net_saved"))
    price = cost_of_saved(result.table, best)
    text = f"By the end {named(best)} has kept {people(kept)} customers who would have left under {named(base)}"
    text += f", and has lost {people(lost)} who would have stayed: {people(net, True)} net"
    if not math.isfinite(price):
        return (
            f"{text}. {'As no more customers are kept than lost, there' if net <= 0.0 else 'There'} is no cost of one"
            " saved."
        )
    return f"{text}, at {money(price, result.scenario.currency)} each."


def segments(result: Comparison) -> str:
    """Say which policy earns most in each segment."""
    table = result.by_segment
    if "npv_diff" not in table.columns:
        return ""
    best: dict[str, list[str]] = {}
    for segment in dict.fromkeys(map(str, table.index.get_level_values(1))):
        gains = {policy: value(table, (policy, segment), "npv_diff") for policy in ordered(result)}
        first = max(gains, key=lambda policy: _or_least(gains[policy]))
        best.setdefault(first, []).append(segment.replace("_", " "))
    if len(best) == 1:
        return f"{named(next(iter(best)))} earns most in every segment."
    return (
        "What earns most differs by segment: "
        + "; ".join(f"{named(policy)} for {listing(names)}" for policy, names in best.items())
        + "."
    )


def _or_least(number: float) -> float:
    return number if math.isfinite(number) else -math.inf


def where_money_goes(result: Comparison) -> str:
    """Name the money lines that gain and lose most."""
    steps, currency = money_steps(result), result.scenario.currency
    parts = []
    for verb, place in (("gains", int(steps.argmax())), ("loses", int(steps.argmin()))):
        change = float(steps.iloc[place])
        if change != 0.0 and (change > 0.0) == (verb == "gains"):
            parts.append(
                f"{verb} most through \u201c{str(steps.index[place]).lower()}\u201d ({money(change, currency, True)})"
            )
    return f"Against {named(result.policies[0])}, {named(contender(result))} {' and '.join(parts)}." if parts else ""


def rivals(result: Comparison) -> str:
    """Say whether the ranking flips when rivals respond, and how surely."""
    before, after = ranking(result, "npv", "static"), ranking(result)
    if not before or not after:
        return "Only one kind of rivals was run, so this report cannot say what their response changes."
    places = _places(before, after)
    if before[0] == after[0]:
        return (
            f"First place does not flip: {named(after[0])} comes first whether rivals hold still or respond. {places}"
        )
    ahead = _ahead(result, "npv", before[0], after[0], "static")
    return (
        f"The ranking flips: if rivals held still, {named(before[0])} would come first{ahead}; as they respond,"
        f" {named(after[0])} does. {places}"
    )


def horizon(result: Comparison) -> str:
    """Say whether the ranking flips when only the horizon counts, and how surely."""
    inside, whole, months = ranking(result, "npv_horizon"), ranking(result), result.scenario.months
    if not inside or not whole:
        return ""
    places, later = _places(inside, whole), "with the value of the customers held at their end"
    if inside[0] == whole[0]:
        return (
            f"First place does not depend on how far one looks: {named(whole[0])} takes it within the {months} months,"
            f" and also {later}. {places}"
        )
    ahead = _ahead(result, "npv_horizon", inside[0], whole[0], "responding")
    return (
        f"First place depends on how far one looks: within the {months} months {named(inside[0])} comes first{ahead};"
        f" {later}, {named(whole[0])} does. {places}"
    )


def _ahead(result: Comparison, measure: str, first: str, second: str, response: str) -> str:
    """Say by how much one policy leads another and whether that is more than chance."""
    differences = paired(result, measure, first, second, response)
    if not len(differences):
        return ""
    gap = estimate(differences * result.weight)
    sure = "" if not math.isfinite(gap.low) else ", more than chance" if gap.is_clear else ", which may be chance"
    return f" (by {money(gap.mean, result.scenario.currency)}{sure})"


def _places(before: list[str], after: list[str]) -> str:
    changed = moved(before, after)
    return f"{changed} of {len(after)} policies change place." if changed else "No policy changes place."


def reasons(result: Comparison) -> str:
    """Name the commonest reason and what the best policy changes most."""
    base, best = result.policies[0], contender(result)
    table = reasons_of(result, [base, best])
    if table.empty:
        return ""
    share = float(table[base].iloc[0] / max(table[base].sum(), 1e-9))
    text = (
        f"Under {named(base)}, \u201c{label_of(str(table.index[0]), REASON_LABELS).lower()}\u201d is behind"
        f" {percent(share, 0)} of departures"
    )
    change = table[best] - table[base]
    most = str(change.abs().idxmax())
    if not change.abs().max() > 0.0:
        return f"{text}."
    return (
        f"{text}. {named(best)} changes \u201c{label_of(most, REASON_LABELS).lower()}\u201d most:"
        f" {people(float(change[most]), True)} customers."
    )


def tiles(result: Comparison) -> list[tuple[str, str, str]]:
    """Return the key numbers of the best policy: what, number, remark."""
    best, currency, months = contender(result), result.scenario.currency, result.scenario.months
    gain = difference(result.table, best, "npv").times(result.weight)
    sure = (
        f"95 % interval {money_interval(gain.low, gain.high, currency)}"
        if math.isfinite(gain.low)
        else "one replication: no interval"
    )
    back, churn = value(result.summary, best, "payback_month"), value(result.summary, best, "churn_rate_diff")
    net, price = value(result.summary, best, "net_saved") * result.weight, cost_of_saved(result.summary, best)
    return [
        (f"Gain of {named(best)} over {named(result.policies[0])}", money(gain.mean, currency, True), sure),
        (
            "Probability of being best",
            percent(value(result.summary, best, "probability_best"), 0),
            f"of {len(result.policies)} policies",
        ),
        (
            "Bad case, 1 in 20",
            money(value(result.summary, best, "npv_downside") * result.weight, currency, True),
            "or worse, against the baseline",
        ),
        ("Pays back", f"month {fixed(back)}" if math.isfinite(back) else "not yet", f"within {months} months"),
        ("Churn a month", f"{fixed(100.0 * churn, 2, True)} points", "mean of the last 12 months"),
        (
            "Customers saved, net",
            people(net, True),
            f"at {money(price, currency)} each" if math.isfinite(price) else "no cost per customer: none kept, net",
        ),
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
    moves = f"{gainer} gains most ({_points(change.max())} of share) and {loser} loses most ({_points(change.min())})"
    moves = moves if len(change) > 1 else f"{gainer} is alone in its market"
    return (
        f"In {len(shares)} months {moves}; {richest} earns most,"
        f" {money(float(profits[richest]), run.scenario.currency)} of operating profit. Concentration (Herfindahl"
        f" index, 1 is a monopoly) goes from {fixed(float(hhi.iloc[0]), 3)} to {fixed(float(hhi.iloc[-1]), 3)}."
    )


def _points(share: float) -> str:
    return f"{fixed(100.0 * share, 1, True)} points"
