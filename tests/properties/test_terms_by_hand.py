"""Who signs what, worked out on paper: a hundred people of `test_money_by_hand`, to whom every month of a term is worth
1 EUR to be rid of (a twentieth of the fee of 20), once.
"""

from pathlib import Path
from typing import Any

import pytest

from sim import InputError, Market, load_scenario
from tests.properties.test_money_by_hand import booked, lived

pytestmark = pytest.mark.properties

MINDS: dict[str, Any] = {"binding": {"dislike": 0.05, "dislike_sd": 0.0, "doubt": 0.0}}
ASLEEP = MINDS | {"attention": {"base": 0.0}}


def bound(market: Market) -> list[int]:
    """Months of a term that people have left."""
    return sorted(set(market.state.months_left.tolist()))


@pytest.mark.parametrize(("subsidy", "paid", "left"), [(30.0, 3_000, [24]), (20.0, 0, [0])])
def test_a_renewal_is_signed_where_its_subsidy_is_worth_its_term(
    tmp_path: Path, subsidy: float, paid: float, left: list[int]
) -> None:
    """24 months cost 24 EUR: for 30 all sign, for 20 all stay as they are."""
    market = lived(tmp_path, plan={"term": 24, "subsidy_renewal": subsidy}, behaviour=MINDS)
    assert booked(market, "subsidy_cost", "churn_voluntary") == [[paid], [0]] and bound(market) == left


@pytest.mark.parametrize(("law", "paid", "left"), [({}, 1_000, [12]), ({"must_offer": None}, 2_000, [24])])
def test_who_joins_takes_the_shorter_term_where_the_law_offers_it(
    tmp_path: Path, law: dict[str, Any], paid: float, left: list[int]
) -> None:
    """24 months bring 20 and cost 24; 12 bring 10 and cost 12."""
    market = lived(tmp_path, share=0.0, plan={"term": 24, "subsidy_new": 20.0}, behaviour=MINDS, law=law)
    assert booked(market, "subsidy_cost") == [[paid]] and bound(market) == left


@pytest.mark.parametrize(("credit", "paid", "left"), [(30.0, 3_000, [24]), (20.0, 0, [0]), (0.0, 0, [0])])
def test_a_call_with_a_term_is_taken_where_its_credit_is_worth_it(
    tmp_path: Path, credit: float, paid: float, left: list[int]
) -> None:
    call = {"kind": "proactive", "target": "random", "depth": 1.0, "credit": credit, "term": 24, "contact_cost": 3.0}
    market = lived(tmp_path, own={"retention": {"call": call}}, behaviour=ASLEEP)
    assert booked(market, "contact_cost", "credits_cost") == [[300], [paid]] and bound(market) == left


@pytest.mark.parametrize(("term", "gone"), [(24, 0), (0, 0), (12, 0)])
def test_the_save_desks_term_is_weighed_against_its_credit(tmp_path: Path, term: int, gone: int) -> None:
    """The rival is 5 EUR cheaper, 60 over the horizon: a credit of 100 less 24, 0 or 12 for the term holds all."""
    desk = {"kind": "save_desk", "reach": 1.0, "credit": 100.0, "contact_cost": 6.0, "term": term}
    market = lived(tmp_path, own={"retention": {"desk": desk}}, rival={}, behaviour=MINDS)
    assert booked(market, "churn_voluntary") == [[gone]] and bound(market) == [term]


def test_a_save_desk_that_binds_for_more_than_it_gives_holds_nobody(tmp_path: Path) -> None:
    """75 less 24 is 51, and leaving brings 60."""
    desk = {"kind": "save_desk", "reach": 1.0, "credit": 75.0, "contact_cost": 6.0, "term": 24}
    market = lived(tmp_path, own={"retention": {"desk": desk}}, rival={}, behaviour=MINDS)
    assert booked(market, "churn_voluntary", "credits_cost") == [[100], [0]]


# --- what has been agreed, and the law -------------------------------------------------------------------------------


def small(*overrides: str) -> Market:
    """The default market, small, at its opening."""
    return Market(
        load_scenario("europe_three", ["customers.count=600", "burn_in=0", "months=2", "policies=[none]", *overrides])
    )


def test_a_dearer_exit_binds_nobody_who_has_signed() -> None:
    """Who is in a term owes what she has agreed to; who signs anew owes the new fee."""
    raised = "operators.alpha.loyalty={more: {kind: contract, term: 24, etf: 30, subsidy_new: 0, subsidy_renewal: 0}}"
    market = small("law.leaving_fee=null")
    before = market.customers.switching_cost_parts()["termination_fee"].to_numpy()
    number = market.operator_names.index("alpha")
    mine = (market.customers.operator == number) & (market.state.months_left > 0)
    dearer = small("law.leaving_fee=null", raised)
    dearer.step()
    assert dearer.offers.plans.etf.max() == 30.0 > market.offers.plans.etf.max()
    market.world.offers.plans.etf[:] = dearer.offers.plans.etf
    assert mine.any() and (market.customers.switching_cost_parts()["termination_fee"].to_numpy() == before).all()
    market.world.offers.plans.etf[:] = 0.0
    assert (market.customers.switching_cost_parts()["termination_fee"] == 0.0).all()


def test_the_law_caps_the_fee_for_leaving() -> None:
    contract = "operators.alpha.loyalty={more: {kind: contract, term: 24, etf: 30, subsidy_new: 0, subsidy_renewal: 0}}"
    for share in (1.0, 0.5):
        market = small(contract, f"law.leaving_fee={share}")
        market.step()
        plans = market.offers.plans
        assert (plans.etf <= share * plans.fee).all() and (plans.etf == share * plans.fee).any()


@pytest.mark.parametrize(
    "override",
    [
        "operators.alpha.loyalty={prison: {kind: contract, term: 60}}",
        "operators.beta.retention={call: {kind: proactive, term: 36}}",
        "operators.alpha.retention={all: {kind: portfolio, levers: {desk: {kind: save_desk, term: 36}}}}",
        "operators.gamma.plans.gamma_M.term=36",
    ],
)
def test_a_term_longer_than_the_law_allows_is_refused(override: str) -> None:
    with pytest.raises(InputError) as error:
        load_scenario("europe_three", ["policies=[none]", override])
    assert "longer than the law allows (24 months, law.longest_term)" in str(error.value)
    assert load_scenario("europe_three", ["policies=[none]", override, "law.longest_term=null"]).focal == "alpha"


def test_what_a_term_brings_shrinks_with_the_term_that_is_allowed() -> None:
    market = small("shocks={ban: {kind: term_ban, longest: 6, must_offer: 3, leaving_fee: 0.1}}")
    before = market.offers.plans.copy()
    market.step()
    after, has_term = market.offers.plans, before.term > 0
    assert (after.term[has_term] == 6).all() and (after.short_term[has_term] == 3).all()
    assert after.subsidy_renewal[has_term] == pytest.approx(before.subsidy_renewal[has_term] / 4.0)
    assert (after.etf <= 0.1 * after.fee).all()
