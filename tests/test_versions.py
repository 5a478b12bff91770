"""Keys of stored rows: whatever can change a number gives another key, the house's sources and the user's own."""

import ast
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from sim import load_scenario
from sim.config.versions import DENIED, DENIED_LIBRARIES, HOUSE, LIBRARIES, hashed_sources, model_version
from sim.errors import InputError
from sim.experiments.executor import Executor
from sim.experiments.lesson import shipped
from sim.experiments.store import Store
from sim.experiments.study import Means
from sim.experiments.sweep import sweep
from sim.plugins import source_hash

ROOMS = ("agents", "sim", "scenarios")


# --- the house's sources ---------------------------------------------------------------------------------------------


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def file_of(name: str) -> Path | None:
    """File of a module of the house; None where the name is of something in a module."""
    path = HOUSE / Path(*name.split("."))
    return next((file for file in (path / "__init__.py", path.with_suffix(".py")) if file.is_file()), None)


def imports(tree: ast.Module) -> Iterator[str]:
    """Every name that a module imports when it runs, in functions too, and what it asks `extra` for."""
    for_types = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for part in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in for_types:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and id(node) not in for_types:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("extra", "import_module"):
            yield from (part.value for part in node.args[:1] if isinstance(part, ast.Constant))


def reached(start: str) -> tuple[set[str], set[str]]:
    """Modules of the house and libraries that are imported by a module, and by what it imports."""
    todo, modules, libraries = [start], set(), set()
    while todo:
        name = todo.pop()
        path = file_of(name)
        if path is None or name in modules:
            continue
        modules.add(name)
        for found in imports(parse(path)):
            parts = found.split(".")
            if parts[0] in ROOMS:
                todo += [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
            elif parts[0] not in sys.stdlib_module_names:
                libraries.add(parts[0])
    return modules, libraries


def works() -> dict[str, str]:
    """The work behind every study: the name handed to run_design -> the module it is written in."""
    found = {"live_out": "sim.experiments.worlds"}
    for path in (HOUSE / "sim").rglob("*.py"):
        tree = parse(path)
        module = ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__")
        homes = {name.rpartition(".")[2]: name.rpartition(".")[0] for name in imports(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "run_design" and len(node.args) > 2:
                names = [part.id for part in ast.walk(node.args[2]) if isinstance(part, ast.Name)]
                name = next(name for name in names if name != "partial")
                found[name] = homes.get(name, module)
    return found


WORKS = works() | {name: lesson.experiment.__module__ for name, lesson in shipped().items()}


def test_all_works_are_found() -> None:
    assert {"live_out", "observe", "examine", "estimate_and_measure", "_live", "rising_retention"} <= set(WORKS)
    assert all(file_of(module) for module in WORKS.values())


@pytest.mark.parametrize("work", WORKS)
def test_what_a_work_imports_is_hashed_or_denied_with_a_reason(work: str) -> None:
    modules, libraries = reached(WORKS[work])
    hashed = {path.relative_to(HOUSE).as_posix() for path in hashed_sources(HOUSE)}
    denied = {path.relative_to(HOUSE).as_posix() for pattern in DENIED for path in HOUSE.glob(pattern)}
    files = {path.relative_to(HOUSE).as_posix() for name in modules if (path := file_of(name))}
    assert files - hashed - denied == set() and not hashed & denied
    assert libraries - set(LIBRARIES) - set(DENIED_LIBRARIES) == set()
    assert not any(WORKS[work].startswith(room) for room in ("sim.commands", "sim.report"))
    assert file_of(WORKS[work]).relative_to(HOUSE).as_posix() in hashed  # type: ignore[union-attr]


def test_every_denial_denies_something_and_says_why() -> None:
    assert all(list(HOUSE.glob(pattern)) and reason for pattern, reason in DENIED.items())


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house's sources, to be spoilt."""
    house = tmp_path_factory.mktemp("house")
    for room in ROOMS:
        shutil.copytree(HOUSE / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    return house


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sim/facts/tenure.py", True),
        ("sim/experiments/naive_true/analyst.py", True),
        ("sim/experiments/calibration/moments.py", True),
        ("sim/lessons/contagion.py", True),
        ("agents/customer/bonds.py", True),
        ("scenarios/behaviour/mobile.yaml", True),
        ("sim/report/page.py", False),
        ("sim/commands/run.py", False),
    ],
)
def test_a_source_that_can_change_a_row_changes_the_version(name: str, changes: bool, copy: Path) -> None:
    text = (copy / name).read_text(encoding="utf-8")
    versions = []
    for spoilt in (text, f"{text}# changed\n", text):
        (copy / name).write_text(spoilt, encoding="utf-8")
        versions.append(model_version.__wrapped__(copy))
    assert (versions[0] != versions[1]) is changes and versions[0] == versions[2] == model_version()


# --- the user's own --------------------------------------------------------------------------------------------------

GIFTS = """
from typing import Any, Literal
from agents.strategies import Action, Loyalty, Surprise, View
from worth_of_gifts import WORTH

class Gifts(Loyalty):
    kind: Literal["gifts"] = "gifts"

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        return state, Action(surprise=Surprise(share=0.5, gift=WORTH))
"""
POLICY = "description: Gifts.\nloyalty: {gifts: {kind: gifts}}\n"
SCENARIO = "defaults: [classroom, _self_]\ncustomers: {count: 300}\nmonths: 3\nburn_in: 0\npolicies: [none, gifts]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's folder with a strategy, which imports a module of its own, and a policy that uses it."""
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "gifts.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "own_gifts.py").write_text(GIFTS, encoding="utf-8")
    (tmp_path / "worth_of_gifts.py").write_text("WORTH = 5.0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    forget()


def forget() -> None:
    for name in ("own_gifts", "worth_of_gifts"):
        sys.modules.pop(name, None)


def imported() -> ModuleType:
    """The strategy's module as a fresh Python would have it."""
    forget()
    return import_module("own_gifts")


def swept(folder: Path, means: Means) -> pd.DataFrame:
    scenario = load_scenario(folder / "mine.yaml", strategies=[imported().Gifts])
    return sweep(scenario, {"policy": ["none", "gifts"]}, means=means)


@pytest.mark.parametrize(
    ("name", "old", "new"), [("own_gifts.py", "share=0.5", "share=0.9"), ("worth_of_gifts.py", "5.0", "40.0")]
)
def test_an_edited_strategy_is_run_again(name: str, old: str, new: str, folder: Path) -> None:
    def kept() -> Means:
        return Means(Executor(jobs=1), Store(folder / "rows"))

    before = swept(folder, kept())
    pd.testing.assert_frame_equal(swept(folder, kept()), before)
    (folder / name).write_text((folder / name).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    after = swept(folder, kept())
    pd.testing.assert_frame_equal(after, swept(folder, Means(Executor(jobs=1))))
    assert (after["npv"] != before["npv"]).any() and set(after["hash"]).isdisjoint(before["hash"])


def test_code_that_is_no_longer_its_file_is_refused(folder: Path) -> None:
    module = imported()
    path = folder / "own_gifts.py"
    path.write_text(GIFTS.replace("share=0.5", "share=0.9"), encoding="utf-8")
    with pytest.raises(InputError, match="own_gifts.py has changed since it was imported"):
        source_hash([module.Gifts])


def defined(text: str) -> Any:
    """A function `f` as a notebook defines it: with no file behind it."""
    names: dict[str, Any] = {"__name__": "a_notebook"}
    exec(text, names)
    return names["f"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(market): return 1", "def f(market): return 2"),
        ("def g(): return 1\ndef f(market): return g()", "def g(): return 2\ndef f(market): return g()"),
        ("TABLE = {'a': [1]}\ndef f(market): return TABLE", "TABLE = {'a': [2]}\ndef f(market): return TABLE"),
        ("f = (lambda x: lambda market: x)(1)", "f = (lambda x: lambda market: x)(2)"),
        ("class f:\n  rate = 1\n  def g(self): return 1", "class f:\n  rate = 1\n  def g(self): return 2"),
        ("class f:\n  rate = 1", "class f:\n  rate = 2"),
        ("class g:\n  rate = 1\nclass f(g): pass", "class g:\n  rate = 2\nclass f(g): pass"),
    ],
)
def test_code_without_a_file_counts_by_what_it_does(one: str, other: str) -> None:
    assert source_hash([defined(one)]) == source_hash([defined(one)]) != source_hash([defined(other)])


def test_the_arguments_of_a_work_count() -> None:
    assert source_hash([partial(works, 1)]) == source_hash([partial(works, 1)]) != source_hash([partial(works, 2)])
