"""`churnlab compare`: which retention policy, what it is worth, how sure."""

import math
import textwrap
from argparse import Namespace
from pathlib import Path
from typing import Any

from sim.commands.imported import notes_of, notes_on_currency
from sim.commands.output import own_text, print_json, say, shown_table, spoken, text_table
from sim.commands.overrides import (
    command_line,
    notes_on,
    scenario_overrides,
    take_policies,
    take_replications,
    take_words,
)
from sim.commands.study import WORDS, at_work, tell_failures
from sim.commands.written import Written, written
from sim.experiments import compare as experiment
from sim.experiments.compare import Comparison
from sim.experiments.finance import nothing_done
from sim.experiments.own import own_table
from sim.experiments.statistics import RANKED
from sim.experiments.sweep import scenario_of
from sim.files.customer_file import read_customers
from sim.report.facts import TWENTY, cost_of_saved, ranking, value, worlds_best
from sim.report.formats import scale_of
from sim.report.levels import levels_table
from sim.results import manifest_of

REPLICATIONS = 20


def compare(arguments: Namespace) -> int:
    """Compare policies, write the folder, print the ranking."""
    root = Path(arguments.out)
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, REPLICATIONS)
    policies, overrides = take_policies(overrides)
    words, overrides = take_words(overrides, {**WORDS, "precision": float})
    scenario = scenario_of(arguments.scenario, overrides, policies)
    file = read_customers(scenario)  # its faults are told once, before any process is started
    with at_work(arguments, words, scenario, "worlds") as means:
        result = experiment.compare(
            scenario, policies, replications, precision=words["precision"], customers=False, means=means
        )
    imported = notes_of(file, None, scenario.months)
    result.notes.extend([*notes_on(given, scenario), *notes_on_currency(scenario), *imported])
    command = command_line("compare", arguments.scenario, given)
    result.manifest = manifest_of(
        "compare", result.scenario, command, result.weight, policies=result.policies, replications=result.replications
    )
    place = written(result, root, arguments.csv)
    if arguments.json:
        print_json(for_machines(result, place))
    else:
        print(for_people(result, place))
    return max(place.code, tell_failures(result.failures))


def for_machines(result: Comparison, place: Written) -> dict[str, Any]:
    """Everything the report rests on that is not by replication; money and counts are of the simulated market, times
    `weight` of the real one.
    """
    scenario = result.scenario
    return {
        "kind": "compare",
        "scenario": scenario.name,
        "question": scenario.question,
        "answer": spoken(result.answer()),
        "focal": result.focal,
        "currency": scenario.currency,
        "seed": scenario.seed,
        "months": scenario.months,
        "replications": result.replications,
        "policies": result.policies,
        "weight": result.weight,
        "hash": result.manifest["hash"],
        "folder": place.folder,
        "report": place.report,
        "summary": result.summary,
        "table": result.table,
        "by_response": result.by_response,
        "by_segment": result.by_segment,
        "selection": result.selection(),
        "notes": result.notes,
        "own_measures": own_table(result.extra),
        "sections": {title: table.reset_index() for title, table, _ in result.sections()},
        "failures": result.failures,
    }


def for_people(result: Comparison, place: Written) -> str:
    """Return the ranking, the answer in two sentences, and where the report is."""
    scenario, base = result.scenario, result.policies[0]
    for note in result.notes:
        say(f"Note: {spoken(note)}")
    worlds = f"{result.replications} paired world{'s' if result.replications > 1 else ''}"
    title = (
        f"{scenario.question}\n\n{scenario.name}: policies of {result.focal} over {scenario.months} months, in {worlds}"
    )
    if len(result.policies) == 1:
        table = levels_table(result)
        return f"{title.lstrip()}\n\n{shown_table(table)}\n\n{spoken(table.caption)}\n\n{answered(result, place)}"
    downside = "one world in twenty is worse" if result.replications >= TWENTY else "the worst of so few worlds"
    below = (
        f"Gain: cash within the {scenario.months} months above '{base}', in today's money, at market size"
        f" ({scenario.market_size:,.0f} lines); after them: what would be added. 5 % downside: {downside}.\n"
        "Payback: month from which the policy has paid for itself. Saved: customers kept who would have left, less"
        " those lost who would have stayed."
    )
    return f"{title.lstrip()}\n\n{ranking_table(result)}\n\n{below}\n\n{answered(result, place)}"


def answered(result: Comparison, place: Written) -> str:
    """Return the answer, and where the report is."""
    own = own_text(own_table(result.extra))
    told = "\n".join(textwrap.fill(spoken(text), 110) for text in (result.answer(), *nothing_done(result.sections())))
    return f"{own}{told}\n{place.line}"


def ranking_table(result: Comparison) -> str:
    """Set the policies from best to worst in a table."""
    base, currency, weight = result.policies[0], result.scenario.currency, result.weight
    order = ranking(result) or result.policies
    gains = (f"{RANKED}_diff", f"{RANKED}_low", f"{RANKED}_high", "npv_downside", "npv_terminal_diff")
    scale = scale_of([weight * _read(result, policy, name) for policy in order for name in gains])
    header = [
        "policy",
        f"gain\n{currency} {scale.suffix}".rstrip(),
        "95 % interval",
        "after\nthem",
        "best\nin",
        "5 % down-\nside",
        "payback\nmonth",
        "churn a\nmonth, pp",
        "saved\n(net)",
        f"cost of\none, {currency}",
        "gain, rivals\nhold still",
    ]
    rows = []
    for policy in order:
        worth = {name: weight * _read(result, policy, name) / scale.divisor for name in gains}
        best = worlds_best(result, policy)
        if policy == base:
            rows.append([policy, "-", "compared with", "-", best, *["-"] * 6])
            continue
        low, high = (_written(worth[name], scale.decimals, sign="+") for name in gains[1:3])
        still = weight * value(result.by_response, (policy, "static"), gains[0]) / scale.divisor
        rows.append(
            [
                policy,
                _written(worth[gains[0]], scale.decimals, sign="+"),
                f"{low} to {high}",
                _written(worth["npv_terminal_diff"], scale.decimals, sign="+"),
                best,
                _written(worth["npv_downside"], scale.decimals, sign="+"),
                _written(value(result.summary, policy, "payback_month"), 0, gap=f">{result.scenario.months}"),
                _written(100.0 * value(result.summary, policy, "churn_rate_diff"), 2, sign="+"),
                _written(weight * value(result.summary, policy, "net_saved"), 0, sign="+"),
                _written(cost_of_saved(result.table, policy), 0),
                _written(still, scale.decimals, sign="+"),
            ]
        )
    return text_table(header, rows)


def _read(result: Comparison, policy: str, name: str) -> float:
    return value(result.summary if name in result.summary else result.table, policy, name)


def _written(number: float, decimals: int, sign: str = "", gap: str = "-") -> str:
    """Write a number for a terminal; a gap where there is none."""
    return f"{number:{sign},.{decimals}f}" if math.isfinite(number) else gap
