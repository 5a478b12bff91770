"""How one customer weighs everything on offer: the alternatives' utilities, from the rules, for choosing and for
demand.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from agents import draws
from agents.customer import (
    believed,
    bill,
    bond_utility,
    combined_discount,
    curiosity_hazard,
    dealer_push,
    dissatisfaction_hazard,
    group_discount,
    hassle_left,
    inclusive_value,
    loyalty_penalty,
    one_off,
    operator_taste,
    plan_utility,
    promotion_worth,
    reach,
    satiation,
    social_utility,
    switching_cost,
    tenure_discount,
    term_hazard,
)
from agents.draws import EPOCH, bounded_normal, gumbel, month_key, uniform
from agents.rule import loop, step
from sim.steps.flags import CREDIT_MONTHS, FULL, felt_in, operator_in
from sim.tables import CAUSES, Month, Offers

NEVER = -1e30  # utility of what cannot be had


@step
def taste_for(i: int, operator: int, who: Any, month: Any, params: Any) -> float:
    """Lasting taste of person i for an operator, utils; drawn, not stored."""
    if params.choice.taste_sd == 0.0:
        return 0.0
    own = bounded_normal(month.world_key, draws.TASTE, i, operator)
    shared = bounded_normal(month.world_key, draws.COMMUNITY_TASTE, who.community, operator)
    return operator_taste(own, shared, params.choice.taste_sd, params.choice.taste_community)


@step
def tier_of(operator: int, me: Any, offers: Any) -> int:
    """Highest level of the operator's club that person i's spend grants, -1 for none; thresholds rise."""
    reached = -1
    for level in range(offers.terms.levels[operator]):
        if me.reference >= offers.tier_threshold[operator, level]:
            reached = level
    return reached


@step
def perks_of(operator: int, paid: float, me: Any, offers: Any) -> float:
    """Worth of next month's points and of the tier's perks, currency per month. The unredeemed stock counts as a
    switching cost, not here.
    """
    terms = offers.terms[operator]
    worth = 0.0
    if me.member:
        worth += paid * terms.points_earn * terms.points_value
    level = tier_of(operator, me, offers)
    return worth + (offers.tier_perk[operator, level] if level >= 0 else 0.0)


@step
def bill_on(plan: int, usage: float, promotion: float, discount: float, offers: Any) -> float:
    """Bill of a plan as it is offered now, for a usage (GB), less a promotion (share of the fee) and a discount (share
    of the bill), currency per month.
    """
    offer = offers.plans[plan]
    return bill(offer.fee, promotion, offer.allowance, offer.overage, usage, discount)


@step
def promotion_of(me: Any) -> float:
    """Share of the fee that she is spared as long as a newcomer's promotion lasts."""
    spared: float = me.promotion if me.promotion_left > 0 else 0.0
    return spared


@step
def coverage_of(i: int, operator: int, who: Any, offers: Any, month: Any, params: Any) -> float:
    """Network experience of an operator where person i lives: its region's, and the lasting difference of her home."""
    coverage: float = offers.quality[who.region, operator]
    if params.experience.home_sd > 0.0:
        coverage += params.experience.home_sd * bounded_normal(month.world_key, draws.HOME, i, operator)
    return coverage


@step
def hassle_of(who: Any, me: Any, offers: Any, month: Any, params: Any) -> float:
    """Effort of leaving the present plan, currency."""
    return hassle_left(
        who.hassle, month.portability, offers.plans.prepaid[me.plan] == 1, params.switching_cost.prepaid, me.wallet
    )


@step
def discount_of(operator: int, ties_there: float, ties: int, me: Any, offers: Any) -> float:
    """Share of the bill that customer i is spared by her operator now; negative where she pays a loyalty penalty."""
    terms = offers.terms[operator]
    return combined_discount(
        tenure_discount(me.tenure, terms.discount_year, terms.discount_cap),
        group_discount(terms.group_discount, ties_there, ties),
        terms.bundle_discount if me.bundled else 0.0,
        loyalty_penalty(me.tenure, terms.penalty, terms.penalty_after),
    )


@step
def leaving_cost(who: Any, me: Any, offers: Any, month: Any, params: Any) -> float:
    """Switching cost of customer i now, currency."""
    plan = me.plan
    worth = me.points * offers.terms.points_value[offers.plans.operator[plan]]
    return switching_cost(
        hassle_of(who, me, offers, month, params),
        offers.plans.etf[plan],
        max(me.months_left, 0),
        me.debt,
        worth,
        params.bundle_hassle if me.bundled else 0.0,
    )


@step
def value_plans(
    i: int, own: int, ties: int, former: int, who: Any, me: Any, offers: Any, month: Any, params: Any, scratch: Any
) -> None:
    """Fill systematic utilities of all plans for person i, scratch.plans (own: her plan, or negative; former: operator
    that calls to win her back, or -1).
    """
    a, plans = who.price_sensitivity * month.sensitivity, scratch.plans
    home = offers.plans.operator[own] if own >= 0 else -1
    open_term = me.months_left <= 1
    usage = who.usage * me.scale * month.usage
    spared = discount_of(home, scratch.counts[home], ties, me, offers) if home >= 0 else 0.0
    at_dealer = params.dealers.influence > 0.0 and uniform(month.world_key, draws.DEALER, i, 0) < params.dealers.share
    for j in range(offers.first.shape[0] - 1):
        terms, is_home = offers.terms[j], j == home
        for p in range(offers.first[j], offers.first[j + 1]):
            offer = offers.plans[p]
            once, perks, discount, running = 0.0, 0.0, 0.0, 0.0
            if is_home:
                discount, running = spared, promotion_of(me)
                if offer.term > 0 and open_term:
                    once += offer.subsidy_renewal
                if p != own:
                    once -= params.choice.plan_change
                    if offer.brand != offers.plans.brand[own]:
                        once -= params.choice.brand_change
            else:
                once += offer.subsidy_new
                promotion, months = offer.promotion, offer.promotion_months
                if j == former:
                    once += terms.return_upgrade
                    promotion, months = max(promotion, terms.return_promotion), max(months, terms.return_months)
                once += promotion_worth(offer.fee, promotion, months)
                if terms.group_discount > 0.0:
                    discount = group_discount(terms.group_discount, scratch.counts[j], ties)
            monthly = bill_on(p, usage * (me.wallet if is_home else 1.0), running, discount, offers)
            if is_home:
                perks = perks_of(j, monthly, me, offers)
            plans[p] = plan_utility(
                offer.appeal, a, monthly - perks, once, params.horizon, who.prepaid_taste * offer.prepaid
            )
            if at_dealer:
                plans[p] += dealer_push(
                    offer.commission_renewal if is_home else offer.commission_new,
                    month.usual_commission,
                    params.dealers.influence,
                )
            barred = is_home and p != own and not open_term and offer.fee < offers.plans.fee[own]
            if offers.eligible[p, who.segment] == 0 or barred:
                plans[p] = NEVER


@step
def value_operators(
    i: int, own: int, ties: int, who: Any, me: Any, offers: Any, month: Any, params: Any, scratch: Any
) -> None:
    """Fill inclusive values, scratch.nests (operators,), and values of operators and, last, of doing without,
    scratch.values (operators + 1,), shocks apart, utils.
    """
    plans, nests, values = scratch.plans, scratch.nests, scratch.values
    a, operators = who.price_sensitivity * month.sensitivity, values.shape[0] - 1
    home = offers.plans.operator[own] if own >= 0 else -1
    leaving = one_off(a, leaving_cost(who, me, offers, month, params), params.horizon) if own >= 0 else 0.0
    for j in range(operators):
        top, total = NEVER, 0.0
        for p in range(offers.first[j], offers.first[j + 1]):
            top = max(top, plans[p])
        if top == NEVER:
            nests[j], values[j] = NEVER, NEVER
            continue
        for p in range(offers.first[j], offers.first[j + 1]):
            total += math.exp((plans[p] - top) / params.choice.nest)
        nests[j] = inclusive_value(top, total, params.choice.nest)
        value = (
            nests[j]
            + taste_for(i, j, who, month, params)
            + social_utility(scratch.counts[j], ties, params.choice.social * who.social)
        )
        if j == home:
            value += bond_utility(
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
                value -= satiation(me.tenure, who.variety, params.variety.weight, params.variety.rate)
            value += one_off(a, me.credit, params.horizon)
        else:
            belief = believed(
                month.reputation[who.region, j],
                offers.terms.advertised[j],
                params.choice.promise,
                scratch.heard[j],
                scratch.told[j],
                params.word_of_mouth.weight,
            )
            value += (
                bond_utility(
                    belief, 0.0, month.trust[j], 0.0, params.choice.satisfaction, 0.0, params.trust.weight, 0.0
                )
                - leaving
            )
            if scratch.recommended[j] > 0.0:
                value += params.word_of_mouth.recommended + one_off(a, offers.terms.referral_new[j], params.horizon)
            if (month.courted[who.community] >> j) & 1:
                value += one_off(a, params.campaigns.bonus, params.horizon)
        values[j] = value
    values[operators] = -leaving if params.has_outside else NEVER


@step
def key_of_tastes(who: Any, month: Any, params: Any) -> np.uint64:
    """Key of the taste shocks that a person holds: this month's, or that of her last renewal where they are held for
    `shock_months`, staggered by person.
    """
    hold = params.choice.shock_months
    if hold <= 1:
        return np.uint64(month.luck_key)
    return np.uint64(month_key(month.luck_seed, draws.LUCK, (int(month.number) + EPOCH + int(who.renewal)) // hold))


@step
def held_shock(key: np.uint64, i: int, alternative: int) -> float:
    """Gumbel taste shock of a person for an operator or, last, for doing without; key: that of her tastes."""
    return gumbel(key, draws.OPERATOR_SHOCK, i, alternative)


@step
def lean(i: int, operator: int, is_new: bool, who: Any, me: Any, month: Any, params: Any) -> None:
    """Note the taste shock that person i holds for her operator, if it is new or she is; a month's fresh shock is not
    held.
    """
    if params.choice.shock_months > 1 and (is_new or who.renewal == month.renewal):
        me.leaning = held_shock(key_of_tastes(who, month, params), i, operator)


@loop
def fill_held_shocks(people: np.ndarray, traits: Any, month: Month, params: Any, out: np.ndarray) -> None:
    """Fill the taste shocks that people hold now, of operators and, last, of doing without, (people, operators + 1),
    utils.
    """
    for row in range(people.shape[0]):
        i = people[row]
        key = key_of_tastes(traits[i], month, params)
        for k in range(out.shape[1]):
            out[row, k] = held_shock(key, i, k)


@step
def best_plan(i: int, operator: int, offers: Any, month: Any, params: Any, plans: Any) -> int:
    """Plan with the highest utility and fresh shock within an operator."""
    best, most = int(offers.first[operator]), NEVER
    for p in range(offers.first[operator], offers.first[operator + 1]):
        value = plans[p] + params.choice.nest * gumbel(month.luck_key, draws.PLAN_SHOCK, i, p)
        if value > most and plans[p] > NEVER:
            best, most = p, value
    return best


@step
def probabilities_of(offers: Any, params: Any, scratch: Any, out: Any) -> float:
    """Fill nested-logit choice probabilities from filled utilities, shape (plans + 1,), outside last; return their
    log-sum, utils.
    """
    plans, nests, values = scratch.plans, scratch.nests, scratch.values
    operators = nests.shape[0]
    top, total = NEVER, 0.0
    for j in range(operators + 1):
        top = max(top, values[j])
    for j in range(operators + 1):
        total += math.exp(values[j] - top)
    for p in range(plans.shape[0]):
        j = offers.plans.operator[p]
        out[p] = math.exp(values[j] - top) / total * math.exp((plans[p] - nests[j]) / params.choice.nest)
    out[plans.shape[0]] = math.exp(values[operators] - top) / total
    return inclusive_value(top, total, 1.0)


@step
def count_ties(i: int, ties: Any, seen: Any, params: Any, scratch: Any) -> None:
    """Count ties by operator as they stood last month, and add up what they report: scratch.counts, told, heard,
    content (operators,).
    """
    counts, told, heard, content = scratch.counts, scratch.told, scratch.heard, scratch.content
    counts[:] = 0.0
    told[:] = 0.0
    heard[:] = 0.0
    content[:] = 0.0
    for k in range(ties.shape[1]):
        friend = seen[ties[i, k]]
        operator = operator_in(friend)
        if operator < counts.shape[0]:
            satisfaction = felt_in(friend) / FULL
            weight = reach(satisfaction, params.word_of_mouth.neutral, params.word_of_mouth.bad)
            counts[operator] += 1.0
            told[operator] += weight
            heard[operator] += weight * satisfaction
            content[operator] += satisfaction >= params.word_of_mouth.neutral


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
    hazards: np.ndarray  # (causes of attention + 1,), by reason
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
        np.zeros(CAUSES + 1),
        np.empty(plans + 1),
    )


@step
def weigh_plans(
    i: int,
    own: int,
    degree: int,
    who: Any,
    me: Any,
    offers: Any,
    month: Any,
    params: Any,
    ties: Any,
    seen: Any,
    scratch: Any,
) -> None:
    """Fill scratch.plans with what person i would weigh now, whoever may call or recommend."""
    if degree > 0:
        count_ties(i, ties, seen, params, scratch)
    scratch.recommended[:] = 0.0
    value_plans(i, own, degree, -1, who, me, offers, month, params, scratch)


@step
def weigh_one(
    i: int, own: int, who: Any, me: Any, offers: Any, month: Any, params: Any, ties: Any, seen: Any, scratch: Any
) -> None:
    """Fill scratch with plans' and operators' values to person i now, whoever may call or recommend."""
    degree = ties.shape[1] if params.has_ties else 0
    weigh_plans(i, own, degree, who, me, offers, month, params, ties, seen, scratch)
    value_operators(i, own, degree, who, me, offers, month, params, scratch)


@loop
def fill_chances(
    people: np.ndarray,
    traits: Any,
    state: Any,
    offers: Offers,
    month: Month,
    params: Any,
    ties: np.ndarray,
    seen: np.ndarray,
    fresh: bool,
    scratch: Scratch,
    out: np.ndarray,
    surplus: np.ndarray,
    worth: np.ndarray,
) -> None:
    """Fill choice probabilities (people, plans + 1), log-sums (people,) and values of operators and of doing without
    (people, operators + 1), utils, in their present state.
    """
    for row in range(people.shape[0]):
        i = people[row]
        who, me = traits[i], state[i]
        weigh_one(i, -1 if fresh else np.int64(me.plan), who, me, offers, month, params, ties, seen, scratch)  # type: ignore[arg-type] # as wide as everywhere
        surplus[row] = probabilities_of(offers, params, scratch, out[row])
        for j in range(worth.shape[1]):
            worth[row, j] = scratch.values[j]


@loop
def fill_true_effects(
    people: np.ndarray,
    credit: float,
    traits: Any,
    state: Any,
    offers: Offers,
    month: Month,
    params: Any,
    ties: np.ndarray,
    seen: np.ndarray,
    scratch: Scratch,
    out: np.ndarray,
) -> None:
    """Fill by how much a call with a credit makes each person less likely to leave in the next months (people's entries
    of out).

    The call wakes, and the credit speaks for staying in whatever month she looks around while it lasts: by the call, by
    curiosity, at the end of her term or out of dissatisfaction. Utilities are taken as they are now; what nobody can
    foresee, such as a failure, is left out.
    """
    for row in range(people.shape[0]):
        i = people[row]
        who, me = traits[i], state[i]
        plan = me.plan
        weigh_one(i, np.int64(plan), who, me, offers, month, params, ties, seen, scratch)  # type: ignore[arg-type]
        home = offers.plans.operator[plan]
        top, others = NEVER, 0.0
        for j in range(scratch.values.shape[0]):
            top = max(top, scratch.values[j])
        for j in range(scratch.values.shape[0]):
            others += math.exp(scratch.values[j] - top) if j != home else 0.0
        stay = math.exp(scratch.values[home] - top)
        gift = one_off(who.price_sensitivity * month.sensitivity, credit, params.horizon)
        before, after = others / (others + stay), others / (others + stay * math.exp(gift))
        asleep = 1.0
        for ahead in range(CREDIT_MONTHS):
            left = max(me.months_left - ahead, 0)
            asleep *= 1.0 - curiosity_hazard(
                params.attention.base,
                who.attention,
                offers.plans.prepaid[plan] == 1,
                params.attention.prepaid,
                left,
                params.attention.in_term,
            )
            asleep *= 1.0 - term_hazard(
                left,
                offers.plans.term[plan] > 0,
                max(params.attention.term_end, month.notice),
                params.attention.term_near,
            )
            asleep *= 1.0 - dissatisfaction_hazard(
                me.satisfaction,
                params.attention.dissatisfaction,
                params.attention.dissatisfaction_level,
                left,
                params.attention.in_term,
            )
        out[i] = (1.0 - asleep) * before - (1.0 - asleep * (1.0 - params.attention.contact)) * after


class Weighed(NamedTuple):
    """What attentive people would weigh in their present state."""

    probabilities: np.ndarray  # (people, plans + 1), outside last
    surplus: np.ndarray  # (people,) log-sums, utils
    values: np.ndarray  # (people, operators + 1) of each operator and of doing without, shocks apart, utils


def weigh(
    people: np.ndarray,
    traits: Any,
    state: Any,
    offers: Offers,
    month: Month,
    params: Any,
    ties: np.ndarray,
    seen: np.ndarray,
    fresh: bool,
) -> Weighed:
    """Weigh everything on offer for people as they are; fresh: as if without operator."""
    out, surplus, worth = (
        np.empty((len(people), len(offers.plans.fee) + 1)),
        np.empty(len(people)),
        np.empty((len(people), len(offers.first))),
    )
    fill_chances(
        people, traits, state, offers, month, params, ties, seen, fresh, scratch_for(offers), out, surplus, worth
    )
    return Weighed(out, surplus, worth)


@loop
def leaving_costs(
    people: np.ndarray, traits: Any, state: Any, offers: Offers, month: Month, params: Any, out: np.ndarray
) -> None:
    """Fill what leaving costs people now, currency, shape (people, 5): in all, of it effort, termination fee, device
    debt, bundle; 0 without operator.
    """
    for row in range(people.shape[0]):
        i = people[row]
        who, me = traits[i], state[i]
        plan = me.plan
        if plan >= 0:
            out[row, 0] = leaving_cost(who, me, offers, month, params)
            out[row, 1] = hassle_of(who, me, offers, month, params)
            out[row, 2] = offers.plans.etf[plan] * max(me.months_left, 0)
            out[row, 3] = me.debt
            out[row, 4] = params.bundle_hassle if me.bundled else 0.0


@loop
def open_choice(people: np.ndarray, probabilities: np.ndarray, month: Month, chosen: np.ndarray) -> None:
    """Draw everybody's opening plan from given probabilities (people, plans + 1); the last means none."""
    for row in range(people.shape[0]):
        u, total, picked = uniform(month.world_key, draws.OPENING, people[row], 0), 0.0, -1
        for p in range(probabilities.shape[1] - 1):
            total += probabilities[row, p]
            if u < total:
                picked = p
                break
        chosen[row] = picked


@loop
def fill_tastes(people: np.ndarray, traits: Any, state: Any, offers: Offers, month: Month, params: Any) -> None:
    """Note the tastes of people for the operator they are with, lasting and held."""
    for row in range(people.shape[0]):
        i = people[row]
        who, me = traits[i], state[i]
        me.taste = 0.0
        if me.plan >= 0:
            me.taste = taste_for(i, offers.plans.operator[me.plan], who, month, params)
            lean(i, offers.plans.operator[me.plan], True, who, me, month, params)


@loop
def fill_leanings(home: int, weights: np.ndarray, traits: Any, month: Month, params: Any, out: np.ndarray) -> None:
    """Fill how much each person prefers one operator to the best other, utils, from lasting tastes, log shares and a
    fresh shock.
    """
    for i in range(out.shape[0]):
        who = traits[i]
        best = NEVER
        for j in range(weights.shape[0]):
            value = weights[j] + taste_for(i, j, who, month, params) + gumbel(month.world_key, draws.IMPORT, i, j)
            if j == home:
                out[i] = value
            else:
                best = max(best, value)
        out[i] -= best
