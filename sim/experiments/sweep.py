"""What changes when parameters do: every combination of given values, run and measured."""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import InputError
from sim.experiments.executor import Job, Progress, run_jobs
from sim.experiments.outcome import Outcome, outcome_of
from sim.loading import load_scenario


def sweep(
    scenario: str | Path, values: Mapping[str, Sequence[Any]], replications: int = 1, overrides: Sequence[str] = (), jobs: int = -1, progress: Progress | None = None
) -> pd.DataFrame:
    """Run every combination of values; return one row a combination, replication and operator.

    Parameters
    ----------
    scenario : name or path
    values : override key -> values, e.g. ``{"policy": ["none", "points"], "behaviour.attention.base": [0.02, 0.04]}``
    replications : seeds a combination, the same for all
    overrides : for all combinations
    jobs : processes; -1 for all cores
    progress : called with (runs done, all)

    Returns
    -------
    DataFrame with the swept keys, replication, seed, operator and the measures of an experiment

    """
    if not values or any(len(options) == 0 for options in values.values()):
        raise InputError("sweep: at least one key with at least one value is needed")
    combinations = [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    scenarios = [load_scenario(scenario, [*overrides, *(f"{key}={value}" for key, value in chosen.items())]) for chosen in combinations]
    design = [
        Job(number * replications + replication, one, one.seed + replication, ((one.policy, "responding"),))
        for number, one in enumerate(scenarios) for replication in range(replications)
    ]  # fmt: skip
    found: list[Outcome] = run_jobs(run_one, design, jobs, progress)
    frames = []
    for job, outcome in zip(design, found, strict=True):
        chosen = combinations[job.number // replications]
        measures = {name: value[0] for name, value in outcome.values.items()}
        frames.append(pd.DataFrame({**chosen, "replication": job.number % replications, "seed": job.seed, "operator": list(job.scenario.operators), **measures}))
    return pd.concat(frames, ignore_index=True)


def run_one(job: Job) -> Outcome:
    """Run one market to its horizon under its own policy."""
    from sim.market import Market

    market = Market(job.scenario, seed=job.seed).run()
    market.release()
    return outcome_of(market, job.scenario.policy, "responding", np.zeros(0, np.int64))
