"""Every table of every scenario is what is stored, from either engine; what is meant to change is refreshed by
`python -m tests.golden.refresh`.
"""

import re
from pathlib import Path

import pytest

from sim import Customer
from sim.config.composition import SHIPPED
from sim.loading import list_configs
from tests.golden.refresh import new_lines, of_known_measures
from tests.golden.runs import RUNS, STORED, Run, world
from tests.golden.tables import differences, read, same, tables, write

pytestmark = pytest.mark.golden

ENGINES = {"columns": None, "objects": Customer}
SHOWN = 12  # differences told
TABLE = {(("column", "arpu"), ("operator", "alpha")): {"1": "20", "2": "20.5"}}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("run", RUNS, ids=[run.name for run in RUNS])
def test_tables_are_as_stored(run: Run, engine: str) -> None:
    told = list(differences(read(run.folder), tables(world(run).fork(customer=ENGINES[engine]).run())))
    if told:
        lines = [f"{len(told)} cells differ from what is stored:", *(f"{run.name}: {cell}" for cell in told[:SHOWN])]
        pytest.fail("\n".join(lines), pytrace=False)


def scenario_text(name: str) -> str:
    """The file of a scenario."""
    return SHIPPED.joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def test_every_scenario_policy_and_shock_is_in_a_run() -> None:
    assert {run.scenario for run in RUNS} == set(list_configs()) - {"base"}
    assert {policy for run in RUNS for policy in run.policy.split("+")} == set(list_configs("policy"))
    brought = {shock for run in RUNS for shock in re.findall(r"shock@shocks: (\w+)", scenario_text(run.scenario))}
    assert brought | {shock for run in RUNS for shock in run.shocks} == set(list_configs("shock"))


def test_nothing_is_stored_that_is_not_run() -> None:
    assert {path.parent for path in STORED.glob("*/*/*.csv")} == {run.folder for run in RUNS}


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("120", "120", True),
        ("120", "121", False),
        ("1000000", "1000001", False),
        ("0.12345678901", "0.12345678902", True),
        ("0.123456789", "0.123456790", False),
        ("0", "1e-13", True),
        ("", "0", False),
        ("alpha", "beta", False),
    ],
)
def test_whole_numbers_are_exact_and_others_to_a_billionth(old: str, new: str, is_same: bool) -> None:
    assert same(old, new) is is_same


def test_a_difference_names_table_month_column_operator_stored_and_found() -> None:
    found = {(("column", "arpu"), ("operator", "alpha")): {"1": "20", "2": "20.6"}}
    told = ["kpis, month 2, column arpu, operator alpha: stored 20.5, found 20.6"]
    assert list(differences({"kpis": TABLE}, {"kpis": found})) == told
    assert len(list(differences({"kpis": TABLE}, {}))) == len(list(differences({}, {"kpis": TABLE}))) == 2


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write({"kpis": TABLE}, tmp_path)
    assert read(tmp_path) == {"kpis": TABLE}
    assert (tmp_path / "kpis.csv").read_text() == "column,operator,1,2\narpu,alpha,20,20.5\n"


def test_a_refresh_needs_a_new_line_in_the_changelog_unless_only_measures_are_new() -> None:
    old = "# Changelog\n**Changes results:** bills are lower.\n"
    assert new_lines(old, old) == [] and new_lines(old + "- A new table.\n", old) == []
    assert new_lines(old + "**Changes results:** so are fees.\n", old) == ["**Changes results:** so are fees."]
    more = TABLE | {(("column", "gini"), ("operator", "alpha")): {"1": "0.4", "2": "0.4"}}
    assert of_known_measures({"kpis": more, "other": TABLE}, {"kpis": TABLE}) == {"kpis": TABLE}
