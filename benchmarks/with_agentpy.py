"""The small market in AgentPy: every customer an agent with her friends; the model calls two stages a month on its list
of agents.
"""

from typing import Any

import agentpy as ap
import numpy as np

from benchmarks import by_objects
from benchmarks.small_market import Month, SmallMarket


class Customer(by_objects.Customer, ap.Agent):  # type: ignore[misc]
    """One customer."""


class World(ap.Model):  # type: ignore[misc]
    """The market."""

    def setup(self) -> None:
        """Add the people and their friends."""
        small: SmallMarket = self.p.small
        self.small, self.operators = small._replace(ties=np.empty(0)), len(small.quality)
        self.owner, self.quality, self.advertised = (
            small.operator.tolist(),
            small.quality.tolist(),
            small.advertised.tolist(),
        )
        self.plans = list(zip(small.fee.tolist(), small.appeal.tolist(), self.owner, strict=True))
        home = small.operator[small.plan]
        columns = {
            "plan": small.plan,
            "operator": home,
            "satisfaction": small.satisfaction,
            "expectation": small.expectation,
            "sensitivity": small.price_sensitivity,
        }
        self.people = ap.AgentList(
            self, len(small.plan), Customer, **{name: ap.AttrIter(column.tolist()) for name, column in columns.items()}
        )
        people = list(self.people)
        for customer, ties in zip(people, small.ties.tolist(), strict=True):
            customer.friends = [people[tie] for tie in ties]
        self.reputation = (np.bincount(home, weights=small.satisfaction) / np.bincount(home)).tolist()
        self.months: list[Month] = []

    def step(self) -> None:
        """Live a month."""
        self.subscribers, self.total, self.leavers, self.attentive = [0] * self.operators, [0.0] * self.operators, 0, 0
        self.people.hear()
        self.people.live()
        self.reputation = [total / count for total, count in zip(self.total, self.subscribers, strict=True)]
        self.months.append(Month(self.subscribers, self.reputation, self.leavers, self.attentive))

    def state(self) -> tuple[Any, ...]:
        """Plan, satisfaction and expectation of everybody."""
        return tuple(np.array(list(getattr(self.people, name))) for name in ("plan", "satisfaction", "expectation"))


class Runner:
    """Steps the model as AgentPy's own `run` does."""

    def __init__(self, model: World):
        self.model = model
        model.sim_setup()
        self.step, self.state, self.months = model.sim_step, model.state, model.months


def build(market: SmallMarket, seed: int) -> Runner:
    """Set up the market."""
    return Runner(World({"small": market, "seed": seed}))
