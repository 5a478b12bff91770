"""The small market's rules for a customer who is a Python object, shared by the frameworks whose agents are such
objects.
"""

import math
from typing import Any


class Customer:
    """What a customer does in a month, in two stages: `hear` for everybody, then `live`, so that all read last month's
    world.

    The model holds `small` (parameters), `operators` (number), `owner` (operator by plan), `quality`, `advertised` and
    `reputation` by operator, `plans` (fee, appeal, owner), `random`, and adds up `subscribers` and `total` satisfaction
    by operator, `leavers` and `attentive`."""

    model: Any
    plan: int
    operator: int
    satisfaction: float
    expectation: float
    sensitivity: float
    friends: "list[Customer]"
    around: list[int]  # friends by operator
    heard: float  # mean satisfaction of those on her own operator, -1 where there are none

    def hear(self) -> None:
        """Ask friends with whom they are, and how content those on her own operator are."""
        around, total, mine = [0] * self.model.operators, 0.0, self.operator
        for friend in self.friends:
            around[friend.operator] += 1
            if friend.operator == mine:
                total += friend.satisfaction
        self.around = around
        self.heard = total / around[mine] if around[mine] else -1.0

    def live(self) -> None:
        """Meet the network, feel, and perhaps choose."""
        model, small = self.model, self.model.small
        performed = min(max(model.quality[self.operator] + small.noise * model.random.gauss(0.0, 1.0), 0.0), 1.0)
        gap = performed - self.expectation
        self.satisfaction = min(
            max(self.satisfaction + small.weight * (performed + small.disconfirmation * gap - self.satisfaction), 0.0),
            1.0,
        )
        moved = self.expectation + small.adaptation * gap
        if self.heard >= 0.0:
            moved += small.hearsay * (self.heard - self.expectation)
        self.expectation = min(max(moved, 0.0), 1.0)
        if model.random.random() < small.attention:
            self.choose()
        model.subscribers[self.operator] += 1
        model.total[self.operator] += self.satisfaction

    def choose(self) -> None:
        """Take the plan with the highest utility."""
        model, small, random = self.model, self.model.small, self.model.random.random
        model.attentive += 1
        leaving = self.sensitivity * small.hassle / small.horizon
        pull = [
            small.social * friends / len(self.friends)
            + (
                small.by_satisfaction * self.satisfaction
                if j == self.operator
                else small.by_satisfaction * model.reputation[j] - leaving
            )
            for j, friends in enumerate(self.around)
        ]
        best, most = self.plan, -math.inf
        for plan, (fee, appeal, owner) in enumerate(model.plans):
            utility = appeal - self.sensitivity * fee + pull[owner] - math.log(-math.log(random()))
            if utility > most:
                best, most = plan, utility
        new = model.owner[best]
        if new != self.operator:
            model.leavers += 1
            self.satisfaction = model.reputation[new]
            self.expectation = 0.5 * (self.satisfaction + model.advertised[new])
        self.plan, self.operator = best, new
