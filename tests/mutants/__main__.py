"""Which planted faults do the tests see? `make mutants`, or `python -m tests.mutants [--part PART] [--only WORD]`.

Each fault is planted in a copy of the tree, and the golden runs are tried on it first, then the test files of its part,
until one fails. A fault that nothing sees has survived: it wants a test of the right value. At least 95 % must be seen.

Golden runs keep the machine code of the tree without the fault, see kept.py; test files compile anew. mutmut and
cosmic-ray would not do: mutmut calls every function through a trampoline that numba cannot compile, and both change one
operator after the other, thousands of times, which means thousands of compilations, most of faults that mean nothing.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from agents.rule import COMPILED
from tests.mutants.kept import FOLDER
from tests.mutants.mutants import HOUSE, MUTANTS, PARTS, Mutant, sources

AIM = 0.95  # share of faults that must be seen
LEFT_BEHIND = (".git", ".venv*", "results", "__pycache__", ".*_cache", "*.egg-info", "build")
TIME = 900  # seconds a test run may take: a fault that makes it longer is seen
NOT_IN_GOLDEN = ("facts", "calibration")


class Tree:
    """A copy of the tree, in which faults are planted one at a time."""

    def __init__(self, folder: Path) -> None:
        self.root, self.code = folder / "tree", folder / "code"
        shutil.copytree(HOUSE, self.root, ignore=shutil.ignore_patterns(*LEFT_BEHIND))

    def seen_by(self, mutant: Mutant, number: int) -> str | None:
        """Plant a fault and return the first test that sees it, or None."""
        path, text = next((path, text) for path, text in sources().items() if mutant.old in text)
        file = self.root / path
        read, written = file.stat().st_atime, file.stat().st_mtime
        file.write_text(mutant.planted(text), encoding="utf-8")
        os.utime(file, (read, written + 1.0 + number))  # so that nothing compiled is taken for that of another fault
        try:
            for arguments in killers(mutant, any(mark.decode() in text for mark in COMPILED)):
                if (test := self.failing(arguments)) is not None:
                    return test
            return None
        finally:
            file.write_text(text, encoding="utf-8")
            os.utime(file, (read, written))

    def failing(self, arguments: Sequence[str]) -> str | None:
        """Run tests until one fails; return its name, or None."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments]
        caches = {"XDG_CACHE_HOME": str(self.code / "anew"), FOLDER: str(self.code / "kept")}
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                env={**os.environ, **caches, "PYTHONPATH": str(self.root)},
                capture_output=True,
                text=True,
                timeout=TIME,
            )
        except subprocess.TimeoutExpired:
            return f"time: {arguments[0]} takes more than {TIME} seconds"
        finally:
            shutil.rmtree(self.code / "anew", ignore_errors=True)
        if done.returncode == 0:
            return None
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
        return failed[1] if failed else f"{arguments[0]} cannot be run"


def golden(word: str) -> list[str]:
    """Golden runs that are chosen by a word, with kept machine code."""
    return ["tests/golden", "-p", "tests.mutants.kept", "-k", word]


def killers(mutant: Mutant, is_compiled: bool) -> list[list[str]]:
    """Test runs that should see a fault, the quick ones first; whatever is compiled shows it as objects."""
    engine = "objects" if is_compiled else "columns"
    runs = [] if mutant.part in NOT_IN_GOLDEN else [golden(f"{engine} and {arm}") for arm in ("everything", "levers")]
    return [*runs, *([file] for file in PARTS[mutant.part])]


def chosen(part: str | None, only: str | None) -> list[Mutant]:
    """Return the faults of a part, or whose meaning holds a word."""
    return [one for one in MUTANTS if part in (None, one.part) and (only or "").lower() in one.means.lower()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant all faults asked for, tell which are seen and by whom; return 1 where too few are."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--part", choices=PARTS, help="faults of one part of the model")
    parser.add_argument("--only", help="faults whose meaning holds this word")
    asked = parser.parse_args(arguments)
    mutants, survivors = chosen(asked.part, asked.only), []
    os.nice(10)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Tree(Path(folder))
        for word in ("everything", "levers"):  # these also compile what is kept
            if (test := tree.failing(golden(word))) is not None:
                print(f"without any fault, {test} fails: mend that first")
                return 1
        for number, mutant in enumerate(mutants):
            begun = time.monotonic()
            test = tree.seen_by(mutant, number)
            survivors += [mutant] if test is None else []
            told = f"{'SURVIVED' if test is None else 'killed'} {time.monotonic() - begun:6.0f} s  {mutant.part}: "
            print(f"{number + 1:3d}/{len(mutants)} {told}{mutant.means}  {test or ''}", flush=True)
    rate = 1.0 - len(survivors) / max(len(mutants), 1)
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} faults are seen, {100.0 * rate:.0f} %")
    return int(rate < AIM)


if __name__ == "__main__":
    sys.exit(main())
