"""One environment per rival, under .venv-bench/: mesa-frames wants a NumPy older than churnlab's, so they cannot share
one.
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.contenders import Contender
from benchmarks.machine import HOUSE

ROOT = HOUSE / ".venv-bench"


def python_of(contender: Contender, root: Path = ROOT) -> Path:
    """Python that runs a contender; its own, once `install` has made it."""
    return root / contender.package / "bin" / "python" if contender.needs else Path(sys.executable)


def is_installed(contender: Contender, root: Path = ROOT) -> bool:
    """Tell whether a contender can be run."""
    mark = root / contender.package / "installed"
    return not contender.needs or (mark.is_file() and mark.read_text(encoding="utf-8") == _wanted(contender))


def install(contender: Contender, root: Path = ROOT) -> str:
    """Make a contender's environment if it is not there; return why that cannot be done, empty where all is well."""
    if is_installed(contender, root):
        return ""
    folder = root / contender.package
    constraints = ["-c", str(HOUSE / "constraints.txt")] if contender.pinned else []
    pip = [str(python_of(contender, root)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], [*pip, *constraints, *contender.needs]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            told = (
                [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
                or done.stderr.splitlines()
                or ["no reason given"]
            )
            return told[-1]
    (folder / "installed").write_text(_wanted(contender), encoding="utf-8")
    return ""


def _wanted(contender: Contender) -> str:
    return "\n".join(contender.needs) + "\n"


def versions_in(contender: Contender, root: Path = ROOT) -> dict[str, str]:
    """Versions of what a rival's environment holds, of the packages that matter here."""
    code = (
        "import json; from importlib.metadata import distributions; print(json.dumps({d.name.lower(): d.version for d"
        " in distributions()}))"
    )
    done = subprocess.run([str(python_of(contender, root)), "-c", code], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return {
        name: found[name]
        for name in (
            contender.package.lower(),
            contender.package.lower().replace("-", "_"),
            "numpy",
            "polars",
            "pandas",
            "numba",
        )
        if name in found
    }
