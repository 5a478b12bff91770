"""Prices that are best, against prices that only meet first-order conditions: found from any start, or told missing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sim import Market, load_scenario
from sim.analysis.bertrand import Game, best_reply, equilibrium

MANY_AND_FEW = {"sensitivity": (0.5, 0.02), "weight": (0.7, 0.3)}  # 70 % mind price much, 30 % little


def logit(sensitivity: Sequence[float], weight: Sequence[float], appeal: Sequence[float] = (4.0, 4.0)) -> Game:
    """Two single-plan firms of unit cost 5 that sell to types of people who choose by logit, or do without."""
    slopes, shares = np.array(sensitivity), np.array(weight)

    def chances(fees: np.ndarray) -> np.ndarray:
        utility = np.exp(np.array(appeal) - slopes[:, None] * fees)
        return np.asarray(utility / (1.0 + utility.sum(axis=1, keepdims=True)))

    def slope_parts(fees: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        buys = chances(fees)
        falls = -(slopes * shares)[:, None] * buys
        return shares @ buys, falls.sum(axis=0), falls.T @ buys

    return Game(slope_parts, slope_parts, np.array([0, 1]), np.array([5.0, 5.0]), ("a", "b"))


def earns(game: Game, firm: int, fees: np.ndarray) -> float:
    return game.profit(firm, fees, game.everybody(fees)[0])


def most_by_grid(game: Game, firm: int, fees: np.ndarray) -> float:
    """The most a firm can earn at any fee of a fine grid, all others' held."""
    own = game.firm == firm
    return max(earns(game, firm, np.where(own, fee, fees)) for fee in np.geomspace(5.001, 5_000.0, 1_000))


@pytest.mark.theory
@pytest.mark.parametrize("start", [5.1, 9.93, 12.0, 80.0, 900.0])
def test_equilibrium_does_not_depend_on_the_start(start: float) -> None:
    game = logit(**MANY_AND_FEW)
    fees = equilibrium(game, np.full(2, start))
    assert fees == pytest.approx([99.1305, 99.1305], abs=1e-3)
    assert earns(game, 0, fees) >= most_by_grid(game, 0, fees)


@pytest.mark.theory
def test_best_reply_leaves_the_trap() -> None:
    game, trap = logit(**MANY_AND_FEW), np.array([9.93, 9.93])
    assert earns(game, 0, best_reply(game, 0, trap)) == pytest.approx(most_by_grid(game, 0, trap), rel=1e-4)
    assert best_reply(game, 0, trap)[0] == pytest.approx(69.78, abs=0.01)


@pytest.mark.properties
@pytest.mark.parametrize("seed", range(12))
def test_nobody_gains_by_leaving_whatever_demand_is(seed: int) -> None:
    draw = np.random.default_rng(seed)
    game = logit(10.0 ** draw.uniform(-2.0, 0.0, 2), draw.dirichlet(np.ones(2)), draw.uniform(2.0, 6.0, 2))
    try:
        fees = equilibrium(game, draw.uniform(6.0, 60.0, 2))
    except (UserWarning, ValueError):  # several, or none: told in words, see below
        return
    for firm in (0, 1):
        assert earns(game, firm, fees) >= most_by_grid(game, firm, fees) * (1.0 - 1e-6)


@pytest.mark.theory
def test_several_equilibria_are_told() -> None:
    game = logit((0.011, 0.102), (0.289, 0.711))
    with pytest.warns(UserWarning, match=r"2 equilibria.*29\.\d+, 29\.\d+; 1[78]\d"):
        fees = equilibrium(game, np.full(2, 100.0))
    assert fees.mean() < 50.0


@pytest.mark.theory
def test_no_equilibrium_is_told() -> None:
    game = logit((0.021, 0.243), (0.208, 0.792), (7.75, 5.52))
    with pytest.raises(ValueError, match="met only the first-order conditions"):
        equilibrium(game, np.full(2, 12.0))


@pytest.mark.theory
def test_profit_without_bound_is_told() -> None:
    with pytest.raises(ValueError, match="no upper bound"):
        equilibrium(logit((0.3, 1e-13), (0.9, 0.1)), np.full(2, 12.0))


TWO_TYPES = """
defaults: [base, {behaviour: textbook}, {customers: textbook}, _self_]
customers:
  count: 500
  segments:
    all: null
    many: {share: 0.7, price_sensitivity: {distribution: fixed, value: 0.5}, usage: {distribution: fixed, value: 5}}
    few: {share: 0.3, price_sensitivity: {distribution: fixed, value: 0.02}, usage: {distribution: fixed, value: 5}}
operators:
  A: {plans: {A_1: {fee: 12.0, appeal: 4.0, cost: 5.0}}, start_share: 0.5}
  B: {plans: {B_1: {fee: 12.0, appeal: 4.0, cost: 5.0}}, start_share: 0.4}
focal: A
months: 2
burn_in: 0
"""


@pytest.mark.theory
def test_a_market_finds_the_same(tmp_path: Path) -> None:
    (tmp_path / "two_types.yaml").write_text(TWO_TYPES)
    replies = ["operators.B.pricing={kind: best_response, knowledge: exact, every: 1, phase: 1}"]
    market = Market(load_scenario(str(tmp_path / "two_types.yaml"), replies))
    assert market.demand.equilibrium()["price"].tolist() == pytest.approx([99.1305, 99.1305], abs=1e-3)
    best = market.demand.best_reply(1)["B_1"]
    assert best == pytest.approx(70.24, abs=0.01)  # not 9.85, where the slope is nothing too
    market.step()
    assert market.prices.query("month == 1 and plan == 'B_1'")["fee"].item() == pytest.approx(best)
