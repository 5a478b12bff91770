"""Choosing and moving: weighing what is on offer, joining, staying, leaving,
and deciding together with one's account.
"""

from typing import Any

from agents import draws
from agents.customer import bundle_chance, ended_relation, is_recommended, lifecycle_stage, update_deal_proneness
from agents.draws import uniform
from agents.population import ABSENT, LONG_AGO, RETIRED
from agents.rule import step
from sim.choice import (
    NEVER,
    best_plan,
    bill_on,
    count_ties,
    hassle_of,
    held_shock,
    key_of_tastes,
    probabilities_of,
    promotion_of,
    value_operators,
    value_plans,
    weigh_plans,
)
from sim.steps.flags import CREDIT_MONTHS, FULL, JUST_ENDED, Flag, felt_in, has, operator_in
from sim.steps.relation import begin_relation, end_relation, go_without, upgrade_of
from sim.tables import TENURES, Line, Reason


@step
def choose(
    i: int,
    plan: int,
    j: int,
    degree: int,
    former: int,
    ties: Any,
    seen: Any,
    who: Any,
    me: Any,
    offers: Any,
    month: Any,
    params: Any,
    scratch: Any,
    inflow: Any,
    lines: Any,
) -> int:
    """Weigh everything on offer; return the best operator, or the number of operators for doing without. Fills
    scratch.values with shocks in.
    """
    if plan >= 0:
        lines[Line.ATTENTIVE] += 1.0
    values = scratch.values
    operators = values.shape[0] - 1
    if degree > 0:
        count_ties(i, ties, seen, params, scratch)
        be_recommended(i, j, offers, month, params, scratch)
    value_plans(i, plan, degree, former, who, me, offers, month, params, scratch)
    value_operators(i, plan, degree, who, me, offers, month, params, scratch)
    if params.has_adoption or (plan >= 0 and params.hazard_kind > 0):
        values[operators] = NEVER
    if month.inverts:
        probabilities_of(offers, params, scratch, scratch.chances)
        expect_flows(plan, j, scratch.chances, offers, inflow)
    best, most, key = int(operators), NEVER, key_of_tastes(who, month, params)
    for k in range(operators + 1):
        if values[k] > NEVER:
            values[k] += held_shock(key, i, k)
        if values[k] > most:
            best, most = k, values[k]
    return best


@step
def be_recommended(i: int, home: int, offers: Any, month: Any, params: Any, scratch: Any) -> None:
    """Let content ties bring her to their operators; fills scratch.recommended (operators,)."""
    for k in range(scratch.recommended.shape[0]):
        scratch.recommended[k] = 0.0
        if k != home and params.word_of_mouth.referral > 0.0 and scratch.content[k] > 0.0:
            chance = is_recommended(
                int(scratch.content[k]),
                params.word_of_mouth.referral,
                offers.terms.referral_old[k],
                params.word_of_mouth.by_reward,
            )
            if uniform(month.luck_key, draws.REFERRAL, i, k) < chance:
                scratch.recommended[k] = 1.0


@step
def expect_flows(plan: int, home: int, out: Any, offers: Any, sums: Any) -> None:
    """Add expected flows of an attentive person to the tally from which appeals are inverted."""
    for p in range(sums.shape[0]):
        if offers.plans.operator[p] != home:
            sums[p, 0] += out[p]
        elif p != plan:
            sums[p, 1] += out[p]
    if plan >= 0:
        sums[plan, 3] += 1.0 - out[plan]


@step
def bonus_of(operator: int, who: Any, month: Any, params: Any) -> float:
    """Money for joining an operator that courts her community this month, currency."""
    return params.campaigns.bonus if (month.courted[who.community] >> operator) & 1 else 0.0


@step
def gifts_for_joining(plan: int, former: int, flags: int, who: Any, offers: Any, month: Any, params: Any) -> float:
    """Money and money's worth that she, and who recommended it, get at once for joining, currency."""
    offer = offers.plans[plan]
    j = offer.operator
    terms = offers.terms[j]
    reward = terms.referral_new + terms.referral_old if has(flags, Flag.RECOMMENDED) else 0.0
    return float(offer.subsidy_new + upgrade_of(j, former, offers) + bonus_of(j, who, month, params) + reward)


@step
def gifts_for_staying(old: int, plan: int, called: int, flags: int, offers: Any, params: Any) -> float:
    """Money and money's worth that she gets at once for staying, currency: of a renewal, a call, the save desk; less
    the effort of changing plan, and brand.
    """
    gifts = offers.plans.subsidy_renewal[plan] if has(flags, Flag.RENEWED) else 0.0
    if has(flags, Flag.CHANGED_PLAN):
        gifts -= params.choice.plan_change
        if offers.plans.brand[plan] != offers.plans.brand[old]:
            gifts -= params.choice.brand_change
    if has(flags, Flag.SAVED | Flag.THREATENED):
        gifts += offers.terms.desk_credit[offers.plans.operator[plan]]
    return gifts + (offers.calls.credit[called] if 0 <= called < offers.calls.shape[0] else 0.0)


@step
def has_deal_for_joining(plan: int, me: Any, offers: Any) -> bool:
    """Tell whether she got a deal by joining, as her ties see it."""
    return bool(offers.plans.subsidy_new[plan] > 0.0 or me.promotion_left > 0)


@step
def has_deal_for_staying(called: int, flags: int, me: Any) -> bool:
    """Tell whether she got a deal by staying, as her ties see it."""
    return has(flags, Flag.OFFERED) or (called >= 0 and me.credit > 0.0)


@step
def join(
    i: int,
    plan: int,
    origin: int,
    former: int,
    ties: Any,
    seen: Any,
    degree: int,
    who: Any,
    me: Any,
    offers: Any,
    month: Any,
    params: Any,
    scratch: Any,
    lines: Any,
) -> int:
    """Start with a new operator: its costs, her fresh me; return flags."""
    offer, flags = offers.plans[plan], 0
    j = offer.operator
    terms = offers.terms[j]
    bonus, upgrade = bonus_of(j, who, month, params), upgrade_of(j, former, offers)
    lines[Line.GROSS_ADDS] += 1.0
    lines[Line.SUBSIDY_COST] += offer.subsidy_new + upgrade
    lines[Line.COMMISSION_COST] += offer.commission_new + bonus
    lines[Line.ACQUISITION] += offer.subsidy_new + upgrade + offer.commission_new + bonus
    begin_relation(i, plan, origin, former, who, me, offers, month, params)
    lines[Line.WON_BACK] += me.won_back
    if degree > 0 and origin != j and scratch.recommended[j] > 0.0:
        flags |= Flag.RECOMMENDED
        me.referrer = who_recommended(i, j, ties, seen, params)
        reward = terms.referral_new + terms.referral_old
        lines[Line.REFERRED] += 1.0
        lines[Line.COMMISSION_COST] += reward
        lines[Line.ACQUISITION] += reward
    return flags


@step
def who_recommended(i: int, j: int, ties: Any, seen: Any, params: Any) -> int:
    """First content tie with the operator."""
    for k in range(ties.shape[1]):
        friend = seen[ties[i, k]]
        if operator_in(friend) == j and felt_in(friend) >= FULL * params.word_of_mouth.neutral:
            return int(ties[i, k])
    return -1


@step
def stage_of(me: Any) -> int:
    """Stage of the lifecycle of person i."""
    plan = me.plan
    return lifecycle_stage(
        plan >= 0, me.previous >= 0, me.won_back == 1, me.tenure, me.satisfaction, me.commitment, me.wallet
    )


@step
def close_line(
    plan: int, j: int, by_choice: bool, me: Any, offers: Any, params: Any, sums: Any, reason: int, lines: Any
) -> float:
    """Leave an operator: termination fee and device debt to it, points lost; return what she paid for leaving,
    currency.
    """
    fee = offers.plans.etf[plan] * max(me.months_left, 0) + me.debt if by_choice else 0.0
    lines[Line.DEVICE_REVENUE] += fee
    lines[Line.POINTS_EXPIRED] += me.points
    sums.reasons[j, reason] += 1
    sums.tenures[j, min(int(me.tenure), TENURES - 1), 1] += 1
    sums.ends[j, ended_relation(stage_of(me), me.tenure)] += 1
    effort = params.bundle_hassle if by_choice and me.bundled else 0.0
    end_relation(me)
    return fee + effort


@step
def leave_by_choice(
    plan: int, j: int, reason: int, who: Any, me: Any, offers: Any, month: Any, params: Any, sums: Any, lines: Any
) -> float:
    """Leave an operator for another, or for none; return what that costs her at once in money and effort, currency."""
    once: float = hassle_of(who, me, offers, month, params)
    once += close_line(plan, j, True, me, offers, params, sums, reason, lines)
    lines[Line.CHURN_VOLUNTARY] += 1.0
    return once


@step
def leave_without_choice(
    i: int,
    plan: int,
    j: int,
    cause: int,
    paid: float,
    flags: int,
    me: Any,
    event: Any,
    offers: Any,
    month: Any,
    params: Any,
    sums: Any,
    lines: Any,
) -> None:
    """Leave without having chosen, for a cause: nothing is paid for leaving, and another operator is not joined."""
    if cause == Reason.DEFAULT:
        lines[Line.BAD_DEBT_COST] += paid
    close_line(plan, j, False, me, offers, params, sums, cause, lines)
    by_choice = cause == Reason.LAPSE or cause == Reason.HAZARD
    lines[Line.CHURN_VOLUNTARY if by_choice else Line.CHURN_INVOLUNTARY] += 1.0
    sums.ports[j, sums.ports.shape[1] - 1] += 1
    if month.inverts:
        sums.inflow[plan, 3] += 1.0
    go_without(j, me)
    event.happened, event.reason = flags | Flag.LEFT | (0 if by_choice else Flag.LEFT_INVOLUNTARILY), cause
    if cause == Reason.DEATH or cause == Reason.HAZARD:
        me.plan = ABSENT if cause == Reason.DEATH else RETIRED


@step
def stay(
    old: int, new: int, chose: bool, j: int, called: int, desk: bool, who: Any, me: Any, offers: Any, lines: Any
) -> int:
    """Stay with the operator, perhaps on another plan or under a renewed term; return flags."""
    offer, terms, flags, term = offers.plans[new], offers.terms[j], 0, 0
    if chose and me.months_left <= 1 and offer.term > 0:
        term = offer.term
        lines[Line.SUBSIDY_COST] += offer.subsidy_renewal
        lines[Line.COMMISSION_COST] += offer.commission_renewal
        lines[Line.RETENTION] += offer.subsidy_renewal + offer.commission_renewal
        flags |= Flag.RENEWED
        me.debt = offer.device_debt
        if offer.subsidy_renewal + offer.device_debt > 0.0:
            me.device_age = -1
    if new != old:
        flags |= Flag.CHANGED_PLAN
        lines[Line.INTERNAL_MIGRATIONS] += 1.0
        lines[Line.BRAND_MIGRATIONS] += offer.brand != offers.plans.brand[old]
        me.plan = new
        known = bill_on(new, who.usage * me.scale * me.wallet, promotion_of(me), 0.0, offers)
        me.reference = max(
            me.reference, known
        )  # a dearer plan of her own choice is no shock; what a cheaper one saves is felt
    promised = terms.desk_term if desk else 0
    if 0 <= called < offers.calls.shape[0]:
        promised = max(promised, offers.calls.term[called])
        lines[Line.CREDITS_COST] += offers.calls.credit[called]
        lines[Line.RETENTION] += offers.calls.credit[called]
        if offers.calls.upgrade[called]:
            me.device_age = -1
    if promised > 0 and offer.prepaid == 0:
        term = max(term, promised)
    me.tenure = min(me.tenure + 1, 30_000)
    me.months_left = max(me.months_left - 1, term, 0)
    me.since_contact = min(me.since_contact + 1, LONG_AGO)
    if me.since_contact >= CREDIT_MONTHS:
        me.credit = 0.0
    if me.debt > 0.0:
        instalment = max(offer.device_debt, me.debt) / offer.debt_months  # also on a plan without device
        me.debt = max(me.debt - instalment, 0.0)
    if me.promotion_left != 0:
        me.promotion_left = (
            me.promotion_left - 1 if me.promotion_left > 1 else (JUST_ENDED if me.promotion_left == 1 else 0)
        )
    return flags


@step
def take_bundle(i: int, j: int, paid: float, who: Any, me: Any, offers: Any, month: Any, params: Any) -> None:
    """Take the second service where there is one, if content."""
    if offers.terms.bundle_uptake[j] <= 0.0 or me.bundled or me.satisfaction < params.word_of_mouth.neutral:
        return
    terms = offers.terms[j]
    chance = bundle_chance(
        terms.bundle_uptake,
        who.price_sensitivity * month.sensitivity,
        terms.bundle_usual,
        terms.bundle_fee,
        terms.bundle_discount * paid,
    )
    if uniform(month.luck_key, draws.BUNDLE, i, 0) < chance:
        me.bundled = 1


@step
def be_advised(
    i: int,
    plan: int,
    j: int,
    degree: int,
    who: Any,
    me: Any,
    offers: Any,
    month: Any,
    params: Any,
    ties: Any,
    seen: Any,
    scratch: Any,
) -> int:
    """Return the operator's plan that is best for her; advice does not turn a contract into a prepaid card."""
    weigh_plans(i, plan, degree, who, me, offers, month, params, ties, seen, scratch)
    for p in range(scratch.plans.shape[0]):
        if offers.plans.prepaid[p] != offers.plans.prepaid[plan]:
            scratch.plans[p] = NEVER
    return best_plan(i, j, offers, month, params, scratch.plans)


@step
def age_device(i: int, me: Any, month: Any, params: Any) -> None:
    """Let the device age by a month, or be replaced in the open market."""
    if params.device.hazard <= 0.0:
        return
    if uniform(month.luck_key, draws.DEVICE, i, 0) < params.device.replaced:
        me.device_age = 0
    else:
        me.device_age = min(me.device_age + 1, 240)


@step
def learn_from_deals(got: bool, deals: int, degree: int, who: Any, me: Any, params: Any) -> None:
    """Let deals got and heard of make her deal-prone; they fade."""
    if params.deals.learning <= 0.0:
        return
    heard = float(deals) / float(degree) if degree > 0 else 0.0
    me.proneness = update_deal_proneness(
        me.proneness, who.deal_proneness, 1.0 if got else 0.0, heard, params.deals.learning, params.deals.fade
    )
