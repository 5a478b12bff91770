"""What does the house make of inputs that nobody would give on purpose? `make fuzz`, or
`python -m tests.fuzz [--inputs N] [--markets M] [--seed S] [--only KIND]`.

Files of customers, targets, designs and moments, overrides, scenario files, command lines, damaged results folders; and
random small markets, each run in five ways. An input gives a right answer or is refused in words; all else is a fault,
told with the smallest input that still shows it. Returns 1 where there is any.
"""

import argparse
import io
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.fuzz.batches import KINDS, Fault, batches, tried
from tests.fuzz.trials import REFUSED, RIGHT


def page(counts: dict[str, Counter[str]], faults: Sequence[Fault], times: dict[str, float]) -> str:
    """The table of counts by kind, and every fault with its smallest input."""
    lines = [f"{'kind':<18}{'inputs':>9}{'right':>9}{'refused':>9}{'faults':>9}{'processor s':>13}"]
    for kind, found in counts.items():
        bad = found.total() - found[RIGHT] - found[REFUSED]
        numbers = "".join(f"{number:>9,}" for number in (found.total(), found[RIGHT], found[REFUSED], bad))
        lines.append(f"{kind:<18}{numbers}{times[kind]:>13,.0f}")
    for number, fault in enumerate(faults, start=1):
        lines += ["", f"{number}. {fault.kind}: {fault.outcome.verdict}", fault.outcome.story]
        lines += [f"words: {fault.words}"] if fault.words else []
        for name, content in fault.files.items():
            lines += [f"--- {name}, {len(content):,} bytes", content[:3_000].decode("utf-8", "backslashreplace")]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all inputs asked for on all cores; print what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--markets", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["markets", *KINDS])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args(arguments)
    counts: dict[str, Counter[str]] = {}
    faults: dict[tuple[str, str], Fault] = {}
    times: dict[str, float] = {}
    begun = time.monotonic()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # what is fuzzed holds what no terminal shows
    work = batches(asked.inputs, asked.markets, asked.seed, asked.only)
    try:
        with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
            for number, (batch, one) in enumerate(zip(work, pool.map(tried, *zip(*work, strict=True)), strict=True)):
                kind = batch[0]
                counts.setdefault(kind, Counter()).update(one.counts)
                times[kind] = times.get(kind, 0.0) + one.seconds
                for fault in one.faults:
                    faults.setdefault((fault.kind, fault.outcome.verdict), fault)
                print(f"{number + 1}/{len(work)} batches, {len(faults)} sorts of faults", file=sys.stderr, flush=True)
    finally:  # what was tried is told also where somebody ends it
        print(page(counts, list(faults.values()), times))
        print(f"{time.monotonic() - begun:,.0f} seconds on {asked.jobs} cores")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
