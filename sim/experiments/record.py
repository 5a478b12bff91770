"""What a study hands on: its tables and how they came about,
all that its folder keeps and its report is written from.
"""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pandas as pd

from sim.config import Scenario
from sim.experiments.asked import Result
from sim.experiments.sampling import Interval
from sim.experiments.study import Failure
from sim.experiments.sweep import Plan

NOTEBOOK = "sim.report.notebook"  # imported when asked for


@dataclass
class Study(Result):
    """A sweep, a test of robustness, a war game, an optimisation or a calibration. Money is of the simulated market;
    `weight` scales it.

    tables: the results table first, one row a run and operator, then what was made of it; facts: plain values of this
    kind of study, as its manifest keeps them.
    """

    kind: str
    scenario: Scenario
    plan: Plan
    weight: float
    tables: dict[str, pd.DataFrame]
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    manifest: dict[str, Any] = field(default_factory=dict)
    extra: list[Any] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # texts to be kept in the folder too, by name

    def __repr__(self) -> str:
        return str(import_module(NOTEBOOK).line_of_study(self))

    def _repr_html_(self) -> str:
        return str(import_module(NOTEBOOK).html_of_result(repr(self), self.results))

    def plot(self, number: int = 1) -> Any:
        """Draw one of the figures of the study's report, the first by default; a matplotlib Figure."""
        return import_module(NOTEBOOK).plot_study(self, number)

    @property
    def results(self) -> pd.DataFrame:
        """The results table."""
        return next(iter(self.tables.values()))

    @property
    def measure(self) -> str:
        """The measure asked about."""
        return str(self.facts["measure"])


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Write a plan as plain values."""
    return {
        "method": plan.method,
        "axes": dict(plan.axes),
        "ranges": {key: list(interval) for key, interval in plan.ranges.items()},
        "samples": plan.samples,
        "replications": plan.replications,
        "seed": plan.seed,
        "is_fresh": plan.is_fresh,
    }


def plan_from_json(told: dict[str, Any]) -> Plan:
    """Read a plan back."""
    ranges = {
        key: Interval(float(low), float(high), bool(is_whole)) for key, (low, high, is_whole) in told["ranges"].items()
    }
    return Plan(
        told["method"], told["axes"], ranges, told["samples"], told["replications"], told["seed"], told["is_fresh"]
    )
