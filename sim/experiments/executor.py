"""Where jobs run: in this process, over its cores, or on a Dask or Ray cluster; by joblib, with the same numbers
everywhere.
"""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from typing import Any, NamedTuple

from sim.errors import InputError, nearest

Work = Callable[[Any], Any]
KINDS = ("loky", "dask", "ray")


class Executor(NamedTuple):
    """Where to run: processes of this machine (loky), or a cluster; an address of None starts a cluster on this
    machine.
    """

    kind: str = "loky"
    address: str | None = None
    jobs: int = -1  # processes; -1 for all cores

    def check(self) -> None:
        """Refuse an executor that is not there, before anything is computed."""
        if self.kind not in KINDS:
            raise InputError(
                f"executor={self.kind}: no such executor{nearest(self.kind, KINDS)}; known: {', '.join(KINDS)}"
            )
        if self.address and self.kind == "loky":
            raise InputError("executor.address: loky runs on this machine; give executor=dask or executor=ray too")
        if self.jobs == 0 or self.jobs < -1:
            raise InputError(f"--jobs must be -1 for all cores, or at least 1 (got {self.jobs})")
        if self.kind != "loky":
            extra("distributed" if self.kind == "dask" else "ray", "cluster", f"executor={self.kind}")


def extra(module: str, name: str, what: str) -> Any:
    """Import what only one command needs, or say how to install it."""
    try:
        return import_module(module)
    except ImportError:
        raise InputError(
            f"{what} needs {module.partition('.')[0]}, which is not installed: pip install 'churnlab[{name}]'"
        ) from None


def run_jobs(work: Work, jobs: Iterable[Any], count: int, executor: Executor) -> Iterator[Any]:
    """Do the work of every job; yield outcomes as they are finished, in any order. Jobs are made as they are needed.

    An interrupt ends the workers before it is passed on.
    """
    if executor.kind == "dask":
        yield from _on_dask(work, jobs, executor)
    elif executor.kind == "ray":
        yield from _on_ray(work, jobs, executor)
    elif executor.jobs == 1 or count == 1:
        yield from map(work, jobs)
    else:
        yield from _on_cores(work, jobs, executor)


def _on_cores(work: Work, jobs: Iterable[Any], executor: Executor) -> Iterator[Any]:
    import joblib
    from joblib.externals.loky import get_reusable_executor

    warnings.filterwarnings(
        "ignore", "A worker stopped while some jobs", UserWarning
    )  # one that has grown is renewed, and nothing is lost
    try:
        with _quiet_start():
            found = joblib.Parallel(n_jobs=executor.jobs, return_as="generator_unordered")(
                joblib.delayed(work)(job) for job in jobs
            )
        yield from found
    except KeyboardInterrupt:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
        raise


def _on_dask(work: Work, jobs: Iterable[Any], executor: Executor) -> Iterator[Any]:
    import joblib

    distributed = extra("distributed", "cluster", "executor=dask")
    workers = os.cpu_count() if executor.jobs == -1 else executor.jobs
    local = {} if executor.address else {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.Client(executor.address, **local), joblib.parallel_config(backend="dask"):
        yield from joblib.Parallel(n_jobs=executor.jobs, return_as="generator_unordered")(
            joblib.delayed(work)(job) for job in jobs
        )


def _on_ray(work: Work, jobs: Iterable[Any], executor: Executor) -> Iterator[Any]:
    """Ray's backend of joblib returns whole lists only: jobs go to it in slices, two for each worker at a time."""
    import joblib

    ray = extra("ray", "cluster", "executor=ray")
    workers = (os.cpu_count() or 1) if executor.jobs == -1 else executor.jobs
    local = {} if executor.address else {"num_cpus": workers, "include_dashboard": False}
    ray.init(
        executor.address or "local",
        log_to_driver=False,
        logging_level="error",
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}},
        **local,
    )
    try:
        extra("ray.util.joblib", "cluster", "executor=ray").register_ray()
        with joblib.parallel_config(backend="ray"), joblib.Parallel(n_jobs=executor.jobs) as parallel:
            waiting = iter(jobs)
            while part := list(islice(waiting, 8 * workers)):
                yield from parallel(joblib.delayed(work)(job) for job in part)
    finally:
        ray.shutdown()


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
