"""Does the ranking of policies survive what we do not know? Policies against a sample of uncertain parameters: chances,
regret, and where the answer flips.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from sim.config import Scenario
from sim.config.paths import number_at
from sim.errors import InputError, listed, nearest
from sim.experiments.asked import remembered
from sim.experiments.idle import idle_in_words
from sim.experiments.outcome import gaps_in_words, terminal_in_words
from sim.experiments.own import Measure, own_of
from sim.experiments.record import Study
from sim.experiments.sampling import Interval
from sim.experiments.sensitivity import measures_of
from sim.experiments.statistics import DUST, chance_interval, gaps, half_width, is_best, verdict
from sim.experiments.study import Means, run_design
from sim.experiments.sweep import Plan, Source, design_of, plan_of, scenario_of, table_of

if TYPE_CHECKING:
    from sim.objects.customer import Customer
from sim.experiments.units import in_one_size
from sim.report.formats import counted

DEPTH, LEAF = 3, 0.06  # of the tree; the smallest region, as a share of the points
FOLDS = 5


@remembered
def robust(
    scenario: Source,
    policies: Sequence[str] | None = None,
    ranges: Mapping[str, Interval | tuple[float, float]] | None = None,
    samples: int = 100,
    replications: int = 1,
    measure: str = "npv",
    means: Means | None = None,
    overrides: Sequence[str] = (),
    customer: "type[Customer] | None" = None,
    measures: Mapping[str, Measure] | None = None,
) -> Study:
    """Run every policy at every point of a Latin hypercube of uncertain parameters, each point in worlds of its own.

    Parameters
    ----------
    scenario : name, path, or a loaded scenario; its `uncertain` says what varies
    policies : names; the scenario's own list where None
    ranges : beside or in place of the scenario's: key -> (low, high)
    samples : points
    replications : worlds a point
    measure : what is best, an own measure too; less is better for churn_rate
    means : executor and store of finished rows
    overrides : for a scenario given by name or path
    customer : what everybody is, a subclass of `sim.Customer`: from month 1 on, or from the start where the scenario's
        engine is `objects`
    measures : own measures by name: functions of a market that has run, which return one number, or one for each
        operator by its name

    """
    scenario = scenario_of(scenario, overrides, policies)
    plan = robust_plan(scenario, policies, ranges or {}, samples, replications)
    design = replace(design_of(scenario, plan, ()), own=own_of(scenario, customer, measures))
    found = run_design(design, means or Means())
    table = table_of(found, plan)
    weight = float(table["weight"].iloc[0])
    own = in_one_size(table[table["operator"] == scenario.focal], weight)
    if measure not in own:
        known = measures_of(plan, own)
        raise InputError(f"measure={measure}: no such measure{nearest(measure, known)}; known: {listed(known)}")
    values = values_of(own, measure, plan)
    points = own.drop_duplicates("point").set_index("point")[list(plan.ranges)].loc[values.index]
    tables = {
        "runs": table,
        "policies": judge(values),
        "points": points.assign(best=best_at(values), regret_of_favourite=_regret(values)[_favourite(values)]),
    }
    regions, facts = flips(points, values)
    told = {**facts, "measure": measure, "policies": list(values.columns), "in_play": verdict(values).in_play}
    varied = {key: (low, high) for key, (low, high, _) in plan.ranges.items()}
    lost = plan.samples - len(values)
    notes = [
        *([f"{counted(lost, 'point')} left out: a run failed there, or had nobody to measure."] if lost else []),
        *idle_in_words([scenario], varied),
        *terminal_in_words(own, scenario, weight),
        *gaps_in_words(own, "operator", scenario.months),
    ]
    return Study("robust", scenario, plan, weight, {**tables, "regions": regions}, told, notes, found.failures)


def robust_plan(
    scenario: Scenario,
    policies: Sequence[str] | None,
    ranges: Mapping[str, Interval | tuple[float, float]],
    samples: int,
    replications: int,
) -> Plan:
    """Say which policies meet which ranges; worlds are fresh at every point,
    so that luck is among what is not known.
    """
    names = list(policies) if policies is not None else list(scenario.policies)
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(f"policies: at least two, each once (got {', '.join(names) or 'none'})")
    uncertain = {**scenario.uncertain, **ranges}
    if not uncertain:
        raise InputError(
            f"robust: {scenario.name} does not say what is uncertain; add `uncertain: {{behaviour.attention.base:"
            " [0.02, 0.06]}` to it, or give key=interval(low,high)"
        )
    for key in scenario.uncertain:
        try:
            number_at(scenario, key)
        except InputError as error:
            raise InputError(f"uncertain: {error}; to leave it out: 'uncertain={{{key}: null}}'") from None
    values: dict[str, Any] = {"policy": names, **{key: Interval(*ends) for key, ends in uncertain.items()}}
    plan = plan_of(scenario, values, replications, (), "lhs", samples)
    return Plan(plan.method, plan.axes, plan.ranges, plan.samples, plan.replications, plan.seed, is_fresh=True)


def values_of(own: pd.DataFrame, measure: str, plan: Plan) -> pd.DataFrame:
    """Return the measure by point and policy, more is better; points of which a run has failed are left out."""
    sign = -1.0 if measure == "churn_rate" else 1.0
    wide = own.pivot_table(index="point", columns="policy", values=measure, aggfunc="mean")[plan.axes["policy"]]
    return pd.DataFrame(sign * wide.dropna())


def _regret(values: pd.DataFrame) -> pd.DataFrame:
    """What a policy forgoes at each point against the best one there; dust is nothing."""
    return values.rsub(values.max(axis=1), axis=0).mask(is_best(values.to_numpy(dtype=float)), 0.0)


def _favourite(values: pd.DataFrame) -> str:
    """Return the policy with the least expected regret, which is the one with the highest mean."""
    return str(values.mean().idxmax())


def best_at(values: pd.DataFrame) -> pd.Series:
    """Return the best policy at each point; the favourite where it is as good as any but for rounding."""
    won, favourite = is_best(values.to_numpy(dtype=float)), _favourite(values)
    is_favourite = won[:, list(values.columns).index(favourite)]
    return values.idxmax(axis=1).where(~is_favourite, favourite)


def judge(values: pd.DataFrame) -> pd.DataFrame:
    """Judge every policy over all points (Savage 1951): chance of being best with its interval (Wilson 1927), regret,
    gain over the first.

    Columns: mean, probability_best, best_low, best_high, expected_regret, regret_low, regret_high, regret_95 (exceeded
    at one point in twenty), max_regret, gain, gain_low, gain_high; in the unit of the measure.
    """
    count, regret = len(values), _regret(values)
    gain = gaps(values, str(values.columns[0]))
    won = pd.DataFrame(is_best(values.to_numpy(dtype=float)), index=values.index, columns=values.columns)
    best = won.div(won.sum(axis=1), axis=0)
    chance = [chance_interval(float(share), count) for share in best.mean()]
    spread, sure = half_width(regret), half_width(gain)
    return pd.DataFrame(
        {
            "mean": values.mean(),
            "probability_best": best.mean(),
            "best_low": [low for low, _ in chance],
            "best_high": [high for _, high in chance],
            "expected_regret": regret.mean(),
            "regret_low": regret.mean() - spread,
            "regret_high": regret.mean() + spread,
            "regret_95": regret.quantile(0.95),
            "max_regret": regret.max(),
            "gain": gain.mean(),
            "gain_low": gain.mean() - sure,
            "gain_high": gain.mean() + sure,
        },
        index=pd.Index(values.columns, name="policy"),
    ).sort_values("expected_regret")


# --- where the answer flips ------------------------------------------------------------------------------------------


def flips(points: pd.DataFrame, values: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, float]]:
    """Find the regions of parameters in which another policy is best: a small tree (Breiman et al. 1984).

    A point counts by what the choice between its two best policies is worth, so that near ties do not shape the tree.
    Whether the regions are real is told by points the tree has not seen: `named` is the share of what is at stake that
    it names rightly there, `named_by_favourite` what always naming the favourite does.

    Returns
    -------
    regions : where (a list of conditions in words), policy, points, share (of them at which it is best), worth (mean
        advantage there over the favourite, with its 95 % interval), of the measure's unit; the favourite's own regions
        included
    facts : named, named_by_favourite

    """
    favourite, best = _favourite(values), best_at(values).to_numpy()
    ordered = np.sort(values.to_numpy(dtype=float), axis=1)
    stake = ordered[:, -1] - ordered[:, -2]
    stake = np.where(stake > DUST * np.abs(ordered).max(), stake, 0.0)
    always = float(stake[best == favourite].sum() / stake.sum()) if stake.sum() > 0.0 else 1.0
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=max(3, round(LEAF * len(points))), random_state=0)
    unseen = always
    if len(points) >= 4 * FOLDS and len(set(best)) > 1 and stake.sum() > 0.0:
        guessed = cross_val_predict(tree, points, best, cv=KFold(FOLDS), params={"sample_weight": stake})
        unseen = float(stake[guessed == best].sum() / stake.sum())
    if unseen > always:
        tree.fit(points, best, sample_weight=stake)
        leaves = _leaves(tree, list(points.columns))
        where, place = (
            [conditions for _, conditions in leaves],
            {node: number for number, (node, _) in enumerate(leaves)},
        )
        region = np.array([place[node] for node in tree.apply(points)])
        named = [str(tree.classes_[tree.tree_.value[node][0].argmax()]) for node, _ in leaves]
    else:
        where, region, named = [""], np.zeros(len(points), dtype=int), [favourite]
    rows = []
    for number, policy in enumerate(named):
        inside = values[region == number]
        worth = gaps(inside, favourite)[[policy]]
        mean, half = float(worth[policy].mean()), float(half_width(worth)[policy])
        rows.append(
            {
                "where": where[number],
                "policy": policy,
                "points": len(inside),
                "share": float((best[region == number] == policy).mean()),
                "worth": mean,
                "worth_low": mean - half,
                "worth_high": mean + half,
            }
        )
    return pd.DataFrame(rows).sort_values("points", ascending=False, ignore_index=True), {
        "named": unseen,
        "named_by_favourite": always,
    }


def _leaves(tree: DecisionTreeClassifier, names: Sequence[str]) -> list[tuple[int, str]]:
    """Return leaves with the conditions that lead to each, in words; two leaves of one branch that name the same policy
    are one.
    """
    nodes = tree.tree_
    label = [int(value[0].argmax()) for value in nodes.value]

    def labels(node: int) -> set[int]:
        return (
            {label[node]}
            if nodes.children_left[node] < 0
            else labels(nodes.children_left[node]) | labels(nodes.children_right[node])
        )

    def ends(node: int) -> list[int]:
        return (
            [node]
            if nodes.children_left[node] < 0
            else ends(nodes.children_left[node]) + ends(nodes.children_right[node])
        )

    found: list[tuple[int, str]] = []

    def walk(node: int, bounds: dict[str, tuple[float, float]]) -> None:
        if len(labels(node)) == 1:
            words = conditions(bounds)
            found.extend((end, words) for end in ends(node))
            return
        name, threshold = names[nodes.feature[node]], float(nodes.threshold[node])
        low, high = bounds.get(name, (-np.inf, np.inf))
        walk(int(nodes.children_left[node]), {**bounds, name: (low, min(high, threshold))})
        walk(int(nodes.children_right[node]), {**bounds, name: (max(low, threshold), high)})

    walk(0, {})
    return found


def conditions(bounds: Mapping[str, tuple[float, float]]) -> str:
    """Say in words where a region lies.

    >>> conditions({"hassle": (80.0, np.inf), "portability": (-np.inf, 0.3), "rate": (0.1, 0.2)})
    'hassle above 80, portability below 0.3 and rate between 0.1 and 0.2'
    """
    words = []
    for name, (low, high) in bounds.items():
        if np.isfinite(low) and np.isfinite(high):
            words.append(f"{name} between {low:.3g} and {high:.3g}")
        else:
            words.append(f"{name} above {low:.3g}" if np.isfinite(low) else f"{name} below {high:.3g}")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
