"""A results folder: whole or not at all, and read back as it was written."""

import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest

from sim import results
from sim.cli import main
from sim.commands.run import operators_table, simulate
from sim.config.versions import LIBRARIES
from sim.errors import InputError
from sim.experiments.compare import Comparison, compare
from sim.files.whole import check_writable, half_written, write_folder
from sim.loading import load_scenario
from sim.results import (
    ReportError,
    RunResult,
    folders_for,
    load,
    manifest_of,
    read_manifest,
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


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError, InputError])
def test_a_fault_in_the_middle_leaves_nothing(fault: type[BaseException], tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "manifest.json").touch()
        raise fault

    with pytest.raises(fault):
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


def test_damage_is_told(run: RunResult, tmp_path: Path) -> None:
    folder = save(run, tmp_path / "run")
    (folder / "kpis.parquet").unlink()
    with pytest.raises(InputError, match="kpis.parquet: missing"):
        load(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["scenario"]["unheard_of"] = 1
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError, match="not as this version of churnlab"):
        load(folder)
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        load(folder)


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
