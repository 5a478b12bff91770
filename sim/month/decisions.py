"""What operators do before customers live a month: what each sees, and the networks and care centres it runs."""

import math
from functools import partial

import numpy as np

from agents.customer import congestion, slowed
from agents.exact import product
from agents.strategies.contract import PlanView, View
from sim.analysis.choice import fill_true_effects
from sim.analysis.demand import Demand
from sim.books.ledger import costs_of_revenue, money
from sim.config import Scenario
from sim.month.budgets import note_opening
from sim.month.records import records_of
from sim.month.training import software_for
from sim.steps.weighing import scratch_for
from sim.world.book import OWN, Book
from sim.world.offers import with_calls, write_offers
from sim.world.tables import LINES
from sim.world.world import World


def decide(scenario: Scenario, world: World) -> None:
    """Let all operators decide on what they saw up to last month, then put their offers in the shops."""
    note_opening(world, scenario.market_size / scenario.customers.count)
    for operator, view in zip(world.operators, views(scenario, world), strict=True):
        operator.decide(view)
    for number, operator in enumerate(world.operators):
        operator.invest()
        write_offers(world.offers, number, operator, world.rules)
    world.offers = with_calls(world.offers, world.operators, world.rules)


def views(scenario: Scenario, world: World) -> list[View]:
    """Return what each operator sees before it decides: the shops as of last month, its own books and records."""
    book, demand = world.last_book, Demand(scenario, world)
    start_fees = {plan: fee for operator in world.operators for plan, fee in operator.start_fees.items()}
    plans = {
        name: PlanView(
            operator.name,
            fee,
            start_fees[name],
            float("inf") if plan.allowance is None else plan.allowance,
            plan.prepaid,
        )
        for operator in world.operators
        for (name, plan), fee in zip(operator.config.plans.items(), operator.fees.values(), strict=True)
    }
    subscribers = book.line("closing") if book else world.subscribers()
    total = max(float(subscribers.sum()), 1.0)
    people = float(book.people[:, 0].sum()) if book else world.people_present()
    shares = {one.name: float(count) / total for one, count in zip(world.operators, subscribers, strict=True)}
    unit_cost = dict(zip(plans, world.unit_cost().tolist(), strict=True))
    mean_fee = [float(np.mean(list(operator.fees.values()))) for operator in world.operators]
    is_sold = dict(zip(plans, np.asarray(world.offers.eligible.any(axis=1)), strict=True))
    is_open = [any(is_sold[name] for name in operator.config.plans) for operator in world.operators]
    seen = []
    for number, operator in enumerate(world.operators):
        own = {plan: unit_cost[plan] for plan in operator.config.plans}
        operator.history = (*operator.history, _history_row(number, mean_fee, is_open, float(subscribers[number])))
        seen.append(
            View(
                month=world.month,
                name=operator.name,
                # not before an entrant's time, nor after a merger
                plans={name: plan for name, plan in plans.items() if is_sold[name] or name in own},
                unit_cost=own,
                shares=shares,
                ledger=partial(_own_ledger, book, number),
                history=operator.history,
                records=partial(records_of, world, number),
                people=people,
                satisfaction=_surveyed(book, number),
                wait=float(book.own[number, OWN.index("wait")]) if book else 0.0,
                network_share=operator.network_share,
                everyone_chooses=scenario.everyone_chooses,
                exact_reply=partial(demand.best_reply, number),
                software=partial(software_for, scenario, world, number),
                true_effects=partial(_true_effects, world, number),
            )
        )
    return seen


def _own_ledger(book: Book | None, number: int) -> dict[str, float]:
    """An operator's books of last month; empty before the first."""
    if book is None:
        return {}
    counts = {
        name: float(book.lines[:, number, LINES.index(name)].sum())
        for name in ("opening", "closing", "gross_adds", "acquisition", "retention")
    }
    lines = book.lines.sum(axis=0)
    books = money(lines, book.own) | {"costs_of_revenue": costs_of_revenue(lines, book.own)}
    return counts | {name: float(value[number]) for name, value in books.items()}


def _true_effects(world: World, number: int, credit: float, term: int) -> np.ndarray:
    """By how much a call with a credit, for a term, makes each of an operator's customers less likely to leave, highest
    first; noted for the month's campaigns.
    """
    own = world.customers_of(number)
    if not len(world.oracle):
        world.oracle = np.zeros(len(world.state), np.float32)
    fill_true_effects(
        own,
        credit,
        term,
        world.traits,
        world.state,
        world.offers,
        world.this_month(),
        world.params,
        world.ties,
        world.seen,
        scratch_for(world.offers),
        world.oracle,
    )
    return np.sort(world.oracle[own])[::-1]


def run_networks(world: World, weight: float) -> np.ndarray:
    """Build capacity, and let load, processes and congestion raise failure rates and slow networks down; return mean
    load over regions, shape (operators,).

    weight : real lines a simulated person stands for
    """
    book, congested = world.last_book, world.params.congestion
    mean_load = np.zeros(len(world.operators))
    for number, operator in enumerate(world.operators):
        process = operator.config.network.process
        world.process[number] = process
        if congested.slope > 0.0:
            traffic = book.traffic[:, number] * weight if book else np.zeros(len(world.outage))
            operator.build(traffic)
            loads = operator.load(traffic)
            mean_load[number] = float(loads.mean())
            for region, load in enumerate(loads):
                excess = congestion(load, congested.knee, congested.slope)
                world.outage[region, number] *= 1.0 + excess
                world.offers.quality[region, number] = slowed(operator.quality[region], excess, congested.slowdown)
        world.outage[:, number] *= process
    return mean_load


def _surveyed(book: Book | None, number: int) -> float | None:
    """Mean of an operator's survey of last month, 0 to 1: noisy answers on a scale of 0 to 10; None before the first
    and without subscribers.
    """
    if book is None:
        return None
    answers = book.scores[number]
    return float(product(answers, np.linspace(0.0, 1.0, len(answers))) / answers.sum()) if answers.sum() else None


def run_service(world: World, weight: float, load: np.ndarray) -> np.ndarray:
    """Run the care centres at market size; return what only operators know this month, shape (operators, OWN).

    weight : real lines a simulated person stands for
    load : of networks, (operators,)
    """
    book, terms = world.last_book, world.offers.terms
    own = np.zeros((len(world.operators), len(OWN)))
    subscribers = book.line("closing") if book else world.subscribers()
    complaints = book.line("complaints") if book else np.zeros(len(world.operators))
    unresolved = complaints - book.line("resolved") if book else complaints
    revenue = book.line("fees") + book.line("overage") if book else np.zeros(len(world.operators))
    for number, operator in enumerate(world.operators):
        cost = operator.staff(
            subscribers[number] * weight,
            complaints[number] * weight,
            unresolved[number] * weight,
            revenue[number] * weight,
        )
        terms.care[number], terms.resolved[number] = operator.care_quality, operator.resolved
        own[number] = (
            cost / weight,
            operator.wait,
            terms.points.value[number],
            operator.morale,
            load[number],
            operator.opening.revenue,
            *operator.cost_rates().ravel(),
        )
    return own


def _history_row(number: int, mean_fee: list[float], is_open: list[bool], subscribers: float) -> dict[str, float]:
    """What an operator notes of a month: log subscribers, and log of its mean fee over its rivals'."""
    rivals = [fee for other, fee in enumerate(mean_fee) if other != number and is_open[other]]
    relative = mean_fee[number] / np.mean(rivals) if rivals and min(*rivals, mean_fee[number], 1.0) > 0.0 else 1.0
    return {"log_subscribers": math.log(max(subscribers, 1.0)), "relative_fee": math.log(max(relative, 1e-9))}
