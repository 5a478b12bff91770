"""How a study is run, whatever it asks: a design, an executor, rows kept as they finish, and tables in the order of the
design.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sim.experiments.design import Design, Work, own_kinds
from sim.experiments.executor import Executor, run_jobs
from sim.experiments.store import Store
from sim.experiments.worlds import compile_once, live_out
from sim.plugins import own_modules
from sim.waiting import Shown, announce_compilation, progress

Tell = Callable[[str], None]
Failure = dict[str, Any]  # number of the row in the design, its hash, the error


class AllFailedError(RuntimeError):
    """No row of a design could be run."""


@dataclass(frozen=True)
class Means:
    """By what a study is run: nothing here changes a number."""

    executor: Executor = Executor()
    store: Store = field(default_factory=Store)
    progress: Shown = None  # (jobs done, all), or whether a bar is shown where somebody sees it
    tell: Tell = lambda text: None


@dataclass(frozen=True)
class Found:
    """What a design came to: its tables are read from where they are kept, when asked for."""

    design: Design
    keys: Sequence[str]  # hash of each job
    store: Store
    failures: list[Failure]

    def table(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Return one table, its rows in the order of the design, with these columns of the design in front.

        `hash` may be asked for too: of everything that determines a row, but the model.
        """
        stored = self.store.read(name, self.keys)
        if stored.empty:
            return pd.DataFrame()
        places = [
            (key, arm, row)
            for key, rows in zip(self.keys, self.design.jobs_rows, strict=True)
            for arm, row in enumerate(rows)
        ]
        # rows that come to the same share what was found
        found = stored.merge(pd.DataFrame(places, columns=["job", "arm", "row"]), on=["job", "arm"])
        measured = found.sort_values("row", kind="stable", ignore_index=True)
        told = (
            self.design.table[[name for name in columns if name != "hash"]].iloc[measured["row"]].reset_index(drop=True)
        )
        whole = pd.concat([told, measured.drop(columns=["job", "arm", "row"])], axis=1)
        return whole.assign(hash=measured["job"]) if "hash" in columns else whole


def run_design(design: Design, means: Means, work: Work = live_out) -> Found:
    """Run every job of a design that is not yet in the store.

    Parameters
    ----------
    design : what to run
    means : where, and where finished rows are kept
    work : Job -> tables by name, `runs` among them, with the column `arm`; a top-level function, so that processes find
        it

    """
    keys = [job.key(work) for job in design.jobs()]  # this also checks every row before anything runs
    done = means.store.known(keys)
    _tell_of_stored(means, keys, done)
    todo = sorted({key: number for number, key in reversed(list(enumerate(keys))) if key not in done}.values())
    announce_compilation()
    with progress(design.bases[0].name, means.progress) as advance:
        before = len(done)
        failures = _run(design, means, work, keys, todo, lambda count: advance(before + count, before + len(todo)))
    if failures and len(failures) == len(todo) and not done:
        raise AllFailedError(f"all {len(keys)} runs failed; the first: {failures[0]['error']}")
    return Found(design, keys, means.store, sorted(failures, key=lambda failure: failure["row"]))


def _run(
    design: Design,
    means: Means,
    work: Work,
    keys: Sequence[str],
    todo: Sequence[int],
    advance: Callable[[int], None],
) -> list[Failure]:
    """Run the jobs that are to be done; keep what they find as they finish, and return what failed."""
    failures: list[Failure] = []
    advance(0)
    if todo:
        compile_once(design.job(todo[0]))
        jobs = (design.job(number) for number in todo)
        own = own_modules([work, *(kind for base in design.bases for kind in own_kinds(base)), *design.own.parts])
        try:
            with closing(run_jobs(work, zip(todo, jobs, strict=True), len(todo), means.executor, own)) as done_jobs:
                for count, (number, outcome) in enumerate(done_jobs, start=1):
                    if isinstance(outcome, str):
                        failures.append(
                            {"row": design.jobs_rows[number][0] + 1, "hash": keys[number], "error": outcome}
                        )
                    else:
                        means.store.add(keys[number], outcome)
                    advance(count)
        finally:
            means.store.flush()
    return failures


def _tell_of_stored(means: Means, keys: Sequence[str], done: set[str]) -> None:
    """Say what is taken from an earlier run, and what cannot be."""
    if means.store.damaged:
        count = means.store.damaged
        what = f"{count:,} batches of finished rows were" if count > 1 else "1 batch of finished rows was"
        means.tell(f"{what} damaged or unreadable in {means.store.folder}; jobs in it are run again.")
        means.store.damaged = 0
    if done:
        means.tell(
            f"{len(done):,} of {len(keys):,} jobs were finished before and are taken from"
            f" {means.store.folder or 'memory'}."
        )
    stale = means.store.known_elsewhere([key for key in keys if key not in done])
    if stale:
        means.tell(
            f"{stale:,} jobs were finished by another version of the model; their rows are not used, and are run again."
        )
