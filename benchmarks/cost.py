"""What a customer-month costs and why: `python -m benchmarks.cost [--quick] [--largest=N] [--table]`.

Four questions, answered in one run on one machine: what each mechanism costs; how time and memory grow with customers,
ties, plans, threads and months; how far the loop is from the machine's memory bandwidth (the roofline of Williams,
Waterman & Patterson 2009); what a user waits for beside the months. A full run writes benchmarks/results/cost.*, the
figures and the tables of docs/performance.md; a quick one only prints."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

from benchmarks.cost_view import figures_of, page_of
from benchmarks.machine import RESULTS, write_results
from benchmarks.mechanism_cost import cost_of_mechanisms
from benchmarks.memory import bandwidth, traffic_of
from benchmarks.options import DOCS, fill, parse, read_told, run
from benchmarks.timing import SEED, Point, Timed, measure, scenario_of
from benchmarks.waits import command_waits, market_waits
from sim.files.whole import write_whole

COLUMNS = ["table", "item", "at", "measure", "value"]


def points(quick: bool, largest: int) -> list[Point]:
    """Return the markets to be measured; each dimension is varied alone around `size` people."""
    size, cores = (20_000 if quick else 200_000), os.cpu_count() or 1
    counts = [count for count in (10_000, 100_000, 1_000_000, 10_000_000) if count <= largest]
    many = 65_536 * (4 if quick else 16)  # whole blocks, several a thread
    return [
        *(Point("customers", count) for count in counts),
        *(Point("ties", size, ties=ties) for ties in (0, 4, 8, 16)),
        *(Point("plans", size, plans=plans) for plans in (4, 12, 36)),
        *(Point("threads", many, threads=threads) for threads in powers_up_to(cores)),
        *(Point("months", size // 2, months=months) for months in (12, 24, 36, 60)),
    ]


def powers_up_to(cores: int) -> list[int]:
    """Thread counts 1, 2, 4, ... and the number of cores.

    >>> powers_up_to(6)
    [1, 2, 4, 6]
    """
    return sorted({1 << power for power in range(cores.bit_length()) if 1 << power <= cores} | {cores})


def scaling_rows(each: Sequence[Point]) -> list[tuple[str, str, float, str, float]]:
    """Measure every point in a process of its own, so that its peak memory is its own."""
    rows = []
    for point in each:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            found = process.submit(measure, point).result()
        print(
            f"{point.varies} {point.value:,}: {found['loop']:.0f} ns per customer-month, {found['peak']:,.0f} MiB",
            flush=True,
        )
        rows += [
            ("scaling", point.varies, float(point.value), name, value)
            for name, value in {**found, "people": float(point.customers)}.items()
        ]
    return rows


def memory_rows(customers: int) -> list[tuple[str, str, float, str, float]]:
    """Count the bytes of a customer-month and measure bandwidth, on one core and on all."""
    market = Timed(scenario_of(Point("customers", customers)), seed=SEED)
    rows = [
        ("traffic", str(part.part), 0.0, name, float(getattr(part, name)))
        for part in traffic_of(market).itertuples()
        for name in ("read", "written")
    ]
    return rows + [
        ("bandwidth", "triad", float(threads), "bytes_per_second", bandwidth(threads))
        for threads in sorted({1, os.cpu_count() or 1})
    ]


def measured(quick: bool = False, largest: int = 1_000_000) -> pd.DataFrame:
    """Measure everything; columns table, item, at, measure, value."""
    people, repeats = (20_000, 3) if quick else (100_000, 21)
    rows = memory_rows(people)
    found = cost_of_mechanisms(people, repeats)
    rows += [
        ("mechanism", str(row.mechanism), 0.0, name, float(getattr(row, name)))
        for row in found.itertuples()
        for name in ("cost", "low", "high")
    ]
    rows += scaling_rows(points(quick, min(largest, 100_000) if quick else largest))
    people, repeats = (100_000, 2) if quick else (1_000_000, 7)
    return pd.DataFrame(rows + command_waits(repeats) + market_waits(people, repeats), columns=COLUMNS)


def write(frame: pd.DataFrame, told: dict[str, object], folder: Path = RESULTS, docs: Path = DOCS) -> None:
    """Write page, figures and Markdown from what was measured."""
    text = page_of(frame, told)
    write_whole(folder / "cost.md", text + "\n")
    fill(docs / "performance.md", "cost", text)
    figures_of(frame, docs / "images")


def main(words: Sequence[str]) -> None:
    """Measure, print, and write unless quick."""
    given = parse(words, {"quick": False, "largest": 1_000_000, "table": False})
    if given["table"]:  # from what was measured before
        write(pd.read_csv(RESULTS / "cost.csv"), read_told("cost"))
        return
    begin = time.perf_counter()
    frame = measured(bool(given["quick"]), given["largest"])
    print(f"\n{page_of(frame, {})}\n\n{time.perf_counter() - begin:.0f} seconds.")
    if not given["quick"]:
        write_results("cost", frame)
        write(frame, read_told("cost"))


if __name__ == "__main__":
    run(main)
