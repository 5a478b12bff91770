"""`churnlab calibrate`: doubtful parameters fitted to published numbers, what those identify, and how the result
forecasts.
"""

from argparse import Namespace
from pathlib import Path

from sim.commands.imported import announce_customers
from sim.commands.output import say, spoken, text_table
from sim.commands.overrides import scenario_overrides, take_axes, take_replications, take_words
from sim.commands.study import WORDS, at_work, fill, finish, only_intervals
from sim.config.composition import SHIPPED
from sim.experiments import calibrate as experiment
from sim.experiments.calibration.written import NAME
from sim.experiments.record import Study
from sim.report.formats import significant
from sim.report.of_calibrate import answer, fit_by_measure, ratios
from sim.report.plots import short

TARGETS = "targets"  # folder of shipped target files


def calibrate(arguments: Namespace) -> int:
    """Fit, write the folder with the scenario found, print parameters, fit and forecasts."""
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, experiment.REPLICATIONS)
    words, overrides = take_words(overrides, {**WORDS, "samples": int, "worlds": int, "starts": int})
    axes, overrides = take_axes(overrides)
    ranges = only_intervals("calibrate", axes)
    numbers = (
        words["samples"],
        replications,
        words["worlds"] or experiment.WORLDS,
        words["starts"] or experiment.STARTS,
    )
    setting = experiment.setting_of(
        arguments.scenario, _targets(arguments.targets), ranges or None, overrides, *numbers
    )
    announce_customers(setting.scenario)
    with at_work(arguments, words, setting.scenario, "worlds of a batch") as means:
        study = experiment.fitted(setting, means)
    study.facts["targets"] = Path(arguments.targets).name
    told = {**study.facts, **study.tables, "answer": spoken(answer(study))}
    code = finish(study, arguments, "calibrate", [*given, "--targets", arguments.targets], _shown(study), told)
    if not arguments.json:
        say(f"The scenario found is {NAME} in that folder: churnlab run .../{NAME}")
    return code


def _targets(name: str) -> Path:
    """Find a target file: a path, or the name of a shipped one."""
    shipped = SHIPPED / TARGETS / f"{name}.csv"
    return shipped if not Path(name).exists() and shipped.is_file() else Path(name)


def _shown(study: Study) -> str:
    """Set parameters, fit by measure and forecast errors in tables, and read the answer aloud."""
    parameters, facts = study.tables["parameters"], study.facts
    rows = [
        [
            short(row["parameter"], list(study.plan.ranges)),
            significant(row["present"]),
            significant(row["estimate"]),
            significant(row["se_wide"], 2),
            f"{significant(row['low'])} to {significant(row['high'])}",
            "yes" if row["identified"] else f"no: {row['why_not']}",
        ]
        for row in parameters.to_dict("records")
    ]
    count = int((study.tables["moments"]["use"] == "fit").sum())
    head = (
        f"{study.scenario.name}: {len(parameters)} parameters, {count} targets, {facts['points']} points in"
        f" {study.plan.replications} worlds"
    )
    tables = [
        text_table(["parameter", "was", "found", "standard\nerror", "range", "identified"], rows),
        text_table(
            ["measure", "targets", "mean distance,\nstandard errors", "beyond 2"],
            [list(row) for row in fit_by_measure(study)],
        ),
    ]
    if found := ratios(study):
        tables.append(
            text_table(
                [
                    "forecast of",
                    "targets",
                    "RMSE",
                    "of last\nvalue",
                    "of straight\nline",
                    "ratio to\nlast",
                    "ratio to\nline",
                    "anchored,\nto last",
                    "anchored,\nto line",
                ],
                found,
            )
        )
    return "\n\n".join([head, *map(spoken, tables), fill(spoken(answer(study)))])
