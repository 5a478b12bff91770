"""A base that nobody was seen to leave is not worth endless time: survival is shrunken, and its uncertainty is told."""

import numpy as np
import pytest
from scipy import stats

from sim import Market, load_scenario
from sim.books.ledger import keeping_margin, money
from sim.experiments.outcome import outcome_of
from sim.experiments.value import customer_value
from sim.kpis import churn_interval, churn_of_few, clv
from sim.world.tables import LINES

pytestmark = pytest.mark.theory

NOBODY = np.zeros(0, np.int64)


@pytest.fixture(scope="module")
def still() -> Market:
    """Nobody can leave: no attention, no deaths, no defaults; money is not discounted."""
    overrides = ["customers.count=150", "months=2", "burn_in=0", "discount_annual=0", "behaviour=textbook"]
    return Market(load_scenario("classroom", [*overrides, "behaviour.attention.base=0"])).run()


@pytest.mark.parametrize("leavers", [0, 3, 60])
def test_interval_of_churn_holds_it_as_often_as_it_says(leavers: int) -> None:
    """Bounds are where Jeffreys' posterior leaves 2.5 % on either side (Brown, Cai & DasGupta 2001)."""
    low, high = churn_interval(leavers, 120)
    posterior = stats.beta(leavers + 0.5, 120 - leavers + 0.5)
    assert posterior.cdf([low, high]) == pytest.approx([0.025, 0.975])
    assert churn_of_few(leavers, 120) == pytest.approx(posterior.mean()) and low < posterior.mean() < high


def test_many_leavers_are_hardly_shrunken_and_nobody_has_no_churn() -> None:
    assert churn_of_few(2_000, 100_000) == pytest.approx(0.02, rel=1e-3)
    assert np.isnan(churn_of_few(0, 0)) and np.isnan(churn_interval(0, 0)).all()
    with pytest.raises(ValueError, match="leavers: not within"):
        churn_of_few(5, 4)


def test_a_base_that_nobody_leaves_is_worth_what_its_survival_allows(still: Market) -> None:
    """At a discount rate of 0, for 600 months: the closing base shrinks by c = (0 + 1/2) / (exposed + 1) and pays
    its margin; what is fixed stays.
    """
    found = {name: float(value[0, 0]) for name, value in outcome_of(still, NOBODY, False).values.items()}
    lines = np.stack([book.lines.sum(axis=0) for book in still.books])
    opening, closing = (lines[:, 0, LINES.index(name)] for name in ("opening", "closing"))
    own = np.stack([book.own for book in still.books])
    margin = keeping_margin(lines, own)[:, 0].sum() / closing.sum()
    stays = 1.0 - 0.5 / (opening.sum() + 1.0)
    assert found["leavers"] == 0.0 and found["churn_rate"] == 0.0
    paid = sum(closing[-1] * margin * stays**month - money(lines, own)["fixed_costs"][0, 0] for month in range(1, 601))
    assert found["npv_terminal"] == pytest.approx(paid, rel=1e-6)
    assert found["terminal_low"] < found["npv_terminal"] < found["terminal_high"] < np.inf


def test_no_value_of_a_customer_is_endless(still: Market) -> None:
    at_zero = still.kpis["clv"]
    assert np.isfinite(at_zero).all() and (at_zero.abs() < 1e6).all()
    people = np.flatnonzero(still.customers.operator == 0)[:5]
    worth = customer_value(still, people, months=1)["current"]
    exposed = sum(book.line("opening")[0] for book in still.books)
    longest = float(clv(1.0, 1.0 - churn_of_few(0, exposed), 0.0, first="next"))
    assert (worth.abs() <= 200.0 * (longest + 2.0)).all()
