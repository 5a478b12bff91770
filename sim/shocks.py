"""How shocks change a market: the rules of the game that hold in a month, and what happens in it."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from agents import draws
from agents.customer import effective_portability
from agents.draws import uniform
from agents.population import State
from agents.tables import values_on
from sim.config import Scenario
from sim.config.shocks import (
    BackBookBan,
    Breach,
    DeviceLaunch,
    Entrant,
    FeeWaiver,
    Merger,
    Notices,
    Outage,
    Portability,
    PriceChange,
    PriceWar,
    Recession,
    TariffRise,
    TermBan,
)
from sim.offers import sold_to
from sim.rules_of_game import Rules

if TYPE_CHECKING:
    from sim.market import Market


def rules_in(scenario: Scenario, month: int) -> Rules:
    """Return the rules of the game in a month (shocks count from month 1)."""
    rules = Rules(scenario.behaviour.switching_cost.portability)
    for shock in scenario.shocks.values():
        if month < max(shock.month, 1):
            continue
        if isinstance(shock, Portability):
            rules = replace(rules, portability=effective_portability(shock.portability, shock.days, shock.patience))
        elif isinstance(shock, Recession) and shock.is_on(month):
            rules = replace(rules, sensitivity=shock.sensitivity, arrears=shock.arrears, usage=shock.usage)
        elif isinstance(shock, Notices) and shock.is_on(month):
            rules = replace(rules, notice=shock.hazard)
        elif isinstance(shock, TermBan) and shock.is_on(month):
            rules = replace(rules, longest_term=shock.longest)
        elif isinstance(shock, BackBookBan) and shock.is_on(month):
            rules = replace(rules, back_book_banned=True)
        elif isinstance(shock, FeeWaiver) and shock.is_on(month):
            rules = replace(
                rules,
                fee_waivers=rules.fee_waivers
                | frozenset(scenario.operators if shock.operator is None else [shock.operator]),
            )
        elif isinstance(shock, DeviceLaunch) and shock.is_on(month):
            rules = replace(rules, device_news=shock.news)
    return rules


def shock_market(market: "Market") -> None:
    """Let shocks due this month change the world, and draw this month's regional outages."""
    market.rules = rules_in(market.scenario, market.month)
    _draw_outages(market)
    market.breach[:] = market.breach_news[:] = 0.0
    if market.month < 1:
        return
    for shock in market.scenario.shocks.values():
        is_first = market.month == shock.month
        if isinstance(shock, PriceChange):
            _change_fees(market, [shock.operator], shock.change, is_first, market.month == shock.month + shock.months)
        elif isinstance(shock, TariffRise):
            _change_fees(
                market,
                _all_but(market, shock.exempt),
                shock.change,
                is_first,
                market.month == shock.month + shock.months,
            )
        elif isinstance(shock, PriceWar):
            turn, rest = divmod(market.month - shock.month, shock.every)
            _change_fees(
                market, _all_but(market, shock.exempt), -shock.cut, 0 <= turn < shock.rounds and rest == 0, False
            )
        elif isinstance(shock, Outage) and shock.is_on(market.month):
            regions = slice(None) if shock.region is None else market.region_names.index(shock.region)
            market.outage[regions, market.operator_names.index(shock.operator)] = shock.factor
        elif isinstance(shock, Breach) and shock.is_on(market.month):
            number = market.operator_names.index(shock.operator)
            market.breach[number], market.breach_news[number] = (shock.loss if is_first else 0.0), shock.news
        elif isinstance(shock, DeviceLaunch):
            _launch(market, shock, is_first)
        elif isinstance(shock, Entrant) and is_first:
            _enter(market, shock)
        elif isinstance(shock, Merger) and is_first:
            _merge(market, shock)


def not_yet_open(scenario: Scenario) -> list[str]:
    """Operators that enter the market later."""
    return [shock.operator for shock in scenario.shocks.values() if isinstance(shock, Entrant)]


def _draw_outages(market: "Market") -> None:
    market.outage[:] = 1.0
    if market.params.failure.region_outage <= 0.0:
        return
    for region in range(len(market.region_names)):
        for number in range(len(market.operators)):
            if uniform(market.luck_key, draws.REGION_OUTAGE, region, number) < market.params.failure.region_outage:
                market.outage[region, number] = market.params.failure.region_factor


def _all_but(market: "Market", exempt: str | None) -> list[str]:
    return [name for name in market.operator_names if name != exempt]


def _change_fees(market: "Market", names: list[str], change: float, begins: bool, ends: bool) -> None:
    """Change all fees of some operators by a share, or take the change back."""
    factor = 1.0 + change if begins else (1.0 / (1.0 + change) if ends else 1.0)
    for name in names if factor != 1.0 else []:
        operator = market.operators[market.operator_names.index(name)]
        operator.fees = {plan: fee * factor for plan, fee in operator.fees.items()}


def _plans_of(market: "Market", name: str) -> np.ndarray:
    return np.flatnonzero(market.offers.plans.operator == market.operator_names.index(name))


def _launch(market: "Market", shock: DeviceLaunch, begins: bool) -> None:
    """Give the operator's postpaid plans the device's appeal, and take it back when others have it too."""
    change = shock.appeal if begins else (-shock.appeal if market.month == shock.month + shock.months else 0.0)
    plans = _plans_of(market, shock.operator)
    market.offers.plans.appeal[plans] += change * (market.offers.plans.prepaid[plans] == 0)


def _nearest(market: "Market", plan: int, among: np.ndarray) -> int:
    """Plan of nearest fee among some, prepaid for prepaid where there is one."""
    offers = market.offers
    alike = among[offers.plans.prepaid[among] == offers.plans.prepaid[plan]]
    candidates = alike if len(alike) else among
    return int(candidates[np.abs(offers.plans.fee[candidates] - offers.plans.fee[plan]).argmin()])


def _enter(market: "Market", shock: Entrant) -> None:
    """Open the entrant's shops; where appeals are inverted, its plans start from a like operator's."""
    own, others = _plans_of(market, shock.operator), _plans_of(market, shock.like)
    market.offers.eligible[own] = sold_to(market.scenario)[own]
    if market.appeals_open:
        for plan in own:
            market.offers.plans.appeal[plan] = (
                market.offers.plans.appeal[_nearest(market, int(plan), others)] - shock.handicap
            )
    number, like = market.operator_names.index(shock.operator), market.operator_names.index(shock.like)
    market.reputation[:, number], market.trust[number] = market.reputation[:, like], market.trust[like]
    market.operators[number].build_like(market.operators[like])


def _merge(market: "Market", shock: Merger) -> None:
    """Move the absorbed operator's customers, close its shops, join the networks."""
    into, absorbed = market.operator_names.index(shock.into), market.operator_names.index(shock.absorbed)
    kept, closed = _plans_of(market, shock.into), _plans_of(market, shock.absorbed)
    offers, state = market.offers, market.state
    target = np.arange(len(offers.plans.fee) + 1)  # the last is that of -1, nobody's plan
    target[-1] = -1
    for plan in closed:
        target[plan] = _nearest(market, int(plan), kept)
    moved = market.customers_of(absorbed)
    state.plan[moved] = target[state.plan[moved]]
    state.second[:] = target[state.second]
    for name, value in values_on(State, "moves").items():
        state[name][moved] = value
    state.previous[state.previous == absorbed] = into
    state.months_left[moved] = np.minimum(state.months_left[moved], offers.plans.term[state.plan[moved]])
    state.vote[state.vote == absorbed] = into
    offers.eligible[closed] = 0
    seen_there = (market.seen & 255) == absorbed
    market.seen[seen_there] = (market.seen[seen_there] & ~np.uint32(255)) | np.uint32(into)
    market.refresh_tastes(moved)
    market.operators[into].take_over(market.operators[absorbed])
    _consolidate(market, into, absorbed)
    _change_fees(market, [shock.into], shock.rise, True, False)
    market.intervened = True


def _consolidate(market: "Market", into: int, absorbed: int) -> None:
    """Put last month's books together, from which this month's staff and network load are planned; what has been
    reported stays as it was.
    """
    if market.last_book is None:
        return
    book = market.last_book._replace(lines=market.last_book.lines.copy(), traffic=market.last_book.traffic.copy())
    for table in (book.lines, book.traffic):
        table[:, into] += table[:, absorbed]  # (segments or regions, operators, ...)
        table[:, absorbed] = 0.0
    market.last_book = book
