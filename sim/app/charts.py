"""Charts of a future beside its twin, as options for ECharts, each with the table that says the same."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup, escape

from sim.app.seen import Seen
from sim.books.measures import KPIS
from sim.report.drawing import BLUE, GRID, INK, MUTED, SERIES
from sim.report.formats import REASON_LABELS, fixed

SMALL, LARGE = 13, 22  # type, in pixels; on a projector
PALE = "#9aa4ae"
MARKS = ("circle", "rect", "triangle", "diamond", "pin", "arrow")
LOYALTY = {
    "true": "true (likes to stay)",
    "spurious": "spurious (held by costs)",
    "latent": "latent (likes it, is elsewhere)",
    "none": "none",
}
SMOOTH = 3  # months of a running mean of what is noisy in a small market


class Line(NamedTuple):
    """A chart of months: which measure, how it is called and written."""

    measure: str
    title: str
    unit: str
    scale: float = 1.0
    decimals: int = 1
    is_smoothed: bool = False


LINES = (
    Line("market_share", "Market share", "%", 100.0),
    Line("churn_rate", "Churn a month", "%, mean of 3 months", 100.0, 2, is_smoothed=True),
    Line("arpu", "Revenue a customer and month (ARPU)", "{currency}", 1.0, 2),
    Line("csat", "Satisfaction", "0 to 1", 1.0, 3),
)
EVERY_SIX = "at => at === 0 || (at + 1) % 6 === 0"  # months that an axis names, in the browser's language
Table = tuple[list[str], list[list[str]]]


def definition(measure: str) -> str:
    """Return what a measure is, as docs/measures.md says it."""
    unit, words = KPIS[measure]
    return f"{words} ({unit})"


def smoothed(path: np.ndarray, months: int = SMOOTH) -> np.ndarray:
    """Return means of up to so many last months, of those with somebody to measure; (months, ...).

    >>> smoothed(np.array([1.0, 3.0, 5.0, np.nan]), 2)
    array([1., 2., 4., 5.])
    """
    rows = [path[max(0, at + 1 - months) : at + 1] for at in range(len(path))]
    counts = np.array([np.isfinite(row).sum(axis=0) for row in rows])
    with np.errstate(invalid="ignore"):
        return np.array([np.nansum(row, axis=0) for row in rows]) / np.where(counts > 0, counts, np.nan)


# --- lines over months -----------------------------------------------------------------------------------------------


def months_chart(seen: Seen, line: Line, size: int = SMALL) -> dict[str, Any]:
    """Draw a measure: the operator that acts solid, its twin dashed, rivals thin with marks."""
    focal = seen.operators.index(seen.focal)
    series = []
    for number, name in enumerate(seen.operators):
        colour = BLUE if number == focal else _rival(number, focal)
        mark = MARKS[number % len(MARKS)]
        if number == focal:
            twin = _path(seen, line, number, twin=True)
            series.append(_series(f"{name}\u2019s twin", twin, colour, "dashed", 2, "none"))
        thick, shown = (4, "none") if number == focal else (1.5, mark)
        series.append(_series(name, _path(seen, line, number), colour, "solid", thick, shown))
    return _axes(series, len(seen.this.cash), line.unit.format(currency=seen.currency), size)


def months_table(seen: Seen, line: Line) -> Table:
    """Say in numbers what `months_chart` shows."""
    focal = seen.operators.index(seen.focal)
    columns = [_path(seen, line, focal, twin=True)]
    columns += [_path(seen, line, number) for number in range(len(seen.operators))]
    head = ["month", f"{seen.focal}\u2019s twin", *seen.operators]
    return head, [
        [str(month + 1), *(fixed(_known(column[month]), line.decimals) for column in columns)]
        for month in range(len(columns[0]))
    ]


def cash_chart(seen: Seen, size: int = SMALL) -> dict[str, Any]:
    """Draw what this future has earned more than its twin, up to each month, discounted, in millions at market size."""
    gain = [round(float(value), 2) for value in _gain(seen)]
    series = [_series("gain over the twin", gain, BLUE, "solid", 4, "none")]
    series[0]["areaStyle"] = {"opacity": 0.12}
    return _axes(series, len(seen.this.cash), f"{seen.currency} m", size)


def cash_table(seen: Seen) -> Table:
    """Say in numbers what `cash_chart` shows."""
    gain = _gain(seen)
    return ["month", f"cash gained so far, {seen.currency} m"], [
        [str(month + 1), fixed(value, 1, signed=True)] for month, value in enumerate(gain)
    ]


def _gain(seen: Seen) -> np.ndarray:
    gained: np.ndarray = np.cumsum(seen.this.cash - seen.twin.cash) * seen.weight / 1e6
    return gained


def _path(seen: Seen, line: Line, operator: int, twin: bool = False) -> list[float | None]:
    path = (seen.twin if twin else seen.this).paths[line.measure][:, operator]
    path = smoothed(path) if line.is_smoothed else path
    return [round(float(value) * line.scale, 6) if math.isfinite(value) else None for value in path]


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _rival(number: int, focal: int) -> str:
    others = [colour for colour in SERIES if colour != BLUE]
    return others[(number - (number > focal)) % len(others)]


def _series(
    name: str, values: Sequence[float | None], colour: str, dash: str, width: float, mark: str
) -> dict[str, Any]:
    return {
        "type": "line",
        "name": name,
        "data": list(values),
        "color": colour,
        "symbol": mark,
        "symbolSize": 6,
        "showAllSymbol": False,
        "lineStyle": {"type": dash, "width": width},
        "emphasis": {"disabled": True},
    }


def _axes(series: list[dict[str, Any]], months: int, unit: str, size: int) -> dict[str, Any]:
    text = {"fontSize": size, "color": INK}
    return {
        "animation": False,
        "aria": {"enabled": True},
        "textStyle": {"fontSize": size, "color": INK},
        "grid": {"left": 8, "right": 16, "top": size * 4.4, "bottom": size * 1.6, "containLabel": True},
        "legend": {
            "top": 0,
            "left": 0,
            "itemWidth": 34,
            "textStyle": text,
            "data": [one["name"] for one in series],
        },
        "tooltip": {"trigger": "axis", "textStyle": {"fontSize": size}},
        "xAxis": {
            "type": "category",
            "data": [str(month + 1) for month in range(months)],
            "name": "month",
            "nameLocation": "middle",
            "nameGap": size * 1.9,
            "axisLabel": {**text, "color": MUTED, ":interval": EVERY_SIX},
            "nameTextStyle": {**text, "color": MUTED},
        },
        "yAxis": {
            "type": "value",
            "scale": True,
            "name": unit,
            "nameTextStyle": {**text, "color": MUTED, "align": "left"},
            "axisLabel": {**text, "color": MUTED},
            "splitLine": {"lineStyle": {"color": GRID}},
        },
        "series": series,
    }


# --- bars and flows --------------------------------------------------------------------------------------------------


def bars_chart(rows: Mapping[str, tuple[float, float]], unit: str, size: int = SMALL) -> dict[str, Any]:
    """Draw this future and its twin as two bars a row, the longest on top."""
    names = list(rows)[::-1]
    series = [
        {
            "type": "bar",
            "name": name,
            "data": [round(rows[row][place], 3) for row in names],
            "color": colour,
            "itemStyle": {"decal": {"symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [3, 4]} if place else None},
            "barGap": "10%",
        }
        for place, (name, colour) in enumerate([("this future", BLUE), ("twin", PALE)])
    ]
    options = _axes(series, 0, unit, size)
    words = {"fontSize": size, "color": INK, "width": size * 11, "overflow": "break", "lineHeight": size * 1.15}
    across = {"type": "value", "data": None, "name": unit, "splitNumber": 3}
    options["xAxis"] |= across | {"axisLabel": {"fontSize": size, "color": MUTED}}
    options["yAxis"] = {"type": "category", "data": names, "axisLabel": {**words, "interval": 0}}
    options["grid"] |= {"top": size * 2.6, "bottom": size * 2.6}
    return options


def height_of(rows: Mapping[str, tuple[float, float]], size: int = SMALL) -> int:
    """Return how high a chart of bars must be for its labels to stand apart, pixels."""
    return round(size * (2.9 * len(rows) + 6))


def reasons_rows(seen: Seen) -> dict[str, tuple[float, float]]:
    """Why customers of the operator that acts left, at market size in thousands, most first."""
    scale = seen.weight / 1e3
    found = {
        REASON_LABELS.get(name, name): (seen.this.reasons.get(name, 0) * scale, seen.twin.reasons.get(name, 0) * scale)
        for name in {**seen.this.reasons, **seen.twin.reasons}
    }
    return dict(sorted(found.items(), key=lambda item: -max(item[1])))


def loyalty_rows(seen: Seen) -> dict[str, tuple[float, float]]:
    """Types of loyalty at the end, per cent of the operator's customers."""
    return {
        words: (100.0 * seen.this.loyalty.get(name, 0.0), 100.0 * seen.twin.loyalty.get(name, 0.0))
        for name, words in LOYALTY.items()
        if name in seen.this.loyalty or name in seen.twin.loyalty
    }


def bars_table(rows: Mapping[str, tuple[float, float]], head: str, decimals: int = 1) -> Table:
    """Say in numbers what `bars_chart` shows."""
    return [head, "this future", "twin"], [
        [name, *(fixed(value, decimals) for value in values)] for name, values in rows.items()
    ]


def flows_chart(seen: Seen, size: int = SMALL) -> dict[str, Any]:
    """Draw who moved from where to where, over all months, in thousands at market size."""
    ports, scale = seen.this.ports, seen.weight / 1e3
    names = [*seen.operators, "outside"]
    colours = {
        name: BLUE if name == seen.focal else _rival(at, seen.operators.index(seen.focal))
        for at, name in enumerate(names)
    }
    colours["outside"] = PALE
    links = [
        {"source": f"from {row['from']}", "target": f"to {row['to']}", "value": round(row["count"] * scale, 1)}
        for row in ports.to_dict("records")
        if row["count"]
    ]
    nodes = {end for link in links for end in (link["source"], link["target"])}
    return {
        "animation": False,
        "aria": {"enabled": True},
        "tooltip": {"textStyle": {"fontSize": size}},
        "series": [
            {
                "type": "sankey",
                "left": 4,
                "right": size * 8,
                "top": 8,
                "bottom": 8,
                "nodeGap": 14,
                "data": [
                    {"name": node, "itemStyle": {"color": colours[node.split(" ", 1)[1]]}} for node in sorted(nodes)
                ],
                "links": links,
                "label": {"fontSize": size, "color": INK},
                "lineStyle": {"color": "source", "opacity": 0.3},
            }
        ],
    }


def flows_table(seen: Seen) -> Table:
    """Say in numbers what `flows_chart` shows."""
    scale = seen.weight / 1e3
    return ["from", "to", "thousand customers"], [
        [str(row["from"]), str(row["to"]), fixed(row["count"] * scale, 0)] for row in seen.this.ports.to_dict("records")
    ]


def as_html(table: Table, caption: str) -> Markup:
    """Write a table; whatever stands in it is text."""
    head, rows = table
    cells = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return Markup(
        f"<table><caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
    )
