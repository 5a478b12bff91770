"""The small market by hand in Numba: one compiled loop over people, two copies of what ties see. As fast as a
specialised program gets with these draws.
"""

import math

import numba
import numpy as np

from benchmarks.small_market import Month, SmallMarket


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def live(
    rng,
    ties,
    plan,
    expectation,
    sensitivity,
    operator,
    satisfaction,
    now_operator,
    now_satisfaction,
    numbers,
    owner,
    fee,
    appeal,
    quality,
    advertised,
    reputation,
    pull,
    count,
    total,
):  # type: ignore[no-untyped-def]
    """Let everybody live a month; return how many left, and how many looked around. `operator` and `satisfaction` are
    last month's, `now_` this month's.
    """
    noise, weight, disconfirmation, adaptation, hearsay, attention, by_satisfaction, social, leaving_cost = numbers
    leavers = attentive = 0
    degree = ties.shape[1]
    for i in range(len(plan)):
        j, felt, expected = operator[i], satisfaction[i], expectation[i]
        heard, same = 0.0, 0
        for k in range(degree):
            friend = ties[i, k]
            alike = operator[friend] == j
            same += alike
            heard += alike * satisfaction[friend]
        performed = min(max(quality[j] + noise * rng.standard_normal(), 0.0), 1.0)
        gap = performed - expected
        felt = min(max(felt + weight * (performed + disconfirmation * gap - felt), 0.0), 1.0)
        moved = expected + adaptation * gap
        if same > 0:
            moved += hearsay * (heard / same - expected)
        expected = min(max(moved, 0.0), 1.0)
        if rng.random() < attention:
            attentive += 1
            a = sensitivity[i]
            for k in range(len(quality)):
                pull[k] = by_satisfaction * felt if k == j else by_satisfaction * reputation[k] - a * leaving_cost
            for k in range(degree):
                pull[operator[ties[i, k]]] += social / degree
            most = -math.inf
            for p in range(len(fee)):
                utility = appeal[p] - a * fee[p] + pull[owner[p]] - math.log(-math.log(rng.random()))
                if utility > most:
                    plan[i], most = p, utility
            if owner[plan[i]] != j:
                j = owner[plan[i]]
                leavers += 1
                felt, expected = reputation[j], 0.5 * (reputation[j] + advertised[j])
        now_operator[i], now_satisfaction[i], expectation[i] = j, felt, expected
        count[j] += 1
        total[j] += felt
    return leavers, attentive


class World:
    """The market, month after month."""

    def __init__(self, small: SmallMarket, seed: int):
        self.small, self.rng = small, np.random.default_rng(seed)
        self.ties, self.plan = small.ties, small.plan.astype(np.int8)
        self.operator = small.operator[small.plan].astype(np.int8)
        self.satisfaction, self.expectation, self.sensitivity = (
            column.astype(np.float32) for column in (small.satisfaction, small.expectation, small.price_sensitivity)
        )
        self.now_operator, self.now_satisfaction = self.operator.copy(), self.satisfaction.copy()
        self.numbers = (
            small.noise,
            small.weight,
            small.disconfirmation,
            small.adaptation,
            small.hearsay,
            small.attention,
            small.by_satisfaction,
            small.social,
            small.hassle / small.horizon,
        )
        self.reputation = np.bincount(self.operator, weights=self.satisfaction) / np.bincount(self.operator)
        self.months: list[Month] = []

    def step(self) -> None:
        """Live a month."""
        small, size = self.small, len(self.small.quality)
        count, total = np.zeros(size, np.int64), np.zeros(size)
        leavers, attentive = live(
            self.rng,
            self.ties,
            self.plan,
            self.expectation,
            self.sensitivity,
            self.operator,
            self.satisfaction,
            self.now_operator,
            self.now_satisfaction,
            self.numbers,
            small.operator,
            small.fee,
            small.appeal,
            small.quality,
            small.advertised,
            self.reputation,
            np.empty(size),
            count,
            total,
        )
        self.operator, self.now_operator = self.now_operator, self.operator
        self.satisfaction, self.now_satisfaction = self.now_satisfaction, self.satisfaction
        self.reputation = total / count
        self.months.append(Month(count.tolist(), self.reputation, leavers, attentive))

    def state(self) -> tuple[np.ndarray, ...]:
        """Plan, satisfaction and expectation of everybody."""
        return self.plan.astype(np.int64), self.satisfaction, self.expectation


def build(market: SmallMarket, seed: int) -> World:
    """Set up the market."""
    return World(market, seed)
