"""`churnlab sweep`: every combination of some values, a sample of ranges, or the rows of a file; what matters,
and how.
"""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from sim.commands.imported import announce_customers
from sim.commands.output import say, shown_table, spoken, text_table
from sim.commands.overrides import cell_value, scenario_overrides, take_axes, take_replications, take_words
from sim.commands.study import WORDS, at_work, fill, finish
from sim.errors import InputError
from sim.experiments.csv_design import read_design
from sim.experiments.design import Design
from sim.experiments.idle import idle_in_words
from sim.experiments.own import own_of
from sim.experiments.record import Study
from sim.experiments.sampling import Interval
from sim.experiments.study import run_design
from sim.experiments.sweep import Plan, design_of, design_of_rows, plan_of, scenario_of
from sim.experiments.swept import study_of
from sim.report.formats import counted
from sim.report.of_sweep import answer, means_table, measured, sections
from sim.report.studies import unit_of

SWEEP = {**WORDS, "method": str, "samples": int, "design": str, "measure": str, "monthly": str}
MOST_SHOWN = 60  # combinations on a terminal; the table has all


def sweep(arguments: Namespace) -> int:
    """Run the design, write the folder, print indices or the focal operator's means."""
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, 1)
    words, overrides = take_words(overrides, SWEEP)
    axes, overrides = take_axes(overrides)
    if not axes and not words["design"] and replications < 2:
        raise InputError(
            "sweep: give at least one key several values, e.g. behaviour.attention.base=0.02,0.04, or one setting"
            " several worlds, e.g. replications=10"
        )
    plan, design = _design(arguments.scenario, axes, words, replications, overrides)
    if words["monthly"] not in (None, "true", "false"):
        raise InputError(f"override 'monthly={words['monthly']}': monthly must be true or false")
    if words["monthly"] == "true":
        design = replace(design, keep=(*design.keep, "trajectories"))
    scenario = design.bases[0]
    design = replace(design, own=own_of(scenario))
    announce_customers(scenario)  # its faults are told once, before any process is started
    varied = {**plan.axes, **{key: (low, high) for key, (low, high, _) in plan.ranges.items()}}
    idle = idle_in_words(design.bases, varied)
    for note in idle:  # before it is waited for
        say(f"Note: {note}")
    with at_work(arguments, words, scenario, "runs") as means:
        found = run_design(design, means)
    study = study_of(found, plan, words["measure"] or "npv", words["monthly"] == "true", idle)
    told = {
        "axes": axes,
        "replications": replications,
        "table": study.results,
        **({"indices": study.tables["indices"]} if "indices" in study.tables else {}),
    }
    return finish(
        study,
        arguments,
        "sweep",
        given,
        f"{_means(study) if plan.method in ('factorial', 'file') else _indices(study)}",
        told,
        idle,
    )


def _design(
    scenario: str,
    axes: dict[str, list[Any] | Interval],
    words: Mapping[str, Any],
    replications: int,
    overrides: list[str],
) -> tuple[Plan, Design]:
    if words["design"] is None:
        plan = plan_of(scenario, axes, replications, overrides, words["method"] or "factorial", words["samples"])
        return plan, design_of(scenario, plan, overrides)
    if axes or words["method"]:
        raise InputError(f"design={words['design']}: the file says what varies; leave out {next(iter(axes), 'method')}")
    base = scenario_of(scenario, overrides)
    rows = read_design(Path(words["design"]), base, cell_value)
    keys = list(rows[0])
    plan = Plan(
        "file", {key: list(dict.fromkeys(row[key] for row in rows)) for key in keys}, {}, 0, replications, base.seed
    )
    return plan, design_of_rows(scenario, rows, keys, replications, overrides)


def _means(study: Study) -> str:
    """Set the means of each combination in a table."""
    keys = [key for key in study.plan.keys if key in study.results]
    table = means_table(study, measured(study), keys) if keys else sections(study)[0].tables[0]
    shown = replace(table, rows=table.rows[:MOST_SHOWN])
    more = f"\n... and {len(table.rows) - MOST_SHOWN:,} more in the table" if len(table.rows) > MOST_SHOWN else ""
    head = f"{study.scenario.name}: {spoken(table.caption)}"
    return f"{head}\n\n{shown_table(shown)}{more}\n\n{fill(spoken(answer(study)))}"


def _indices(study: Study) -> str:
    """Set the indices of the measure asked about in a table, the strongest parameter first."""
    found, plan, scenario = study.tables.get("indices", pd.DataFrame()), study.plan, study.scenario
    chosen = found[found["measure"] == study.measure] if len(found) else found
    unit = unit_of(study, study.measure, chosen["mu_star"].tolist() if "mu_star" in chosen else [])
    runs = counted(len(study.results) // len(scenario.operators), "run")
    head = f"{scenario.name}: {spoken(unit.words)}, of {scenario.focal}, {runs}"
    if not len(chosen):
        return f"{head}\n\n{fill(spoken(answer(study)))}"
    axes = [key for key in plan.axes if key in chosen]
    if plan.method == "sobol":
        columns, titles = ["first", "total"], ["alone", "95 % interval", "total", "95 % interval"]
    else:
        columns, titles = ["mu_star"], ["mean effect,\nabsolute", "95 % interval", "mean\neffect", "spread"]

    def write(number: float) -> str:
        return f"{number:,.3g}" if plan.method == "sobol" else spoken(unit.number(number))

    rows = []
    for row in chosen.sort_values(columns[-1], ascending=False).to_dict("records"):
        cells = [str(row["parameter"]), *(str(row[key]) for key in axes)]
        for name in columns:
            cells += [write(row[name]), f"{write(row[f'{name}_low'])} to {write(row[f'{name}_high'])}"]
        rows.append(cells + ([write(row["mu"]), write(row["sigma"])] if plan.method == "morris" else []))
    return f"{head}\n\n{text_table(['parameter', *axes, *titles], rows)}\n\n{fill(spoken(answer(study)))}"
