"""Every shipped scenario composes, validates and runs; the default market opens where it should and stays there."""

import numpy as np
import pytest

from sim import Market, load_scenario
from sim.config.paths import number_at
from sim.experiments.robust import robust_plan
from sim.loading import list_configs
from sim.market import Market as MarketClass

SMALL = ["customers.count=1_500", "months=3", "burn_in=12"]
RUNS = [name for name in list_configs() if name != "base" and not name.startswith("from_")]


@pytest.mark.parametrize("name", RUNS)
def test_scenario_runs(name: str) -> None:
    market = Market(load_scenario(name, SMALL)).run()
    assert market.month == 3 and len(market.kpis) == 3 * len(market.operator_names)
    assert market.scenario.question


@pytest.mark.parametrize("name", RUNS)
def test_what_is_uncertain_is_there_and_lies_within_its_range(name: str) -> None:
    scenario = load_scenario(name)
    assert robust_plan(scenario, None, {}, 2, 1).ranges.keys() == scenario.uncertain.keys()
    assert [key for key, (low, high) in scenario.uncertain.items() if not low <= number_at(scenario, key) <= high] == []


@pytest.mark.parametrize("shock", list_configs("shock"))
def test_shock_runs_on_the_default_market(shock: str) -> None:
    """An entrant needs an operator that waits outside, which the scenario of that name has."""
    scenario = load_scenario(
        "entrant" if shock == "entrant" else "europe_three", [*SMALL, f"shock={shock}", f"shocks.{shock}.month=2"]
    )
    assert scenario.shocks and Market(scenario).run().month == 3


@pytest.fixture(scope="module")
def default_markets() -> list[MarketClass]:
    scenario = load_scenario("europe_three", ["customers.count=12_000", "months=24"])
    return [Market(scenario, seed=seed).run() for seed in range(4)]


def test_opening_shares_are_met_and_hold(default_markets: list[MarketClass]) -> None:
    """40/35/25 of subscribers at the start and on average over worlds two years on; a world's share wanders by about
    0.012 a year.
    """
    shares = np.array(
        [
            market.kpis.pivot(index="month", columns="operator", values="market_share").to_numpy()
            for market in default_markets
        ]
    )
    aim = np.array([0.40, 0.35, 0.25])
    spread = 4.0 * 0.012 * np.sqrt(2.0 / len(default_markets))
    assert np.abs(shares[:, 0].mean(axis=0) - aim).max() < spread / 2.0
    assert np.abs(shares[:, -1].mean(axis=0) - aim).max() < spread


def test_opening_state_has_no_echo(default_markets: list[MarketClass]) -> None:
    """Churn of the first year equals churn of the second within four standard errors (churn counts, by world)."""
    totals = [
        market.kpis.assign(churn=lambda k: k.churn_voluntary + k.churn_involuntary)
        .groupby("month")
        .churn.sum()
        .to_numpy()
        for market in default_markets
    ]
    first, second = np.array([total[:12].sum() for total in totals]), np.array([total[12:].sum() for total in totals])
    difference = first - second
    floor = np.sqrt((first + second).mean())  # Poisson, where four worlds happen to agree
    assert abs(difference.mean()) < 4.0 * max(difference.std(ddof=1), floor) / np.sqrt(len(difference))


def test_price_change_lasts_as_long_as_it_says() -> None:
    scenario = load_scenario(
        "europe_three", [*SMALL, "shocks.cut={kind: price_change, operator: beta, change: -0.5, month: 2, months: 1}"]
    )
    fees = Market(scenario).run().prices.query("plan == 'beta_M'").fee.to_list()
    assert fees == pytest.approx([fees[0], fees[0], 0.5 * fees[0], fees[0]])
