"""The report of a war game: what each pair of policies is worth to both sides, who would answer how, where neither
would move.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.experiments.record import Study
from sim.experiments.statistics import verdict
from sim.report.drawing import HEAD, MUTED, SMALL, Picture, both, canvas, put, text_width
from sim.report.formats import counted, listing, named, percent
from sim.report.plots import draw_cells
from sim.report.studies import Section, Unit, unit_of
from sim.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def headline(study: Study) -> tuple[str, str, str]:
    """Return question, setting and answer."""
    focal, rival = study.scenario.focal, study.facts["rival"]
    question = f"What should {focal} do in \u201c{study.scenario.name}\u201d, if {rival} chooses too?"
    setting = (
        f"Every one of {len(study.facts['policies'])} policies of {focal} meets every one of"
        f" {len(study.facts['rival_policies'])} of {rival} in {study.plan.replications} paired worlds over"
        f" {study.scenario.months} months. \u201cnone\u201d of {rival} is what the scenario has it do."
    )
    return question, setting, answer(study)


def unit(study: Study) -> Unit:
    """Return the unit of all payoffs."""
    return unit_of(study, "npv", study.tables["payoffs"][["npv", "rival_npv"]].to_numpy().ravel().tolist())


def answer(study: Study) -> str:
    """Name the equilibria, and what each is worth to both."""
    found, payoffs, focal, rival = (
        study.tables["equilibria"],
        study.tables["payoffs"],
        study.scenario.focal,
        study.facts["rival"],
    )
    told = []
    for number, rows in found.groupby("number"):
        sides = {side: part for side, part in rows.groupby("side")}
        plays = [f"{who} plays {_play(sides[side])}" for side, who in (("mine", focal), ("theirs", rival))]
        worth = " and ".join(
            f"{unit(study).number(sides[side]['npv'].iloc[0])} to {who}"
            for side, who in (("mine", focal), ("theirs", rival))
        )
        held = ""
        if bool(rows["is_pure"].iloc[0]):
            cell = payoffs[
                (payoffs["policy"] == sides["mine"]["policy"].iloc[0])
                & (payoffs["rival_policy"] == sides["theirs"]["policy"].iloc[0])
            ].iloc[0]
            number_of = round(float(cell["share_of_worlds"]) * study.plan.replications)
            held = f"; neither would move in {number_of} of {counted(study.plan.replications, 'world')}"
            held += _doubts(study, str(cell["policy"]), str(cell["rival_policy"]))
        told.append(f"{' and '.join(plays)}, worth {worth} ({unit(study).words}){held}")
        if number == 3:
            break
    count = found["number"].nunique()
    first = ", the first three of which are" if count > 3 else ""
    there = "there is one equilibrium: " if count == 1 else f"there are {count} equilibria{first}: "
    lead = f"By the means of {counted(study.plan.replications, 'world')} {there}"
    return f"{lead}{'; '.join(told)}."


def _doubts(study: Study, mine: str, theirs: str) -> str:
    """Say from which other policies the worlds do not tell each side's choice, the other's given."""
    runs, told = study.results, []
    for who, own, other, played, given in (
        (study.scenario.focal, "policy", "rival_policy", mine, theirs),
        (study.facts["rival"], "rival_policy", "policy", theirs, mine),
    ):
        rows = runs[(runs["operator"] == who) & (runs[other] == given)]
        found = verdict(rows.pivot(index="replication", columns=own, values="npv").astype(float))
        rivals = [name for name in found.in_play if name != played]
        if rivals:
            told.append(f"for {who}, {named(played)} is not told from {listing(map(named, rivals), 'or')}")
    return f" ({'; '.join(told)})" if told else ""


def _play(rows: pd.DataFrame) -> str:
    if len(rows) == 1:
        return named(str(rows["policy"].iloc[0]))
    return listing(
        f"{named(str(row['policy']))} with probability {row['probability']:.2f}" for row in rows.to_dict("records")
    )


def sections(study: Study) -> list[Section]:
    """Return the matrices, equilibria and best responses."""
    focal, rival = study.scenario.focal, study.facts["rival"]
    text = (
        f"Rows: {focal}'s policy; columns: {rival}'s. Framed: the best response to what the other does. A pair framed"
        " in both figures is an equilibrium in pure policies."
    )
    return [
        Section(
            "What each pair is worth",
            f"{text} In {unit(study).words}.",
            wide=[_matrix(study, "npv", focal), _matrix(study, "rival_npv", rival)],
            tables=[_payoffs(study)],
        ),
        Section(
            "Equilibria",
            "Pairs of policies, or of chances of playing them, from which neither side gains by moving alone (Nash"
            " 1950). Intervals are over worlds.",
            tables=[_equilibria(study)],
        ),
    ]


def _matrix(study: Study, column: str, who: str) -> Picture:
    payoffs, mine, theirs = study.tables["payoffs"], study.facts["policies"], study.facts["rival_policies"]
    wide = payoffs.pivot(index="policy", columns="rival_policy", values=column).loc[mine, theirs]
    flag = "is_best_response" if column == "npv" else "is_rival_best_response"
    best = payoffs.pivot(index="policy", columns="rival_policy", values=flag).loc[mine, theirs].to_numpy(dtype=bool)
    values = wide.to_numpy(dtype=float) * unit(study).factor
    texts = [[unit(study).number(number) for number in line] for line in wide.to_numpy(dtype=float)]
    rival, focal = study.facts["rival"], study.scenario.focal

    def draw(width: int) -> "Figure":
        left = text_width(mine, SMALL) + 16.0
        figure, axes = canvas(width, 96.0 + 34.0 * len(mine), left, 8.0, 70.0, 26.0)
        axes.set_xlim(0.0, len(theirs))
        axes.set_ylim(len(mine), 0.0)
        axes.set_xticks([])
        axes.set_yticks(np.arange(len(mine)) + 0.5, mine)
        draw_cells(axes, values, [(row, place) for row, place in zip(*np.nonzero(best), strict=True)], texts)
        for place, name in enumerate(theirs):
            put(
                axes,
                name,
                place + 0.5,
                0.0,
                "center*",
                dy=10.0 + 13.0 * (place % 2) * (width < 800),
                size=SMALL,
                color=MUTED,
            )
        put(axes, f"Worth to {who}", 0.0, 0.0, "left", dx=6.0 - left, dy=56.0, size=HEAD, bold=True)
        put(
            axes,
            f"{rival}'s policy across, {focal}'s down",
            0.0,
            0.0,
            "left",
            dx=6.0 - left,
            dy=38.0,
            size=SMALL,
            color=MUTED,
        )
        return figure

    told = "; ".join(
        f"{policy}: {', '.join(f'{text} against {other}' for text, other in zip(line, theirs, strict=True))}"
        for policy, line in zip(mine, texts, strict=True)
    )
    return both(column.replace("_", "-"), f"Worth to {who}", told, draw)


def _payoffs(study: Study) -> Table:
    write, focal, rival = unit(study).number, study.scenario.focal, study.facts["rival"]
    rows, marked = [], set()
    for place, row in enumerate(study.tables["payoffs"].to_dict("records")):
        if row["is_equilibrium"]:
            marked.add(place)
        answers = listing(
            name for name, key in ((focal, "is_best_response"), (rival, "is_rival_best_response")) if row[key]
        )
        rows.append(
            [
                row["policy"],
                row["rival_policy"],
                write(row["npv"]),
                f"{write(row['npv_low'])} to {write(row['npv_high'])}",
                write(row["rival_npv"]),
                f"{write(row['rival_low'])} to {write(row['rival_high'])}",
                answers,
                percent(row["share_of_worlds"], 0),
            ]
        )
    header = [
        f"{focal} plays",
        f"{rival} plays",
        f"Worth to {focal}",
        "95 % interval",
        f"Worth to {rival}",
        "95 % interval",
        "Best response of",
        "Equilibrium in so many worlds",
    ]
    return Table(
        f"Both payoffs; {unit(study).words}.",
        header,
        rows,
        words=frozenset({0, 1, 6}),
        marked=frozenset(marked),
        style="fine",
    )


def _equilibria(study: Study) -> Table:
    write, names = unit(study).number, {"mine": study.scenario.focal, "theirs": study.facts["rival"]}
    rows = [
        [
            str(row["number"]),
            "pure" if row["is_pure"] else "mixed",
            names[row["side"]],
            row["policy"],
            f"{row['probability']:.2f}",
            write(row["npv"]),
            f"{write(row['npv_low'])} to {write(row['npv_high'])}",
        ]
        for row in study.tables["equilibria"].to_dict("records")
    ]
    return Table(
        f"Equilibria of the mean payoffs; {unit(study).words}.",
        ["Number", "Kind", "Operator", "Policy", "Probability", "Worth", "95 % interval"],
        rows,
        words=frozenset({1, 2, 3}),
    )
