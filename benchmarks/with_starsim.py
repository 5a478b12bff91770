"""The small market in Starsim: people's columns are states of a module, its distributions draw; the arithmetic is
NumPy's, as by hand.
"""

import numpy as np
import starsim as ss

from benchmarks.by_hand import choose, feel, hear
from benchmarks.small_market import Month, SmallMarket

LONGEST = 2_000  # months that the simulation is laid out for


class Customers(ss.Module):  # type: ignore[misc]
    """What customers feel and do."""

    def __init__(self, small: SmallMarket):
        super().__init__(name="customers")
        self.small, self.friends = small, np.ascontiguousarray(small.ties.T)
        self.define_states(
            ss.IntArr("plan"),
            ss.IntArr("operator"),
            ss.FloatArr("satisfaction"),
            ss.FloatArr("expectation"),
            ss.FloatArr("sensitivity"),
        )
        self.noise, self.wakes, self.shock = ss.normal(loc=0.0, scale=1.0), ss.bernoulli(p=small.attention), ss.random()
        self.months: list[Month] = []

    def init_post(self) -> None:
        """Lay the opening over the states."""
        super().init_post()
        small = self.small
        opening = {
            "plan": small.plan,
            "operator": small.operator[small.plan],
            "satisfaction": small.satisfaction,
            "expectation": small.expectation,
        }
        for name, values in {**opening, "sensitivity": small.price_sensitivity}.items():
            self[name][:] = values
        self.count()

    def count(self) -> None:
        """Count subscribers and their mean satisfaction, by operator."""
        size, operator = len(self.small.quality), self.operator.values
        self.subscribers = np.bincount(operator, minlength=size)
        self.reputation = np.bincount(operator, weights=self.satisfaction.values, minlength=size) / self.subscribers

    def gumbel(self, size: tuple[int, int]) -> np.ndarray:
        """Draw standard Gumbel shocks."""
        return np.asarray(-np.log(-np.log(self.shock.rvs(size))))

    def step(self) -> None:
        """Live a month."""
        small, uids = self.small, self.sim.people.auids
        operator, satisfaction, expectation = self.operator.values, self.satisfaction.values, self.expectation.values
        total, same = hear(self.friends, operator, satisfaction)
        feel(small, operator, satisfaction, expectation, total, same, self.noise.rvs(uids).astype(satisfaction.dtype))
        self.satisfaction[:], self.expectation[:] = satisfaction, expectation
        who = self.wakes.filter()
        plan = choose(
            small, who, self.friends, operator, satisfaction, self.sensitivity.values, self.reputation, self.gumbel
        )
        new = small.operator[plan]
        moves = new != operator[who]
        movers, known = who[moves], self.reputation[new[moves]]
        self.satisfaction[movers], self.expectation[movers] = known, 0.5 * (known + small.advertised[new[moves]])
        self.plan[who], self.operator[who] = plan, new
        self.count()
        self.months.append(Month(self.subscribers, self.reputation, len(movers), len(who)))


class Runner:
    """Steps the simulation as Starsim's own `run` does."""

    def __init__(self, market: SmallMarket, seed: int):
        module = Customers(market)
        self.sim = ss.Sim(
            n_agents=len(market.plan),
            modules=module,
            dt=ss.months(1),
            start=ss.date("2000-01-01"),
            dur=ss.months(LONGEST),
            rand_seed=seed,
            verbose=0,
        )
        self.sim.init()
        self.module = self.sim.get_module("customers")
        self.step, self.months = self.sim.run_one_step, self.module.months

    def state(self) -> tuple[np.ndarray, ...]:
        """Plan, satisfaction and expectation of everybody."""
        return self.module.plan.values.astype(np.int64), self.module.satisfaction.values, self.module.expectation.values


def build(market: SmallMarket, seed: int) -> Runner:
    """Set up the market."""
    return Runner(market, seed)
