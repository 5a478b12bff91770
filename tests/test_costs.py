"""Costs that many customers share: what stays, what goes with which driver, and how networks follow traffic."""

import numpy as np
import pytest

from agents.costs import COMMON, DRIVERS, Costs, Investment, Opening, Overhead, cost_rates, opening_levels
from agents.operator import Operator
from agents.strategies.contract import Action
from sim import InputError, Market, load_scenario
from sim.books.ledger import Part, money
from sim.config import OperatorConfig
from sim.world.tables import LINES
from tests.properties.builders import small

OPENING = Opening(revenue=1_000.0, subscribers=50.0, traffic=500.0, gross_adds=4.0)
SHARES = (0.05, 0.18, 0.10, 0.14)


def at(costs: Costs, opening: Opening = OPENING, **now: float) -> list[float]:
    """The four costs in a month whose drivers are those of the opening, some changed."""
    rates = cost_rates(costs, SHARES, opening_levels(costs, SHARES, opening, weight=10.0), opening)
    month = opening._replace(**now)
    return [float(row[0] + row[1:] @ np.array(month)) for row in rates]


def test_at_the_opening_each_cost_is_its_share_of_revenue() -> None:
    assert at(Costs()) == pytest.approx([50.0, 180.0, 100.0, 140.0])


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_is_not_fixed_goes_with_its_driver_alone(driver: str) -> None:
    """At twice the driver the three tenths that vary are there twice: 180 x 1.3."""
    costs = Costs(overhead=Overhead(fixed=0.7, driver=driver))
    moved = {driver: 2.0 * getattr(OPENING, driver)}
    assert at(costs, **moved)[1] == pytest.approx(234.0)
    others = {name: 2.0 * getattr(OPENING, name) for name in DRIVERS if name != driver}
    assert at(costs, **others)[1] == pytest.approx(180.0)


def test_an_amount_is_at_market_size_and_takes_the_place_of_the_share() -> None:
    assert at(Costs(capex=Investment(amount=5_000.0)))[3] == pytest.approx(500.0)


def test_who_opens_with_nobody_is_charged_shares_of_what_comes() -> None:
    assert at(Costs(), Opening(), revenue=200.0) == pytest.approx([10.0, 36.0, 20.0, 28.0])


def operator(**network: float) -> Operator:
    """An operator of one region that has noted its opening and built for its traffic."""
    config = OperatorConfig(plans={"plan": {"fee": 20.0}}, network={"capex_share": 0.14, **network}, overhead_share=0.2)
    one = Operator("one", config, ["all"])
    one.note_opening(OPENING, 1.0, is_lived=True)
    one.build(np.array([500.0]))
    return one


def after(one: Operator, months: int, traffic: float) -> float:
    """Capacity over traffic after so many months of it."""
    for _ in range(months):
        one.build(np.array([traffic]))
    assert one.capacity is not None
    return float(one.capacity[0] / traffic)


def test_capacity_follows_traffic_and_nothing_that_is_fixed() -> None:
    """Traffic doubles, or halves, for good: in the end there is the usual headroom again."""
    for traffic in (1_000.0, 250.0):
        assert after(operator(renewal=0.05), 240, traffic) == pytest.approx(1.25, rel=1e-4)
    assert after(operator(renewal=0.05), 3, 1_000.0) < 0.75


def test_half_the_budget_keeps_half_the_capacity() -> None:
    one = operator(renewal=0.05)
    one.action = Action(network_share=0.07)
    assert after(one, 240, 500.0) == pytest.approx(0.625, rel=1e-4)


def test_a_merger_adds_what_both_have_to_bear() -> None:
    into, absorbed = operator(), operator()
    into.take_over(absorbed)
    assert into.levels.tolist() == pytest.approx([0.0, 400.0, 0.0, 280.0]) and not absorbed.levels.any()
    assert into.invested == 1.0 and into.opening.subscribers == 100.0 and not absorbed.cost_rates()[:, 0].any()


def test_the_opening_is_the_last_year_of_the_burn_in_and_the_same_in_all_arms() -> None:
    market = Market(small("burn_in=15", name="price_war", months=3))
    cut, none = market.fork(policy="price_cut"), market.fork(policy="none")
    cut.run(), none.run()
    for mine, theirs in zip(cut.operators, none.operators, strict=True):
        assert mine.opening == theirs.opening and len(mine.openings) == 12 and mine.opening.gross_adds > 0.0
    assert cut.ledger["fixed_costs"].tolist() == none.ledger["fixed_costs"].tolist()
    assert cut.ledger["service_revenue"].iloc[0] < none.ledger["service_revenue"].iloc[0]


def test_segments_share_out_all_that_their_operator_bears() -> None:
    market = Market(small(name="europe_three", months=2)).run()
    book = market.books[-1]
    there = book.lines[..., LINES.index("opening")]
    parts = Part(there / there.sum(axis=0), there / there.sum(axis=0))
    whole, segments = money(book.lines.sum(axis=0), book.own), money(book.lines, book.own, parts)
    for name in (*COMMON, "care_cost", "contribution", "fixed_costs", "free_cash_flow"):
        assert segments[name].sum(axis=0) == pytest.approx(whole[name], rel=1e-9), name
    assert book.line("traffic") == pytest.approx(book.traffic.sum(axis=0), rel=1e-9)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("overhead.fixed=1.2", "costs.overhead.fixed: must be less than or equal to 1"),
        ("overhead.driver=traffik", "traffik"),
        ("overheads.fixed=0.5", "did you mean 'overhead'"),
    ],
)
def test_what_cannot_be_is_refused(change: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        load_scenario("price_war", [f"operators.alpha.costs.{change}"])
