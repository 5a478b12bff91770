"""What operators offer, as the tables that the loop over customers reads."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_type_hints

import numpy as np

from agents.operator import Operator
from agents.plan import Plan
from agents.strategies import DealerCommission, Tiers
from agents.strategies.contract import FEATURES, Contact, PlanTerms, Strategy
from agents.tables import fill_record, kinds_of, table
from sim.config import Scenario
from sim.config.rules_of_game import Rules
from sim.errors import InputError
from sim.world.rows import Columns
from sim.world.tables import Call, Offer, Offers, Terms

Lever = TypeVar("Lever", bound=Strategy)
LEVELS = 3  # of a tier club
FROM_PLAN = list(kinds_of(Plan))
LEVERS = {name: kind for name, kind in get_type_hints(Terms).items() if issubclass(kind, Strategy)}


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
        **_calls([]),
        first=np.searchsorted(owners, np.arange(size + 1)).astype(np.int64),
        eligible=sold_to(scenario),
        quality=np.zeros((len(scenario.regions), size)),
        tier_threshold=np.full((size, LEVELS), np.inf),
        tier_perk=np.zeros((size, LEVELS)),
        tier_care=np.zeros((size, LEVELS)),
    )


def as_columns(tables: Any) -> Any:
    """Return offers, or a month, as plain Python reads their tables in a step."""
    return type(tables)(*(Columns(one) if isinstance(one, np.recarray) else one for one in tables))


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
    terms: Any = offers.terms[number]
    offers.quality[:, number] = operator.quality
    for name, kind in LEVERS.items():
        lever = _checked(operator, name, kind)
        if lever is None:
            terms[name] = np.zeros((), terms.dtype[name])
        else:
            fill_record(terms[name], lever)
    terms["fast"] = operator.fast
    terms["save_desk"]["term"] = min(terms["save_desk"]["term"], rules.longest_term)
    if rules.back_book_banned:
        terms["back_book"]["premium"] = terms["win_back"]["promotion"] = 0.0
        terms["win_back"]["promotion_months"] = 0
    _write_tiers(offers, number, _checked(operator, "tiers", Tiers))
    _write_plans(offers, number, operator, rules)


def _checked(operator: Operator, name: str, kind: type[Lever]) -> Lever | None:
    """Return the lever that an operator runs under a name, None for none.

    Raises
    ------
    InputError
        where an own strategy has put another kind of lever there

    """
    lever = getattr(operator.action, name)
    if lever is None or isinstance(lever, kind):
        return lever
    raise InputError(
        f"operators.{operator.name}: Action({name}=...) takes a {kind.__name__} (got {type(lever).__name__})"
    )


def _write_tiers(offers: Offers, number: int, tiers: Tiers | None) -> None:
    offers.tier_threshold[number], offers.tier_perk[number], offers.tier_care[number] = np.inf, 0.0, 0.0
    levels = [] if tiers is None else list(tiers.levels())
    offers.terms.levels[number] = len(levels)
    for level, (threshold, perks, care) in enumerate(levels):
        offers.tier_threshold[number, level] = threshold
        offers.tier_perk[number, level], offers.tier_care[number, level] = perks, care


def _write_plans(offers: Offers, number: int, operator: Operator, rules: Rules) -> None:
    contract = _checked(operator, "contract", PlanTerms)
    dealers = _checked(operator, "dealer_commission", DealerCommission)
    for (name, plan), row in zip(
        operator.config.plans.items(), offers.plans[offers.first[number] : offers.first[number + 1]], strict=True
    ):
        sold = {column: getattr(plan, column) for column in FROM_PLAN}
        if contract is not None and not plan.prepaid:
            sold |= contract.changed(plan)
        if dealers is not None:
            sold |= dealers.changed(plan)
        if rules.back_book_banned:
            sold |= {"promotion": 0.0, "promotion_months": 0}
        if operator.name in rules.fee_waivers:
            sold["etf"] = 0.0
        sold["fee"] = operator.fees[name]
        sold |= _within_law(sold, rules)
        if plan.fee > 0.0:
            sold["overage"] = plan.overage * operator.fees[name] / plan.fee  # a tariff moves as a whole
        for column, value in sold.items():
            row[column] = value


def _within_law(sold: Mapping[str, Any], rules: Rules) -> dict[str, float]:
    """Return what the law changes of a plan as it is sold: its term, what renewing and joining bring where the term is
    shortened, the shorter term beside it, and the fee for leaving.
    """
    term = min(sold["term"], rules.longest_term)
    part = term / sold["term"] if sold["term"] else 1.0
    return {
        "term": term,
        "short_term": rules.must_offer if rules.must_offer < term else 0,
        "etf": min(sold["etf"], rules.leaving_fee * sold["fee"]),
    } | {name: sold[name] * part for name in ("subsidy_new", "subsidy_renewal", "commission_renewal")}


def with_calls(offers: Offers, operators: Sequence[Operator], rules: Rules) -> Offers:
    """Return the offers with this month's rounds of proactive calls, whose terms may be no longer than allowed."""
    calls = [
        (number, replace(contact, term=min(contact.term, rules.longest_term)))
        for number, operator in enumerate(operators)
        for contact in operator.action.contacts
    ]
    if not calls and not len(offers.calls):
        return offers
    return offers._replace(**_calls(calls))


def _calls(calls: Sequence[tuple[int, Contact]]) -> dict[str, Any]:
    rows = table(Call, len(calls))
    for row, (number, contact) in zip(rows, calls, strict=True):
        row["operator"] = number
        for name in kinds_of(Contact):
            row[name] = getattr(contact, name)
    weights = np.array([contact.weights for _, contact in calls], dtype=float).reshape(len(calls), len(FEATURES))
    return {"calls": rows, "call_weights": weights}
