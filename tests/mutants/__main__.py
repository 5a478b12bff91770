"""Which planted faults do the tests see? `make mutants`, or `python -m tests.mutants [--part PART] [--only WORD]`.

Each fault is held against the golden runs first, those with everything on and those under levers, in a child of this
process (see planting.py); where they do not see it, against the test files of its part, in a copy of the tree, until
one fails. A fault that nothing sees has survived: it wants a test of the right value. At least 95 % must be seen.

mutmut and cosmic-ray would not do: mutmut calls every function through a trampoline that numba cannot compile, and both
change one operator after the other, thousands of times, which means thousands of compilations of twenty seconds, most
of them for faults that mean nothing.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from agents.rule import COMPILED
from sim import Customer, Market
from tests.golden.runs import RUNS, Run, world
from tests.golden.tables import differences, read, tables
from tests.mutants.mutants import HOUSE, MUTANTS, PARTS, Mutant, sources
from tests.mutants.planting import in_a_child, name_of, plant

AIM = 0.95  # share of faults that must be seen
LEFT_BEHIND = (".git", ".venv*", "results", "__pycache__", ".*_cache", "*.egg-info", "build")
TIME = 900  # seconds a test file may take: a fault that makes it longer is seen
NOT_IN_GOLDEN = ("facts", "calibration")


def seen_in_golden(path: Path, text: str, planted: str, worlds: dict[Run, Market], opens: bool) -> str | None:
    """Return the first cell in which a golden run shows a source that is planted in place of another, or None; opens:
    worlds are opened anew.
    """
    if name_of(path) not in sys.modules:
        return None
    is_compiled = any(mark.decode() in text for mark in COMPILED)

    def compare() -> str | None:
        for run, opened in worlds.items():
            market = world(run) if opens else opened
            found = tables(market.fork(customer=Customer if is_compiled else None).run())
            for cell in differences(read(run.folder), found):
                return f"{run.name}: {cell}"
        return None

    plant(path, planted)
    try:
        return in_a_child(compare)
    finally:
        plant(path, text)


class Tree:
    """A copy of the tree in which faults are planted one at a time."""

    def __init__(self, folder: Path) -> None:
        self.root, self.code = folder / "tree", folder / "code"
        shutil.copytree(HOUSE, self.root, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        self.sound: dict[str, bool] = {}  # test files that pass without a fault

    def seen_by(self, mutant: Mutant, path: Path, text: str) -> str | None:
        """Plant a fault and return the first test of its part that sees it, or None."""
        file = self.root / path
        for tests in PARTS[mutant.part]:
            file.write_text(mutant.planted(text), encoding="utf-8")
            try:
                test = self.failing(tests)
            finally:
                file.write_text(text, encoding="utf-8")
            if test is not None and self.sound.setdefault(tests, self.failing(tests) is None):
                return test
        return None

    def failing(self, tests: str) -> str | None:
        """Run tests until one fails; return its name, or None."""
        command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *shlex.split(tests)]
        given = {**os.environ, "XDG_CACHE_HOME": str(self.code), "PYTHONPATH": str(self.root)}
        try:
            done = subprocess.run(command, cwd=self.root, env=given, capture_output=True, text=True, timeout=TIME)
        except subprocess.TimeoutExpired:
            return f"{tests} takes more than {TIME} seconds"
        if done.returncode == 0:
            return None
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
        return failed[1] if failed else f"{tests} cannot be run"


def place_of(mutant: Mutant) -> tuple[Path, str]:
    """Source in which a fault is planted: its path within the tree, and its text."""
    return next((path, text) for path, text in sources().items() if mutant.old in text)


def chosen(part: str | None, only: str | None) -> list[Mutant]:
    """Return the faults of a part, or whose meaning holds a word."""
    return [one for one in MUTANTS if part in (None, one.part) and (only or "").lower() in one.means.lower()]


def opened_worlds() -> dict[Run, Market]:
    """Markets of the golden runs at month 0, those with everything on first; without a fault they must show none."""
    worlds = {run: world(run) for arm in ("everything", "levers") for run in RUNS if run.arm == arm}
    for part in ("steps", "strategies"):  # as objects, and in columns
        path, text = place_of(next(mutant for mutant in MUTANTS if mutant.part == part))
        told = seen_in_golden(path, text, text, worlds, False)
        if told is not None:
            sys.exit(f"the golden runs are not found without any fault; mend that first: {told}")
    return worlds


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant all faults asked for, tell which are seen and by whom; return 1 where too few are."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--part", choices=PARTS, help="faults of one part of the model")
    parser.add_argument("--only", help="faults whose meaning holds this word")
    asked = parser.parse_args(arguments)
    mutants, survivors = chosen(asked.part, asked.only), []
    os.nice(10)
    worlds = opened_worlds() if any(mutant.part not in NOT_IN_GOLDEN for mutant in mutants) else {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Tree(Path(folder))
        for number, mutant in enumerate(mutants):
            begun, test = time.monotonic(), None
            path, text = place_of(mutant)
            if mutant.part not in NOT_IN_GOLDEN:
                test = seen_in_golden(path, text, mutant.planted(text), worlds, mutant.part == "opening")
            test = test or tree.seen_by(mutant, path, text)
            survivors += [mutant] if test is None else []
            told = f"{'SURVIVED' if test is None else 'killed'} {time.monotonic() - begun:4.0f} s  {mutant.part}: "
            print(f"{number + 1:3d}/{len(mutants)} {told}{mutant.means}  {test or ''}", flush=True)
    rate = 1.0 - len(survivors) / max(len(mutants), 1)
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} faults are seen, {100.0 * rate:.0f} %")
    return int(rate < AIM)


if __name__ == "__main__":
    sys.exit(main())
