"""A command of churnlab in a process of its own: started, asked to end, and what of it still runs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.experiments.store import INDEX


@contextmanager
def started(
    *words: str, first: Callable[[], None] | None = None, **surroundings: str
) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a session of its own; in the end nothing of it runs.

    Parameters
    ----------
    words : the command
    first : done in the process before it begins
    surroundings : variables of its environment

    """
    command = [sys.executable, "-P", "-m", "sim.cli", *words]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=first,
        env={**os.environ, **surroundings},
    ) as process:
        try:
            yield process
        finally:
            for member in (process.pid, *members(process.pid)):
                _kill(member)


def _kill(process: int) -> None:
    """End a process of ours for good, if it still runs."""
    try:
        os.kill(process, 9)
    except ProcessLookupError:
        pass


def members(session: int) -> list[int]:
    """Processes of a session that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, *fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == session and state not in "ZX":
            found.append(int(path.parent.name))
    return found


def ends_within(session: int, seconds: float) -> bool:
    """Whether all processes of a session end in time."""
    began = time.monotonic()
    while members(session) and time.monotonic() - began < seconds:
        time.sleep(0.05)
    return not members(session)


def semaphores(process: int) -> list[str]:
    """What the workers of a process share, and left in memory."""
    return [name for name in os.listdir("/dev/shm") if f"-{process}-" in name or f"_{process}_" in name]


def rows(out: Path) -> set[str]:
    """Jobs of studies that are on disk."""
    found = set()
    for path in out.glob(f"*/.rows/*/*/{INDEX}"):
        try:
            found.update(json.loads(path.read_bytes())["jobs"])
        except (OSError, ValueError):  # on its way
            continue
    return found
