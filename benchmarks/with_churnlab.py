"""churnlab itself, stepped like a rival."""

import os

import numpy as np

from benchmarks.small_market import SCENARIO, Month
from sim import Market, load_scenario
from sim.books import relations

SEED = 1  # of the world that every contender opens with


def open_market(people: int, scenario: str = SCENARIO, overrides: tuple[str, ...] = (), threads: int = 1) -> Market:
    """Draw the world at month 0."""
    return Market(load_scenario(scenario, [f"customers.count={people}", *overrides]), seed=SEED, threads=threads)


def compile_rules() -> None:
    """Load the machine code of the rules, or compile it, so that it counts as neither set-up nor month."""
    market = open_market(500)
    for _ in range(relations.EVERY):
        market.step()


class Runner:
    """Steps a market, and reads the figures of its months from its books."""

    def __init__(self, market: Market):
        self.market, self.step = market, market.step

    @property
    def months(self) -> list[Month]:
        """What happened, by month."""
        return [
            Month(
                book.line("closing"),
                book.line("satisfaction") / np.maximum(book.line("closing"), 1.0),
                int(book.line("churn_voluntary").sum()),
                int(book.line("attentive").sum()),
            )
            for book in self.market.books
        ]

    def state(self) -> tuple[np.ndarray, ...]:
        """Plan, satisfaction and expectation of everybody."""
        state = self.market.state
        return state.plan.astype(np.int64), state.satisfaction.astype(float), state.expectation.astype(float)


def cores(threads: int) -> int:
    """Threads to use: 0 stands for one a core."""
    return threads or os.cpu_count() or 1
