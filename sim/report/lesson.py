"""How a lesson becomes one HTML file that can be shown on a projector or handed out: no script, no request."""

import inspect
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.experiments.lesson import Variant, variant
from sim.files.whole import write_whole
from sim.lessons.lesson import Bars, Found, Lesson, Lines, Told, estimate
from sim.report.assumptions import assumption_tables, behaviour_table
from sim.report.drawing import BLUE, DOT, SERIES, Picture, both, limits_of, row_chart
from sim.report.formats import GAP, fixed
from sim.report.page import render
from sim.report.plots import Line, response_panel
from sim.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_lesson(lesson: Lesson, found: Found, path: Path, code: str | None = None, source: str | None = None) -> Path:
    """Write the page of a lesson that was run; the same variant gives the same bytes.

    Parameters
    ----------
    lesson, found : the lesson and its run
    path : the HTML file; replaced whole if it exists
    code : the class code it was run with
    source : how the command names the lesson; its name where None

    """
    from sim.config.versions import churnlab_version

    chosen, told, named = variant(lesson, code), lesson.tell(found), source or lesson.name
    content = {
        "question": lesson.question,
        "lesson": lesson,
        "told": told,
        "variant": chosen,
        "scenario": found.scenario,
        "notes": (),
        "extra": (),
        "pictures": [_picture(f"figure-{place}", one) for place, one in enumerate(told.figures)],
        "claims": claims_table(told, len(found.worlds)),
        "inputs": inputs_table(lesson, chosen, len(found.worlds)),
        "assumptions": assumption_tables(found.scenario),
        "behaviour": behaviour_table(found.scenario),
        "command": command_of(named, chosen, lesson, len(found.worlds)),
        "python": _python(named, chosen),
        "source": textwrap.dedent(inspect.getsource(lesson.experiment)),
        "manifest": {"version": churnlab_version()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(path, render("lesson.html", content))


def command_of(named: str, chosen: Variant, lesson: Lesson, worlds: int) -> str:
    """Return the command line that makes the same page."""
    words = [
        "churnlab",
        "lesson",
        named,
        *([f"code={chosen.code}"] if chosen.code else []),
        *([f"worlds={worlds}"] if worlds != lesson.worlds else []),
    ]
    return " ".join(f'"{word}"' if " " in word else word for word in words)


def _python(named: str, chosen: Variant) -> str:
    given = f", code={chosen.code!r}" if chosen.code else ""
    return (
        "from sim.experiments.lesson import lesson_of, run_lesson\n\nfound ="
        f" run_lesson(lesson_of({named!r}){given})\nprint(found.worlds)  # a row a world"
    )


# --- tables ----------------------------------------------------------------------------------------------------------


def claims_table(told: Told, worlds: int) -> Table:
    """Show every statement of the lesson with its number, its interval and whether it is borne out."""
    rows = []
    for claim in told.claims:
        found = claim.estimate.times(claim.factor)
        mean, low, high = (fixed(number, claim.decimals, True) for number in found.numbers)
        rows.append(
            [claim.text, f"{mean} {claim.unit}".rstrip(), f"{low} to {high}", "yes" if claim.holds else "not here"]
        )
    return Table(
        f"What the lesson says, tested in {worlds} paired worlds: it holds where the whole 95 % interval is on its"
        " side.",
        ["Statement", "Number", "95 % interval", "Holds"],
        rows,
    )


def inputs_table(lesson: Lesson, chosen: Variant, worlds: int) -> Table:
    """Show what a class code picks, and among which values."""
    rows = [
        [key, _written(value), ", ".join(map(_written, lesson.variants[key]))] for key, value in chosen.values.items()
    ]
    rows.append(["seed of the first world", str(chosen.seed), GAP])
    return Table(
        f"Inputs of this variant; {worlds} worlds of the scenario \u201c{lesson.scenario}\u201d.",
        ["Input", "Here", "Among"],
        rows,
        words=frozenset({1, 2}),
        style="code",
    )


def _written(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, tuple) else str(value)


# --- figures ---------------------------------------------------------------------------------------------------------


def _picture(identity: str, figure: Bars | Lines) -> Picture:
    return (
        _bars(identity, figure)
        if isinstance(figure, Bars)
        else response_panel(identity, figure.title, figure.across, _lines(figure.lines), is_wide=True)
    )


def _lines(courses: Mapping[str, pd.DataFrame]) -> list[Line]:
    """Return means over worlds with their 95 % bands."""
    found = []
    for name, course in courses.items():
        numbers = [estimate(pd.Series(row)) for row in course.to_numpy(dtype=float)]
        mean, low, high = (np.array(side) for side in zip(*(one.numbers for one in numbers), strict=True))
        found.append(Line(name, course.index.to_numpy(dtype=float), mean, low, high))
    return found


def _bars(identity: str, bars: Bars) -> Picture:
    """Draw a row each: the mean as a bar from zero, its interval as a line."""
    found = [estimate(values) for values in bars.rows.values()]
    texts = [fixed(one.mean, bars.decimals) for one in found]

    def draw(width: int) -> "Figure":
        chart = row_chart(
            list(bars.rows),
            texts,
            width,
            limits_of(*(one.numbers for one in found)),
            bars.axis,
            height=38.0,
            key=[(BLUE, DOT, "mean and 95 % interval")],
            title=bars.title,
        )
        for row, one in enumerate(found):
            chart.bar(row, 0.0, one.mean, "#b9d6ea")
            chart.line(row, one.low, one.high, SERIES[0], width=2.4)
            chart.dot(row, one.mean, SERIES[0], size=7.0)
        return chart.figure

    return both(
        identity, bars.title, "; ".join(f"{label}: {text}" for label, text in zip(bars.rows, texts, strict=True)), draw
    )
