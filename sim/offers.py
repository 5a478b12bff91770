"""What operators offer, as the arrays that the loop over customers reads."""

from collections.abc import Sequence

import numpy as np

from agents.operator import Operator
from agents.strategies.contract import FEATURES, Contact
from sim.config import Scenario
from sim.tables import Offers

LEVELS = 3  # of a tier club


def blank_offers(scenario: Scenario) -> Offers:
    """Offers of the scenario's plans, with no lever at work."""
    plans = [plan for _, plan in scenario.all_plans.values()]
    owners = [list(scenario.operators).index(owner) for owner, _ in scenario.all_plans.values()]
    size, segments = len(scenario.operators), list(scenario.customers.segments)
    configs = list(scenario.operators.values())

    def by_plan(name: str) -> np.ndarray:
        return np.array([float(getattr(plan, name)) for plan in plans])

    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape)

    return Offers(
        operator=np.array(owners, dtype=np.int64), first=np.searchsorted(owners, np.arange(size + 1)).astype(np.int64), fee=by_plan("fee"),
        allowance=np.array([np.inf if plan.allowance is None else plan.allowance for plan in plans]), overage=by_plan("overage"),
        prepaid=np.array([plan.prepaid for plan in plans], dtype=np.uint8), term=by_plan("term").astype(np.int64), etf=by_plan("etf"),
        subsidy_new=by_plan("subsidy_new"), subsidy_renewal=by_plan("subsidy_renewal"), commission_new=by_plan("commission_new"),
        commission_renewal=by_plan("commission_renewal"), cost=by_plan("cost"), cost_per_gb=by_plan("cost_per_gb"),
        appeal=np.array([0.0 if plan.appeal is None else plan.appeal for plan in plans]),
        eligible=np.array([[plan.segments is None or segment in plan.segments for segment in segments] for plan in plans], dtype=np.uint8),
        quality=np.full((len(scenario.regions), size), 0.78), care=np.array([config.care.quality for config in configs]),
        resolved=np.array([config.care.resolved for config in configs]), fast=np.array([config.care.fast for config in configs]),
        advertised=np.array([config.advertised for config in configs]), discount_year=zeros(size), discount_cap=zeros(size), points_earn=zeros(size),
        points_value=zeros(size), points_expiry=zeros(size), points_redeem=zeros(size), points_minimum=zeros(size), points_member_cost=zeros(size),
        points_voluntary=np.zeros(size, np.uint8), tier_threshold=np.full((size, LEVELS), np.inf), tier_perk=zeros(size, LEVELS), tier_care=zeros(size, LEVELS),
        tier_cost=zeros(size), desk_reach=zeros(size), desk_credit=zeros(size), desk_term=np.zeros(size, np.int64), desk_cost=zeros(size), **_calls([]),
    )  # fmt: skip


def write_offers(offers: Offers, number: int, operator: Operator) -> None:
    """Put one operator's decisions into the arrays, in place."""
    action = operator.action
    offers.quality[:, number] = operator.quality
    offers.discount_year[number], offers.discount_cap[number] = action.tenure_discount, action.tenure_discount_cap
    for name in ("earn", "value", "expiry", "redeem", "minimum", "member_cost", "voluntary"):
        getattr(offers, f"points_{name}")[number] = 0.0 if action.points is None else getattr(action.points, name)
    offers.tier_threshold[number], offers.tier_perk[number], offers.tier_care[number], offers.tier_cost[number] = np.inf, 0.0, 0.0, 0.0
    if action.tiers is not None:
        tiers = action.tiers
        for level, threshold in enumerate(tiers.thresholds):
            gives = tiers.perks[level] > 0.0 or tiers.care_bonus[level] > 0.0
            offers.tier_threshold[number, level] = threshold if gives else np.inf
            offers.tier_perk[number, level], offers.tier_care[number, level] = tiers.perks[level], tiers.care_bonus[level]
        offers.tier_cost[number] = tiers.perk_cost
    for name in ("reach", "credit", "term", "cost"):
        getattr(offers, f"desk_{name}")[number] = 0.0 if action.desk is None else getattr(action.desk, name)
    contract = action.contract
    for p, (name, plan) in enumerate(operator.config.plans.items(), start=int(offers.first[number])):
        offers.fee[p] = operator.fees[name]
        offers.overage[p] = plan.overage * operator.fees[name] / plan.fee if plan.fee > 0.0 else plan.overage  # a tariff moves as a whole
        offers.term[p], offers.etf[p], offers.subsidy_new[p], offers.subsidy_renewal[p] = plan.term, plan.etf, plan.subsidy_new, plan.subsidy_renewal
        if contract is not None and not plan.prepaid:
            offers.term[p], offers.etf[p] = max(plan.term, contract.term), max(plan.etf, contract.etf if contract.term else 0.0)
            offers.subsidy_new[p] += contract.subsidy_new
            offers.subsidy_renewal[p] += contract.subsidy_renewal


def with_calls(offers: Offers, operators: Sequence[Operator]) -> Offers:
    """Return the offers with this month's campaigns of proactive contact."""
    calls = [(number, contact) for number, operator in enumerate(operators) for contact in operator.action.contacts]
    if not calls and not len(offers.call_operator):
        return offers
    return offers._replace(**_calls(calls))


def _calls(calls: Sequence[tuple[int, Contact]]) -> dict[str, np.ndarray]:
    contacts = [contact for _, contact in calls]
    return {
        "call_operator": np.array([number for number, _ in calls], dtype=np.int64),
        "call_weights": np.array([contact.weights for contact in contacts], dtype=float).reshape(len(calls), len(FEATURES)),
        "call_random": np.array([contact.random_weight for contact in contacts], dtype=float),
        "call_threshold": np.array([contact.threshold for contact in contacts], dtype=float),
        "call_credit": np.array([contact.credit for contact in contacts], dtype=float),
        "call_term": np.array([contact.term for contact in contacts], dtype=np.int64),
        "call_cost": np.array([contact.cost for contact in contacts], dtype=float),
        "call_rest": np.array([contact.rest for contact in contacts], dtype=np.int64),
    }
