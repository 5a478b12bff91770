"""What each section of the report says in words, written from the tables."""

import math

from sim.experiments.statistics import RANKED, Verdict, select_among
from sim.experiments.statistics import moves as moves_at_all
from sim.kpis import mean_of_known
from sim.report.contract import Comparison, Run
from sim.report.facts import (
    TWENTY,
    Estimate,
    arms,
    challengers,
    changes,
    contender,
    cost_of_saved,
    cumulative_gain,
    difference,
    estimate,
    money_changes,
    moved,
    paired,
    ranking,
    reasons_of,
    segment_verdicts,
    value,
    verdict_of,
    worlds_best,
)
from sim.report.figures import money_steps
from sim.report.formats import (
    LEDGER_LABELS,
    REASON_LABELS,
    counted,
    fixed,
    label_of,
    listing,
    money,
    money_interval,
    named,
    people,
    percent,
)


def lead(result: Comparison) -> str:
    """Say which policies may earn most, and how far the first two by mean are apart."""
    order, currency, found = ranking(result), result.scenario.currency, verdict_of(result)
    if len(order) < 2 or found is None:
        return "The policies could not be ranked: the table has gaps."
    first, second = order[:2]
    gap = estimate(paired(result, RANKED, first, second) * result.weight)
    text = (
        f"By the mean of {counted(found.worlds, 'world')}, {named(first)} comes first,"
        f" {money(gap.mean, currency)} ahead of {named(second)}"
    )
    if not math.isfinite(gap.low):
        return f"{text}; with one replication nobody can say how sure that is."
    verdict = "the two are told apart" if gap.is_clear else "the two cannot be told apart with this many replications"
    return f"{text} (95 % interval {money_interval(gap.low, gap.high, currency)}): {verdict}."


def unclear(result: Comparison) -> str:
    """Name the policies that cannot be told from the baseline."""
    base = result.policies[0]
    gains = {policy: difference(result.table, policy, RANKED) for policy in challengers(result)}
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
    best, chance = str(sure.index[0]), float(sure.iloc[0])
    others = [str(name) for name in found.index[found["in_play"]] if name != best]
    least = "more than 99 %" if chance > 0.99 else f"at least {percent(chance, 0)}"
    text = (
        f"All {len(found)} compared at once, {named(best)} is the best of them with a probability of {least}, as far as"
        f" {counted(result.replications, 'world')} tell whose differences are about normal"
    )
    return (
        f"{text}; {listing(map(named, others))} cannot be ruled out."
        if others
        else f"{text}; all others are ruled out."
    )


def over_time(result: Comparison) -> str:
    """Say when the best policy has paid for itself and where churn ends."""
    best, base = contender(result), result.policies[0]
    gain = cumulative_gain(result)[best]
    mean, ends = gain.mean(axis=1), estimate(gain[-1])
    lowest, month = float(mean.min()), int(mean.argmin()) + 1
    text = f"{named(best)} " + (
        f"first costs money, {money(-lowest, result.scenario.currency)} by month {month}. "
        if lowest < 0.0
        else "never falls behind. "
    )
    back = value(result.summary, best, "payback_month")
    text += (
        f"It has paid for itself by month {fixed(back)}"
        if math.isfinite(back)
        else f"It has not paid for itself within {result.scenario.months} months"
    )
    text += ", by the means over worlds. " if ends.is_clear else ", by the means over worlds, which may be chance. "
    churn = arms(result, "churn_rate")
    last = {policy: mean_of_known(churn[policy][-12:]) for policy in (best, base)}
    change = estimate(last[best] - last[base])
    sure = "" if change.is_clear else ", a difference that may be chance"
    months = min(12, result.scenario.months)
    return (
        f"{text}In the last {months} months {percent(float(mean_of_known(last[best])), 2)} of {result.focal}\u2019s"
        f" customers leave each month, under {named(base)} {percent(float(mean_of_known(last[base])), 2)}{sure}."
    )


def saved(result: Comparison) -> str:
    """Say whom the best policy keeps and loses, at what cost, and whether that is more than chance."""
    best, base, weight = contender(result), result.policies[0], result.weight
    kept, lost = (value(result.table, best, name) * weight for name in ("saved", "lost"))
    net, price = difference(result.table, best, "net_saved").times(weight), cost_of_saved(result.table, best)
    text = f"By the end {named(best)} has kept {people(kept)} customers who would have left under {named(base)}"
    text += f", and has lost {people(lost)} who would have stayed: {people(net.mean, True)} net"
    if math.isfinite(net.low):
        text += f" (95 % interval {people(net.low, True)} to {people(net.high, True)})"
    if math.isfinite(price):
        return f"{text}, at {money(price, result.scenario.currency)} each."
    if net.mean <= 0.0:
        return f"{text}. As no more customers are kept than lost, there is no cost of one saved."
    return f"{text}. Whether more are kept than lost is not told, so there is no cost of one saved."


def segments(result: Comparison) -> str:
    """Say which policies earn most in each segment, as far as worlds tell them apart."""
    if "npv_diff" not in result.by_segment.columns:
        return ""
    groups: dict[tuple[str, ...], list[str]] = {}
    for segment, found in segment_verdicts(result).items():
        groups.setdefault(tuple(sorted(found.in_play, key=result.policies.index)), []).append(segment.replace("_", " "))
    words = []
    for names, where in sorted(groups.items(), key=lambda group: len(group[0])):
        place = "every segment" if len(groups) == 1 and len(where) > 1 else listing(where)
        if len(names) == 1:
            words.append(f"in {place}, {named(names[0])} earns most")
        elif len(names) == len(result.policies):
            words.append(f"in {place}, no policy is told from the others")
        else:
            words.append(f"in {place}, {listing(map(named, names), 'or')} earns most, which of them is not told")
    text = "; ".join(words)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def where_money_goes(result: Comparison) -> str:
    """Name the money lines that gain and lose most among those whose change is more than chance."""
    steps, currency = money_steps(result), result.scenario.currency
    clear = money_changes(result)
    parts = []
    for verb, sign in (("gains", 1.0), ("loses", -1.0)):
        lines = [line for line, change in clear.items() if change.is_clear and sign * change.mean > 0.0]
        if lines:
            line = max(lines, key=lambda name: sign * clear[name].mean)
            told = label_of(line, LEDGER_LABELS)
            size = money(float(steps.get(told, clear[line].mean)), currency, True)
            parts.append(f"{verb} through \u201c{told.lower()}\u201d ({size})")
    if not parts:
        return (
            f"No money line of {named(contender(result))} differs from {named(result.policies[0])}\u2019s by more than"
            " chance."
        )
    return (
        f"Against {named(result.policies[0])}, {named(contender(result))} {' and '.join(parts)}: the largest changes of"
        " those that are more than chance."
    )


def rivals(result: Comparison) -> str:
    """Say whether the best policy is another when rivals respond, as far as worlds tell."""
    before, after = verdict_of(result, RANKED, "static"), verdict_of(result)
    if before is None or after is None:
        return "Only one kind of rivals was run, so this report cannot say what their response changes."
    places = _places(ranking(result, RANKED, "static"), ranking(result))
    if told := _one_world(before, after):
        return f"{told} {places}"
    if before.in_play == after.in_play and len(after.in_play) == 1:
        return (
            f"First place does not flip: {named(after.best)} comes first whether rivals hold still or respond. {places}"
        )
    if not set(before.in_play) & set(after.in_play):
        ahead = _ahead(result, RANKED, before.best, after.best, "static")
        return (
            f"The ranking flips: if rivals held still, {_either(before)} would come first{ahead}; as they respond,"
            f" {_either(after)} does. {places}"
        )
    return (
        f"Whether first place flips is not told: if rivals held still, {_either(before)} would come first; as they"
        f" respond, {_either(after)} does. {places}"
    )


def horizon(result: Comparison) -> str:
    """Say whether the best policy is another when only the horizon counts, as far as worlds tell."""
    inside, whole, months = verdict_of(result), verdict_of(result, "npv"), result.scenario.months
    if inside is None or whole is None:
        return ""
    places, later = (
        _places(ranking(result), ranking(result, "npv")),
        "with what comes after them",
    )
    if told := _one_world(inside, whole):
        return f"{told} {places}"
    if inside.in_play == whole.in_play and len(whole.in_play) == 1:
        return (
            f"First place does not depend on how far one looks: {named(whole.best)} takes it within the {months}"
            f" months, and also {later}. {places}"
        )
    if not set(inside.in_play) & set(whole.in_play):
        ahead = _ahead(result, RANKED, inside.best, whole.best, "responding")
        return (
            f"First place depends on how far one looks: within the {months} months {_either(inside)} comes"
            f" first{ahead}; {later}, {_either(whole)} does. {places}"
        )
    return (
        f"Whether first place depends on how far one looks is not told: within the {months} months {_either(inside)}"
        f" comes first; {later}, {_either(whole)} does. {places}"
    )


def _one_world(*found: Verdict) -> str:
    return "One world tells no policy from another." if min(each.worlds for each in found) < 2 else ""


def _either(found: Verdict) -> str:
    return listing(map(named, found.in_play), "or")


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
    return (
        f"By means, {changed} of {len(after)} policies change place."
        if changed
        else "By means, no policy changes place."
    )


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
    clear = {
        name: change
        for name, change in changes(result.reasons, "reason", "count", best, base).items()
        if name in table.index and change.is_clear
    }
    if not clear:
        return f"{text}. {named(best)} changes the number of no reason by more than chance."
    most = max(clear, key=lambda name: abs(clear[name].mean))
    change = clear[most].times(result.weight)
    return (
        f"{text}. The largest change under {named(best)} that is more than chance:"
        f" \u201c{label_of(most, REASON_LABELS).lower()}\u201d, {people(change.mean, True)} customers (95 % interval"
        f" {people(change.low, True)} to {people(change.high, True)})."
    )


def tiles(result: Comparison) -> list[tuple[str, str, str]]:
    """Return the key numbers of the best policy: what, number, remark."""
    best, currency, months = contender(result), result.scenario.currency, result.scenario.months
    gain = difference(result.table, best, RANKED).times(result.weight)
    sure = (
        f"95 % interval {money_interval(gain.low, gain.high, currency)}"
        if math.isfinite(gain.low)
        else "one replication: no interval"
    )
    back, churn = (
        value(result.summary, best, "payback_month"),
        difference(result.table, best, "churn_rate").times(100.0),
    )
    net, price = difference(result.table, best, "net_saved").times(result.weight), cost_of_saved(result.summary, best)
    least, worlds = value(result.summary, best, "npv_downside") * result.weight, result.replications
    return [
        (f"Gain of {named(best)} over {named(result.policies[0])}", money(gain.mean, currency, True), sure),
        ("Came out best", worlds_best(result, best), f"{counted(worlds, 'world')}, of {len(result.policies)} policies"),
        (
            "Bad case, 1 in 20" if worlds >= TWENTY else f"Worst of {counted(worlds, 'world')}",
            money(least, currency, True),
            "or worse, against the baseline" if worlds >= TWENTY else "against the baseline",
        ),
        ("Pays back", f"month {fixed(back)}" if math.isfinite(back) else "not yet", f"within {months} months"),
        (
            "Churn a month",
            f"{fixed(churn.mean, 2, True)} points",
            f"mean of the last {min(12, months)} months{_between(churn, 2)}",
        ),
        (
            "Customers saved, net",
            people(net.mean, True),
            f"at {money(price, currency)} each" if math.isfinite(price) else "not told from none: no cost of one",
        ),
    ]


def _between(found: Estimate, decimals: int) -> str:
    if not math.isfinite(found.low):
        return ""
    return f"; 95 % interval {fixed(found.low, decimals, True)} to {fixed(found.high, decimals, True)}"


def in_short(run: Run) -> str:
    """Sum up one run in two sentences: what happened in this one world."""
    frame, scenario = run.kpis, run.scenario
    shares = frame.pivot(index="month", columns="operator", values="market_share")
    count, change = len(shares), (shares.iloc[-1] - shares.iloc[0]).dropna()
    profits = frame.groupby("operator")["ebitda"].sum() * scenario.market_size / scenario.customers.count
    richest = str(profits.idxmax())
    if len(shares.columns) == 1:
        moves = f"{shares.columns[0]} is alone in its market"
    elif not moves_at_all(change.to_numpy(dtype=float), 1.0):
        moves = "no operator\u2019s share moves"
    else:
        moves = (
            f"{change.idxmax()} gains most ({_points(change.max())} of share) and {change.idxmin()} loses most"
            f" ({_points(change.min())})"
        )
    profit = f"{money(float(profits[richest]), scenario.currency)} of operating profit"
    earns = f"it earns {profit}" if len(profits) == 1 else f"{richest} earns most, {profit}"
    hhi = run.overview.sort_values("month")["hhi"].dropna()
    told = (
        f" Concentration (Herfindahl index, 1 is a monopoly) goes from {fixed(float(hhi.iloc[0]), 3)} to"
        f" {fixed(float(hhi.iloc[-1]), 3)}; another seed gives another world."
        if len(hhi)
        else ""
    )
    return f"In {counted(count, 'month')} {moves}; {earns}.{told}"


def _points(share: float) -> str:
    return f"{fixed(100.0 * share, 1, True)} points"
