"""Store the golden runs anew: `python -m tests.golden.refresh`, after a change that was meant to change numbers.

What is stored may change only with a line in CHANGELOG.md that begins with **Changes results** and is not yet in git's
HEAD. Tables, columns and runs that are new change no number and need none.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.golden.runs import RUNS, STORED, world
from tests.golden.tables import Table, differences, read, tables, write

HOUSE = Path(__file__).resolve().parents[2]
MARK = "**Changes results"


def new_lines(now: str, before: str) -> list[str]:
    """Lines of a changelog that tell of changed results and were not there before."""
    known = set(before.splitlines())
    return [line for line in now.splitlines() if MARK in line and line not in known]


def of_known_measures(now: dict[str, Table], before: dict[str, Table]) -> dict[str, Table]:
    """Leave out tables and measures that were not stored before: they change no number."""
    known = {}
    for name, lines in before.items():
        measures = {dict(line).get("column") for line in lines}
        known[name] = {line: row for line, row in now.get(name, {}).items() if dict(line).get("column") in measures}
    return known


def main() -> int:
    """Refuse, or store; return the exit code."""
    found = {run: tables(world(run).fork().run()) for run in RUNS}
    gone = {path.parent for path in STORED.glob("*/*/*.csv")} - {run.folder for run in RUNS}
    moved = [f"{path.relative_to(STORED)}: stored, and no longer run" for path in sorted(gone)]
    for run, now in found.items():
        before = read(run.folder)
        moved += [f"{run.name}: {cell}" for cell in differences(before, of_known_measures(now, before))]
    log = ["git", "show", "HEAD:CHANGELOG.md"]
    before = subprocess.run(log, cwd=HOUSE, capture_output=True, text=True, check=True).stdout
    if moved and not new_lines((HOUSE / "CHANGELOG.md").read_text(encoding="utf-8"), before):
        print(*moved[:20], sep="\n")
        print(
            f"{len(moved)} stored cells are no longer found. Where that is meant, say in CHANGELOG.md what moved and"
            f" why, on a line that begins with {MARK}:**, and refresh again. Nothing was stored."
        )
        return 1
    for folder in gone:
        shutil.rmtree(folder)
    for run, now in found.items():
        shutil.rmtree(run.folder, ignore_errors=True)
        write(now, run.folder)
    print(f"{len(found)} runs are stored; {len(moved)} cells have changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
