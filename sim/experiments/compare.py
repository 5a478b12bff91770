"""Which policy is best, what is it worth, and how sure is that: all arms forked from one warmed-up world per
replication.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.config import Scenario
from sim.errors import InputError
from sim.experiments.asked import Result, remembered
from sim.experiments.design import RUN, Design
from sim.experiments.executor import Executor
from sim.experiments.finance import Section, finance_sections, without_shocks
from sim.experiments.outcome import RATES, VALUES, WORTH, gaps_in_words, terminal_in_words
from sim.experiments.own import OWN_TITLE, Measure, Own, own_of
from sim.experiments.sampling import check_runs
from sim.experiments.statistics import (
    RANKED,
    gaps,
    is_best,
    lives,
    paired,
    relative_half_width,
    select_among,
    worlds_for,
)
from sim.experiments.study import Failure, Found, Means, run_design
from sim.experiments.sweep import Source, scenario_of
from sim.experiments.worlds import TABLES
from sim.kpis import mean_of_known, per
from sim.start.building import with_count
from sim.waiting import Shown

if TYPE_CHECKING:
    from sim.objects.customer import Customer

MEASURES = (*VALUES, *RATES, *WORTH, "consumer_surplus", "retained", "saved", "lost", "net_saved", "cost_per_saved")
NOTEBOOK = "sim.report.notebook"  # imported when asked for
RESPONSES = ("responding", "static")
LEAST_WORLDS, MOST_WORLDS = 10, 1000  # where a precision says how many


@dataclass
class Comparison(Result):
    """The answer to a comparison.

    table, by_response, by_segment: for each measure m the columns m, m_diff, m_low, m_high (paired differences to the
    first policy with 95 % intervals) and probability_best; runs: one row a policy, response, replication and
    operator. Money is in currency of the simulated market; `weight` scales it and counts to the real one.
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
    failures: list[Failure] = field(default_factory=list)
    calm: pd.DataFrame = field(default_factory=pd.DataFrame)  # trajectories of the first policy without shocks

    def sections(self) -> list[Section]:
        """Return what a finance director asks: cash and full costs, what one more customer is worth, doing nothing."""
        return finance_sections(self)

    def selection(self) -> pd.DataFrame:
        """Say of every policy whether it may be the best, and how sure it is that the best by mean is; see
        statistics.select_best.
        """
        return select_among(self.runs, self.focal, self.policies)

    def __repr__(self) -> str:
        return str(import_module(NOTEBOOK).line_of_comparison(self))

    def _repr_html_(self) -> str:
        return str(import_module(NOTEBOOK).html_of_result(repr(self), self.summary, self.answer()))

    def plot(self, what: str = "gain") -> Any:
        """Draw the gain of each policy, or the course of churn, share, satisfaction or cash; a matplotlib Figure."""
        return import_module(NOTEBOOK).plot_comparison(self, what)

    def answer(self) -> str:
        """Say in two sentences which policy to run, what it is worth and how sure that is."""
        from sim.experiments.answer import answer

        return answer(self)


@remembered
def compare(
    scenario: Source,
    policies: Sequence[str] | None = None,
    replications: int = 20,
    overrides: Sequence[str] = (),
    jobs: int = -1,
    responses: Sequence[str] = RESPONSES,
    seed: int | None = None,
    progress: Shown = None,
    precision: float | None = None,
    customers: bool = True,
    means: Means | None = None,
    customer: "type[Customer] | None" = None,
    measures: Mapping[str, Measure] | None = None,
) -> Comparison:
    """Compare policies of the focal operator in paired futures.

    Parameters
    ----------
    scenario : name, path or a loaded scenario
    policies : names, the first is the reference; the scenario's own list where None
    replications : worlds, each warmed up once and forked into every arm
    overrides : Hydra overrides, for a scenario given by name or path
    jobs : processes; -1 for all cores
    responses : rivals "responding" (their own strategies), "static" (they hold prices and service) and, where asked
        for, "copying" (they respond, and run the policy themselves after the scenario's `copy_after` months)
    seed : of the first replication; the scenario's where None
    progress : called with (worlds done, all); False for no bar, which else is shown on a terminal and in a notebook
    precision : add worlds until every policy's difference in npv is known to within this share of the first policy's
        npv
    customers : whether to keep every customer's outcome
    means : executor and store of finished rows, in place of jobs and progress
    customer : what everybody is, a subclass of `sim.Customer`: from month 1 on, or from the start where the scenario's
        engine is `objects`
    measures : own measures by name: functions of a market that has run, which return one number, or one for each
        operator by its name

    """
    if replications < 1:
        raise InputError(f"replications: must be at least 1 (got {replications})")
    if precision is not None and not 0.0 < precision < 1.0:
        raise InputError(
            f"precision: must lie between 0 and 1 (got {precision}), e.g. 0.01 for 1 % of the first policy's net"
            " present value"
        )
    scenario = scenario_of(scenario, overrides, policies)
    own = own_of(scenario, customer, measures)
    names = list(policies) if policies is not None else [name for name in scenario.policies]
    if len(set(names)) < len(names) or not names:
        raise InputError(f"policies: each once, and at least one (got {', '.join(names) or 'none'})")
    means = means or Means(Executor(jobs=jobs), progress=progress)
    keep = (*TABLES, "customers") if customers else TABLES
    first = scenario.seed if seed is None else seed
    while True:
        found = run_design(design_of(scenario, names, responses, replications, first, keep, own), means)
        more = _worlds_wanted(found, scenario, names, responses[0], replications, precision)
        if more <= replications:
            quiet = replace(means, progress=False, tell=lambda text: None)
            return assemble(scenario, names, list(responses), found, without_shocks(found.design, quiet))
        means.tell(f"{more} worlds are needed for a precision of {precision:g}.")
        replications = more


def design_of(
    scenario: Scenario,
    policies: Sequence[str],
    responses: Sequence[str],
    replications: int,
    seed: int,
    keep: tuple[str, ...],
    own: Own,
) -> Design:
    """Return every policy under every response in every world."""
    check_runs(len(policies) * len(responses) * replications)
    rows = [
        (policy, response, number, seed + number)
        for number in range(replications)
        for response in responses
        for policy in policies
    ]
    return Design(pd.DataFrame(rows, columns=list(RUN)), (scenario,), [0] * len(rows), keep=keep, own=own)


def _worlds_wanted(
    found: Found, scenario: Scenario, policies: list[str], response: str, worlds: int, precision: float | None
) -> int:
    """How many worlds to go on with: a precision is aimed at in steps, at most four times as many each."""
    if precision is None or len(policies) < 2 or worlds >= MOST_WORLDS:
        return worlds
    runs = found.table("runs", ["policy", "response", "replication"])
    chosen = runs[(runs["operator"] == scenario.focal) & (runs["response"] == response)]
    values = chosen.pivot(index="replication", columns="policy", values=RANKED)
    if len(values) >= LEAST_WORLDS and relative_half_width(values, policies[0]) <= precision:
        return worlds
    return min(
        MOST_WORLDS,
        max(
            LEAST_WORLDS,
            worlds + 1,
            min(4 * worlds, worlds_for(values, policies[0], precision)) if len(values) > 1 else 0,
        ),
    )


# --- tables ----------------------------------------------------------------------------------------------------------


def assemble(
    scenario: Scenario, policies: list[str], responses: list[str], found: Found, calm: pd.DataFrame
) -> Comparison:
    """Turn what was found into the tables of a comparison; calm: paths of the first policy without shocks."""
    key = ("policy", "response", "replication")
    runs = found.table("runs", [*key, "seed", "hash"])
    weight = float(runs.pop("weight").iloc[0])
    scenario = with_count(scenario, round(scenario.market_size / weight))
    tables = {
        name: found.table(name, key) for name in ("segments", "customers", "trajectories", "money", "reasons", "flows")
    }
    focal_runs = runs[runs["operator"] == scenario.focal]
    own = tuple(found.design.own.measures)
    by_response = contrast(focal_runs, policies, "response", (*MEASURES, *own))
    by_segment = contrast(tables["segments"][tables["segments"]["response"] == responses[0]], policies, "segment")
    table = pd.DataFrame(by_response.xs(responses[0], level="response")).loc[policies]
    return Comparison(
        scenario,
        policies,
        int(runs["replication"].nunique()),
        scenario.focal,
        weight,
        table,
        by_response,
        by_segment,
        summarise(table, tables["flows"], focal_runs, policies, responses[0]),
        runs,
        tables["segments"],
        tables["customers"],
        tables["trajectories"],
        tables["money"],
        tables["reasons"],
        tables["flows"],
        notes=[
            *terminal_in_words(focal_runs, scenario, weight),
            *gaps_in_words(focal_runs, "operator", scenario.months),
            *gaps_in_words(tables["segments"], "segment", scenario.months, f"{scenario.focal}\u2019s segment "),
        ],
        extra=[own_section(table, policies, own)] if own else [],
        calm=calm if len(calm) else tables["trajectories"].iloc[:0],
        failures=found.failures,
    )


def own_section(table: pd.DataFrame, policies: list[str], own: Sequence[str]) -> tuple[str, pd.DataFrame, str]:
    """Return own measures as a section of the report: title, table, caption."""
    rows = [
        {
            "measure": name,
            "policy": policy,
            "mean": table.at[policy, name],
            **{part: table.at[policy, f"{name}_{part}"] for part in ("diff", "low", "high")},
        }
        for name in own
        for policy in policies
    ]
    caption = f"Mean over worlds, and the difference to \u201c{policies[0]}\u201d with its 95 % interval."
    return OWN_TITLE, pd.DataFrame(rows), caption


def contrast(runs: pd.DataFrame, policies: list[str], level: str, measures: Sequence[str] = MEASURES) -> pd.DataFrame:
    """Means, paired differences to the first policy with 95 % t intervals, and the chance of being best, by policy and
    one more level.
    """
    pieces = []
    for label, group in runs.groupby(level, sort=False, observed=True):
        wide = group.pivot(
            index="replication",
            columns="policy",
            values=[name for name in (*measures, "retention_cost", "base") if name in group],
        )
        columns: dict[str, Any] = {}
        for name in [name for name in measures if name in group]:
            columns.update(paired(name, _wide(wide, name, policies), policies[0]))
        columns.update(_lives(wide, policies))
        best = is_best(_wide(wide, RANKED, policies).to_numpy())
        piece = pd.DataFrame(columns, index=pd.Index(policies, name="policy"))
        _price_of_saved(piece, _wide(wide, "retention_cost", policies).mean(), policies[0])
        piece["probability_best"] = mean_of_known(per(best, best.sum(axis=1, keepdims=True)))
        piece[level] = str(label)
        pieces.append(piece.set_index(level, append=True))
    return pd.concat(pieces)


def _wide(wide: pd.DataFrame, name: str, policies: list[str]) -> pd.DataFrame:
    """Return one measure, a row a world and a column a policy."""
    return pd.DataFrame(wide[name])[policies].astype(float)


def _lives(wide: pd.DataFrame, policies: list[str]) -> dict[str, pd.Series]:
    """Set the intervals of what counts lives: also where few of them change."""
    columns = lives(_wide(wide, "saved", policies), _wide(wide, "lost", policies), policies[0])
    base = float(_wide(wide, "base", policies).to_numpy().mean())
    for end in ("low", "high"):
        columns[f"retained_{end}"] = columns[f"net_saved_{end}"] / (base or np.nan)
        columns[f"retained_{end}"][policies[0]] = 0.0
    return columns


def _price_of_saved(piece: pd.DataFrame, cost: pd.Series, first: str) -> None:
    """Set cost per saved customer as a ratio of means, in place: the mean of ratios leaves out the worlds where nobody
    was saved.
    """
    piece["cost_per_saved"] = (cost / piece["net_saved"]).where(piece["net_saved"] > 0.0)
    for column in ("cost_per_saved_diff", "cost_per_saved_low", "cost_per_saved_high"):
        piece[column] = np.where(piece.index == first, 0.0, np.nan)


def summarise(
    table: pd.DataFrame, flows: pd.DataFrame, runs: pd.DataFrame, policies: list[str], response: str
) -> pd.DataFrame:
    """Return what a person reads first: worth, certainty, payback, downside, people saved and their cost."""
    gains = [f"{name}_{part}" for name in (RANKED, "npv") for part in ("diff", "low", "high")]
    out = table[[*gains, "probability_best"]].copy()
    chosen = flows[flows["response"] == response]
    path = chosen.pivot_table(index="month", columns="policy", values="free_cash_flow", observed=True)
    gain = path.sub(path[policies[0]], axis=0).cumsum()
    out["payback_month"] = [
        _payback(gain[policy].to_numpy()) if policy != policies[0] else np.nan for policy in policies
    ]
    cash = runs[runs["response"] == response].pivot(index="replication", columns="policy", values=RANKED)
    out["npv_downside"] = gaps(cash, policies[0]).quantile(0.05, interpolation="lower")[policies]
    for name in ("churn_rate_diff", "net_saved", "cost_per_saved"):
        out[name] = table[name]
    return out


def _payback(gain: np.ndarray) -> float:
    """Month from which the cumulated mean gain stays positive to the horizon; NaN where it ends below."""
    if gain[-1] <= 0.0:
        return float("nan")
    below = np.flatnonzero(gain <= 0.0)
    return float(below[-1] + 2) if len(below) else 1.0
