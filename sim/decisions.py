"""What operators do before customers live a month: what each sees, and the networks and care centres it runs."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from agents.customer import congestion
from agents.strategies.contract import PlanView, View
from sim import records, training
from sim.choice import fill_true_effects, scratch_for
from sim.ledger import OWN, money
from sim.tables import LINES

if TYPE_CHECKING:
    from sim.market import Market


def views(market: "Market") -> list[View]:
    """Return what each operator sees before it decides: the shops as of last month, its own books and records."""
    book = market.last_book
    start_fees = {plan: fee for operator in market.operators for plan, fee in operator.start_fees.items()}
    plans = {
        name: PlanView(
            operator.name,
            fee,
            start_fees[name],
            float("inf") if plan.allowance is None else plan.allowance,
            plan.prepaid,
        )
        for operator in market.operators
        for (name, plan), fee in zip(operator.config.plans.items(), operator.fees.values(), strict=True)
    }
    subscribers = book.line("closing") if book else market.subscribers()
    total = max(float(subscribers.sum()), 1.0)
    people = float(book.people[:, 0].sum()) if book else market.people_present()
    shares = {name: float(count) / total for name, count in zip(market.operator_names, subscribers, strict=True)}
    unit_cost = market.unit_cost()
    mean_fee = [float(np.mean(list(operator.fees.values()))) for operator in market.operators]
    sold = {
        market.plan_names[p] for p in np.flatnonzero(market.offers.eligible.any(axis=1))
    }  # not before an entrant's time, nor after a merger
    is_open = [any(name in sold for name in operator.config.plans) for operator in market.operators]
    seen = []
    for number, operator in enumerate(market.operators):
        own = {
            plan: float(unit_cost[p])
            for p, plan in enumerate(market.plan_names)
            if market.offers.plans.operator[p] == number
        }
        operator.history = (*operator.history, _history_row(number, mean_fee, is_open, float(subscribers[number])))
        seen.append(
            View(
                month=market.month,
                name=operator.name,
                plans={name: plan for name, plan in plans.items() if name in sold or name in own},
                unit_cost=own,
                shares=shares,
                ledger=partial(_own_ledger, market, number),
                history=operator.history,
                records=partial(records.records_of, market, number),
                people=people,
                satisfaction=_surveyed(market, number),
                wait=float(book.own[number, OWN.index("wait")]) if book else 0.0,
                everyone_chooses=market.scenario.everyone_chooses,
                exact_reply=partial(market.demand.best_reply, number),
                software=partial(training.software_for, market, number),
                true_effects=partial(_true_effects, market, number),
            )
        )
    return seen


def _own_ledger(market: "Market", number: int) -> dict[str, float]:
    """An operator's books of last month; empty before the first."""
    if market.last_book is None:
        return {}
    book = market.last_book
    counts = {
        name: float(book.lines[:, number, LINES.index(name)].sum())
        for name in ("opening", "closing", "gross_adds", "acquisition", "retention")
    }
    return counts | {name: float(value[number]) for name, value in money(book.lines.sum(axis=0), book.own).items()}


def _true_effects(market: "Market", number: int, credit: float) -> np.ndarray:
    """By how much a call with a credit makes each of an operator's customers less likely to leave, highest first; noted
    for the month's campaigns.
    """
    own = market.customers_of(number)
    if not len(market.oracle):
        market.oracle = np.zeros(len(market.state.plan), np.float32)
    fill_true_effects(
        own,
        credit,
        market.traits,
        market.state,
        market.offers,
        market.this_month(),
        market.params,
        market.ties_array,
        market.seen,
        scratch_for(market.offers),
        market.oracle,
    )
    return np.sort(market.oracle[own])[::-1]


def run_networks(market: "Market") -> None:
    """Build capacity, and let load, processes and congestion raise failure rates and slow networks down."""
    book, params = market.last_book, market.params
    for number, operator in enumerate(market.operators):
        process = operator.config.network.process
        market.process[number] = process
        if params.congestion.slope > 0.0:
            traffic = book.traffic[:, number] * market.weight if book else np.zeros(len(market.region_names))
            revenue = float(book.line("fees")[number] + book.line("overage")[number]) * market.weight if book else 0.0
            operator.build(traffic, revenue)
            loads = operator.load(traffic)
            market.load[number] = float(loads.mean())
            for region, load in enumerate(loads):
                excess = congestion(load, params.congestion.knee, params.congestion.slope)
                market.outage[region, number] *= 1.0 + excess
                market.offers.quality[region, number] = max(
                    0.0, operator.quality[region] - params.congestion.slowdown * excess
                )
        market.outage[:, number] *= process


def _surveyed(market: "Market", number: int) -> float | None:
    """Mean of an operator's survey of last month, 0 to 1: noisy answers on a scale of 0 to 10; None before the first
    and without subscribers.
    """
    if market.last_book is None:
        return None
    answers = market.last_book.scores[number]
    return float(answers @ np.linspace(0.0, 1.0, len(answers)) / answers.sum()) if answers.sum() else None


def run_service(market: "Market") -> np.ndarray:
    """Run the care centres at market size; return what only operators know this month, shape (operators, OWN)."""
    own = np.zeros((len(market.operators), len(OWN)))
    book = market.last_book
    subscribers = book.line("closing") if book else market.subscribers()
    complaints = book.line("complaints") if book else np.zeros(len(market.operators))
    unresolved = complaints - book.line("resolved") if book else complaints
    revenue = book.line("fees") + book.line("overage") if book else np.zeros(len(market.operators))
    for number, operator in enumerate(market.operators):
        cost = operator.staff(
            subscribers[number] * market.weight,
            complaints[number] * market.weight,
            unresolved[number] * market.weight,
            revenue[number] * market.weight,
        )
        market.offers.terms.care[number], market.offers.terms.resolved[number] = (
            operator.care_quality,
            operator.resolved,
        )
        own[number] = (
            cost / market.weight,
            operator.config.advertising_share,
            operator.config.overhead_share,
            operator.capex_share,
            operator.wait,
            market.offers.terms.points_value[number],
            operator.morale,
            market.load[number],
        )
    return own


def _history_row(number: int, mean_fee: list[float], is_open: list[bool], subscribers: float) -> dict[str, float]:
    """What an operator notes of a month: log subscribers, and log of its mean fee over its rivals'."""
    rivals = [fee for other, fee in enumerate(mean_fee) if other != number and is_open[other]]
    relative = mean_fee[number] / np.mean(rivals) if rivals and min(*rivals, mean_fee[number], 1.0) > 0.0 else 1.0
    return {"log_subscribers": float(np.log(max(subscribers, 1.0))), "relative_fee": float(np.log(max(relative, 1e-9)))}
