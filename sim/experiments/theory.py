"""What of theory holds: the reference cases and negative controls of a checkout's tests,
run and read back as a table.
"""

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from sim.experiments.validate import MET, MISSED

HOUSE = Path(__file__).resolve().parents[2]
MARKERS = "(theory or control) and not validate"
VARIABLE = "CHURNLAB_CHECKS"  # names the file to which tests/theory/builders.py writes every number it checks


def theory() -> pd.DataFrame | None:
    """Run tests marked `theory` or `control`; None where there is no checkout with tests, or no pytest.

    Returns
    -------
    DataFrame
        one row a reference case, or a test module where no case is behind it: case, by (who computed the numbers),
        checks, largest_error (share of the tolerance; NaN without numbers), failed, verdict

    """
    if not (HOUSE / "tests" / "theory").is_dir():
        return None
    with tempfile.TemporaryDirectory() as folder:
        numbers, results = Path(folder) / "numbers.jsonl", Path(folder) / "results.xml"
        cores = ["-n", "2", "--dist", "worksteal"] if find_spec("xdist") else []
        command = [
            sys.executable,
            "-P",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *cores,
            "-m",
            MARKERS,
            f"--junit-xml={results}",
            str(HOUSE / "tests"),
        ]
        subprocess.run(command, cwd=HOUSE, env={**os.environ, VARIABLE: str(numbers)}, capture_output=True, check=False)
        if not results.is_file():
            return None
        told = (
            [json.loads(line) for line in numbers.read_text(encoding="utf-8").splitlines()] if numbers.is_file() else []
        )
        return pd.concat([_cases(told), _modules(results)], ignore_index=True)


def _cases(told: list[dict[str, object]]) -> pd.DataFrame:
    """One row a reference case, from the numbers that were checked against it."""
    frame = pd.DataFrame(told, columns=["case", "by", "name", "expected", "tolerance", "value"])
    error = (frame["value"] - frame["expected"]).abs()
    frame["share"] = (error / frame["tolerance"]).where(frame["tolerance"] > 0.0, (error > 0.0).astype(float))
    groups = frame.drop_duplicates(["case", "name"], keep="last").groupby("case", sort=True)
    table = groups.agg(
        by=("by", lambda by: str(by.iloc[0]).partition(" (")[0]),
        checks=("name", "size"),
        largest_error=("share", "max"),
        failed=("share", lambda share: int((share > 1.0).sum())),
    ).reset_index()
    return table.assign(verdict=[MISSED if failed else MET for failed in table["failed"]])


def _modules(results: Path) -> pd.DataFrame:
    """One row a test module: how many tests ran and failed, whatever they check."""
    rows: dict[str, list[int]] = {}
    for test in ElementTree.parse(results).iter("testcase"):
        if test.find("skipped") is None:
            counts = rows.setdefault(test.get("classname", "").replace(".", "/") + ".py", [0, 0])
            counts[0] += 1
            counts[1] += test.find("failure") is not None or test.find("error") is not None
    return pd.DataFrame(
        [
            (name, "churnlab", tests, float("nan"), failed, MISSED if failed else MET)
            for name, (tests, failed) in sorted(rows.items())
        ],
        columns=["case", "by", "checks", "largest_error", "failed", "verdict"],
    )
