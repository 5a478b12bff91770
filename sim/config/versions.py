"""Which version of the model makes the numbers: a hash of every source and library that can change one.

Everything under `SOURCES` counts, unless `DENIED` says why it cannot change a row; `tests/test_versions.py` walks what
the work behind each study imports, and fails where a module or a library is in neither list.
"""

import hashlib
import math
import platform
import subprocess
from array import array
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[2]
SOURCES = ("agents/**/*.py", "sim/**/*.py", "scenarios/**/*.py", "scenarios/**/*.yaml")
_DESIGNS = "says which jobs there are, and judges their rows; every job tells all that it is in its own key"
DENIED: Mapping[str, str] = {
    "agents/cache.py": "where machine code is kept",
    "sim/__init__.py": "imports names",
    "sim/__main__.py": "calls the command",
    "sim/cli.py": "finds the command",
    "sim/app/**/*.py": "shows what was found on pages",
    "sim/commands/**/*.py": "says what is asked, and prints what was found",
    "sim/report/**/*.py": "draws what was found",
    "sim/waiting.py": "shows how far a study is",
    "sim/results.py": "writes and reads folders of finished tables",
    "sim/experiments/executor.py": "where jobs run",
    "sim/experiments/children.py": "how processes are started",
    "sim/experiments/ending.py": "ends what is under way",
    "sim/files/whole.py": "writes what was found",
    "sim/files/tables.py": "writes and reads folders of finished tables",
    "sim/experiments/store.py": "where finished rows are kept",
    "sim/experiments/study.py": "hands jobs out, and puts finished rows beside the design they belong to",
    "sim/experiments/record.py": "holds finished tables",
    "sim/experiments/asked.py": "tells what a study was asked",
    "sim/experiments/kept.py": "copies files",
    "sim/experiments/answer.py": "puts finished tables in words",
    "sim/experiments/theory.py": "runs a checkout's tests, whose outcomes are not kept as rows",
    "sim/experiments/sampling.py": _DESIGNS,
    "sim/experiments/csv_design.py": _DESIGNS,
    "sim/experiments/compare.py": _DESIGNS,
    "sim/experiments/sweep.py": _DESIGNS,
    "sim/experiments/sensitivity.py": _DESIGNS,
    "sim/experiments/robust.py": _DESIGNS,
    "sim/experiments/wargame.py": _DESIGNS,
    "sim/experiments/optimise.py": _DESIGNS,
    "sim/experiments/calibrate.py": _DESIGNS,
    "sim/experiments/calibration/bench.py": _DESIGNS,
    "sim/experiments/calibration/search.py": _DESIGNS,
    "sim/experiments/calibration/identify.py": _DESIGNS,
    "sim/experiments/calibration/forecast.py": _DESIGNS,
    "sim/experiments/calibration/targets.py": _DESIGNS,
    "sim/experiments/calibration/written.py": _DESIGNS,
}
LIBRARIES = {  # name imported -> distribution
    "numpy": "numpy",
    "numba": "numba",
    "llvmlite": "llvmlite",
    "pandas": "pandas",
    "scipy": "scipy",
    "mesa": "Mesa",
    "sklearn": "scikit-learn",
    "statsmodels": "statsmodels",
    "lifelines": "lifelines",
    "pydantic": "pydantic",
    "hydra": "hydra-core",
    "omegaconf": "omegaconf",
    "yaml": "PyYAML",
}
DENIED_LIBRARIES = {
    "joblib": "hands jobs to processes",
    "cloudpickle": "sends jobs to processes",
    "distributed": "hands jobs to machines",
    "ray": "hands jobs to machines",
    "nashpy": "finds equilibria of finished payoffs",
    "SALib": "chooses points, each of which stands in its job's key, and judges rows",
    "threadpoolctl": "counts threads of linear algebra",
    "markupsafe": "writes pages",
    "jinja2": "writes pages",
    "matplotlib": "draws",
    "rich": "shows how far a study is",
    "IPython": "shows how far a study is, in a notebook",
    "pydantic_core": "comes with pydantic, whose version counts",
}


def churnlab_version() -> str:
    """Version of churnlab as installed; 'source' where it runs without being installed."""
    try:
        return version("churnlab")
    except PackageNotFoundError:
        return "source"


@cache
def commit() -> dict[str, Any] | None:
    """Commit of the checkout this runs from, and whether sources have been changed since; None where it is none."""
    if not (HOUSE / ".git").exists():
        return None
    try:
        git = ["git", "-C", str(HOUSE)]
        head, changes = (
            subprocess.run([*git, *words], capture_output=True, text=True, check=True).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--", "agents", "sim", "scenarios"])
        )
    except (OSError, subprocess.CalledProcessError):  # no git here, or a checkout it does not trust
        return None
    return {"id": head, "is_changed": bool(changes)}


@cache
def model_version(house: Path = HOUSE) -> str:
    """Hash of every source and library that can change a row, hexadecimal."""
    told = f"{platform.python_version()}{sorted(library_versions().items())}{last_bits()}"
    digest = hashlib.sha256(told.encode())
    for path in hashed_sources(house):
        digest.update(f"\n{path.relative_to(house).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def last_bits() -> str:
    """Hash of what the system's mathematical library gives for many numbers, hexadecimal: all in a month that
    another system, or a processor without fused multiplication, may round otherwise (`agents.exact`).
    """
    points = [0.0037 * number + 0.011 for number in range(1, 4097)]  # about one in a thousand is rounded otherwise
    found = [value for x in points for value in (math.exp(-x), math.log(x), math.pow(x, 1.7), math.log1p(x))]
    return hashlib.sha256(array("d", found).tobytes()).hexdigest()[:16]


def hashed_sources(house: Path) -> list[Path]:
    """Return the files below a checkout or an installation that count, in a fixed order."""
    denied = {path for pattern in DENIED for path in house.glob(pattern)}
    return sorted({path for pattern in SOURCES for path in house.glob(pattern)} - denied)


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries that compute, by distribution; "absent" where one is not installed."""
    found = {}
    for name in LIBRARIES.values():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
