"""Public names: what `from sim import ...` gives, and that its types are told."""

import tomllib
from importlib.metadata import version
from inspect import signature
from pathlib import Path

import pytest

import sim

HOUSE = Path(__file__).parent.parent
STUDIES = ("calibrate", "compare", "optimise", "robust", "sweep", "wargame")


@pytest.mark.parametrize("name", sim.__all__)
def test_every_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(sim, name).__name__ == name and name in dir(sim)


def test_the_version_is_that_of_the_package() -> None:
    assert sim.__version__ == version("churnlab") and "__version__" in dir(sim)


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'swep'"):
        _ = sim.swep  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_takes_a_scenario_by_name_its_overrides_and_own_code(name: str) -> None:
    asked = list(signature(getattr(sim, name)).parameters)
    assert asked[0] == "scenario" and {"overrides", "means", "customer", "measures"} <= set(asked)


def test_types_are_told_to_users() -> None:
    data = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    for room in ("agents", "sim", "scenarios"):
        assert (HOUSE / room / "py.typed").is_file() and "py.typed" in data[room]
