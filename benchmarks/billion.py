"""What a market of a billion customers would take on many machines: a model of time and memory, fed with what was
measured.
"""

from typing import NamedTuple

import pandas as pd

from benchmarks.cost_view import table_of

PEOPLE, MONTHS = 1_000_000_000, 60
LATENCY = 50e-6  # seconds a message, of one machine's network card and kernel; assumption
WORKERS, CORES, GIGABITS = (16, 64, 256), (8, 32), (10, 25)


class Measured(NamedTuple):
    """What one customer costs on one core, from `benchmarks.cost`."""

    month: float  # ns per customer-month, whole months
    setup: float  # seconds per customer
    held: float  # bytes per customer
    peak: float  # bytes per customer at set-up


def customer_costs(cost: pd.DataFrame) -> Measured:
    """Read them from the largest market measured; memory at the peak from the growth between the smallest and the
    largest.
    """
    rows = table_of(cost, "scaling").query("item == 'customers'").sort_values("at")
    small, large = rows.iloc[0], rows.iloc[-1]
    grown = (float(large["peak"]) - float(small["peak"])) * 2**20 / (float(large["at"]) - float(small["at"]))
    return Measured(float(large["month"]), float(large["setup"]) / float(large["at"]), float(large["held"]), grown)


def packed(entries: pd.Series, changed: pd.Series, felt_only: pd.Series) -> pd.Series:
    """Bytes of a month's changes: a bit for each entry (changed?), one for each change (only satisfaction?), then 1
    byte or 4.
    """
    return entries / 8.0 + changed / 8.0 + felt_only + 4.0 * (changed - felt_only)


def halo_of(volumes: pd.DataFrame, regions: int, workers: int) -> tuple[float, float, float]:
    """Return packed bytes a month and entries of the busiest worker, per customer of the whole market; and messages a
    worker. For a split by region.
    """
    rows = volumes[(volumes["regions"] == regions) & (volumes["split"] == "region") & (volumes["workers"] == workers)]
    most = packed(rows["most"], rows["most_changed"], rows["most_felt_only"]) / rows["people"]
    return float(most.mean()), float((rows["most"] / rows["people"]).mean()), float(rows["messages"].iloc[0]) / workers


def exchange(volumes: pd.DataFrame, sizes: dict[str, float], regions: int, workers: int, gigabits: float) -> float:
    """Seconds a month in which workers only exchange: halos; sums, passed on from worker to worker in the order of
    chunks; orders to all, in a tree.
    """
    each, _, messages = halo_of(volumes, regions, workers)
    speed = gigabits * 1e9 / 8.0
    sums = workers * (LATENCY + sizes["chunk_sums"] / speed)
    orders = workers.bit_length() * (LATENCY + sizes["orders"] / speed)
    return each * PEOPLE / speed + messages * LATENCY + sums + orders


def compute(one: Measured, workers: int, cores: int) -> float:
    """Seconds a month in which workers compute, if cores and workers share the work evenly."""
    return one.month * 1e-9 * PEOPLE / (workers * cores)


def model(volumes: pd.DataFrame, sizes: dict[str, float], cost: pd.DataFrame) -> pd.DataFrame:
    """One row a cluster: times in seconds a month, memory in GiB a worker.

    But `set_up` (on one core of each worker, as it is written now) is in minutes, and `all` is all months. `level` is
    how many cores a worker must have for exchange to take as long as computing and packing."""
    one, rows = customer_costs(cost), []
    counted = volumes[volumes["split"] == "region"]
    fewest, most = int(counted["regions"].min()), int(counted["regions"].max())
    for workers in (size for size in WORKERS if size in set(counted["workers"])):
        for cores in CORES:
            for gigabits in GIGABITS:
                work = compute(one, workers, cores)
                packing = sizes["packing"] * halo_of(volumes, fewest, workers)[1] * PEOPLE / cores
                worst, best = (exchange(volumes, sizes, regions, workers, gigabits) for regions in (fewest, most))
                rows.append(
                    {
                        "workers": workers,
                        "cores": cores,
                        "gigabits": gigabits,
                        "held": one.held * PEOPLE / workers / 2**30,
                        "peak": one.peak * PEOPLE / workers / 2**30,
                        "compute": work,
                        "packing": packing,
                        "exchange": worst,
                        "exchange_regional": best,
                        "set_up": one.setup * PEOPLE / workers / 60.0,
                        "all": MONTHS * (work + packing + worst),
                        "level": (work + packing) * cores / worst,
                    }
                )
    return pd.DataFrame(rows)
