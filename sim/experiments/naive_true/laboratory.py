"""What the lab can do and an analyst cannot: run one world twice with one thing changed, and count who leaves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from agents import draws
from agents.draws import uniforms
from sim.books.panel import COLUMNS
from sim.config import Scenario
from sim.market import Market

MONTHS = 24  # recorded in the panel
EVERY = 3  # months between worlds that are kept, to be forked from
CUTS = range(EVERY, MONTHS, EVERY)  # months after which experiments of one month start
HORIZON = 6  # months over which what comes from others is counted
YEAR = 12

Change = Callable[[Market, np.ndarray], None]  # changes the state of people in a fork


@dataclass(eq=False)
class Laboratory:
    """One warmed-up world. What has been run is kept, so that all claims share it."""

    scenario: Scenario
    seed: int
    world: Market | None = None  # at month 0, where it is there already
    kept: dict[tuple[str, int, int], Market] = field(default_factory=dict)
    panels: dict[tuple[str, int, int], pd.DataFrame] = field(default_factory=dict)

    @cached_property
    def start(self) -> Market:
        """The world at month 0."""
        return self.world or Market(self.scenario, seed=self.seed)

    def at(self, month: int, policy: str = "none", since: int = 0) -> Market:
        """Return the world after a month, the focal operator having taken on a policy after month `since`; not to be
        run itself.
        """
        if month == since:
            return self.start if month == 0 else self.at(month)
        place = (policy, since, month)
        if place not in self.kept:
            before = (month - 1) // EVERY * EVERY
            earlier = self.at(before, policy, since) if before > since else self.at(since)
            twin = earlier.fork() if before > since else earlier.fork(policy=policy)
            self.kept[place] = run(twin, month - earlier.month)
        return self.kept[place]

    def panel(self, policy: str = "none", since: int = 0, months: int = MONTHS) -> pd.DataFrame:
        """Return what the focal operator's analyst has: public columns of its own customers, in the order of customer
        and month.
        """
        place = (policy, since, months)
        if place not in self.panels:
            whole = self.at(months, policy, since).panel[list(COLUMNS)]
            self.panels[place] = whole[whole["operator"] == self.scenario.focal].sort_values(
                ["customer", "month"], ignore_index=True
            )
        return self.panels[place]


Estimate = Callable[[Laboratory], float]  # of one world


def run(market: Market, months: int) -> Market:
    """Live so many months; return the market."""
    for _ in range(months):
        market.step()
    return market


def futures(world: Market, months: int, twin: Market) -> tuple[Market, Market]:
    """Run a world and its twin, in which something was changed, for so many months; return both."""
    return run(world.fork(), months), run(twin, months)


def own_customers(world: Market) -> np.ndarray:
    """Row numbers of the focal operator's customers."""
    return world.customers_of(world.focal_index)


def left(before: Market, after: Market, people: np.ndarray) -> np.ndarray:
    """Whether people have left the operator they were with, shape (people,); who returns has left too."""
    operator = before.customers.operator[people]
    return np.asarray(
        (after.customers.operator[people] != operator) | (after.state.joined[people] != before.state.joined[people])
    )


def in_one_month(laboratory: Laboratory, choose: Callable[[Market], np.ndarray], change: Change) -> float:
    """Change of people's chance to leave in the month in which something is changed, in points; mean over people and
    months.

    One month is too short for anything to come back to them from others: everyone reads last month's world.

    Parameters
    ----------
    laboratory : of one world
    choose : world -> row numbers of the people concerned
    change : (fork, people) -> None, lays the change over their state

    """
    changes, people = 0.0, 0
    for month in CUTS:
        world = laboratory.at(month)
        chosen = choose(world)
        twin = world.fork()
        change(twin, chosen)
        plain, changed = futures(world, 1, twin)
        changes += float(left(world, changed, chosen).sum()) - float(left(world, plain, chosen).sum())
        people += len(chosen)
    return 100.0 * changes / people if people else float("nan")


def one_in_each_community(world: Market, among: np.ndarray) -> np.ndarray:
    """Draw one person in each community among some, keyed by world and month, row numbers."""
    lots = uniforms(world.world.luck_key, draws.PANEL, among, 1)
    order = among[np.argsort(lots, kind="stable")]
    _, first = np.unique(world.traits.community[order], return_index=True)
    return np.asarray(order[first])
