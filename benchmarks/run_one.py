"""One measured run in a process of its own: `python -m benchmarks.run_one CONTENDER ...`; the last line printed is what
came out, as JSON.

Runs in rivals' environments, where churnlab is not installed: NumPy is all that is needed here.
"""

import argparse
import importlib
import json
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.small_market import SmallMarket, portrait

WARM = 2  # months before the clock starts


def peak_memory() -> float:
    """Largest resident memory of this process so far, MiB: interpreter, libraries and data."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux counts it from the program's start; getrusage would include what the parent held
        return (
            next(
                int(line.split()[1])
                for line in status.read_text(encoding="utf-8").splitlines()
                if line.startswith("VmHWM")
            )
            / 2**10
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS


class Source:
    """Sets up a contender's market again and again, from the same opening."""

    def __init__(self, contender: Contender, opening: Path, people: int):
        self.contender = contender
        self.module = importlib.import_module(f"benchmarks.{contender.module}")
        self.small: SmallMarket | None = None
        self.people = people
        self.first: Any = None  # churnlab's world at month 0
        if contender.is_churnlab:
            self.module.compile_rules()
        else:
            self.small = SmallMarket.load(opening)

    def build(self, seed: int) -> Any:
        """Set up the market with this seed of its luck."""
        if not self.contender.is_churnlab:
            return getattr(self.module, self.contender.builder)(self.small, seed)
        one = self.contender
        return self.module.Runner(
            self.module.open_market(self.people, one.scenario, one.overrides, self.module.cores(one.threads))
        )

    def build_again(self, seed: int) -> Any:
        """Set up the market with this seed of its luck, quickly where the world is there already."""
        if not self.contender.is_churnlab:
            return self.build(seed)
        self.first = self.first or self.build(seed).market
        return self.module.Runner(self.first.fork(seed=1_000 + seed))


def measure(source: Source, months: int, seed: int) -> dict[str, Any]:
    """Time a run: seconds of set-up, nanoseconds a customer-month by the wall's and by the processor's clock, memory,
    and the figures of every month.
    """
    base, begun = peak_memory(), time.perf_counter()
    world = source.build(seed)
    setup = time.perf_counter() - begun
    for _ in range(WARM):
        world.step()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(months):
        world.step()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    scale = 1e9 / (months * source.people)
    return {
        "setup_seconds": setup,
        "wall_ns": wall * scale,
        "cpu_ns": cpu * scale,
        "base_mib": base,
        "peak_mib": peak_memory(),
        "months": months,
        "figures": [month.figures() for month in world.months],
    }


def watch(source: Source, months: int, worlds: int, small: SmallMarket) -> dict[str, Any]:
    """Live the same opening with different luck: figures (worlds, months, figures), and a portrait of each end."""
    figures, portraits = [], []
    for seed in range(worlds):
        world = source.build_again(seed)
        for _ in range(months):
            world.step()
        figures.append([month.figures() for month in world.months])
        portraits.append(portrait(small, *world.state()))
    return {"figures": figures, "portraits": portraits}


def main(words: Sequence[str] | None = None) -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_one", description=__doc__)
    parser.add_argument("contender", choices=[*CONTENDERS, "opening"])
    parser.add_argument(
        "--opening", type=Path, required=True, help="file of the small market's opening; written by `opening`"
    )
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0, help="of a rival's luck")
    parser.add_argument("--worlds", type=int, default=0, help="watch so many worlds instead of timing one")
    given = parser.parse_args(words)
    if given.contender == "opening":
        from benchmarks.with_churnlab import open_market

        SmallMarket.of(open_market(given.people)).save(given.opening)
        return
    source = Source(CONTENDERS[given.contender], given.opening, given.people)
    found = (
        watch(source, given.months, given.worlds, SmallMarket.load(given.opening))
        if given.worlds
        else measure(source, given.months, given.seed)
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
