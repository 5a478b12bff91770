"""What a page shows of a future and its twin, and the work that finds it, in a process of its own."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from sim.app.future import TWIN, Future
from sim.config import Policy
from sim.experiments.outcome import PATHS, RATES, VALUES, outcome_of, reasons_of

if TYPE_CHECKING:
    from sim.market import Market

WORLDS, FUTURES = 6, 24  # kept in a process, the least recently used go
Asked = tuple[str, tuple[str, ...]]  # a scenario and its overrides


class Lived(NamedTuple):
    """One future that has been lived; money in currency of the simulated market."""

    values: dict[str, float]  # measure -> of the operator that acts, as `churnlab compare` has it
    paths: dict[str, np.ndarray]  # measure -> (months, operators)
    cash: np.ndarray  # (months,), discounted free cash flow of the operator that acts
    reasons: dict[str, int]  # why its customers left -> how many
    loyalty: dict[str, float]  # type -> share of its customers at the end
    ports: pd.DataFrame  # from, to, count, over all months
    fees: pd.DataFrame  # month, operator, plan, fee


@dataclass(frozen=True)
class Seen:
    """A future beside its twin."""

    future: Future
    focal: str
    operators: list[str]
    currency: str
    weight: float  # real lines a simulated person stands for
    this: Lived
    twin: Lived

    def difference(self, measure: str) -> float:
        """How far this future is from its twin, at market size where it is money."""
        scale = self.weight if measure in VALUES else 1.0
        return scale * (self.this.values[measure] - self.twin.values[measure])


def look(future: Future) -> Seen:
    """Live a future and its twin, from a world that is warmed up once."""
    asked, written = (future.scenario, tuple(future.overrides)), future.policy.model_dump_json(exclude_none=True)
    market = warm(asked)
    this, twin = (live(asked, policy, future.rivals) for policy in (written, None))
    return Seen(
        future, market.scenario.focal, market.operator_names, market.scenario.currency, market.weight, this, twin
    )


@lru_cache(WORLDS)
def warm(asked: Asked) -> "Market":
    """Return a market at month 0."""
    from sim.experiments.own import own_of
    from sim.experiments.worlds import warmed_up
    from sim.loading import load_scenario

    scenario = load_scenario(asked[0], [*asked[1], f"policies=[{TWIN}]", f"policy={TWIN}"])
    return warmed_up(scenario, None, own_of(scenario))


@lru_cache(FUTURES)
def live(asked: Asked, policy: str | None, rivals: str) -> Lived:
    """Live one future to its end; policy: as JSON, or None for the twin's."""
    from sim.month.futures import take_on

    market = warm(asked)
    fork = market.fork(response=rivals)  # type: ignore[arg-type]
    mine = market.scenario.policies[TWIN] if policy is None else Policy.model_validate_json(policy)
    fork.scenario = market.scenario.model_copy(update={"policies": {mine.name: mine}})
    take_on(fork.scenario, fork.world, mine.name)
    fork.run()
    outcome = outcome_of(fork, np.zeros(0, np.int64), by_segment=False)
    focal = fork.focal_index
    types = fork.loyalty_type
    last = types[(types["operator"] == market.scenario.focal) & (types["month"] == types["month"].max())]
    return Lived(
        {name: float(outcome.values[name][0, focal]) for name in (*VALUES, *RATES)},
        {name: outcome.paths[name] for name in PATHS},
        outcome.flow,
        {reason: count for reason, count in reasons_of(outcome).items() if count},
        dict(zip(last["key"].astype(str), last["value"].astype(float), strict=True)),
        fork.ports.groupby(["from", "to"], observed=True)["count"].sum().reset_index(),
        fork.prices,
    )
