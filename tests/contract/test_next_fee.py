"""Every pricing strategy's next fee, worked out by hand on one small view.

The operator sells S, a prepaid card of 5 GB (10 EUR, 12 at the start, unit cost 4), and M of 20 GB (20 EUR, as at the
start, unit cost 8). Its rivals sell L of 30 GB (18 EUR, 20 at the start), K of 10 GB (15 EUR, 20 at the start) and a
card P of 5 GB (9 EUR, 10 at the start). It has two fifths of subscribers.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents.learning import Software, TariffLine
from agents.strategies import (
    AnyPricing,
    BackBook,
    BestResponse,
    CostPlus,
    Fixed,
    Match,
    PriceWar,
    Pricing,
    QLearning,
    Schedule,
    TargetShare,
    Undercut,
    View,
)
from agents.strategies.contract import PlanView
from tests.contract.test_levers import view

pytestmark = pytest.mark.contract

PLANS = {
    "S": PlanView("own", 10.0, 12.0, 5.0, True),
    "M": PlanView("own", 20.0, 20.0, 20.0, False),
    "L": PlanView("large", 18.0, 20.0, 30.0, False),
    "K": PlanView("keen", 15.0, 20.0, 10.0, False),
    "P": PlanView("keen", 9.0, 10.0, 5.0, True),
}
# Last month's books: a revenue of 20 a head of 100, of which 15 % go with revenue and 5 a head with customers; 200 are
# fixed.
BOOKS = {
    "service_revenue": 2000.0,
    "network_cost": 270.0,
    "care_cost": 80.0,
    "commission_cost": 50.0,
    "subsidy_cost": 40.0,
    "bad_debt_cost": 10.0,
    "advertising_cost": 150.0,
    "overhead_cost": 250.0,
    "operation_cost": 50.0,
    "capex": 100.0,
    "fixed_costs": 200.0,
    "costs_of_revenue": 300.0,
}


def shop(month: int = 1, cost: Mapping[str, float] | None = None, **fees: float) -> View:
    """What the operator sees, some fees changed."""
    plans = {name: replace(plan, fee=fees.get(name, plan.fee)) for name, plan in PLANS.items()}
    return replace(
        view(month),
        plans=plans,
        unit_cost=cost or {"S": 4.0, "M": 8.0},
        shares={"own": 0.4, "large": 0.4, "keen": 0.2},
        ledger=lambda: BOOKS,
        history=({"log_subscribers": float(np.log(100.0)), "relative_fee": 0.0},),
        exact_reply=lambda: {"S": 9.5, "M": 17.5},
        software=lambda: SOFTWARE,
        everyone_chooses=False,
    )


# Prices S between 8 and 12 and M between 16 and 24 as one, in three levels; answers a rival's level by one above it.
SOFTWARE = Software(
    "own",
    {
        "own": TariffLine({"S": 8.0, "M": 16.0}, {"S": 12.0, "M": 24.0}, 3),
        "large": TariffLine({"L": 16.0}, {"L": 20.0}, 3),
    },
    answers=bytes([1, 2, 2] * 3),
    values=np.zeros((9, 3)),
)
QUIET = {"L": 20.0, "K": 20.0, "P": 10.0}  # rivals at their start fees
DEAR = {"L": 24.0, "K": 24.0, "P": 12.0}  # a fifth above them
TWO_FIFTHS_LESS = {"K": 12.0}
CHEAP = {"L": 2.0}

CASES: dict[str, tuple[Pricing, list[View], tuple[float, float]]] = {  # the last view's fees of S and M
    # 10 % off the start fees of 12 and 20, once; then what is in the shop.
    "fixed": (Fixed(change=-0.1), [shop()], (10.8, 18.0)),
    "fixed holds": (Fixed(change=-0.1), [shop(), shop(2, S=11.0)], (11.0, 20.0)),
    # 5 % off the start fees for all, old customers' surcharge beside.
    "back book": (BackBook(front=-0.05), [shop()], (11.4, 19.0)),
    # A tenth off the start fees in month 2; in month 3 M for 15.
    "schedule": (Schedule(fees={2: 0.9, 3: {"M": 15.0}}), [shop(1), shop(2)], (10.8, 18.0)),
    "schedule of a plan": (Schedule(fees={2: 0.9, 3: {"M": 15.0}}), [shop(1), shop(3)], (10.0, 15.0)),
    # 4 x 1.5 and 8 x 1.5.
    "cost plus": (CostPlus(markup=0.5), [shop()], (6.0, 12.0)),
    # In months 2, 5, 8, ...: the present fees until then.
    "cost plus waits": (CostPlus(markup=0.5, every=3, phase=2), [shop(1), shop(2), shop(4)], (10.0, 20.0)),
    # K has fallen deepest, to 15 / 20: a quarter off the fees held.
    "match": (Match(), [shop()], (7.5, 15.0)),
    # Half of that quarter.
    "match half-way": (Match(follow=0.5), [shop()], (8.75, 17.5)),
    # L alone: 18 / 20.
    "match one rival": (Match(rival="large"), [shop()], (9.0, 18.0)),
    # Down with the rivals and up again with them, to the fees held, though its own stand lower now.
    "match returns": (Match(), [shop(), shop(2, S=7.5, M=15.0, **QUIET)], (10.0, 20.0)),
    # Nobody has cut: a rise is not followed.
    "match of a rise": (Match(), [shop(**DEAR)], (10.0, 20.0)),
    # L for a tenth would mean 1 and 2: not below 4 and 8.
    "match to cost": (Match(), [shop(**CHEAP)], (4.0, 8.0)),
    # S against P, 9 - 1. M against L, 18 - 1: K is cheaper, but has half the allowance, and P is a card.
    "undercut": (Undercut(step=1.0), [shop()], (8.0, 17.0)),
    # 17 is not above a cost of 17: back to the start fee; S, 8, is above 7.
    "undercut to cost": (Undercut(step=1.0), [shop(cost={"S": 7.0, "M": 17.0})], (8.0, 20.0)),
    "undercut resets": (Undercut(step=1.0, reset=25.0), [shop(cost={"S": 7.0, "M": 17.5})], (8.0, 25.0)),
    # K has cut by a quarter, more than 5 %: a fifth off in turn.
    "price war": (PriceWar(), [shop()], (8.0, 16.0)),
    # A quarter is tolerated.
    "price war tolerates": (PriceWar(tolerance=0.25), [shop()], (10.0, 20.0)),
    # A year of war from month 1 is over in month 13, and the rivals are back.
    "price war lasts": (PriceWar(), [shop(1), shop(12, S=8.0, M=16.0, **QUIET)], (8.0, 16.0)),
    "price war ends": (PriceWar(), [shop(1), shop(13, S=8.0, M=16.0, **QUIET)], (10.0, 20.0)),
    # A gap of (0.4 - 0.5) / 0.5 = -20 %, times 0.05: 1 % off. Times 0.5 it would be 10 %, but no move exceeds 2 %.
    "target share": (TargetShare(target=0.5, response=0.05), [shop()], (9.9, 19.8)),
    "target share by steps": (TargetShare(target=0.5), [shop()], (9.8, 19.6)),
    "target share above": (TargetShare(target=0.32, response=0.04), [shop()], (10.1, 20.2)),
    # Exact demand knows.
    "best response": (BestResponse(knowledge="exact"), [shop()], (9.5, 17.5)),
    # From records: 5 a head / 0.85 x 1.9 / 0.9 = 12.418 a head where 20 are earned: 38 % less, in steps of 5 %.
    "best response by steps": (BestResponse(), [shop()], (9.5, 19.0)),
    "best response at once": (BestResponse(max_move=1.0), [shop()], (6.209150, 12.418301)),
    # First what training ended with, level 1 of 0, 1, 2; then, to a rival on its middle level, level 2.
    "q learning": (QLearning(), [shop()], (10.0, 20.0)),
    "q learning answers": (QLearning(), [shop(), shop(2)], (12.0, 24.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_next_fee_is_what_the_strategy_says(name: str) -> None:
    strategy, views, expected = CASES[name]
    state: Any = None
    for seen in views:
        state, action = strategy.decide(state, seen)
    assert (action.fees["S"], action.fees["M"]) == pytest.approx(expected, rel=1e-6)


def test_every_pricing_strategy_has_its_next_fee() -> None:
    assert {type(strategy) for strategy, _, _ in CASES.values()} == set(AnyPricing.__args__)


def test_back_book_charges_old_customers() -> None:
    lever = BackBook(premium=0.12, after=24)
    assert lever.decide(None, shop())[1].back_book == lever


def test_elasticity_is_the_priors_until_own_prices_have_moved() -> None:
    """A fee raised by 0.1 log points cost 0.1 of subscribers in a year; in three years of adjustment at 6 % a month
    (1 - e^-2.16) / (1 - e^-0.72) = 1.7237 times that. (-0.01 x 1.7237 / 12 - 1.9 x 0.05) / (0.01 / 12 + 0.05).
    """
    row = {"log_subscribers": 5.0, "relative_fee": 0.0}
    history = (*[row] * 12, {"log_subscribers": 4.9, "relative_fee": 0.1})
    assert BestResponse().elasticity(shop()) == pytest.approx(-1.9)
    assert BestResponse().elasticity(replace(shop(), history=history)) == pytest.approx(-1.897110, rel=1e-5)
