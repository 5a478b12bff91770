"""Commands that are ended at random moments, by SIGKILL, SIGTERM and SIGHUP: nothing of them goes on or stays, what was
finished is kept, and the same command then comes to what it comes to undisturbed.
"""

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tests.faults.processes import ends_within, rows, semaphores, started

SMALL = ("customers.count=400", "months=4", "burn_in=2")
TARGETS = "period,operator,measure,value,se\n1-4,alpha,churn_rate,0.02,0.004\n1-4,beta,churn_rate,0.02,0.004\n"
COMMANDS = {
    "run": ("run", "classroom", "customers.count=4000", "months=24", "burn_in=2"),
    "compare": ("compare", "classroom", "policies=none,points", "replications=8", *SMALL),
    "sweep": ("sweep", "classroom", "policy=none", "behaviour.attention.base=0.02,0.04", "replications=8", *SMALL),
    "calibrate": (
        *("calibrate", "classroom", "--targets", "targets.csv", "behaviour.attention.base=interval(0.01,0.2)"),
        *("samples=4", "replications=2", "worlds=4", "starts=1", "operators.alpha.pricing.kind=fixed", *SMALL),
    ),
}
SIGNALS = {"SIGKILL": -9, "SIGTERM": 143, "SIGHUP": 129}  # and the exit codes they end with
PATIENCE = 5.0  # seconds in which workers must have ended


class Undisturbed(NamedTuple):
    """What a command comes to if nobody ends it."""

    tables: dict[str, pd.DataFrame]
    seconds: float


def tables_of(out: Path) -> dict[str, pd.DataFrame]:
    """All tables of the one result in a folder."""
    return {path.stem: pd.read_parquet(path) for path in sorted(out.glob("*/*/*.parquet")) if ".rows" not in path.parts}


def words(command: str, out: Path, jobs: int) -> list[str]:
    """Write a command as it is given."""
    given = [str(out.parent / word) if word == "targets.csv" else word for word in COMMANDS[command]]
    return [*given, "--out", str(out), *([] if command == "run" else ["--jobs", str(jobs)])]


def undisturbed(command: str, folder: Path, jobs: int) -> Undisturbed:
    """Run a command to its end."""
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    began = time.monotonic()
    with started(*words(command, folder / "whole", jobs)) as process:
        _, message = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command} does not run undisturbed: {message}")
    return Undisturbed(tables_of(folder / "whole"), time.monotonic() - began)


def killed(command: str, name: str, luck: random.Random, whole: Undisturbed, jobs: int) -> Iterator[str]:
    """End a command at a random moment; yield what of it is not as it should be."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place, "out")
        (out.parent / "targets.csv").write_text(TARGETS, encoding="utf-8")
        with started(*words(command, out, jobs)) as process:
            time.sleep(luck.uniform(0.3, 1.0) * whole.seconds)
            kept, is_over = rows(out), process.poll() is not None
            if not is_over:
                process.send_signal(getattr(signal, name))
            _, message = process.communicate()
            if not is_over and process.returncode not in (SIGNALS[name], 0, -getattr(signal, name)):
                yield f"ends with {process.returncode}: {message[-300:]}"
            if "Traceback" in message:
                yield f"a traceback: {message[-300:]}"
            if not ends_within(process.pid, PATIENCE):
                yield "workers live on"
            if semaphores(process.pid):
                yield f"{semaphores(process.pid)} stay in memory"
        if not kept <= rows(out):
            yield "finished rows are lost"
        with started(*words(command, out, jobs)) as again:
            _, message = again.communicate()
        if again.returncode != 0:
            yield f"cannot be resumed: {message[-300:]}"
        if list(out.rglob("*.part")):
            yield "half-written folders stay"
        yield from _differing(whole.tables, out, is_over)


def _differing(whole: dict[str, pd.DataFrame], out: Path, is_over: bool) -> Iterator[str]:
    """Say which tables of what was resumed are not those of what was never disturbed."""
    results = [path.parent for path in sorted(out.glob("*/*/manifest.json"))]
    for folder in results[-1:]:
        for name, table in whole.items():
            if not (folder / f"{name}.parquet").is_file() or not table.equals(
                pd.read_parquet(folder / f"{name}.parquet")
            ):
                yield f"{name} is not as undisturbed"
    if not results:
        yield "there is no result"
