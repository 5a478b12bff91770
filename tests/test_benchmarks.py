"""The benchmark's rivals live the same market as churnlab, its comparison finds those that do not, and its table says
what was measured.
"""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from benchmarks import run_one
from benchmarks.__main__ import main, stored_table
from benchmarks.agreement import compare_runs, compare_worlds
from benchmarks.contenders import CONTENDERS, REFERENCE, months_for
from benchmarks.machine import write_results
from benchmarks.options import fill
from benchmarks.small_market import SmallMarket, figure_names
from benchmarks.table import table_of
from sim import InputError, Market, load_scenario

HOUSE = Path(__file__).resolve().parents[1]
PEOPLE, MONTHS, WORLDS = 2_000, 12, 16
NAMES = figure_names(["alpha", "beta", "gamma"])
INSTALLED = [
    name
    for name, one in CONTENDERS.items()
    if not one.is_churnlab and (not one.needs or importlib.util.find_spec(one.package.replace("-", "_")))
]


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "opening.npz"
    run_one.main(["opening", "--people", str(PEOPLE), "--opening", str(path)])
    return path


def watched(name: str, opening: Path, **changes: float) -> Any:
    """Watch a contender's worlds, a rival's with parameters changed."""
    source = run_one.Source(CONTENDERS[name], opening, PEOPLE)
    if changes:
        assert source.small is not None
        source.small = source.small._replace(**changes)
    return run_one.watch(source, MONTHS, WORLDS, SmallMarket.load(opening))


@pytest.fixture(scope="module")
def ours(opening: Path) -> Any:
    return watched(REFERENCE, opening)


@pytest.mark.parametrize("name", INSTALLED)
def test_a_rival_lives_the_same_market(name: str, opening: Path, ours: Any) -> None:
    verdict = compare_worlds(ours, watched(name, opening), NAMES)
    assert verdict.agrees and verdict.figures == 34, verdict


@pytest.mark.parametrize(
    "change",
    [
        {"attention": 0.06},
        {"social": 0.0},
        {"hassle": 0.0},
        {"weight": 0.18},
        {"hearsay": 0.0},
        {"adaptation": 0.04},
        {"by_satisfaction": 2.5},
        {"noise": 0.11},
    ],
)
def test_a_rival_with_another_rule_is_found(change: dict[str, float], opening: Path, ours: Any) -> None:
    assert not compare_worlds(ours, watched("numpy", opening, **change), NAMES).agrees


def test_one_run_is_held_to_the_spread_of_small_worlds(opening: Path, ours: Any) -> None:
    """A run of 2,000 people against one with the same rules, and against one where twice as many look around."""
    same, other = (watched("numpy", opening, **change)["figures"][0] for change in ({}, {"attention": 0.1}))
    assert compare_runs(ours["figures"][0], same, ours, PEOPLE, PEOPLE, NAMES).agrees
    verdict = compare_runs(ours["figures"][0], other, ours, PEOPLE, PEOPLE, NAMES)
    assert (
        not verdict.agrees
        and verdict.figures == MONTHS * len(NAMES)
        and verdict.worst.startswith(("attention", "churn"))
    )


def flat(tree: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Values by their key path."""
    parts = (
        flat(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
        for key, value in tree.items()
    )
    return {key: value for part in parts for key, value in part.items()}


def test_the_small_market_has_nothing_else_on() -> None:
    """Beside the textbook's market, where every mechanism is off, it sets what its file says, and nobody looks around
    for a reason.
    """
    small, textbook = (
        flat(load_scenario("small_market", extra).behaviour.model_dump()) for extra in ([], ["behaviour=textbook"])
    )
    said = flat(yaml.safe_load((HOUSE / "scenarios/behaviour/small.yaml").read_text(encoding="utf-8")))
    on = {key for key, value in small.items() if value != textbook[key]}
    assert (
        on <= said.keys()
        and {
            "attention.base",
            "choice.satisfaction",
            "choice.social",
            "satisfaction.expectation_social",
            "ties.enabled",
        }
        <= on
    )
    market = Market(load_scenario("small_market", [f"customers.count={10 * PEOPLE}", "months=6"])).run()
    reasons = market.exit_reasons.groupby("key")["value"].sum()
    assert set(reasons.index[reasons > 0]) == {"curiosity"} and (market.state.plan >= 0).all()
    attentive = sum(book.line("attentive").sum() for book in market.books)
    months = 6 * 10 * PEOPLE
    assert abs(attentive / months - 0.05) < 4.0 * np.sqrt(0.05 * 0.95 / months)


RUNS = pd.DataFrame(
    [
        (r, name, people, 1, 0.5, wall, cpu, 10.0, 99.6, 3)
        for r, noise in enumerate((1.0, 2.0, 4.0))
        for people in (10_000, 100_000)
        for name, wall, cpu in (
            (REFERENCE, 60 * noise, 50 * noise),
            ("numpy", 500 * noise, 100 * noise),
            ("churnlab_cores", 30 * noise, 70 * noise),
        )
    ],
    columns=[
        "repeat",
        "contender",
        "people",
        "threads",
        "setup_seconds",
        "wall_ns",
        "cpu_ns",
        "base_mib",
        "peak_mib",
        "months",
    ],
)


def test_the_table_compares_within_a_repeat() -> None:
    """Medians, spread, and ratios that a slow machine does not move: 100 to 50 of the processor, 30 to 60 of the wall's
    clock for several threads.
    """
    rows = table_of(RUNS, {"numpy": "yes"}).splitlines()
    assert rows[0].startswith("| one customer's month, ns | 10k | 100k | against churnlab, 100k |")
    assert rows[3] == "| churnlab, small market, all cores | 60 (30-120) | 60 (30-120) | 0.50 | 100 | 0.5 |  |"
    assert rows[4] == "| NumPy by hand | 200 (100-400) | 200 (100-400) | 2.00 | 100 | 0.5 | yes |"
    assert len(rows) == 5


def test_stored_results_go_into_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = {"rivals": {"ambr": {"ambr": "0.5.2"}}, "agreement": {"numpy": "yes"}, "repeats": 3}
    write_results("rivals", RUNS, tmp_path, more)
    told = json.loads((tmp_path / "rivals.json").read_text(encoding="utf-8"))
    assert {"processor", "cores", "memory", "system", "python"} <= told["machine"].keys() and told["versions"][
        "numpy"
    ] == np.__version__
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n", encoding="utf-8")
    assert main(["--table", "--out", str(tmp_path), "--pages", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert (
        text == f"before\n<!-- bench -->\n{stored_table(tmp_path)}<!-- /bench -->\nafter\n"
        and "ambr 0.5.2; 3 repeats" in text
    )
    with pytest.raises(InputError, match="has no lines <!-- bench -->"):
        fill(tmp_path / "rivals.csv", "bench", "")
    with pytest.raises(SystemExit):
        main(["--only", "nunpy"])
    assert "did you mean 'numpy'?" in capsys.readouterr().err


def test_months_fill_the_seconds_asked_for() -> None:
    assert months_for(CONTENDERS["numpy"], 10_000, 0.1) == 100 and months_for(CONTENDERS["mesa"], 1_000_000, 1.0) == 3
