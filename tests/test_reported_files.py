"""Files that were once read wrongly, from ../shared/cases/reports: each gives the right number, or one sentence."""

import csv
from pathlib import Path

import pytest

from sim import InputError, load_scenario
from sim.experiments.calibration.targets import read_targets
from sim.files.customer_file import CustomerFile, read_customers
from sim.market import Market

REPORTS = Path(__file__).parents[2] / "shared/cases/reports"
pytestmark = pytest.mark.skipif(not REPORTS.is_dir(), reason="the reports (../shared/cases/reports) are not here")


def imported(case: str, name: str, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> CustomerFile:
    """The customers of a reported scenario."""
    (folder,) = REPORTS.glob(f"{case}-*")
    monkeypatch.chdir(folder)
    file = read_customers(load_scenario(name, overrides))
    assert file is not None
    return file


def test_cents_and_days(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError) as caught:
        imported("g02", "billing.yaml", monkeypatch)
    assert "scale: 0.01" in str(caught.value) and "scale: 0.0329" in str(caught.value)
    right = (
        "customers.columns.monthly_charge={column: amount, scale: 0.01}",
        "customers.columns.tenure={column: days, scale: 0.0329}",
    )
    file = imported("g02", "billing.yaml", monkeypatch, *right)
    assert (
        file.rows == 600 and 11.5 <= file.fields["monthly_charge"].min() <= file.fields["monthly_charge"].max() <= 41.2
    )
    assert file.fields["tenure"].max() <= 36


def test_targets_in_percent() -> None:
    (path,) = REPORTS.glob("g03-*/percent.csv")
    with pytest.raises(InputError) as caught:
        read_targets(path, load_scenario("classroom", ["months=6"]))
    assert "line 2, column 'value': market_share lies between 0 and 1; in per cent? write 0.384" in str(caught.value)
    assert "line 4, column 'value': churn_rate lies between 0 and 1" in str(caught.value)


def test_shares_that_cannot_open(monkeypatch: pytest.MonkeyPatch) -> None:
    (folder,) = REPORTS.glob("g09-*")
    monkeypatch.chdir(folder)
    with pytest.raises(
        InputError, match=r"opening shares cannot be held: .* \(0.24 utils per COP .* mean_log of about -8.5"
    ):
        Market(load_scenario("island.yaml"))


@pytest.mark.parametrize("name", ["customers (1).csv", "Kunden März.csv", "A&B 50%.csv"])
def test_names_of_files(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert imported("g10", "m.yaml", monkeypatch, f'customers.file="{name}"').rows == 600


def test_separator(monkeypatch: pytest.MonkeyPatch) -> None:
    file = imported("g13", "export.yaml", monkeypatch)
    assert file.rows == 50 and file.fields["monthly_charge"][:3].tolist() == [12.71, 14.58, 23.46]


@pytest.mark.parametrize("name", ["plain.yaml", "scaled.yaml"])
def test_complaints_a_month(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (imported("g14", name, monkeypatch).fields["complaints"] > 0).sum() == 192


def test_a_blank_that_means_something(monkeypatch: pytest.MonkeyPatch) -> None:
    file = imported("g17", "lines.yaml", monkeypatch)
    with Path("lines.csv").open(encoding="utf-8", newline="") as lines:
        blanks = sum(not row["net_type"] for row in csv.DictReader(lines))
    assert file.rows == 200 and (file.fields["plan"] == "alpha_prepaid").sum() == blanks > 0


@pytest.mark.parametrize("name", ["keys.yaml", "words.yaml"])
def test_words_yes_and_no(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert imported("g01", name, monkeypatch).rows == 200
