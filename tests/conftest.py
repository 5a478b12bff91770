"""What all tests share: the rules are compiled once, before anything is timed or its words are read."""

import pytest

from sim import Market, load_scenario


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Live one month, so that machine code is there."""
    Market(load_scenario("classroom", ["customers.count=200", "burn_in=0", "policies=[none]"])).step()
