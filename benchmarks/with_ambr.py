"""The small market in AMBER, twice: by the view API that its guide begins with, and by its array lane (`borrow`,
`commit`), where the arithmetic is NumPy's, as by hand.
"""

import ambr
import numpy as np
import polars as pl

from benchmarks.by_hand import choose, feel, hear
from benchmarks.small_market import Month, SmallMarket


class World(ambr.Model):  # type: ignore[misc]
    """The market, by the array lane."""

    def setup(self) -> None:
        """Add the people."""
        small: SmallMarket = self.p["small"]
        self.small, self.ties = small, np.ascontiguousarray(small.ties.T)
        self.add_agents(
            len(small.plan),
            plan=small.plan.astype(np.int8),
            operator=small.operator[small.plan].astype(np.int8),
            satisfaction=small.satisfaction.astype(np.float32),
            expectation=small.expectation.astype(np.float32),
            sensitivity=small.price_sensitivity.astype(np.float32),
        )
        self.friends = [pl.Series(friend.astype(np.uint32)) for friend in self.ties]
        self.sensitivity = self.column("sensitivity")  # never changes
        self.months: list[Month] = []
        self.count(self.column("operator"), self.column("satisfaction"))

    def column(self, name: str) -> np.ndarray:
        """Look at a column, without a copy."""
        return np.asarray(self.agents.borrow(name)[0])

    def count(self, operator: np.ndarray, satisfaction: np.ndarray) -> None:
        """Count subscribers and their mean satisfaction, by operator."""
        size = len(self.small.quality)
        self.subscribers = np.bincount(operator, minlength=size)
        self.reputation = np.bincount(operator, weights=satisfaction, minlength=size) / self.subscribers

    def step_vectorized(self) -> None:
        """Live a month."""
        small, rng = self.small, self.rng
        plan, operator = self.column("plan").copy(), self.column("operator")
        satisfaction, expectation = self.column("satisfaction").copy(), self.column("expectation").copy()
        total, same = hear(self.ties, operator, satisfaction)
        feel(small, operator, satisfaction, expectation, total, same, rng.standard_normal(len(plan), dtype=np.float32))
        who = np.flatnonzero(rng.random(len(plan), dtype=np.float32) < small.attention)
        plan[who] = choose(
            small,
            who,
            self.ties,
            operator,
            satisfaction,
            self.sensitivity,
            self.reputation,
            lambda size: rng.gumbel(size=size),
        )
        new = small.operator[plan[who]]
        moves = new != operator[who]
        movers, to = who[moves], new[moves]
        satisfaction[movers], expectation[movers] = (
            self.reputation[to],
            0.5 * (self.reputation[to] + small.advertised[to]),
        )
        operator = operator.copy()
        operator[movers] = to
        self.agents.commit(plan=plan, operator=operator, satisfaction=satisfaction, expectation=expectation)
        self.count(operator, satisfaction)
        self.months.append(Month(self.subscribers, self.reputation, len(movers), len(who)))

    def state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Plan, satisfaction and expectation of everybody."""
        return self.column("plan").astype(np.int64), self.column("satisfaction"), self.column("expectation")


class Views(World):
    """The market, by the view API: columns are Polars series,
    and a view of those who look around takes their changes.
    """

    def step_vectorized(self) -> None:
        """Live a month."""
        small, rng, agents = self.small, self.rng, self.agents
        operator, satisfaction, expectation = agents.operator, agents.satisfaction, agents.expectation
        total, same = 0.0, 0
        for friend in self.friends:
            alike = operator.gather(friend) == operator
            same += alike.cast(pl.Int8)
            total += satisfaction.gather(friend) * alike
        quality = pl.Series(small.quality.astype(np.float32)).gather(operator)
        performed = (quality + small.noise * pl.Series(rng.standard_normal(len(agents), dtype=np.float32))).clip(
            0.0, 1.0
        )
        gap = performed - expectation
        hearsay = (total / same.clip(1) - expectation) * (same > 0)
        agents.satisfaction = satisfaction = (
            satisfaction + small.weight * (performed + small.disconfirmation * gap - satisfaction)
        ).clip(0.0, 1.0)
        agents.expectation = expectation = (expectation + small.adaptation * gap + small.hearsay * hearsay).clip(
            0.0, 1.0
        )
        was = operator.to_numpy()
        who = np.flatnonzero(rng.random(len(agents), dtype=np.float32) < small.attention)
        plan = choose(
            small,
            who,
            self.ties,
            was,
            satisfaction.to_numpy(),
            self.sensitivity,
            self.reputation,
            lambda size: rng.gumbel(size=size),
        )
        new = small.operator[plan]
        moves, known = new != was[who], self.reputation[new]
        agents.at[who].set(
            plan=plan.astype(np.int8),
            operator=new.astype(np.int8),
            satisfaction=np.where(moves, known, satisfaction.to_numpy()[who]).astype(np.float32),
            expectation=np.where(moves, 0.5 * (known + small.advertised[new]), expectation.to_numpy()[who]).astype(
                np.float32
            ),
        )
        self.count(self.column("operator"), self.column("satisfaction"))
        self.months.append(Month(self.subscribers, self.reputation, int(moves.sum()), len(who)))


class Runner:
    """Steps the model as AMBER's own `run` does."""

    def __init__(self, model: World):
        self.model = model
        model._ensure_setup()
        self.step, self.state, self.months = model.run_step, model.state, model.months


def build(market: SmallMarket, seed: int, model: type[World] = Views) -> Runner:
    """Set up the market."""
    return Runner(model({"small": market, "seed": seed}).cpu(mode="vectorized"))


def build_arrays(market: SmallMarket, seed: int) -> Runner:
    """Set up the market in the array lane."""
    return build(market, seed, World)
