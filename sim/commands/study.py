"""What the commands that run a design have in common: where it runs, where finished rows are kept, how failures are
told.
"""

import textwrap
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.commands.output import print_json, say, spoken
from sim.commands.overrides import command_line
from sim.commands.written import written
from sim.config import Scenario
from sim.errors import InputError
from sim.experiments.executor import Executor
from sim.experiments.record import Study
from sim.experiments.sampling import Interval
from sim.experiments.store import ROWS, Store
from sim.experiments.study import Failure, Means
from sim.files.whole import check_writable
from sim.results import study_manifest
from sim.waiting import announce_compilation, progress

WORDS = {"executor": str, "executor.address": str, "executor.patience": float}


def executor_of(arguments: Namespace, words: Mapping[str, Any]) -> Executor:
    """Return the executor asked for, if it is there."""
    executor = Executor(words["executor"] or "loky", words["executor.address"], arguments.jobs)
    if words["executor.patience"] is not None:
        executor = executor._replace(patience=words["executor.patience"])
    executor.check()
    return executor


@contextmanager
def at_work(arguments: Namespace, words: Mapping[str, Any], scenario: Scenario, label: str) -> Iterator[Means]:
    """Give the means to run a design; an interrupt tells what is kept."""
    root = Path(arguments.out)
    executor = executor_of(arguments, words)
    check_writable(root)
    store = Store(root / scenario.name / ROWS)
    if store.folder is not None:
        check_writable(store.folder)
    announce_compilation(is_asked=True)
    try:
        with progress(f"{scenario.name}: {label}") as advance:
            yield Means(executor, store, advance, say)
    except BaseException:
        if store.number:
            say("What was finished is kept: the same command goes on from there.")
        raise


def finish(
    study: Study,
    arguments: Namespace,
    command: str,
    given: Sequence[str],
    shown: str,
    told: Mapping[str, Any],
    said: Sequence[str] = (),
) -> int:
    """Write the folder, print the result, say its notes but those that were said, and what failed; return the exit
    code.
    """
    study.manifest = study_manifest(study, command_line(command, arguments.scenario, given))
    place = written(study, Path(arguments.out), arguments.csv)
    if arguments.json:
        print_json(
            {
                "kind": study.kind,
                "scenario": study.scenario.name,
                **told,
                "folder": place.folder,
                "report": place.report,
                "failures": study.failures,
            }
        )
    else:
        for note in study.notes:
            if note not in said:
                say(f"Note: {spoken(note)}")
        print(f"{shown}\n\nTable: {place.folder / next(iter(study.tables))}.parquet\n{place.line}")
    return max(place.code, tell_failures(study.failures))


def tell_failures(failures: Sequence[Failure]) -> int:
    """Say how many runs failed, and why the first did; return the exit code."""
    if failures:
        first = failures[0]
        count = f"{len(failures)} jobs failed and are" if len(failures) > 1 else "1 job failed and is"
        say(f"{count} missing from the result (row {first['row']} of the design: {first['error']}); see manifest.json")
    return 1 if failures else 0


def only_intervals(command: str, axes: Mapping[str, Sequence[Any] | Interval]) -> dict[str, tuple[float, float]]:
    """Return the ranges given; refuse lists of values."""
    for key, values in axes.items():
        if not isinstance(values, Interval):
            raise InputError(
                f"{key}: {command} takes a range here, e.g. {key}=interval(0.02,0.06); lists of values are for churnlab"
                " sweep"
            )
    return {key: (values.low, values.high) for key, values in axes.items() if isinstance(values, Interval)}


def fill(text: str) -> str:
    """Break a paragraph into lines."""
    return textwrap.fill(text, 110)
