"""How shocks change a market: the rules of the game that hold in a month, and what happens in it."""

import math
from dataclasses import replace

import numpy as np

from agents import draws
from agents.customer import effective_portability
from agents.draws import uniform
from agents.population import State
from agents.tables import values_on
from sim.analysis.weighing import refresh_tastes
from sim.config import Scenario
from sim.config.rules_of_game import NO_CAP, Rules
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
    Shock,
    TariffRise,
    TermBan,
)
from sim.world.offers import sold_to
from sim.world.tables import Offers
from sim.world.world import World


def rules_in(scenario: Scenario, month: int) -> Rules:
    """Return the rules of the game in a month (shocks count from month 1)."""
    law = scenario.law
    rules = Rules(
        scenario.behaviour.switching_cost.portability,
        longest_term=NO_CAP if law.longest_term is None else law.longest_term,
        must_offer=law.must_offer or 0,
        leaving_fee=math.inf if law.leaving_fee is None else law.leaving_fee,
    )
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
            rules = replace(
                rules,
                longest_term=shock.longest,
                must_offer=rules.must_offer if shock.must_offer is None else shock.must_offer,
                leaving_fee=rules.leaving_fee if shock.leaving_fee is None else shock.leaving_fee,
            )
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
        elif isinstance(shock, Shock) and shock.is_on(month):
            rules = shock.change_rules(rules, month)
    return rules


def shock_world(scenario: Scenario, world: World) -> None:
    """Let shocks due this month change the world, and draw this month's regional outages."""
    month, names = world.month, list(scenario.operators)
    world.rules = rules_in(scenario, month)
    _draw_outages(world)
    world.breach[:] = world.breach_news[:] = 0.0
    if month < 1:
        return
    for shock in scenario.shocks.values():
        is_first = month == shock.month
        if isinstance(shock, PriceChange):
            _change_fees(world, [shock.operator], shock.change, is_first, month == shock.month + shock.months)
        elif isinstance(shock, TariffRise):
            others = _all_but(names, shock.exempt)
            _change_fees(world, others, shock.change, is_first, month == shock.month + shock.months)
        elif isinstance(shock, PriceWar):
            turn, rest = divmod(month - shock.month, shock.every)
            is_round = 0 <= turn < shock.rounds and rest == 0
            _change_fees(world, _all_but(names, shock.exempt), -shock.cut, is_round, False)
        elif isinstance(shock, Outage) and shock.is_on(month):
            regions = slice(None) if shock.region is None else list(scenario.regions).index(shock.region)
            world.outage[regions, world.number_of(shock.operator)] = shock.factor
        elif isinstance(shock, Breach) and shock.is_on(month):
            number = world.number_of(shock.operator)
            world.breach[number], world.breach_news[number] = (shock.loss if is_first else 0.0), shock.news
        elif isinstance(shock, DeviceLaunch):
            _launch(world, shock, is_first)
        elif isinstance(shock, Entrant) and is_first:
            _enter(scenario, world, shock)
        elif isinstance(shock, Merger) and is_first:
            _merge(world, shock)
        elif isinstance(shock, Shock) and month >= shock.month:
            shock.strike(world)


def not_yet_open(scenario: Scenario) -> list[str]:
    """Operators that enter the market later."""
    return [shock.operator for shock in scenario.shocks.values() if isinstance(shock, Entrant)]


def _draw_outages(world: World) -> None:
    world.outage[:] = 1.0
    failure = world.params.failure
    if failure.region_outage <= 0.0:
        return
    for region, number in np.ndindex(*world.outage.shape):
        if uniform(world.luck_key, draws.REGION_OUTAGE, region, number) < failure.region_outage:
            world.outage[region, number] = failure.region_factor


def _all_but(names: list[str], exempt: str | None) -> list[str]:
    return [name for name in names if name != exempt]


def _change_fees(world: World, names: list[str], change: float, begins: bool, ends: bool) -> None:
    """Change all fees of some operators by a share, or take the change back."""
    factor = 1.0 + change if begins else (1.0 / (1.0 + change) if ends else 1.0)
    for name in names if factor != 1.0 else []:
        operator = world.operators[world.number_of(name)]
        operator.fees = {plan: fee * factor for plan, fee in operator.fees.items()}


def _launch(world: World, shock: DeviceLaunch, begins: bool) -> None:
    """Give the operator's postpaid plans the device's appeal, and take it back when others have it too."""
    change = shock.appeal if begins else (-shock.appeal if world.month == shock.month + shock.months else 0.0)
    plans = world.plans_of(world.number_of(shock.operator))
    world.offers.plans.appeal[plans] += change * (world.offers.plans.prepaid[plans] == 0)


def _nearest(offers: Offers, plan: int, among: np.ndarray) -> int:
    """Plan of nearest fee among some, prepaid for prepaid where there is one."""
    alike = among[offers.plans.prepaid[among] == offers.plans.prepaid[plan]]
    candidates = alike if len(alike) else among
    return int(candidates[np.abs(offers.plans.fee[candidates] - offers.plans.fee[plan]).argmin()])


def _enter(scenario: Scenario, world: World, shock: Entrant) -> None:
    """Open the entrant's shops; where appeals are inverted, its plans start from a like operator's."""
    number, like, offers = world.number_of(shock.operator), world.number_of(shock.like), world.offers
    own, others = world.plans_of(number), world.plans_of(like)
    offers.eligible[own] = sold_to(scenario)[own]
    if scenario.appeals_open:
        for plan in own:
            offers.plans.appeal[plan] = offers.plans.appeal[_nearest(offers, int(plan), others)] - shock.handicap
    world.reputation[:, number], world.trust[number] = world.reputation[:, like], world.trust[like]
    world.operators[number].build_like(world.operators[like])


def _merge(world: World, shock: Merger) -> None:
    """Move the absorbed operator's customers, close its shops, join the networks."""
    into, absorbed = world.number_of(shock.into), world.number_of(shock.absorbed)
    kept, closed = world.plans_of(into), world.plans_of(absorbed)
    offers, state = world.offers, world.state
    target = np.arange(len(offers.plans.fee) + 1)  # the last is that of -1, nobody's plan
    target[-1] = -1
    for plan in closed:
        target[plan] = _nearest(offers, int(plan), kept)
    moved = world.customers_of(absorbed)
    state.plan[moved] = target[state.plan[moved]]
    state.second[:] = target[state.second]
    for name, value in values_on(State, "moves").items():
        state[name][moved] = value
    state.previous[state.previous == absorbed] = into
    state.months_left[moved] = np.minimum(state.months_left[moved], offers.plans.term[state.plan[moved]])
    state.vote[state.vote == absorbed] = into
    offers.eligible[closed] = 0
    seen_there = (world.seen & 255) == absorbed
    world.seen[seen_there] = (world.seen[seen_there] & ~np.uint32(255)) | np.uint32(into)
    refresh_tastes(world, moved)
    world.operators[into].take_over(world.operators[absorbed])
    _consolidate(world, into, absorbed)
    _change_fees(world, [shock.into], shock.rise, True, False)
    world.intervened = True


def _consolidate(world: World, into: int, absorbed: int) -> None:
    """Put last month's books together, from which this month's staff and network load are planned; what has been
    reported stays as it was.
    """
    if world.last_book is None:
        return
    book = world.last_book._replace(lines=world.last_book.lines.copy(), traffic=world.last_book.traffic.copy())
    for table in (book.lines, book.traffic):
        table[:, into] += table[:, absorbed]  # (segments or regions, operators, ...)
        table[:, absorbed] = 0.0
    world.last_book = book
