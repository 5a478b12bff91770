"""The small market by hand in NumPy: one array operation after the other over everybody, single precision, buffers of
month after month reused.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.small_market import Month, SmallMarket

Floats = np.ndarray


def hear(ties: np.ndarray, operator: np.ndarray, satisfaction: Floats) -> tuple[Floats, np.ndarray]:
    """Sum of satisfaction of the ties on the same operator, and their number; ties: (degree, people), a gather over
    each row being much faster than `satisfaction[ties]`.
    """
    total, same = np.zeros(len(operator), satisfaction.dtype), np.zeros(len(operator), np.int8)
    for friend in ties:
        alike = operator.take(friend) == operator
        same += alike
        total += satisfaction.take(friend) * alike
    return total, same


def feel(
    market: SmallMarket,
    operator: np.ndarray,
    satisfaction: Floats,
    expectation: Floats,
    total: Floats,
    same: np.ndarray,
    normal: Floats,
) -> None:
    """Move satisfaction and expectation by a month's experience and hearsay, in place; `normal` (standard normal draws)
    becomes the performance.
    """
    performed = normal
    performed *= market.noise
    performed += market.quality.astype(performed.dtype).take(operator)
    np.clip(performed, 0.0, 1.0, out=performed)
    gap = performed - expectation
    satisfaction += market.weight * (performed + market.disconfirmation * gap - satisfaction)
    np.clip(satisfaction, 0.0, 1.0, out=satisfaction)
    total /= np.maximum(same, 1)
    total -= expectation
    total *= same > 0
    expectation += market.adaptation * gap
    expectation += market.hearsay * total
    np.clip(expectation, 0.0, 1.0, out=expectation)


def choose(
    market: SmallMarket,
    who: np.ndarray,
    ties: np.ndarray,
    operator: np.ndarray,
    satisfaction: Floats,
    sensitivity: Floats,
    reputation: np.ndarray,
    gumbel: Callable[[tuple[int, int]], np.ndarray],
) -> np.ndarray:
    """Plan that each of `who` takes: logit over all plans, by the largest utility with its Gumbel draw."""
    a, home, operators = sensitivity[who], operator[who], len(market.quality)
    around = operator[ties[:, who]]
    pull = np.empty((operators, len(who)), satisfaction.dtype)
    for j in range(operators):
        elsewhere = market.by_satisfaction * reputation[j] - a * (market.hassle / market.horizon)
        pull[j] = market.social / len(ties) * (around == j).sum(axis=0) + np.where(
            home == j, market.by_satisfaction * satisfaction[who], elsewhere
        )
    utility = (
        market.appeal[:, None] - market.fee[:, None] * a + pull[market.operator] + gumbel((len(market.fee), len(who)))
    )
    return np.asarray(utility.argmax(axis=0))


class World:
    """The market, month after month."""

    def __init__(self, market: SmallMarket, seed: int):
        self.market, self.rng = market, np.random.default_rng(seed)
        self.ties = np.ascontiguousarray(market.ties.T)
        self.plan, self.operator = market.plan.astype(np.int8), market.operator[market.plan].astype(np.int8)
        self.satisfaction, self.expectation, self.sensitivity = (
            column.astype(np.float32) for column in (market.satisfaction, market.expectation, market.price_sensitivity)
        )
        self.normal, self.uniform = np.empty((2, len(self.plan)), np.float32)
        self.months: list[Month] = []
        self.subscribers, self.reputation = self.count()

    def count(self) -> tuple[np.ndarray, np.ndarray]:
        """Subscribers and their mean satisfaction, by operator."""
        subscribers = np.bincount(self.operator, minlength=len(self.market.quality))
        return (
            subscribers,
            np.bincount(self.operator, weights=self.satisfaction, minlength=len(self.market.quality)) / subscribers,
        )

    def step(self) -> None:
        """Live a month."""
        market, rng, operator = self.market, self.rng, self.operator
        total, same = hear(self.ties, operator, self.satisfaction)
        rng.standard_normal(dtype=np.float32, out=self.normal)
        feel(market, operator, self.satisfaction, self.expectation, total, same, self.normal)
        rng.random(dtype=np.float32, out=self.uniform)
        who = np.flatnonzero(self.uniform < market.attention)
        plan = choose(
            market,
            who,
            self.ties,
            operator,
            self.satisfaction,
            self.sensitivity,
            self.reputation,
            lambda size: rng.gumbel(size=size),
        )
        new = market.operator[plan]
        moves = new != operator[who]
        movers, to = who[moves], new[moves]
        self.satisfaction[movers], self.expectation[movers] = (
            self.reputation[to],
            0.5 * (self.reputation[to] + market.advertised[to]),
        )
        self.plan[who], self.operator[who] = plan, new
        self.subscribers, self.reputation = self.count()
        self.months.append(Month(self.subscribers, self.reputation, len(movers), len(who)))

    def state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Plan, satisfaction and expectation of everybody."""
        return self.plan.astype(np.int64), self.satisfaction, self.expectation


def build(market: SmallMarket, seed: int) -> World:
    """Set up the market."""
    return World(market, seed)
