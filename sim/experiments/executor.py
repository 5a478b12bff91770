"""How many markets are run: each job warms one market up and runs its arms; jobs are spread over processes by joblib."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sim.config import Scenario

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """One warmed-up market and the arms to fork from it."""

    number: int
    scenario: Scenario
    seed: int
    arms: tuple[tuple[str, str], ...]  # (policy, response of rivals)


def run_jobs(work: Callable[[Job], Any], jobs: Sequence[Job], workers: int = -1, progress: Progress | None = None) -> list[Any]:
    """Do the work of every job, in parallel; return the outcomes in the order of the jobs.

    An interrupt ends the workers before it is passed on.
    """
    outcomes: list[Any] = [None] * len(jobs)
    warm_up(jobs[0])
    done = 0
    for number, outcome in _numbered(work, jobs, workers):
        outcomes[number] = outcome
        done += 1
        if progress is not None:
            progress(done, len(jobs))
    return outcomes


def _numbered(work: Callable[[Job], Any], jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Any]]:
    if workers == 1 or len(jobs) == 1:
        for place, job in enumerate(jobs):
            yield place, work(job)
        return
    import joblib
    from joblib.externals.loky import get_reusable_executor

    tasks = (joblib.delayed(_place)(work, place, job) for place, job in enumerate(jobs))
    try:
        with _quiet_start():
            found = joblib.Parallel(n_jobs=workers, return_as="generator_unordered")(tasks)
        yield from found
    except KeyboardInterrupt:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
        raise


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Start workers deaf to Ctrl-C, and loky's watcher of semaphores without its warnings.

    This process hears the interrupt and ends the workers, so that none prints a traceback of its own; the watcher would
    warn, after our last word, of semaphores that the ended workers held, which it then cleans up.
    """
    quiet = "ignore:resource_tracker"
    warnings = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = f"{warnings},{quiet}" if warnings else quiet
    hears = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if hears else None
    try:
        yield
    finally:
        if hears:
            signal.signal(signal.SIGINT, before)
        if warnings is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = warnings


def _place(work: Callable[[Job], Any], place: int, job: Job) -> tuple[int, Any]:
    return place, work(job)


def warm_up(job: Job) -> None:
    """Compile once in this process, so that workers find the machine code."""
    from agents.rule import is_compiled
    from sim.market import Market

    if not is_compiled():
        small = job.scenario.model_copy(update={"customers": job.scenario.customers.model_copy(update={"count": 200}), "burn_in": 0})
        Market(small, seed=job.seed).step()
