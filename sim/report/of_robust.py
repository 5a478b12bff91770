"""The report of a test of robustness: which policy to choose under what is not known, what the choice may cost, and
where it flips.
"""

from typing import TYPE_CHECKING

import pandas as pd

from sim.experiments.record import Study
from sim.report.drawing import BLUE, DOT, ORANGE, RING, Picture, both, limits_of, row_chart
from sim.report.formats import counted, fixed, listing, named, percent
from sim.report.plots import cloud_figure, short
from sim.report.studies import Section, Unit, unit_of
from sim.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORTH = ("worth", "worth_low", "worth_high")
CLEAR = 0.05  # share of the stakes a tree must add to be worth reading


def headline(study: Study) -> tuple[str, str, str]:
    """Return question, setting and answer."""
    question = (
        f"Which policy should {study.scenario.focal} run in \u201c{study.scenario.name}\u201d, given what is not known?"
    )
    keys = list(study.plan.ranges)
    count = len(study.tables["points"])
    setting = (
        f"{len(_policies(study))} policies at {count} points of a Latin hypercube over {len(keys)} uncertain numbers,"
        " each in its own world."
    )
    return question, setting, answer(study)


def answer(study: Study) -> str:
    """Say which policy to choose, what that may cost, and where another would be better."""
    table = _policies(study)
    favourite, row, unit = str(table.index[0]), table.iloc[0], unit_for(study)
    points = counted(len(study.tables["points"]), "point")
    rivals = [name for name in study.facts["in_play"] if name != favourite]
    if not table["max_regret"].max() > 0.0:
        return f"No policy makes any difference at any of {points}: all are as good as {named(favourite)}."
    lead = (
        f"{points} do not tell which policy to run: {listing(map(named, [favourite, *rivals]), 'or')} may be the best"
        f" on average. {named(favourite)} has the highest mean; it is"
        if rivals
        else f"Run {named(favourite)}: on average over {points} it is told apart from all others. It is"
    )
    chance = (
        f"{percent(row['probability_best'], 0)} of the points (95 % interval {percent(row['best_low'], 0)} to"
        f" {percent(row['best_high'], 0)})"
    )
    return (
        f"{lead} best at {chance}, forgoes {unit.number(row['expected_regret'])} on average and"
        f" {unit.number(row['max_regret'])} at worst ({unit.words}). {in_words(study)}"
    )


def in_words(study: Study) -> str:
    """Read the tree aloud: where another policy than the favourite is best."""
    regions, unit = study.tables["regions"], unit_for(study)
    favourite = str(_policies(study).index[0])
    keys = list(study.plan.ranges)
    others = _merged(regions[regions["policy"] != favourite])
    others = others[others["worth_low"] > 0.0]
    if others.empty:
        return "In no region of the sample, as far as a small tree can tell, is another policy better."
    unless = "; ".join(
        f"with {_shortened(str(row['where']), keys)}, where {named(str(row['policy']))} is better by"
        f" {unit.number(row['worth'])} (95 % interval {unit.number(row['worth_low'])} to"
        f" {unit.number(row['worth_high'])}; best at {percent(row['share'], 0)} of {row['points']} points)"
        for row in others.to_dict("records")
    )
    gained = study.facts["named"] - study.facts["named_by_favourite"]
    hint = ", so the regions are a hint, not a finding" if gained < CLEAR else ""
    trust = (
        f"On points it has not seen, this rule names the best policy for {percent(study.facts['named'], 0)} of what is"
        f" at stake; always naming {named(favourite)} does for {percent(study.facts['named_by_favourite'], 0)}{hint}."
    )
    return f"The answer flips {unless}. {trust}"


def _merged(regions: pd.DataFrame) -> pd.DataFrame:
    """Put leaves with the same words together."""
    rows = []
    for (where, policy), part in regions.groupby(["where", "policy"], sort=False):
        weights = part["points"] / part["points"].sum()
        rows.append(
            {
                "where": where,
                "policy": policy,
                "points": int(part["points"].sum()),
                **{name: float((part[name] * weights).sum()) for name in ("share", *WORTH)},
            }
        )
    return pd.DataFrame(rows, columns=["where", "policy", "points", "share", *WORTH])


def _shortened(words: str, keys: list[str]) -> str:
    for key in sorted(keys, key=len, reverse=True):
        words = words.replace(key, short(key, keys))
    return words


def _policies(study: Study) -> pd.DataFrame:
    return study.tables["policies"]


def unit_for(study: Study) -> Unit:
    """Return the unit of regret and gains, in a magnitude that suits what the policies forgo on average."""
    return unit_of(study, study.measure, _policies(study)["expected_regret"].tolist())


def sections(study: Study) -> list[Section]:
    """Return chances and regret, regions, and the map of points."""
    text = (
        "Regret is what a policy forgoes against the best one at the same point. A policy may be seldom best and still"
        " the safest choice, if it is never far behind. Lines are 95 % intervals of the mean; rings are the worst point"
        " of the sample."
    )
    regions = (
        "Each row is a region of the uncertain numbers and the policy that a small decision tree names there. Worth:"
        " the mean gain over the favourite in that region."
    )
    return [
        Section("What the choice may cost", text, wide=[_regret_figure(study)], tables=[_policy_table(study)]),
        Section(
            "Where the answer flips",
            f"{in_words(study)} {regions}",
            wide=[_map(study)] if len(study.plan.ranges) > 1 else [],
            tables=[_region_table(study)],
        ),
    ]


def _regret_figure(study: Study) -> Picture:
    table, unit = _policies(study), unit_for(study)
    names = [str(name) for name in table.index]
    numbers = {
        name: (table[name] * unit.factor).tolist()
        for name in ("expected_regret", "regret_low", "regret_high", "max_regret")
    }
    texts = [percent(chance, 0) for chance in table["probability_best"]]

    def draw(width: int) -> "Figure":
        key = [(BLUE, DOT, "expected regret"), (ORANGE, RING, "largest regret")]
        chart = row_chart(
            names,
            texts,
            width,
            limits_of(numbers["max_regret"]),
            f"regret: {unit.words}",
            "best at",
            bold={0},
            shaded={0},
            key=key,
        )
        for row in range(len(names)):
            chart.line(row, numbers["regret_low"][row], numbers["regret_high"][row], BLUE)
            chart.dot(row, numbers["expected_regret"][row], BLUE, size=8.0)
            chart.dot(row, numbers["max_regret"][row], ORANGE, hollow=True, size=8.0)
        return chart.figure

    return both(
        "regret",
        "Regret of each policy",
        "; ".join(f"{name} best at {text}" for name, text in zip(names, texts, strict=True)),
        draw,
    )


def _policy_table(study: Study) -> Table:
    unit = unit_for(study)
    rows = [
        [
            str(name),
            percent(row["probability_best"], 0),
            f"{percent(row['best_low'], 0)} to {percent(row['best_high'], 0)}",
            unit.number(row["expected_regret"]),
            unit.number(row["regret_95"]),
            unit.number(row["max_regret"]),
            unit.number(row["gain"], True),
            f"{unit.number(row['gain_low'], True)} to {unit.number(row['gain_high'], True)}",
        ]
        for name, row in _policies(study).iterrows()
    ]
    header = [
        "Policy",
        "Best at",
        "95 % interval",
        "Expected regret",
        "Exceeded at 1 point in 20",
        "Largest regret",
        f"Gain against {study.facts['policies'][0]}",
        "95 % interval",
    ]
    return Table(f"Over {len(study.tables['points'])} points; {unit.words}.", header, rows, marked=frozenset({0}))


def _region_table(study: Study) -> Table:
    unit, keys = unit_for(study), list(study.plan.ranges)
    rows = [
        [
            _shortened(str(row["where"]), keys) or "everywhere",
            str(row["policy"]),
            fixed(row["points"]),
            percent(row["share"], 0),
            unit.number(row["worth"], True),
            f"{unit.number(row['worth_low'], True)} to {unit.number(row['worth_high'], True)}",
        ]
        for row in _merged(study.tables["regions"]).to_dict("records")
    ]
    return Table(
        f"Regions; worth in {unit.words}.",
        ["Where", "Policy", "Points", "Best there at", "Worth", "95 % interval"],
        rows,
        words=frozenset({0, 1}),
    )


def _map(study: Study) -> Picture:
    """Draw every point by the two numbers that the regions speak of first, coloured by the best policy."""
    points, keys = study.tables["points"], list(study.plan.ranges)
    words = " ".join(study.tables["regions"]["where"].astype(str))
    across, up = sorted(keys, key=lambda key: words.find(key) if key in words else len(words) + keys.index(key))[:2]
    groups = {
        f"{name} is best": (
            points.loc[points["best"] == name, across].to_numpy(dtype=float),
            points.loc[points["best"] == name, up].to_numpy(dtype=float),
        )
        for name in points["best"].value_counts().index
    }
    limits = (study.plan.ranges[across][:2], study.plan.ranges[up][:2])
    return cloud_figure("map", f"Which policy is best where: {short(up, keys)} up", across, groups, limits)
