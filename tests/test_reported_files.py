"""Inputs that once gave a wrong number or a traceback, in tests/reports: each gives the right answer, or one sentence.
What is right is stated by each test. What needs no file of its own is asserted where the thing is tested: `ELSEWHERE`.
"""

import csv
import json
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import InputError, Market, load_scenario
from sim.cli import main
from sim.experiments.calibration.targets import read_targets
from sim.files.customer_file import CustomerFile, read_customers

HOUSE = Path(__file__).parents[1]
REPORTS = HOUSE / "tests" / "reports"
ELSEWHERE = {
    "g04 charges of file and simulation": (
        "tests/test_moments.py",
        "test_charges_are_held_against_what_the_market_bills",
    ),
    "g05 months with nobody": ("tests/properties/test_nobody.py", "test_run_and_sweep_say_the_same_of_an_entrant"),
    "g05 terminal value": (
        "tests/properties/test_nobody.py",
        "test_an_entrant_is_valued_over_the_months_it_had_customers",
    ),
    "g06 indices of rounding": ("tests/test_study_sentences.py", "test_dust_has_no_indices"),
    "g07 nobody left": (
        "tests/theory/test_few_leavers.py",
        "test_a_base_that_nobody_leaves_is_worth_what_its_survival_allows",
    ),
    "g12 forks are freed": ("tests/properties/test_mesa.py", "test_forks_let_go_of_leave_no_memory_behind"),
}


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A copy of a case's files, to work in."""
    (found,) = REPORTS.glob(f"{request.param}*")
    folder = tmp_path / "case"
    shutil.copytree(found, folder)
    monkeypatch.chdir(folder)
    return folder


def of(name: str) -> Any:
    """Work in a copy of the case of that name."""
    return pytest.mark.parametrize("case", [name], indirect=True, ids=[name])


def imported(name: str, *overrides: str) -> CustomerFile:
    """The customers of a scenario of the case."""
    file = read_customers(load_scenario(name, overrides))
    assert file is not None
    return file


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Say a command that is refused in one sentence; return it."""
    assert main(words) == 2
    out, told = capsys.readouterr()
    assert out == "" and told.startswith("churnlab: ") and len(told) < 1_000 and "Traceback" not in told
    return told


@pytest.mark.parametrize(("path", "test"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_is_asserted_elsewhere_is(path: str, test: str) -> None:
    assert f"def {test}(" in (HOUSE / path).read_text(encoding="utf-8")


# --- customers and targets from files --------------------------------------------------------------------------------


@of("g01")
@pytest.mark.parametrize("name", ["keys.yaml", "words.yaml"])
def test_words_yes_and_no(case: Path, name: str) -> None:
    file = imported(name)
    assert file.rows == 200
    with (case / "crm.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if name == "keys.yaml":
        assert file.fields["plan"].tolist() == ["alpha_L" if row["intl_plan"] == "Yes" else "alpha_M" for row in rows]
    else:
        assert file.fields["churned"].tolist() == [row["status"] == "Churned" for row in rows]


@of("g02")
def test_cents_and_days(case: Path) -> None:
    with pytest.raises(InputError) as caught:
        imported("billing.yaml")
    assert "scale: 0.01" in str(caught.value) and "scale: 0.0329" in str(caught.value)
    right = (
        "customers.columns.monthly_charge={column: amount, scale: 0.01}",
        "customers.columns.tenure={column: days, scale: 0.0329}",
    )
    file = imported("billing.yaml", *right)
    charges = file.fields["monthly_charge"]
    assert file.rows == 600 and 11.5 <= charges.min() <= charges.max() <= 41.2
    assert file.fields["tenure"].max() <= 36


@of("g03")
def test_targets_in_percent(case: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_targets(case / "percent.csv", load_scenario("classroom", ["months=6"]))
    assert "line 2, column 'value': market_share lies between 0 and 1; in per cent? write 0.384" in str(caught.value)
    assert "line 4, column 'value': churn_rate lies between 0 and 1" in str(caught.value)


@of("g04")
def test_the_opening_base_is_not_compared_with_itself(case: Path) -> None:
    """The file bills 30.78 on average, on plans that bill about 22; most complain in neither or in both."""
    told = case / "out"
    assert main(["run", "isp.yaml", "months=1", "--out", str(told)]) == 0
    (folder,) = told.glob("*/*-run-*")
    base = pd.read_parquet(folder / "section_1.parquet").set_index("measure")
    charge, anybody = base.loc["mean monthly_charge"], base.loc["customers with any complaint"]
    assert charge["file"] == pytest.approx(30.78, abs=0.005)
    assert charge["simulated"] == pytest.approx(22.5, abs=1.0) and charge["difference"] == pytest.approx(-8.3, abs=1.0)
    assert 0.0 <= anybody["file"] <= 1.0 and abs(anybody["difference"]) < 0.05


@of("g10")
@pytest.mark.parametrize("name", ["customers (1).csv", "Kunden März.csv", "A&B 50%.csv"])
def test_names_of_files(case: Path, name: str) -> None:
    shutil.copy(REPORTS / "g02-cents-and-days" / "billing.csv", case / name)
    for text in (f"customers.file={name}", f'customers.file="{name}"'):
        assert imported("m.yaml", text).rows == 600


@of("g13")
def test_separator(case: Path) -> None:
    file = imported("export.yaml")
    assert file.rows == 50 and file.fields["monthly_charge"][:3].tolist() == [12.71, 14.58, 23.46]


@of("g14")
@pytest.mark.parametrize("name", ["plain.yaml", "scaled.yaml"])
def test_complaints_a_month(case: Path, name: str) -> None:
    assert (imported(name).fields["complaints"] > 0).sum() == 192


@of("g17")
def test_a_blank_that_means_something(case: Path) -> None:
    file = imported("lines.yaml")
    with (case / "lines.csv").open(encoding="utf-8", newline="") as lines:
        blanks = sum(not row["net_type"] for row in csv.DictReader(lines))
    assert file.rows == 200 and (file.fields["plan"] == "alpha_prepaid").sum() == blanks > 0
    text = (case / "lines.yaml").read_text(encoding="utf-8")
    (case / "unmapped.yaml").write_text(text.replace('"": alpha_prepaid, ', ""), encoding="utf-8")
    with pytest.raises(InputError, match="plan must not be empty"):
        imported("unmapped.yaml")


# --- markets ---------------------------------------------------------------------------------------------------------


@of("g08")
@pytest.mark.parametrize("start", [12, 80])
def test_an_equilibrium_is_one(case: Path, start: int) -> None:
    """99.13 and 99.13, whatever the start; the best reply to 9.93 is about 70."""
    fees = [f"operators.{name}.plans.{name}_1.fee={start}" for name in "AB"]
    demand = Market(load_scenario("two_types.yaml", fees)).demand
    found = demand.equilibrium()["price"].to_numpy()
    assert found == pytest.approx([99.13, 99.13], abs=0.1)
    grid = demand.profits(np.array([[price, found[1]] for price in np.linspace(5.0, 5_000.0, 1_000)]))[:, 0]
    assert grid.max() <= demand.profits(found[None])[0, 0] * (1.0 + 1e-6)
    if start == 12:
        assert demand.best_reply(0)["A_1"] == pytest.approx(70.0, abs=2.0)


@of("g09")
def test_shares_that_cannot_open(case: Path) -> None:
    with pytest.raises(InputError) as told:
        Market(load_scenario("island.yaml"))
    assert "opening shares cannot be held: " in str(told.value) and "0.24 utils per COP" in str(told.value)
    assert "mean_log of about -8.5" in str(told.value)
    scaled = "customers.segments.residents.price_sensitivity.mean_log=-8.5"
    small = ["customers.count=600", "months=1", "burn_in=0", scaled, "operators.old.care.wage=9_000_000"]
    kpis = Market(load_scenario("island.yaml", small)).run().kpis.set_index("operator")
    assert kpis.loc["old", "market_share"] == pytest.approx(0.60 / 0.95, abs=0.05)


# --- studies ---------------------------------------------------------------------------------------------------------

TINY = ("months=2", "customers.count=100", "burn_in=0")


@pytest.mark.parametrize(
    "words",
    [
        ("run", "classroom", "months=1", "customers.count=300", "burn_in=0"),
        ("compare", "classroom", *TINY, "policies=points", "replications=3", "--jobs", "1"),
        ("sweep", "classroom", *TINY, "policy=points", "replications=3", "--jobs", "1"),
    ],
    ids=["g16 one month", "g11 one policy", "g11 one setting"],
)
def test_one_of_something(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A month, a policy or a setting by itself gives a result, and no warning of a library."""
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(words) == 0
    assert "Warning" not in capsys.readouterr().err
    (page,) = tmp_path.glob("results/classroom/*/report.html")
    assert page.stat().st_size > 10_000


@of("g15")
def test_a_key_that_moves_nothing_is_named(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where failures are off, a second failure cannot be worse."""
    words = ("customers.count=100", "months=2", "behaviour.failure.repeat=1,2", "--jobs", "1")
    assert main(["sweep", "textbook.yaml", *words]) == 0
    out, told = capsys.readouterr()
    assert "behaviour.failure.repeat moves nothing in this market" in out + told and "failure.rate is 0" in out + told


# --- faults ----------------------------------------------------------------------------------------------------------


@of("faults")
def test_a_policy_file_builds_on_what_it_names(case: Path) -> None:
    """mine.yaml is the save desk and more; other.yaml builds on what is not there."""
    mine = load_scenario("policy_defaults/mine.yaml").policies["mine"]
    assert set(mine.retention) == {"save_desk"} and set(mine.loyalty) == {"years"}
    with pytest.raises(InputError, match="nosuch_policy_at_all"):
        load_scenario("policy_defaults/mine.yaml", ["policies=[none,other]"])


@of("faults")
def test_names_are_plain_text_in_figures(case: Path) -> None:
    assert main(["run", "dollar.yaml", "customers.count=100", "months=1", "--out", "out"]) == 0
    (folder,) = (case / "out").glob("dollar/*")
    assert {"manifest.json", "kpis.parquet", "report.html"} <= set(os.listdir(folder))
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["scenario"]["focal"] == "$a"


@of("faults")
def test_more_segments_than_codes_are_refused(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """300 of them in a table of 256."""
    segments = ", ".join(f"s{number}: {{share: {1 / 300!r}, price_sensitivity: 0.3}}" for number in range(300))
    none = "youth: null, mass: null, premium: null, small_business: null"
    text = f"defaults: [classroom, _self_]\ncustomers: {{segments: {{{none}, {segments}}}}}\n"
    (case / "segments300.yaml").write_text(text, encoding="utf-8")
    assert "segments" in refused(capsys, "run", "segments300.yaml", *TINY)


@of("faults")
@pytest.mark.parametrize(
    ("name", "words"),
    [("recursive_anchor.yaml", "*a stands within what it stands for"), ("scalar.yaml", "scalar.yaml")],
)
def test_a_file_that_is_no_scenario_is_told(
    case: Path, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, "run", name, *TINY)


@of("faults")
def test_a_file_named_as_what_it_builds_on(case: Path) -> None:
    assert load_scenario("own_name/classroom.yaml").months == load_scenario("classroom").months
