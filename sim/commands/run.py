"""`churnlab run`: one market, from its opening to its last month."""

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.analysis.moments import churn_record
from sim.commands.imported import ImportedBase, check_moments, notes_of, notes_on_currency
from sim.commands.output import own_text, print_json, say, spoken, text_table
from sim.commands.overrides import command_line, notes_on, scenario_overrides
from sim.commands.written import Written, written
from sim.config import Scenario
from sim.errors import InputError
from sim.experiments.own import OWN_TITLE, Own, measured, own_of, own_table
from sim.files.whole import check_writable
from sim.loading import load_scenario
from sim.report.formats import counted, scale_of
from sim.results import Extra, RunResult, manifest_of
from sim.waiting import announce_compilation, progress

if TYPE_CHECKING:
    from sim.market import Market

LAST = 12  # months behind a rate


def run(arguments: Namespace) -> int:
    """Run a market, write its folder, print how its operators fared."""
    threads = (os.cpu_count() or 1) if arguments.threads is None else arguments.threads
    if threads < 1:
        raise InputError(f"--threads must be at least 1 (got {threads})")
    root = Path(arguments.out)
    overrides = scenario_overrides(arguments)
    scenario = load_scenario(arguments.scenario, overrides)
    check_moments(scenario, arguments.moments)
    check_writable(root)
    options = ["--moments", arguments.moments] if arguments.moments else []
    command = command_line("run", arguments.scenario, overrides, *options)
    result = simulate(scenario, command, threads, arguments.moments)
    result.notes.extend([*notes_on(overrides, scenario), *notes_on_currency(scenario)])
    place = written(result, root, arguments.csv)
    if arguments.json:
        print_json(_for_machines(result, place))
    else:
        print(_for_people(result, place))
    return place.code


def simulate(scenario: Scenario, command: str, threads: int = 1, moments_folder: str | None = None) -> RunResult:
    """Run a market and take its tables; an imported base is followed for its page of the report."""
    from sim.experiments.worlds import opened

    own = own_of(scenario)
    announce_compilation(is_asked=True)
    with progress(f"{scenario.name}: {scenario.months} months") as advance:
        market = opened(scenario, None, own, threads)
        base = ImportedBase(market, moments_folder) if market.file is not None else None
        while market.month < scenario.months:
            market.step()
            if base is not None:
                base.watch(market)
            advance(market.month, scenario.months)
    notes = notes_of(market.file, churn_record(scenario).window, scenario.months)
    sections = base.sections(market.file) if base is not None and market.file is not None else []
    extra = [(section.title, section.table, section.caption) for section in sections]
    return RunResult.of(
        market,
        notes,
        [*extra, *own_sections(market, own)],
        manifest_of("run", market.scenario, command, market.weight),
    )


def own_sections(market: "Market", own: Own) -> list[Extra]:
    """Return own measures of a market that has run as a section of its report; none where there are none."""
    taken = measured(market, own.measures)
    table = pd.DataFrame({"operator": market.operator_names, **taken})
    return [(OWN_TITLE, table, f"At the end of month {market.month}.")] if taken else []


def operators_table(result: RunResult) -> pd.DataFrame:
    """How each operator fared: shares of subscribers at start and end, then means of the last 12 months; ebitda at
    market size, currency a month.
    """
    kpis, scenario = result.kpis, result.scenario
    rows = []
    first = kpis[kpis["month"] == 1].set_index("operator")
    opening = first["subscribers"] - first["gross_adds"] + first["churn_voluntary"] + first["churn_involuntary"]
    for operator in scenario.operators:
        own = kpis[kpis["operator"] == operator]
        last = own.tail(LAST)
        rows.append(
            {
                "operator": operator,
                "share_start": float(opening[operator] / opening.sum()),
                "share_end": float(own["market_share"].iloc[-1]),
                **{name: float(last[name].mean()) for name in ("churn_rate", "arpu", "csat")},
                "ebitda": float(last["ebitda"].mean()) * result.manifest["weight"],
            }
        )
    return pd.DataFrame(rows)


def _for_machines(result: RunResult, place: Written) -> dict[str, Any]:
    scenario = result.scenario
    return {
        "kind": "run",
        "scenario": scenario.name,
        "policy": scenario.policy,
        "seed": scenario.seed,
        "months": scenario.months,
        "currency": scenario.currency,
        "hash": result.manifest["hash"],
        "folder": place.folder,
        "report": place.report,
        "operators": operators_table(result),
        "own_measures": own_table(result.extra),
        "notes": result.notes,
    }


def _known(value: float, form: str) -> str:
    """Write a number; a dash where there was nobody to measure."""
    return format(value, form) if value == value else "-"


def _for_people(result: RunResult, place: Written) -> str:
    scenario, table = result.scenario, operators_table(result)
    scale = scale_of(table["ebitda"])
    unit = f"{scenario.currency} {scale.suffix}".rstrip()
    header = [
        "operator",
        "share at\nstart",
        "share at\nend",
        "churn\na month",
        f"ARPU\n{scenario.currency}",
        "satisfaction\n0 to 100",
        f"EBITDA a month\n{unit}",
    ]
    rows = [
        [
            row["operator"],
            _known(row["share_start"], ".1%"),
            _known(row["share_end"], ".1%"),
            _known(row["churn_rate"], ".2%"),
            _known(row["arpu"], ".2f"),
            _known(100.0 * row["csat"], ".1f"),
            _known(row["ebitda"] / scale.divisor, f",.{scale.decimals}f"),
        ]
        for row in table.to_dict("records")
    ]
    last = min(LAST, scenario.months)
    title = (
        f"{scenario.name}: {counted(scenario.months, 'month')}, {scenario.focal} with policy '{scenario.policy}', seed"
        f" {scenario.seed}"
    )
    below = (
        f"Churn, ARPU, satisfaction and EBITDA: means of the last {counted(last, 'month')}; EBITDA at"
        f" market size ({scenario.market_size:,.0f} lines)."
    )
    for note in result.notes:
        say(f"Note: {spoken(note)}")
    own = own_text(own_table(result.extra))
    return f"{title}\n\n{text_table(header, rows)}\n\n{own}{below}\n{place.line}"
