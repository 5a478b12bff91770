"""Is the lab to be believed? Published facts are measured in a market's worlds and in a neighbourhood of its
parameters, and set beside what was published.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.config import Scenario
from sim.config.paths import value_at
from sim.config.values import with_values
from sim.errors import InputError, listed, nearest
from sim.experiments.design import RUN, Design, Job
from sim.experiments.record import Study
from sim.experiments.sampling import Interval, as_values, points
from sim.experiments.statistics import half_width
from sim.experiments.store import Tables
from sim.experiments.study import Failure, Means, run_design
from sim.experiments.sweep import Plan, Source, scenario_of
from sim.experiments.wargame import with_policies
from sim.facts import FACTS, Check, Fact, Lab

POLICIES = (
    "none",
    "no_contract",
    "group_tariff",
    "points",
    "plan_advice",
    "proactive_random",
    "proactive_risk",
    "proactive_uplift",
    "proactive_oracle",
    "win_back_price",
    "win_back_upgrade",
    "win_back_both",
)
WORLDS, POINTS = 8, 40
MONTHS, PEOPLE, FEWER_PEOPLE = 60, 20_000, 8_000  # of a world; people of a point of the neighbourhood
MET, MISSED, OPEN, REPORTED = "met", "missed", "cannot be told", "reported"
NOT_REACHED = (
    (
        "11",
        "Switching costs can lower prices (Dube, Hitsch & Rossi 2009)",
        "needs an operator that sets prices by dynamic programming; none of ours looks beyond a horizon",
    ),
    (
        "27",
        "Five points of retention, 25-85 % of profit (Reichheld & Sasser 1990)",
        "arithmetic: customer value is a case of theory (C06)",
    ),
)


@dataclass(frozen=True)
class Validation:
    """What was found. `checks` has one row a number asked for; `runs` one a number and world or point, in the columns
    `part`, replication, fact, check, value, error.
    """

    scenario: Scenario
    checks: pd.DataFrame
    runs: pd.DataFrame
    worlds: int
    points: int
    theory: pd.DataFrame | None = None  # reference cases, see sim.experiments.theory
    failures: list[Failure] = field(default_factory=list)

    @property
    def verdicts(self) -> pd.DataFrame:
        """Verdict of each fact: missed if a number is, cannot be told if one cannot; fact, title, verdict."""
        worst, titles = worst_of(self.checks), {fact.number: fact.title for fact in FACTS}
        return pd.DataFrame(
            {"fact": list(worst), "title": [titles[number] for number in worst], "verdict": list(worst.values())}
        )

    def study(self) -> Study:
        """Return it as a study, to be saved and reported."""
        plan = Plan(
            "lhs" if self.points else "factorial",
            {},
            ranges_of(self.scenario) if self.points else {},
            self.points,
            self.worlds,
            self.scenario.seed,
        )
        tables = {"checks": self.checks, "runs": self.runs} | ({} if self.theory is None else {"theory": self.theory})
        facts = {"measure": "verdict", "policies": list(POLICIES), "points": self.points}
        return Study(
            "validate",
            self.scenario,
            plan,
            self.scenario.market_size / self.scenario.customers.count,
            tables,
            facts,
            failures=self.failures,
        )


def validate(
    scenario: Source = "europe_three",
    facts: Sequence[str] | None = None,
    overrides: Sequence[str] = (),
    replications: int = WORLDS,
    samples: int = POINTS,
    means: Means | None = None,
) -> Validation:
    """Measure published facts in a market.

    Parameters
    ----------
    scenario : name, path, or a loaded scenario; five years, everybody in the panel, 20,000 people where the file says
        nothing else
    facts : numbers of facts (all where None)
    overrides : what differs from the scenario file
    replications : worlds
    samples : points of a Latin hypercube over the scenario's `uncertain` ranges, one smaller world each; 0 for none
    means : executor and store of finished rows

    Returns
    -------
    Validation
        checks has the columns fact, check, unit, kind, asked, lab, low, high (95 % t interval over worlds; NaN for one
        world, which tells nothing), worlds, verdict, neighbourhood (share of points at which the number is where it
        was asked to be; NaN without points)

    Raises
    ------
    InputError
        an unknown fact, or a number that cannot be

    """
    chosen = chosen_facts(facts)
    if replications < 1 or samples < 0 or samples == 1:
        raise InputError(f"replications must be at least 1 and samples 0 or at least 2 (got {replications}, {samples})")
    loaded = scenario_of(scenario, overrides)
    base = with_policies(with_values(loaded, {"months": MONTHS, "panel.share": 1.0, "panel.truth": True}), POLICIES)
    fewer = with_values(base, {"customers.count": min(FEWER_PEOPLE, base.customers.count)})
    design = _design(base, fewer, chosen, replications, samples if base.uncertain else 0)
    found = run_design(design, means or Means(), examine)
    runs = found.table("runs", ["part", "replication", "hash"])
    return Validation(
        base, table_of(runs, chosen), runs, replications, samples if base.uncertain else 0, failures=found.failures
    )


def chosen_facts(numbers: Sequence[str] | None) -> list[Fact]:
    """Find facts by their numbers."""
    known = {fact.number: fact for fact in FACTS}
    for number in numbers or []:
        if number not in known:
            reason = next((f" ({why})" for other, _, why in NOT_REACHED if other == number), "")
            raise InputError(f"facts={number}: no such fact{reason or nearest(number, known)}; known: {listed(known)}")
    return [fact for fact in FACTS if numbers is None or fact.number in numbers]


def ranges_of(scenario: Scenario) -> dict[str, Interval]:
    """Ranges of the neighbourhood: the scenario's uncertain numbers."""
    return {
        key: Interval(float(low), float(high), isinstance(value_at(scenario, key), int))
        for key, (low, high) in scenario.uncertain.items()
    }


def _design(base: Scenario, fewer: Scenario, facts: Sequence[Fact], replications: int, samples: int) -> Design:
    """Worlds of the market as it is, then the points of its neighbourhood, each with a world of its own."""
    ranges = ranges_of(base) if samples else {}
    sampled = points("lhs", ranges, samples, base.seed) if samples else pd.DataFrame()
    columns: dict[str, Any] = {"part": ["market"] * replications + ["neighbourhood"] * samples}
    for key, interval in ranges.items():
        columns[key] = [value_at(base, key)] * replications + as_values(sampled[key], interval)
    rows = [("none", "responding", number, base.seed + number) for number in range(replications + samples)]
    columns |= dict(zip(RUN, map(list, zip(*rows, strict=True)), strict=True))
    keep = ("runs", *(fact.number for fact in facts))
    return Design(pd.DataFrame(columns), (base, fewer), [0] * replications + [1] * samples, tuple(ranges), keep)


def examine(job: Job) -> Tables:
    """Warm one world up and measure the facts that the job names; a fault in one of them does not touch the others."""
    from threadpoolctl import threadpool_limits

    lab = Lab(job.scenario(), job.seed)
    rows = []
    with threadpool_limits(1):
        for fact in FACTS:
            if fact.number not in job.keep:
                continue
            error, found = "", {}
            try:
                found = fact.measure(lab)
            except (ArithmeticError, ValueError, KeyError, np.linalg.LinAlgError) as fault:
                error = f"{type(fault).__name__}: {' '.join(str(fault).split())}"
            rows += [
                {
                    "arm": 0,
                    "fact": fact.number,
                    "check": check.name,
                    "value": found.get(check.name, float("nan")),
                    "error": error,
                }
                for check in fact.checks
            ]
    return {"runs": pd.DataFrame(rows)}


def table_of(runs: pd.DataFrame, facts: Sequence[Fact]) -> pd.DataFrame:
    """Return what each number came to and how it stands to what was published."""
    rows = []
    for fact in facts:
        for check in fact.checks:
            own = runs[(runs["fact"] == fact.number) & (runs["check"] == check.name)]
            values = own.loc[own["part"] == "market", "value"].dropna()
            around = own.loc[own["part"] == "neighbourhood", "value"]
            mean = float(values.mean()) if len(values) else float("nan")
            half = float(half_width(values.to_frame()).iloc[0]) if len(values) > 1 else float("nan")
            rows.append(
                {
                    "fact": fact.number,
                    "check": check.name,
                    "unit": check.unit,
                    "kind": check.kind,
                    "asked": check.asked,
                    "lab": mean,
                    "low": mean - half,
                    "high": mean + half,
                    "worlds": len(values),
                    "verdict": _verdict(check, mean - half, mean + half),
                    "neighbourhood": (
                        float(np.mean([check.holds(value) for value in around]))
                        if len(around) and check.kind != "report"
                        else float("nan")
                    ),
                }
            )
    return pd.DataFrame(rows)


def worst_of(checks: pd.DataFrame) -> dict[str, str]:
    """Return the worst verdict on the numbers of each fact, by the fact's number."""
    order = [REPORTED, MET, OPEN, MISSED]
    worst = checks["verdict"].map(order.index).groupby(checks["fact"], sort=False).max()
    return {str(number): order[place] for number, place in worst.items()}


def _verdict(check: Check, low: float, high: float) -> str:
    """Judge by the interval from low to high: a number is met where all of it holds, missed where none of it does, and
    cannot be told in between, or where there is no interval (NaN: one world, or nothing to measure).
    """
    if check.kind == "report":
        return REPORTED
    if check.holds(low) and check.holds(high):
        return MET
    return MISSED if check.fails(low, high) else OPEN
