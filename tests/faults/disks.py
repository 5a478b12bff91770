"""Disks that fill up while a command writes: one sentence, nothing half-written, and all goes on once there is room."""

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.kills import TARGETS, Undisturbed, tables_of, words
from tests.faults.processes import rows, started

SIZES = (16, 60, 400)  # kB that there is room for


@contextmanager
def small_disk(size: int) -> Iterator[tuple[Path, bool]]:
    """Give a folder with so many kB of room, and whether it is a disk of its own: without the right to mount one, files
    may be no longer than that.
    """
    with tempfile.TemporaryDirectory() as place:
        options = ["-t", "tmpfs", "-o", f"size={size}k", "tmpfs", place]
        mounted = os.geteuid() == 0 and subprocess.run(["mount", *options], capture_output=True).returncode == 0
        try:
            yield Path(place), mounted
        finally:
            if mounted:
                subprocess.run(["umount", "-l", place], check=False)


def filled(command: str, size: int, whole: Undisturbed, jobs: int) -> Iterator[str]:
    """Run a command on a disk that is too small, then on one that is not; yield what is not as it should be."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size * 1024, resource.RLIM_INFINITY))

    with small_disk(size) as (place, is_disk), tempfile.TemporaryDirectory() as files:
        out = place / "out"
        given = [
            word.replace(f"{out.parent}/targets.csv", f"{files}/targets.csv") for word in words(command, out, jobs)
        ]
        Path(files, "targets.csv").write_text(TARGETS, encoding="utf-8")
        with started(*given, first=None if is_disk else limit) as process:
            _, message = process.communicate()
        if process.returncode not in (0, 1, 2):
            yield f"ends with {process.returncode}: {message[-300:]}"
        if "Traceback" in message or (process.returncode and "churnlab: " not in message):
            yield f"is not told in words: {message[-300:]}"
        if list(place.rglob("*.part")):
            yield "half-written folders stay"
        kept = rows(out)
        if is_disk:
            subprocess.run(["mount", "-o", "remount,size=100m", str(place)], check=True)
        with started(*given) as again:
            _, message = again.communicate()
        if again.returncode != 0:
            yield f"does not go on once there is room: {message[-300:]}"
        if not kept <= rows(out):
            yield "finished rows are lost"
        found = tables_of(out)
        yield from (
            f"{name} is another table" for name, table in whole.tables.items() if not table.equals(found.get(name))
        )
