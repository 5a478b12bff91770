"""The figures of development over time: one small panel a measure, a few lines named at their ends,
the rest in grey.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.report.contract import Comparison, Run
from sim.report.drawing import (
    BLACK,
    BLUE,
    FAINT,
    GREEN,
    GRID,
    LETTERS,
    MUTED,
    SERIES,
    SMALL,
    STEPS,
    VERMILLION,
    Picture,
    canvas,
    one,
    put,
    text_width,
    wrapped,
)
from sim.report.facts import arms, band, contender, cumulative_gain, shown
from sim.report.formats import scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 280.0
LABEL_STEP = 13.0  # pixels between lines of labels


@dataclass(frozen=True)
class Curve:
    """A line over months with its band; without a name it is context, drawn in grey."""

    name: str
    months: np.ndarray  # (months,)
    mean: np.ndarray  # (months,)
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    color: str = FAINT
    is_dashed: bool = False


def panel(identity: str, title: str, curves: Sequence[Curve], has_zero: bool = False) -> Picture:
    """Draw one measure over time; named curves carry their names at their ends."""

    def draw(width: int) -> "Figure":
        return panel_figure(title, curves, has_zero, width)

    ends = ", ".join(f"{curve.name} {curve.mean[0]:.4g} to {curve.mean[-1]:.4g}" for curve in curves if curve.name)
    return one(identity, title, f"From the first month to the last: {ends}", draw)


def panel_figure(title: str, curves: Sequence[Curve], has_zero: bool, width: int) -> "Figure":
    """Return the figure of one measure over time, so many pixels wide."""
    named = [curve for curve in curves if curve.name]
    label_room = text_width([line for curve in named for line in wrapped(curve.name)], SMALL) + 36.0
    figure, axes = canvas(width, HEIGHT, 42.0, label_room, 34.0, 34.0)
    _frame(axes, title, curves, has_zero)
    for curve in sorted(curves, key=lambda curve: bool(curve.name)):
        _draw_curve(axes, curve)
    _name_ends(axes, named)
    return figure


def _frame(axes: "Axes", title: str, curves: Sequence[Curve], has_zero: bool) -> None:
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    parts = np.concatenate(
        [part for curve in curves for part in (curve.mean, curve.low, curve.high) if part is not None]
    )
    low, high = (float(np.nanmin(parts)), float(np.nanmax(parts))) if np.isfinite(parts).any() else (0.0, 1.0)
    low, high = (min(low, 0.0), max(high, 0.0)) if has_zero else (low, high)
    low, high = (low, high) if np.isfinite(low) and np.isfinite(high) else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    last = max(int(curve.months[-1]) for curve in curves)
    axes.set_ylim(low - room, high + room)
    first = min(int(curve.months[0]) for curve in curves)
    axes.set_xlim((first, last) if first < last else (first - 0.5, first + 0.5))
    axes.xaxis.set_major_locator(MultipleLocator(12) if 24 <= last <= 72 else MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)
    axes.grid(axis="y", color=GRID, linewidth=1.0)
    axes.set_axisbelow(True)
    if has_zero:
        axes.axhline(0.0, color=MUTED, linewidth=1.0, zorder=1)
    axes.annotate(
        title,
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(-36, 18),
        textcoords="offset points",
        ha="left",
        va="center_baseline",
        fontsize=13.0,
        fontweight="bold",
        annotation_clip=False,
    )
    axes.annotate(
        "month",
        xy=(1, 0),
        xycoords="axes fraction",
        xytext=(14, -3.5),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=SMALL,
        color=MUTED,
        annotation_clip=False,
    )


def _draw_curve(axes: "Axes", curve: Curve) -> None:
    if curve.low is not None and curve.high is not None:
        axes.fill(
            np.concatenate([curve.months, curve.months[::-1]]),
            np.concatenate([curve.low, curve.high[::-1]]),
            color=curve.color,
            alpha=0.16,
            linewidth=0,
        )
    axes.plot(
        curve.months,
        curve.mean,
        color=curve.color,
        linewidth=2.0 if curve.name else 1.2,
        linestyle=(0, (5, 3)) if curve.is_dashed else "-",
        marker="o" if len(curve.months) == 1 else "",
        markersize=6.0,
        clip_on=False,
    )


def _name_ends(axes: "Axes", named: Sequence[Curve]) -> None:
    """Write each name beside the end of its line, spread so that none covers another."""
    low, high = axes.get_ylim()
    pixels = (HEIGHT - 68.0) / (high - low)
    lines = [wrapped(curve.name) for curve in named]
    ends = [_last_known(curve) for curve in named]
    wanted = [(end - low) * pixels for end in ends]
    placed = spread(wanted, [LABEL_STEP * len(text) for text in lines], 0.0, HEIGHT - 68.0)
    for curve, text, want, place, end in zip(named, lines, wanted, placed, ends, strict=True):
        last = float(curve.months[-1])
        axes.annotate(
            "",
            xy=(last, end),
            xytext=(13.0, place - want),
            textcoords="offset points",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": curve.color, "linewidth": 1.0, "shrinkA": 0.0, "shrinkB": 0.0},
        )
        for row, words in enumerate(text):
            put(
                axes,
                words,
                last,
                end,
                "left*",
                dx=16.0,
                dy=place - want + LABEL_STEP * ((len(text) - 1) / 2 - row),
                size=SMALL,
                color=LETTERS.get(curve.color, curve.color),
            )


def _last_known(curve: Curve) -> float:
    """Where a line ends: its last value that is known; 0 where none is."""
    known = curve.mean[np.isfinite(curve.mean)]
    return float(known[-1]) if len(known) else 0.0


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Move centres of labels as little as needed so that they do not overlap and stay within bounds.

    >>> spread([10.0, 10.0], [4.0, 4.0], 0.0, 20.0)
    [8.0, 12.0]
    """
    order = sorted(range(len(wanted)), key=lambda item: wanted[item])
    groups: list[tuple[float, list[int]]] = []  # centre, members from low to high
    for item in order:
        centre, members = wanted[item], [item]
        while True:
            half = sum(sizes[member] for member in members) / 2
            centre = min(max(centre, low + half), high - half)
            if not groups or groups[-1][0] + sum(sizes[member] for member in groups[-1][1]) / 2 <= centre - half:
                break
            members = groups.pop()[1] + members
            centre = sum(wanted[member] for member in members) / len(members)
        groups.append((centre, members))
    placed = [0.0] * len(wanted)
    for centre, members in groups:
        at = centre - sum(sizes[member] for member in members) / 2
        for member in members:
            placed[member] = at + sizes[member] / 2
            at += sizes[member]
    return placed


def comparison_panels(result: Comparison) -> list[Picture]:
    """Draw churn, market share, satisfaction and cumulative gain of the focal operator under each policy."""
    gain = cumulative_gain(result)
    scale = scale_of([float(number) for path in gain.values() for number in path.mean(axis=1)])
    # levels vary between worlds more than between policies: more bands would hide the lines
    ends = {contender(result), result.policies[0]}
    return [
        panel(
            "churn", "Churn, % of customers a month", _policy_curves(result, arms(result, "churn_rate"), 100.0, ends)
        ),
        panel(
            "share", "Market share, % of subscribers", _policy_curves(result, arms(result, "market_share"), 100.0, ends)
        ),
        panel("satisfaction", "Satisfaction, 0 to 100", _policy_curves(result, arms(result, "csat"), 100.0, ends)),
        panel(
            "gain",
            f"Cash gained so far, {scale.unit(result.scenario.currency)}",
            _policy_curves(result, gain, 1.0 / scale.divisor, set(result.policies)),
            has_zero=True,
        ),
    ]


def _policy_curves(
    result: Comparison, paths: dict[str, np.ndarray], factor: float, banded: Collection[str]
) -> list[Curve]:
    """Give the best few policies and the baseline colours and names, some of them bands, the others grey."""
    colors = {policy: color for policy, color in zip(shown(result), (BLUE, VERMILLION, GREEN), strict=False)} | {
        result.policies[0]: BLACK
    }
    curves = []
    for policy in sorted(result.policies, key=lambda policy: policy not in colors):
        mean, low, high = band(paths[policy] * factor)
        has_band = policy in banded and policy in colors and bool(np.isfinite(low).all())
        months, name = np.arange(1, len(mean) + 1), policy if policy in colors else ""
        curve = Curve(name, months, mean, color=colors.get(policy, FAINT), is_dashed=policy == result.policies[0])
        curves.append(replace(curve, low=low, high=high) if has_band else curve)
    return curves


def run_panels(run: Run) -> list[Picture]:
    """Draw each operator's share, churn, revenue a customer, prices, satisfaction and profit."""
    weight = run.scenario.market_size / run.scenario.customers.count
    profit = scale_of([float(number) * weight for number in run.kpis["ebitda"]])
    fees = [
        Curve(name, months, index, color=color)
        for (name, (months, index)), color in zip(_price_indices(run).items(), _colors(run), strict=True)
    ]
    currency = run.scenario.currency
    return [
        _operator_panel(run, "share", "Market share, % of subscribers", lambda frame: frame["market_share"] * 100.0),
        _operator_panel(run, "churn", "Churn, % of customers a month", lambda frame: frame["churn_rate"] * 100.0),
        panel("prices", "Mean fee, start = 100", fees),
        _operator_panel(run, "arpu", f"Revenue a customer, {currency} a month", lambda frame: frame["arpu"]),
        _operator_panel(run, "satisfaction", "Satisfaction, 0 to 100", lambda frame: frame["csat"] * 100.0),
        _operator_panel(
            run,
            "profit",
            f"Operating profit, {profit.unit(currency)} a month",
            lambda frame: frame["ebitda"] * weight / profit.divisor,
        ),
    ]


def _operator_panel(run: Run, identity: str, title: str, measure: Callable[[pd.DataFrame], pd.Series]) -> Picture:
    curves = []
    for operator, color in zip(run.scenario.operators, _colors(run), strict=True):
        frame = run.kpis[run.kpis["operator"] == operator].sort_values("month")
        curves.append(Curve(operator, frame["month"].to_numpy(), measure(frame).to_numpy(dtype=float), color=color))
    return panel(identity, title, curves)


def _colors(run: Run) -> list[str]:
    return [SERIES[place] if place < len(SERIES) else MUTED for place in range(len(run.scenario.operators))]


def _price_indices(run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return each operator's mean of fee over opening fee, times 100, by month."""
    start = run.prices[run.prices["month"] == run.prices["month"].min()].set_index("plan")["fee"]
    prices = run.prices.assign(
        ratio=100.0 * run.prices["fee"] / run.prices["plan"].map(start).where(lambda fee: fee > 0.0)
    )
    means = prices.groupby(["operator", "month"])["ratio"].mean().unstack("operator")
    return {
        operator: (means.index.to_numpy(), means[operator].to_numpy(dtype=float)) for operator in run.scenario.operators
    }
