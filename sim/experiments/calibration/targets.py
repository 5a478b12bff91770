"""Which numbers of the real market a scenario is to meet: a CSV becomes checked targets, or the list of its faults."""

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sim.config import Scenario
from sim.customer_file import SHOWN, Fault, file_text
from sim.errors import InputError, nearest
from sim.experiments.calibration.moments import PANEL, Moment, check_moment, months_of, values_of
from sim.experiments.design import with_values

NEEDED = ("period", "operator", "measure", "value")
COLUMNS = (*NEEDED, "by", "group", "se", "use", "source", "note")
USES = ("fit", "hold", "past")  # met by the search; kept back and forecast; before month 1, for naive forecasts only
START = re.compile(r"#\s*start:\s*(\d{4})-(\d\d)\b")


class Target(NamedTuple):
    """One number of the real market."""

    moment: Moment
    period: str  # as the file writes it
    value: float
    se: float  # NaN where the file gives none
    use: str  # of USES
    source: str


def read_targets(source: str | Path | pd.DataFrame, scenario: Scenario, own: Collection[str] = ()) -> list[Target]:
    """Read targets from a CSV file, or from a table of the same columns.

    Columns: period (a month of the run `7`, months `4-6`, or `2011-05`, `2011Q2`, `2011` where a line `# start:
    2011-01` above the header says which month is month 1), operator (or `market`), measure (a column of kpis or
    overview, a fraction of money lines and counts such as `ebitda/service_revenue`, or one of the `own` measures),
    value; and where wanted by and group (tenure, segment, plan, region, payment, term), se, use (fit, hold, past),
    source, note. Lines that begin with # are remarks.

    Raises
    ------
    InputError
        naming up to 20 faults by line, column and value

    """
    if isinstance(source, pd.DataFrame):
        where, start, header = "targets", None, [str(name) for name in source.columns]
        rows = [
            (number, ["" if pd.isna(cell) else str(cell) for cell in row])
            for number, row in enumerate(source.itertuples(index=False), start=1)
        ]
    else:
        where = f"targets={source}"
        text = file_text(Path(source).expanduser(), where)
        start = _start_of(text, where)
        (_, header), *rows = list(_records(text, where)) or [(1, [])]
    _check_header(header, where)
    faults: list[Fault] = []
    found: list[Target] = []
    lines: dict[Moment, int] = {}
    for line, cells in rows:
        if len(cells) != len(header):
            faults.append(Fault(line, "", f"{len(cells)} cells, the header has {len(header)}"))
            continue
        target = _target(dict(zip(header, cells, strict=True)), scenario, own, start, line, faults)
        if target is not None and lines.setdefault(target.moment, line) != line:
            faults.append(Fault(line, "", f"the same moment as in line {lines[target.moment]}"))
        elif target is not None:
            found.append(target)
    if faults:
        told = "\n".join(f"  {fault}" for fault in faults[:SHOWN])
        more = f"\n  and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise InputError(f"{where}: {len(faults)} fault{'s' if len(faults) > 1 else ''}; nothing was run\n{told}{more}")
    if not any(target.use == "fit" for target in found):
        raise InputError(f"{where}: no row is to be met (use=fit)")
    return found


def simulated_targets(table: pd.DataFrame, scenario: Scenario, seed: int) -> pd.DataFrame:
    """Fill the column `value` of a table of targets with what one world of a scenario comes to: to test whether known
    parameters are found again.
    """
    from sim.market import Market

    moments = [target.moment for target in read_targets(table.assign(value=0.0), scenario)]
    needs_panel = any(moment.by in PANEL for moment in moments)
    return table.assign(
        value=values_of(
            Market(with_values(scenario, {"panel.share": 1.0} if needs_panel else {}), seed=seed).run(), moments
        )
    )


def _start_of(text: str, where: str) -> int | None:
    """Month 1 as year * 12 + month - 1, where a remark says it."""
    for line in text.splitlines():
        if match := START.match(line):
            if not 1 <= int(match[2]) <= 12:
                raise InputError(f"{where}: '{line}' names no month of the calendar")
            return int(match[1]) * 12 + int(match[2]) - 1
    return None


def _records(text: str, where: str) -> Iterable[tuple[int, list[str]]]:
    """Yield (line, cells) of every row that is neither blank nor a remark, the header first."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                (cells,) = csv.reader(io.StringIO(line), strict=True)
            except csv.Error as error:
                raise InputError(f"{where}: line {number}: {error}; is a quotation mark left open?") from None
            yield number, [cell.strip() for cell in cells]


def _check_header(header: Sequence[str], where: str) -> None:
    for name in NEEDED:
        if name not in header:
            raise InputError(
                f"{where}: no column '{name}'{nearest(name, header)}; needed: {', '.join(NEEDED)}; there is:"
                f" {', '.join(header) or 'nothing'}"
            )
    for name in header:
        if name not in COLUMNS:
            raise InputError(
                f"{where}: column '{name}' is not known{nearest(name, COLUMNS)}; known: {', '.join(COLUMNS)}"
            )
        if header.count(name) > 1:
            raise InputError(f"{where}: column '{name}' stands {header.count(name)} times in the header")


def _target(
    cells: Mapping[str, str],
    scenario: Scenario,
    own: Collection[str],
    start: int | None,
    line: int,
    faults: list[Fault],
) -> Target | None:
    """Read one row; add what is wrong with it to the faults."""
    before = len(faults)
    value, se = (_number(cells.get(name, ""), name, line, faults) for name in ("value", "se"))
    if not cells["value"]:
        faults.append(Fault(line, "value", "value must not be empty"))
    if se <= 0.0:
        faults.append(Fault(line, "se", f"must be above 0; leave it empty for the default (got '{cells['se']}')"))
    first = last = 0
    try:
        first, last = months_of(cells["period"], start)
    except InputError as error:
        faults.append(_fault(line, error))
    moment = Moment(
        cells["measure"].replace(" ", ""), cells["operator"], cells.get("by", ""), cells.get("group", ""), first, last
    )
    try:
        check_moment(moment, scenario, own)
    except InputError as error:
        faults.append(_fault(line, error))
    use = cells.get("use", "") or ("past" if last < 1 else "fit")
    if use not in USES:
        faults.append(Fault(line, "use", f"must be one of {', '.join(USES)}{nearest(use, USES)} (got '{use}')"))
    elif len(faults) == before and (last < 1) != (use == "past"):
        faults.append(
            Fault(
                line,
                "use",
                f"is {use}, but the period {'ends before' if last < 1 else 'is not before'} month 1 of the run (got"
                f" '{cells['period']}')",
            )
        )
    elif len(faults) == before and use != "past" and first < 1:
        faults.append(
            Fault(line, "period", f"begins before month 1 of the run and ends in it (got '{cells['period']}')")
        )
    elif len(faults) == before and last > scenario.months:
        faults.append(
            Fault(
                line,
                "period",
                f"ends in month {last}, the scenario in month {scenario.months}; give months={last} (got"
                f" '{cells['period']}')",
            )
        )
    return Target(moment, cells["period"], value, se, use, cells.get("source", "")) if len(faults) == before else None


def _fault(line: int, error: InputError) -> Fault:
    """Tell a fault whose message begins with its column."""
    column, _, text = str(error).partition(": ")
    return Fault(line, column, text) if column in COLUMNS else Fault(line, "", str(error))


def _number(text: str, column: str, line: int, faults: list[Fault]) -> float:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        value = math.inf
    if math.isinf(value) or text.lower() == "nan":
        faults.append(Fault(line, column, f"must be a finite number (got '{text}')"))
        return math.nan
    return value
