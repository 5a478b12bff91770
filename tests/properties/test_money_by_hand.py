"""Money as a bookkeeper would add it up: a hundred people who are all alike, and the sum of every line worked out on
paper.

Unless a test says otherwise, 100 people are with operator A on a plan of 20 EUR with 10 GB and 2 EUR for each GB
beyond. They use 15 GB, so their bill is 20 + 2 x 5 = 30 EUR, and cost A 5 + 0.10 x 15 = 6.50 EUR. A euro a month is
worth 10 utils, so that half a euro decides what the shocks of choice (a few utils) leave open.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim import Market
from sim.experiments.outcome import Outcome, outcome_of, saved_and_cost
from tests.theory.builders import textbook

pytestmark = pytest.mark.properties

PEOPLE = 100
PLAN = {"fee": 20.0, "allowance": 10.0, "overage": 2.0, "cost": 5.0, "cost_per_gb": 0.1, "appeal": 1000.0}
ASLEEP = {"attention": {"base": 0.0}}  # nobody looks around
MONTH = 1.1 ** (1.0 / 12.0)  # by which money a month later is worth less, at 10 % a year


def lived(folder: Path, months: int = 1, share: float = 1.0, rival: Any = None, **keys: Any) -> Market:
    """Run a market of operator A, with keys of its plan and its own, against a rival's plan `b`; keys of the scenario
    are `behaviour` and `customers`.
    """
    plan = PLAN | keys.pop("plan", {})
    operators = {"A": {"plans": {"a": plan} | keys.pop("plans", {}), "start_share": share} | keys.pop("own", {})}
    if rival is not None:
        operators["B"] = {"plans": {"b": {"appeal": 1000.0, "fee": 25.0} | rival.pop("plan", {})}} | rival
    people = {
        "count": PEOPLE,
        "segments": {
            "all": {
                "price_sensitivity": {"distribution": "fixed", "value": 10.0},
                "usage": {"distribution": "fixed", "value": 15.0},
            }
        },
    }
    behaviour = {"horizon": 12} | keys.pop("behaviour", {})
    return Market(
        textbook(folder, operators, months=months, customers=people, behaviour=behaviour, market_size=PEOPLE, **keys)
    ).run()


def booked(market: Market, *lines: str, of: str = "A") -> list[list[float]]:
    """Lines of an operator's ledger or kpis, each month by month."""
    table = market.ledger.merge(
        market.kpis.drop(columns=["ebitda", "contribution", "points_liability"]), on=["month", "operator"]
    )
    rows = table[table["operator"] == of]
    return [[pytest.approx(value, rel=1e-6, abs=1e-9) for value in rows[line]] for line in lines]


# --- the bill --------------------------------------------------------------------------------------------------------


def test_a_bill_is_the_fee_and_what_is_used_beyond_the_allowance(tmp_path: Path) -> None:
    """100 x 20 and 100 x 10; cost 100 x 6.50; 30 a head, less 6.50."""
    market = lived(tmp_path, behaviour=ASLEEP)
    assert booked(market, "fees", "overage", "service_revenue", "network_cost") == [[2000], [1000], [3000], [650]]
    assert booked(market, "arpu", "ampu", "subscribers") == [[30.0], [23.5], [100]]


def test_a_discount_is_off_the_whole_bill_and_grows_by_full_years_to_its_cap(tmp_path: Path) -> None:
    """Tenure is 12 in month 13: 10 %, so 18 + 9 = 27 a head; in month 25 it would be 20 %, but the cap is 15 %:
    17 + 8.50.
    """
    discount = {"loyalty": {"years": {"kind": "tenure_discount", "per_year": 0.10, "cap": 0.15}}}
    fees, overage = booked(lived(tmp_path, 25, own=discount, behaviour=ASLEEP), "fees", "overage")
    assert [fees[month - 1] for month in (12, 13, 24, 25)] == [2000, 1800, 1800, 1700]
    assert [overage[month - 1] for month in (12, 13, 24, 25)] == [1000, 900, 900, 850]


def test_old_customers_pay_the_loyalty_penalty_on_the_whole_bill(tmp_path: Path) -> None:
    """10 % more from a tenure of 3 months on, which is in month 4: 22 + 11 a head."""
    pricing = {"pricing": {"kind": "back_book", "front": 0.0, "premium": 0.10, "after": 3}}
    fees, overage = booked(lived(tmp_path, 4, own=pricing, behaviour=ASLEEP), "fees", "overage")
    assert fees == [2000, 2000, 2000, 2200] and overage == [1000, 1000, 1000, 1100]


def test_a_promotion_spares_newcomers_a_part_of_the_fee_and_of_nothing_else(tmp_path: Path) -> None:
    """All join in month 1. In months 2 and 3 they pay 75 % of 20 and all of 10; from month 4 on 20 and 10."""
    market = lived(tmp_path, 4, share=0.0, plan={"promotion": 0.25, "promotion_months": 2})
    assert booked(market, "fees", "overage") == [[0, 1500, 1500, 2000], [0, 1000, 1000, 1000]]


def test_a_bundle_is_a_fee_more_and_a_discount_on_the_mobile_bill(tmp_path: Path) -> None:
    """All take it in month 1 (uptake 1). From month 2 on the mobile bill is 10 % lower, 18 + 9, and 26 come with the
    second service, which costs 15.
    """
    bundle = {"kind": "bundle", "fee": 26.0, "cost": 15.0, "discount": 0.10, "uptake": 1.0, "usual": 26.0}
    market = lived(tmp_path, 2, own={"loyalty": {"both": bundle}}, behaviour=ASLEEP)
    assert booked(market, "fees", "overage") == [[2000, 1800 + 2600], [1000, 900]]
    assert booked(market, "network_cost", "bundles") == [[650, 650 + 1500], [1.0, 1.0]]


def test_an_unpaid_bill_is_bad_debt_and_nothing_is_asked_for_leaving(tmp_path: Path) -> None:
    """All 100 default on 30 EUR; of a term of 24 months and a device nothing comes back."""
    debt = {"term": 24, "etf": 5.0, "device_debt": 240.0}
    market = lived(tmp_path, behaviour=ASLEEP | {"turnover": {"default": 1.0}}, plan=debt)
    assert booked(market, "bad_debt_cost", "device_revenue") == [[3000], [0]]
    assert booked(market, "churn_involuntary", "churn_voluntary", "subscribers") == [[100], [0], [0]]


def test_what_the_focal_operator_was_paid_is_discounted_month_by_month(tmp_path: Path) -> None:
    """30 in month 1 and 30 in month 2, the first already worth a month less."""
    market = lived(tmp_path, 2, behaviour=ASLEEP)
    assert market.customers.paid == pytest.approx(30.0 / MONTH + 30.0 / MONTH**2, rel=1e-6)


# --- joining, staying, leaving ---------------------------------------------------------------------------------------


def test_leaving_costs_the_termination_fee_for_all_months_left_and_the_rest_of_the_device(tmp_path: Path) -> None:
    """All join A in month 1 for 24 months with a device of 240, 10 of it paid off in each of months 2 and 3. In month
    4 the rival costs 1 EUR: they go, 22 months early: 22 x 5 + 220 = 330 a head.
    """
    terms = {"term": 24, "etf": 5.0, "device_debt": 240.0, "debt_months": 24}
    rival = {"plan": {"fee": 9_000.0}, "pricing": {"kind": "schedule", "fees": {4: {"b": 1.0}}}}
    market = lived(tmp_path, 4, share=0.0, plan=terms, rival=rival, behaviour={"horizon": 120})
    assert booked(market, "device_revenue", "churn_voluntary") == [[0, 0, 0, 33_000], [0, 0, 0, 100]]


def test_sac_times_gross_additions_is_what_was_spent_on_joining(tmp_path: Path) -> None:
    """A subsidy of 110, commission of 120 and 20 more from the lever, a bonus of 30 where communities are courted:
    280 a head, of which 110 are subsidy.
    """
    dealers = {"retention": {"dealers": {"kind": "dealer_commission", "new": 20.0, "renewal": 0.0}}}
    market = lived(
        tmp_path,
        share=0.0,
        own=dealers,
        plan={"subsidy_new": 110.0, "commission_new": 120.0},
        behaviour={"campaigns": {"rate": 1.0, "bonus": 30.0}},
    )
    assert booked(market, "gross_adds", "sac") == [[100], [280.0]]
    assert booked(market, "subsidy_cost", "commission_cost") == [[11_000], [17_000]]


def test_a_term_is_renewed_in_its_last_month(tmp_path: Path) -> None:
    """All join in month 1 for 3 months, that is months 2 to 4: the renewal of 60 + 25 comes in month 4, and again in
    month 7. It is an outlay on keeping: 85 a head.
    """
    renewal = {"subsidy_new": 110.0, "subsidy_renewal": 60.0, "commission_renewal": 25.0, "term": 3}
    market = lived(tmp_path, 7, share=0.0, plan=renewal)
    assert booked(market, "subsidy_cost") == [[11_000, 0, 0, 6_000, 0, 0, 6_000]]
    assert booked(market, "commission_cost", "src") == [[0, 0, 0, 2_500, 0, 0, 2_500], [0, 0, 0, 85, 0, 0, 85]]


def test_credits_and_talks_of_the_save_desk_are_in_src(tmp_path: Path) -> None:
    """The rival is 5 EUR cheaper, a credit of 120 over 12 months is worth 10: all 100 call, are told, and stay. 6 for
    the talk and 120 of credit are 126 a head; the margin was 30 - 6.50 - 126 = -102.50 a head.
    """
    desk = {"kind": "save_desk", "reach": 1.0, "credit": 120.0, "contact_cost": 6.0, "term": 0}
    market = lived(tmp_path, own={"retention": {"desk": desk}}, rival={})
    assert booked(market, "contact_cost", "credits_cost", "src") == [[600], [12_000], [126.0]]
    assert booked(market, "churn_voluntary", "ebitda") == [[0], [-10_250]]
    stays = 1.0 - 0.5 / 101.0  # half a leaver among 101, where none was seen
    clv = -102.5 * stays / (MONTH - stays)
    assert booked(market, "clv", "retention_roi") == [[clv], [(100 * clv - 12_600) / 12_600]]


def test_a_credit_that_is_worth_less_than_the_rivals_price_holds_nobody(tmp_path: Path) -> None:
    """50 over 12 months are 4.17 EUR against 5: all are talked to and go, and only the talks cost anything."""
    desk = {"kind": "save_desk", "reach": 1.0, "credit": 50.0, "contact_cost": 6.0}
    market = lived(tmp_path, own={"retention": {"desk": desk}}, rival={})
    assert booked(market, "contact_cost", "credits_cost", "churn_voluntary") == [[600], [0], [100]]


def test_winning_back_is_an_outlay_on_joining(tmp_path: Path) -> None:
    """All go to the cheaper rival in month 1. In month 2 A calls each for 4 EUR and offers a device of 120, worth 10 a
    month: all come back, for 124 a head.
    """
    calls = {"kind": "win_back", "reach": 1.0, "promotion": 0.0, "promotion_months": 0, "upgrade": 120.0}
    market = lived(tmp_path, 2, own={"retention": {"calls": calls}}, rival={}, behaviour={"attention": {"win_back": 1}})
    assert booked(market, "contact_cost", "subsidy_cost", "won_back") == [[0, 400], [0, 12_000], [0, 100]]
    assert booked(market, "gross_adds")[0][1] == 100 and booked(market, "sac")[0][1] == 124.0


def test_who_is_brought_by_a_friend_costs_both_rewards(tmp_path: Path) -> None:
    """20 for who is brought and 15 for who brings, and nothing for who comes by herself."""
    market = lived(
        tmp_path,
        share=0.5,
        own={"loyalty": {"friends": {"kind": "referral", "new": 20.0, "old": 15.0}}},
        behaviour={"ties": {"enabled": True}, "word_of_mouth": {"referral": 1.0, "neutral": 0.0}},
    )
    kpis = market.kpis.iloc[0]
    assert 0 < kpis["referred"] <= kpis["gross_adds"] == 50
    assert booked(market, "commission_cost", "sac") == [[35 * kpis["referred"]], [35 * kpis["referred"] / 50]]


def test_changing_the_brand_is_an_effort_of_its_own(tmp_path: Path) -> None:
    """A plan of the house's other brand costs 1 EUR from month 1 on, so all 100 change, at 20 of effort for the
    plan and 10 for the brand. An appeal of 1000 utils is 100 EUR: surplus 100 - 1 - 30, and 99 a month later.
    """
    effort = {"choice": {"plan_change": 20.0, "brand_change": 10.0}}
    junior = {"junior": {"fee": 900.0, "appeal": 1000.0, "brand": "J"}}
    cut = {"pricing": {"kind": "schedule", "fees": {1: {"junior": 1.0}}}}
    market = lived(tmp_path, 2, plans=junior, own=cut, behaviour=effort)
    assert booked(market, "internal_migrations", "brand_migrations") == [[100, 0], [100, 0]]
    assert market.overview["consumer_surplus"].tolist() == pytest.approx([69.0, 99.0], rel=1e-6)


# --- loyalty and retention -------------------------------------------------------------------------------------------


def points(**terms: Any) -> dict[str, Any]:
    """A programme in which all are members: a point an euro, worth 3 cents, 15 cents a member and month."""
    usual = {"earn": 1.0, "value": 0.03, "expiry": 0.0, "redeem": 0.0, "minimum": 0.0, "member_cost": 0.15}
    return {"loyalty": {"card": {"kind": "points", "voluntary": False} | usual | terms}}


def test_points_cost_what_members_cost_and_what_is_redeemed(tmp_path: Path) -> None:
    """30 points a month, of which a tenth is lost a month later; from 50 on they are redeemed: 27 + 30 = 57 in month
    2, worth 1.71. So 100 x 0.15, then 100 x (0.15 + 1.71).
    """
    market = lived(tmp_path, 3, own=points(expiry=0.1, redeem=1.0, minimum=50.0), behaviour=ASLEEP)
    assert booked(market, "points_issued", "points_expired") == [[3000, 3000, 3000], [0, 300, 0]]
    assert booked(market, "points_redeemed", "points_outstanding") == [[0, 5700, 0], [3000, 0, 3000]]
    assert booked(market, "points_cost", "src") == [[15, 186, 15], [0.15, 1.86, 0.15]]


def test_liability_is_what_is_outstanding_at_its_worth(tmp_path: Path) -> None:
    """30, then 27 + 30, then 51.3 + 30 points a head at 3 cents; 3000 are issued every month."""
    market = lived(tmp_path, 3, own=points(expiry=0.1), behaviour=ASLEEP)
    assert booked(market, "points_liability", "points_issued") == [[90, 171, 243.9], [3000, 3000, 3000]]
    assert market.kpis["points_liability"].tolist() == pytest.approx([90, 171, 243.9])


def test_points_are_lost_by_leaving(tmp_path: Path) -> None:
    """30 a head are earned in month 1 and given up in month 2, when the rival costs 1 EUR, beside 30 more."""
    rival = {"plan": {"fee": 9_000.0}, "pricing": {"kind": "schedule", "fees": {2: {"b": 1.0}}}}
    market = lived(tmp_path, 2, own=points(), rival=rival)
    assert booked(market, "points_issued", "points_expired") == [[3000, 3000], [0, 6000]]
    assert booked(market, "points_outstanding", "points_liability") == [[3000, 0], [90, 0]]


def test_who_would_lose_more_than_is_missing_tops_the_bill_up(tmp_path: Path) -> None:
    """35 EUR must be spent. In month 1 there is nothing to lose; in month 2, 30 points at 50 cents are worth more than
    the 5 EUR that are missing.
    """
    market = lived(tmp_path, 2, own=points(obligation=35.0, value=0.5), behaviour=ASLEEP)
    assert booked(market, "fees", "overage") == [[2000, 2000], [1000, 1500]]
    assert booked(market, "points_issued", "points_outstanding") == [[3000, 3500], [3000, 6500]]


def test_who_would_lose_less_loses_it(tmp_path: Path) -> None:
    """30 points at 3 cents are not worth 5 EUR: they are gone, and 30 are earned anew."""
    market = lived(tmp_path, 2, own=points(obligation=35.0), behaviour=ASLEEP)
    assert booked(market, "overage", "points_expired", "points_outstanding") == [[1000] * 2, [0, 3000], [3000, 3000]]


def test_src_is_all_that_is_spent_on_keeping_over_closing_subscribers(tmp_path: Path) -> None:
    """A head: a call of 3 and a credit of 30; a welcome of 0.60; a gift of 10; perks of 0.80 at 70 cents, and care
    0.02 better at 10 for a whole point; a card of 0.15. 3.60 + (30 + 10 + 0.56 + 0.20) + 0.15 = 44.51.
    """
    levers = {
        "loyalty": points()["loyalty"]
        | {
            "gifts": {"kind": "surprise", "share": 1.0, "gift": 10.0},
            "club": {"kind": "tiers", "thresholds": [30], "perks": [0.8], "care_bonus": [0.02], "care_cost": 10.0},
        },
        "retention": {
            "calls": {"kind": "proactive", "target": "random", "depth": 1.0, "credit": 30.0, "contact_cost": 3.0},
            "welcome": {"kind": "onboarding", "months": 11, "cost": 0.6},
        },
    }
    market = lived(tmp_path, own=levers, behaviour=ASLEEP)
    assert booked(market, "contact_cost", "credits_cost", "points_cost") == [[360], [4_076], [15]]
    assert booked(market, "src") == [[44.51]]


def test_a_compensation_is_a_credit(tmp_path: Path) -> None:
    """All 100 meet a failure and complain, all are answered and get 10 EUR. The promise costs 0.05 a head, in care."""
    promise = {"kind": "recovery", "fast": 1.0, "compensated": 1.0, "compensation": 10.0, "cost": 0.05}
    market = lived(
        tmp_path,
        own={"retention": {"promise": promise}, "care": {"resolved": 1.0}},
        behaviour=ASLEEP | {"failure": {"rate": 1.0, "voice": 10.0, "voice_small": 1.0, "voice_large": 1.0}},
    )
    assert booked(market, "credits_cost", "src", "complaint_rate") == [[1_000], [10.0], [1.0]]
    assert booked(market, "care_cost") == [[5.0]]


# --- the operator's books --------------------------------------------------------------------------------------------

COSTS = {
    "advertising_share": 0.05,
    "overhead_share": 0.18,
    "network": {"capex_share": 0.14, "operation_share": 0.10},
    "costs": {"overhead": {"fixed": 0.85}, "operation": {"fixed": 0.8}, "capex": {"fixed": 0.7}},
}
COMMON = ("advertising_cost", "overhead_cost", "operation_cost", "capex")


def test_ebitda_and_free_cash_flow_are_what_is_left(tmp_path: Path) -> None:
    """3000 - 650 - 150 of advertising - 540 of overhead - 300 of running the network = 1360; less 420 invested."""
    market = lived(tmp_path, own=COSTS, behaviour=ASLEEP)
    assert booked(market, *COMMON) == [[150], [540], [300], [420]]
    assert booked(market, "ebitda", "free_cash_flow") == [[1360], [940]]


def test_contribution_is_what_is_left_before_what_is_fixed(tmp_path: Path) -> None:
    """Of overhead 15 % go with lines, 81; of running the network a fifth and of investment 30 % with traffic, 60 and
    126. No month was lived before, so nobody knows what newcomers add to advertising: 3000 - 650 - 267 = 2083.
    """
    market = lived(tmp_path, own=COSTS, behaviour=ASLEEP)
    assert booked(market, "contribution", "fixed_costs") == [[2083], [150 + 459 + 240 + 294]]


def test_who_loses_all_customers_keeps_what_is_fixed(tmp_path: Path) -> None:
    """In month 2 the rival costs 1 EUR and all go; that month's traffic is still theirs."""
    rival = {"plan": {"fee": 9_000.0}, "pricing": {"kind": "schedule", "fees": {2: {"b": 1.0}}}}
    market = lived(tmp_path, 3, own=COSTS, rival=rival)
    assert booked(market, *COMMON) == [[150] * 3, [540, 459, 459], [300, 300, 240], [420, 420, 294]]
    assert booked(market, "free_cash_flow")[0][2] == -(150 + 459 + 240 + 294)
    assert booked(market, *COMMON, of="B") == [[0] * 3] * 4


def test_a_cost_may_be_an_amount_and_go_with_revenue(tmp_path: Path) -> None:
    """200 a month, a quarter of it fixed. In month 2 all prices are twice as high, and so is revenue: 50 + 300."""
    own = {
        "costs": {"overhead": {"amount": 200.0, "fixed": 0.25, "driver": "revenue"}},
        "pricing": {"kind": "schedule", "fees": {2: {"a": 40.0}}},
    }
    assert booked(lived(tmp_path, 2, own=own, behaviour=ASLEEP), "overhead_cost") == [[200, 350]]


def test_a_budget_for_the_network_scales_both_parts_of_investment(tmp_path: Path) -> None:
    """7 % of 3000 where 14 % are usual: half of the 294 that are fixed and of the 126 that go with traffic."""
    market = lived(tmp_path, own=COSTS | {"service": {"kind": "budget_share", "network": 0.07}}, behaviour=ASLEEP)
    assert booked(market, "capex", "fixed_costs") == [[210], [150 + 459 + 240 + 147]]


def test_care_costs_its_seats_and_its_training(tmp_path: Path) -> None:
    """100 people call 0.6 times for 30 minutes: 1800 minutes of 300 hours are a load of 0.1; with a root of it more,
    0.42, one seat of 7000. Training is 0.12 a head.
    """
    care = {"contacts": 0.6, "handling_minutes": 30.0, "slack": 1.0, "wage": 7000.0, "open_hours": 300.0}
    trained = {"care": care, "retention": {"training": {"kind": "first_contact", "spend": 0.12}}}
    assert booked(lived(tmp_path, own=trained, behaviour=ASLEEP), "care_cost") == [[7_012]]


def test_a_budget_share_buys_seats_by_last_months_revenue(tmp_path: Path) -> None:
    """4 % of 3000 from month 2 on; in month 1 there was no revenue, and no seat."""
    own = {"care": {"contacts": 0.6}, "service": {"kind": "budget_share", "care": 0.04}}
    assert booked(lived(tmp_path, 2, own=own, behaviour=ASLEEP), "care_cost") == [[0, 120]]


def test_clv_is_the_margin_before_what_new_customers_cost_over_survival(tmp_path: Path) -> None:
    """2083 of contribution are 20.83 a head; nobody left, which counts as half a leaver among 101."""
    stays = 1.0 - 0.5 / 101.0
    clv = 20.83 * stays / (MONTH - stays)
    assert booked(lived(tmp_path, own=COSTS, behaviour=ASLEEP), "clv") == [[clv]]


def test_npv_is_the_cash_of_the_horizon_and_what_the_base_goes_on_to_pay(tmp_path: Path) -> None:
    """Two months of 940 - 15 of points = 925. Then the closing 100 bring 2083 - 15, 20.68 a head, for as long as they
    survive (half a leaver among 201); nobody joins, and 1143 stay to be paid, for fifty years.
    """
    market = lived(tmp_path, 2, own=COSTS | points(), behaviour=ASLEEP)
    values = outcome_of(market, market.customers_of(0), by_segment=False).values
    stays = 1.0 - 0.5 / 201.0
    horizon = 925.0 / MONTH + 925.0 / MONTH**2
    later = sum((100.0 * 20.68 * stays**month - 1143.0) / MONTH**month for month in range(1, 601))
    terminal = later / MONTH**2
    assert values["npv_horizon"][0, 0] == pytest.approx(horizon, rel=1e-9)
    assert values["npv_terminal"][0, 0] == pytest.approx(terminal, rel=1e-9)
    assert values["npv"][0, 0] == pytest.approx(horizon + terminal, rel=1e-9)


def test_full_costing_charges_fixed_costs_to_revenue(tmp_path: Path) -> None:
    """In month 2 the tariff and its revenue are half the opening's: 3000 - 650 - 267 - 1143 = 940 as in the books, and
    1500 - 650 - 267 - 1143 / 2 = 11.50 in place of -560.
    """
    cut = {"pricing": {"kind": "schedule", "fees": {2: {"a": 10.0}}}}
    market = lived(tmp_path, 2, own=COSTS | cut, behaviour=ASLEEP)
    assert booked(market, "free_cash_flow") == [[940, -560]]
    values = outcome_of(market, market.customers_of(0), by_segment=False).values
    assert values["npv_allocated"][0, 0] == pytest.approx(940.0 / MONTH + 11.5 / MONTH**2, rel=1e-9)
    assert values["contribution"][0, 0] == pytest.approx(2083 + 583, rel=1e-9)


def arm(outlay: float, stayed: list[bool], paid: list[float]) -> Outcome:
    """What an arm came to for four customers: what was spent on keeping, who stayed, and what each has paid."""
    none = np.zeros(0)
    return Outcome({}, none, {}, none, np.array([outlay]), none, np.array(stayed), np.array(paid))


def test_one_saved_costs_the_extra_outlay_and_the_fees_forgone_on_who_would_have_stayed() -> None:
    """0 stays in both arms and pays 270 where it was 300; 1 and 2 are saved, 3 is lost. 100 - 20 of outlay and 30
    forgone are 110 for one more customer.
    """
    here = arm(100.0, [True, True, True, False], [270.0, 250.0, 240.0, 10.0])
    there = arm(20.0, [True, False, False, True], [300.0, 20.0, 30.0, 280.0])
    found = saved_and_cost(here, there, [np.arange(4)])
    assert (found["saved"][0], found["lost"][0], found["retained"][0]) == (2.0, 1.0, 0.75)
    assert found["retention_cost"][0] == found["cost_per_saved"][0] == 110.0
