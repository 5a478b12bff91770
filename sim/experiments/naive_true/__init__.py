"""Naive against true: what an operator's analyst would conclude from the exported panel, beside the effect that paired
futures show.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.config import Scenario
from sim.config.values import with_values
from sim.errors import InputError
from sim.experiments.design import RUN, Design, Job
from sim.experiments.executor import extra
from sim.experiments.naive_true.analyst import WHAT
from sim.experiments.naive_true.claims import CLAIMS, Claim
from sim.experiments.naive_true.laboratory import MONTHS, Laboratory
from sim.experiments.record import Study
from sim.experiments.statistics import half_width, ratio_of_means
from sim.experiments.store import Tables
from sim.experiments.study import Failure, Means, run_design
from sim.experiments.sweep import Plan, Source, scenario_of
from sim.experiments.wargame import with_policies

__all__ = ["CLAIMS", "Claim", "NaiveTrue", "naive_true"]
POLICIES = ("none", "points", "proactive_risk", "proactive_oracle")
REPLICATIONS = 16


@dataclass(frozen=True)
class NaiveTrue:
    """What was found. `table` has one row a claim, `runs` one a claim and world (NaN where a world has nobody to tell
    from).
    """

    scenario: Scenario
    table: pd.DataFrame
    runs: pd.DataFrame
    replications: int
    failures: list[Failure] = field(default_factory=list)

    def study(self) -> Study:
        """Return it as a study, to be saved and reported."""
        plan = Plan("factorial", {}, {}, 0, self.replications, self.scenario.seed)
        weight = self.scenario.market_size / self.scenario.customers.count
        return Study(
            "naive_true",
            self.scenario,
            plan,
            weight,
            {"claims": self.table, "runs": self.runs},
            {"measure": "ratio", "policies": list(POLICIES)},
            failures=self.failures,
        )


def naive_true(
    scenario: Source = "europe_three",
    claims: Sequence[Claim] = CLAIMS,
    overrides: Sequence[str] = (),
    replications: int = REPLICATIONS,
    means: Means | None = None,
) -> NaiveTrue:
    """Estimate every claim as an analyst of the focal operator would, and measure its true effect in forks of the same
    worlds.

    Parameters
    ----------
    scenario : name, path, or a loaded scenario; its first 24 months are recorded, everybody in the panel
    claims : what is to be told; among CLAIMS, as worlds find them by name
    overrides : what differs from the scenario file
    replications : worlds
    means : executor and store of finished rows

    Returns
    -------
    NaiveTrue
        its table has the columns claim, question, method, experiment, unit, naive, naive_low, naive_high, true,
        true_low, true_high, ratio, ratio_low, ratio_high, worlds, source. Intervals are 95 % t intervals over worlds;
        of the ratio of means, by Fieller (1954): unbounded where the true effect may be 0.

    Raises
    ------
    InputError
        a library of the extra `estimate` is missing, a claim is not one of CLAIMS, or the scenario has no rival

    """
    check_libraries()
    strange = [claim.name for claim in claims if claim not in CLAIMS]
    if strange or not claims:
        raise InputError(f"claims: some of CLAIMS are needed (got {', '.join(strange) or 'none'})")
    if replications < 1:
        raise InputError(f"replications: must be at least 1 (got {replications})")
    base = with_policies(
        with_values(scenario_of(scenario, overrides), {"months": MONTHS, "panel.share": 1.0, "panel.truth": False}),
        POLICIES,
    )
    if len(base.operators) < 2:
        raise InputError(f"{WHAT}: {base.name} has one operator only, to which nobody can be lost")
    table = pd.DataFrame(
        [("none", "responding", number, base.seed + number) for number in range(replications)], columns=list(RUN)
    )
    design = Design(table, (base,), [0] * replications, keep=("runs", *(claim.name for claim in claims)))
    found = run_design(design, means or Means(), estimate_and_measure)
    runs = found.table("runs", ["replication", "seed", "hash"])
    return NaiveTrue(base, table_of(runs, claims), runs, replications, found.failures)


def check_libraries() -> None:
    """Refuse to start where a library is missing."""
    for library in ("statsmodels", "lifelines"):
        extra(library, "estimate", WHAT)


def estimate_and_measure(job: Job) -> Tables:
    """Warm one world up; estimate and measure the claims that the job names."""
    from threadpoolctl import threadpool_limits

    laboratory = Laboratory(job.scenario(), job.seed)
    named = [claim for claim in CLAIMS if claim.name in job.keep]
    with threadpool_limits(1):  # threads of linear algebra on tables this small wait for each other
        rows = [
            {"arm": 0, "claim": claim.name, "naive": claim.naive(laboratory), "true": claim.true(laboratory)}
            for claim in named
        ]
    return {"runs": pd.DataFrame(rows)}


def table_of(runs: pd.DataFrame, claims: Sequence[Claim]) -> pd.DataFrame:
    """Return means over worlds with their intervals, and the ratio of means, one row a claim."""
    rows = []
    for claim in claims:
        values = runs.loc[runs["claim"] == claim.name, ["naive", "true"]].dropna()
        mean, half = values.mean(), half_width(values)
        row: dict[str, Any] = {name: getattr(claim, name) for name in ("question", "method", "experiment", "unit")}
        for name in ("naive", "true"):
            row |= {name: mean[name], f"{name}_low": mean[name] - half[name], f"{name}_high": mean[name] + half[name]}
        ratio = ratio_of_means(values["naive"].to_numpy(), values["true"].to_numpy())
        rows.append(
            {
                "claim": claim.name,
                **row,
                **dict(zip(("ratio", "ratio_low", "ratio_high"), ratio, strict=True)),
                "worlds": len(values),
                "source": claim.source,
            }
        )
    return pd.DataFrame(rows).astype({"ratio": float, "ratio_low": float, "ratio_high": float, "worlds": np.int64})
