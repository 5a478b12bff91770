"""Where finished rows are kept: on disk in small batches as they come, so that a study that was killed goes on where it
stopped.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sim.config.versions import model_version
from sim.errors import StoppedError
from sim.files.whole import clear_leftovers, write_folder

FLUSH = 1.0  # seconds between two batches: what comes more rarely is on disk at once
ROWS = ".rows"
INDEX = "index.json"
BATCH = re.compile(r"[0-9a-f]+-\d+-\d+")
Tables = Mapping[str, pd.DataFrame]


class Index(NamedTuple):
    """What a batch holds: its jobs, and the hash of each of its files."""

    jobs: list[str]
    sha256: dict[str, str]


class Store:
    """Tables of finished jobs, by the job's key: in a folder named by the model's version, or in memory where there is
    none.

    A batch is a folder of Parquet files that appears whole, by renaming: nothing half-written is ever read. It has an
    index of its jobs and of its files' hashes: a batch that is not what was written is removed, and one that cannot be
    read left aside, as their jobs can be run again; `damaged` counts them until somebody is told.
    """

    def __init__(self, folder: Path | None = None):
        self.root = folder
        self.folder = None if folder is None else folder / model_version()
        self.waiting: dict[str, list[pd.DataFrame]] = {}
        self.lock = threading.Lock()
        self.timer: threading.Timer | None = None
        self.fault: StoppedError | None = None
        self.number = 0
        self.written = -FLUSH  # when the last batch was
        self.damaged = 0
        self.sound: set[Path] = set()  # batches that are what was written
        self.absent: set[Path] = set()  # and those that are not, or cannot be read
        if self.folder is not None:
            clear_leftovers(self.folder)

    def add(self, key: str, tables: Tables) -> None:
        """Take the tables of a finished job; they are on disk within a second."""
        if self.fault is not None:
            raise self.fault
        with self.lock:
            for name, table in tables.items():
                self.waiting.setdefault(name, []).append(table.assign(job=key))
            left = self.written + FLUSH - time.monotonic()
            if self.folder is not None and self.timer is None and left > 0.0:
                self.timer = threading.Timer(left, self._flush_in_time)
                self.timer.daemon = True
                self.timer.start()
        if left <= 0.0:
            self.flush()

    def _flush_in_time(self) -> None:
        try:
            self.flush()
        except StoppedError as error:  # told by the main thread: this one has nobody to tell
            self.fault = error

    def flush(self) -> None:
        """Write what waits, if there is a folder to write to."""
        with self.lock:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None
            if self.folder is None or not self.waiting:
                return
            self.number += 1
            try:
                self.sound.add(
                    write_folder([self.folder / f"{time.time_ns():x}-{os.getpid()}-{self.number}"], self._fill)
                )
            except OSError as error:
                raise StoppedError(
                    f"finished rows cannot be written to {self.folder}: {error.strerror or error}; those written before"
                    " are kept, and the same command goes on from there"
                ) from None
            self.written = time.monotonic()
            self.waiting.clear()

    def _fill(self, folder: Path) -> None:
        """Write what waits into a new batch."""
        jobs = {str(key) for frames in self.waiting.values() for frame in frames for key in frame["job"]}
        index = Index(sorted(jobs), {})
        for table, frames in self.waiting.items():
            buffer = io.BytesIO()
            pd.concat(frames, ignore_index=True).to_parquet(buffer)
            (folder / f"{table}.parquet").write_bytes(buffer.getvalue())
            index.sha256[f"{table}.parquet"] = hashlib.sha256(buffer.getbuffer()).hexdigest()
        (folder / INDEX).write_text(json.dumps(index._asdict()), encoding="utf-8")

    def known(self, keys: Collection[str]) -> set[str]:
        """Tell which jobs are finished."""
        wanted = set(keys)
        found = {str(key) for frame in self.waiting.get("runs", []) for key in frame["job"]}
        for batch in _batches(self.folder):
            found |= self._jobs(batch, wanted)
        return found & wanted

    def known_elsewhere(self, keys: Collection[str]) -> int:
        """Count jobs that another version of the model has finished."""
        others = [folder for folder in _entries(self.root) if folder.is_dir() and folder != self.folder]
        found: set[str] = set()
        for batch in (batch for folder in others for batch in _batches(folder)):
            with contextlib.suppress(OSError, ValueError):
                found.update(_index(batch).jobs)
        return len(found & set(keys))

    def read(self, name: str, keys: Collection[str]) -> pd.DataFrame:
        """Return a table of these jobs, with the column `job`; each job once."""
        wanted = set(keys)
        frames = []
        for frame in self._frames(name, set(keys)):
            here = set(frame["job"]) & wanted
            wanted -= here  # two processes may have finished the same job
            if here:
                frames.append(frame[frame["job"].isin(here)])
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"job": []})

    def _frames(self, name: str, wanted: Collection[str]) -> Iterator[pd.DataFrame]:
        for batch in _batches(self.folder):
            if self._jobs(batch, wanted) and (batch / f"{name}.parquet").is_file():
                yield pd.read_parquet(batch / f"{name}.parquet")
        yield from self.waiting.get(name, [])

    def _jobs(self, batch: Path, wanted: Collection[str]) -> set[str]:
        """Return the wanted jobs of a batch, if it is what was written."""
        if batch in self.absent:
            return set()
        try:
            index = _index(batch)
            found = set(index.jobs) & set(wanted)
            if found and batch not in self.sound:
                _check(batch, index.sha256)
                self.sound.add(batch)
            return found
        except (ValueError, FileNotFoundError, IsADirectoryError, NotADirectoryError):
            _remove(batch)
        except OSError:  # may be read another time
            pass
        self.absent.add(batch)
        self.damaged += 1
        return set()


def _entries(folder: Path | None) -> list[Path]:
    """What is in a folder, if it can be read."""
    with contextlib.suppress(OSError):
        return [] if folder is None else sorted(folder.iterdir())
    return []


def _batches(folder: Path | None) -> list[Path]:
    return [path for path in _entries(folder) if BATCH.fullmatch(path.name)]


def _index(batch: Path) -> Index:
    """Return what a batch says that it holds; a ValueError where it says nothing."""
    try:
        index = json.loads((batch / INDEX).read_bytes())
        return Index(
            [str(job) for job in index["jobs"]], {str(name): str(sum) for name, sum in index["sha256"].items()}
        )
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _check(batch: Path, hashes: Mapping[str, str]) -> None:
    """Refuse a batch with a file that is not what was written."""
    for name, written in hashes.items():
        if hashlib.sha256((batch / name).read_bytes()).hexdigest() != written:
            raise ValueError(name)


def _remove(batch: Path) -> None:
    if batch.is_dir() and not batch.is_symlink():
        shutil.rmtree(batch, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            batch.unlink()
