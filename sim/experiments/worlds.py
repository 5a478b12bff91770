"""What is measured of one world and its arms: the work behind every experiment that runs markets."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.config import Scenario
from sim.experiments.design import Job
from sim.experiments.outcome import MONEY, PATHS, Outcome, outcome_of, reasons_of, saved_and_cost
from sim.experiments.own import Own, measured

if TYPE_CHECKING:
    from sim.market import Market
    from sim.objects.customer import Customer

PERSONAL = ("segments", "customers")  # tables that need everybody's own outcome
TABLES = ("runs", "segments", "trajectories", "money", "reasons", "flows")


def live_out(job: Job) -> dict[str, pd.DataFrame]:
    """Warm one world up, run every arm from it, and measure each; the column `arm` says which."""
    from sim.month.futures import take_on

    scenario = job.scenario()
    world, customer = warmed_up(scenario, job.seed, job.own), from_now(scenario, job.own)
    by_person = any(name in job.keep for name in PERSONAL)
    base = world.customers_of(world.focal_index) if by_person else np.zeros(0, np.int64)
    firsts: dict[str, Outcome] = {}
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in job.keep}
    for number, arm in enumerate(job.arms):
        twin = world.fork(policy=arm.policy, response=arm.response, customer=customer)  # type: ignore[arg-type]
        for operator, policy in arm.rivals:
            take_on(twin.scenario, twin.world, policy, operator)
        twin.run()
        outcome = outcome_of(twin, base, by_person)
        first = firsts.setdefault(arm.response, outcome)
        tables = _tables(world, outcome, first, base, by_person)
        tables["runs"] |= measured(twin, job.own.measures)
        for name, table in tables.items():
            if name in found:
                found[name].append(pd.DataFrame({"arm": number, **table}))
        del twin  # before the next is made
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}


def warmed_up(scenario: Scenario, seed: int | None, own: Own, threads: int = 1) -> "Market":
    """Return a world at month 0.

    Customers of the user's own kind live in it from the start where the scenario's engine is `objects`, otherwise only
    from month 1 on: see `from_now`.
    """
    from sim.market import Market

    customer = own.customer if scenario.engine == "objects" else None
    return Market(scenario, seed=seed, threads=threads, customer=customer)


def from_now(scenario: Scenario, own: Own) -> "type[Customer] | None":
    """Return the kind of customers that futures of a world take on, if it has not had it from the start."""
    return None if scenario.engine == "objects" else own.customer


def opened(scenario: Scenario, seed: int | None, own: Own, threads: int = 1) -> "Market":
    """Return a world at month 0 as it goes on where there is only one future."""
    market, customer = warmed_up(scenario, seed, own, threads), from_now(scenario, own)
    return market if customer is None else market.fork(customer=customer)


def compile_once(job: Job) -> None:
    """Compile in this process, so that workers find the machine code."""
    from agents.rule import CACHE_FOLDER, is_compiled
    from sim.market import Market

    if CACHE_FOLDER is not None and not is_compiled():
        scenario = job.scenario()
        small = scenario.model_copy(
            update={"customers": scenario.customers.model_copy(update={"count": 200}), "burn_in": 0}
        )
        Market(small, seed=job.seed).step()


def _tables(
    world: "Market", outcome: Outcome, first: Outcome, base: np.ndarray, by_person: bool
) -> dict[str, dict[str, Any]]:
    """Return the columns of every table of one arm; the first arm under the same response is what people are compared
    with.
    """
    operators, months = world.operator_names, len(outcome.flow)
    own = np.arange(len(operators)) == world.focal_index
    whole = {name: value[0] for name, value in outcome.values.items()}
    tables: dict[str, dict[str, Any]] = {}
    if by_person:
        codes = world.traits.segment[base]
        groups = [np.arange(len(base)), *(np.flatnonzero(codes == code) for code in range(len(world.segment_names)))]
        personal = saved_and_cost(outcome, first, groups)
        whole |= {name: np.where(own, value[0], np.nan) for name, value in personal.items()}
        parts = {name: value[1:, world.focal_index] for name, value in outcome.values.items()}
        tables["segments"] = {
            "segment": world.segment_names,
            **parts,
            **{name: value[1:] for name, value in personal.items()},
        }
        labels = pd.Categorical.from_codes(codes.astype(np.int8), pd.Index(world.segment_names))
        tables["customers"] = {"customer": base, "segment": labels, "stayed": outcome.stayed, "paid": outcome.paid}
    reasons = reasons_of(outcome)
    return tables | {
        "runs": {"operator": operators, **whole, "weight": world.weight},
        "trajectories": {
            "month": np.repeat(np.arange(1, months + 1), len(operators)),
            "operator": operators * months,
            **{name: outcome.paths[name].ravel() for name in PATHS},
        },
        "money": {"operator": operators, **dict(zip([*MONEY, "npv_terminal"], outcome.money.T, strict=True))},
        "reasons": {"reason": list(reasons), "count": list(reasons.values())},
        "flows": {"month": np.arange(1, months + 1), "free_cash_flow": outcome.flow},
    }
