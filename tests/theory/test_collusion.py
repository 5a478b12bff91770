"""Pricing software that teaches itself, against the reference case of Calvano et al. (2020): Nash, monopoly and profit
gain (C10).
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.learning import Player, Software, Training, first_values, level_table, play, train
from sim import Market
from tests.theory.builders import (
    all_names,
    case,
    check,
    check_names,
    fees_by_month,
    operators_of,
    price_sensitivity,
    textbook,
)

pytestmark = pytest.mark.theory

DUOPOLY = case("C10")
INPUTS, BASELINE = DUOPOLY["inputs"], DUOPOLY["expected"]["baseline"]
SESSIONS, MONTHS = 20, 60  # months: many times the cycles that software ends in
VARIANTS = {
    "profit_gain_mean_20_sessions": {"alpha": 0.15, "beta": 4e-6},
    "fast_profit_gain_mean_20_sessions": {"alpha": 0.25, "beta": 2e-5},
}


def duopoly(folder: Path, months: int = 1, **pricing: Any) -> Any:
    """Write the case's two operators with q_learning; utilities over mu, so that price sensitivity is 1 / mu."""
    mu = INPUTS["mu"]
    operators = operators_of(
        "pq", "AB", [1.5, 1.5], [a / mu for a in INPUTS["a"]], INPUTS["c"], pricing={"kind": "q_learning", **pricing}
    )
    return textbook(folder, operators, months=months, customers={"count": 100, **price_sensitivity(value=1.0 / mu)})


def profits(fees: np.ndarray) -> np.ndarray:
    """Profits by the case's demand, shape of fees (..., 2)."""
    weights = np.exp((np.array(INPUTS["a"]) - fees) / INPUTS["mu"])
    return np.asarray(
        (fees - INPUTS["c"]) * weights / (weights.sum(axis=-1, keepdims=True) + math.exp(INPUTS["a0"] / INPUTS["mu"]))
    )


def profit_gain(fees: np.ndarray) -> float:
    """Part of the way from Nash to monopoly profit that these fees earn, mean over months and operators."""
    nash, monopoly = BASELINE["piN"][0], BASELINE["piM"][0]
    return float((profits(fees).mean() - nash) / (monopoly - nash))


@pytest.mark.parametrize("name", check_names(DUOPOLY))
def test_ends_of_the_grid(name: str, tmp_path: Path) -> None:
    demand = Market(duopoly(tmp_path)).demand
    tables = {"nash": demand.equilibrium(), "monopoly": demand.equilibrium({"B": "A"})}
    label, number = name.rstrip("]").split("[")
    check(DUOPOLY, name, tables[label]["price"].iloc[int(number)])


def test_the_grid_is_the_published_one(tmp_path: Path) -> None:
    market = Market(duopoly(tmp_path, months=1, periods=1)).run()
    software = market.operators[1].state["pricing"][0]
    assert [software.lines["B"].fees(level)["q"] for level in range(15)] == pytest.approx(BASELINE["grid2"], abs=1e-6)


@pytest.mark.parametrize("name", VARIANTS)
def test_profit_gain(name: str, tmp_path: Path) -> None:
    """What two operators earn month by month in the market, over sessions that differ in their seed."""
    scenario = duopoly(tmp_path, MONTHS, **VARIANTS[name])
    check(
        DUOPOLY,
        name,
        float(np.mean([profit_gain(fees_by_month(Market(scenario, seed=seed).run())[1:]) for seed in range(SESSIONS)])),
    )


def test_all_checks_of_the_case_are_reached() -> None:
    assert {*check_names(DUOPOLY), *VARIANTS} == set(all_names(DUOPOLY))


def test_without_a_future_there_is_little_collusion(tmp_path: Path) -> None:
    """The case's myopic variant: discount 0, where nothing can be punished; its mean within four standard errors."""
    expected, sessions = DUOPOLY["expected"]["myopic_delta_0"], 10
    scenario = duopoly(tmp_path, MONTHS, delta=0.0)
    gain = np.mean([profit_gain(fees_by_month(Market(scenario, seed=seed).run())[1:]) for seed in range(sessions)])
    assert abs(gain - expected["profit_gain_mean"]) < 4.0 * math.hypot(
        expected["profit_gain_sd_across_sessions"] / math.sqrt(sessions), expected["profit_gain_se"]
    )


def test_an_undercut_is_punished_and_forgiven(tmp_path: Path) -> None:
    """One operator once plays its best reply instead; the rival then cuts, and is back within months, as in the case's
    own record.
    """
    record = DUOPOLY["expected"]["baseline"]["punishment_rival_price_change_vs_predeviation_by_period"]
    grid, changes, scenario = np.array(BASELINE["grid2"]), [], duopoly(tmp_path)
    for seed in range(SESSIONS):
        cheat, rival = (operator.state["pricing"][0] for operator in Market(scenario, seed=seed).run().operators)
        before, played = grid[rival.level(cheat.ended)], rival.answers[cheat.ended]
        reply = int(np.argmax([profits(np.array([fee, grid[played]]))[0] for fee in grid]))
        cell, path = reply * len(grid) + played, []
        for _ in record:
            cell = after(cheat, rival, cell)
            path.append(grid[rival.level(cell)] - before)
        changes.append(path)
    mean, error = np.mean(changes, axis=0), np.std(changes, axis=0) / math.sqrt(SESSIONS)
    assert (np.abs(mean - record) < 4.0 * error)[:5].all() and mean[0] < -4.0 * error[0]
    assert abs(mean[10:].mean()) < 0.02  # half a step of the grid


def after(first: Software, second: Software, cell: int) -> int:
    """Return the cell that two answers lead to."""
    return first.answers[cell] * second.lines[second.name].points + second.answers[cell]


# --- training --------------------------------------------------------------------------------------------------------


def trained(seed: int) -> Training:
    """Train two players of different kinds for a short while."""
    players = (Player(5, 0.15, 1e-3, 0.95), Player(3, 0.3, 1e-3, 0.9))
    table = profits(1.45 + 0.1 * level_table(players))
    return train(players, table.tobytes(), seed, stable=200, periods=50_000)


def test_training_is_a_function_of_its_key() -> None:
    first, other = trained(1), trained(2)
    train.cache_clear()
    assert trained(1).answers == first.answers and trained(1).periods == first.periods != other.periods
    assert [values.shape for values in first.values] == [(15, 5), (15, 3)]


def test_training_is_the_same_in_plain_python() -> None:
    players = (Player(4, 0.15, 1e-2, 0.95),) * 2
    table, found = profits(1.45 + 0.1 * level_table(players)), []
    for run in (play, play.py_func):  # type: ignore[attr-defined]
        values, answers, noted = np.full((2, 16, 4), 5.0), np.zeros((2, 16), np.int64), np.zeros(2, np.int64)
        alpha, beta, delta = (
            np.array([getattr(player, name) for player in players]) for name in ("alpha", "beta", "delta")
        )
        run(
            np.uint64(3),
            table,
            np.array([4, 4]),
            alpha,
            beta,
            delta,
            50,
            400,
            values,
            answers,
            np.zeros(2, np.int64),
            noted,
        )
        found.append((values, answers, noted))
    for compiled, plain in zip(*found, strict=True):
        assert compiled.tolist() == plain.tolist()


def test_operators_that_face_each_other_train_once(tmp_path: Path) -> None:
    train.cache_clear()
    market = Market(duopoly(tmp_path, months=3, periods=1_000))
    market.fork().run(), market.fork().run()
    assert (train.cache_info().misses, train.cache_info().hits) == (1, 3)


def test_first_values_are_those_against_a_random_rival() -> None:
    players = (Player(15, 0.15, 4e-6, 0.95),) * 2
    table = profits(np.array(BASELINE["grid1"])[level_table(players)])
    by_hand = table[:, 0].reshape(15, 15).mean(axis=1) / 0.05
    assert first_values(players, table, 0) == pytest.approx(by_hand)
