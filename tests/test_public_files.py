"""Churn files that people download are read as they are: their very headers with made-up rows in tests/public, each
mapped by a scenario beside it, imported and lived with.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim import load_scenario
from sim.analysis.moments import moments_of_file
from sim.cli import main
from sim.files.customer_file import read_customers

PUBLIC = Path(__file__).parent / "public"
FOUND: dict[str, tuple[int, dict[str, list[Any]]]] = {  # scenario -> rows imported, and what some fields hold
    "account_weeks": (2, {"tenure": [29, 15], "monthly_charge": [89.0, 42.0]}),
    "bigml_syriatel": (2, {"tenure": [29, 25], "monthly_charge": [75.56, 59.24], "complaints": [1.0, 4.0]}),
    "cell2cell": (3, {"tenure": [61, 58, 59], "complaints": [0.0, 0.3, 4.3], "churned": [True, True, False]}),
    "duke": (8, {"churned": [False] * 8}),
    "expresso": (3, {"region": ["rural", "rural", "urban"], "tenure": [36, 20, 36], "churned": [False, True, False]}),
    "hundred_columns": (2, {"tenure": [61, 56], "monthly_charge": [23.9975, 57.4925], "churned": [True, False]}),
    "ibm_spreadsheet": (2, {"tenure": [2, 12], "monthly_charge": [53.85, 70.7], "churned": [True, False]}),
    "ibm_telco": (3, {"plan": ["alpha_flex", "alpha_M", "alpha_L"], "tenure": [1, 34, 0]}),
    "india_partners": (2, {"tenure": [38, 12], "churned": [False, True]}),
    "iranian": (2, {"plan": ["alpha_prepaid", "alpha_M"], "monthly_charge": [7.5, 22.5], "complaints": [0.0, 1.0]}),
    "kdd_cup_orange": (3, {"churned": [False, True, False]}),
    "maven": (2, {"plan": ["alpha_M", "alpha_flex"], "tenure": [9, 4], "churned": [False, True]}),
    "orange_telecom": (2, {"tenure": [29, 25], "churned": [False, True]}),
    "south_asia": (2, {"tenure": [32, 33], "monthly_charge": [2.6725375, 3.3540125]}),
}


def test_every_mapping_has_its_expectation() -> None:
    assert {path.stem for path in PUBLIC.glob("*.yaml")} == set(FOUND) and len(FOUND) >= 8


@pytest.mark.scenarios
@pytest.mark.parametrize("name", FOUND)
def test_a_public_file_is_imported_and_lived_with(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Imported with its fields as they are, opened with its people, and run and told by `churnlab run`."""
    for path in PUBLIC.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())  # rows set aside are written beside
    monkeypatch.chdir(tmp_path)
    scenario = load_scenario(f"{name}.yaml")
    rows, found = FOUND[name]
    file = read_customers(scenario)
    assert file is not None and file.rows == rows
    for field, values in found.items():
        given = file.fields[field].tolist()
        assert given == (pytest.approx(values) if isinstance(values[0], float) else values), field
    assert main(["run", f"{name}.yaml", "--out", "out"]) == 0
    out, told = capsys.readouterr()
    assert "Traceback" not in told and " nan" not in out
    (folder,) = (tmp_path / "out").glob("*/*-run-*")
    kpis = pd.read_parquet(folder / "kpis.parquet").query("operator == 'alpha'")
    first = kpis.iloc[0]
    left = first["churn_voluntary"] + first["churn_involuntary"]
    assert first["subscribers"] - first["gross_adds"] + left == rows and len(kpis) == scenario.months
    assert (folder / "report.html").stat().st_size > 10_000


def test_rows_drawn_more_often_count_for_as_much_as_they_stand_for(tmp_path: Path) -> None:
    """Half of the rows left; with their weights 1.8 % did, and the standard error is that of the rows that tell it."""
    path = tmp_path / "half.csv"
    path.write_text("months,left\n" + "".join(f"{row % 40},{row % 2}\n" for row in range(1000)), encoding="utf-8")
    columns = "{tenure: months, churned: left, weight: {column: left, values: {0: 1.964, 1: 0.036}}}"
    file = read_customers(
        load_scenario("europe_three", ["burn_in=0", f"customers.file='{path}'", f"customers.columns={columns}"])
    )
    assert file is not None and file.rows == 1000 and abs(file.fields["churned"].sum() - 18) <= 1
    assert abs(file.fields["tenure"].mean() - 18.5) <= 1.0  # as among those who stayed
    table = moments_of_file(file, 3)["tenure"]
    assert table["churners"].sum() / table["n"].sum() == pytest.approx(0.018)
    assert table["n"].sum() == pytest.approx(1000**2 / (500 * 1.964**2 + 500 * 0.036**2))  # Kish (1965)
