"""Which version of the model makes the numbers: hashes of its sources and of the libraries that compute them."""

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
LIBRARIES = ("numpy", "numba", "mesa", "pandas")
MODEL = (
    "agents/**/*.py",
    "sim/*.py",
    "sim/config/*.py",
    "sim/steps/*.py",
    "sim/experiments/worlds.py",
    "sim/experiments/outcome.py",
)  # what shapes one run
TOLD = ("sim/cli.py", "sim/results.py", "sim/files.py", "sim/errors.py")  # of these, what only says or writes


@cache
def model_version() -> str:
    """Hash of every source and library that shapes a run, hexadecimal."""
    told = {HOUSE / name for name in TOLD}
    return _digest(
        [path for path in _sources(MODEL) if path not in told],
        sys.version + "".join(version(name) for name in (*LIBRARIES, "scipy", "scikit-learn")),
    )[:12]


def sources_hash() -> str:
    """Hash of every source that shapes a result: the model's, and the experiments'."""
    return _digest(_sources((*MODEL, "sim/experiments/*.py")))


def _sources(patterns: Iterable[str]) -> list[Path]:
    return sorted({path for pattern in patterns for path in HOUSE.glob(pattern)})


def _digest(paths: Iterable[Path], start: str = "") -> str:
    digest = hashlib.sha256(start.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
