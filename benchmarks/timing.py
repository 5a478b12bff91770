"""Markets that are timed: the loop over customers apart from the rest of a month,
and variants of the default market.
"""

import time
from typing import NamedTuple

import numpy as np

from benchmarks.run_one import peak_memory
from sim import Market, load_scenario
from sim.config import Scenario
from sim.month.schedule import Loop
from sim.world.tables import Month
from sim.world.world import World

SEED = 3
BURN_IN = 12  # months: as many as balance flows in the market itself, without a copy of it


class Stopwatch(NamedTuple):
    """A loop over customers, and what its last month took: `cpu` is the calling thread's, in seconds, `wall` the
    clock's.
    """

    loop: Loop
    took: dict[str, float]

    def live(self, world: World, month: Month) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        self.loop.live(world, month)
        self.took.update(cpu=time.thread_time() - cpu, wall=time.perf_counter() - wall)


class Timed(Market):
    """A market whose loop over customers is timed."""

    def __init__(self, scenario: Scenario, seed: int, threads: int = 1):
        super().__init__(scenario, seed, threads)
        self.loop = Stopwatch(self.loop, {})


class Point(NamedTuple):
    """A market to be measured: `europe_three` of this size."""

    varies: str
    customers: int
    ties: int = 8
    plans: int = 12
    threads: int = 1
    months: int = 6

    @property
    def value(self) -> int:
        """What is varied, at this point."""
        return int(getattr(self, self.varies))


def scenario_of(point: Point) -> Scenario:
    """Compose `europe_three` with so many people, ties (a quarter of them beyond the community), plans and months."""
    outside = point.ties // 4
    keys = {
        "customers.count": point.customers,
        "months": point.months,
        "burn_in": BURN_IN,
        "behaviour.ties.inside": point.ties - outside,
        "behaviour.ties.outside": outside,
    }
    return with_plans(load_scenario("europe_three", [f"{key}={value}" for key, value in keys.items()]), point.plans)


def with_plans(scenario: Scenario, plans: int) -> Scenario:
    """Return the scenario with so many plans, spread evenly over operators: the most sold of each, or copies at fees 1
    % apart.
    """
    operators = {}
    for number, (name, config) in enumerate(scenario.operators.items()):
        own, size = (
            sorted(config.plans.items(), key=lambda item: -(item[1].start_mix or 0.0)),
            len(range(number, plans, len(scenario.operators))),
        )
        chosen = {}
        for place in range(size):
            copy, (plan, spec) = place // len(own), own[place % len(own)]
            chosen[plan if copy == 0 else f"{plan}_{copy}"] = spec.model_copy(
                update={"fee": spec.fee * (1.0 + 0.01 * copy)}
            )
        total = sum(spec.start_mix or 0.0 for spec in chosen.values())
        operators[name] = config.model_copy(
            update={
                "plans": {
                    plan: spec.model_copy(update={"start_mix": (spec.start_mix or 0.0) / total})
                    for plan, spec in chosen.items()
                }
            }
        )
    return Scenario.model_validate(scenario.model_copy(update={"operators": operators}).model_dump())


def held_bytes(market: Market) -> dict[str, int]:
    """Bytes that a market holds, by table."""
    tables = {
        "traits": market.traits,
        "state": market.state,
        "events": market.world.events,
        "ties": market.world.ties,
        "seen": market.world.seen,
        "shown": market.world.shown,
    }
    return {name: int(np.asarray(table).nbytes) for name, table in tables.items()} | {
        "tally": sum(array.nbytes for array in market.world.tally)
    }


def measure(point: Point) -> dict[str, float]:
    """Build a market in a fresh process and live its months; return times and memory.

    `loop` and `month` (whole months: shocks, decisions, loop, books) are medians in ns per customer and month, the
    first month left out: processor time with one thread, elapsed time with more. `setup` and `run` are elapsed seconds,
    `held` is bytes per customer, `peak` MiB."""
    clock = time.process_time if point.threads == 1 else time.perf_counter
    scenario = scenario_of(point)
    Timed(scenario_of(point._replace(customers=1_000)), seed=SEED).step()  # machine code is loaded
    begin = time.perf_counter()
    market = Timed(scenario, seed=SEED, threads=point.threads)
    setup = time.perf_counter() - begin
    living = time.perf_counter()
    loops, months = [], []
    for _ in range(point.months):
        begin = clock()
        market.step()
        months.append(clock() - begin)
        loops.append(market.loop.took["cpu" if point.threads == 1 else "wall"])
    scale = 1e9 / point.customers
    return {
        "loop": float(np.median(loops[1:])) * scale,
        "month": float(np.median(months[1:])) * scale,
        "setup": setup,
        "run": setup + time.perf_counter() - living,
        "held": sum(held_bytes(market).values()) / point.customers,
        "peak": peak_memory(),
    }
