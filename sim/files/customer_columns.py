"""What the cells of a customer file mean: each mapped column becomes values in the lab's units, or its faults are told.

A cell is first looked up in the mapping's `values`, then read as a name, number, day, or yes and no. What is read is
added up, scaled, and only then held to bounds and rounded.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.config import Column, Scenario
from sim.config.customer_file import NAMES
from sim.errors import InputError, listed, nearest
from sim.files.csv_file import CsvFile, Fault, Numbers
from sim.files.written_numbers import ORDERS, POINT, day_of, is_missing, months_between, number_of, why_no_number

HIGHEST = {"tenure": 1200.0, "months_left": 120.0, "complaints": 10_000.0}  # months (a century; ten years), complaints
WHOLE = ("tenure", "months_left")
YES_NO = {
    **dict.fromkeys(("1", "1.0", "true", "true.", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "0.0", "false", "false.", "f", "no", "n", "off"), False),
}
LATER = 20  # years after the day of month 0 that a year of two digits may mean


class _Wrong(str):
    """Why a cell cannot be used."""


class _Away(str):
    """Why a row is none of the base."""


Meaning = Any  # str, float or bool as the field has it, _Wrong or _Away


@dataclass(frozen=True)
class Cells:
    """The mapped columns of all well-formed rows that count, as text."""

    lines: list[int]
    texts: dict[str, list[list[str]]]  # field -> cells of each of its columns
    names: dict[str, list[str]]  # field -> its columns, as the file writes them
    faults: list[Fault]  # rows of another length than the header
    others: int  # rows that `customers.where` leaves out

    def fault(self, field: str, row: int, text: str, part: int | None = None) -> Fault:
        """Tell what is wrong with a cell, or with the sum of several."""
        parts = range(len(self.names[field])) if part is None else (part,)
        given = " + ".join(repr(self.texts[field][place][row])[:60] for place in parts)
        return Fault(self.lines[row], " + ".join(self.names[field][place] for place in parts), f"{text} (got {given})")


@dataclass(frozen=True)
class Base:
    """The customers as read, one row each."""

    cells: Cells
    rows: NDArray[np.int64]  # of the cells
    fields: dict[str, NDArray[Any]]
    faults: list[Fault]
    away: Mapping[str, int]  # why rows are none of the base -> how many
    decimal: str  # mark

    def keeping(self, good: NDArray[np.bool_]) -> "Base":
        """Keep some of the rows."""
        return replace(self, rows=self.rows[good], fields={name: values[good] for name, values in self.fields.items()})

    def without(self, faults: Iterable[Fault]) -> "Base":
        """Keep the rows that have no fault."""
        bad = {fault.line for fault in faults}
        return self.keeping(np.array([self.cells.lines[row] not in bad for row in self.rows], dtype=bool))


# --- from the file to text -------------------------------------------------------------------------------------------


def read_cells(file: CsvFile, mapping: Mapping[str, Column], where: Mapping[str, Sequence[str]]) -> Cells:
    """Take the mapped columns out of the rows that `customers.where` names."""
    places = _places(file, mapping)
    sieve = [
        (column, _place(file, column, f"customers.where.{column}"), set(allowed)) for column, allowed in where.items()
    ]
    found: list[Counter[str]] = [Counter() for _ in sieve]
    cells = Cells(
        [],
        {field: [[] for _ in at] for field, at in places.items()},
        {field: [file.header[place] for place in at] for field, at in places.items()},
        [],
        0,
    )
    columns = [texts for field in places for texts in cells.texts[field]]
    wanted = [place for _, place, _ in sieve] + [place for at in places.values() for place in at]
    others = 0
    for line, row in file.rows(cells.faults, wanted):
        if sieve:
            for seen, value in zip(found, row, strict=False):
                seen[value] += 1
            if not all(value in allowed for value, (_, _, allowed) in zip(row, sieve, strict=False)):
                others += 1
                continue
        cells.lines.append(line)
        for texts, value in zip(columns, row[len(sieve) :], strict=True):
            texts.append(value)
    for seen, (column, _, allowed) in zip(found, sieve, strict=True):
        for value in sorted(allowed - set(seen)):
            values = ", ".join(name for name, _ in seen.most_common(8))
            raise InputError(
                f"{file.where}: customers.where.{column}: no row has '{value}'{nearest(value, seen)}; there is:"
                f" {values}"
            )
    if not cells.lines and not cells.faults:
        raise InputError(
            f"{file.where}: " + ("no row is left by customers.where" if others else "a header and no rows")
        )
    return replace(cells, others=others)


def _places(file: CsvFile, mapping: Mapping[str, Column]) -> dict[str, list[int]]:
    """Find each mapped column in the header."""
    if not mapping:
        raise InputError(
            f"{file.where}: customers.columns says of no column what it holds; columns: {file.columns}; e.g."
            f" customers.columns.tenure={file.header[0]}"
        )
    lost = [(field, name) for field, column in mapping.items() for name in column.column if file.place(name) is None]
    if lost:
        lines = [f"no column '{name}' (customers.columns.{field}){nearest(name, file.header)}" for field, name in lost]
        raise InputError(f"{file.where}: " + "\n  ".join([*lines, f"columns of the file: {file.columns}"]))
    return {
        field: [_place(file, name, f"customers.columns.{field}") for name in column.column]
        for field, column in mapping.items()
    }


def _place(file: CsvFile, name: str, key: str) -> int:
    place = file.place(name)
    if place is None:
        raise InputError(
            f"{file.where}: no column '{name}' ({key}){nearest(name, file.header)}\n  columns of the file:"
            f" {file.columns}"
        )
    return place


# --- from text to values ---------------------------------------------------------------------------------------------


def check_mapping(mapping: Mapping[str, Column], known: Mapping[str, Sequence[str]]) -> None:
    """What `values` translates to must exist: a name of the scenario, a number, yes or no."""
    for field, column in mapping.items():
        for given, ours in (column.values or {}).items():
            key = f"customers.columns.{field}.values.{given}"
            if field in known and ours not in known[field]:
                raise InputError(
                    f"{key}: no such {field} '{ours}'{nearest(ours, known[field])}; known: {listed(known[field])}"
                )
            if field not in NAMES and isinstance(_own(field, ours), _Wrong):
                raise InputError(f"{key}: must be {'yes or no' if field == 'churned' else 'a number'} (got {ours!r})")


def read_fields(file: CsvFile, cells: Cells, scenario: Scenario, known: Mapping[str, Sequence[str]]) -> Base:
    """Turn text into values."""
    customers = scenario.customers
    mapping = customers.columns.mapped
    decimal = customers.format.decimal or _decimal(file, cells, mapping)
    window = customers.churn_window or scenario.months
    fields: dict[str, NDArray[Any]] = {}
    faults, away = list(cells.faults), dict[int, str]()
    for field, column in mapping.items():
        if column.date is not None:
            assert customers.as_of is not None, "the schema asks for it"
            theirs = _by_days(field, column.date, customers.as_of, window)
        elif field in NAMES:
            theirs = _by_name(field, known.get(field))
        else:
            theirs = _yes_or_no if field == "churned" else _by_number(field, decimal)
        parts = []
        for part, texts in enumerate(cells.texts[field]):
            meaning = {text: _meaning(field, column, text, theirs) for text in dict.fromkeys(texts)}
            odd = {text: value for text, value in meaning.items() if isinstance(value, _Wrong | _Away)}
            for row, text in enumerate(texts) if odd else ():
                if isinstance(value := odd.get(text), _Wrong):
                    faults.append(cells.fault(field, row, value, part))
                elif value is not None:
                    away.setdefault(row, value)
            blank: Meaning = "" if field in NAMES else np.nan
            read = {text: blank if text in odd else value for text, value in meaning.items()}
            parts.append(np.array([read[text] for text in texts], dtype=object if field == "id" else None))
        fields[field], wrong = _values(field, column, parts)
        faults += [cells.fault(field, row, text) for row, text in wrong]
    gone = {cells.lines[row] for row in away}
    whole = Base(
        cells,
        np.arange(len(cells.lines)),
        fields,
        [fault for fault in faults if fault.line not in gone],
        Counter(away.values()),
        decimal,
    )
    here = whole.keeping(np.array([row not in away for row in range(len(cells.lines))], dtype=bool))
    return replace(here, faults=[*here.faults, *_duplicates(here), *_terms(here, scenario)])


def _decimal(file: CsvFile, cells: Cells, mapping: Mapping[str, Column]) -> str:
    """Find the decimal mark of the numbers that `values` does not translate."""
    columns = [
        Numbers(name, texts, mapping[field].values or {})
        for field, parts in cells.texts.items()
        if field not in (*NAMES, "churned") and mapping[field].date is None
        for name, texts in zip(cells.names[field], parts, strict=True)
    ]
    advice = 'say customers.format.decimal: "," or customers.format.decimal: "."'
    return file.decimal_mark(cells.lines, columns, advice)


def _meaning(field: str, column: Column, text: str, theirs: Callable[[str], Meaning]) -> Meaning:
    """Read one cell."""
    values = column.values or {}
    if text in values:
        return _own(field, values[text])
    if not text or (field not in NAMES and is_missing(text) and text.casefold() != "nan"):
        if field == "churned" and column.date is not None:
            return False  # no day on which she left
        return _Wrong(f"{field} must not be empty")
    if any(not is_missing(given) for given in values):
        return _Wrong(
            f"customers.columns.{field}.values does not know this value{nearest(text, values)}; known:"
            f" {', '.join(values)}"
        )
    return theirs(text)


def _own(field: str, text: str) -> Meaning:
    """Read a value of ours."""
    if field in NAMES:
        return text
    return _yes_or_no(text) if field == "churned" else _by_number(field, POINT)(text)


def _by_name(field: str, known: Sequence[str] | None) -> Callable[[str], Meaning]:
    def meaning(text: str) -> Meaning:
        if known is None or text in known:
            return text
        return _Wrong(f"no such {field}{nearest(text, known)}; known: {listed(known)}")

    return meaning


def _yes_or_no(text: str) -> Meaning:
    found = YES_NO.get(text.casefold())
    if found is not None:
        return found
    hint = "; customers.columns.churned.values translates other words" if number_of(text) is not None else ""
    return _Wrong(f"churned must be yes or no (1/0, true/false){hint}")


def _by_number(field: str, decimal: str) -> Callable[[str], Meaning]:
    def meaning(text: str) -> Meaning:
        number = number_of(text, decimal)
        if number is None:
            if text.casefold().strip("+-") in ("inf", "infinity", "nan"):
                return _Wrong(f"{field} must be finite")
            return _Wrong(f"{field} must be a number{why_no_number(text, decimal)}")
        return number if np.isfinite(number) else _Wrong(f"{field} must be finite")

    return meaning


def _by_days(field: str, order: str, as_of: date, window: int) -> Callable[[str], Meaning]:
    """Count from the day of month 0: full months since one joined, months begun until a term ends, whether one leaves
    within the window.
    """

    def meaning(text: str) -> Meaning:
        day = day_of(text, order, as_of.year + LATER)
        if day is None:
            return _Wrong(f"{field} must be a day, as {ORDERS[order]} ({order})")
        if field == "tenure":
            return _Away(f"they joined after {as_of}") if day > as_of else float(months_between(day, as_of))
        if field == "months_left":
            return float(max(-months_between(day, as_of), 0)) if day > as_of else 0.0
        if day <= as_of:
            return _Away(f"they had left by {as_of}")
        ends = months_between(as_of, day)
        return ends < window or (ends == window and day.day == as_of.day)

    return meaning


def _values(field: str, column: Column, parts: list[NDArray[Any]]) -> tuple[NDArray[Any], list[tuple[int, str]]]:
    """Add up, scale, hold to bounds and round; what could not be read is NaN, and 0 or no at the end."""
    if field in NAMES:
        return parts[0], []
    total = np.sum([part.astype(np.float64) for part in parts], axis=0)
    read = ~np.isnan(total)
    if field == "churned":
        return total == 1.0, []
    values = np.where(read, total, 0.0) * column.factor(field)
    highest = HIGHEST.get(field, np.inf)
    wrong = {
        row: f"{field} must not be {'negative' if values[row] < 0.0 else f'above {highest:,.0f}'}"
        for row in np.flatnonzero(read & ((values < 0.0) | (values > highest))).tolist()
    }
    if field not in WHOLE:
        return values, list(wrong.items())
    if not column.is_said:
        for row in np.flatnonzero(read & (values != np.floor(values))).tolist():
            wrong.setdefault(
                row,
                f"{field} must be a whole number of months (customers.columns.{field}.unit says others: days, weeks,"
                " years; unit=months rounds)",
            )
    return np.rint(np.clip(values, 0.0, highest)).astype(np.int32), list(wrong.items())


def _duplicates(base: Base) -> Iterator[Fault]:
    """Ids that stood before; both lines are named."""
    first: dict[str, int] = {}
    bad = {fault.line for fault in base.faults if [fault.column] == base.cells.names.get("id")}
    for row, name in zip(base.rows.tolist(), base.fields.get("id", np.zeros(0, np.str_)).tolist(), strict=False):
        line = base.cells.lines[row]
        if first.setdefault(name, line) != line and line not in bad:
            yield base.cells.fault("id", row, f"duplicate id, also in line {first[name]}")


def _terms(base: Base, scenario: Scenario) -> Iterator[Fault]:
    """Months left of a term that the plan, or any of the operator's, does not have."""
    if "months_left" not in base.fields:
        return
    plans = scenario.operators[scenario.focal].plans
    longest = max(plan.term for plan in plans.values())
    names = base.fields.get("plan", np.full(len(base.rows), ""))
    for row, name, left in zip(base.rows.tolist(), names.tolist(), base.fields["months_left"].tolist(), strict=True):
        term = plans[name].term if name in plans else longest
        if left > term:
            whose = f"plan {name}" if name in plans else f"any plan of {scenario.focal}"
            yield base.cells.fault(
                "months_left",
                row,
                f"months_left must not be above the term of {whose}, {term} months (are they days? say unit: days in"
                " customers.columns.months_left)",
            )
