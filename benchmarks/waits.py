"""What a user waits for, beside the months of a market: the command, a small study, a fork, a round of calls aimed by a
trained score.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

from agents.strategies.targeting import risk_weights
from benchmarks.machine import HOUSE
from benchmarks.timing import SEED
from sim import Market, load_scenario
from sim.month.records import records_of

COMMAND = "import sys; from sim.cli import main; sys.exit(main(sys.argv[1:]))"  # what the installed `churnlab` does
CALLS = 4  # month of a round of calls whose score was trained in an earlier one
SMALL, MONTHS = 2_000, 60
Row = tuple[str, str, float, str, float]


def command_waits(repeats: int) -> list[Row]:
    """Measure the command, first with an empty cache of machine code; rows in the columns of `benchmarks.cost`, seconds
    by the clock.
    """
    rows = rows_of("command, first after installation", 0, [command_seconds(warm=False)])
    command_seconds()
    return rows + rows_of("command", 0, [command_seconds() for _ in range(repeats)])


def market_waits(customers: int, repeats: int) -> list[Row]:
    """Measure what stands in a program's way: opening and running a small market, then fork and calls with so many
    customers.
    """
    small = [small_study_seconds() for _ in range(repeats)]
    rows = rows_of("small study, set-up", SMALL, [setup for setup, _ in small]) + rows_of(
        "small study, all months", SMALL, [months for _, months in small]
    )
    base = calling(customers)
    rows += rows_of("fork", customers, fork_seconds(base, repeats))
    plain, called = call_seconds(base, repeats)
    rows += rows_of("month without calls", customers, plain) + rows_of("month with calls", customers, called)
    rows += rows_of(
        "training the score",
        customers,
        [seconds(lambda: risk_weights(records_of(base.world, base.focal_index))) for _ in range(repeats)],
    )
    return rows


def rows_of(item: str, customers: int, each: list[float]) -> list[Row]:
    """Lowest, median and highest of what was measured, as rows."""
    return [
        ("wait", item, float(customers), name, float(np.percentile(each, place)))
        for name, place in (("low", 0), ("median", 50), ("high", 100))
    ]


def seconds(work: Callable[[], object]) -> float:
    """Seconds of the clock that something takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def command_seconds(warm: bool = True) -> float:
    """Start Python anew, run the scenario `classroom` and write its folder and report; with an empty cache where not
    warm.
    """
    with tempfile.TemporaryDirectory() as folder:
        where = {**os.environ, "PYTHONPATH": str(HOUSE)} | ({} if warm else {"XDG_CACHE_HOME": folder})
        words = [sys.executable, "-P", "-c", COMMAND, "run", "classroom", "--out", folder]
        return seconds(lambda: subprocess.run(words, env=where, check=True, capture_output=True))


def small_study_seconds() -> tuple[float, float]:
    """Open a small market, then run all its months."""
    scenario, opened = load_scenario("europe_three", [f"customers.count={SMALL}", f"months={MONTHS}", "burn_in=0"]), []
    setup = seconds(lambda: opened.append(Market(scenario, seed=SEED)))
    return setup, seconds(opened[0].run)


def calling(customers: int) -> Market:
    """Live until the month before a round of calls; the churn model was trained for the first."""
    words = [
        f"customers.count={customers}",
        "burn_in=6",
        "months=12",
        "policies=[none,proactive_risk]",
        "policy=proactive_risk",
    ]
    market = Market(load_scenario("europe_three", words), seed=SEED)
    while market.month < CALLS - 1:
        market.step()
    return market


def fork_seconds(base: Market, repeats: int) -> list[float]:
    """Fork a market, several times; every fork is let go of before the next is timed."""
    found = []
    for _ in range(repeats):
        found.append(seconds(base.fork))
    return found


def call_seconds(base: Market, repeats: int) -> tuple[list[float], list[float]]:
    """Live the same month without and with a round of calls, in turn: everybody is scored, and who passes the threshold
    is called.
    """
    found: tuple[list[float], list[float]] = ([], [])
    for repeat in range(2 * repeats):
        is_on = (repeat + repeat // 2) % 2  # without, with, with, without, ...
        twin = base.fork() if is_on else base.fork(policy="none")
        found[is_on].append(seconds(twin.step))
    return found
