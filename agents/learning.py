"""How pricing software learns before it is used: Q-learning by self-play in a static pricing game, and what it has
learnt.

Calvano, Calzolari, Denicolo & Pastorello (2020): every player sees all players' last prices (memory 1), mostly plays
what it values most, explores less and less, and values each price by the discounted profit it has met. A cell is one
combination of all players' levels, numbered with the last player's level running fastest.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from agents import draws
from agents.draws import uniform
from agents.rule import loop

ENDED, PERIODS = 0, 1  # what training notes: the cell it ended in, the periods it took


@dataclass(frozen=True)
class TariffLine:
    """Tariffs one operator may choose from: `points` of them, equally spaced on the straight line between two."""

    low: Mapping[str, float]  # fee by plan, currency per month
    high: Mapping[str, float]
    points: int

    def fees(self, level: int) -> dict[str, float]:
        """Return the fees of a level, currency per month."""
        part = level / (self.points - 1)
        return {plan: max(0.0, fee + part * (self.high[plan] - fee)) for plan, fee in self.low.items()}

    def level(self, fees: Mapping[str, float]) -> int:
        """Return the level nearest to given fees (least squares over plans)."""
        widths = {plan: self.high[plan] - fee for plan, fee in self.low.items()}
        part = sum((fees[plan] - self.low[plan]) * width for plan, width in widths.items()) / sum(
            width * width for width in widths.values()
        )
        return min(max(round(part * (self.points - 1)), 0), self.points - 1)


@dataclass(frozen=True)
class Software:
    """Pricing software as it is delivered to one operator: the level it plays in each cell, and how it values all
    levels there.
    """

    name: str  # of the operator
    lines: Mapping[str, TariffLine]  # by operator, in the order of players
    answers: bytes  # level to play, by cell
    values: np.ndarray = field(compare=False)  # (cells, points) discounted profit, currency per person
    ended: int = 0  # cell in which training ended

    def cell(self, fees: Mapping[str, float]) -> int:
        """Return the cell of given fees by plan, all operators' plans."""
        cell = 0
        for line in self.lines.values():
            cell = cell * line.points + line.level(fees)
        return cell

    def level(self, cell: int) -> int:
        """Return the operator's own level in a cell."""
        levels = np.unravel_index(cell, [line.points for line in self.lines.values()])
        return int(levels[list(self.lines).index(self.name)])


class Player(NamedTuple):
    """One player's algorithm."""

    points: int  # levels it may play
    alpha: float  # weight of what it has just met
    beta: float  # exploration falls as exp(-beta period)
    delta: float  # discount factor of a period


class Training(NamedTuple):
    """What training ends with."""

    values: tuple[np.ndarray, ...]  # by player, shape (cells, points)
    answers: tuple[bytes, ...]  # by player: level to play, by cell
    ended: int  # cell of the last period
    periods: int  # lived through


def level_table(players: tuple[Player, ...]) -> np.ndarray:
    """Levels of all players in each cell, shape (cells, players)."""
    sizes = [player.points for player in players]
    return np.stack(np.unravel_index(np.arange(math.prod(sizes)), sizes), axis=1)


def first_values(players: tuple[Player, ...], profits: np.ndarray, player: int) -> np.ndarray:
    """Values a player starts from: discounted profit of each level for ever against uniformly random rivals, shape
    (points,).
    """
    own = level_table(players)[:, player]
    means = np.bincount(own, weights=profits[:, player]) / np.bincount(own)
    return np.asarray(means / (1.0 - players[player].delta))


@lru_cache(maxsize=4)
def train(players: tuple[Player, ...], profits: bytes, key: int, stable: int, periods: int) -> Training:
    """Let players learn against each other until no answer has changed for `stable` periods, or `periods` have passed.

    The same game is learnt once: two operators that face each other, and all arms of a comparison, share the training.

    Parameters
    ----------
    players : all of the game
    profits : bytes of a float64 array (cells, players), profit of a period, currency per person
    key : of the draws
    stable : periods without a change of any player's answers after which training ends
    periods : after which it ends in any case

    """
    cells, points = math.prod(player.points for player in players), max(player.points for player in players)
    table = np.frombuffer(profits).reshape(cells, len(players))
    values = np.full((len(players), cells, points), -np.inf)
    for number, player in enumerate(players):
        values[number, :, : player.points] = first_values(players, table, number)
    answers, noted = np.ascontiguousarray(values.argmax(axis=2)), np.zeros(2, np.int64)
    sizes = np.array([player.points for player in players])
    alpha, beta, delta = (
        np.array([getattr(player, name) for player in players]) for name in ("alpha", "beta", "delta")
    )
    play(
        np.uint64(key),
        table,
        sizes,
        alpha,
        beta,
        delta,
        stable,
        periods,
        values,
        answers,
        np.zeros(len(players), np.int64),
        noted,
    )
    values.setflags(write=False)
    own = tuple(values[number, :, : player.points] for number, player in enumerate(players))
    return Training(own, tuple(bytes(row.astype(np.uint8)) for row in answers), int(noted[ENDED]), int(noted[PERIODS]))


@loop
def play(
    key: np.uint64,
    profits: np.ndarray,
    sizes: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    delta: np.ndarray,
    stable: int,
    periods: int,
    values: np.ndarray,
    answers: np.ndarray,
    chosen: np.ndarray,
    noted: np.ndarray,
) -> None:
    """Live through periods of a pricing game, in this order; `values`, `answers` and `noted` are updated in place.

    1. Each player explores (a level drawn uniformly) with probability exp(-beta period), else plays its answer to the
       cell.
    2. Each values what it played: Q <- (1 - alpha) Q + alpha (profit + delta max Q of the cell they come to).
    3. Its answer to the old cell is the level it now values most.
    """
    cell, unchanged = int(profits.shape[0] * uniform(key, draws.TRAINING, 0, sizes.shape[0])), 0
    for period in range(periods):
        following = 0
        for i in range(sizes.shape[0]):
            explores = math.exp(-beta[i] * period)
            drawn = uniform(key, draws.TRAINING, period, i)
            chosen[i] = min(int(sizes[i] * drawn / explores), sizes[i] - 1) if drawn < explores else answers[i, cell]
            following = following * sizes[i] + chosen[i]
        unchanged += 1
        for i in range(sizes.shape[0]):
            row, level, best = values[i, cell], chosen[i], answers[i, cell]
            met = profits[following, i] + delta[i] * values[i, following, answers[i, following]]
            row[level] = (1.0 - alpha[i]) * row[level] + alpha[i] * met
            for other in range(sizes[i]):
                if row[other] > row[best]:
                    best = other
            if best != answers[i, cell]:
                answers[i, cell], unchanged = best, 0
        cell = following
        noted[PERIODS] = period + 1
        if unchanged >= stable:
            break
    noted[ENDED] = cell
