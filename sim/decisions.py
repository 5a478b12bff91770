"""What happens to operators before customers live a month: shocks, what each operator sees, and the care it runs."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from agents import draws
from agents.draws import uniform
from agents.strategies.contract import PlanView, View
from sim import records, training
from sim.config import Outage, Portability, PriceChange
from sim.ledger import OWN, money

if TYPE_CHECKING:
    from sim.market import Market


def shock_market(market: "Market") -> None:
    """Let shocks due this month change the world, and draw this month's regional outages."""
    market.outage[:] = 1.0
    factor = market.params.failure_region_factor
    if market.params.failure_region_outage > 0.0:
        for region in range(len(market.region_names)):
            for number in range(len(market.operators)):
                if uniform(market.luck_key, draws.REGION_OUTAGE, region, number) < market.params.failure_region_outage:
                    market.outage[region, number] = factor
    if market.month < 1:
        return
    for shock in market.scenario.shocks.values():
        if isinstance(shock, Portability) and market.month == shock.month:
            market.portability = shock.portability
        elif isinstance(shock, PriceChange):
            operator = market.operators[market.operator_names.index(shock.operator)]
            if market.month == shock.month:
                operator.fees = {plan: fee * (1.0 + shock.change) for plan, fee in operator.fees.items()}
            elif market.month == shock.month + shock.months:
                operator.fees = {plan: fee / (1.0 + shock.change) for plan, fee in operator.fees.items()}
        elif isinstance(shock, Outage) and shock.month <= market.month < shock.month + shock.months:
            regions = slice(None) if shock.region is None else market.region_names.index(shock.region)
            market.outage[regions, market.operator_names.index(shock.operator)] = shock.factor


def views(market: "Market") -> list[View]:
    """Return what each operator sees before it decides: the shops as of last month, its own books and records."""
    book = market.last_book
    start_fees = {plan: fee for operator in market.operators for plan, fee in operator.start_fees.items()}
    plans = {
        name: PlanView(operator.name, fee, start_fees[name], float("inf") if plan.allowance is None else plan.allowance, plan.prepaid)
        for operator in market.operators for (name, plan), fee in zip(operator.config.plans.items(), operator.fees.values(), strict=True)
    }  # fmt: skip
    subscribers = book.line("closing") if book else market.subscribers()
    total = max(float(subscribers.sum()), 1.0)
    people = float(book.people[:, 0].sum()) if book else market.people_present()
    shares = {name: float(count) / total for name, count in zip(market.operator_names, subscribers, strict=True)}
    unit_cost = market.unit_cost()
    mean_fee = [float(np.mean(list(operator.fees.values()))) for operator in market.operators]
    seen = []
    for number, operator in enumerate(market.operators):
        own = {plan: float(unit_cost[p]) for p, plan in enumerate(market.plan_names) if market.offers.operator[p] == number}
        operator.history = (*operator.history, _history_row(number, mean_fee, float(subscribers[number])))
        seen.append(View(
            month=market.month, name=operator.name, plans=plans, unit_cost=own, shares=shares, ledger=partial(_own_ledger, market, number), history=operator.history,
            records=partial(records.records_of, market, number), people=people, satisfaction=_surveyed(market, number),
            wait=float(book.own[number, OWN.index("wait")]) if book else 0.0, everyone_chooses=market.scenario.everyone_chooses,
            exact_reply=partial(market.demand.best_reply, number), software=partial(training.software_for, market, number),
        ))  # fmt: skip
    return seen


def _own_ledger(market: "Market", number: int) -> dict[str, float]:
    """An operator's books of last month; empty before the first."""
    if market.last_book is None:
        return {}
    book = market.last_book
    return {name: float(value[number]) for name, value in money(book.lines.sum(axis=0), book.own).items()}


def _surveyed(market: "Market", number: int) -> float | None:
    """Mean of an operator's survey of last month, 0 to 1: noisy answers on a scale of 0 to 10; None before the first and without subscribers."""
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
    revenue = book.line("fees") + book.line("overage") if book else np.zeros(len(market.operators))
    for number, operator in enumerate(market.operators):
        cost = operator.staff(subscribers[number] * market.weight, complaints[number] * market.weight, revenue[number] * market.weight)
        market.offers.care[number], market.offers.resolved[number] = operator.care_quality, operator.resolved
        own[number] = (
            cost / market.weight, operator.config.advertising_share, operator.config.overhead_share, operator.capex_share, operator.wait, market.offers.points_value[number],
        )  # fmt: skip
    return own


def _history_row(number: int, mean_fee: list[float], subscribers: float) -> dict[str, float]:
    """What an operator notes of a month: log subscribers, and log of its mean fee over its rivals'."""
    rivals = [fee for other, fee in enumerate(mean_fee) if other != number]
    relative = mean_fee[number] / np.mean(rivals) if rivals and min(*rivals, mean_fee[number], 1.0) > 0.0 else 1.0
    return {"log_subscribers": float(np.log(max(subscribers, 1.0))), "relative_fee": float(np.log(max(relative, 1e-9)))}
