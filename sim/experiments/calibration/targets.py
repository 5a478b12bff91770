"""Which numbers of the real market a scenario is to meet: a CSV becomes checked targets, or the list of its faults."""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from sim.config import Scenario
from sim.config.values import with_values
from sim.errors import InputError, listed, nearest
from sim.experiments.calibration.likely import doubt_about, sums
from sim.experiments.calibration.moments import PANEL, Moment, check_moment, months_of, values_of
from sim.files.csv_file import Fault, Numbers, read_csv, told, words_of
from sim.files.own_path import own_path
from sim.files.written_numbers import POINT, number_of, why_no_number

NEEDED = ("period", "operator", "measure", "value")
COLUMNS = (*NEEDED, "by", "group", "scale", "se", "use", "source", "note")
MOST_TARGETS = 10_000
NUMBERS = ("value", "se", "scale")
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

    def named(self) -> dict[str, Any]:
        """Return what it is a number of, as a results table has it in columns."""
        moment = self.moment
        return {
            "measure": moment.measure,
            "operator": moment.operator,
            "by": moment.by,
            "group": moment.group,
            "period": self.period,
            "first": moment.first,
            "last_month": moment.last,
        }


def read_targets(source: str | Path | pd.DataFrame, scenario: Scenario, own: Collection[str] = ()) -> list[Target]:
    """Read targets from a CSV file, or from a table of the same columns.

    Columns: period (a month of the run `7`, months `4-6`, or `2011-05`, `2011Q2`, `2011` where a line `# start:
    2011-01` above the header says which month is month 1), operator (or `market`), measure (a column of kpis or
    overview, a fraction of money lines and counts such as `ebitda/service_revenue`, or one of the `own` measures),
    value; and where wanted by and group (tenure, segment, plan, region, payment, term), scale (the number times this is
    ours), se, use (fit, hold, past), source, note. Lines that begin with # are remarks.

    Raises
    ------
    InputError
        naming up to 20 faults by line, column and value: also numbers that are unlike the market's in size, unless a
        scale is given

    """
    where, header, found, faults, said = _read(source, scenario, own)
    for line, target in found:
        if target.moment.measure in own:
            continue
        is_said = "scale" in header and line in said
        column, text = doubt_about(target.moment, target.value, target.se, scenario, is_said)
        if text:
            faults.append(Fault(line, column, f"{text} (got {target.value if column == 'value' else target.se:.6g})"))
    faulty = {fault.line for fault in faults}
    whole = [(line, one.moment, one.period, one.value) for line, one in found if line not in faulty]
    faults += sums(whole, list(scenario.operators))
    if faults:
        raise InputError(told(faults, where, "nothing was run"))
    if not any(target.use == "fit" for _, target in found):
        raise InputError(f"{where}: no row is to be met (use=fit)")
    return [target for _, target in found]


def simulated_targets(table: pd.DataFrame, scenario: Scenario, seed: int) -> pd.DataFrame:
    """Fill the column `value` of a table of targets with what one world of a scenario comes to: to test whether known
    parameters are found again.
    """
    from sim.market import Market

    where, _, found, faults, _ = _read(table.assign(value=0.0), scenario)
    if faults:
        raise InputError(told(faults, where, "nothing was run"))
    moments = [target.moment for _, target in found]
    needs_panel = any(moment.by in PANEL for moment in moments)
    return table.assign(
        value=values_of(
            Market(with_values(scenario, {"panel.share": 1.0} if needs_panel else {}), seed=seed).run(), moments
        )
    )


def _read(
    source: str | Path | pd.DataFrame, scenario: Scenario, own: Collection[str] = ()
) -> tuple[str, list[str], list[tuple[int, Target]], list[Fault], set[int]]:
    """Return how messages name the source, its columns, targets by line, faults, and the lines that give a scale."""
    faults: list[Fault] = []
    if isinstance(source, pd.DataFrame):
        where, file, start, header = "targets", None, None, [str(name) for name in source.columns]
        rows = [
            (number, ["" if pd.isna(cell) else str(cell) for cell in row])
            for number, row in enumerate(source.itertuples(index=False), start=1)
        ]
    else:
        where = f"targets={source}"
        file = read_csv(own_path(source), where, lambda cell: words_of(cell) in COLUMNS, remarks=True)
        start, header = _start_of(file.remarks, where), [words_of(name) for name in file.header]
        rows = list(islice(file.rows(faults), MOST_TARGETS + 1))
        if len(rows) > MOST_TARGETS:
            raise InputError(f"{where}: more than {MOST_TARGETS:,} targets; leave out what says the same twice")
    _check_header(header, where)
    lines = [line for line, _ in rows]
    numbers = [
        Numbers(name, [cells[header.index(name)].removesuffix("%").strip() for _, cells in rows])
        for name in NUMBERS
        if name in header
    ]
    mark = POINT if file is None else file.decimal_mark(lines, numbers, "write it without a mark of thousands")
    found: list[tuple[int, Target]] = []
    first: dict[Moment, int] = {}
    said: set[int] = set()
    for line, texts in rows:
        cells = dict(zip(header, texts, strict=True))
        target = _target(cells, scenario, own, start, mark, line, faults)
        if cells.get("scale"):
            said.add(line)
        if target is not None and first.setdefault(target.moment, line) != line:
            faults.append(Fault(line, "", f"the same moment as in line {first[target.moment]}"))
        elif target is not None:
            found.append((line, target))
    return where, header, found, faults, said


def _start_of(remarks: Iterable[str], where: str) -> int | None:
    """Month 1 as year * 12 + month - 1, where a remark says it."""
    for line in remarks:
        if match := START.match(line):
            if not 1 <= int(match[2]) <= 12:
                raise InputError(f"{where}: '{line}' names no month of the calendar")
            return int(match[1]) * 12 + int(match[2]) - 1
    return None


def _check_header(header: Sequence[str], where: str) -> None:
    for name in NEEDED:
        if name not in header:
            raise InputError(
                f"{where}: no column '{name}'{nearest(name, header)}; needed: {', '.join(NEEDED)}; there is:"
                f" {', '.join(header) or 'nothing'}"
            )
    for name in header:
        if name not in COLUMNS:
            raise InputError(f"{where}: column '{name}' is not known{nearest(name, COLUMNS)}; known: {listed(COLUMNS)}")
        if header.count(name) > 1:
            raise InputError(f"{where}: column '{name}' stands {header.count(name)} times in the header")


def _target(
    cells: Mapping[str, str],
    scenario: Scenario,
    own: Collection[str],
    start: int | None,
    mark: str,
    line: int,
    faults: list[Fault],
) -> Target | None:
    """Read one row; add what is wrong with it to the faults."""
    before = len(faults)
    value, se, scale = (_number(cells.get(name, ""), name, mark, line, faults) for name in NUMBERS)
    if not cells["value"]:
        faults.append(Fault(line, "value", "value must not be empty"))
    if se <= 0.0:
        faults.append(Fault(line, "se", f"must be above 0; leave it empty for the default (got '{cells['se']}')"))
    if scale <= 0.0:
        faults.append(Fault(line, "scale", f"must be above 0 (got '{cells['scale']}')"))
    if not math.isnan(scale):
        value, se = value * scale, se * scale
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


def _number(text: str, column: str, mark: str, line: int, faults: list[Fault]) -> float:
    """Read a number, also in per cent; NaN where the cell is empty or faulty."""
    if not text:
        return math.nan
    bare = text.removesuffix("%").strip()
    value = number_of(bare, mark)
    if value is None or math.isinf(value):
        faults.append(Fault(line, column, f"must be a finite number{why_no_number(bare, mark)} (got '{text}')"))
        return math.nan
    return value / 100.0 if bare != text else value
