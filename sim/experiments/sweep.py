"""What changes when parameters do: every combination of given values, a sample of ranges, or the rows of a file, run
and measured.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.config import Scenario
from sim.config.grammar import in_words
from sim.config.paths import number_at, text_at
from sim.config.values import with_values
from sim.errors import InputError
from sim.experiments.asked import remembered
from sim.experiments.design import RUN, Design, is_patchable
from sim.experiments.executor import Executor
from sim.experiments.own import Measure, own_of
from sim.experiments.sampling import Interval, as_values, check_plan, check_runs, points, size
from sim.experiments.study import Found, Means, run_design
from sim.loading import load_scenario
from sim.waiting import Shown

if TYPE_CHECKING:
    from sim.objects.customer import Customer

Source = str | Path | Scenario


@dataclass(frozen=True)
class Plan:
    """How a design came about: all that is needed to analyse what it found."""

    method: str = "factorial"  # of sampling.METHODS, or "file"
    axes: Mapping[str, list[Any]] = field(default_factory=dict)  # key -> values that are combined
    ranges: Mapping[str, Interval] = field(default_factory=dict)  # key -> range that is sampled
    samples: int = 0
    replications: int = 1
    seed: int = 1  # of the sample, and of the first world
    is_fresh: bool = False  # whether every point has worlds of its own; otherwise all points share theirs

    @property
    def keys(self) -> list[str]:
        """Keys that vary."""
        return [*self.axes, *self.ranges]


class Swept(pd.DataFrame):
    """The results table of a sweep, which can be saved with its report; what is made from it is a table like others."""

    _metadata = ("asked", "found", "plan")

    asked: dict[str, Any]
    found: Found
    plan: Plan

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    @classmethod
    def of(cls, found: Found, plan: Plan) -> "Swept":
        """Return the results table of what a plan's design came to."""
        table = cls(table_of(found, plan))
        table.asked, table.found, table.plan = {}, found, plan
        return table

    def save(self, folder: str | Path, csv: bool = False) -> Path:
        """Write tables, manifest and report into a new folder; `sim.load` reads them back."""
        study = import_module("sim.experiments.swept").study_of(self.found, self.plan)
        study.asked = self.asked
        path: Path = study.save(folder, csv)
        return path


@remembered
def sweep(
    scenario: Source,
    values: Mapping[str, Sequence[Any] | Interval],
    replications: int = 1,
    overrides: Sequence[str] = (),
    jobs: int = -1,
    progress: Shown = None,
    method: str = "factorial",
    samples: int | None = None,
    means: Means | None = None,
    customer: "type[Customer] | None" = None,
    measures: Mapping[str, Measure] | None = None,
) -> Swept:
    """Run a market at many points; return one row a run and operator.

    Parameters
    ----------
    scenario : name, path, or a loaded scenario
    values : key -> values that are combined, e.g. ``{"policy": ["none", "points"], "behaviour.attention.base": [0.02,
        0.04]}``, or a range that is sampled, ``Interval(0.01, 0.1)``; none where one setting is run in several worlds
    replications : seeds a point, the same for all
    overrides : for all points
    jobs : processes; -1 for all cores
    progress : called with (jobs done, all; the policies of a point are one job, as they share a warmed-up world); False
        for no bar, which else is shown on a terminal and in a notebook
    method : of sampling the ranges: lhs, sobol or morris; factorial where there are none
    samples : points (lhs), base points (sobol: a power of 2) or trajectories (morris)
    means : executor and store of finished rows, in place of jobs and progress
    customer : what everybody is, a subclass of `sim.Customer`: from month 1 on, or from the start where the scenario's
        engine is `objects`
    measures : own measures by name: functions of a market that has run, which return one number, or one for each
        operator by its name

    Returns
    -------
    DataFrame, with `save(folder)`, of the swept keys, replication, seed, operator, the measures of an experiment,
    weight (real lines a simulated person stands for) and hash; sampled points are numbered by the column `point`

    """
    plan = plan_of(scenario, values, replications, overrides, method, samples)
    design = design_of(scenario, plan, overrides)
    design = replace(design, own=own_of(design.bases[0], customer, measures))
    return Swept.of(run_design(design, means or Means(Executor(jobs=jobs), progress=progress)), plan)


def plan_of(
    scenario: Source,
    values: Mapping[str, Sequence[Any] | Interval],
    replications: int,
    overrides: Sequence[str],
    method: str = "factorial",
    samples: int | None = None,
) -> Plan:
    """Check what is asked; whole numbers of the scenario are sampled as whole numbers."""
    axes = {
        key: [_told(option) for option in options]
        for key, options in values.items()
        if not isinstance(options, Interval)
    }
    ranges = {key: interval for key, interval in values.items() if isinstance(interval, Interval)}
    if replications < 1:
        raise InputError(f"replications: must be at least 1 (got {replications})")
    if any(len(options) == 0 for options in axes.values()) or not (values or replications > 1):
        raise InputError("sweep: at least one key with at least one value is needed, or several replications")
    count = check_plan(method, ranges, samples)
    check_runs(math.prod(map(len, axes.values())) * size(method, ranges, count) * replications)
    base = scenario_of(scenario, overrides)
    for key, (low, high, _) in ranges.items():
        ranges[key] = Interval(low, high, isinstance(number_at(base, key), int))
    for end in (0, 1):  # bounds are told before anything runs
        with_values(base, {key: as_values([interval[end]], interval)[0] for key, interval in ranges.items()})
    return Plan(method, axes, ranges, count, replications, base.seed)


def _told(option: Any) -> Any:
    """Return a value as a table may hold it and an override may say it.

    >>> _told({"kind": "undercut", "step": 1.5}), _told(None), _told(0.2)
    ('{kind: undercut, step: 1.5}', 'null', 0.2)
    """
    return option if isinstance(option, int | float | str) else in_words(option)


def scenario_of(scenario: Source, overrides: Sequence[str], policies: Iterable[str] | None = None) -> Scenario:
    """Load a scenario, with the policies that a study wants of it, unless it is loaded."""
    if not isinstance(scenario, Scenario):
        wanted = [] if policies is None else [f"policies={in_words(list(policies))}"]
        return load_scenario(scenario, [*overrides, *wanted])
    if overrides:
        raise InputError(
            "overrides go with a scenario by name or path; a loaded scenario is as it is (give them to load_scenario)"
        )
    return scenario


def design_of(scenario: Source, plan: Plan, overrides: Sequence[str]) -> Design:
    """Return the design of a plan: combinations of values, at each the sampled points, at each the replications."""
    sampled = points(plan.method, plan.ranges, plan.samples, plan.seed) if plan.ranges else pd.DataFrame(index=[0])
    columns = {key: as_values(sampled[key], interval) for key, interval in plan.ranges.items()}
    rows = []
    for chosen in product(*plan.axes.values()):
        for point in range(len(sampled)):
            values = dict(zip(plan.axes, chosen, strict=True)) | {key: column[point] for key, column in columns.items()}
            rows.append({**values, "point": point} if plan.ranges else values)
    return design_of_rows(scenario, rows, plan.keys, plan.replications, overrides, plan.is_fresh)


def design_of_rows(
    scenario: Source,
    rows: Sequence[dict[str, Any]],
    keys: Sequence[str],
    replications: int,
    overrides: Sequence[str] = (),
    is_fresh: bool = False,
) -> Design:
    """Turn rows of values into a design; a row may name its policy, response and seed."""
    policies = list(dict.fromkeys(str(row["policy"]) for row in rows)) if "policy" in keys else []
    wanted = [f"policies={in_words(policies)}"] if policies and not isinstance(scenario, Scenario) else []
    base = scenario_of(scenario, [*overrides, *wanted])
    swept = [key for key in keys if key not in RUN]
    patched = [key for key in swept if is_patchable(base, key, [row[key] for row in rows])]
    composed = [key for key in swept if key not in patched]
    if isinstance(scenario, Scenario) and composed:
        raise InputError(
            f"{composed[0]}: changes more than a number, which takes a scenario by name or path, not a loaded one"
        )
    bases: dict[str, int] = {"": 0}
    found, base_of, table = [base], [], []
    for row in rows:
        words = [f"{key}={in_words(row[key]) if text_at(key) else row[key]}" for key in composed] + (
            [f"seed={row['seed']}"] if "seed" in keys else []
        )
        name = " ".join(words)
        if name not in bases:
            bases[name] = len(found)
            found.append(
                load_scenario(str(scenario), [*overrides, *wanted, *words])
                if composed
                else with_values(base, {"seed": row["seed"]})
            )
        own = found[bases[name]]
        worlds = (
            range(row["point"] * replications, (row["point"] + 1) * replications) if is_fresh else range(replications)
        )
        for number in worlds:
            table.append(
                {
                    **row,
                    "policy": str(row.get("policy", own.policy)),
                    "response": row.get("response", "responding"),
                    "replication": number,
                    "seed": own.seed + number,
                }
            )
            base_of.append(bases[name])
    return Design(pd.DataFrame(table), tuple(found), base_of, tuple(patched))


def table_of(found: Found, plan: Plan) -> pd.DataFrame:
    """Return the results table: what varied, then what was found."""
    return found.table("runs", told_of(plan))


def told_of(plan: Plan) -> list[str]:
    """Columns of the design that a results table tells."""
    return [
        *dict.fromkeys(
            [
                *(key for key in plan.keys if key != "seed"),
                *(["point"] if plan.ranges else []),
                "replication",
                "seed",
                "hash",
            ]
        )
    ]


def by_combination(plan: Plan, table: pd.DataFrame) -> Iterable[tuple[dict[str, Any], pd.DataFrame]]:
    """Yield each combination of a plan's listed values, with its rows."""
    axes = [key for key in plan.axes if key in table]
    if not axes:
        yield {}, table
        return
    for chosen, rows in table.groupby(axes, sort=False, dropna=False):
        yield dict(zip(axes, chosen, strict=True)), rows
