"""Does an imported base look and leave in the lab as it does in its file? Churn by contract, tenure and complaint, file
against simulation.

A file records churn in one of two ways. *Within a window*: who of these customers was gone some months later; then
shares of leavers over the same months are compared. *Ever by now*: a cross-section in which some have left already;
then the file is read as a cohort (events over months of exposure) and monthly hazards are compared.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.config import Scenario
from sim.errors import InputError, nearest
from sim.files.csv_file import Fault, Numbers, read_csv, told, words_of
from sim.files.customer_file import CustomerFile
from sim.files.written_numbers import number_of

Bin = tuple[int, int | None]  # first and last month of tenure, both inside; None: open
TENURE_BINS: tuple[Bin, ...] = ((0, 3), (4, 6), (7, 12), (13, 24), (25, 36), (37, 48), (49, 60), (61, None))  # months
# group -> endings of <data set>_by_<ending>.csv
FILES = {
    "plan": ("plan", "contract", "tariff_plan"),
    "tenure": ("tenure_bin",),
    "complaint": ("complaint", "complaints"),
}


@dataclass(frozen=True)
class ChurnRecord:
    """How a file records churn, and what a comparison with it cannot show."""

    dataset: str  # prefix of its moment files; empty for a user's own file
    window: int | None  # months over which its churn counts; None: ever by now
    limits: str


RECORDS = {
    "from_iran": ChurnRecord(
        "iran",
        3,
        "Limits. The file's operator calls a line churned when it is gone, or silent, at the end of three months after"
        " nine months of observation; three quarters of its churners were silent before. The lab closes silent lines at"
        " one rate for all, so it can meet the level of prepaid churn but not which lines fall silent. A complaint in"
        " the file is any complaint of nine months and marks lines already given up (10 % against 83 %); a complaint in"
        " the lab is one event with one recovery, so only the direction can match. Tenure in the file is not monotone"
        " (few early lines, a wave of sales at 30-40 months); the lab has no waves. Money is an index made from charge"
        " bands: nothing here tests price response. 300 rows are copies of others: the file's standard errors are"
        " somewhat too small.",
    ),
    "from_ibm": ChurnRecord(
        "ibm",
        None,
        "Limits. The company is fictional: agreement is no evidence on any market. Churn in the sample is 'has left'"
        " without a date (26.5 % can be no monthly rate); read as a cohort it gives hazards that assume today's"
        " contract held all along and that charges and entry never changed. What can match is the order month-to-month"
        " > one year > two years and the fall with tenure; the steep first month of the sample has no counterpart in"
        " the lab. Charges are the sum of services bought, so nothing here tests price response. The sample has no"
        " complaints: there is no such comparison.",
    ),
}


def churn_record(scenario: Scenario) -> ChurnRecord:
    """Return how the scenario's file records churn; a file of the user's own is read over the length of the run."""
    window = scenario.customers.churn_window
    limits = (
        ""
        if window
        else (
            "The file does not say over how many months its churn counts (customers.churn_window): it is read as churn"
            f" within {scenario.months} months, the length of this run."
        )
    )
    return RECORDS.get(scenario.name, ChurnRecord("", window or scenario.months, limits))


# --- groups ----------------------------------------------------------------------------------------------------------


def bin_label(months: Bin) -> str:
    """Name a tenure bin.

    >>> bin_label((4, 6)), bin_label((61, None))
    ('4-6', '61+')
    """
    return f"{months[0]}+" if months[1] is None else f"{months[0]}-{months[1]}"


def parse_bin(label: str) -> Bin:
    """Read a tenure bin as moment files write it, in whole months.

    >>> parse_bin("(0, 6]"), parse_bin("7-12"), parse_bin("61+")
    ((1, 6), (7, 12), (61, None))
    """
    if match := re.fullmatch(r"\s*\((-?\d+), (\d+)\]\s*", label):
        return int(match[1]) + 1, int(match[2])
    if match := re.fullmatch(r"\s*(\d+)\s*-\s*(\d+)\s*", label):
        return int(match[1]), int(match[2])
    if match := re.fullmatch(r"\s*(\d+)\s*\+\s*", label):
        return int(match[1]), None
    raise InputError(f"tenure bin '{label}' is not understood; write 4-6, (3, 6] or 61+")


def tenure_groups(tenure: NDArray[Any], bins: Sequence[Bin]) -> NDArray[Any]:
    """Label each tenure with its bin; "other" where none holds it."""
    groups = np.full(len(tenure), "other", dtype=object)
    for low, high in bins:
        groups[(tenure >= low) & (tenure <= (np.inf if high is None else high))] = bin_label((low, high))
    return groups


def _complaint_groups(complaints: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.asarray(complaints) > 0, "complained", "none").astype(object)


# --- the file's side -------------------------------------------------------------------------------------------------


def _moment(groups: Sequence[str], n: Any, churners: Any, hazard: bool) -> pd.DataFrame:
    """Build one table of moments: churn per window with a binomial, or per month of exposure with a Poisson standard
    error.
    """
    table = pd.DataFrame(
        {"group": list(groups), "n": np.asarray(n, dtype=float), "churners": np.asarray(churners, dtype=float)}
    )
    table = table.groupby("group", sort=False, as_index=False).sum()
    rate = table["churners"] / table["n"].where(table["n"] > 0)
    variance = rate if hazard else rate * (1.0 - rate)
    return table.assign(churn_rate=rate, se=np.sqrt(variance / table["n"]))


def moments_of_file(
    file: CustomerFile, window: int | None, bins: Sequence[Bin] = TENURE_BINS
) -> dict[str, pd.DataFrame]:
    """Compute churn by plan, tenure and complaint from the rows themselves, as far as the file has the columns.

    Parameters
    ----------
    file : must have the field `churned`; nothing is returned otherwise; where its rows have weights, n and churners
        are of as many equally weighted customers as tell as much (Kish 1965)
    window : months over which churn counts; None reads the file as a cohort: n is then customer-months, churn_rate per
        month
    bins : of tenure

    Returns
    -------
    plan, tenure, complaint -> group, n, churners, churn_rate, se

    """
    fields, hazard = file.as_read, window is None
    if "churned" not in fields or (hazard and "tenure" not in fields):
        return {}
    weights = file.weights if file.weights is not None else np.ones(file.rows)
    counts = weights * (weights.sum() / (weights**2).sum())
    churned = fields["churned"] * counts
    exposure = fields["tenure"] * counts if hazard else counts
    moments: dict[str, pd.DataFrame] = {}
    if "plan" in fields:
        moments["plan"] = _moment(fields["plan"].tolist(), exposure, churned, hazard)
    if "tenure" in fields:
        by_tenure = _cohort_by_tenure if hazard else _window_by_tenure
        moments["tenure"] = by_tenure(fields["tenure"], counts, churned, bins)
    if "complaints" in fields:
        moments["complaint"] = _moment(_complaint_groups(fields["complaints"]).tolist(), exposure, churned, hazard)
    return moments


def _window_by_tenure(
    tenure: NDArray[Any], counts: NDArray[Any], churned: NDArray[Any], bins: Sequence[Bin]
) -> pd.DataFrame:
    """Churn by tenure at the start, in the order of the bins; counts and churned are those of each row."""
    table = _moment(tenure_groups(tenure, bins).tolist(), counts, churned, False).set_index("group")
    return table.reindex([label for label in [*map(bin_label, bins), "other"] if label in table.index]).reset_index()


def _cohort_by_tenure(
    tenure: NDArray[Any], counts: NDArray[Any], churned: NDArray[Any], bins: Sequence[Bin]
) -> pd.DataFrame:
    """Share each customer's months out over the bins she has lived through; she leaves in the bin of her last month."""
    exposure, events = [], []
    for low, high in bins:
        first, last = max(low, 1), float("inf") if high is None else float(high)
        exposure.append((np.clip(np.minimum(tenure, last) - first + 1, 0, None) * counts).sum())
        events.append(churned[(tenure >= first) & (tenure <= last)].sum())
    return _moment([bin_label(months) for months in bins], exposure, events, True)


# --- published moments -----------------------------------------------------------------------------------------------


def read_moments(folder: Path, scenario: Scenario, dataset: str | None = None) -> dict[str, pd.DataFrame]:
    """Read target moments: files <data set>_by_contract.csv (or _by_plan, _by_tariff_plan), _by_tenure_bin.csv,
    _by_complaint.csv.

    Their first column is the group; n and churners are needed. Where churn is 'ever by now',
    <data set>_exposure_hazard_by_contract.csv and <data set>_km_hazard_by_month_and_contract.csv are read instead.

    Parameters
    ----------
    folder : where the files are
    scenario : gives the plans, and how its file records churn
    dataset : prefix of the files; by default the scenario's own, or the only one in the folder

    Returns
    -------
    as moments_of_file

    """
    found = sorted({path.name.partition("_")[0] for path in folder.glob("*_by_*.csv")}) if folder.is_dir() else []
    name = dataset or churn_record(scenario).dataset or (found[0] if len(found) == 1 else "")
    if name not in found:
        raise InputError(
            f"moments={folder}: no files {name or 'DATASET'}_by_*.csv{nearest(name, found) if name else ''}; data sets"
            f" there: {', '.join(found) or 'none'}"
        )
    tables = {
        group: table for group, endings in FILES.items() if (table := _first_table(folder, name, endings)) is not None
    }
    bins = [parse_bin(label) for label in tables["tenure"]["group"]] if "tenure" in tables else list(TENURE_BINS)
    if churn_record(scenario).window is None:
        tables = _cohort_tables(folder, name, bins)
    elif "tenure" in tables:
        tables["tenure"] = tables["tenure"].assign(group=[bin_label(months) for months in bins])
    if "plan" in tables:
        tables["plan"] = tables["plan"].assign(
            group=[_plan_named(label, scenario) for label in tables["plan"]["group"]]
        )
    if "complaint" in tables:
        tables["complaint"] = tables["complaint"].assign(
            group=["none" if label == "0" else "complained" for label in tables["complaint"]["group"]]
        )
    hazard = churn_record(scenario).window is None
    return {
        group: _moment(table["group"].tolist(), table["n"], table["churners"], hazard)
        for group, table in tables.items()
    }


def _first_table(folder: Path, name: str, endings: Sequence[str]) -> pd.DataFrame | None:
    for ending in endings:
        path = folder / f"{name}_by_{ending}.csv"
        if path.is_file():
            return _read_table(path, "n", "churners")
    return None


def _read_table(path: Path, n: str, churners: str, *more: str) -> pd.DataFrame:
    """Read one file of moments as group, n, churners, and more columns of numbers by their own names."""
    wanted, faults = (n, churners, *more), list[Fault]()
    file = read_csv(path, str(path), lambda cell: words_of(cell) in wanted, remarks=True)
    places = {column: place for column in wanted if (place := file.place(column)) is not None}
    for column in wanted:
        if column not in places:
            raise InputError(f"{path}: no column '{column}'{nearest(column, file.header)}; columns: {file.columns}")
    rows = list(file.rows(faults))
    lines = [line for line, _ in rows]
    texts = {column: [cells[place] for _, cells in rows] for column, place in places.items()}
    mark = file.decimal_mark(
        lines, [Numbers(column, given) for column, given in texts.items()], "write it without a mark of thousands"
    )
    table = pd.DataFrame({"group": [cells[0] for _, cells in rows]})
    for column, name in zip(wanted, ("n", "churners", *more), strict=True):
        read = [number_of(text, mark) for text in texts[column]]
        for line, text, value in zip(lines, texts[column], read, strict=True):
            if value is None or not 0.0 <= value < math.inf:
                faults.append(Fault(line, column, f"must be a number of at least 0 (got '{text}')"))
        table[name] = np.array([np.nan if value is None else value for value in read], dtype=np.float64)
    for row in np.flatnonzero(table["churners"] > table["n"]).tolist():
        faults.append(Fault(lines[row], churners, f"must not be above {n} (got '{texts[churners][row]}')"))
    if faults:
        raise InputError(told(faults, str(path), "cannot be read as moments"))
    return table


def _cohort_tables(folder: Path, name: str, bins: Sequence[Bin]) -> dict[str, pd.DataFrame]:
    """Exposure and events by contract, and by tenure over all contracts."""
    tables: dict[str, pd.DataFrame] = {}
    by_contract = folder / f"{name}_exposure_hazard_by_contract.csv"
    if by_contract.is_file():
        table = _read_table(by_contract, "exposure_months", "events")
        tables["plan"] = table[table["group"] != "all"]
    by_month = folder / f"{name}_km_hazard_by_month_and_contract.csv"
    if by_month.is_file():
        table = _read_table(by_month, "at_risk", "churn_events", "tenure_month")
        table = table.assign(group=tenure_groups(table["tenure_month"].to_numpy(), bins))[
            (table["group"] == "all").to_numpy()
        ]
        tables["tenure"] = table[table["group"] != "other"]
    if not tables:
        raise InputError(f"moments={folder}: {by_contract.name} is needed, because churn in this file is 'ever by now'")
    return tables


def _plan_named(label: str, scenario: Scenario) -> str:
    """Find our plan for a contract as the moments name it: by the file's mapping, or the same words."""
    column = scenario.customers.columns.plan
    values = (column.values or {}) if column is not None else {}
    plans = {words_of(plan): plan for plan in scenario.operators[scenario.focal].plans}
    return values.get(label, plans.get(words_of(label), label))


# --- the comparison --------------------------------------------------------------------------------------------------


def compare_with_moments(
    customers: pd.DataFrame, moments: Mapping[str, pd.DataFrame], window: int | None, months: int
) -> dict[str, pd.DataFrame]:
    """Set simulated churn beside the file's, group by group.

    Parameters
    ----------
    customers : the focal operator's customers at month 0: plan, tenure (months), complaints, and churned_sim, whether
        they left it in months 1 to `months`
    moments : as moments_of_file or read_moments give them
    window : months over which the file's churn counts; None where it is 'ever by now'
    months : months over which churned_sim counts; equal to `window` unless that is None

    Returns
    -------
    plan, tenure, complaint -> group, n_file, churn_file, se_file, n_simulated, churn_simulated, se_simulated,
    difference, z

    Churn is per window, or per month where the file is read as a cohort (n_file is then customer-months). z =
    difference over the root of the summed squared standard errors, the two sides taken as independent (cautious, for
    they are the same people); NaN where a side has no leaver, because the normal approximation fails there.

    """
    if window is not None and window != months:
        raise ValueError(
            f"churned_sim counts over {months} months, the file's churn over {window}: they must be the same"
        )
    bins = (
        [parse_bin(label) for label in moments["tenure"]["group"] if label != "other"]
        if "tenure" in moments
        else list(TENURE_BINS)
    )
    groups: dict[str, Any] = {}
    if "plan" in moments:
        groups["plan"] = customers["plan"].astype(str).to_numpy(dtype=object)
    if "tenure" in moments:
        groups["tenure"] = tenure_groups(customers["tenure"].to_numpy(), bins)
    if "complaint" in moments:
        groups["complaint"] = _complaint_groups(customers["complaints"].to_numpy())
    churned = customers["churned_sim"].to_numpy(dtype=float)
    return {
        group: _compared(moments[group], _simulated(labels.tolist(), churned, months if window is None else None))
        for group, labels in groups.items()
    }


def _simulated(groups: Sequence[str], churned: NDArray[Any], months: int | None) -> pd.DataFrame:
    """Churn of the simulated customers; as a monthly hazard -ln(1 - p) / months, by the delta method, where months are
    given.
    """
    table = _moment(groups, np.ones(len(churned)), churned, False)
    if months is None:
        return table
    stay = (1.0 - table["churn_rate"]).where(table["churn_rate"] < 1.0)
    return table.assign(churn_rate=-np.log(stay) / months, se=table["se"] / stay / months)


def _compared(file: pd.DataFrame, simulated: pd.DataFrame) -> pd.DataFrame:
    columns = {"n": "n", "churn_rate": "churn", "se": "se"}
    sides = []
    for side, end in ((file, "file"), (simulated, "simulated")):
        side = side.set_index("group")[list(columns)]
        sides.append(side.set_axis([f"{name}_{end}" for name in columns.values()], axis=1))
    order = [*file["group"], *[group for group in simulated["group"] if group not in set(file["group"])]]
    table = pd.concat(sides, axis=1).reindex(order).rename_axis("group").reset_index()
    table[["n_file", "n_simulated"]] = table[["n_file", "n_simulated"]].fillna(0).astype(int)
    difference = table["churn_simulated"] - table["churn_file"]
    spread = np.sqrt(
        table["se_file"].where(table["se_file"] > 0) ** 2 + table["se_simulated"].where(table["se_simulated"] > 0) ** 2
    )
    return table.assign(difference=difference, z=difference / spread)
