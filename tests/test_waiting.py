"""Who waits is told how far it is, where somebody sees it and once; machine code is announced where it is made."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numba
import numpy as np
import pytest

from agents import rule
from sim import Market, compare, load_scenario
from sim.experiments.executor import Executor, run_jobs
from sim.waiting import COMPILING, announce_compilation, in_silence, is_watched, progress

SMALL = ["customers.count=200", "months=2", "burn_in=0"]


class Cell:
    """A notebook's cell, as IPython shows it: what stands there, one after the other."""

    def __init__(self) -> None:
        self.stood: list[str] = []

    def display(self, page: str, display_id: bool) -> "Cell":
        self.update(page)
        return self

    def update(self, page: str) -> None:
        self.stood.append(page)


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cell]:
    """A kernel that runs this test."""
    here = Cell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1)))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(HTML=str, display=here.display))
    yield here


def test_nothing_is_shown_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    Market(load_scenario("classroom", SMALL)).run()
    assert not is_watched() and capfd.readouterr() == ("", "")


def test_a_notebook_shows_one_bar_of_a_run_and_takes_it_away(cell: Cell) -> None:
    Market(load_scenario("classroom", SMALL)).run()
    assert "1/2" in cell.stood[1] and "2/2" in cell.stood[2] and cell.stood[-1] == "" and len(cell.stood) == 4
    Market(load_scenario("classroom", SMALL)).run(progress=False)
    assert len(cell.stood) == 4


@pytest.mark.parametrize("shown", [None, False])
def test_a_study_is_told_as_a_whole_and_not_world_by_world(cell: Cell, shown: bool | None) -> None:
    compare("classroom", ["none"], 2, SMALL, jobs=1, responses=["responding"], progress=shown)
    whole = [page.split("</progress> ")[1].split()[0] for page in cell.stood if "</progress>" in page]
    assert whole == ([] if shown is False else ["0/2", "1/2", "2/2"])


def test_a_function_of_ones_own_is_called(cell: Cell) -> None:
    heard: list[tuple[int, int]] = []
    Market(load_scenario("classroom", SMALL)).run(progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 2), (2, 2)] and cell.stood == []


def test_bars_within_a_bar_and_jobs_are_silent(cell: Cell) -> None:
    with progress("outer"), progress("inner") as advance:
        advance(1, 2)
    assert [page for page in cell.stood if "inner" in page] == [] and is_watched()
    assert dict(run_jobs(lambda job: is_watched(), [(0, None)], 1, Executor(jobs=1))) == {0: False}


def test_compiling_is_said_once_when_a_loop_is_compiled(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Not when it is asked for: a refusal may come first. A rule alone is no wait."""
    monkeypatch.setattr(rule, "CACHE_FOLDER", tmp_path)
    monkeypatch.setattr(rule._announcement, "is_said", False)
    monkeypatch.setattr(rule._announcement, "say", None)
    announce_compilation()
    assert rule._announcement.say is None  # nobody looks
    announce_compilation(is_asked=True)
    with in_silence():
        announce_compilation()
    numba.njit(lambda number: number + 1)(1)
    assert capfd.readouterr().err == ""
    for _ in range(2):
        rule.loop(lambda row: None)(np.zeros(1))
    assert capfd.readouterr().err == f"{COMPILING}\n"
