"""One world on which facts are examined: its five years as they come, and futures in which one thing is changed."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from sim.config import Scenario
from sim.config.values import with_values
from sim.experiments.naive_true.laboratory import Laboratory
from sim.market import Market
from sim.month.futures import take_on
from sim.world.parameters import parameters_of

YEAR = 12


class Lab:
    """A warmed-up world at month 0. `panel` needs panel.share and panel.truth in the scenario."""

    def __init__(self, scenario: Scenario, seed: int):
        self.scenario, self.seed = scenario, seed
        self.world = Market(scenario, seed=seed)

    @cached_property
    def market(self) -> Market:
        """The world's years as they come."""
        return self.world.fork().run()

    @cached_property
    def panel(self) -> pd.DataFrame:
        """What happened in them, with the truth; one row a customer and month, in that order."""
        return in_order(self.market.panel)

    @cached_property
    def laboratory(self) -> Laboratory:
        """The same world for the claims that analysts make."""
        return Laboratory(self.scenario, self.seed, self.world)

    def future(
        self,
        months: int,
        values: Mapping[str, Any] | None = None,
        policies: Mapping[str, str] | None = None,
        shocks: Mapping[str, Any] | None = None,
        prepare: Callable[[Market], None] | None = None,
        **fork: Any,
    ) -> Market:
        """Run another future of the world for some months.

        values : keys of the scenario's behaviour that differ from now on
        policies : operator -> policy it takes on
        shocks : name -> shock, in place of the scenario's
        prepare : what else is changed by hand
        fork : of Market.fork
        """
        twin = self.world.fork(**fork)
        if values:
            change_behaviour(twin, values)
        if shocks is not None:
            twin.scenario = twin.scenario.model_copy(update={"shocks": dict(shocks)})
        for operator, policy in (policies or {}).items():
            take_on(twin.scenario, twin.world, policy, operator)
        if prepare is not None:
            prepare(twin)
        return advanced(twin, months)

    def another(self, months: int, values: Mapping[str, Any]) -> Market:
        """Run another world of the same seed, built and warmed up under other values of the scenario."""
        return advanced(Market(with_values(self.scenario, values), seed=self.seed), months)

    def everywhere(self, policy: str) -> dict[str, str]:
        """All operators take on one policy."""
        return dict.fromkeys(self.world.operator_names, policy)

    @property
    def plan_keys(self) -> list[tuple[str, Any]]:
        """Key of each plan in the scenario, with the plan."""
        return [
            (f"operators.{operator}.plans.{name}", plan) for name, (operator, plan) in self.scenario.all_plans.items()
        ]


def advanced(market: Market, months: int) -> Market:
    """Live so many months; return the market."""
    for _ in range(months):
        market.step()
    return market


def change_behaviour(market: Market, values: Mapping[str, Any]) -> None:
    """Let the market's people behave by other numbers from now on."""
    market.scenario = with_values(market.scenario, values)
    market.world.params = parameters_of(market.scenario.behaviour, market.scenario.customers.outside)


def in_order(panel: pd.DataFrame) -> pd.DataFrame:
    """Sort a panel by customer and month."""
    return panel.sort_values(["customer", "month"], ignore_index=True)


def churn(market: Market, first: int = 1, operators: Sequence[str] | None = None) -> float:
    """Churn of some operators from a month on, per month: exits over opening subscribers, summed."""
    kpis = market.kpis[market.kpis["month"] >= first]
    kpis = kpis if operators is None else kpis[kpis["operator"].isin(operators)]
    left = kpis["churn_voluntary"].sum() + kpis["churn_involuntary"].sum()
    return float(left / (kpis["subscribers"].sum() + left - kpis["gross_adds"].sum()))
