"""The walls of the house: nobody imports what is above or goes round in circles, and every draw is keyed."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

HOUSE = Path(__file__).parent.parent
FILES = sorted(path for folder in ("agents", "sim") for path in (HOUSE / folder).rglob("*.py"))
UNKEYED_MODULES = ("random", "secrets", "numpy.random")
# of NumPy, SciPy and Mesa, by attribute
UNKEYED_NAMES = {"random", "rng", "default_rng", "rvs", "shuffle", "shuffle_do"}


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything a file imports, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_of(tree: ast.AST, *modules: str) -> list[str]:
    """Imports of these modules or of something in them."""
    return [
        name for name in imports(tree) if any(name == module or name.startswith(f"{module}.") for module in modules)
    ]


def unkeyed(tree: ast.AST) -> list[str]:
    """Uses of chance that is not keyed by (seed, month, event, customer, alternative)."""
    attributes = [
        f"line {node.lineno}: .{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in UNKEYED_NAMES
    ]
    return imports_of(tree, *UNKEYED_MODULES) + attributes


def parse(path: Path) -> ast.AST:
    """Read one source file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def test_there_is_something_to_look_at() -> None:
    assert {"agents/rule.py", "sim/kpis.py"} <= {path.relative_to(HOUSE).as_posix() for path in FILES}


def test_nobody_imports_what_is_above(capsys: pytest.CaptureFixture[str]) -> None:
    """The contracts of pyproject.toml, as `make lint` checks them."""
    is_broken = lint_imports(config_filename=str(HOUSE / "pyproject.toml"), no_cache=True)
    assert not is_broken, capsys.readouterr().out


def test_no_module_is_in_a_circle_of_imports() -> None:
    graph = grimp.build_graph("agents", "sim", cache_dir=None)
    TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}).prepare()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_every_draw_is_keyed(path: Path) -> None:
    assert unkeyed(parse(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from numpy import random",
        "from numpy.random import default_rng",
        "np.random.normal()",
        "self.model.random.choice([1])",
        "def f():\n    import secrets",
    ],
)
def test_unkeyed_chance_is_found(line: str) -> None:
    assert unkeyed(ast.parse(line)) != []


@pytest.mark.parametrize(
    "line",
    ["import sim", "from sim import config", "from sim.errors import nearest", "def f():\n    import sim.config"],
)
def test_an_import_of_sim_is_found(line: str) -> None:
    assert imports_of(ast.parse(line), "sim") != []
    assert imports_of(ast.parse("import simplejson"), "sim") == []
