"""How one customer weighs everything on offer: the alternatives' utilities, from the rules, for choosing and for
demand.
"""

import math
from typing import NamedTuple

import numpy as np

from agents import draws
from agents.customer import (
    believed,
    bond_utility,
    dealer_push,
    group_discount,
    inclusive_value,
    is_open,
    less_effort,
    nest_weight,
    one_off,
    operator_taste,
    plan_utility,
    promotion_worth,
    reach,
    recommendation_utility,
    satiation,
    social_utility,
    with_plan_shock,
)
from agents.draws import EPOCH, bounded_normal, gumbel, month_key, uniform
from agents.rule import step
from sim.steps.flags import FULL, felt_in, operator_in
from sim.steps.signing import dislike_of, running_of, signed
from sim.steps.turn import Others, Turn, sensitivity_of, usual_usage
from sim.steps.worth import bill_on, discount_of, fee_of, leaving_cost, perks_of, promotion_of
from sim.world.parameters import Parameters
from sim.world.tables import WAKING, Month, Offers

NEVER = -1e30  # utility of what cannot be had


class Scratch(NamedTuple):
    """Working space of one thread: alternatives' values and the like."""

    plans: np.ndarray  # (plans,) systematic utilities
    nests: np.ndarray  # (operators,) inclusive values
    values: np.ndarray  # (operators + 1,) values of operators, of doing without last
    counts: np.ndarray  # (operators,) ties there
    told: np.ndarray  # (operators,) how far their reports reach, summed
    heard: np.ndarray  # (operators,) their satisfaction times reach, summed
    content: np.ndarray  # (operators,) content ties there
    recommended: np.ndarray  # (operators,) 1 where a tie has recommended it
    hazards: np.ndarray  # (WAKING + 1,), of looking around, by reason
    chances: np.ndarray  # (plans + 1,)


def scratch_for(offers: Offers) -> Scratch:
    """Working space for a market with these offers."""
    operators, plans = len(offers.first) - 1, len(offers.plans.fee)
    counts, told, heard, content, recommended = np.zeros((5, operators))
    return Scratch(
        np.empty(plans),
        np.empty(operators),
        np.empty(operators + 1),
        counts,
        told,
        heard,
        content,
        recommended,
        np.zeros(WAKING + 1),
        np.empty(plans + 1),
    )


# --- tastes ----------------------------------------------------------------------------------------------------------


@step
def taste_of(number: int, community: int, operator: int, month: Month, params: Parameters) -> float:
    """Lasting taste of a person of a community for an operator, utils; drawn, not stored."""
    if params.choice.taste_sd == 0.0:
        return 0.0
    own = bounded_normal(month.world_key, draws.TASTE, number, operator)
    shared = bounded_normal(month.world_key, draws.COMMUNITY_TASTE, community, operator)
    return operator_taste(own, shared, params.choice.taste_sd, params.choice.taste_community)


@step
def taste_for(at: Turn, operator: int) -> float:
    """Her lasting taste for an operator, utils."""
    return taste_of(at.number, at.who.community, operator, at.month, at.params)


@step
def key_of_tastes(renewal: int, month: Month, params: Parameters) -> np.uint64:
    """Key of the taste shocks that a person holds: this month's, or that of her last renewal where they are held for
    `shock_months`, staggered by person.
    """
    hold = params.choice.shock_months
    if hold <= 1:
        return np.uint64(month.luck_key)
    return np.uint64(month_key(month.luck_seed, draws.LUCK, (int(month.number) + EPOCH + int(renewal)) // hold))


@step
def held_shock(key: np.uint64, number: int, alternative: int) -> float:
    """Gumbel taste shock of a person for an operator or, last, for doing without; key: that of her tastes."""
    return gumbel(key, draws.OPERATOR_SHOCK, number, alternative)


@step
def lean(at: Turn, operator: int) -> None:
    """Note the taste shock that she holds for her operator; a month's fresh shock is not held."""
    if at.params.choice.shock_months > 1:
        at.me.leaning = held_shock(key_of_tastes(at.who.renewal, at.month, at.params), at.number, operator)


@step
def lean_anew(at: Turn, operator: int) -> None:
    """Note the taste shock that she holds for her operator, if it is new this month."""
    if at.who.renewal == at.month.renewal:
        lean(at, operator)


# --- values ----------------------------------------------------------------------------------------------------------


@step
def count_ties(at: Turn, others: Others, scratch: Scratch) -> None:
    """Count ties by operator as they stood last month, and add up what they report: scratch.counts, told, heard,
    content (operators,).
    """
    counts, told, heard, content = scratch.counts, scratch.told, scratch.heard, scratch.content
    spread = at.params.word_of_mouth
    counts[:] = 0.0
    told[:] = 0.0
    heard[:] = 0.0
    content[:] = 0.0
    for tie in range(at.degree):
        friend = others.seen[others.ties[at.number, tie]]
        operator = operator_in(friend)
        if operator < counts.shape[0]:
            satisfaction = felt_in(friend) / FULL
            weight = reach(satisfaction, spread.neutral, spread.bad)
            counts[operator] += 1.0
            told[operator] += weight
            heard[operator] += weight * satisfaction
            content[operator] += satisfaction >= spread.neutral


@step
def value_plans(at: Turn, own: int, former: int, scratch: Scratch) -> None:
    """Fill systematic utilities of all plans, scratch.plans (own: her plan, or negative; former: operator that calls to
    win her back, or -1).
    """
    who, me, offers, params, plans = at.who, at.me, at.offers, at.params, scratch.plans
    sensitivity, usage, dislike = sensitivity_of(at), usual_usage(at), dislike_of(at)
    home = offers.plans.operator[own] if own >= 0 else -1
    is_free = own < 0 or is_open(me.months_left, offers.plans.term[own])  # to sign anew, and for another plan
    running = running_of(at)
    spared = discount_of(at, home, scratch.counts[home]) if home >= 0 else 0.0
    dealers = params.dealers
    at_dealer = dealers.influence > 0.0 and uniform(at.month.world_key, draws.DEALER, at.number, 0) < dealers.share
    for operator in range(offers.first.shape[0] - 1):
        terms, is_home = offers.terms[operator], operator == home
        for plan in range(offers.first[operator], offers.first[operator + 1]):
            offer = offers.plans[plan]
            once = 0.0
            if is_home:
                if offer.term > 0 and is_free:
                    once += signed(at, plan, running, offer.subsidy_renewal, plan == own, dislike)[1]
                if plan != own:
                    is_other_brand = offer.brand != offers.plans.brand[own]
                    once = less_effort(once, is_other_brand, params.choice.plan_change, params.choice.brand_change)
                plans[plan] = worth_of_plan(at, plan, usage, spared, once)
            else:
                once += signed(at, plan, 0, offer.subsidy_new, False, dislike)[1]
                promotion, months = offer.promotion, offer.promotion_months
                if operator == former:
                    once += terms.win_back.upgrade
                    promotion = max(promotion, terms.win_back.promotion)
                    months = max(months, terms.win_back.promotion_months)
                once += promotion_worth(fee_of(at, plan), promotion, months)
                discount = 0.0
                if terms.group_tariff.discount > 0.0:
                    discount = group_discount(terms.group_tariff.discount, scratch.counts[operator], at.degree)
                monthly, prepaid_taste = bill_on(at, plan, usage, 0.0, discount), who.prepaid_taste * offer.prepaid
                plans[plan] = plan_utility(offer.appeal, sensitivity, monthly, once, params.horizon, prepaid_taste)
            if at_dealer:
                commission = offer.commission_renewal if is_home else offer.commission_new
                plans[plan] += dealer_push(commission, at.month.usual_commission, dealers.influence)
            is_barred = is_home and plan != own and not is_free and fee_of(at, plan) < fee_of(at, own)
            if offers.eligible[plan, who.segment] == 0 or is_barred:
                plans[plan] = NEVER


@step
def value_operators(at: Turn, own: int, scratch: Scratch) -> None:
    """Fill inclusive values, scratch.nests (operators,), and values of operators and, last, of doing without,
    scratch.values (operators + 1,), shocks apart, utils.
    """
    who, me, offers, month, params = at.who, at.me, at.offers, at.month, at.params
    plans, nests, values = scratch.plans, scratch.nests, scratch.values
    sensitivity, operators = sensitivity_of(at), values.shape[0] - 1
    home = offers.plans.operator[own] if own >= 0 else -1
    leaving = one_off(sensitivity, leaving_cost(at), params.horizon) if own >= 0 else 0.0
    for operator in range(operators):
        top, total = NEVER, 0.0
        for plan in range(offers.first[operator], offers.first[operator + 1]):
            top = max(top, plans[plan])
        if top == NEVER:
            nests[operator], values[operator] = NEVER, NEVER
            continue
        for plan in range(offers.first[operator], offers.first[operator + 1]):
            total += nest_weight(plans[plan], top, params.choice.nest)
        nests[operator] = inclusive_value(top, total, params.choice.nest)
        taste = taste_for(at, operator)
        if operator == home:
            value = worth_of_home(at, nests[operator], taste, scratch.counts[operator])
            value += one_off(sensitivity, me.credit, params.horizon)
        else:
            social = social_utility(scratch.counts[operator], at.degree, params.choice.social, who.social)
            value = nests[operator] + taste + social
            belief = believed(
                month.places[who.region, operator].reputation,
                offers.terms.advertised[operator],
                params.choice.promise,
                scratch.heard[operator],
                scratch.told[operator],
                params.word_of_mouth.weight,
            )
            trust = month.standings[operator].trust
            value += (
                bond_utility(belief, 0.0, trust, 0.0, params.choice.satisfaction, 0.0, params.trust.weight, 0.0)
                - leaving
            )
            if scratch.recommended[operator] > 0.0:
                reward = offers.terms[operator].referral.new
                value += recommendation_utility(params.word_of_mouth.recommended, sensitivity, reward, params.horizon)
            if (month.communities[who.community].courted >> operator) & 1:
                value += one_off(sensitivity, params.campaigns.bonus, params.horizon)
        values[operator] = value
    values[operators] = -leaving if params.has_outside else NEVER


@step
def worth_of_home(at: Turn, plans: float, taste: float, ties_there: float) -> float:
    """Utility of the operator she is with, utils: of its plans, her taste for it, the ties there, and what she feels,
    less satiation. The same for choosing, for the surplus of what is held, and for whoever foresees the choice.
    """
    who, me, params = at.who, at.me, at.params
    worth = plans + taste + social_utility(ties_there, at.degree, params.choice.social, who.social)
    worth += bond_utility(
        me.satisfaction,
        me.commitment,
        me.trust,
        me.habit,
        params.choice.satisfaction,
        params.choice.commitment,
        params.trust.weight,
        params.choice.habit,
    )
    if params.variety.weight > 0.0:
        worth -= satiation(me.tenure, who.variety, params.variety.weight, params.variety.rate)
    return worth


@step
def worth_of_plan(at: Turn, plan: int, usage: float, discount: float, once: float) -> float:
    """Utility of a plan of the operator she is with, utils, for a usage of all lines (GB), a discount (share of the
    bill), and what taking it brings once (currency).
    """
    me, offer = at.me, at.offers.plans[plan]
    monthly = bill_on(at, plan, usage * me.wallet, promotion_of(me), discount)
    perks = perks_of(at, offer.operator, monthly)
    prepaid_taste = at.who.prepaid_taste * offer.prepaid
    return plan_utility(offer.appeal, sensitivity_of(at), monthly - perks, once, at.params.horizon, prepaid_taste)


@step
def weigh_plans(at: Turn, own: int, others: Others, scratch: Scratch) -> None:
    """Fill scratch.plans with what she would weigh now, whoever may call or recommend."""
    if at.degree > 0:
        count_ties(at, others, scratch)
    scratch.recommended[:] = 0.0
    value_plans(at, own, -1, scratch)


@step
def weigh_one(at: Turn, own: int, others: Others, scratch: Scratch) -> None:
    """Fill scratch with plans' and operators' values to her now, whoever may call or recommend."""
    weigh_plans(at, own, others, scratch)
    value_operators(at, own, scratch)


@step
def best_plan(at: Turn, operator: int, plans: np.ndarray) -> int:
    """Plan with the highest utility and fresh shock within an operator."""
    offers = at.offers
    best, most = int(offers.first[operator]), NEVER
    for plan in range(offers.first[operator], offers.first[operator + 1]):
        shock = gumbel(at.month.luck_key, draws.PLAN_SHOCK, at.number, plan)
        value = with_plan_shock(plans[plan], shock, at.params.choice.nest)
        if value > most and plans[plan] > NEVER:
            best, most = plan, value
    return best


@step
def probabilities_of(offers: Offers, params: Parameters, scratch: Scratch, out: np.ndarray) -> float:
    """Fill nested-logit choice probabilities from filled utilities, shape (plans + 1,), outside last; return their
    log-sum, utils.
    """
    plans, nests, values = scratch.plans, scratch.nests, scratch.values
    operators = nests.shape[0]
    top, total = NEVER, 0.0
    for operator in range(operators + 1):
        top = max(top, values[operator])
    for operator in range(operators + 1):
        total += math.exp(values[operator] - top)
    for plan in range(plans.shape[0]):
        operator = offers.plans.operator[plan]
        inner = nest_weight(plans[plan], nests[operator], params.choice.nest)
        out[plan] = math.exp(values[operator] - top) / total * inner
    out[plans.shape[0]] = math.exp(values[operators] - top) / total
    return inclusive_value(top, total, 1.0)
