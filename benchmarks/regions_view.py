"""Tables and the figure of what workers would exchange, from what `benchmarks.regions` measures."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.billion import CORES, LATENCY, MONTHS, PEOPLE, customer_costs, model, packed
from benchmarks.cost_view import bytes_moved
from benchmarks.options import markdown, measured_where, save
from sim.report.drawing import BLUE, GREEN, GRID, HEAD, MUTED, ORANGE, PURPLE, SMALL, WIDE, canvas, put

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = {
    "all, 4 B each": "all",
    "changed, 8 B each (who, what)": "named",
    "changed, a bit for who, 4 B": "marked",
    "changed, packed": "packed",
}

SIZES = {
    "all_sums": "sums, if every chunk's are collected in one place",
    "chunk_sums": "sums, if a running sum is passed on: each worker",
    "orders": "orders (fees, terms, calls, quality, reputation): to each worker",
    "records": "records of a keyed sample, where operators model their customers: at most",
}


def means_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean over months of what is exchanged, one row a split; bytes per customer-month in each format."""
    frame = frame.assign(
        all=4.0 * frame["entries"],
        named=8.0 * frame["changed"],
        marked=frame["entries"] / 8.0 + 4.0 * frame["changed"],
        packed=packed(frame["entries"], frame["changed"], frame["felt_only"]),
        halo=frame["entries"],
        change=frame["changed"] / frame["entries"],
        felt=frame["felt_only"] / frame["changed"],
    )
    for name in FORMATS.values():
        frame[name] = frame[name] / frame["people"]
    means = frame.groupby(["split", "regions", "workers"], sort=False).mean(numeric_only=True).reset_index()
    return means.assign(halo=means["entries"] / means["people"])


def page_of(
    frame: pd.DataFrame, sizes: Mapping[str, float], cost: pd.DataFrame, told: Mapping[str, Any]
) -> dict[str, str]:
    """Write the three tables of docs/scale.md as Markdown: volumes, formats, billion."""
    means = means_of(frame)
    months, people = int(frame["month"].nunique()), int(frame["people"].max())
    head = f"`europe_three` with {people:,} people, {months} months. {measured_where(told)}".strip()
    return {
        "volumes": f"{head}\n\n{_volumes(means)}",
        "formats": _formats(means, sizes, people),
        "billion": _billion(frame, dict(sizes), cost),
    }


def _volumes(means: pd.DataFrame) -> str:
    columns = {
        "split by": ("split", "{}"),
        "regions": ("regions", "{}"),
        "workers": ("workers", "{}"),
        "ties across": ("ties_across", "{:.1f} %"),
        "split accounts": ("accounts_across", "{:.1f} %"),
        "halo, entries per customer": ("halo", "{:.2f}"),
        "sends to": ("others", "{:.0f}"),
        "change in a month": ("change", "{:.0f} %"),
        "all, bytes": ("all", "{:.2f}"),
        "packed changes, bytes": ("packed", "{:.2f}"),
    }
    percent = {name: 100.0 * means[name] for name in ("ties_across", "accounts_across", "change")}
    return markdown(means.assign(others=means["messages"] / means["workers"], **percent), columns)


def _formats(means: pd.DataFrame, sizes: Mapping[str, float], people: int) -> str:
    row = means[means["split"] == "region"].sort_values(["regions", "workers"], ascending=[True, False]).iloc[0]
    halo = pd.DataFrame({"sent": list(FORMATS), "bytes": [row[name] for name in FORMATS.values()]})
    rest = pd.DataFrame({"sent": list(SIZES.values()), "bytes": [sizes[name] for name in SIZES]})
    sent = markdown(halo, {"entries of halos sent": ("sent", "{}"), "bytes per customer-month": ("bytes", "{:.2f}")})
    besides = markdown(rest, {"sent": ("sent", "{}"), "bytes a month": ("bytes", "{:,.0f}")})
    return (
        f"For {row['workers']:.0f} workers and {row['regions']:.0f} regions; {100.0 * row['change']:.0f} % of entries"
        f" change in a month, of those {100.0 * row['felt']:.0f} % in satisfaction alone:\n\n{sent}\n\n"
        f"Besides, for {people:,} people:\n\n{besides}\n\n![Halo bytes against workers](images/scale-volume.svg)"
    )


def _billion(frame: pd.DataFrame, sizes: dict[str, float], cost: pd.DataFrame) -> str:
    one, found = customer_costs(cost), model(frame, sizes, cost)
    regions = frame.loc[frame["split"] == "region", "regions"]
    worst, best = (f"exchange, s ({count} regions)" for count in (regions.min(), regions.max()))
    moved = bytes_moved(cost) / one.month * max(CORES)
    columns = {
        "workers": ("workers", "{}"),
        "cores each": ("cores", "{}"),
        "Gbit/s": ("gigabits", "{}"),
        "held, GiB": ("held", "{:.0f}"),
        "peak, GiB": ("peak", "{:.0f}"),
        "set-up, min": ("set_up", "{:.1f}"),
        "compute, s a month": ("compute", "{:.2f}"),
        "pack, s": ("packing", "{:.3f}"),
        worst: ("exchange", "{:.3f}"),
        best: ("exchange_regional", "{:.3f}"),
        f"{MONTHS} months, s": ("all", "{:,.0f}"),
        "cores at par": ("level", "{:.0f}"),
    }
    return (
        f"{PEOPLE:,} customers, {MONTHS} months. Taken from what was measured on one core: {one.month:.0f} ns per"
        f" customer and whole month, {one.held:.0f} bytes held and {one.peak:.0f} at the peak per customer,"
        f" {one.setup * 1e6:.1f} s of set-up per million, {sizes['packing'] * 1e9:.0f} ns to pack and unpack an entry."
        f" A message costs {LATENCY * 1e6:.0f} microseconds. On {max(CORES)} cores the loop's data pass at {moved:.0f}"
        f" GB/s.\n\n{markdown(found, columns)}"
    )


# --- figure ----------------------------------------------------------------------------------------------------------


def figures_of(frame: pd.DataFrame, folder: Path) -> None:
    """Draw halo bytes per customer-month against workers, as an SVG file."""
    save(folder / "scale-volume.svg", lambda: volume_figure(means_of(frame)))


def volume_figure(means: pd.DataFrame) -> "Figure":
    """Draw bytes per customer-month against workers: by regions, all entries sent; and by format, in the market as
    shipped.
    """
    figure, left = canvas(WIDE, 330.0, 48.0, WIDE / 2 + 24.0, 60.0, 48.0)
    right = figure.add_axes(((WIDE / 2 + 48.0) / WIDE, 48.0 / 330.0, (WIDE / 2 - 72.0) / WIDE, 222.0 / 330.0))
    by_region = means[means["split"] == "region"]
    lines = [(f"{regions} regions", rows) for regions, rows in by_region.groupby("regions")]
    lines.append(("2 regions, by number", means[means["split"] == "number"]))
    for (name, rows), color in zip(lines, (BLUE, ORANGE, GREEN, PURPLE), strict=False):
        left.plot(
            rows["workers"],
            rows["all"],
            color=color,
            marker="o",
            markersize=5.0,
            linewidth=1.8,
            linestyle="--" if "number" in name else "-",
            label=name,
        )
    shipped = by_region[by_region["regions"] == by_region["regions"].min()]
    for (name, column), color in zip(FORMATS.items(), (BLUE, ORANGE, GREEN, PURPLE), strict=True):
        right.plot(
            shipped["workers"], shipped[column], color=color, marker="o", markersize=5.0, linewidth=1.8, label=name
        )
    _finish(left, "Split by region, all entries of halos sent", sorted(means["workers"].unique()))
    _finish(right, f"Formats, {shipped['regions'].min()} regions", sorted(means["workers"].unique()))
    return figure


def _finish(axes: "Axes", title: str, workers: list[int]) -> None:
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xscale("log", base=2)
    axes.set_xticks(workers, [str(count) for count in workers])
    axes.minorticks_off()
    axes.set_ylim(0.0, 1.45 * axes.get_ylim()[1])  # room for the key
    axes.grid(color=GRID, linewidth=1.0)
    axes.set_axisbelow(True)
    axes.set_xlabel("workers", fontsize=SMALL)
    axes.legend(fontsize=SMALL, frameon=False, loc="upper left", labelcolor=MUTED)
    put(axes, title, 0.0, axes.get_ylim()[1], "left", dx=-30.0, dy=34.0, size=HEAD, bold=True)
    put(
        axes,
        "bytes per customer and month",
        0.0,
        axes.get_ylim()[1],
        "left",
        dx=-30.0,
        dy=16.0,
        size=SMALL,
        color=MUTED,
    )
