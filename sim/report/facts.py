"""What the tables of a comparison say: who leads, by how much and how surely, what changes when rivals respond, how
arms develop.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from sim.experiments.statistics import half_width
from sim.kpis import mean_of_known
from sim.report.contract import Comparison

SHOWN = 3  # policies drawn in colour beside the baseline


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval; NaN where one replication gives none."""

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0.0 or self.high < 0.0

    @property
    def numbers(self) -> tuple[float, float, float]:
        """Mean, low and high."""
        return self.mean, self.low, self.high

    def times(self, factor: float) -> "Estimate":
        """Return the estimate in another unit."""
        return Estimate(self.mean * factor, self.low * factor, self.high * factor)


def value(frame: pd.DataFrame, row: Hashable, column: str) -> float:
    """Read one number; NaN where the table has no such row or column."""
    if column not in frame.columns or row not in frame.index:
        return math.nan
    return float(cast(float, frame.at[row, column]))


def difference(frame: pd.DataFrame, row: Hashable, measure: str) -> Estimate:
    """Read a paired difference against the baseline with its interval."""
    return Estimate(*(value(frame, row, f"{measure}_{part}") for part in ("diff", "low", "high")))


def ranking(result: Comparison, measure: str = "npv", response: str = "responding") -> list[str]:
    """Order policies from best to worst by a measure; nothing where that response was not run."""
    scores = {policy: _score(result, policy, measure, response) for policy in result.policies}
    if any(math.isnan(score) for score in scores.values()):
        return []
    return sorted(result.policies, key=lambda policy: -scores[policy])


def _score(result: Comparison, policy: str, measure: str, response: str) -> float:
    if response == "responding":
        return value(result.table, policy, f"{measure}_diff")
    return value(result.by_response, (policy, response), f"{measure}_diff")


def ordered(result: Comparison) -> list[str]:
    """Return all policies, best first; in the order given where they cannot be ranked."""
    return ranking(result) or list(result.policies)


def challengers(result: Comparison) -> list[str]:
    """Return the policies other than the baseline, best first."""
    return [policy for policy in ordered(result) if policy != result.policies[0]]


def contender(result: Comparison) -> str:
    """Return the policy the report explains: the best one, or the best after a baseline that nothing beats."""
    return next(iter(challengers(result)), result.policies[0])


def shown(result: Comparison) -> list[str]:
    """Return the baseline and the best few others, which figures draw in colour."""
    return [*challengers(result)[:SHOWN], result.policies[0]]


def estimate(differences: np.ndarray) -> Estimate:
    """Return mean and 95 % t interval of paired differences, shape (replications,)."""
    mean, low, high = (float(part[0]) for part in band(differences[None, :]))
    return Estimate(mean, low, high)


def band(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and 95 % t interval over replications with somebody to measure, from shape (months, replications) to
    (months,) each.
    """
    mean, half = mean_of_known(samples.T), half_width(pd.DataFrame(samples.T)).to_numpy()
    return mean, mean - half, mean + half


def paired(result: Comparison, measure: str, policy: str, against: str, response: str = "responding") -> np.ndarray:
    """Return the focal operator's differences between two arms, shape (replications,)."""
    runs = result.runs
    if measure not in runs.columns:
        return np.empty(0)
    focal = runs[(runs["operator"] == result.focal) & (runs["response"] == response)]
    wide = focal.pivot_table(index="replication", columns="policy", values=measure)
    if policy not in wide.columns or against not in wide.columns:
        return np.empty(0)
    return np.asarray(wide[policy] - wide[against], dtype=float)


def arms(result: Comparison, measure: str) -> dict[str, np.ndarray]:
    """Return the focal operator's path by policy, shape (months, replications) each; rivals respond."""
    paths = result.trajectories
    focal = paths[(paths["operator"] == result.focal) & (paths["response"] == "responding")]
    return {policy: _by_month(focal[focal["policy"] == policy], measure) for policy in result.policies}


def _by_month(frame: pd.DataFrame, measure: str) -> np.ndarray:
    return np.asarray(frame.pivot(index="month", columns="replication", values=measure), dtype=float)


def cumulative_gain(result: Comparison) -> dict[str, np.ndarray]:
    """Return discounted free cash flow above the baseline's, summed up to each month, in real currency; shape (months,
    replications) each.

    It ends at the difference of npv_horizon.
    """
    flows = result.flows[result.flows["response"] == "responding"]
    paths = {policy: _by_month(flows[flows["policy"] == policy], "free_cash_flow") for policy in result.policies}
    base = paths[result.policies[0]]
    return {policy: np.cumsum(path - base, axis=0) * result.weight for policy, path in paths.items()}


def cost_of_saved(frame: pd.DataFrame, row: Hashable) -> float:
    """Return what one customer saved costs, net; NaN where no more are saved than lost."""
    return value(frame, row, "cost_per_saved") if value(frame, row, "net_saved") > 0.0 else math.nan


def moved(before: list[str], after: list[str]) -> int:
    """Count policies that change place between two rankings."""
    return sum(first != second for first, second in zip(before, after, strict=True))


def budget(result: Comparison, policy: str) -> pd.Series:
    """Return the focal operator's mean of each money line in an arm, signed by its effect on profit,
    in real currency.
    """
    money = result.money
    rows = money[
        (money["operator"] == result.focal) & (money["response"] == "responding") & (money["policy"] == policy)
    ]
    lines = rows.drop(columns=["operator", "response", "policy", "replication"]).mean()
    signs = pd.Series({name: -1.0 if name.endswith("_cost") or name == "capex" else 1.0 for name in lines.index})
    return lines * signs * result.weight


def reasons_of(result: Comparison, policies: list[str]) -> pd.DataFrame:
    """Return real customers who left by reason (rows, the commonest first) and policy (columns); means over
    replications.
    """
    rows = result.reasons[result.reasons["response"] == "responding"]
    total = rows.groupby(["reason", "policy"], sort=True)["count"].sum().unstack()
    table = total.reindex(columns=policies).fillna(0.0) * (result.weight / max(result.replications, 1))
    table = table.loc[table.max(axis=1) > 0.0]
    return table.sort_values(result.policies[0], ascending=False, kind="stable")
