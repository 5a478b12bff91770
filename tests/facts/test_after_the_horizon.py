"""What a horizon says of the time after it, against the time itself: every shipped market, run three times as long.

The stated error: what a policy gains over doing nothing, with what comes after 60 months, lies within 10 % of the
discounted revenue of those months of what 180 months come to with what comes after those (docs/validation.md).
"""

import numpy as np
import pytest

from sim import Market, load_scenario
from sim.experiments.outcome import outcome_of
from sim.loading import list_configs

pytestmark = [pytest.mark.facts, pytest.mark.validate]

HORIZON, LONG, STATED = 60, 180, 0.10
NOBODY = np.zeros(0, np.int64)
# not the small market, which has no costs, nor those that need a customer file
MARKETS = [name for name in list_configs() if name not in ("base", "small_market") and not name.startswith("from_")]


def valued(market: Market) -> list[float]:
    """Net present value to the focal operator at 60 months and at 180, and discounted revenue of the first."""
    found = []
    for months in (HORIZON, LONG):
        while market.month < months:
            market.step()
        outcome = outcome_of(market, NOBODY, False)
        found.append(float(outcome.values["npv"][0, market.focal_index]))
        if months == HORIZON:
            revenue = float(outcome.money[market.focal_index, 0])
    return [*found, revenue]


@pytest.mark.parametrize("name", MARKETS)
def test_what_comes_after_the_horizon_is_what_a_longer_run_pays(name: str) -> None:
    scenario = load_scenario(name, ["customers.count=3000", f"months={LONG}"])
    policy = next(one for one in ("contract", *scenario.policies) if one in scenario.policies and one != "none")
    errors = []
    for seed in (scenario.seed, scenario.seed + 1):
        base = Market(scenario, seed=seed, policy="none")
        short, long, revenue = valued(base.fork())
        with_it = valued(base.fork(policy=policy))
        errors.append(((with_it[0] - short) - (with_it[1] - long)) / revenue)
    assert abs(float(np.mean(errors))) <= STATED, f"{policy}: {errors}"
