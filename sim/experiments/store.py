"""Where finished rows are kept: on disk in small batches as they come, so that a study that was killed goes on where it
stopped.
"""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from sim.config.versions import model_version

FLUSH = 1.0  # seconds; with a job under way, at most about twice this is lost
ROWS = ".rows"
Tables = Mapping[str, pd.DataFrame]


class Store:
    """Tables of finished jobs, by the job's key: in a folder named by the model's version, or in memory where there is
    none.

    A batch is a folder of Parquet files that appears whole, by renaming: nothing half-written is ever read.
    """

    def __init__(self, folder: Path | None = None):
        self.root = folder
        self.folder = None if folder is None else folder / model_version()
        self.waiting: dict[str, list[pd.DataFrame]] = {}
        self.lock = threading.Lock()
        self.timer: threading.Timer | None = None
        self.fault: OSError | None = None
        self.number = 0

    def add(self, key: str, tables: Tables) -> None:
        """Take the tables of a finished job; they are on disk a second later."""
        if self.fault is not None:
            raise self.fault
        with self.lock:
            for name, table in tables.items():
                self.waiting.setdefault(name, []).append(table.assign(job=key))
            if self.folder is not None and self.timer is None:
                self.timer = threading.Timer(FLUSH, self._flush_in_time)
                self.timer.daemon = True
                self.timer.start()

    def _flush_in_time(self) -> None:
        try:
            self.flush()
        except OSError as error:  # told by the main thread: this one has nobody to tell
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
            name = f"{time.time_ns():x}-{os.getpid()}-{self.number}"
            temporary = self.folder / f".{name}"
            temporary.mkdir(parents=True)
            try:
                for table, frames in self.waiting.items():
                    with (temporary / f"{table}.parquet").open("wb") as file:
                        pd.concat(frames, ignore_index=True).to_parquet(file)
                        file.flush()
                        os.fsync(file.fileno())
                os.replace(temporary, self.folder / name)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
            self.waiting.clear()

    def known(self, keys: Collection[str]) -> set[str]:
        """Tell which jobs are finished."""
        waiting = {str(key) for frame in self.waiting.get("runs", []) for key in frame["job"]}
        return (self._stored(self.folder) | waiting) & set(keys)

    def known_elsewhere(self, keys: Collection[str]) -> int:
        """Count jobs that another version of the model has finished."""
        others = (
            []
            if self.root is None or not self.root.is_dir()
            else [folder for folder in self.root.iterdir() if folder.is_dir() and folder != self.folder]
        )
        found: set[str] = set().union(*(self._stored(folder) for folder in others))
        return len(found & set(keys))

    def read(self, name: str, keys: Collection[str]) -> pd.DataFrame:
        """Return a table of these jobs, with the column `job`; each job once."""
        wanted = set(keys)
        frames = []
        for frame in self._frames(name):
            here = set(frame["job"]) & wanted
            wanted -= here  # two processes may have finished the same job
            if here:
                frames.append(frame[frame["job"].isin(here)])
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"job": []})

    def _frames(self, name: str) -> Iterator[pd.DataFrame]:
        for batch in _batches(self.folder):
            if (batch / f"{name}.parquet").is_file():
                yield pd.read_parquet(batch / f"{name}.parquet")
        yield from self.waiting.get(name, [])

    @staticmethod
    def _stored(folder: Path | None) -> set[str]:
        stored: set[str] = set()
        for batch in _batches(folder):
            with contextlib.suppress(FileNotFoundError):
                stored.update(pd.read_parquet(batch / "runs.parquet", columns=["job"])["job"])
        return stored


def _batches(folder: Path | None) -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
