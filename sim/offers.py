"""What operators offer, as the tables that the loop over customers reads."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from agents.operator import Operator
from agents.strategies.contract import FEATURES, Contact
from agents.tables import kinds_of, table
from sim.config import Scenario
from sim.rows import Columns
from sim.rules_of_game import Rules
from sim.tables import Call, Offer, Offers, Terms

LEVELS = 3  # of a tier club
# Levers whose terms are laid down one by one: field of Action -> column of the operators' table -> attribute of its
# terms.
LEVERS: dict[str, dict[str, str]] = {
    "points": {
        "points_earn": "earn",
        "points_value": "value",
        "points_expiry": "expiry",
        "points_redeem": "redeem",
        "points_minimum": "minimum",
        "points_member_cost": "member_cost",
        "points_voluntary": "voluntary",
        "points_obligation": "obligation",
    },
    "bundle": {
        "bundle_fee": "fee",
        "bundle_cost": "cost",
        "bundle_discount": "discount",
        "bundle_uptake": "uptake",
        "bundle_usual": "usual",
    },
    "gift": {"gift_share": "share", "gift": "worth"},
    "welcome": {"welcome_months": "months", "welcome_care": "care", "welcome_habit": "habit", "welcome_cost": "cost"},
    "referral": {"referral_new": "new", "referral_old": "old"},
    "win_back": {
        "return_window": "window",
        "return_reach": "reach",
        "return_promotion": "promotion",
        "return_months": "promotion_months",
        "return_upgrade": "upgrade",
        "return_cost": "cost",
    },
    "desk": {"desk_reach": "reach", "desk_credit": "credit", "desk_term": "term", "desk_cost": "cost"},
    "recovery": {"compensated": "compensated", "compensation": "compensation"},
    "tiers": {"tier_cost": "perk_cost", "tier_care_cost": "care_cost"},
}
FROM_PLAN = (
    "fee",
    "overage",
    "prepaid",
    "term",
    "etf",
    "subsidy_new",
    "subsidy_renewal",
    "commission_new",
    "commission_renewal",
    "cost",
    "cost_per_gb",
    "promotion",
    "promotion_months",
    "device_debt",
    "debt_months",
)


def blank_offers(scenario: Scenario) -> Offers:
    """Offers of the scenario's plans, with no lever at work."""
    owners = [list(scenario.operators).index(owner) for owner, _ in scenario.all_plans.values()]
    size = len(scenario.operators)
    plans, terms = table(Offer, len(owners)), table(Terms, size)
    brands = [plan.brand or operator for operator, plan in scenario.all_plans.values()]
    for row, (_, plan) in zip(plans, scenario.all_plans.values(), strict=True):
        for name in FROM_PLAN:
            row[name] = getattr(plan, name)
        row["allowance"] = np.inf if plan.allowance is None else plan.allowance
        row["appeal"] = plan.appeal or 0.0
    plans.operator, plans.brand = owners, [brands.index(name) for name in brands]
    for row, config in zip(terms, scenario.operators.values(), strict=True):
        row["care"], row["resolved"], row["fast"] = config.care.quality, config.care.resolved, config.care.fast
        row["advertised"], row["record_error"] = config.advertised, config.record_error
    return Offers(
        plans,
        terms,
        **_campaigns([]),
        first=np.searchsorted(owners, np.arange(size + 1)).astype(np.int64),
        eligible=sold_to(scenario),
        quality=np.full((len(scenario.regions), size), 0.78),
        tier_threshold=np.full((size, LEVELS), np.inf),
        tier_perk=np.zeros((size, LEVELS)),
        tier_care=np.zeros((size, LEVELS)),
    )


def as_columns(offers: Offers) -> Any:
    """Return the offers as plain Python reads them in a step."""
    return offers._replace(plans=Columns(offers.plans), terms=Columns(offers.terms), calls=Columns(offers.calls))  # type: ignore[arg-type]


def sold_to(scenario: Scenario) -> np.ndarray:
    """Which plan is sold to which segment, uint8 (plans, segments)."""
    segments = list(scenario.customers.segments)
    return np.array(
        [
            [plan.segments is None or segment in plan.segments for segment in segments]
            for _, plan in scenario.all_plans.values()
        ],
        dtype=np.uint8,
    )


def write_offers(offers: Offers, number: int, operator: Operator, rules: Rules) -> None:
    """Put one operator's decisions into the tables, in place, as far as the rules of the game allow."""
    action = operator.action
    terms: Any = offers.terms[number]
    offers.quality[:, number] = operator.quality
    for lever, columns in LEVERS.items():
        agreed = getattr(action, lever)
        for column, name in columns.items():
            terms[column] = 0.0 if agreed is None else getattr(agreed, name)
    terms["discount_year"], terms["discount_cap"], terms["group_discount"] = (
        action.tenure_discount,
        action.tenure_discount_cap,
        action.group_discount,
    )
    terms["penalty"], terms["penalty_after"] = (
        0.0 if rules.back_book_banned else action.loyalty_penalty,
        action.penalty_after,
    )
    terms["desk_term"] = min(terms["desk_term"], rules.longest_term)
    terms["fast"] = operator.fast
    if rules.back_book_banned:
        terms["return_promotion"], terms["return_months"] = 0.0, 0
    _write_tiers(offers, number, operator)
    _write_plans(offers, number, operator, rules)


def _write_tiers(offers: Offers, number: int, operator: Operator) -> None:
    tiers = operator.action.tiers
    offers.tier_threshold[number], offers.tier_perk[number], offers.tier_care[number] = np.inf, 0.0, 0.0
    offers.terms.levels[number] = 0 if tiers is None else len(tiers.thresholds)
    if tiers is None:
        return
    for level, threshold in enumerate(tiers.thresholds):
        gives = tiers.perks[level] > 0.0 or tiers.care_bonus[level] > 0.0
        offers.tier_threshold[number, level] = threshold if gives else np.inf
        offers.tier_perk[number, level], offers.tier_care[number, level] = tiers.perks[level], tiers.care_bonus[level]


def _write_plans(offers: Offers, number: int, operator: Operator, rules: Rules) -> None:
    contract, dealers = operator.action.contract, operator.action.dealers
    for (name, plan), row in zip(
        operator.config.plans.items(), offers.plans[offers.first[number] : offers.first[number + 1]], strict=True
    ):
        row["fee"] = operator.fees[name]
        row["overage"] = (
            plan.overage * operator.fees[name] / plan.fee if plan.fee > 0.0 else plan.overage
        )  # a tariff moves as a whole
        for column in (
            "term",
            "etf",
            "subsidy_new",
            "subsidy_renewal",
            "commission_new",
            "commission_renewal",
            "promotion",
            "promotion_months",
            "device_debt",
            "debt_months",
        ):
            row[column] = getattr(plan, column)
        if contract is not None and not plan.prepaid:
            row["term"], row["etf"] = (
                max(plan.term, contract.term),
                max(plan.etf, contract.etf if contract.term else 0.0),
            )
            row["subsidy_new"] += contract.subsidy_new
            row["subsidy_renewal"] += contract.subsidy_renewal
            if contract.abolishes:
                row["term"], row["etf"], row["device_debt"], row["debt_months"] = (
                    0,
                    0.0,
                    contract.debt,
                    contract.debt_months,
                )
        if dealers is not None:
            row["commission_new"] += dealers.new
            row["commission_renewal"] += dealers.renewal
        if rules.back_book_banned:
            row["promotion"], row["promotion_months"] = 0.0, 0
        row["term"] = min(row["term"], rules.longest_term)
        if operator.name in rules.fee_waivers:
            row["etf"] = 0.0


def with_calls(offers: Offers, operators: Sequence[Operator], rules: Rules) -> Offers:
    """Return the offers with this month's campaigns of proactive contact, whose terms may be no longer than allowed."""
    calls = [
        (number, replace(contact, term=min(contact.term, rules.longest_term)))
        for number, operator in enumerate(operators)
        for contact in operator.action.contacts
    ]
    if not calls and not len(offers.calls):
        return offers
    return offers._replace(**_campaigns(calls))


def _campaigns(calls: Sequence[tuple[int, Contact]]) -> dict[str, Any]:
    rows = table(Call, len(calls))
    for row, (number, contact) in zip(rows, calls, strict=True):
        row["operator"] = number
        for name, column in (
            ("lottery", contact.random_weight),
            *((name, getattr(contact, name)) for name in kinds_of(Call) if name not in ("operator", "lottery")),
        ):
            row[name] = column
    weights = np.array([contact.weights for _, contact in calls], dtype=float).reshape(len(calls), len(FEATURES))
    return {"calls": rows, "call_weights": weights}
