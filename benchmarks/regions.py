"""One market on many machines: what workers would have to tell each other every month, measured (`python -m
benchmarks.regions [--quick] [--table]`).

A market is lived on one machine; its people are given to workers, and the entries of each worker's halo that change are
counted month by month. A full run writes benchmarks/results/regions.*, the figure and the tables of docs/scale.md; a
quick one only prints."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from agents.tables import table
from benchmarks.machine import RESULTS, write_results
from benchmarks.options import DOCS, fill, parse, read_told, run
from benchmarks.regions_view import figures_of, page_of
from benchmarks.split import FELT, Owner, by_number, by_region, halos_of, pack, split_market, unpack
from benchmarks.timing import SEED
from sim import Market, load_scenario
from sim.config import Scenario
from sim.errors import InputError
from sim.files.whole import write_whole
from sim.month.records import LIMIT
from sim.world.world import Note

SPLITS: dict[str, Owner] = {"region": by_region, "number": by_number}


def scenario_of(customers: int, months: int, regions: int = 2) -> Scenario:
    """Compose `europe_three` with so many people and months; of more regions than its two types, 72 % are urban."""
    scenario = load_scenario("europe_three", [f"customers.count={customers}", f"months={months}", "burn_in=0"])
    if regions == len(scenario.regions):
        return scenario
    kinds = {
        f"region_{number + 1}": "urban" if number < round(0.72 * regions) else "rural" for number in range(regions)
    }
    operators = {}
    for name, config in scenario.operators.items():
        quality = {region: config.network.quality[kind] for region, kind in kinds.items()}
        operators[name] = config.model_copy(update={"network": config.network.model_copy(update={"quality": quality})})
    changed = scenario.model_copy(update={"regions": dict.fromkeys(kinds, 1.0 / regions), "operators": operators})
    return Scenario.model_validate(changed.model_dump())


def volumes(market: Market, splits: Sequence[tuple[str, int]]) -> pd.DataFrame:
    """Live a market's months and count what would be exchanged under each split (how, workers); one row a split and
    month.

    Columns: regions, split, workers, month, people, ties_across, accounts_across (shares), messages (pairs of workers),
    entries (of all halos), most (entries of the worker that receives or sends most), changed (entries), felt_only (of
    these, where satisfaction alone changed), most_changed, most_felt_only."""
    counted = []
    for split, workers in splits:
        owner = SPLITS[split](market, workers)
        halos = halos_of(market, owner)
        known: dict[str, object] = {
            "regions": len(market.region_names),
            "split": split,
            "workers": workers,
            "people": len(owner),
        }
        known |= {
            "ties_across": halos.ties_across,
            "accounts_across": halos.accounts_across,
            "messages": halos.messages,
            "entries": len(halos.person),
        }
        counted.append((known, halos.person, halos.worker, owner[halos.person]))
    rows = []
    while market.month < market.scenario.months:
        before = market.world.seen.copy()
        market.step()
        changes = market.world.seen ^ before
        changed, felt = changes != 0, (changes != 0) & (changes & ~FELT == 0)
        for known, person, to, sender in counted:
            most = {
                name: max(int(np.bincount(side, weights=weights, minlength=1).max(initial=0)) for side in (to, sender))
                for name, weights in (
                    ("most", None),
                    ("most_changed", changed[person]),
                    ("most_felt_only", felt[person]),
                )
            }
            rows.append(
                {
                    **known,
                    "month": market.month,
                    "changed": int(changed[person].sum()),
                    "felt_only": int(felt[person].sum()),
                    **most,
                }
            )
    return pd.DataFrame(rows)


def check(customers: int, months: int, workers: int) -> None:
    """Live a market on workers that see only their own people and their halo, and hold it to the market on one machine,
    to the last bit.

    Raises
    ------
    AssertionError
        where anything differs

    """
    whole = Market(scenario_of(customers, months), seed=SEED).run()
    for name, owner in SPLITS.items():
        split = split_market(scenario_of(customers, months), workers, owner, SEED).run()
        assert (
            split.state.tobytes() == whole.state.tobytes() and split.world.seen.tobytes() == whole.world.seen.tobytes()
        ), name
        for one, other in ((split.kpis, whole.kpis), (split.ledger, whole.ledger), (split.ports, whole.ports)):
            pd.testing.assert_frame_equal(one, other, check_exact=True)


def packing_time(market: Market, workers: int) -> float:
    """Live a month; return the seconds that gathering, packing and unpacking an entry of a halo takes, the best of some
    trials.
    """
    halo, old = halos_of(market, by_region(market, workers)).person, market.world.seen.copy()
    market.step()
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        before = old[halo]
        unpack(before, pack(before, market.world.seen[halo]))
        times.append(time.perf_counter() - begin)
    return min(times) / len(halo)


def sizes_of(market: Market) -> dict[str, float]:
    """Bytes that are not the halo's: sums of a chunk and of all chunks, a worker's orders for the month, operators'
    records.
    """
    chunks = len(market.world.tally.lines)
    shared = [
        *market.offers,
        market.world.reputation,
        market.world.outage,
        market.world.process,
        market.world.breach,
        market.world.breach_news,
        market.world.trust,
        market.world.churn_hazards,
    ]
    sums = sum(array.nbytes for array in market.world.tally)
    return {
        "chunk_sums": sums / chunks,
        "all_sums": float(sums),
        "orders": float(sum(np.asarray(array).nbytes for array in shared)),
        "records": float(LIMIT * len(market.operators) * (table(Note, 0).dtype.itemsize + 1)),
    }


def measured(
    customers: int, months: int, regions: Sequence[int], workers: Sequence[int]
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Measure volumes for each number of regions and workers; and the sizes of everything else."""
    frames: list[pd.DataFrame] = []
    sizes: dict[str, float] = {}
    for number in regions:
        market = Market(scenario_of(customers, months, number), seed=SEED)
        sizes = sizes or sizes_of(market)
        frames.append(volumes(market, _splits(len(market.world.tally.lines), workers, number == regions[0])))
        if "packing" not in sizes:
            sizes["packing"] = packing_time(market, max(workers))
        print(f"{number} regions: {customers:,} customers lived {months} months.", flush=True)
    return pd.concat(frames, ignore_index=True), sizes


def _splits(chunks: int, workers: Sequence[int], is_first: bool) -> list[tuple[str, int]]:
    """Splits to be counted; by number once, and only where each worker has two chunks."""
    return [("region", size) for size in workers] + [
        ("number", size) for size in workers if is_first and 2 * size <= chunks
    ]


def write(
    frame: pd.DataFrame,
    sizes: dict[str, float],
    told: dict[str, object],
    cost: pd.DataFrame,
    folder: Path = RESULTS,
    docs: Path = DOCS,
) -> None:
    """Write page, figure and Markdown from what was measured."""
    parts = page_of(frame, sizes, cost, told)
    write_whole(folder / "regions.md", "\n\n".join(parts.values()) + "\n")
    for name, text in parts.items():
        fill(docs / "scale.md", name, text)
    figures_of(frame, docs / "images")


def main(words: Sequence[str]) -> None:
    """Check, measure, print, and write unless quick."""
    given = parse(words, {"quick": False, "customers": 480_000, "months": 24, "table": False})
    cost_file = RESULTS / "cost.csv"
    if not cost_file.is_file():
        raise InputError(
            f"{cost_file}: not there; `python -m benchmarks.cost` measures what a customer-month costs, and comes first"
        )
    cost = pd.read_csv(cost_file)
    if given["table"]:  # from what was measured before
        told = read_told("regions")
        write(pd.read_csv(RESULTS / "regions.csv"), told["sizes"], told, cost)
        return
    check(20_000, 3 if given["quick"] else 12, 4)
    print(
        "A market on 4 workers that see their own people and their halo is the market on one machine, to the last bit."
    )
    if given["quick"]:
        frame, sizes = measured(30_000, 6, (2, 16), (2, 4, 16))
        print("\n\n".join(page_of(frame, sizes, cost, {}).values()))
        return
    frame, sizes = measured(given["customers"], given["months"], (2, 16, 64), (2, 4, 16, 64, 256))
    write_results("regions", frame, more={"sizes": sizes})
    write(frame, sizes, read_told("regions"), cost)


if __name__ == "__main__":
    run(main)
