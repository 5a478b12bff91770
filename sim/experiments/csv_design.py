"""How a design is read from a file: one row a run, one column a key, faults told by line and column, all at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from sim.config import Scenario
from sim.config.paths import value_at
from sim.errors import InputError, nearest
from sim.experiments.design import RUN, is_patchable, with_values

FAULTS = 20  # told at once
Read = Callable[[str, str], Any]  # key, text -> value


def read_design(path: Path, scenario: Scenario, read: Read) -> list[dict[str, Any]]:
    """Read a CSV design.

    Columns are keys of the scenario, and `policy`, `response` (responding or static) and `seed` where they vary; every
    row is a run. A row is checked as if its values had been overrides.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise InputError(f"design={path}: no such file") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"design={path}: cannot be read: {' '.join(str(error).split())}") from None
    if table.empty:
        raise InputError(f"design={path}: has no rows; the first line names the keys, every other line is a run")
    for column in table.columns:
        _check_column(path, column, scenario)
    faults: list[str] = []
    rows = [_row(scenario, line, cells, read, faults) for line, cells in enumerate(table.to_dict("records"), start=2)]
    if faults:
        more = f"\n  ... and {len(faults) - FAULTS} more" if len(faults) > FAULTS else ""
        raise InputError(
            f"design={path} is not valid, and nothing was run:\n"
            + "\n".join(f"  {fault}" for fault in faults[:FAULTS])
            + more
        )
    return rows


def _check_column(path: Path, column: str, scenario: Scenario) -> None:
    if column in ("policy", "response", "seed"):
        return
    try:
        value_at(scenario, column)
    except InputError as error:
        hint = nearest(column, RUN)
        raise InputError(f"design={path}: column '{column}'{hint}: {error}") from None


def _row(scenario: Scenario, line: int, cells: dict[Any, str], read: Read, faults: list[str]) -> dict[str, Any]:
    """Read a row; add what is wrong with it to the faults."""
    values: dict[str, Any] = {}
    for column, text in cells.items():
        try:
            values[column] = text if column in ("policy", "response") else read(column, text)
            if column == "response" and text not in ("responding", "static"):
                raise InputError(f"must be responding or static (got '{text}')")
            if (
                column not in RUN
                and isinstance(value_at(scenario, column), int | float)
                and not isinstance(values[column], int | float)
            ):
                raise InputError(f"must be a number (got '{text}')")
        except InputError as error:
            faults.append(f"line {line}, column '{column}': {error}")
    plain = {key: value for key, value in values.items() if key == "seed" or is_patchable(scenario, key, [value])}
    try:
        with_values(scenario, plain)
    except InputError as error:
        faults.append(f"line {line}: {str(error).partition(chr(10))[2].strip() or error}")
    return values
