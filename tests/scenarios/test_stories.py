"""Each scenario tells its story: what must rise or fall in it does, by paired differences over worlds beyond four
standard errors.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

from sim import Market, load_scenario
from sim.config import Scenario
from sim.loading import list_configs, raw_config
from sim.world.tables import LINES

pytestmark = pytest.mark.scenarios

SEEDS, MORE = range(1, 7), range(1, 13)  # MORE: where the effect is small beside luck
SIZE = ("customers.count=3_000", "burn_in=12")
LARGE = "customers.count=7_000"  # where the measure is of a small part of the people


@cache
def scenario(name: str, months: int, *overrides: str) -> Scenario:
    """Return a shipped scenario, small, warmed up for a year."""
    return load_scenario(name, [*SIZE, f"months={months}", *overrides])


@cache
def worlds(name: str, months: int, *overrides: str, seeds: range = SEEDS) -> list[Market]:
    """Warm up a market for each seed, not to be run itself."""
    return [Market(scenario(name, months, *overrides), seed=seed) for seed in seeds]


@cache
def runs(
    name: str,
    months: int,
    policy: str = "none",
    *overrides: str,
    without_shocks: bool = False,
    response: str = "responding",
    seeds: range = SEEDS,
) -> list[Market]:
    """Every world of a scenario, run under a policy; perhaps spared its shocks."""
    twins = [world.fork(policy=policy, response=response) for world in worlds(name, months, *overrides, seeds=seeds)]  # type: ignore[arg-type]
    for twin in twins:
        if without_shocks:
            twin.scenario = twin.scenario.model_copy(update={"shocks": {}})
        twin.run()
    return twins


def errors(measure: Callable[[Market], float], here: list[Market], there: list[Market]) -> float:
    """Mean difference of a measure between paired runs, in units of its standard error."""
    differences = np.array([measure(one) - measure(other) for one, other in zip(here, there, strict=True)])
    return float(differences.mean() / (differences.std(ddof=1) / np.sqrt(len(differences))))


def kpi(name: str, operator: str | None = None, first: int = 1, last: int = 600) -> Callable[[Market], float]:
    """Mean of a measure over months, of one operator or of all."""

    def measure(market: Market) -> float:
        rows = market.kpis.query(f"month >= {first} and month <= {last}")
        return float((rows if operator is None else rows[rows["operator"] == operator])[name].mean())

    return measure


def earned(operator: str, line: str = "ebitda", first: int = 1, last: int = 600) -> Callable[[Market], float]:
    """Sum of a money line over months, currency."""
    return lambda market: float(
        market.ledger.query(f"operator == '{operator}' and month >= {first} and month <= {last}")[line].sum()
    )


def loyal(kind: str, first: int) -> Callable[[Market], float]:
    """Mean share of customers of a loyalty type, over quarters and operators."""
    return lambda market: float(market.loyalty_type.query(f"key == '{kind}' and month >= {first}")["value"].mean())


def churn_of(segments: set[str]) -> Callable[[Market], float]:
    """Voluntary churn of some segments at the focal operator, per month."""

    def measure(market: Market) -> float:
        rows = [number for number, name in enumerate(market.segment_names) if name in segments]
        lines = sum(book.lines[rows, market.focal_index].sum(axis=0) for book in market.books)
        return float(lines[LINES.index("churn_voluntary")] / lines[LINES.index("opening")])

    return measure


def lost(operator: str, plan: str) -> Callable[[Market], float]:
    """Customers of a plan at the end, as a count."""
    return lambda market: float(
        market.plans.query(f"operator == '{operator}' and plan == '{plan}'")["subscribers"].iloc[-1]
    )


STORIES = [
    "portability",
    "un_carrier",
    "china_2005",
    "service_collapse",
    "premium_poaching",
    "small_business_neglect",
    "loyalty_arms_race",
    "merger",
    "entrant",
    "breach",
    "tariff_rise",
    "price_war",
]


@pytest.mark.parametrize("name", STORIES)
def test_story_asks_a_question_and_compares_policies(name: str) -> None:
    assert name in list_configs()
    given, story = raw_config(name), scenario(name, 12)
    assert story.question.endswith("?") and 4 <= len(given["policies"]) <= 8 and given["policies"][0] == "none"
    assert set(given["policies"]) == set(story.policies) and story.focal


def test_portability_frees_the_spuriously_loyal() -> None:
    here, there = runs("portability", 18), runs("portability", 18, without_shocks=True)
    assert errors(kpi("churn_rate", first=7), here, there) > 4.0
    assert errors(loyal("spurious", first=9), here, there) < -4.0
    # until then it is one and the same market
    assert [kpi("churn_rate", last=6)(market) for market in here] == [
        kpi("churn_rate", last=6)(market) for market in there
    ]


def test_un_carrier_wins_customers_and_pays_for_it() -> None:
    plain, bold, paying, free = (
        runs("un_carrier", 24, policy, LARGE)
        for policy in ("none", "un_carrier", "un_carrier_pays_fees", "no_contract")
    )
    assert errors(kpi("gross_adds", "t_mobile"), bold, plain) > 4.0
    assert errors(kpi("market_share", "t_mobile", first=24), bold, plain) > 4.0
    assert errors(earned("t_mobile"), bold, plain) < -4.0
    assert errors(kpi("src", "t_mobile"), free, plain) < -4.0  # nothing is renewed
    assert (
        errors(kpi("gross_adds", "t_mobile"), paying, bold) > 4.0
        and errors(earned("t_mobile", "subsidy_cost"), paying, bold) > 4.0
    )


def test_devices_are_paid_off_whatever_plan_follows() -> None:
    """A debt of 240 shrinks by a 24th a month, also where the plan now held sells no devices."""
    market = worlds("un_carrier", 24, LARGE)[0].fork()
    debtors = np.flatnonzero(market.state.plan >= 0)
    market.state.debt[debtors] = 240.0
    market.step()
    still = debtors[
        (market.state.plan[debtors] >= 0) & (market.state.joined[debtors] < 1) & (market.state.debt[debtors] > 0.0)
    ]
    assert len(still) > 0.9 * len(debtors) and market.state.debt[still] == pytest.approx(230.0)


def test_us_carriers_open_where_the_table_has_them() -> None:
    """Blended ARPU of 2012 Q2 (Strategy Analytics), and the order of churn: large carriers below the challengers."""
    tables = [
        market.kpis.groupby("operator")[["arpu", "churn_rate"]].mean()
        for market in runs("un_carrier", 24, "none", LARGE)
    ]
    mean, error = (getattr(pd.concat(tables).groupby(level=0), name)() for name in ("mean", "sem"))
    published = {"verizon": 54.29, "att": 47.07, "sprint": 49.88, "t_mobile": 43.88, "regional": 46.0}
    for operator, arpu in published.items():
        assert abs(mean.loc[operator, "arpu"] - arpu) < 0.05 * arpu + 4.0 * error.loc[operator, "arpu"]
    assert (
        mean.loc[["verizon", "att"], "churn_rate"].max()
        < mean.loc[["sprint", "t_mobile", "regional"], "churn_rate"].min()
    )


def test_china_price_fight_moves_share_and_portability_would_move_more() -> None:
    here = runs("china_2005", 18)
    peace = runs("china_2005", 18, "none", "operators.china_unicom.pricing={kind: fixed}")
    assert errors(kpi("market_share", "china_mobile", first=18), here, peace) < -4.0
    assert errors(kpi("market_share", "china_mobile", first=18), runs("china_2005", 18, "price_cut"), here) > 4.0
    ported = runs("china_2005", 18, "none", "shock=portability", "shocks.portability.month=1")
    assert errors(kpi("churn_rate"), ported, here) > 4.0


def test_chinese_brands_sell_to_their_segments() -> None:
    market = runs("china_2005", 18)[0]
    people = market.customers.to_frame()
    assert set(people.loc[people["plan"] == "gotone", "segment"]) == {"premium", "small_business"}
    assert set(people.loc[people["plan"] == "m_zone", "segment"]) == {"youth"}
    assert market.kpis["brand_migrations"].sum() > 0


def test_cutting_care_pays_for_some_months_and_then_costs() -> None:
    """Service-profit chain (Heskett et al. 1994): wages saved at once, customers lost slowly."""
    cut, kept = runs("service_collapse", 36, "care_cut"), runs("service_collapse", 36)
    assert errors(earned("alpha", last=9), cut, kept) > 4.0
    assert errors(earned("alpha", first=28), cut, kept) < -4.0
    assert (
        errors(kpi("morale", "alpha", first=12), cut, kept) < -4.0
        and errors(kpi("csat", "alpha", first=12), cut, kept) < -4.0
    )
    assert errors(kpi("churn_rate", "alpha", first=12), cut, kept) > 4.0
    both = runs("service_collapse", 36, "care_and_network_cut")
    assert errors(kpi("market_share", "alpha", first=36), both, cut) < -4.0


def test_poachers_take_top_spenders_and_a_premium_price_holds_them() -> None:
    peace = ("operators.beta.pricing={kind: fixed}", "operators.gamma.pricing={kind: fixed}")
    here, there = (runs("premium_poaching", 18, "none", *rivals, seeds=MORE) for rivals in ((), peace))
    assert errors(churn_of({"premium"}), here, there) > 4.0
    assert errors(lost("alpha", "alpha_L"), here, there) < -4.0
    assert errors(lost("alpha", "alpha_L"), runs("premium_poaching", 18, "premium_price", seeds=MORE), here) > 4.0
    assert errors(churn_of({"premium"}), runs("premium_poaching", 18, "premium_club", seeds=MORE), here) < -4.0


def test_service_by_spend_leaves_small_businesses_cold() -> None:
    tiered, alike = (
        runs("small_business_neglect", 30, policy, LARGE, seeds=MORE) for policy in ("tiered_service", "none")
    )
    small, private = churn_of({"small_business"}), churn_of({"premium"})
    assert errors(small, tiered, alike) > 4.0
    assert errors(lambda market: small(market) - private(market), tiered, alike) > 4.0


def test_copied_schemes_lose_their_gain() -> None:
    """With rivals static nobody copies; where they follow, the gain in share shrinks (fact 32)."""
    for policy in ("points", "contract"):
        gain = {}
        for response in ("static", "responding"):
            with_it, without = (
                runs("loyalty_arms_race", 36, name, LARGE, response=response) for name in (policy, "none")
            )
            share = kpi("market_share", "alpha", first=31)
            gain[response] = np.array([share(one) - share(other) for one, other in zip(with_it, without, strict=True)])
        shrinks = gain["static"] - gain["responding"]
        assert gain["static"].mean() > 4.0 * gain["static"].std(ddof=1) / np.sqrt(len(shrinks))
        assert shrinks.mean() > 4.0 * shrinks.std(ddof=1) / np.sqrt(len(shrinks))


def test_merger_lifts_concentration_and_lets_the_third_raise_fees() -> None:
    here, there = runs("merger", 18), runs("merger", 18, without_shocks=True)
    assert errors(lambda market: market.overview["hhi"].iloc[-1], here, there) > 4.0
    assert errors(kpi("gross_adds", "alpha", first=7), here, there) > 4.0
    assert errors(earned("alpha"), runs("merger", 18, "price_rise"), here) > 4.0


def test_entrant_takes_share_from_all_and_a_price_cut_holds_more_of_it() -> None:
    here, there = runs("entrant", 24), runs("entrant", 24, without_shocks=True)
    for operator in ("alpha", "beta", "gamma"):
        assert errors(kpi("market_share", operator, first=24), here, there) < -4.0
    assert errors(kpi("market_share", "alpha", first=24), runs("entrant", 24, "price_cut"), here) > 4.0


def test_breach_drives_customers_away_and_a_contract_holds_them() -> None:
    here, there = runs("breach", 18), runs("breach", 18, without_shocks=True)
    assert errors(kpi("trust", "alpha", first=7), here, there) < -4.0
    assert errors(kpi("churn_rate", "alpha", first=7), here, there) > 4.0
    assert errors(earned("alpha", first=10), here, there) < -4.0
    assert errors(kpi("churn_rate", "alpha"), runs("breach", 18, "contract"), here) < -4.0


def test_tariff_rise_favours_who_does_not_join_it() -> None:
    here, there = runs("tariff_rise", 18), runs("tariff_rise", 18, without_shocks=True)
    assert errors(kpi("market_share", "alpha", first=12), here, there) > 4.0
    assert errors(kpi("gross_adds", "alpha"), here, there) > 4.0
    assert errors(kpi("market_share", "alpha", first=12), runs("tariff_rise", 18, "price_rise"), here) < -4.0


def test_price_war_costs_the_leader_share_and_a_cut_wins_it_back_at_a_price() -> None:
    here, there = runs("price_war", 18), runs("price_war", 18, without_shocks=True)
    assert errors(kpi("market_share", "alpha", first=12), here, there) < -4.0
    assert errors(kpi("arpu", "alpha"), runs("price_war", 18, "price_cut"), here) < -4.0
    assert errors(kpi("market_share", "alpha", first=12), runs("price_war", 18, "price_cut"), here) > 4.0
