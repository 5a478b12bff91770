"""What customers are worth: influence comes from ties and from nothing else."""

import numpy as np
import pytest

from sim import InputError, Market
from sim.experiments.value import customer_value
from tests.properties.builders import small


def best(market: Market, count: int) -> list[int]:
    """The most satisfied customers of the focal operator."""
    home = market.customers.operator == market.focal_index
    return [int(one) for one in np.argsort(np.where(home, -market.state.satisfaction, 1.0), kind="stable")[:count]]


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(small("behaviour.choice.social=2", customers=2_000, months=6)).run()


def test_content_customers_bring_others(market: Market) -> None:
    value = customer_value(market, best(market, 300), months=12)
    assert (value["current"] > 0.0).mean() > 0.9 and (value["potential"] >= 0.0).all()
    assert value["influence"].nunique() == 1 and value["influence"].iloc[0] > 0.0


def test_one_by_one_they_bring_different_things(market: Market) -> None:
    value = customer_value(market, best(market, 3), months=6, each=True)
    assert len(value) == 3 and np.isfinite(value["influence"]).all()


def test_without_ties_nobody_has_influence() -> None:
    market = Market(small("behaviour.ties.enabled=false", customers=1_000, months=3)).run()
    assert (customer_value(market, best(market, 100), months=6)["influence"] == 0.0).all()


def test_only_customers_have_a_value(market: Market) -> None:
    outside = int(np.flatnonzero(market.state.plan < 0)[0])
    with pytest.raises(InputError, match=f"people with an operator are needed.*{outside}"):
        customer_value(market, [outside])
