"""How a market's tables are stored: as text that a person reads in a diff, months side by side, and compared cell by
cell.

Integers are exact. Other numbers have 11 significant digits and may differ by 1e-9 of their size, because `exp` and
`log` differ in their last bits between systems. Such a bit can also tip a choice between two
equal plans; then many cells differ, on that machine alone and in one run: look there before you refresh.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim import Market

RELATIVE, ABSOLUTE = 1e-9, 1e-12
ROWS = 5  # people whose rows are shown whole
KEYS = ("table", "column", "operator", "from", "to", "brand", "plan", "key", "customer")  # what names a line

Line = tuple[tuple[str, str], ...]  # key and value, e.g. (("column", "arpu"), ("operator", "alpha"))
Table = dict[Line, dict[str, str]]  # cells of each line by month, or by another column


def tables(market: Market) -> dict[str, Table]:
    """Everything a market shows, as text."""
    panel, customers = market.panel, market.customers.to_frame()
    chosen = customers["customer"].iloc[np.linspace(0, len(customers) - 1, ROWS).astype(int)]
    left = market.retention.query("left > 0")
    return {
        "kpis": by_month(market.kpis, ["operator"]),
        "overview": by_month(market.overview, []),
        "ledger": by_month(market.ledger, ["operator"]),
        "ports": by_month(market.ports, ["from", "to"]),
        "prices": by_month(market.prices, ["operator", "plan"]),
        "plans": by_month(market.plans, ["operator", "brand", "plan"]),
        "long_tables": by_month(market.long_tables, ["table", "operator", "key"]),
        "retention": by(left.columns.drop(["operator", "key"]), left, ["operator", "key"]),
        "panel_sums": by_month(sums(panel, ["month", "operator"]), ["operator"]),
        "panel_rows": by_month(panel[panel["customer"].isin(chosen)], ["customer"]),
        "customers_sums": across(sums(customers, ["operator"]), "operator"),
        "customers_rows": across(customers[customers["customer"].isin(chosen)], "customer"),
        "demand": by(
            ["probability"], market.demand.probabilities().rename_axis("plan").reset_index(name="probability"), ["plan"]
        ),
    }


def by(columns: Iterable[str], frame: pd.DataFrame, keys: list[str]) -> Table:
    """Turn a table into lines named by keys, columns as they are."""
    names = list(columns)
    lines = zip(*(frame[key].astype(str) for key in keys), strict=True)
    cells = zip(*(map(cell, frame[name]) for name in names), strict=True)
    return {
        tuple(zip(keys, line, strict=True)): dict(zip(names, row, strict=True))
        for line, row in zip(lines, cells, strict=True)
    }


def across(frame: pd.DataFrame, key: str) -> Table:
    """Turn a table on its side: one line a column, and the key across."""
    names = frame[key].astype(str).tolist()
    return {
        (("column", column),): dict(zip(names, map(cell, frame[column].tolist()), strict=True))
        for column in frame.columns
        if column != key
    }


def by_month(frame: pd.DataFrame, keys: list[str]) -> Table:
    """Turn a table so that months stand side by side, one line a measure and key; of lines of nothing, a measure's
    first is kept.
    """
    months = [str(month) for month in frame["month"]]
    who = [tuple(zip(keys, line, strict=True)) for line in zip(*(frame[key].astype(str) for key in keys), strict=True)]
    blank = dict.fromkeys(dict.fromkeys(months), "")
    whole: Table = {}
    for column in frame.columns:
        if column in ("month", *keys):
            continue
        first: Line | None = None
        lines: Table = {}
        for line, month, value in zip(who or [()] * len(frame), months, frame[column].tolist(), strict=True):
            name = (("column", column), *line)
            first = first or name
            lines.setdefault(name, dict(blank))[month] = cell(value)
        whole |= {name: row for name, row in lines.items() if name == first or set(row.values()) - {"", "0"}}
    return whole


def sums(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add up the numbers of all people by key, and count them by every label."""
    groups = [frame[key].astype(str) if key == "operator" else frame[key] for key in keys]
    rest = frame.drop(columns=[*keys, "customer"])
    numbers, labels = (
        rest.select_dtypes(["number", "bool"]).astype(float),
        rest.select_dtypes(exclude=["number", "bool"]),
    )
    ones = {
        f"{name}={label}": labels[name] == label for name in labels for label in sorted(labels[name].dropna().unique())
    }
    added = pd.concat([numbers, pd.DataFrame(ones, index=frame.index).astype(float)], axis=1).groupby(groups).sum()
    people = frame.groupby(groups).size()
    return added.assign(rows=people).rename_axis(keys).reset_index()


def cell(value: Any) -> str:
    """Write a value as it is stored: a missing one as nothing, whole numbers whole."""
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, int) else f"{value:.11g}"


def write(found: Mapping[str, Table], folder: Path) -> None:
    """Store a run's tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in found.items():
        keys, columns = head(table)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*keys, *columns])
            writer.writerows([*(value for _, value in line), *row.values()] for line, row in table.items())


def head(table: Table) -> tuple[Sequence[str], Sequence[str]]:
    """Names of a table's keys and columns."""
    line, row = next(iter(table.items()), ((), {}))
    return [key for key, _ in line], list(row)


def read(folder: Path) -> dict[str, Table]:
    """Read a run's tables as they were stored."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.csv"))}


def _read(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    size = sum(name in KEYS for name in names)
    return {
        tuple(zip(names[:size], row[:size], strict=True)): dict(zip(names[size:], row[size:], strict=True))
        for row in rows
    }


def differences(stored: Mapping[str, Table], found: Mapping[str, Table]) -> Iterator[str]:
    """Tell every cell in which two sets of tables differ: table, month, column, operator, stored and found."""
    for name in dict.fromkeys([*found, *stored]):
        before, now = stored.get(name, {}), found.get(name, {})
        for line in dict.fromkeys([*before, *now]):
            old, new = before.get(line, {}), now.get(line, {})
            for column in dict.fromkeys([*old, *new]):
                was, is_now = old.get(column, ""), new.get(column, "")
                if not same(was, is_now):
                    yield f"{name}, {told(name, line, column)}: stored {was or 'nothing'}, found {is_now or 'nothing'}"


def told(name: str, line: Line, column: str) -> str:
    """Name a cell; a table's column that is a number is a month, or a customer."""
    across = "customer " if name == "customers_rows" else "month " if column.lstrip("-").isdigit() else ""
    return ", ".join([across + column, *(f"{key} {value}" for key, value in line)])


def same(old: str, new: str) -> bool:
    """Whether two cells hold the same, numbers up to the last digits of floating point."""
    if old == new:
        return True
    try:
        before, now = float(old), float(new)
    except ValueError:
        return False
    return abs(before - now) <= max(ABSOLUTE, RELATIVE * abs(before))
