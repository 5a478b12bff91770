"""What is lost, left behind or told wrongly where work is ended, disks fill up and files are damaged? `make faults`, or
`python -m tests.faults [--quick] [--kills N] [--only PART] [--seed S]`.

Kills: run, compare, sweep and calibrate are ended at random moments by SIGKILL, SIGTERM and SIGHUP, and given again.
Disks: the same commands on disks of a few kilobytes. Damage: every file of a results folder and of finished rows, in
every way of damage.py. Prints a line for each fault, and counts; exit code 1 where anything was not as it should be.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from tests.faults import damaged, disks, kills
from tests.faults.kills import COMMANDS, SIGNALS, Undisturbed, undisturbed, words

PARTS = ("kills", "disks", "damage")
Tried = tuple[str, str, list[str]]  # of which kind, what was done, what was not as it should be


def tried(part: str, folder: Path, whole: dict[str, Undisturbed], asked: argparse.Namespace) -> Iterator[Tried]:
    """Try all of one part, against what commands came to undisturbed in a folder."""
    luck, commands = random.Random(asked.seed), list(whole)
    if part == "kills":
        pairs = [(command, name) for name in SIGNALS for command in commands]
        for command, name in islice(cycle(pairs), asked.kills):
            yield f"{command} {name}", "", list(kills.killed(command, name, luck, whole[command], asked.jobs))
    if part == "disks":
        for command in commands:
            for size in disks.SIZES[1:2] if asked.quick else disks.SIZES:
                yield (
                    f"{command} full disk",
                    f"{size} kB",
                    list(disks.filled(command, size, whole[command], asked.jobs)),
                )
    if part == "damage":
        for command in commands:
            out = folder / command / "whole"
            yield from ((f"{command} results", f"{one[0]}, {one[1]}", one[2]) for one in damaged.results(out))
            if command != "run":
                given = words(command, out, 1)
                yield from (
                    (f"{command} rows", f"{one[0]}, {one[1]}", one[2])
                    for one in damaged.rows(out, given, whole[command])
                )


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all that is asked for; return 1 where anything was not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a sweep only, and few of each")
    parser.add_argument("--kills", type=int, metavar="N", help="how many kills (default: 120; quick: 3)")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--jobs", type=int, default=2, help="processes of a study (default: 2)")
    asked = parser.parse_args(arguments)
    asked.kills = asked.kills or (3 if asked.quick else 120)
    counts, faults, began = Counter[str](), Counter[str](), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        folder, whole = Path(place), dict[str, Undisturbed]()
        for command in ["sweep"] if asked.quick else COMMANDS:
            (folder / command).mkdir()
            whole[command] = undisturbed(command, folder / command, asked.jobs)
        for part in PARTS if asked.only is None else [asked.only]:
            for kind, what, found in tried(part, folder, whole, asked):
                counts[kind] += 1
                faults[kind] += bool(found)
                done = f"{sum(counts.values()):5d} after {time.monotonic() - began:5.0f} s  {kind} {what}"
                print(
                    "\n".join([done, *(f"      NOT AS IT SHOULD BE: {' '.join(fault.split())}" for fault in found)]),
                    flush=True,
                )
    for kind, count in counts.items():
        print(f"{kind:<24} {count:>5} tried {faults[kind]:>5} not as it should be")
    total = sum(faults.values())
    print(f"{sum(counts.values())} tried in {time.monotonic() - began:.0f} s, {total} not as it should be")
    return int(total > 0)


if __name__ == "__main__":
    sys.exit(main())
