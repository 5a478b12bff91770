"""A result is saved, read back, and made again: the same numbers, or what is not the same."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim import (
    Customer,
    Interval,
    Market,
    Means,
    calibrate,
    compare,
    load,
    load_scenario,
    optimise,
    robust,
    sweep,
    wargame,
)
from sim.cli import main
from sim.commands.rerun import differences
from sim.errors import InputError
from sim.experiments.executor import Executor
from sim.files.tables import read_manifest
from sim.results import RunResult

SMALL = ["customers.count=300", "months=3", "burn_in=0"]
SERIAL = Means(Executor(jobs=1))
STRATEGY = '''
from typing import Any, Literal
from agents.strategies import Action, Loyalty, Surprise, View
from amounts import WORTH

class Presents(Loyalty):
    """Presents."""
    kind: Literal["presents"] = "presents"

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        return state, Action(surprise=Surprise(share=0.5, gift=WORTH))
'''
SCENARIO = """
defaults: [classroom, _self_]
plugins: [../code/presents.py]
policies: [none, presents]
customers: {count: 300}
months: 3
burn_in: 0
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's project: a scenario in one folder, the code it needs in another."""
    for name, text in {
        "work/mine.yaml": SCENARIO,
        "work/policy/presents.yaml": "description: Presents.\nloyalty: {presents: {kind: presents}}\n",
        "work/design.csv": "policy,behaviour.attention.base\nnone,0.1\npresents,0.2\n",
        "code/presents.py": STRATEGY,
        "code/amounts.py": "WORTH = 20.0\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    forget()


def forget() -> None:
    for name in ("presents", "amounts"):
        sys.modules.pop(name, None)


def made(words: list[str], capsys: pytest.CaptureFixture[str]) -> Path:
    """Give a command; return the folder it wrote."""
    assert main([*words, "--json"]) == 0
    return Path(json.loads(capsys.readouterr().out)["folder"]).resolve()


def rerun(folder: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    assert main(["rerun", str(folder), "--jobs", "1", "--json"]) == code
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


COMMANDS = {
    "run": ["run", "mine.yaml", "policy=presents", "panel.share=0.2"],
    "compare": ["compare", "mine.yaml", "replications=2", "--jobs=1"],
    "sweep": ["sweep", "mine.yaml", "design=design.csv", "--jobs=1"],
    "shipped": ["compare", "classroom", *SMALL, "policies=none,points", "replications=1", "--jobs=1"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_made_again_from_its_folder_alone(
    command: str, project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made([*COMMANDS[command], "--out", str(tmp_path / "results")], capsys)
    for path in [*(project / "work").rglob("*.*"), *(project / "code").iterdir()]:
        path.unlink()
    forget()
    monkeypatch.chdir(tmp_path / "results")
    told = rerun(folder, capsys)
    assert told["same"] and told["values"] > 100 and not told["changed"]


def test_what_a_folder_keeps_lies_as_it_lay(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(COMMANDS["sweep"], capsys)
    copies = {path.relative_to(folder / "files").as_posix() for path in (folder / "files").rglob("*.*")}
    assert copies == {
        "work/mine.yaml",
        "work/policy/presents.yaml",
        "work/design.csv",
        "code/presents.py",
        "code/amounts.py",
    }
    manifest = read_manifest(folder)
    assert manifest["files"]["here"] == "work" and len(manifest["model"]) == 12
    assert manifest["commit"] is None or len(manifest["commit"]["id"]) == 40


def test_other_code_gives_other_numbers_and_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(COMMANDS["compare"], capsys)
    (folder / "files" / "code" / "amounts.py").write_text("WORTH = 90.0\n", encoding="utf-8")
    forget()
    told = rerun(folder, capsys, code=1)
    assert not told["same"] and {"runs", "table"} <= {one["table"] for one in told["differences"]}
    assert all("by up to" in one["words"] for one in told["differences"] if one["column"] == "npv")


def test_what_has_changed_since_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(COMMANDS["run"], capsys)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["versions"]["numpy"], manifest["model"] = "1.0", "another"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    changed = rerun(folder, capsys)["changed"]
    assert set(changed) == {"model", "versions.numpy"} and changed["versions.numpy"].startswith("1.0 then, ")


def test_a_customer_file_must_be_what_it_was(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{number},{number % 30}\n" for number in range(300))
    (project / "work" / "base.csv").write_text(f"id,tenure\n{rows}", encoding="utf-8")
    words = ["customers.file=base.csv", "customers.columns.tenure=tenure", "months=3", "burn_in=0"]
    folder = made(["run", "classroom", *words], capsys)
    assert not list((folder / "files").rglob("base.csv")) if (folder / "files").exists() else True
    assert rerun(folder, capsys)["same"]
    (project / "work" / "base.csv").write_text(f"id,tenure\n{rows}300,1\n", encoding="utf-8")
    assert main(["rerun", str(folder)]) == 2 and "base.csv: is not what it was" in capsys.readouterr().err


# --- results made in Python ------------------------------------------------------------------------------------------


class Calm(Customer):
    """Never looks around."""

    def pay_attention(self) -> None:
        self.reason = 0


def people(market: Market) -> float:
    """How many there are."""
    return float(len(market.customers.plan))


OWN: dict[str, Any] = {"customer": Calm, "measures": {"people": people}}
UNCERTAIN = {"behaviour.attention.base": Interval(0.02, 0.2)}


def study(name: str) -> Any:
    """One small result of a study."""
    if name == "compare":
        return compare("classroom", ["none", "points"], 2, SMALL, means=SERIAL, **OWN)
    if name == "robust":
        return robust(
            "classroom", ["none", "points"], UNCERTAIN, 4, measure="people", means=SERIAL, overrides=SMALL, **OWN
        )
    if name == "wargame":
        pytest.importorskip("nashpy", reason="the extra [wargame] is not installed")
        return wargame("classroom", ["none", "points"], "beta", ["none", "undercut"], 1, SERIAL, SMALL)
    if name == "optimise":
        pytest.importorskip("optuna", reason="the extra [optimise] is not installed")
        ranges = {"loyalty.points.earn": Interval(0.5, 3.0)}
        return optimise("classroom", "points", ranges, None, "npv", 2, 2, 2, means=SERIAL, overrides=SMALL)
    targets = pd.DataFrame({"period": "1-3", "operator": ["alpha", "beta"], "measure": "churn_rate", "value": 0.03})
    return calibrate("classroom", targets, UNCERTAIN, SMALL, 3, 2, 4, 1, SERIAL)


@pytest.mark.parametrize("name", ["compare", "robust", "wargame", "optimise", "calibrate"])
def test_a_study_made_in_python_is_saved_read_and_made_again(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = study(name)
    folder = result.save(tmp_path / name)
    again = load(str(folder))
    assert type(again) is type(result) and again.scenario == result.scenario and again.manifest == result.manifest
    assert rerun(folder, capsys)["same"]


def test_a_sweep_made_in_python_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = {"policy": ["none", "points"], **UNCERTAIN}
    found = sweep("classroom", values, 1, SMALL, method="lhs", samples=2, means=SERIAL)
    assert rerun(found.save(tmp_path / "sweep"), capsys)["same"]


def test_a_market_run_by_hand_is_saved_and_read(tmp_path: Path) -> None:
    market = Market(load_scenario("classroom", SMALL)).run()
    folder = RunResult.of(market).save(tmp_path / "mine")
    pd.testing.assert_frame_equal(load(folder).kpis, market.kpis)  # type: ignore[union-attr]
    with pytest.raises(InputError, match="is there already"):
        RunResult.of(market).save(folder)


def test_a_result_that_does_not_say_how_it_was_made_is_not_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = RunResult.of(Market(load_scenario("classroom", SMALL)).run()).save(tmp_path / "mine")
    assert main(["rerun", str(folder)]) == 2 and "does not say how it was made" in capsys.readouterr().err


def test_a_class_of_a_notebook_must_be_given(project: Path) -> None:
    names: dict[str, Any] = {"__name__": "a_notebook"}
    exec(STRATEGY.replace("from amounts import WORTH", "WORTH = 3.0"), names)
    scenario = load_scenario("classroom", [*SMALL, "operators.alpha.loyalty.one={kind: presents}"], [names["Presents"]])
    folder = RunResult.of(Market(scenario).run()).save(project / "mine")
    with pytest.raises(InputError, match="'a_notebook', which lies in no file"):
        load(folder)
    assert load(folder, strategies=[names["Presents"]]).scenario == scenario


def test_every_kind_of_difference_is_told() -> None:
    table = pd.DataFrame({"policy": ["a", "b"], "npv": [1.0, float("nan")], "hash": ["x", "y"]})
    other = table.assign(npv=[1.5, float("nan")], hash="z")
    (difference,) = differences({"runs": table}, {"runs": other})
    assert difference == ("runs", "npv", "1 of 2 values, by up to 0.5, 0.5 of its size")
    old, new = {"flows": table, "runs": table}, {"more": table, "runs": table.head(1)}
    assert [one.words for one in differences(old, new)] == [
        "is not there any more",
        "has 1 rows and 3 columns where it had 2 rows and 3 columns",
        "was not there",
    ]
