"""How a design is read from a file: one row a run, one column a key, faults told by line and column, all at once."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from sim.config import Scenario
from sim.config.paths import value_at
from sim.config.values import with_values
from sim.errors import InputError, nearest
from sim.experiments.design import RUN, is_patchable
from sim.experiments.sampling import MOST_RUNS, check_runs
from sim.files.csv_file import Fault, Numbers, read_csv, told
from sim.files.own_path import own_path
from sim.files.written_numbers import plain_of, why_no_number

Read = Callable[[str, str], Any]  # key, text -> value


def read_design(path: Path, scenario: Scenario, read: Read) -> list[dict[str, Any]]:
    """Read a CSV design.

    Columns are keys of the scenario, and `policy`, `response` (responding or static) and `seed` where they vary; every
    row is a run. A row is checked as if its values had been overrides. Lines that begin with # are remarks.
    """
    where = f"design={path}"
    file = read_csv(own_path(path), where, lambda cell: _is_column(cell, scenario), remarks=True)
    for column in file.header:
        _check_column(where, column, scenario)
        if file.header.count(column) > 1:
            raise InputError(f"{where}: column '{column}' stands {file.header.count(column)} times in the header")
    faults: list[Fault] = []
    table = list(islice(file.rows(faults), MOST_RUNS + 1))
    check_runs(len(table))
    if not table and not faults:
        raise InputError(f"{where}: has no rows; the first line names the keys, every other line is a run")
    lines = [line for line, _ in table]
    numbers = [
        Numbers(column, [cells[place] for _, cells in table])
        for place, column in enumerate(file.header)
        if _is_number(column, scenario)
    ]
    mark = file.decimal_mark(lines, numbers, "write it without a mark of thousands, and not with three decimals")
    rows = [
        _row(scenario, line, dict(zip(file.header, cells, strict=True)), read, mark, faults) for line, cells in table
    ]
    if faults:
        raise InputError(told(faults, where, "nothing was run"))
    return rows


def _is_column(name: str, scenario: Scenario) -> bool:
    try:
        _check_column("", name, scenario)
    except InputError:
        return False
    return True


def _is_number(column: str, scenario: Scenario) -> bool:
    """Whether the scenario has a number there."""
    value = None if column in RUN else value_at(scenario, column)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_column(where: str, column: str, scenario: Scenario) -> None:
    if column in ("policy", "response", "seed"):
        return
    try:
        value_at(scenario, column)
    except InputError as error:
        hint = nearest(column, RUN)
        raise InputError(f"{where}: column '{column}'{hint}: {error}") from None


def _row(
    scenario: Scenario, line: int, cells: dict[str, str], read: Read, mark: str, faults: list[Fault]
) -> dict[str, Any]:
    """Read a row; add what is wrong with it to the faults."""
    values: dict[str, Any] = {}
    for column, text in cells.items():
        try:
            number = plain_of(text, mark) if _is_number(column, scenario) or column == "seed" else None
            values[column] = text if column in ("policy", "response") else read(column, number or text)
            if column == "response" and text not in ("responding", "static"):
                raise InputError(f"must be responding or static (got '{text}')")
            if _is_number(column, scenario) and not isinstance(values[column], int | float):
                raise InputError(f"must be a number{why_no_number(text, mark)} (got '{text}')")
        except InputError as error:
            faults.append(Fault(line, column, str(error)))
    plain = {key: value for key, value in values.items() if key == "seed" or is_patchable(scenario, key, [value])}
    try:
        with_values(scenario, plain)
    except InputError as error:
        faults.append(Fault(line, "", str(error).partition("\n")[2].strip() or str(error)))
    return values
