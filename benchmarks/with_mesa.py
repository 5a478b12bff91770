"""The small market in plain Mesa: every customer an agent with her friends; two stages a month, so that everybody reads
last month's world.
"""

from typing import Any

import mesa
import numpy as np

from benchmarks import by_objects
from benchmarks.small_market import Month, SmallMarket


class Customer(by_objects.Customer, mesa.Agent):  # type: ignore[misc]
    """One customer."""

    def __init__(self, model: "World", plan: int, satisfaction: float, expectation: float, sensitivity: float):
        super().__init__(model)
        self.plan, self.operator = plan, model.owner[plan]
        self.satisfaction, self.expectation, self.sensitivity = satisfaction, expectation, sensitivity


class World(mesa.Model):  # type: ignore[misc]
    """The market."""

    def __init__(self, small: SmallMarket, seed: int):
        super().__init__(rng=seed)
        self.small, self.operators = small._replace(ties=np.empty(0)), len(small.quality)
        self.owner, self.quality, self.advertised = (
            small.operator.tolist(),
            small.quality.tolist(),
            small.advertised.tolist(),
        )
        self.plans = list(zip(small.fee.tolist(), small.appeal.tolist(), self.owner, strict=True))
        columns = [
            column.tolist() for column in (small.plan, small.satisfaction, small.expectation, small.price_sensitivity)
        ]
        people = list(Customer.create_agents(self, len(small.plan), *columns))
        for customer, ties in zip(people, small.ties.tolist(), strict=True):
            customer.friends = [people[tie] for tie in ties]
        home = small.operator[small.plan]
        self.reputation = (np.bincount(home, weights=small.satisfaction) / np.bincount(home)).tolist()
        self.months: list[Month] = []

    def step(self) -> None:
        """Live a month."""
        self.subscribers, self.total, self.leavers, self.attentive = [0] * self.operators, [0.0] * self.operators, 0, 0
        self.agents.do("hear")
        self.agents.do("live")
        self.reputation = [total / count for total, count in zip(self.total, self.subscribers, strict=True)]
        self.months.append(Month(self.subscribers, self.reputation, self.leavers, self.attentive))

    def state(self) -> tuple[Any, Any, Any]:
        """Plan, satisfaction and expectation of everybody."""
        return tuple(np.array(self.agents.get(name)) for name in ("plan", "satisfaction", "expectation"))  # type: ignore[return-value]


def build(market: SmallMarket, seed: int) -> World:
    """Set up the market."""
    return World(market, seed)
