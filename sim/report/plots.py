"""The figures of studies: bars of indices, a screening plot, response curves with bands, heat maps, matrices."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.report.drawing import (
    BLUE,
    DOT,
    FAINT,
    GRID,
    HEAD,
    INK,
    MUTED,
    ORANGE,
    RING,
    SERIES,
    SMALL,
    STEPS,
    Picture,
    both,
    canvas,
    limits_of,
    one,
    put,
    row_chart,
    text_width,
)
from sim.report.formats import significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 280.0  # of a panel


@dataclass(frozen=True)
class Line:
    """A line with its band; `name` stands in the key."""

    name: str
    at: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def index_figure(identity: str, table: pd.DataFrame, title: str) -> Picture:
    """Draw first-order and total indices with intervals, the largest total first; columns parameter, first, total and
    their _low, _high.
    """
    rows = table.sort_values("total", ascending=False)
    names = [short(str(name), rows["parameter"]) for name in rows["parameter"]]
    numbers = {
        name: rows[name].to_numpy(dtype=float)
        for name in ("first", "first_low", "first_high", "total", "total_low", "total_high")
    }
    texts = [f"{first:.2f}, {total:.2f}" for first, total in zip(numbers["first"], numbers["total"], strict=True)]

    def draw(width: int) -> "Figure":
        key = [(BLUE, DOT, "alone (first-order)"), (ORANGE, RING, "with all interactions (total)")]
        chart = row_chart(
            names,
            texts,
            width,
            limits_of(numbers["total_high"].tolist(), [1.0]),
            "share of the measure's variance",
            "alone, total",
            key=key,
            title=title,
        )
        for row in range(len(names)):
            for index, color, offset in (("first", BLUE, -5.0), ("total", ORANGE, 5.0)):
                chart.line(
                    row, float(numbers[f"{index}_low"][row]), float(numbers[f"{index}_high"][row]), color, offset
                )
                chart.dot(row, float(numbers[index][row]), color, offset, hollow=index == "total", size=8.0)
        return chart.figure

    return both(identity, title, "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True)), draw)


def screening_figure(identity: str, table: pd.DataFrame, title: str, unit: str, factor: float) -> Picture:
    """Draw Morris's plot: strength to the right, interaction and bending upwards; columns parameter, mu_star, sigma."""
    strength, spread = (table[name].to_numpy(dtype=float) * factor for name in ("mu_star", "sigma"))
    names = [short(str(name), table["parameter"]) for name in table["parameter"]]

    def draw(width: int) -> "Figure":
        figure, axes = canvas(width, 360.0, 56.0, text_width(names, SMALL) + 20.0, 34.0, 46.0)
        top = 1.08 * max(float(np.nanmax(strength)), float(np.nanmax(spread)), 1e-12)
        set_scales(axes, (0.0, top), (0.0, top), title, f"mean absolute effect over the range, {unit}")
        axes.plot([0.0, top], [0.0, top], color=GRID, linewidth=1.0, linestyle=(0, (4, 3)))
        order = np.argsort(spread)
        heights = _spread_out(spread[order] / top * 280.0)
        for place, at in enumerate(order):
            axes.plot([strength[at]], [spread[at]], "o", color=BLUE, markersize=8.0, clip_on=False)
            put(
                axes,
                names[at],
                float(strength[at]),
                float(spread[at]),
                "left*",
                dx=9.0,
                dy=float(heights[place] - spread[at] / top * 280.0),
                size=SMALL,
                color=INK,
            )
        put(
            axes,
            "standard deviation of the effect: interactions and bends",
            0.0,
            top,
            "left",
            dx=4.0,
            dy=-8.0,
            size=SMALL,
            color=MUTED,
        )
        return figure

    described = "; ".join(
        f"{name}: mean {significant(mean)}, spread {significant(sd)}"
        for name, mean, sd in zip(names, strength, spread, strict=True)
    )
    return both(identity, title, described, draw)


def response_panel(identity: str, title: str, label: str, lines: Sequence[Line], is_wide: bool = False) -> Picture:
    """Draw how a measure moves with one parameter: a line with its band for each policy; a panel of two, or a full page
    wide.
    """

    def draw(width: int) -> "Figure":
        keyed = [line.name for line in lines if line.name]
        figure, axes = canvas(width, HEIGHT + 16.0 * len(keyed), 58.0, 16.0, 34.0 + 16.0 * len(keyed), 46.0)
        every = np.concatenate([part for line in lines for part in (line.mean, line.low, line.high)])
        low, high = float(np.nanmin(every)), float(np.nanmax(every))
        room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        ats = np.concatenate([line.at for line in lines])
        edge = 0.02 * (ats.max() - ats.min()) or 1.0
        set_scales(
            axes,
            (ats.min() - edge, ats.max() + edge),
            (low - room, high + room),
            title,
            label,
            above=16.0 * len(keyed),
        )
        for place, line in enumerate(lines):
            color = SERIES[place % len(SERIES)]
            axes.fill_between(line.at, line.low, line.high, color=color, alpha=0.16, linewidth=0)
            axes.plot(line.at, line.mean, color=color, linewidth=2.0, marker="o", markersize=4.0, clip_on=False)
            if line.name:
                put(
                    axes,
                    line.name,
                    0.0,
                    high + room,
                    "left",
                    dx=8.0,
                    dy=16.0 * (len(keyed) - place) - 6.0,
                    size=SMALL,
                    color=MUTED,
                )
                put(
                    axes,
                    "\u25cf",
                    0.0,
                    high + room,
                    "left",
                    dx=-6.0,
                    dy=16.0 * (len(keyed) - place) - 6.0,
                    size=SMALL,
                    color=color,
                )
        return figure

    told = "; ".join(
        f"{line.name or title}: {significant(float(line.mean[0]))} at {significant(float(line.at[0]))} to"
        f" {significant(float(line.mean[-1]))} at {significant(float(line.at[-1]))}"
        for line in lines
    )
    return (both if is_wide else one)(identity, title, told, draw)


def cloud_figure(
    identity: str,
    title: str,
    label: str,
    groups: Mapping[str, tuple[np.ndarray, np.ndarray]],
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> Picture:
    """Draw points across and up, a colour for each group; the key says how many there are."""
    colors = {name: SERIES[place] if place < len(SERIES) else FAINT for place, name in enumerate(groups)}
    room = 16.0 * len(groups)

    def draw(width: int) -> "Figure":
        figure, axes = canvas(width, 360.0 + room, 58.0, 16.0, 34.0 + room, 46.0)
        scales = limits or tuple(
            _with_room(np.concatenate([pair[side] for pair in groups.values()])) for side in (0, 1)
        )
        set_scales(axes, scales[0], scales[1], title, label, above=room)
        for place, (name, (across, up)) in enumerate(groups.items()):
            axes.plot(across, up, "o", color=colors[name], markersize=6.0, clip_on=False)
            dy = 16.0 * (len(groups) - place) - 6.0
            put(axes, "\u25cf", 0.0, scales[1][1], "left", dx=-6.0, dy=dy, size=SMALL, color=colors[name])
            put(axes, f"{name}: {len(across)}", 0.0, scales[1][1], "left", dx=8.0, dy=dy, size=SMALL, color=INK)
        return figure

    return both(
        identity, title, ", ".join(f"{name}: {len(across)} points" for name, (across, _) in groups.items()), draw
    )


def _with_room(numbers: np.ndarray) -> tuple[float, float]:
    low, high = float(numbers.min()), float(numbers.max())
    room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def heat_panel(identity: str, title: str, table: pd.DataFrame, across: str, up: str) -> Picture:
    """Draw the mean of a measure by two parameters as coloured cells with their numbers."""
    values = table.to_numpy(dtype=float)
    columns, rows = (
        [significant(float(number)) if isinstance(number, int | float | np.number) else str(number) for number in names]
        for names in (table.columns, table.index)
    )

    def draw(width: int) -> "Figure":
        left = max(text_width(rows, SMALL) + 14.0, 40.0)
        figure, axes = canvas(width, 84.0 + 30.0 * len(rows), left, 8.0, 34.0, 50.0)
        axes.set_xlim(0.0, len(columns))
        axes.set_ylim(0.0, len(rows))
        axes.set_xticks(np.arange(len(columns)) + 0.5, columns)
        axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
        draw_cells(axes, values)
        axes.set_xlabel(across, fontsize=SMALL, labelpad=4.0)
        put(axes, title, 0.0, float(len(rows)), "left", dx=6.0 - left, dy=21.0, size=HEAD, bold=True)
        put(axes, up, 0.0, float(len(rows)), "left", dx=6.0 - left, dy=7.0, size=SMALL, color=MUTED)
        return figure

    told = "; ".join(
        f"{up} {row}: {', '.join(significant(float(number)) for number in line)}"
        for row, line in zip(rows, values, strict=True)
    )
    return one(identity, title, told, draw)


def draw_cells(
    axes: "Axes",
    values: np.ndarray,
    marked: Collection[tuple[int, int]] = (),
    texts: Sequence[Sequence[str]] | None = None,
) -> None:
    """Draw cells from white (lowest) to blue (highest) with what they hold; marked cells get a frame."""
    low, high = (float(np.nanmin(values)), float(np.nanmax(values))) if np.isfinite(values).any() else (0.0, 0.0)
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            number = float(values[row, column])
            share = (number - low) / (high - low) if high > low and math.isfinite(number) else 0.0
            # of BLUE, light enough for dark letters
            color = tuple(1.0 - share * 0.55 * (1.0 - part) for part in (0.0, 0.447, 0.698))
            axes.fill(
                [column, column + 1, column + 1, column],
                [row, row, row + 1, row + 1],
                facecolor=color,
                edgecolor="white",
                linewidth=2.0,
            )
            text = texts[row][column] if texts is not None else significant(number)
            put(axes, text, column + 0.5, row + 0.5, "center*", size=SMALL, bold=(row, column) in marked)
    for row, column in marked:
        axes.plot(
            [column, column + 1, column + 1, column, column],
            [row, row, row + 1, row + 1, row],
            color=ORANGE,
            linewidth=2.5,
            clip_on=False,
        )


def short(key: str, keys: Collection[str]) -> str:
    """Return the shortest ending of a dotted key that no other key has.

    >>> short("behaviour.attention.base", ["behaviour.attention.base", "behaviour.failure.rate"])
    'attention.base'
    """
    parts = key.split(".")
    for size in range(2, len(parts)):
        ending = ".".join(parts[-size:])
        if sum(str(other).endswith(ending) for other in keys) == 1:
            return ending
    return key


def set_scales(
    axes: "Axes",
    across: tuple[float, float],
    up: tuple[float, float],
    title: str,
    label: str,
    above: float = 0.0,
) -> None:
    """Set scales, ticks, a light grid, the title above and the label below."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(*across)
    axes.set_ylim(*up)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=STEPS))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
    for axis in ("x", "y"):
        axes.ticklabel_format(axis=axis, style="plain", useOffset=False)
    axes.grid(color=GRID, linewidth=1.0)
    axes.set_axisbelow(True)
    axes.set_xlabel(label, fontsize=SMALL, labelpad=4.0)
    put(axes, title, 0.0, up[1], "left", dx=-50.0, dy=18.0 + above, size=HEAD, bold=True)


def _spread_out(wanted: np.ndarray, gap: float = 13.0) -> np.ndarray:
    """Move heights, given from low to high, up until they are a line of text apart."""
    placed = wanted.astype(float).copy()
    for place in range(1, len(placed)):
        placed[place] = max(placed[place], placed[place - 1] + gap)
    return placed
