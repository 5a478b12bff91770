"""A results folder: whole or not at all, and read back as it was written."""

import csv
import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from sim import results
from sim.cli import main
from sim.commands.run import operators_table, simulate
from sim.config.versions import LIBRARIES
from sim.errors import InputError, StoppedError
from sim.experiments.compare import Comparison, compare
from sim.files.tables import inert, read_manifest
from sim.files.whole import check_writable, half_written, write_folder
from sim.loading import load_scenario
from sim.results import (
    ReportError,
    RunResult,
    folders_for,
    load,
    manifest_of,
    save,
    tables_of,
)

SMALL = ("months=3", "burn_in=12", "customers.count=500")


@pytest.fixture(scope="module")
def run() -> RunResult:
    return simulate(load_scenario("classroom", [*SMALL, "panel.share=0.2"]), "churnlab run classroom")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    scenario = load_scenario("classroom", [*SMALL, "policies=[none,points]"])
    result = compare(scenario, ["none", "points"], replications=2, jobs=1)
    result.manifest = manifest_of(
        "compare", scenario, "churnlab compare classroom", result.weight, policies=result.policies, replications=2
    )
    result.notes.append("A note.")
    result.extra.append(("A section", pd.DataFrame({"level": ["a", "b"], "file": [0.5, float("nan")]}), "A caption."))
    return result


def left(folder: Path) -> list[str]:
    """Everything below a folder, hidden things too."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# --- there and back --------------------------------------------------------------------------------------------------


def test_a_run_comes_back_as_it_was(run: RunResult, tmp_path: Path) -> None:
    again = load(save(run, tmp_path / "run"))
    assert isinstance(again, RunResult) and again.scenario == run.scenario and again.manifest == run.manifest
    assert set(tables_of(run)) == {"kpis", "overview", "ledger", "ports", "prices", "relations", "panel"}
    for name, table in tables_of(run).items():
        pd.testing.assert_frame_equal(tables_of(again)[name], table, obj=name)


def test_a_comparison_comes_back_as_it_was(comparison: Comparison, tmp_path: Path) -> None:
    again = load(save(comparison, tmp_path / "compare"))
    assert isinstance(again, Comparison) and again.policies == comparison.policies and again.notes[-1] == "A note."
    assert again.answer() == comparison.answer()
    for name, table in tables_of(comparison).items():
        pd.testing.assert_frame_equal(tables_of(again)[name], table, obj=name)
    (title, section, caption), (_, before, _) = again.extra[0], comparison.extra[0]
    assert (title, caption) == ("A section", "A caption.")
    pd.testing.assert_frame_equal(section, before)


def test_csv_stands_beside_and_says_the_same(run: RunResult, tmp_path: Path) -> None:
    folder = save(run, tmp_path / "run", csv=True)
    for name in tables_of(run):
        assert len(pd.read_csv(folder / f"{name}.csv")) == len(pd.read_parquet(folder / f"{name}.parquet"))
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / "kpis.csv"), pd.read_parquet(folder / "kpis.parquet"), check_dtype=False
    )


def test_the_manifest_makes_the_run_again(run: RunResult, tmp_path: Path) -> None:
    manifest = read_manifest(save(run, tmp_path / "run"))
    assert set(manifest["versions"]) == {"python", "churnlab", *LIBRARIES.values()}
    assert (
        manifest["seed"] == 1
        and manifest["hash"]
        and manifest["created"].endswith("UTC")
        and manifest["weight"] == 20_000.0
    )
    again = simulate(type(run.scenario).model_validate(manifest["scenario"]), manifest["command"])
    pd.testing.assert_frame_equal(again.kpis, run.kpis)


def test_opening_and_closing_shares_add_up(run: RunResult) -> None:
    table = operators_table(run)
    assert table["share_start"].sum() == pytest.approx(1.0) and table["share_end"].sum() == pytest.approx(1.0)
    assert table["share_end"].tolist() == pytest.approx(run.kpis.tail(3)["market_share"].tolist())


# --- names and hashes ------------------------------------------------------------------------------------------------


def test_the_hash_covers_all_inputs(tmp_path: Path) -> None:
    def digest(*overrides: str, **more: object) -> str:
        return str(manifest_of("run", load_scenario("classroom", [*SMALL, *overrides]), "", 1.0, **more)["hash"])

    path = tmp_path / "base.csv"
    path.write_text("tenure\n3\n", encoding="utf-8")
    imported = (f"customers.file={path}", "customers.columns.tenure=tenure")
    found = [digest(), digest("seed=2"), digest("policy=points"), digest(replications=3), digest(*imported)]
    path.write_text("tenure\n4\n", encoding="utf-8")
    assert digest() == found[0] and len({*found, digest(*imported)}) == 6


def test_a_second_folder_of_the_same_second_is_numbered(tmp_path: Path) -> None:
    manifest = {"name": "classroom", "created": "2026-11-23 10:54:12 UTC", "kind": "run", "hash": "5f3a9c1b"}
    found = [write_folder(folders_for(tmp_path, manifest), lambda folder: (folder / "a").touch()) for _ in range(3)]
    assert found[0].relative_to(tmp_path).as_posix() == "classroom/20261123-105412-run-5f3a9c1b"
    assert [folder.name for folder in found[1:]] == [f"{found[0].name}-2", f"{found[0].name}-3"]


# --- whole or not at all ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(), InputError("no")])
def test_a_fault_in_the_middle_leaves_nothing(fault: BaseException, tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "manifest.json").touch()
        raise fault

    with pytest.raises(type(fault)):
        write_folder([tmp_path / "results" / "classroom" / "run"], fail)
    assert left(tmp_path) == []


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError("No space left"), ValueError("$ is no sign")])
def test_a_report_that_fails_costs_nothing_else(
    fault: BaseException, run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise fault

    with monkeypatch.context() as patched, pytest.raises((ReportError, KeyboardInterrupt)) as told:
        patched.setattr(results, "write_page", fail)
        save(run, tmp_path / "run")
    words = " ".join([str(told.value), *getattr(told.value, "__notes__", [])])
    assert str(fault) in words and f"`churnlab report {tmp_path / 'run'}` draws it again" in words
    assert main(["report", str(tmp_path / "run")]) == 0 and (tmp_path / "run" / "report.html").is_file()


def test_a_result_that_finds_no_room_is_told_in_a_sentence(
    run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(results, "write_tables", full)
    with pytest.raises(StoppedError, match="cannot be written: No space left on device; nothing half-written"):
        save(run, tmp_path / "run")
    assert left(tmp_path) == []


def test_what_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "results" / "other").mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        write_folder([tmp_path / "results" / "classroom" / "run"], lambda folder: (folder / "no" / "a").touch())
    assert left(tmp_path) == ["results", "results/other"]
    (tmp_path / "results" / "other" / "a").touch()
    with pytest.raises(FileExistsError):
        write_folder([tmp_path / "results" / "other"], lambda folder: (folder / "b").touch())
    assert left(tmp_path) == ["results", "results/other", "results/other/a"]


def test_nothing_is_seen_before_all_is_there(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "table").write_text("1", encoding="utf-8")
        assert not (tmp_path / "run").exists() and folder.name.startswith(".")

    write_folder([tmp_path / "run"], fill)
    assert left(tmp_path) == ["run", "run/table"]


def test_only_what_dead_processes_left_is_cleared(tmp_path: Path) -> None:
    mine, pid = half_written(tmp_path), os.getpid()
    dead = mine.name.replace(f"-{pid}-", "-4194305-")  # above the highest number Linux gives
    earlier = mine.name.replace(f"-{pid}-", f"-{pid}-1")  # the same number, begun at another time
    elsewhere = re.sub(r"churnlab-\w+", "churnlab-00000000", dead)
    for name in (mine.name, dead, earlier, elsewhere, ".own.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "table").touch()
    check_writable(tmp_path.parent)
    assert {path.name for path in tmp_path.iterdir()} == {mine.name, elsewhere, ".own.part"}


def test_the_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    assert left(tmp_path) == []
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match="results cannot be written"):
            check_writable(place)
    assert left(tmp_path) == ["file"]


# --- folders that are not as they should be --------------------------------------------------------------------------


def test_a_folder_without_manifest_names_the_newest_run_in_it(run: RunResult, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no manifest.json"):
        load(tmp_path)
    save(run, tmp_path / "20261123-run-a")
    with pytest.raises(InputError, match="the newest in it is .*20261123-run-a"):
        load(tmp_path)


def changed(folder: Path, **parts: object) -> None:
    """Change parts of a folder's manifest."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8")) | parts
    path.write_text(json.dumps({name: part for name, part in told.items() if part is not ...}, default=str))


def refusal(folder: Path, *words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Read a folder by a command that must refuse it, in a sentence."""
    assert main([*words, str(folder)]) == 2
    out, message = capsys.readouterr()
    assert out == "" and message.count("\n") == 1 and len(message) < 900 and str(folder) in message
    return message


NESTED = "[" * 100_000
MANIFESTS = [
    ("{", "cannot be read"),
    ("", "cannot be read"),
    (NESTED, "cannot be read"),
    ("[]", "not the manifest of a run"),
    ('{"kind": ["run"]}', "not the manifest of a run"),
    ("\x00" * 50, "cannot be read"),
]


@pytest.mark.parametrize(("text", "said"), MANIFESTS)
def test_a_manifest_that_is_none_is_told(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    for command in ("report", "rerun"):
        assert said in refusal(tmp_path, command, capsys=capsys)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"weight": ...}, "weight: field required"),
        ({"weight": "much"}, "weight: input should be"),
        ({"scenario": []}, "scenario: input should be"),
        ({"scenario": {"unheard_of": 1}}, "scenario: "),
        ({"scenario": json.loads("{" + '"a": {' * 300 + "}" * 301)}, "scenario: "),
        ({"sections": [{"title": "", "caption": "", "table": "../kpis"}]}, "sections.0.table"),
        ({"notes": None}, "notes: "),
        ({"files": {"copies": ["../../x"]}}, "files.root: "),
        ({"kind": "sweep"}, "plan: field required"),
        ({"kind": "sweep", "plan": {}, "facts": {}, "tables": ["kpis"]}, "plan: KeyError"),
        ({"kind": "compare", "policies": [], "replications": 2}, "policies: "),
    ],
)
def test_a_manifest_that_is_not_as_written_is_told(
    parts: dict[str, object], said: str, run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.manifest["command"] = "churnlab run classroom"
    changed(save(run, tmp_path / "run"), **parts)
    assert said in refusal(tmp_path / "run", "report", capsys=capsys)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    return content[:100] + bytes([content[100] ^ 1]) + content[101:]


@pytest.mark.parametrize("damage", [cut, flip, lambda content: b"", lambda content: bytes(len(content)), None])
def test_a_table_that_is_not_what_was_written_is_told(
    damage: Callable[[bytes], bytes] | None, run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = save(run, tmp_path / "run") / "kpis.parquet"
    content = table.read_bytes()
    table.unlink()
    if damage is None:
        table.mkdir()
    else:
        table.write_bytes(damage(content))
    for command in ("report", "rerun"):
        assert f"{table}: " in refusal(tmp_path / "run", command, capsys=capsys)
    if damage is not None:
        table.unlink()
        assert "kpis.parquet: missing" in refusal(tmp_path / "run", "report", capsys=capsys)


def test_what_a_report_cannot_be_drawn_from_is_told(
    run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = save(run, tmp_path / "run")
    pd.DataFrame({"month": [1]}).to_parquet(folder / "kpis.parquet")
    changed(folder, sha256={})
    assert "the report cannot be drawn" in refusal(folder, "report", capsys=capsys)


@pytest.mark.parametrize(
    "command", ["churnlab schema --out x --force", "churnlab run 'unended", "rm x", "churnlab rerun ."]
)
def test_only_studies_are_asked_again(
    command: str, run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(save(run, tmp_path / "run"), command=command)
    assert "does not say how it was made" in refusal(tmp_path / "run", "rerun", capsys=capsys)


def test_names_are_no_formulas_in_a_spreadsheet(tmp_path: Path) -> None:
    names = ["=1+1", "+alpha", "-beta", "@gamma", "\tdelta", " =2", "epsilon", "-0.5"]
    table = pd.DataFrame(
        {"operator": names, "=sum": -1.5, "kind": pd.Categorical(names)}, index=pd.Index(names, name="@p")
    )
    lines = inert(table).to_csv(lineterminator="\n").splitlines()
    assert lines[0] == "'@p,operator,'=sum,kind" and lines[1] == "'=1+1,'=1+1,-1.5,'=1+1"
    cells = [cell for line in lines for cell in next(csv.reader([line]))]
    assert {cell for cell in cells if cell.strip()[:1] in "=+-@"} == {"-1.5", "-0.5"}
    wide = table.set_index("operator", append=True)
    assert inert(wide).index.names == ["'@p", "operator"] and inert(wide).shape == wide.shape


def test_a_comparison_made_in_python_can_be_saved(tmp_path: Path) -> None:
    result = compare(
        "classroom",
        policies=["none", "points"],
        replications=1,
        overrides=["customers.count=300", "months=3", "burn_in=12"],
        jobs=1,
    )
    folder = save(result, tmp_path / "mine")
    assert (
        json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["policies"] == ["none", "points"]
        and (folder / "report.html").stat().st_size > 10_000
    )
