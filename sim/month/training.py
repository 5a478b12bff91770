"""How operators' pricing software is trained before use: the static pricing game of their market, and the players in
it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.exact import exponential, logarithm
from agents.learning import Player, Software, TariffLine, level_table, train
from agents.operator import Operator
from agents.strategies import QLearning
from sim.analysis.demand import Demand
from sim.config import Scenario
from sim.errors import InputError
from sim.world.world import World

LARGEST = 20_000_000  # values to be learnt, of all players: above, neither memory nor exploration suffices


class Game(NamedTuple):
    """A pricing game between all operators of a world."""

    lines: dict[str, TariffLine]  # what each may play
    profits: np.ndarray  # (cells, operators) currency per person and month


def software_for(scenario: Scenario, world: World, number: int) -> Software:
    """Train all operators' software together and return one operator's, with keyed draws of the world.

    Raises
    ------
    InputError
        where the market has no such game

    """
    name = world.operators[number].name
    key = f"operators.{name}.pricing"
    seats = seats_of(world.operators)
    sizes = [seat.points for seat in seats]
    if len(seats) < 2:
        raise InputError(f"{key}: q_learning needs a rival; the market has one operator")
    if not scenario.customers.outside:
        raise InputError(
            f"{key}: q_learning needs customers.outside=true; a joint monopoly that nobody can leave has no price"
        )
    if math.prod(sizes) * sum(sizes) > LARGEST:
        raise InputError(
            f"{key}: q_learning would have to learn {math.prod(sizes) * sum(sizes):,} values, at most {LARGEST:,} are"
            f" possible; lower `points` (now {sizes[number]})"
        )
    try:
        game = (
            exact_game(Demand(scenario, world), world.operators, seats)
            if scenario.everyone_chooses
            else believed_game(world, seats)
        )
    except ValueError as error:
        raise InputError(f"{key}: q_learning finds no Nash or joint-monopoly tariffs: {error}") from None
    players = players_of(seats)
    training = train(
        players,
        game.profits.tobytes(),
        int(world.world_key),
        max(seat.stable for seat in seats),
        max(seat.periods for seat in seats),
    )
    return Software(name, game.lines, training.answers[number], training.values[number], training.ended)


def seats_of(operators: Sequence[Operator]) -> list[QLearning]:
    """Each operator's algorithm; one that prices otherwise is played by a copy of the first."""
    learning = [operator.pricing for operator in operators if isinstance(operator.pricing, QLearning)]
    return [operator.pricing if isinstance(operator.pricing, QLearning) else learning[0] for operator in operators]


def players_of(seats: list[QLearning]) -> tuple[Player, ...]:
    """Return the players who sit in training."""
    return tuple(seat.player for seat in seats)


def exact_game(demand: Demand, operators: Sequence[Operator], seats: list[QLearning]) -> Game:
    """Game on the market's own static demand, between Bertrand-Nash and jointly optimal tariffs."""
    first, *others = (operator.name for operator in operators)
    nash = demand.first_order_prices()["price"]
    joint = demand.first_order_prices(dict.fromkeys(others, first))["price"]
    lines = {}
    for operator, seat in zip(operators, seats, strict=True):
        plans = list(operator.fees)
        lines[operator.name] = line_between(
            {plan: float(nash[plan]) for plan in plans}, {plan: float(joint[plan]) for plan in plans}, seat
        )
    tariffs = np.array(
        [
            [fee for line, level in zip(lines.values(), cell, strict=True) for fee in line.fees(int(level)).values()]
            for cell in level_table(players_of(seats))
        ]
    )
    return Game(lines, demand.profits(tariffs))


def believed_game(world: World, seats: list[QLearning]) -> Game:
    """Game on a logit calibrated to public shares and mean fees and an elasticity over the horizon; present fees are
    its Nash tariffs.

    s_j = exp(v_j - a p_j) / (1 + sum), p_j - c_j = 1 / (a (1 - s_j)); a joint monopoly has one markup for all, 1 / (a
    s_0).
    """
    from scipy.optimize import brentq

    fees = np.array([np.mean(list(operator.fees.values())) for operator in world.operators])
    shares = np.maximum(world.subscribers() / world.people_present(), 1e-6)
    outside = 1.0 - float(shares.sum())
    if outside <= 0.0 or fees.min() <= 0.0:
        raise ValueError("everybody has an operator" if outside <= 0.0 else "a fee is 0")
    sensitivity = -float(np.mean([seat.elasticity for seat in seats])) / float(np.mean(fees * (1.0 - shares)))
    cost = fees - 1.0 / (sensitivity * (1.0 - shares))
    worth = logarithm(shares / outside) + sensitivity * fees

    def shares_at(prices: np.ndarray) -> np.ndarray:
        weights = exponential(worth - sensitivity * prices)
        return np.asarray(weights / (1.0 + weights.sum(axis=-1, keepdims=True)))

    def excess(markup: float) -> float:
        return sensitivity * markup * (1.0 - float(shares_at(cost + markup).sum())) - 1.0

    joint = cost + brentq(excess, 0.0, 1e4 / sensitivity)
    lines = {
        operator.name: line_between(operator.fees, {plan: fee * factor for plan, fee in operator.fees.items()}, seat)
        for operator, seat, factor in zip(world.operators, seats, joint / fees, strict=True)
    }
    levels = level_table(players_of(seats))
    prices = np.stack(
        [
            np.array([np.mean(list(line.fees(k).values())) for k in range(line.points)])[levels[:, j]]
            for j, line in enumerate(lines.values())
        ],
        axis=1,
    )
    return Game(lines, shares_at(prices) * (prices - cost))


def line_between(nash: dict[str, float], joint: dict[str, float], seat: QLearning) -> TariffLine:
    """Tariffs from Nash to joint monopoly, and a bit beyond both."""
    beyond = {plan: seat.xi * (joint[plan] - fee) for plan, fee in nash.items()}
    return TariffLine(
        {plan: fee - beyond[plan] for plan, fee in nash.items()},
        {plan: fee + beyond[plan] for plan, fee in joint.items()},
        seat.points,
    )
