"""Tables and figures of what a customer-month costs, from the one long table that `benchmarks.cost` measures."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.mechanism_cost import EVERYTHING, NOTHING
from benchmarks.options import markdown, measured_where, save
from sim.report.drawing import BLUE, GRID, HEAD, INK, MUTED, ORANGE, SMALL, WIDE, canvas, limits_of, put, row_chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 20  # mechanisms in table and figure
WAITS = {  # what is waited for, as the page says it
    "command, first after installation": "`churnlab run classroom` with its report, rules still to be compiled",
    "command": "the same, rules compiled before",
    "small study, set-up": "a small market opens",
    "small study, all months": "it runs 60 months",
    "fork": "a market is forked",
    "month without calls": "a month",
    "month with calls": "a month with a round of calls aimed by a score",
    "training the score": "the score is trained",
}
UNITS = {"customers": "customers", "ties": "ties each", "plans": "plans", "threads": "threads", "months": "months run"}


def table_of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """One of the tables measured: item and at, and a column a measure, in the order measured."""
    rows = frame[frame["table"] == name]
    wide = rows.pivot(index=["item", "at"], columns="measure", values="value")
    order = list(dict.fromkeys(zip(rows["item"], rows["at"], strict=True)))
    return wide.reindex(pd.MultiIndex.from_tuples(order, names=["item", "at"])).reset_index()


def page_of(frame: pd.DataFrame, told: Mapping[str, Any]) -> str:
    """Write all that was measured as Markdown."""
    return "\n\n".join(
        part
        for part in (measured_where(told), _mechanisms(frame), _scaling(frame), _roofline(frame), _waits(frame))
        if part
    )


def _mechanisms(frame: pd.DataFrame) -> str:
    every = table_of(frame, "mechanism")
    loop = every[every["item"].isin([EVERYTHING, NOTHING])].set_index("item")["cost"]
    each = every[~every["item"].isin(loop.index)]
    told = each[each["low"] > 0.0].head(SHOWN)
    table = markdown(
        told.assign(share=100.0 * told["cost"] / loop[EVERYTHING]),
        {
            "mechanism": ("item", "{}"),
            "ns": ("cost", "{:.1f}"),
            "lower quartile": ("low", "{:.1f}"),
            "upper quartile": ("high", "{:.1f}"),
            "of the loop": ("share", "{:.1f} %"),
        },
    )
    return (
        f"The loop takes {loop[EVERYTHING]:.0f} ns per customer-month with everything on, and {loop[NOTHING]:.0f} ns"
        " with every mechanism and all ties off: usage, bill, network, feelings and books are left. Below, what is"
        f" saved when one mechanism alone is switched off; {len(each) - len(told)} of {len(each)} are left out, because"
        f" the quartiles of their cost reach zero or they are smaller than these.\n\n{table}\n\n![What each mechanism"
        " costs](images/cost-by-mechanism.svg)"
    )


def _scaling(frame: pd.DataFrame) -> str:
    rows = table_of(frame, "scaling")
    columns = {
        "varied": ("item", "{}"),
        "to": ("at", "{:,.0f}"),
        "customers": ("people", "{:,.0f}"),
        "loop, ns": ("loop", "{:.0f}"),
        "whole month, ns": ("month", "{:.0f}"),
        "bytes held per customer": ("held", "{:.0f}"),
        "peak, MiB": ("peak", "{:,.0f}"),
        "set-up, s": ("setup", "{:.1f}"),
        "in all, s": ("run", "{:.1f}"),
    }
    return (
        f"{markdown(rows.assign(item=rows['item'].map(UNITS)), columns)}\n\n![Time and memory against"
        " customers](images/cost-scaling.svg)"
    )


def bytes_moved(frame: pd.DataFrame) -> float:
    """Bytes read and written per customer-month."""
    traffic = table_of(frame, "traffic")
    return float(traffic["read"].sum() + traffic["written"].sum())


def floors(frame: pd.DataFrame) -> pd.DataFrame:
    """Time that memory traffic alone would take: threads, bandwidth (bytes per second), floor (ns per customer-month),
    loop (measured, ns).
    """
    rows = table_of(frame, "bandwidth")
    loops = table_of(frame, "scaling").query("item == 'threads'").set_index("at")["loop"]
    found = pd.DataFrame(
        {
            "threads": rows["at"].astype(int),
            "bandwidth": rows["bytes_per_second"],
            "floor": bytes_moved(frame) / rows["bytes_per_second"] * 1e9,
        }
    )
    return found.assign(loop=loops.reindex(rows["at"]).to_numpy())


def _roofline(frame: pd.DataFrame) -> str:
    traffic, found = table_of(frame, "traffic"), floors(frame)
    whole = pd.DataFrame({"item": ["all"], "read": [traffic["read"].sum()], "written": [traffic["written"].sum()]})
    parts = markdown(
        pd.concat([traffic, whole]),
        {"bytes per customer-month": ("item", "{}"), "read": ("read", "{:.0f}"), "written": ("written", "{:.0f}")},
    )
    columns = {
        "threads": ("threads", "{}"),
        "bandwidth, GB/s": ("speed", "{:.1f}"),
        "least time for that traffic, ns": ("floor", "{:.1f}"),
        "loop, ns": ("loop", "{:.0f}"),
        "memory's share": ("share", "{:.0f} %"),
    }
    shares = found.assign(speed=found["bandwidth"] / 1e9, share=100.0 * found["floor"] / found["loop"])
    return f"{parts}\n\n{markdown(shares, columns)}"


def _waits(frame: pd.DataFrame) -> str:
    rows = table_of(frame, "wait")
    if not len(rows):
        return ""
    columns = {
        "what is waited for": ("what", "{}"),
        "customers": ("people", "{}"),
        "seconds": ("median", "{:.2f}"),
        "shortest": ("low", "{:.2f}"),
        "longest": ("high", "{:.2f}"),
    }
    table = markdown(
        rows.assign(what=rows["item"].map(WAITS), people=[f"{people:,.0f}" if people else "" for people in rows["at"]]),
        columns,
    )
    plain, called = (
        float(rows.loc[rows["item"] == f"month {name} calls", "median"].iloc[0]) for name in ("without", "with")
    )
    return f"{table}\n\nThe round of calls adds {100.0 * (called / plain - 1.0):.0f} % to its month."


# --- figures ---------------------------------------------------------------------------------------------------------


def figures_of(frame: pd.DataFrame, folder: Path) -> None:
    """Draw cost by mechanism and scaling, as SVG files."""
    save(folder / "cost-by-mechanism.svg", lambda: mechanism_figure(frame))
    save(folder / "cost-scaling.svg", lambda: scaling_figure(frame))


def mechanism_figure(frame: pd.DataFrame) -> "Figure":
    """Draw the dearest mechanisms as bars with quartiles."""
    each = table_of(frame, "mechanism")
    loop = float(each.loc[each["item"] == EVERYTHING, "cost"].iloc[0])
    each = each[~each["item"].isin([EVERYTHING, NOTHING]) & (each["low"] > 0.0)].head(SHOWN)
    title = f"What each mechanism costs, of {loop:.0f} ns per customer-month"
    axis = "ns per customer-month saved when it is off (bar: median; line: quartiles)"
    texts = [f"{cost:.1f}" for cost in each["cost"]]
    chart = row_chart(
        each["item"].tolist(),
        texts,
        WIDE,
        limits_of(each["high"].tolist()),
        axis,
        heading="ns",
        height=24.0,
        title=title,
    )
    for row, (cost, low, high) in enumerate(zip(each["cost"], each["low"], each["high"], strict=True)):
        chart.bar(row, 0.0, cost, BLUE, height=13.0)
        chart.line(row, low, high, INK, width=1.5)
    return chart.figure


def scaling_figure(frame: pd.DataFrame) -> "Figure":
    """Draw seconds per month with memory's floor, and peak memory, against customers, both logarithmic."""
    rows = table_of(frame, "scaling").query("item == 'customers'")
    people, floor = rows["at"].to_numpy(float), float(floors(frame)["floor"].iloc[0])
    figure, left = canvas(WIDE, 330.0, 62.0, WIDE / 2 + 20.0, 46.0, 48.0)
    right = figure.add_axes(((WIDE / 2 + 62.0) / WIDE, 48.0 / 330.0, (WIDE / 2 - 82.0) / WIDE, 236.0 / 330.0))
    for side in right.spines.values():
        side.set_visible(False)
    lines = (("whole month", "month", ORANGE), ("loop, one thread", "loop", BLUE))
    for name, column, color in lines:
        left.plot(
            people,
            rows[column].to_numpy(float) * people / 1e9,
            color=color,
            marker="o",
            markersize=5.0,
            linewidth=1.8,
            label=name,
        )
    left.plot(
        people, floor * people / 1e9, color=MUTED, linewidth=1.5, linestyle=(0, (4, 3)), label="memory traffic alone"
    )
    right.plot(
        people,
        rows["peak"].to_numpy(float),
        color=ORANGE,
        marker="o",
        markersize=5.0,
        linewidth=1.8,
        label="peak of the process",
    )
    right.plot(
        people,
        rows["held"].to_numpy(float) * people / 2**20,
        color=BLUE,
        marker="o",
        markersize=5.0,
        linewidth=1.8,
        label="tables of the market",
    )
    _finish(left, "Seconds per month")
    _finish(right, "Memory, MiB")
    return figure


def _finish(axes: "Axes", title: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(color=GRID, linewidth=1.0)
    axes.set_axisbelow(True)
    axes.minorticks_off()
    axes.set_xlabel("customers", fontsize=SMALL)
    low, high = axes.get_xlim()
    ticks = 10.0 ** np.arange(np.ceil(np.log10(low)), np.floor(np.log10(high)) + 1)
    axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.legend(fontsize=SMALL, frameon=False, loc="lower right", labelcolor=MUTED)
    put(axes, title, 0.0, axes.get_ylim()[1], "left", dx=-46.0, dy=22.0, size=HEAD, bold=True)
