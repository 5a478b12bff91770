"""The table of the benchmark: medians and their spread, against churnlab in the same repeat."""

from collections.abc import Mapping

import pandas as pd

from benchmarks.contenders import CONTENDERS, REFERENCE


def size_name(people: int) -> str:
    """10k, 1M."""
    return (
        f"{people // 1_000_000}M"
        if people % 1_000_000 == 0
        else f"{people // 1_000}k"
        if people % 1_000 == 0
        else f"{people:,}"
    )


def spread(values: "pd.Series[float]") -> str:
    """Median, and smallest to largest in brackets."""
    return (
        f"{values.median():,.0f} ({values.min():,.0f}-{values.max():,.0f})"
        if len(values) > 1
        else f"{values.median():,.0f}"
    )


def clock_of(name: str) -> str:
    """Column of the time that is told: the processor's for one thread, as it does not count what else the machine does;
    the wall's for several.
    """
    return "wall_ns" if CONTENDERS[name].threads != 1 else "cpu_ns"


def ratios(runs: pd.DataFrame, name: str, people: int) -> "pd.Series[float]":
    """Time over churnlab's in the small market on one core, repeat by repeat; empty where one of them is missing."""
    at = runs[runs["people"] == people].set_index("repeat")
    mine, ours = (at[at["contender"] == one] for one in (name, REFERENCE))
    clock = clock_of(name)
    return (mine[clock] / ours[clock]).dropna()


def table_of(runs: pd.DataFrame, agreement: Mapping[str, str]) -> str:
    """Write the table in markdown.

    Parameters
    ----------
    runs : repeat, contender, people, setup_seconds, wall_ns, cpu_ns, peak_mib, one row a run
    agreement : what is said of each contender's trajectories

    """
    sizes = sorted(runs["people"].unique())
    base = 100_000 if 100_000 in sizes else sizes[-1]
    columns = [
        "one customer's month, ns",
        *(size_name(people) for people in sizes),
        f"against churnlab, {size_name(base)}",
        "peak memory, MiB",
        "set-up, s",
        "same trajectories",
    ]
    lines = [f"| {' | '.join(columns)} |", f"|---|{'---:|' * (len(columns) - 2)}---|"]
    for name in CONTENDERS:
        mine = runs[runs["contender"] == name]
        if mine.empty:
            continue
        cells = [
            spread(mine.loc[mine["people"] == people, clock_of(name)]) if (mine["people"] == people).any() else "-"
            for people in sizes
        ]
        times, most = ratios(runs, name, base), mine["people"].max()
        large = mine[mine["people"] == most]
        note = "" if most == sizes[-1] else f" at {size_name(most)}"
        cells += [
            f"{times.median():.2f}" if len(times) else "-",
            f"{large['peak_mib'].median():,.0f}{note}",
            f"{large['setup_seconds'].median():.1f}{note}",
        ]
        lines.append(f"| {' | '.join([CONTENDERS[name].title, *cells, agreement.get(name, '')])} |")
    return "\n".join(lines) + "\n"
