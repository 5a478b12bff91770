"""What the tables of a comparison say: who leads, by how much and how surely, what changes when rivals respond, how
arms develop.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from sim.experiments.statistics import RANKED, Verdict, chance_interval, gaps, half_width, values_among, verdict
from sim.kpis import mean_of_known
from sim.report.contract import Comparison
from sim.report.formats import fixed, percent

TWENTY = 20  # worlds, of which a twentieth is one
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
        """Return the estimate in another unit, or with the other sign."""
        low, high = (
            sorted((self.low * factor, self.high * factor)) if math.isfinite(self.low) else (self.low, self.high)
        )
        return Estimate(self.mean * factor, low, high)


def value(frame: pd.DataFrame, row: Hashable, column: str) -> float:
    """Read one number; NaN where the table has no such row or column."""
    if column not in frame.columns or row not in frame.index:
        return math.nan
    return float(cast(float, frame.at[row, column]))


def difference(frame: pd.DataFrame, row: Hashable, measure: str) -> Estimate:
    """Read a paired difference against the baseline with its interval."""
    return Estimate(*(value(frame, row, f"{measure}_{part}") for part in ("diff", "low", "high")))


def ranking(result: Comparison, measure: str = RANKED, response: str = "responding") -> list[str]:
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


def verdict_of(
    result: Comparison,
    measure: str = RANKED,
    response: str | None = "responding",
    policies: list[str] | None = None,
) -> Verdict | None:
    """Tell which policies may be the best, by the focal operator's measure in paired worlds; None where that was not
    run or is not known.
    """
    runs = result.runs
    if measure not in runs or (response is not None and response not in set(runs["response"])):
        return None
    values = values_among(runs, result.focal, policies or result.policies, measure, response).astype(float)
    return verdict(values) if len(values.dropna()) else None


def lasting(result: Comparison) -> list[str]:
    """Return the policies that may be recommended: the first, and those that are worth no less with what comes after
    the horizon; whatever they bring within it, others are not known to pay back.
    """
    first = result.policies[0]
    return [
        policy
        for policy in result.policies
        if policy == first or not difference(result.table, policy, "npv").mean < 0.0
    ]


def best_in(result: Comparison, policy: str) -> str:
    """Say in how many worlds a policy earned most, and what that tells of its chance."""
    share, worlds = value(result.table, policy, "probability_best"), result.replications
    low, high = chance_interval(share, worlds)
    return (
        f"{worlds_best(result, policy)} paired worlds (95 % interval of that chance"
        f" {percent(low, 0)} to {percent(high, 0)})"
    )


def worlds_best(result: Comparison, policy: str) -> str:
    """Write of how many worlds it was the best; two that tie share a world."""
    number = value(result.table, policy, "probability_best") * result.replications
    return f"{fixed(number, 0 if abs(number - round(number)) < 1e-6 else 1)} of {result.replications}"


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
    values = values_among(runs, result.focal, result.policies, measure, response).astype(float)
    return np.asarray(gaps(values, against)[policy].dropna())


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
    """Return what one customer saved costs, net; NaN where it is not told that more are saved than lost: where the
    interval of the net, if there is one, holds 0.
    """
    net = difference(frame, row, "net_saved")
    is_told = value(frame, row, "net_saved") > 0.0 and (net.is_clear or not math.isfinite(net.low))
    return value(frame, row, "cost_per_saved") if is_told else math.nan


def moved(before: list[str], after: list[str]) -> int:
    """Count policies that change place between two rankings."""
    return sum(first != second for first, second in zip(before, after, strict=True))


def segment_verdicts(result: Comparison) -> dict[str, Verdict]:
    """Tell for each segment which policies may earn most; segments of which nothing is known are left out."""
    rows = result.segment_runs
    chosen = rows[rows["response"] == "responding"]
    found = {}
    for segment, part in chosen.groupby("segment", sort=False, observed=True):
        values = part.pivot(index="replication", columns="policy", values=RANKED).reindex(columns=result.policies)
        if len(values.dropna()):
            found[str(segment)] = verdict(values.astype(float))
    return found


def changes(rows: pd.DataFrame, key: str, amount: str, policy: str, against: str) -> dict[str, Estimate]:
    """Return the paired difference between two policies for each key of a long table, rivals responding."""
    chosen = rows[(rows["response"] == "responding") & rows["policy"].isin([policy, against])]
    wide = chosen.pivot(index="replication", columns=[key, "policy"], values=amount).fillna(0.0).astype(float)
    return {
        str(name): estimate(np.asarray(gaps(wide[name], against)[policy]))
        for name in dict.fromkeys(wide.columns.get_level_values(0))
    }


def money_changes(result: Comparison) -> dict[str, Estimate]:
    """Return how each money line differs under the policy explained, signed by its effect on profit, in real
    currency.
    """
    own = result.money[result.money["operator"] == result.focal]
    keys = ["response", "policy", "replication"]
    long = own.drop(columns="operator").melt(id_vars=keys, var_name="line", value_name="amount")
    found = changes(long, "line", "amount", contender(result), result.policies[0])
    return {name: change.times(sign_of(name) * result.weight) for name, change in found.items()}


def sign_of(line: str) -> float:
    """Sign of a money line's effect on profit."""
    return -1.0 if line.endswith("_cost") or line == "capex" else 1.0


def budget(result: Comparison, policy: str) -> pd.Series:
    """Return the focal operator's mean of each money line in an arm, signed by its effect on profit,
    in real currency.
    """
    money = result.money
    rows = money[
        (money["operator"] == result.focal) & (money["response"] == "responding") & (money["policy"] == policy)
    ]
    lines = rows.drop(columns=["operator", "response", "policy", "replication"]).mean()
    signs = pd.Series({name: sign_of(str(name)) for name in lines.index})
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
