"""What are the best settings of a policy, within what it may cost: searched for on some worlds, judged on others."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sim.books.ledger import COSTS
from sim.config import Scenario
from sim.config.paths import number_at
from sim.config.values import with_values
from sim.errors import InputError, listed, nearest
from sim.experiments.asked import remembered
from sim.experiments.executor import extra
from sim.experiments.own import Measure, Own, own_of
from sim.experiments.record import Study
from sim.experiments.sampling import Interval
from sim.experiments.statistics import gaps, half_width
from sim.experiments.study import Failure, Means, run_design
from sim.experiments.sweep import Plan, Source, design_of_rows, plan_of, scenario_of
from sim.waiting import Advance, progress

if TYPE_CHECKING:
    from sim.objects.customer import Customer

# what a retention budget is spent on
SPENDING = tuple(name for name in COSTS if name in ("contact_cost", "credits_cost", "points_cost", "subsidy_cost"))
LEVERS = ("pricing.", "service.", "loyalty.", "retention.")
MONEY = ("npv", "npv_horizon", "npv_terminal", "ebitda")
NONE = -2  # in place of a trial's number: doing without the policy
FRONTIER = 8  # settings judged on fresh worlds beside the best, from the cheapest to the dearest


class Constraint(NamedTuple):
    """What a setting must meet on average: a measure, or `spend`, at market size."""

    name: str
    sign: str
    bound: float

    def excess(self, value: float) -> float:
        """How far a value is beyond the bound; zero or less where it is met."""
        return value - self.bound if self.sign == "<=" else self.bound - value


def constraints_of(text: str | None) -> list[Constraint]:
    """Read constraints.

    >>> constraints_of("spend<=20_000_000,churn_rate<=0.02")[1]
    Constraint(name='churn_rate', sign='<=', bound=0.02)
    """
    found = []
    for part in filter(None, (text or "").split(",")):
        match = re.fullmatch(r"\s*(\w+)\s*(<=|>=)\s*([-+\d._e]+)\s*", part)
        try:
            if match is None:
                raise ValueError
            found.append(Constraint(match[1], match[2], float(match[3])))
        except ValueError:
            example = "constraint='spend<=20_000_000,churn_rate<=0.02'"
            raise InputError(
                f"constraint={part}: not understood; write a measure or spend, <= or >=, and a number, e.g. {example}"
            ) from None
    return found


@dataclass(frozen=True)
class Bench:
    """Where settings are tried: against a reference policy, world by world."""

    scenario: Scenario
    policy: str
    reference: str
    knobs: tuple[str, ...]
    measure: str
    means: Means
    own: Own
    failures: list[Failure]
    told: list[int]  # worlds of the designs run so far: what is kept from before is told once

    def trials(self, settings: Sequence[Mapping[str, Any]], first: int, worlds: int) -> list[pd.DataFrame]:
        """Run the reference, which does without the policy, and settings in worlds first, first + 1, ...; return, for
        each, one row a world: gain, spend, spending lines, measures, at market size.
        """
        now = {key: number_at(self.scenario, key) for key in self.knobs}
        rows = [{"policy": self.reference, **now}, *({"policy": self.policy, **setting} for setting in settings)]
        rows = [{**row, "setting": place} for place, row in enumerate(rows)]
        base = with_values(self.scenario, {"seed": self.scenario.seed + first})
        design = replace(
            design_of_rows(base, rows, ["policy", *self.knobs], worlds), keep=("runs", "money"), own=self.own
        )
        found = run_design(
            design,
            replace(self.means, progress=False, tell=self.means.tell if first == 0 and not self.told else _in_silence),
        )
        self.told.append(worlds)
        self.failures.extend(found.failures)
        runs, money = (self._own(found.table(name, ["setting", "replication"])) for name in ("runs", "money"))
        weight = runs.pop("weight").iloc[0]
        runs[list(MONEY)] *= weight
        whole = runs.join(money[list(SPENDING)] * weight)
        reference = whole.xs(0, level="setting")
        tried = []
        for place in range(len(rows)):
            own = whole.xs(place, level="setting")
            extra_spending = pd.DataFrame(own[list(SPENDING)] - reference[list(SPENDING)])
            tried.append(
                own.drop(columns=list(SPENDING))
                .assign(gain=(own - reference)[self.measure], spend=extra_spending.sum(axis=1), **extra_spending)
                .dropna(subset=["gain", "spend"])
            )
        return tried

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        rows = table[table["operator"] == self.scenario.focal]
        return rows.drop(columns="operator").set_index(["setting", "replication"])


@remembered
def optimise(
    scenario: Source,
    policy: str,
    ranges: Mapping[str, Interval],
    constraint: str | None = None,
    measure: str = "npv",
    trials: int = 30,
    replications: int = 8,
    holdout: int = 16,
    reference: str = "none",
    means: Means | None = None,
    overrides: Sequence[str] = (),
    customer: "type[Customer] | None" = None,
    measures: Mapping[str, Measure] | None = None,
) -> Study:
    """Search the settings of a policy for the highest mean gain over a reference policy.

    Parameters
    ----------
    scenario : name, path, or a loaded scenario that names the policy
    policy : `a+b` runs two side by side, under one budget
    ranges : what may be set, e.g. ``{"loyalty.contract.term": Interval(6, 36)}``
    constraint : e.g. "spend<=20_000_000": contacts, credits, points and subsidies above the reference's, discounted, at
        market size
    measure : what is to be high (churn_rate: low), an own measure too
    trials : settings tried; spread evenly where there is one number to set, otherwise chosen by a tree of Parzen
        estimators (Bergstra et al. 2011) that learns from the trials before
    replications : worlds each setting is tried in
    holdout : fresh worlds in which the best settings are judged
    reference : policy that gains are measured against
    means : executor and store of finished rows
    overrides : for a scenario given by name or path
    customer : what everybody is, a subclass of `sim.Customer`: from month 1 on, or from the start where the scenario's
        engine is `objects`
    measures : own measures by name: functions of a market that has run, which return one number, or one for each
        operator by its name

    """
    scenario = scenario_of(scenario, overrides, [reference, policy])
    own = own_of(scenario, customer, measures)
    scenario, plan, limits = optimise_plan(
        scenario, policy, ranges, constraint, trials, replications, holdout, reference, measure, tuple(own.measures)
    )
    means = means or Means()
    bench = Bench(scenario, policy, reference, tuple(plan.ranges), measure, means, own, [], [])
    with progress(f"{scenario.name}: trials", means.progress) as advance:
        tried = _search(bench, plan, limits, trials, advance)
    is_feasible = bool(tried["is_feasible"].any())
    best = int(np.nanargmax(tried["gain"].where(tried["is_feasible"] | (not is_feasible)).to_numpy()))
    can_do_without = bool(tried.pop("is_feasible_without").all())
    judged = _judge(bench, plan, tried, best, holdout)
    facts = {
        "measure": measure,
        "policy": policy,
        "policies": [reference, policy],
        "reference": reference,
        "constraint": constraint or "",
        "trials": trials,
        "holdout": holdout,
        "is_feasible": is_feasible,
        "can_do_without": can_do_without,
    }
    tables = {"trials": tried, "judged": judged}
    return Study(
        "optimise",
        scenario,
        plan,
        scenario.market_size / scenario.customers.count,
        tables,
        facts,
        failures=bench.failures,
    )


def optimise_plan(
    scenario: Scenario,
    policy: str,
    ranges: Mapping[str, Interval],
    constraint: str | None,
    trials: int,
    replications: int,
    holdout: int,
    reference: str,
    measure: str,
    own: tuple[str, ...] = (),
) -> tuple[Scenario, Plan, list[Constraint]]:
    """Check what is asked before anything runs."""
    extra("optuna", "optimise", "churnlab optimise")
    for name in (policy, reference):
        if name not in scenario.policies:
            raise InputError(
                f"policy={name}: {scenario.name} does not name it{nearest(name, scenario.policies)}; it names:"
                f" {', '.join(scenario.policies)}"
            )
    if policy == reference:
        raise InputError(
            f"policy={policy}: is the reference itself; give policy=NAME, one of"
            f" {', '.join(name for name in scenario.policies if name != reference)}"
        )
    if not ranges:
        example = "retention.proactive.depth=interval(0.01,0.4)"
        raise InputError(
            f"optimise: give a number of the policy a range, e.g. {example}; churnlab policies lists the numbers of"
            f" '{policy}'"
        )
    for what, number, least in (("trials", trials, 2), ("replications", replications, 2), ("holdout", holdout, 2)):
        if number < least:
            raise InputError(f"{what}: must be at least {least} (got {number})")
    known = (*MONEY, "churn_rate", "arpu", "market_share", "csat", "consumer_surplus", *own)
    limits = constraints_of(constraint)
    for what, name, choice in (
        ("measure", measure, known),
        *(("constraint", limit.name, (*known, "spend", "gain")) for limit in limits),
    ):
        if name not in choice:
            raise InputError(f"{what}={name}: no such measure{nearest(name, choice)}; known: {listed(choice)}")
    full = {
        f"policies.{policy}.{key}" if key.startswith(LEVERS) else key: Interval(*ends) for key, ends in ranges.items()
    }
    return scenario, plan_of(scenario, full, replications, (), "lhs", trials), limits


def _search(bench: Bench, plan: Plan, limits: Sequence[Constraint], trials: int, advance: Advance) -> pd.DataFrame:
    """Try settings one after another, each chosen by what the ones before have shown; the present setting first."""
    optuna = extra("optuna", "optimise", "churnlab optimise")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = {
        key: (
            optuna.distributions.IntDistribution(int(low), int(high))
            if is_whole
            else optuna.distributions.FloatDistribution(low, high)
        )
        for key, (low, high, is_whole) in plan.ranges.items()
    }
    sign = -1.0 if bench.measure == "churn_rate" else 1.0
    search = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=plan.seed))
    for setting in _first_settings(bench, plan, trials):
        search.enqueue_trial(setting)
    rows = []
    for number in range(trials):
        trial = search.ask(space)
        without, worlds = bench.trials([trial.params], 0, plan.replications)
        mean, half = sign * worlds["gain"].mean(), float(half_width(worlds[["gain"]])["gain"])
        excess = {f"{limit.name}{limit.sign}": limit.excess(float(worlds[limit.name].mean())) for limit in limits}
        for name, value in excess.items():
            trial.set_constraint(name, value)
        search.tell(trial, mean)
        advance(number + 1, trials + 1)
        rows.append(
            {
                "trial": number,
                **trial.params,
                "gain": mean,
                "gain_low": mean - half,
                "gain_high": mean + half,
                "spend": float(worlds["spend"].mean()),
                "is_feasible": all(value <= 0.0 for value in excess.values()),
                "is_feasible_without": all(limit.excess(float(without[limit.name].mean())) <= 0.0 for limit in limits),
            }
        )
    return pd.DataFrame(rows)


def _first_settings(bench: Bench, plan: Plan, trials: int) -> list[dict[str, Any]]:
    """Settings tried in any case: an even spread over a single number, otherwise the policy's present one, where it
    lies in the ranges.
    """
    if len(plan.ranges) == 1:
        ((key, interval),) = plan.ranges.items()
        values = np.linspace(interval.low, interval.high, trials)
        return [{key: int(round(value)) if interval.is_whole else float(value)} for value in values]
    now = {key: number_at(bench.scenario, key) for key in plan.ranges}
    return [now] if all(interval.low <= now[key] <= interval.high for key, interval in plan.ranges.items()) else []


def _judge(bench: Bench, plan: Plan, tried: pd.DataFrame, best: int, holdout: int) -> pd.DataFrame:
    """Run the best setting, the present one, and those that gain most for what they spend, in worlds they were not
    chosen by.

    One row a setting: role (best, present, frontier; none, which spends nothing and has no settings), trial, the
    settings, gain and over_present (the gain above that of the present setting, world by world) with their 95 %
    intervals, spend, gain_tuned (in the worlds of the search), the spending lines, and marginal: gain per unit spent
    more than the frontier's setting before.
    """
    gains = tried["gain"].to_numpy(dtype=float)
    frontier = [int(trial) for trial in frontier_of(tried) if gains[trial] > 0.0]  # spending nothing gains 0
    if len(frontier) > FRONTIER:
        frontier = [
            frontier[place] for place in sorted({round(place) for place in np.linspace(0, len(frontier) - 1, FRONTIER)})
        ]
    chosen = list(dict.fromkeys([best, *frontier]))
    settings = [{key: _plain(tried.at[trial, key], plan.ranges[key]) for key in plan.ranges} for trial in chosen]
    now = {key: number_at(bench.scenario, key) for key in plan.ranges}
    found = bench.trials([*settings, now], plan.replications, holdout)
    sign = -1.0 if bench.measure == "churn_rate" else 1.0
    shown = tried["gain"].tolist()
    rows = []
    blank = dict.fromkeys(plan.ranges, np.nan)
    for trial, setting, worlds in zip([NONE, *chosen, -1], [blank, *settings, now], found, strict=True):
        mean, half = sign * float(worlds["gain"].mean()), float(half_width(worlds[["gain"]])["gain"])
        above = gaps(pd.DataFrame({"now": found[-1]["gain"], "here": worlds["gain"]}), "now")[["here"]]
        more, apart = sign * float(above["here"].mean()), float(half_width(above)["here"])
        rows.append(
            {
                "role": {best: "best", NONE: "none", -1: "present"}.get(trial, "frontier"),
                "trial": trial,
                **setting,
                "gain": mean,
                "gain_low": mean - half,
                "gain_high": mean + half,
                "over_present": more,
                "over_present_low": more - apart,
                "over_present_high": more + apart,
                "spend": float(worlds["spend"].mean()),
                "gain_tuned": np.nan if trial < 0 else shown[trial],
                **{name: float(worlds[name].mean()) for name in SPENDING},
                "is_on_frontier": trial in frontier,
            }
        )
    table = pd.DataFrame(rows)
    curve = table[table["is_on_frontier"]].sort_values("spend")
    return table.assign(marginal=(curve["gain"].diff() / curve["spend"].diff()).reindex(table.index))


def frontier_of(tried: pd.DataFrame) -> pd.Index:
    """Trials that gain more than every cheaper one, from the cheapest to the dearest."""
    ordered = tried.sort_values(["spend", "gain"], ascending=[True, False])
    before = ordered["gain"].cummax().shift(fill_value=-np.inf)
    return ordered.index[ordered["gain"] > before]


def _in_silence(_: str) -> None:
    """Say nothing."""


def _plain(value: Any, interval: Interval) -> int | float:
    return int(value) if interval.is_whole else float(value)
