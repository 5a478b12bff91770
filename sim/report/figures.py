"""The figures of a comparison: who earns most, what rivals change, who is saved, which segments, where the money goes,
why customers leave.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.experiments.statistics import RANKED
from sim.report.contract import Comparison
from sim.report.drawing import (
    BLACK,
    BLUE,
    DIAMOND,
    DOT,
    FAINT,
    GREEN,
    INK,
    MUTED,
    NARROW,
    ORANGE,
    RING,
    SMALL,
    SQUARE,
    VERMILLION,
    WIDE,
    Picture,
    both,
    canvas,
    limits_of,
    one,
    put,
    row_chart,
    text_width,
    wrapped,
)
from sim.report.facts import (
    Estimate,
    budget,
    challengers,
    contender,
    cost_of_saved,
    difference,
    ordered,
    ranking,
    reasons_of,
    shown,
    value,
)
from sim.report.formats import LEDGER_LABELS, REASON_LABELS, Scale, fixed, interval, label_of, money, people, scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEP = 34.0  # pixels between places


def ranking_figure(result: Comparison) -> Picture:
    """Draw each policy's gain over the baseline with its interval, rivals responding and static, best first."""
    order, base = ordered(result), result.policies[0]
    gains = [difference(result.table, policy, RANKED).times(result.weight) for policy in order]
    still = [difference(result.by_response, (policy, "static"), RANKED).times(result.weight) for policy in order]
    scale = scale_of([number for gain in (*gains, *still) for number in gain.numbers])
    texts = [
        "baseline" if policy == base else _gain_text(gain, scale) for policy, gain in zip(order, gains, strict=True)
    ]
    gains, still = ([gain.times(1.0 / scale.divisor) for gain in group] for group in (gains, still))
    has_still = any(math.isfinite(gain.mean) for gain in still)
    key = [(BLUE, DOT, "rivals respond"), *([(ORANGE, RING, "rivals hold still")] if has_still else [])]
    unit = scale.unit(result.scenario.currency)

    def draw(width: int) -> "Figure":
        is_narrow = width == NARROW
        chart = row_chart(
            order,
            [text.split(" (")[0] for text in texts] if is_narrow else texts,
            width,
            limits_of(*(gain.numbers for gain in (*gains, *still))),
            f"cash gained in {result.scenario.months} months against {base}, {unit}",
            f"gain, {unit}" if is_narrow else f"gain, {unit} (95 % interval)",
            bold={0},
            shaded={0},
            height=38.0,
            key=key,
        )
        for row, policy in enumerate(order):
            if policy == base:
                chart.dot(row, 0.0, MUTED, size=7.0, marker="s")
                continue
            for gain, color, offset, hollow in (
                (still[row], ORANGE, 6.0, True),
                (gains[row], BLUE, -6.0 if has_still else 0.0, False),
            ):
                chart.line(row, gain.low, gain.high, color, offset, 2.4)
                chart.dot(row, gain.mean, color, offset, hollow, 8.0)
        return chart.figure

    return both("ranking", f"Gain of each policy against {base}", _told(order, texts), draw)


def _gain_text(gain: Estimate, scale: Scale) -> str:
    text = scale.number(gain.mean, True)
    return f"{text} ({interval(gain.low, gain.high, scale)})" if math.isfinite(gain.low) else text


def _told(labels: list[str], texts: list[str]) -> str:
    """Describe rows to those who cannot see them."""
    return "; ".join(f"{label} {text}".strip() for label, text in zip(labels, texts, strict=True))


def places_figure(result: Comparison) -> Picture | None:
    """Draw how places change: rivals static, responding, and counting the horizon only."""
    columns = [
        (("rivals", "hold still"), ranking(result, RANKED, "static")),
        (("rivals", "respond"), ranking(result)),
        (("rivals respond,", "with what comes after"), ranking(result, "npv")),
    ]
    columns = [column for column in columns if column[1]]
    if len(columns) < 2:
        return None
    colors = {policy: color for policy, color in zip(shown(result), (BLUE, VERMILLION, GREEN), strict=False)} | {
        result.policies[0]: BLACK
    }

    def draw(width: int) -> "Figure":
        labels = text_width([line for policy in result.policies for line in wrapped(policy)]) + 26.0
        figure, axes = canvas(
            width, 62.0 + STEP * len(result.policies), labels, labels if width == WIDE else 46.0, 46.0, 16.0
        )
        axes.set_ylim(STEP * len(result.policies), 0.0)
        axes.set_xlim(0.0, len(columns) - 1.0)
        axes.set_xticks([])
        axes.set_yticks([])
        for x, (heading, _) in enumerate(columns):
            anchor, dx = ("right*", 40.0) if width == NARROW and x == len(columns) - 1 else ("center*", 0.0)
            for line, text in enumerate(heading):
                put(axes, text, x, 0.0, anchor, dx=dx, dy=30.0 - 14.0 * line, size=SMALL, color=MUTED)
        for policy in reversed(columns[0][1]):
            _draw_places(
                axes, policy, [order.index(policy) for _, order in columns], colors.get(policy, FAINT), width == WIDE
            )
        return figure

    return both(
        "places",
        "Places of the policies",
        "; ".join(f"{' '.join(heading)}: {', '.join(order)}" for heading, order in columns),
        draw,
    )


def _draw_places(axes: "Axes", policy: str, places: list[int], color: str, has_right: bool) -> None:
    """Draw one policy's line through its places, the place in each dot, its name at the ends."""
    heights, is_faint = [STEP * (place + 0.5) for place in places], color == FAINT
    axes.plot(
        range(len(places)),
        heights,
        color=color,
        linewidth=2.0 if is_faint else 3.0,
        clip_on=False,
        zorder=1.5 if is_faint else 2.0,
    )
    for x, (place, y) in enumerate(zip(places, heights, strict=True)):
        axes.plot([x], [y], "o", color=color, markersize=20.0, clip_on=False)
        put(axes, str(place + 1), x, y, "center*", size=SMALL, color=INK if is_faint else "white", bold=True)
    ends = [(0, "right*", -16.0), *([(len(places) - 1, "left*", 16.0)] if has_right else [])]
    for end, anchor, dx in ends:
        lines = wrapped(policy)
        for line, text in enumerate(lines):
            put(
                axes,
                text,
                end,
                heights[end],
                anchor,
                dx=dx,
                dy=7.0 * (len(lines) - 1) - 14.0 * line,
                bold=color == BLUE,
                color=MUTED if is_faint else INK,
            )


def saved_figure(result: Comparison) -> Picture:
    """Draw customers saved and lost against the baseline, and what one more kept costs."""
    order, table = challengers(result), result.table
    counts = np.array(
        [[value(table, policy, name) * result.weight for name in ("saved", "lost", "net_saved")] for policy in order]
    ).reshape(-1, 3)
    costs = [cost_of_saved(table, policy) for policy in order]
    texts = [
        people(net, True) + (f" at {money(cost, result.scenario.currency)}" if math.isfinite(cost) else "")
        for net, cost in zip(counts[:, 2], costs, strict=True)
    ]
    scale = scale_of(counts.ravel())
    saved, lost, net = (counts * (1.0, -1.0, 1.0) / scale.divisor).T

    def draw(width: int) -> "Figure":
        key = [(BLUE, SQUARE, "saved"), (VERMILLION, SQUARE, "lost"), (BLACK, DIAMOND, "net")]
        chart = row_chart(
            order,
            texts,
            width,
            limits_of(saved.tolist(), lost.tolist()),
            scale.of("customers"),
            "net, and cost of one",
            bold={0},
            key=key,
        )
        for row in range(len(order)):
            chart.bar(row, 0.0, float(saved[row]), BLUE)
            chart.bar(row, 0.0, float(lost[row]), VERMILLION)
            chart.axes.plot(
                [float(net[row])],
                [chart.y[row]],
                DIAMOND,
                color=BLACK,
                markersize=6.5,
                markeredgecolor="white",
                clip_on=False,
            )
        return chart.figure

    return both("saved", f"Customers saved and lost against {result.policies[0]}", _told(order, texts), draw)


def segment_figures(result: Comparison) -> list[Picture]:
    """Draw each policy's gain in each segment on one scale, or its effect on retention where money is not known by
    segment.
    """
    table, order, currency = result.by_segment, challengers(result), result.scenario.currency
    words = {
        RANKED: "gain in cash",
        "ebitda": "gain in operating profit",
        "retained": "change of customers kept",
        "churn_rate": "change of monthly churn",
    }
    measure = next((name for name in words if f"{name}_diff" in table.columns), "")
    if not measure or table.empty:
        return []
    is_money = measure in (RANKED, "ebitda")
    segments = [str(name) for name in dict.fromkeys(table.index.get_level_values(1))]
    gains = {
        segment: [
            difference(table, (policy, segment), measure).times(result.weight if is_money else 100.0)
            for policy in order
        ]
        for segment in segments
    }
    scale = scale_of([number for group in gains.values() for gain in group for number in gain.numbers])
    axis = f"{words[measure]}, {scale.unit(currency) if is_money else 'points'}"
    limits = limits_of(*(gain.times(1.0 / scale.divisor).numbers for group in gains.values() for gain in group))
    return [
        _segment_picture(place, segment, order, gains[segment], scale, limits, axis, measure == "churn_rate")
        for place, segment in enumerate(segments)
    ]


def _segment_picture(
    place: int,
    segment: str,
    order: list[str],
    gains: list[Estimate],
    scale: Scale,
    limits: tuple[float, float],
    axis: str,
    is_less_better: bool,
) -> Picture:
    texts = [scale.number(gain.mean, True) for gain in gains]
    scores = [
        (-gain.mean if is_less_better else gain.mean) if math.isfinite(gain.mean) else -math.inf for gain in gains
    ]
    best = scores.index(max(scores))
    title = segment.replace("_", " ").capitalize()

    def draw(width: int) -> "Figure":
        chart = row_chart(order, texts, width, limits, axis, bold={best}, shaded={best}, height=24.0, title=title)
        for row, gain in enumerate(gain.times(1.0 / scale.divisor) for gain in gains):
            color = BLUE if row == best else MUTED
            chart.line(row, gain.low, gain.high, color)
            chart.dot(row, gain.mean, color, size=7.0)
        return chart.figure

    return one(f"segment-{place}", title, _told(order, texts), draw)


def money_steps(result: Comparison) -> "pd.Series[float]":
    """Return what each money line adds to or takes from the baseline's value, in real currency; negligible lines
    together.

    The steps sum to the difference of net present values; what the lines leave open is part of the last step.
    """
    best = contender(result)
    steps: pd.Series[float] = budget(result, best) - budget(result, result.policies[0])
    steps = steps[(steps.abs() >= 0.004 * steps.abs().max()) | (steps.index == "npv_terminal")]
    steps.index = pd.Index([label_of(str(name), LEDGER_LABELS) for name in steps.index])
    rest = value(result.table, best, "npv_diff") * result.weight - float(steps.sum())
    return (
        pd.concat([steps, pd.Series({"All other lines": rest})]) if abs(rest) >= 0.0005 * steps.abs().max() else steps
    )


def money_figure(result: Comparison) -> Picture:
    """Draw the way from the baseline's value to the best policy's, line by line."""
    base, best, currency = result.policies[0], contender(result), result.scenario.currency
    names, changes = [str(name) for name in money_steps(result).index], money_steps(result).to_numpy(dtype=float)
    ends = np.cumsum(changes)
    scale = scale_of([*changes, *ends])
    before, after = (money(value(result.table, policy, "npv") * result.weight, currency) for policy in (base, best))
    labels = [base, *names, best]
    texts = [
        before,
        *(scale.number(float(change), True) for change in changes),
        f"{after}, {scale.number(float(ends[-1]), True)}",
    ]
    starts, ends = (ends - changes) / scale.divisor, ends / scale.divisor
    totals = {0, len(labels) - 1}

    def draw(width: int) -> "Figure":
        key = [(BLUE, SQUARE, "raises value"), (VERMILLION, SQUARE, "lowers it"), (BLACK, SQUARE, "in all")]
        axis = f"net present value above {base}, {scale.unit(currency)}"
        chart = row_chart(
            labels,
            texts,
            width,
            limits_of(ends.tolist()),
            axis,
            f"change, {scale.unit(currency)}",
            bold=totals,
            shaded=totals,
            height=26.0,
            key=key,
        )
        for row, (start, end) in enumerate(zip(starts, ends, strict=True), start=1):
            chart.bar(row, start, end, BLUE if end >= start else VERMILLION, 14.0)
            if not chart.above:
                chart.axes.plot([end, end], [chart.y[row], chart.y[row + 1]], color=MUTED, linewidth=1.0, clip_on=False)
        chart.bar(len(labels) - 1, 0.0, float(ends[-1]), BLACK, 14.0)
        return chart.figure

    return both("money", f"From the value of {base} to that of {best}", _told(labels, texts), draw)


def reasons_figure(result: Comparison) -> Picture | None:
    """Draw why customers left under the baseline and under the best policy."""
    base, best = result.policies[0], contender(result)
    table = reasons_of(result, [base, best])
    if table.empty:
        return None
    scale = scale_of(table.to_numpy().ravel())
    labels, counts = (
        [label_of(str(name), REASON_LABELS) for name in table.index],
        table.to_numpy(dtype=float) / scale.divisor,
    )
    changes = [
        f"{fixed(100.0 * (after / before - 1.0), 0, True)}\u00a0%" if before > 0.0 else "new"
        for before, after in counts
    ]
    axis = f"{scale.of('customers')} of {result.focal} who left in {result.scenario.months} months"

    def draw(width: int) -> "Figure":
        heading = f"change under {best}" if len(best) < 18 else "change"
        chart = row_chart(
            labels,
            changes,
            width,
            (0.0, 1.05 * float(counts.max())),
            axis,
            heading,
            height=26.0,
            key=[(BLACK, RING, base), (BLUE, DOT, best)],
        )
        for row, (before, after) in enumerate(counts):
            chart.line(row, before, after, FAINT, width=3.0)
            chart.dot(row, before, BLACK, hollow=True, size=8.0)
            chart.dot(row, after, BLUE, size=8.0)
        return chart.figure

    told = [f"{fixed(before, scale.decimals)} to {fixed(after, scale.decimals)}" for before, after in counts]
    return both(
        "reasons", f"Why customers leave under {base} and {best}, {scale.of('customers')}", _told(labels, told), draw
    )
