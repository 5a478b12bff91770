"""The report's page on an imported base: does it open as the file says, what was imputed, and do its customers leave as
the file's did.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.moments import (
    TENURE_BINS,
    Bin,
    ChurnRecord,
    bin_label,
    churn_record,
    compare_with_moments,
    moments_of_file,
    tenure_groups,
)
from sim.config import TRAITS, Scenario
from sim.files.customer_file import IMPUTED, CustomerFile

CARRIED, LIVED, DRAWN = "carried over from the file", "simulated, month 1", "drawn by the market"
IMPUTED_FROM = {
    "plan": "the opening shares (start_mix) of the operator's plans",
    "tenure": "the opening state of the market",
    "monthly_charge": "the plan's fee and the segment's usage",
    "region": "the scenario's regions",
    "segment": "the shares of the scenario's segments",
    "complaints": "none at the start",
}
BY = {"plan": "contract", "tenure": "tenure (months, at the start)", "complaint": "complaint"}


class Section(NamedTuple):
    """A table of the report with its title and what to read in it."""

    title: str
    table: pd.DataFrame
    caption: str


def initial_population_page(
    scenario: Scenario,
    file: CustomerFile,
    customers: pd.DataFrame,
    months: int,
    moments: Mapping[str, pd.DataFrame] | None = None,
) -> list[Section]:
    """Build the page's sections.

    Parameters
    ----------
    scenario : as run
    file : what `read_customers` returned
    customers : the focal operator's customers at month 0, one row each: plan, segment, region, tenure (months),
        complaints (whether any lately); monthly_charge (currency, what they were billed in month 1), complained
        (whether they did in month 1), and churned_sim, whether they had left the operator by the end of month `months`
    months : see churned_sim; the file's own window (`churn_record(scenario).window`) where it has one
    moments : published moments (`read_moments`); by default computed from the file's rows

    """
    record = churn_record(scenario)
    published = moments is not None
    moments = moments if moments is not None else moments_of_file(file, record.window)
    sections = [_population(scenario, file, customers), _imputed(scenario, file)]
    for group, table in compare_with_moments(customers, moments, record.window, months).items():
        sections.append(
            Section(
                f"Churn by {BY[group]}: file and simulation", table, _reading(group, record, months, published, file)
            )
        )
    if len(sections) > 2:
        last = sections[-1]
        sections[-1] = last._replace(caption=f"{last.caption} {record.limits}")
    else:
        sections[-1] = sections[-1]._replace(
            caption=(
                f"{sections[-1].caption} The file has no column of churn and no moments were given: there is nothing to"
                " compare leaving with."
            )
        )
    return sections


def _population(scenario: Scenario, file: CustomerFile, customers: pd.DataFrame) -> Section:
    """Shares and means of the opening base beside the file's."""
    rows: list[tuple[str, str, float, float]] = []
    levels = {
        "plan": list(scenario.operators[scenario.focal].plans),
        "segment": list(scenario.customers.segments),
        "region": list(scenario.regions),
    }
    for field, known in levels.items():
        given = pd.Series(file.fields[field]) if field in file.fields else None
        rows += _shares(field, known, given, customers[field].astype(str))
    given = pd.Series(tenure_groups(file.fields["tenure"], TENURE_BINS)) if "tenure" in file.fields else None
    rows += _shares(
        "tenure, months",
        _labels(TENURE_BINS),
        given,
        pd.Series(tenure_groups(customers["tenure"].to_numpy(), TENURE_BINS)),
    )
    rows += [
        ("mean tenure", "months", _mean(file, "tenure"), float(customers["tenure"].mean())),
        (
            "mean monthly_charge",
            f"{scenario.currency} per month",
            _mean(file, "monthly_charge"),
            float(customers["monthly_charge"].mean()),
        ),
        (
            "customers with any complaint",
            "",
            _share_of_any(file, "complaints"),
            float((customers["complaints"] > 0).mean()),
        ),
        ("customers who complain", "share, month 1", float("nan"), float(customers["complained"].mean())),
    ]
    table = pd.DataFrame(rows, columns=["measure", "level", "file", "simulated"])
    table["difference"] = table["simulated"] - table["file"]
    lived = table["measure"].isin(["mean monthly_charge", "customers who complain"])
    table["simulated is"] = np.select([lived, table["file"].notna()], [LIVED, CARRIED], DRAWN)
    caption = (
        f"{file.rows:,} customers from {file.source}"
        + (f" ({file.skipped:,} rows set aside in {file.rejected})" if file.skipped else "")
        + f", {len(customers):,} simulated. Shares and means at month 0, but what is billed and complained, which is of"
        " month 1. No figure under 'file': the file has no such column. What is carried over differs only by the number"
        " of simulated people; the mean charge is what the market bills for the plans it has given these customers: a"
        " difference says that the plans cannot produce the charges of the file."
    )
    return Section("Opening base: file and simulation", table, caption)


def _mean(file: CustomerFile, field: str) -> float:
    return float(file.fields[field].mean()) if field in file.fields else float("nan")


def _share_of_any(file: CustomerFile, field: str) -> float:
    return float((file.fields[field] > 0).mean()) if field in file.fields else float("nan")


def _labels(bins: Sequence[Bin]) -> list[str]:
    return [bin_label(months) for months in bins]


def _shares(
    measure: str, levels: Sequence[str], given: "pd.Series[str] | None", simulated: "pd.Series[str]"
) -> list[tuple[str, str, float, float]]:
    """One row a level: share in the file (NaN where it has no such column) and in the simulation."""
    return [
        (
            f"share by {measure}",
            level,
            float("nan") if given is None else float((given == level).mean()),
            float((simulated == level).mean()),
        )
        for level in levels
    ]


def _imputed(scenario: Scenario, file: CustomerFile) -> Section:
    """Say of each field where it came from."""
    rows = []
    for field in IMPUTED:
        column = getattr(scenario.customers.columns, field)
        if field in file.missing or column is None:
            rows.append((field, "imputed", IMPUTED_FROM[field]))
        else:
            translated = f", {len(column.values)} values translated" if column.values else ""
            factor = column.factor(field)
            scaled = f", times {factor:.4g}" if factor != 1.0 else ""
            days = f", counted to {scenario.customers.as_of}" if column.date is not None else ""
            rows.append((field, "file", f"column '{column.name}'{translated}{scaled}{days}"))
    if "monthly_charge" in file.fields:
        rows.append(
            (
                "usage",
                "derived",
                (
                    "the usage at which the plan's bill is the file's charge, where there is one; the customer's"
                    " segment otherwise"
                ),
            )
        )
    drawn = [trait for trait in TRAITS if trait != "usage" or "monthly_charge" not in file.fields]
    rows.append((", ".join(drawn), "imputed", "the distributions of the customer's segment"))
    rows.append(
        (
            "satisfaction, expectation, commitment, habit"
            + (", months left in term" if "months_left" not in file.fields else ""),
            "imputed",
            "the opening state of the market",
        )
    )
    caption = (
        f"What the file gives ({len(IMPUTED) - len(file.missing)} of {len(IMPUTED)} fields) and what had to be drawn."
        " No customer file shows what people feel or would pay."
    )
    return Section("What was imputed", pd.DataFrame(rows, columns=["field", "source", "how"]), caption)


def _reading(group: str, record: ChurnRecord, months: int, published: bool, file: CustomerFile) -> str:
    """Explain what a table of churn compares."""
    origin = "the moments given" if published else file.source
    if record.window is None:
        text = (
            f"Monthly churn hazards. File: leavers over customer-months of exposure (n_file), from {origin}. Simulated:"
            f" -ln(1 - share who left in months 1-{months}) / {months}. The file's hazard is at a tenure, the simulated"
            " one of those who started at it."
        )
    else:
        text = (
            f"Share who left within {months} months. File: from {origin}. Simulated: with the operator at month 0, not"
            f" with it after month {months}."
        )
    if group == "complaint" and "complaints" in file.fields:
        text += " Complained: at least one complaint in the file's record of the customer."
    return (
        f"{text} z: difference in standard errors, blank where a side has no leaver; beyond 2 the two differ by more"
        " than luck."
    )
