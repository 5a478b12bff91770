"""The figures of a comparison: who earns most, what rivals change, who is saved, which segments, where the money goes, why customers leave."""

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.report.contract import Comparison
from sim.report.drawing import (
    BLACK, BLUE, DOT, FAINT, GREEN, INK, MUTED, NARROW, ORANGE, PANEL, RING, SMALL, SQUARE, VERMILLION, WIDE, Picture, both, canvas, limits_of, one, put, row_chart, text_width, wrapped,
)  # fmt: skip
from sim.report.facts import Estimate, budget, contender, difference, paired, ranking, reasons_of, shown, value
from sim.report.formats import LEDGER_LABELS, MINUS, REASON_LABELS, Scale, fixed, interval, label_of, money, people, scale_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def ranking_figure(result: Comparison) -> Picture:
    """Draw each policy's gain over the baseline with its interval, rivals responding and static, best first."""
    order, base = ranking(result) or list(result.policies), result.policies[0]
    gains = {policy: _scaled(difference(result.table, policy, "npv"), result.weight) for policy in order}
    still = {policy: _scaled(difference(result.by_response, (policy, "static"), "npv"), result.weight) for policy in order}
    scale = scale_of([number for gain in (*gains.values(), *still.values()) for number in (gain.mean, gain.low, gain.high)])
    texts = [_gain_text(gains[policy], scale, policy == base) for policy in order]
    has_still = any(math.isfinite(gain.mean) for gain in still.values())

    def draw(width: int) -> "Figure":
        short = [text.split(" (")[0] for text in texts] if width == NARROW else texts
        chart = row_chart(
            order, short, width, limits_of(*([gain.mean / scale.divisor, gain.low / scale.divisor, gain.high / scale.divisor] for gain in (*gains.values(), *still.values()))),
            f"gain in net present value against {base}, {scale.unit(result.scenario.currency)}", f"gain, {scale.unit(result.scenario.currency)}" + ("" if width == NARROW else " (95 % interval)"),
            bold={0}, shaded={0}, height=38.0, key=[(BLUE, DOT, "rivals respond"), *([(ORANGE, RING, "rivals hold still")] if has_still else [])],
        )  # fmt: skip
        for row, policy in enumerate(order):
            for gain, color, offset, hollow in ((still[policy], ORANGE, 6.0, True), (gains[policy], BLUE, -6.0 if has_still else 0.0, False)):
                if policy != base and math.isfinite(gain.mean):
                    chart.line(row, gain.low / scale.divisor, gain.high / scale.divisor, color, offset, 2.4)
                    chart.dot(row, gain.mean / scale.divisor, color, offset, hollow, 8.0)
            if policy == base:
                chart.dot(row, 0.0, MUTED, size=7.0, marker="s")
        return chart.figure

    return both("ranking", f"Gain of each policy against {base}", "; ".join(f"{policy} {text}" for policy, text in zip(order, texts, strict=True)), draw)


def _scaled(gain: Estimate, weight: float) -> Estimate:
    return Estimate(gain.mean * weight, gain.low * weight, gain.high * weight)


def _gain_text(gain: Estimate, scale: Scale, is_base: bool) -> str:
    if is_base:
        return "baseline"
    text = scale.number(gain.mean, True)
    return f"{text} ({interval(gain.low, gain.high, scale)})" if math.isfinite(gain.low) else text


def places_figure(result: Comparison) -> Picture | None:
    """Draw how places change: rivals static, responding, and counting the horizon only."""
    columns = [
        (("rivals", "hold still"), ranking(result, "npv", "static")),
        (("rivals", "respond"), ranking(result)),
        (("rivals respond,", f"first {result.scenario.months} months only"), ranking(result, "npv_horizon")),
    ]
    columns = [column for column in columns if column[1]]
    if len(columns) < 2:
        return None
    colors = dict(zip(shown(result), (BLUE, VERMILLION, GREEN, BLACK), strict=False))

    def draw(width: int) -> "Figure":
        labels = text_width([line for policy in result.policies for line in wrapped(policy)]) + 26.0
        figure, axes = canvas(width, 62.0 + 34.0 * len(result.policies), labels, labels if width == WIDE else 46.0, 46.0, 16.0)
        axes.set_ylim(34.0 * len(result.policies), 0.0)
        axes.set_xlim(0.0, len(columns) - 1.0)
        axes.set_xticks([])
        axes.set_yticks([])
        for x, (heading, _) in enumerate(columns):
            for line, text in enumerate(heading):
                put(axes, text, x, 0.0, "center*" if x < len(columns) - 1 or width == WIDE else "right*", dx=0.0 if x < len(columns) - 1 or width == WIDE else 40.0, dy=30.0 - 14.0 * line, size=SMALL, color=MUTED)
        for policy in reversed(ranking(result)):
            _draw_places(axes, policy, [order.index(policy) for _, order in columns], colors.get(policy, FAINT), width == WIDE)
        return figure

    described = "; ".join(f"{' '.join(heading)}: {', '.join(order)}" for heading, order in columns)
    return both("places", "Places of the policies", described, draw)


def _draw_places(axes: object, policy: str, places: list[int], color: str, has_right: bool) -> None:
    """Draw one policy's line through its places, its name at the ends and the place in each dot."""
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    heights = [34.0 * place + 17.0 for place in places]
    axes.plot(range(len(places)), heights, color=color, linewidth=3.0 if color != FAINT else 2.0, clip_on=False)
    for x, (place, y) in enumerate(zip(places, heights, strict=True)):
        axes.plot([x], [y], "o", color=color, markersize=20.0, clip_on=False)
        put(axes, str(place + 1), x, y, "center*", size=SMALL, color="white" if color != FAINT else INK, bold=True)
    for end, anchor, dx in ((0, "right*", -16.0), (len(places) - 1, "left*", 16.0))[: 2 if has_right else 1]:
        lines = wrapped(policy)
        for line, text in enumerate(lines):
            put(axes, text, end, heights[end], anchor, dx=dx, dy=7.0 * (len(lines) - 1) - 14.0 * line, bold=color == BLUE, color=INK if color != FAINT else MUTED)


def saved_figure(result: Comparison) -> Picture:
    """Draw customers saved and lost against the baseline, and what one more kept costs."""
    order = [policy for policy in ranking(result) or list(result.policies) if policy != result.policies[0]]
    saved = [value(result.table, policy, "saved") * result.weight for policy in order]
    lost = [-value(result.table, policy, "lost") * result.weight for policy in order]
    scale = scale_of([*saved, *lost])
    thousands = {"": "customers", "k": "thousand customers", "m": "million customers", "bn": "billion customers"}[scale.suffix]
    nets = [value(result.table, policy, "net_saved") * result.weight for policy in order]
    costs = [value(result.table, policy, "cost_per_saved") for policy in order]
    texts = [f"{people(net, True)}{' at ' + money(cost, result.scenario.currency) if math.isfinite(cost) else ''}" for net, cost in zip(nets, costs, strict=True)]

    def draw(width: int) -> "Figure":
        chart = row_chart(
            order, texts, width, limits_of([number / scale.divisor for number in saved], [number / scale.divisor for number in lost]), thousands, "net, and cost of one",
            bold={0}, key=[(BLUE, SQUARE, "saved"), (VERMILLION, SQUARE, "lost"), (BLACK, "\u25c6", "net")],
        )  # fmt: skip
        for row in range(len(order)):
            chart.bar(row, 0.0, saved[row] / scale.divisor, BLUE)
            chart.bar(row, 0.0, lost[row] / scale.divisor, VERMILLION)
            chart.axes.plot([nets[row] / scale.divisor], [chart.y[row]], "D", color=BLACK, markersize=6.5, markeredgecolor="white", clip_on=False)
        return chart.figure

    return both("saved", f"Customers saved and lost against {result.policies[0]}", "; ".join(f"{policy}: net {text}" for policy, text in zip(order, texts, strict=True)), draw)


def segment_figures(result: Comparison) -> list[Picture]:
    """Draw each policy's gain in each segment on one scale, or its effect on retention where money is not known by segment."""
    table = result.by_segment
    measure = next((name for name in ("npv", "ebitda", "retained", "churn_rate") if f"{name}_diff" in table.columns), "")
    order = [policy for policy in ranking(result) or list(result.policies) if policy != result.policies[0]]
    if not measure or table.empty:
        return []
    segments = [str(name) for name in dict.fromkeys(table.index.get_level_values(1))]
    factor = result.weight if measure in ("npv", "ebitda") else 100.0
    gains = {(policy, segment): _scaled(difference(table, (policy, segment), measure), factor) for policy in order for segment in segments}
    scale = scale_of([number for gain in gains.values() for number in (gain.mean, gain.low, gain.high)])
    words = {"npv": "gain in net present value", "ebitda": "gain in operating profit", "retained": "change of customers kept", "churn_rate": "change of monthly churn"}[measure]
    unit = scale.unit(result.scenario.currency) if measure in ("npv", "ebitda") else "percentage points"
    limits = limits_of(*([gain.mean / scale.divisor, gain.low / scale.divisor, gain.high / scale.divisor] for gain in gains.values()))

    def picture(segment: str) -> Picture:
        here = [gains[policy, segment] for policy in order]
        texts = [scale.number(gain.mean, True) for gain in here]
        best = int(np.nanargmin([gain.mean for gain in here]) if measure == "churn_rate" else np.nanargmax([gain.mean for gain in here]))

        def draw(width: int) -> "Figure":
            chart = row_chart(order, texts, width, limits, f"{words}, {unit}", bold={best}, shaded={best}, height=24.0, title=segment.replace("_", " ").capitalize())
            for row, gain in enumerate(here):
                color = BLUE if row == best else MUTED
                chart.line(row, gain.low / scale.divisor, gain.high / scale.divisor, color)
                chart.dot(row, gain.mean / scale.divisor, color, size=7.0)
            return chart.figure

        return one(f"segment-{segments.index(segment)}", segment.replace("_", " "), "; ".join(f"{policy} {text}" for policy, text in zip(order, texts, strict=True)), draw)

    return [picture(segment) for segment in segments]


def money_steps(result: Comparison) -> pd.Series:
    """Return what each money line adds to or takes from the baseline's value, in real currency; negligible lines together."""
    steps = budget(result, contender(result)) - budget(result, result.policies[0])
    small = steps.abs() < 0.004 * steps.abs().max()
    kept = steps[~small | (steps.index == "npv_terminal")]
    rest = float(steps[small & (steps.index != "npv_terminal")].sum())
    kept.index = [label_of(str(name), LEDGER_LABELS) for name in kept.index]
    whole = value(result.table, contender(result), "npv_diff") * result.weight
    rest = whole - float(kept.sum()) if math.isfinite(whole) else rest
    return pd.concat([kept, pd.Series({"All other lines": rest})]) if abs(rest) >= 0.0005 * steps.abs().max() else kept


def money_figure(result: Comparison) -> Picture:
    """Draw the way from the baseline's value to the best policy's, line by line."""
    base, best = result.policies[0], contender(result)
    steps, currency = money_steps(result), result.scenario.currency
    ends = np.cumsum(steps.to_numpy(dtype=float))
    starts, scale = ends - steps.to_numpy(dtype=float), scale_of([*steps, *ends])
    totals = [value(result.table, policy, "npv") * result.weight for policy in (base, best)]
    labels = [base, *map(str, steps.index), best]
    texts = [money(totals[0], currency), *(scale.number(float(step), True) for step in steps), money(totals[1], currency)]

    def draw(width: int) -> "Figure":
        chart = row_chart(
            labels, texts, width, limits_of([float(end) / scale.divisor for end in ends]), f"net present value above {base}, {scale.unit(currency)}", f"change, {scale.unit(currency)}",
            bold={0, len(labels) - 1}, shaded={0, len(labels) - 1}, height=26.0, key=[(BLUE, SQUARE, "raises value"), (VERMILLION, SQUARE, "lowers it"), (BLACK, SQUARE, "in all")],
        )  # fmt: skip
        for row, (start, end) in enumerate(zip(starts / scale.divisor, ends / scale.divisor, strict=True), start=1):
            chart.bar(row, start, end, BLUE if end >= start else VERMILLION, 14.0)
            chart.axes.plot([end, end], [chart.y[row], chart.y[row + 1]], color=MUTED, linewidth=1.0, clip_on=False)
        chart.bar(len(labels) - 1, 0.0, float(ends[-1]) / scale.divisor, BLACK, 14.0)
        return chart.figure

    return both("money", f"From the value of {base} to that of {best}", "; ".join(f"{label} {text}" for label, text in zip(labels, texts, strict=True)), draw)


def reasons_figure(result: Comparison) -> Picture | None:
    """Draw why customers left under the baseline and under the best policy."""
    base, best = result.policies[0], contender(result)
    table = reasons_of(result, [base, best])
    if table.empty:
        return None
    scale = scale_of(table.to_numpy().ravel())
    labels = [label_of(str(name), REASON_LABELS) for name in table.index]
    counts = table.to_numpy(dtype=float) / scale.divisor
    changes = [_change(before, after) for before, after in counts]
    unit = {"": "customers", "k": "thousand customers", "m": "million customers", "bn": "billion customers"}[scale.suffix]

    def draw(width: int) -> "Figure":
        chart = row_chart(
            labels, changes, width, (0.0, 1.05 * float(counts.max())), f"{unit} of {result.focal} who left in {result.scenario.months} months", f"change under {best}" if len(best) < 18 else "change", height=26.0,
            key=[(BLACK, RING, base), (BLUE, DOT, best)],
        )  # fmt: skip
        for row, (before, after) in enumerate(counts):
            chart.line(row, before, after, FAINT, width=3.0)
            chart.dot(row, before, BLACK, hollow=True, size=8.0)
            chart.dot(row, after, BLUE, size=8.0)
        return chart.figure

    return both("reasons", "Why customers leave", "; ".join(f"{label}: {fixed(row[0], scale.decimals)} to {fixed(row[1], scale.decimals)}" for label, row in zip(labels, counts, strict=True)), draw)


def _change(before: float, after: float) -> str:
    """Write a relative change in whole per cent."""
    if before <= 0.0:
        return "new" if after > 0.0 else ""
    share = round(100.0 * (after / before - 1.0))
    return f"{'+' if share > 0 else MINUS if share < 0 else ''}{abs(share)}\u00a0%"
