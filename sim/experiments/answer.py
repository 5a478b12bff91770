"""The answer to a comparison in two sentences: what to run and what it is worth; how sure that is and what would change
it. Policies are ranked by cash within the horizon, only where paired worlds tell them apart; what comes after is said
beside it, and what never pays back is not recommended.
"""

import numpy as np

from sim.experiments.statistics import RANKED, Verdict, half_width, moves
from sim.report.contract import Comparison
from sim.report.facts import best_in, difference, lasting, verdict_of
from sim.report.formats import counted, listing, money, money_interval, named


def answer(result: Comparison) -> str:
    """Return the two sentences."""
    found = verdict_of(result, response=None, policies=lasting(result))
    if found is None:
        return f"No world tells what {listing(map(named, result.policies))} are worth to {result.focal}: it had nobody."
    if len(result.policies) == 1:
        return _level(result)
    return " ".join([_lead(result, found), *_never(result, found), _certainty(result, found)])


def _level(result: Comparison) -> str:
    """Say what the one policy that was run is worth."""
    first, currency = result.policies[0], result.scenario.currency
    runs = result.runs[
        (result.runs["operator"] == result.focal) & (result.runs["response"] == result.runs["response"].iloc[0])
    ]
    values = runs[["npv"]].astype(float) * result.weight
    mean, half = float(values["npv"].mean()), float(half_width(values)["npv"])
    bounds = (
        f" (95 % interval of the mean {money_interval(mean - half, mean + half, currency)})"
        if np.isfinite(half)
        else ""
    )
    return (
        f"Only {named(first)} was run, in {counted(len(values), 'world')}: to {result.focal} it is worth"
        f" {money(mean, currency)} of net present value{bounds}, and there is nothing to compare it with."
    )


def _lead(result: Comparison, found: Verdict) -> str:
    first, currency, months = result.policies[0], result.scenario.currency, result.scenario.months
    gains = result.table[f"{RANKED}_diff"].to_numpy(dtype=float)
    if not moves(np.append(gains, 0.0), float(result.table[RANKED].abs().max())):
        return f"No policy makes any difference to {result.focal}: all are worth as much as {named(first)}."
    best, others = found.best, [name for name in found.in_play if name != found.best]
    gain = difference(result.table, best, RANKED).times(result.weight)
    worth, bounds = money(gain.mean, currency), f"95 % interval {money_interval(gain.low, gain.high, currency)}"
    if found.worlds < 2:
        lead = f"{named(best)} is worth {worth} more than {named(first)}" if best != first else f"{named(first)} leads"
        return f"In the one world that was run {lead}, which may be luck: more replications would tell."
    if others and (first in others or best == first):
        rival = best if best != first else others[0]
        gap = difference(result.table, rival, RANKED).times(result.weight)
        leads = "has the highest mean" if best != first else "is the nearest"
        return (
            f"No policy is clearly worth more to {result.focal} than {named(first)}: {named(rival)} {leads},"
            f" {money(gap.mean, currency, True)} of cash within the {months} months (95 % interval"
            f" {money_interval(gap.low, gap.high, currency)}{_later(result, rival)}), and"
            f" {counted(found.worlds, 'paired world')} cannot tell the two apart."
        )
    if others:
        return (
            f"Run {listing([named(best), *map(named, others)], 'or')}: each is worth more to {result.focal} than"
            f" {named(first)}, but {counted(found.worlds, 'paired world')} cannot tell them apart; {named(best)} has"
            f" the highest mean, {worth} of cash within the {months} months more ({bounds}{_later(result, best)})."
        )
    if best == first:
        losses = result.table[f"{RANKED}_diff"].drop(first)
        nearest = str(losses.idxmax())
        loss = difference(result.table, nearest, RANKED).times(-result.weight)
        if loss.mean < 0.0:  # what would bring more never pays back
            return f"Stay with {named(first)}: no policy that pays back is worth more to {result.focal}."
        return (
            f"Stay with {named(first)}: every other policy is worth less to {result.focal}; the nearest,"
            f" {named(nearest)}, costs {money(loss.mean, currency)} of cash within the {months} months (95 % interval"
            f" {money_interval(loss.low, loss.high, currency)}{_later(result, nearest)})."
        )
    return (
        f"Run {named(best)}: to {result.focal} it is worth {worth} of cash within the {months} months more than"
        f" {named(first)} ({bounds}{_later(result, best)})."
    )


def _later(result: Comparison, policy: str) -> str:
    """Say what a policy would add after the horizon."""
    later = difference(result.table, policy, "npv_terminal").mean * result.weight
    verb = "cost" if later < 0.0 else "add"
    return f"; what comes after would {verb} {money(abs(later), result.scenario.currency)}"


def _never(result: Comparison, found: Verdict) -> list[str]:
    """Name the policy that brings more cash within the horizon than what is recommended, but never pays back."""
    cash = result.table[f"{RANKED}_diff"]
    best = str(cash.idxmax())
    if best in lasting(result) or found.worlds < 2 or not cash[best] > cash[found.best]:
        return []
    whole = difference(result.table, best, "npv").times(-result.weight)
    currency, back = result.scenario.currency, "never pays back" if whole.low > 0.0 else "is not told to pay back"
    return [
        f"{named(best)} brings {money(float(cash[best]) * result.weight, currency)} within the"
        f" {result.scenario.months} months and is not recommended: with what comes after it is worth"
        f" {money(whole.mean, currency)} less than {named(result.policies[0])} (95 % interval"
        f" {money_interval(whole.low, whole.high, currency)}), and {back}."
    ]


def _certainty(result: Comparison, found: Verdict) -> str:
    """Say in how many worlds the best by mean came out best, and whether rivals' response or what comes after the
    horizon would name another.
    """
    chance = f"{named(found.best)} came out best in {best_in(result, found.best)}"
    changed, open_questions = [], []
    first, sound = str(result.runs["response"].iloc[0]), lasting(result)
    for words, other in (
        *(
            (_rivals(response), verdict_of(result, response=response, policies=sound))
            for response in ("static", "responding")
        ),
        (f"if what comes after the {result.scenario.months} months counts", verdict_of(result, "npv", first)),
    ):
        if other is None or other.worlds < 2:
            continue
        if found.best not in other.in_play:
            changed.append(f"{listing(map(named, other.in_play), 'or')} {words}")
        elif len(other.in_play) > 1 and len(found.in_play) == 1:
            open_questions.append(words)
    if changed:
        return f"{chance}; it would be {listing(changed)}."
    if open_questions:
        return f"{chance}; {listing(open_questions)}, it may be the best too, but cannot be told from others."
    if len(found.in_play) > 1:
        return f"{chance}."
    return f"{chance}, and it stays best whether rivals respond or hold still and whether or not later value counts."


def _rivals(response: str) -> str:
    return "if rivals hold still" if response == "static" else "if rivals respond"
