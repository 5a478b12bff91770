"""On what machine and with which versions something was measured, and the files in which measurements are kept."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from sim.files.whole import write_whole

HOUSE = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = (
    "numpy",
    "numba",
    "llvmlite",
    "pandas",
    "scipy",
    "Mesa",
    "polars",
    "ambr",
    "mesa-frames",
    "agentpy",
    "starsim",
)


def machine() -> dict[str, str]:
    """Processor, logical cores, memory, operating system and Python of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def _processor() -> str:
    """Model name of the processor, as the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of the packages that are installed here."""
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """Short hash of the commit measured, with `+` where files differ from it; empty outside a repository."""
    try:
        head, changed = (
            subprocess.run(["git", *words], cwd=HOUSE, capture_output=True, text=True, check=True).stdout
            for words in (HEAD, CHANGED)
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.strip() + ("+" if changed.strip() else "")


HEAD = ("rev-parse", "--short=10", "HEAD")
CHANGED = ("status", "--porcelain", "--untracked-files=no", "--", "agents", "sim", "scenarios", "benchmarks/*.py")


def write_results(
    name: str, frame: pd.DataFrame, folder: Path = RESULTS, more: Mapping[str, Any] | None = None
) -> Path:
    """Write a table as `name`.csv, and beside it `name`.json: where, when and with what it was measured; return the
    table's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        **(more or {}),
    }
    write_whole(folder / f"{name}.csv", frame.to_csv(index=False))
    write_whole(folder / f"{name}.json", json.dumps(told, indent=1) + "\n")
    return folder / f"{name}.csv"
