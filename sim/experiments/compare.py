"""Which policy is best, what is it worth, and how sure is that: all arms forked from one warmed-up world per replication."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from sim.building import with_count
from sim.config import Scenario
from sim.errors import InputError
from sim.experiments.executor import Job, Progress, run_jobs
from sim.experiments.outcome import MONEY, PATHS, RATES, VALUES, Outcome, outcome_of, reasons_of, saved_and_cost
from sim.loading import load_scenario

MEASURES = (*VALUES, *RATES, "consumer_surplus", "retained", "saved", "lost", "net_saved", "cost_per_saved")
RESPONSES = ("responding", "static")


@dataclass(frozen=True)
class Replicate:
    """What one replication found."""

    number: int
    seed: int
    weight: float
    outcomes: tuple[Outcome, ...]
    customers: np.ndarray  # row numbers of the focal operator's customers at the fork
    segments: np.ndarray  # their segment codes


@dataclass
class Comparison:
    """The answer to a comparison.

    table, by_response, by_segment: for each measure m the columns m, m_diff, m_low, m_high (paired differences to the first
    policy with 95 % t intervals) and probability_best; runs: one row a policy, response, replication and operator.
    Money is in currency of the simulated market; `weight` scales it and counts to the real one.
    """

    scenario: Scenario
    policies: list[str]
    replications: int
    focal: str
    weight: float
    table: pd.DataFrame
    by_response: pd.DataFrame
    by_segment: pd.DataFrame
    summary: pd.DataFrame
    runs: pd.DataFrame
    segment_runs: pd.DataFrame
    customers: pd.DataFrame
    trajectories: pd.DataFrame
    money: pd.DataFrame
    reasons: pd.DataFrame
    flows: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    extra: list[Any] = field(default_factory=list)
    manifest: dict[str, Any] = field(default_factory=dict)

    def answer(self) -> str:
        """Say in two sentences which policy to run, what it is worth and how sure that is."""
        from sim.experiments.answer import answer

        return answer(self)


def compare(
    scenario: str | Path | Scenario, policies: Sequence[str] | None = None, replications: int = 20, overrides: Sequence[str] = (), jobs: int = -1,
    responses: Sequence[str] = RESPONSES, seed: int | None = None, progress: Progress | None = None,
) -> Comparison:  # fmt: skip
    """Compare policies of the focal operator in paired futures.

    Parameters
    ----------
    scenario : name, path or a loaded scenario
    policies : names, the first is the reference; the scenario's own list where None
    replications : worlds, each warmed up once and forked into every arm
    overrides : Hydra overrides, for a scenario given by name or path
    jobs : processes; -1 for all cores
    responses : rivals "responding" (their own strategies) and "static" (they hold prices and service)
    seed : of the first replication; the scenario's where None
    progress : called with (replications done, all)

    """
    if replications < 1:
        raise InputError(f"replications: must be at least 1 (got {replications})")
    if isinstance(scenario, Scenario) and overrides:
        raise InputError("compare: overrides go with a scenario by name or path; a loaded scenario is as it is (give them to load_scenario)")
    if not isinstance(scenario, Scenario):
        extra = [] if policies is None else [f"policies=[{','.join(policies)}]"]
        scenario = load_scenario(scenario, [*overrides, *extra])
    names = list(policies) if policies is not None else [name for name in scenario.policies]
    if len(set(names)) < len(names) or not names:
        raise InputError(f"policies: each once, and at least one (got {', '.join(names) or 'none'})")
    first = scenario.seed if seed is None else seed
    arms = tuple((policy, response) for response in responses for policy in names)
    design = [Job(number, scenario, first + number, arms) for number in range(replications)]
    found: list[Replicate] = run_jobs(replicate, design, jobs, progress)
    return assemble(scenario, names, list(responses), found)


def replicate(job: Job) -> Replicate:
    """Warm one world up and run every arm from it."""
    from sim.market import Market

    world = Market(job.scenario, seed=job.seed)
    plan, focal = world.state.plan, world.operator_names.index(job.scenario.focal)
    base = np.flatnonzero((plan >= 0) & (world.offers.plans.operator[np.maximum(plan, 0)] == focal))
    outcomes = []
    for policy, response in job.arms:
        arm = world.fork(policy=policy, response=response)  # type: ignore[arg-type]
        arm.run()
        outcomes.append(outcome_of(arm, policy, response, base))
        arm.release()
    world.release()
    return Replicate(job.number, job.seed, world.weight, tuple(outcomes), base, world.traits.segment[base])


# --- tables ----------------------------------------------------------------------------------------------------------


def assemble(scenario: Scenario, policies: list[str], responses: list[str], found: Sequence[Replicate]) -> Comparison:
    """Turn outcomes into tables."""
    segments, operators = list(scenario.customers.segments), list(scenario.operators)
    scenario = with_count(scenario, round(scenario.market_size / found[0].weight))
    rows: dict[str, list[pd.DataFrame]] = {name: [] for name in ("runs", "segments", "customers", "trajectories", "money", "reasons", "flows")}
    for one in found:
        groups = [np.arange(len(one.customers)), *(np.flatnonzero(one.segments == code) for code in range(len(segments)))]
        first = {outcome.response: outcome for outcome in one.outcomes if outcome.policy == policies[0]}
        for outcome in one.outcomes:
            key = {"policy": outcome.policy, "response": outcome.response, "replication": one.number}
            personal = saved_and_cost(outcome, first[outcome.response], groups)
            _add_rows(rows, key, one, outcome, personal, scenario, segments, operators)
    tables = {name: pd.concat(frames, ignore_index=True) for name, frames in rows.items()}
    focal_runs = tables["runs"][tables["runs"]["operator"] == scenario.focal]
    by_response = contrast(focal_runs, policies, "response")
    by_segment = contrast(tables["segments"][tables["segments"]["response"] == responses[0]], policies, "segment")
    table = pd.DataFrame(by_response.xs(responses[0], level="response")).loc[policies]
    return Comparison(
        scenario, policies, len(found), scenario.focal, found[0].weight, table, by_response, by_segment,
        summarise(table, tables["flows"], focal_runs, policies, responses[0]), tables["runs"], tables["segments"], tables["customers"], tables["trajectories"], tables["money"],
        tables["reasons"], tables["flows"],
    )  # fmt: skip


def _add_rows(
    rows: dict[str, list[pd.DataFrame]], key: dict[str, Any], one: Replicate, outcome: Outcome, personal: dict[str, np.ndarray], scenario: Scenario, segments: list[str],
    operators: list[str],
) -> None:  # fmt: skip
    """Add one arm's rows to every table."""
    focal = operators.index(scenario.focal)
    months = len(outcome.flow)
    own = np.arange(len(operators)) == focal
    whole = {name: np.where(own, value[0], np.nan) for name, value in personal.items()}
    rows["runs"].append(pd.DataFrame({**key, "seed": one.seed, "operator": operators, **{name: value[0] for name, value in outcome.values.items()}, **whole}))
    parts = {name: value[1:, focal] for name, value in outcome.values.items()}
    rows["segments"].append(pd.DataFrame({**key, "segment": segments, **parts, **{name: value[1:] for name, value in personal.items()}}))
    labels = pd.Categorical.from_codes(one.segments.astype(np.int8), pd.Index(segments))
    rows["customers"].append(pd.DataFrame({**key, "customer": one.customers, "segment": labels, "stayed": outcome.stayed, "paid": outcome.paid}))
    month = np.repeat(np.arange(1, months + 1), len(operators))
    rows["trajectories"].append(pd.DataFrame({**key, "month": month, "operator": np.tile(operators, months), **{name: outcome.paths[name].ravel() for name in PATHS}}))
    rows["money"].append(pd.DataFrame({**key, "operator": operators, **dict(zip([*MONEY, "npv_terminal"], outcome.money.T, strict=True))}))
    reasons = reasons_of(outcome)
    rows["reasons"].append(pd.DataFrame({**key, "reason": list(reasons), "count": list(reasons.values())}))
    rows["flows"].append(pd.DataFrame({**key, "month": np.arange(1, months + 1), "free_cash_flow": outcome.flow}))


def contrast(runs: pd.DataFrame, policies: list[str], level: str) -> pd.DataFrame:
    """Means, paired differences to the first policy with 95 % t intervals, and the chance of being best, by policy and one more level."""
    pieces = []
    for label, group in runs.groupby(level, sort=False, observed=True):
        wide = group.pivot(index="replication", columns="policy", values=[name for name in (*MEASURES, "retention_cost") if name in group])
        columns: dict[str, Any] = {}
        for name in [name for name in MEASURES if name in group]:
            values = pd.DataFrame(wide[name])[policies].astype(float)
            columns.update(_paired(name, values, policies[0]))
        npv = wide["npv"][policies].astype(float).to_numpy()
        best = npv == npv.max(axis=1, keepdims=True)
        piece = pd.DataFrame(columns, index=pd.Index(policies, name="policy"))
        _price_of_saved(piece, pd.DataFrame(wide["retention_cost"])[policies].astype(float).mean(), policies[0])
        piece["probability_best"] = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
        piece[level] = str(label)
        pieces.append(piece.set_index(level, append=True))
    return pd.concat(pieces)


def _price_of_saved(piece: pd.DataFrame, cost: pd.Series, first: str) -> None:
    """Set cost per saved customer as a ratio of means, in place: the mean of ratios leaves out the worlds where nobody was saved."""
    piece["cost_per_saved"] = (cost / piece["net_saved"]).where(piece["net_saved"] > 0.0)
    for column in ("cost_per_saved_diff", "cost_per_saved_low", "cost_per_saved_high"):
        piece[column] = np.where(piece.index == first, 0.0, np.nan)


def _paired(name: str, values: pd.DataFrame, first: str) -> dict[str, pd.Series]:
    """Mean and paired difference of one measure; the first policy's own difference is exactly 0."""
    difference = values.sub(values[first], axis=0)
    count = difference.notna().sum()
    mean = difference.mean()
    half = stats.t.ppf(0.975, (count - 1).clip(lower=1)) * difference.std(ddof=1) / np.sqrt(count.clip(lower=1))
    low, high = mean - half, mean + half
    for series in (mean, low, high):
        series[first] = 0.0
    return {name: values.mean(), f"{name}_diff": mean, f"{name}_low": low, f"{name}_high": high}


def summarise(table: pd.DataFrame, flows: pd.DataFrame, runs: pd.DataFrame, policies: list[str], response: str) -> pd.DataFrame:
    """Return what a person reads first: worth, certainty, payback, downside, people saved and their cost."""
    out = table[["npv_diff", "npv_low", "npv_high", "probability_best"]].copy()
    chosen = flows[flows["response"] == response]
    path = chosen.pivot_table(index="month", columns="policy", values="free_cash_flow", observed=True)
    gain = path.sub(path[policies[0]], axis=0).cumsum()
    out["payback_month"] = [_payback(gain[policy].to_numpy()) if policy != policies[0] else np.nan for policy in policies]
    npv = runs[runs["response"] == response].pivot(index="replication", columns="policy", values="npv")
    out["npv_downside"] = npv.sub(npv[policies[0]], axis=0).quantile(0.05)[policies]
    for name in ("churn_rate_diff", "net_saved", "cost_per_saved"):
        out[name] = table[name]
    return out


def _payback(gain: np.ndarray) -> float:
    """Month from which the cumulated mean gain stays positive to the horizon; NaN where it ends below."""
    if gain[-1] <= 0.0:
        return float("nan")
    below = np.flatnonzero(gain <= 0.0)
    return float(below[-1] + 2) if len(below) else 1.0
