"""Where jobs run: in this process, over its cores, or on a Dask or Ray cluster, with the same numbers everywhere.

A job that leaves this process is a parcel: it brings along what of the user's own code it needs, and the version of the
model it must meet there.
"""

import os
import pickle
import re
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from itertools import chain, islice
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NamedTuple

from sim.config.versions import model_version
from sim.errors import InputError, StoppedError, listed, nearest
from sim.experiments.children import safe_path
from sim.experiments.ending import deaf_children, follow, hushed_threads
from sim.plugins import packed
from sim.waiting import in_silence

Work = Callable[[Any], Any]
Done = tuple[int, Any]  # number of a job, and what it came to: a text where it failed
KINDS = ("loky", "dask", "ray")
AHEAD = 2  # jobs at each worker
IDLE = 300  # seconds after which a worker without a job ends
THREADS = tuple(f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMBA", "NUMEXPR"))


class Executor(NamedTuple):
    """Where to run: processes of this machine (loky), or a cluster; an address of None starts a cluster on this
    machine.
    """

    kind: str = "loky"
    address: str | None = None
    jobs: int = -1  # processes; -1 for all cores
    patience: float = 60.0  # seconds in which a cluster must answer before anything is run

    def check(self) -> None:
        """Refuse an executor that is not there, before anything is computed."""
        if self.kind not in KINDS:
            raise InputError(
                f"executor={self.kind}: no such executor{nearest(self.kind, KINDS)}; known: {listed(KINDS)}"
            )
        if self.address and self.kind == "loky":
            raise InputError("executor.address: loky runs on this machine; give executor=dask or executor=ray too")
        if self.jobs == 0 or self.jobs < -1:
            raise InputError(f"--jobs must be -1 for all cores, or at least 1 (got {self.jobs})")
        if not self.patience > 0.0:
            raise InputError(f"executor.patience: must be above 0 seconds (got {self.patience:g})")
        if self.kind != "loky":
            extra("distributed" if self.kind == "dask" else "ray", "cluster", f"executor={self.kind}")

    @property
    def workers(self) -> int:
        """Processes on this machine."""
        return (os.cpu_count() or 1) if self.jobs == -1 else self.jobs

    @property
    def words(self) -> str:
        """The executor as a command line names it."""
        return f"executor={self.kind}" + (f" executor.address={self.address}" if self.address else "")


class Parcel(NamedTuple):
    """A job on its way: its number, the version of the model it is for, the folder that its files are named from, and
    (work, job) with own code by value.
    """

    number: int
    version: str
    folder: str
    content: bytes


def extra(module: str, name: str, what: str) -> Any:
    """Import what only one command needs, or say how to install it."""
    try:
        return import_module(module)
    except ImportError:
        raise InputError(
            f"{what} needs {module.partition('.')[0]}, which is not installed: pip install 'churnlab[{name}]'"
        ) from None


def run_jobs(
    work: Work, jobs: Iterable[tuple[int, Any]], count: int, executor: Executor, own: Sequence[ModuleType] = ()
) -> Generator[Done, None, None]:
    """Do the work of every job; yield (number, outcome) as they are finished, in any order. Jobs are made as they are
    needed; one that fails has a text for its outcome.

    An interrupt ends the workers before it is passed on; so does closing what is returned. A worker that is lost on
    this machine ends all: StoppedError.

    Parameters
    ----------
    work : what is done with a job
    jobs : number, job
    count : how many there are
    executor : where
    own : modules that workers may not have

    """
    if executor.kind == "loky" and (executor.jobs == 1 or count == 1):
        yield from ((number, _attempt(work, job)) for number, job in jobs)
        return
    parcels = (Parcel(number, model_version(), os.getcwd(), packed((work, job), own)) for number, job in jobs)
    with safe_path():
        yield from {"loky": _on_cores, "dask": _on_dask, "ray": _on_ray}[executor.kind](parcels, executor)


def _attempt(work: Work, job: Any) -> Any:
    """Do one job; a fault in it is an outcome too, and the rest goes on."""
    try:
        with in_silence():
            return work(job)
    except Exception as error:
        return in_words(error)


def in_words(error: BaseException) -> str:
    """Write an error on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def do_parcel(parcel: Parcel) -> Done:
    """Open a parcel and do its job, where a worker is."""
    try:
        work, job = _opened(parcel)
    except Exception as error:
        return parcel.number, str(error)
    return parcel.number, _attempt(work, job)


def fault_of(parcel: Parcel) -> str:
    """Say why a parcel cannot be done where a worker is; nothing where it can."""
    try:
        _opened(parcel)
    except Exception as error:
        return str(error)
    return ""


def _opened(parcel: Parcel) -> tuple[Work, Any]:
    """Return what a parcel holds; an error says why it is of no use here."""
    if model_version() != parcel.version:
        raise RuntimeError(
            f"it has another version of churnlab, or of a library that computes (model {model_version()}, the study is"
            f" of model {parcel.version})"
        )
    with suppress(OSError):  # a machine of its own
        os.chdir(parcel.folder)
    try:
        work, job = pickle.loads(parcel.content)
    except Exception as error:
        raise RuntimeError(f"own code cannot be used there: {in_words(error)}") from None
    return work, job


def _on_cores(parcels: Iterator[Parcel], executor: Executor) -> Iterator[Done]:
    from concurrent.futures import FIRST_COMPLETED, Future, wait
    from concurrent.futures.process import BrokenProcessPool

    import joblib
    from joblib.externals.loky import get_reusable_executor

    # one that has grown is renewed, and nothing is lost
    warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
    workers = joblib.effective_n_jobs(executor.jobs)
    pool = get_reusable_executor(
        workers,
        timeout=IDLE,
        initializer=follow,
        initargs=(os.getpid(), threading.current_thread() is threading.main_thread()),
        env={name: os.environ.get(name, str(max(1, joblib.cpu_count() // workers))) for name in THREADS},
    )
    going: set[Future[Done]] = set()
    try:
        with deaf_children():
            going.update(pool.submit(do_parcel, parcel) for parcel in islice(parcels, AHEAD * workers))
        while going:
            finished, going = wait(going, return_when=FIRST_COMPLETED)
            going.update(pool.submit(do_parcel, parcel) for parcel in islice(parcels, len(finished)))
            yield from (future.result() for future in finished)
    except BrokenProcessPool as error:
        raise StoppedError(_lost(str(error))) from None
    except BaseException:  # an interrupt, or nobody wants the rest
        with hushed_threads():
            pool.shutdown(wait=True, kill_workers=True)
        raise


def _lost(told: str) -> str:
    """Say that a worker has ended before its time; told: by loky."""
    codes = re.search(r"\{(.*)\}", told)
    how = f" ({codes[1]})" if codes else f": {' '.join(told.split())}"
    return (
        f"a worker process ended before its time{how}, as where memory runs out or somebody ends it; give the same"
        " command again, with fewer processes (--jobs) if memory is short"
    )


# --- clusters --------------------------------------------------------------------------------------------------------


def _on_dask(parcels: Iterable[Parcel], executor: Executor) -> Iterator[Done]:
    distributed = extra("distributed", "cluster", "executor=dask")
    local = {"n_workers": executor.workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    try:
        client = distributed.Client(executor.address, timeout=executor.patience, **({} if executor.address else local))
    except (OSError, TimeoutError) as error:
        raise InputError(f"{executor.words}: no scheduler answers there: {in_words(error)}") from None
    with client:
        waiting = iter(parcels)
        first = next(waiting)
        _probe_dask(distributed, client, first, executor)
        going = {}
        finished = distributed.as_completed()
        for parcel in chain([first], waiting):
            future = client.submit(do_parcel, parcel, pure=False)
            going[future.key] = parcel.number
            finished.add(future)
            if len(going) >= AHEAD * max(1, sum(client.nthreads().values())):
                yield _of_dask(next(finished), going)
        while going:
            yield _of_dask(next(finished), going)


def _of_dask(future: Any, going: dict[Any, int]) -> Done:
    """Return what a finished job came to; a worker that was lost with it is an outcome too."""
    number, error = going.pop(future.key), future.exception()
    return (number, in_words(error)) if error is not None else future.result()


def _probe_dask(distributed: Any, client: Any, parcel: Parcel, executor: Executor) -> None:
    """Let every worker open a parcel before a design is begun."""
    late = f"{executor.words}: no worker answered within {executor.patience:g} s"
    try:
        client.wait_for_workers(1, timeout=executor.patience)
        tried = {
            worker: client.submit(fault_of, parcel, pure=False, workers=[worker], allow_other_workers=False)
            for worker in client.nthreads()
        }
        distributed.wait(list(tried.values()), timeout=executor.patience)
    except TimeoutError:
        raise InputError(late) from None
    for worker, future in tried.items():
        error = future.exception()
        _refuse(executor, f"worker {worker}", in_words(error) if error is not None else future.result())


def _on_ray(parcels: Iterable[Parcel], executor: Executor) -> Iterator[Done]:
    ray = extra("ray", "cluster", "executor=ray")
    local = {"num_cpus": executor.workers, "include_dashboard": False}
    path = os.pathsep.join(place or os.getcwd() for place in sys.path)
    try:
        with TemporaryDirectory() as empty:  # or Ray would look for modules in the working folder before all others
            ray.init(
                executor.address or "local",
                log_to_driver=False,
                logging_level="error",
                runtime_env={"working_dir": empty, "env_vars": {"PYTHONPATH": path}},
                **({} if executor.address else local),
            )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise InputError(f"{executor.words}: no cluster answers there: {in_words(error)}") from None
    try:
        waiting = iter(parcels)
        first = next(waiting)
        _probe_ray(ray, first, executor)
        task, going = ray.remote(do_parcel), {}
        for parcel in chain([first], waiting):
            going[task.remote(parcel)] = parcel.number
            if len(going) >= AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1))):
                yield _of_ray(ray, going)
        while going:
            yield _of_ray(ray, going)
    finally:
        ray.shutdown()


def _of_ray(ray: Any, going: dict[Any, int]) -> Done:
    """Wait for a job and return what it came to; a worker that was lost with it is an outcome too."""
    (one, *_), _ = ray.wait(list(going), num_returns=1)
    number = going.pop(one)
    try:
        done: Done = ray.get(one)
        return done
    except ray.exceptions.RayError as error:
        return number, in_words(error)


def _probe_ray(ray: Any, parcel: Parcel, executor: Executor) -> None:
    """Let a worker open a parcel before a design is begun."""
    try:
        fault = ray.get(ray.remote(fault_of).remote(parcel), timeout=executor.patience)
    except ray.exceptions.GetTimeoutError:
        raise InputError(f"{executor.words}: no worker answered within {executor.patience:g} s") from None
    except ray.exceptions.RayError as error:
        fault = in_words(error)
    _refuse(executor, "a worker", fault)


def _refuse(executor: Executor, worker: str, fault: str) -> None:
    if fault:
        raise InputError(
            f"{executor.words}: {worker} cannot run this study: {fault}; nothing was run. churnlab must be installed"
            " there as here, with the same libraries"
        )
