"""The report of naive against true: every claim's estimate from the panel beside its effect in paired futures."""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.experiments.record import Study
from sim.report.drawing import BLUE, DOT, MUTED, ORANGE, RING, Picture, both, row_chart
from sim.report.formats import GAP, fixed, listing
from sim.report.studies import Section
from sim.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = Mapping[Hashable, Any]  # of the table of claims
LARGE, SMALL, WRONG = "too large", "too small", "of the wrong sign"
OFF, EQUAL = "too small or of the wrong sign", "not distinguishable from the truth"
UNTOLD = "not told (no interval)"  # one world, or nothing to measure
VERDICTS = (LARGE, SMALL, WRONG, OFF, EQUAL, UNTOLD)


def headline(study: Study) -> tuple[str, str, str]:
    """Return question, setting and answer."""
    focal, name = study.scenario.focal, study.scenario.name
    question = f"What would an analyst of {focal} conclude from the panel of \u201c{name}\u201d, and what is true?"
    setting = (
        f"{study.plan.replications} worlds of {study.scenario.months} months. The analyst has the public columns of the"
        f" panel of {focal}\u2019s own customers; the lab forks the same worlds with one thing changed."
    )
    return question, setting, answer(study)


def verdict(row: Row) -> str:
    """Say how an estimate stands to the truth: its ratio's interval lies above 1, between 0 and 1, below 0, below 1
    with 0 in it, or cannot tell.
    """
    low, high = float(row["ratio_low"]), float(row["ratio_high"])
    if np.isnan(low) or np.isnan(high):
        return UNTOLD
    if high < 1.0:
        return WRONG if high < 0.0 else SMALL if low > 0.0 else OFF
    return LARGE if low > 1.0 else EQUAL


def answer(study: Study) -> str:
    """Say of which claims the analyst's estimate is too large, too small, of the wrong sign, or right."""
    rows = study.tables["claims"].to_dict("records")
    found = {words: [words_of(row) for row in rows if verdict(row) == words] for words in VERDICTS}
    told = [f"{words} for {listing(names)}" for words, names in found.items() if names]
    return f"What the analyst finds is {'; '.join(told)}."


def words_of(row: Row) -> str:
    """Return a claim's name in words."""
    return str(row["claim"]).replace("_", " ")


def sections(study: Study) -> list[Section]:
    """Return the figure, the numbers, and how each was found."""
    text = (
        "Naive is what the standard method finds in the panel; true is the difference between paired futures of the"
        " same people. Lines are 95 % intervals over worlds. Every claim has a scale of its own."
    )
    methods = (
        "Both numbers of a claim are of the same people and in the same unit. The experiments are not open to an"
        " operator; the panel is."
    )
    return [
        Section("Naive and true", text, wide=[figure(study)], tables=[numbers(study)]),
        Section("How each was found", methods, tables=[ways(study)]),
    ]


def figure(study: Study) -> Picture:
    """Draw naive and true with their intervals, a row a claim, each on its own scale."""
    rows = study.tables["claims"].to_dict("records")
    labels = [words_of(row) for row in rows]
    texts = [f"{_number(row, 'naive')} | {_number(row, 'true')}" for row in rows]

    def draw(width: int) -> "Figure":
        key = [(ORANGE, RING, "naive: from the panel"), (BLUE, DOT, "true: from paired futures")]
        chart = row_chart(
            labels, texts, width, (-1.08, 1.08), "effect; each claim on its own scale", "naive | true", key=key
        )
        chart.axes.set_xticks([0.0], ["0"])
        for place, row in enumerate(rows):
            ends = np.array(
                [row[f"{name}{side}"] for name in ("naive", "true") for side in ("", "_low", "_high")], dtype=float
            )
            scale = float(np.nanmax(np.abs(ends))) if np.isfinite(ends).any() else np.nan
            scale = scale or 1.0
            chart.line(place, row["naive"] / scale, row["true"] / scale, MUTED, width=1.0)
            for name, color, offset in (("naive", ORANGE, -5.0), ("true", BLUE, 5.0)):
                chart.line(place, row[f"{name}_low"] / scale, row[f"{name}_high"] / scale, color, offset)
                chart.dot(place, row[name] / scale, color, offset, hollow=name == "naive", size=8.0)
        return chart.figure

    told = "; ".join(
        f"{label}: naive {_number(row, 'naive')}, true {_number(row, 'true')} {row['unit']}"
        for label, row in zip(labels, rows, strict=True)
    )
    return both("naive-true", "Naive and true effects", told, draw)


def _number(row: Row, name: str) -> str:
    return fixed(float(row[name]), _decimals(row), True)


def _decimals(row: Row) -> int:
    """Decimals that show two digits of the smaller of both numbers."""
    sizes = [abs(float(row[name])) for name in ("naive", "true") if abs(float(row[name])) > 0.0]
    return int(np.clip(1 - np.floor(np.log10(min(sizes))), 0, 3)) if sizes and np.isfinite(sizes).all() else 1


def _span(row: Row, name: str, decimals: int) -> str:
    low, high = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    if np.isinf(low) or np.isinf(high):
        return "unbounded"
    return f"{fixed(low, decimals, True)} to {fixed(high, decimals, True)}" if np.isfinite([low, high]).all() else GAP


def numbers(study: Study) -> Table:
    """Show both effects and their ratio with intervals."""
    rows = []
    for row in study.tables["claims"].to_dict("records"):
        places = _decimals(row)
        cells = [cell for name in ("naive", "true") for cell in (_number(row, name), _span(row, name, places))]
        rows.append(
            [
                str(row["question"]),
                str(row["unit"]),
                *cells,
                fixed(float(row["ratio"]), 2, True),
                _span(row, "ratio", 2),
                verdict(row),
            ]
        )
    header = [
        "Question",
        "Unit",
        "Naive",
        "95 % interval",
        "True",
        "95 % interval",
        "Naive / true",
        "95 % interval",
        "The analyst\u2019s number is",
    ]
    return Table("What the analyst finds, and what is true.", header, rows, words=frozenset({0, 1, 8}), style="fine")


def ways(study: Study) -> Table:
    """Show the analyst's method, the experiment and the source of each claim."""
    rows = [
        [words_of(row), str(row["method"]), str(row["experiment"]), str(row["source"])]
        for row in study.tables["claims"].to_dict("records")
    ]
    return Table(
        "The analyst\u2019s method and the lab\u2019s experiment.",
        ["Claim", "Naive: from the panel", "True: from paired futures", "Source"],
        rows,
        words=frozenset({1, 2, 3}),
        style="fine",
    )
