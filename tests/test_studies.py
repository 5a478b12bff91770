"""Studies: one pipeline of design, executor, kept rows and views, proved on functions whose answer is known and on small markets."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import load_scenario, sweep
from sim.errors import InputError
from sim.experiments import store as stores
from sim.experiments.design import Job, is_patchable, with_values
from sim.experiments.executor import Executor
from sim.experiments.sampling import Interval
from sim.experiments.sensitivity import indices
from sim.experiments.store import Store
from sim.experiments.study import AllFailed, Found, Means, run_design
from sim.experiments.sweep import Plan, design_of, plan_of, table_of

TINY = ["customers.count=300", "months=2", "burn_in=0"]
# Three numbers of a scenario stand in for the arguments of a function on [-pi, pi]^3.
ARGUMENTS = {"behaviour.attention.base": Interval(0.0, 1.0), "behaviour.attention.move": Interval(0.0, 1.0), "behaviour.attention.contact": Interval(0.0, 1.0)}


def ishigami(job: Job) -> dict[str, pd.DataFrame]:
    """The function of Ishigami & Homma (1990) with a = 7, b = 0.1, as the work of a job."""
    x, y, z = (2.0 * math.pi * share - math.pi for share in dict(job.values).values())
    return {"runs": pd.DataFrame({"arm": [0], "operator": ["alpha"], "value": [math.sin(x) + 7.0 * math.sin(y) ** 2 + 0.1 * z**4 * math.sin(x)]})}


def study(work: Any, method: str, samples: int, means: Means | None = None) -> tuple[Plan, Found]:
    scenario = load_scenario("classroom", TINY)
    plan = plan_of(scenario, ARGUMENTS, 1, (), method, samples)
    return plan, run_design(design_of(scenario, plan, ()), means or Means(Executor(jobs=1)), work)


def test_the_known_indices_of_ishigami_come_out() -> None:
    """First-order 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437, exactly; within the bootstrap's own intervals, which are narrow."""
    plan, found = study(ishigami, "sobol", 1024)
    table = indices(plan, table_of(found, plan), "alpha").set_index("parameter")
    for index, known in (("first", (0.3139, 0.4424, 0.0)), ("total", (0.5576, 0.4424, 0.2437))):
        half = (table[f"{index}_high"] - table[index]).to_numpy()
        assert (half < 0.12).all() and (np.abs(table[index].to_numpy() - known) < 1.5 * half + 0.005).all()


def test_morris_screens_ishigami() -> None:
    """On Morris's grid, sin is 0 at both ends: the second argument moves most, and every argument acts through others or bends."""
    plan, found = study(ishigami, "morris", 60)
    table = indices(plan, table_of(found, plan), "alpha").set_index("parameter")
    assert table["mu_star"].idxmax() in ("behaviour.attention.base", "behaviour.attention.move")
    assert (table["mu_star"] >= table["mu"].abs() - 1e-9).all() and (table["sigma"] > 0.0).all()
