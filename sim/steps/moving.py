"""Choosing and moving: weighing what is on offer, joining, staying and leaving."""

import numpy as np

from agents import draws
from agents.customer import (
    bundle_chance,
    ended_relation,
    instalment,
    is_open,
    is_recommended,
    less_effort,
    lifecycle_stage,
    update_deal_proneness,
)
from agents.draws import uniform
from agents.population import ABSENT, LONG_AGO, RETIRED
from agents.rule import step
from sim.steps.flags import FULL, JUST_ENDED, Flag, felt_in, has, operator_in
from sim.steps.relation import begin_relation, end_relation, go_without, upgrade_of
from sim.steps.signing import dislike_of, gain_of_signing, part_of_term, running_of, signed, worth_of_offer
from sim.steps.turn import Others, Turn, sensitivity_of
from sim.steps.weighing import (
    NEVER,
    Scratch,
    best_plan,
    count_ties,
    held_shock,
    key_of_tastes,
    probabilities_of,
    value_operators,
    value_plans,
    weigh_plans,
)
from sim.steps.worth import bill_on, bundle_effort, etf_of, hassle_of, promotion_of
from sim.world.parameters import NO_HAZARD
from sim.world.tables import TENURES, Line, Offers, Reason, Tally

# --- choosing --------------------------------------------------------------------------------------------------------


@step
def choose(at: Turn, plan: int, former: int, others: Others, scratch: Scratch, sums: Tally) -> int:
    """Weigh everything on offer; return the best operator, or the number of operators for doing without. Fills
    scratch.values with shocks in; plan: her own, or negative.
    """
    params, values = at.params, scratch.values
    operators = values.shape[0] - 1
    home = at.offers.plans[plan].operator if plan >= 0 else operators
    if plan >= 0:
        sums.lines[at.who.segment, home, Line.ATTENTIVE] += 1.0
    if at.degree > 0:
        count_ties(at, others, scratch)
        be_recommended(at, home, scratch)
    value_plans(at, plan, former, scratch)
    value_operators(at, plan, scratch)
    if params.has_adoption or (plan >= 0 and params.hazard_kind != NO_HAZARD):
        values[operators] = NEVER
    if at.month.inverts:
        probabilities_of(at.offers, params, scratch, scratch.chances)
        expect_flows(plan, home, scratch.chances, at.offers, sums.inflow)
    best, most, key = int(operators), NEVER, key_of_tastes(at.who.renewal, at.month, params)
    for alternative in range(operators + 1):
        if values[alternative] > NEVER:
            values[alternative] += held_shock(key, at.number, alternative)
        if values[alternative] > most:
            best, most = alternative, values[alternative]
    return best


@step
def be_recommended(at: Turn, home: int, scratch: Scratch) -> None:
    """Let content ties bring her to their operators; fills scratch.recommended (operators,)."""
    spread = at.params.word_of_mouth
    for operator in range(scratch.recommended.shape[0]):
        scratch.recommended[operator] = 0.0
        if operator != home and spread.referral > 0.0 and scratch.content[operator] > 0.0:
            reward = at.offers.terms[operator].referral.old
            chance = is_recommended(int(scratch.content[operator]), spread.referral, reward, spread.by_reward)
            if uniform(at.month.luck_key, draws.REFERRAL, at.number, operator) < chance:
                scratch.recommended[operator] = 1.0


@step
def expect_flows(plan: int, home: int, chances: np.ndarray, offers: Offers, inflow: np.ndarray) -> None:
    """Add expected flows of an attentive person to the tally from which appeals are inverted."""
    for other in range(inflow.shape[0]):
        if offers.plans.operator[other] != home:
            inflow[other, 0] += chances[other]
        elif other != plan:
            inflow[other, 1] += chances[other]
    if plan >= 0:
        inflow[plan, 3] += 1.0 - chances[plan]


@step
def be_advised(at: Turn, home: int, others: Others, scratch: Scratch) -> int:
    """Return the operator's plan that is best for her; advice does not turn a contract into a prepaid card."""
    plans = at.offers.plans
    weigh_plans(at, np.int64(at.me.plan), others, scratch)  # type: ignore[arg-type] # as wide as everywhere
    for plan in range(scratch.plans.shape[0]):
        if plans.prepaid[plan] != plans.prepaid[at.me.plan]:
            scratch.plans[plan] = NEVER
    return best_plan(at, home, scratch.plans)


# --- joining ---------------------------------------------------------------------------------------------------------


@step
def join(at: Turn, plan: int, origin: int, former: int, others: Others, scratch: Scratch, lines: np.ndarray) -> int:
    """Start with a new operator, and book what that costs it; return flags."""
    offer, flags = at.offers.plans[plan], 0
    operator = offer.operator
    terms = at.offers.terms[operator]
    bonus, upgrade = bonus_of(at, operator), upgrade_of(at.offers, operator, former)
    lines[Line.GROSS_ADDS] += 1.0
    lines[Line.COMMISSION_COST] += offer.commission_new + bonus
    begin_relation(at, plan, origin, former)
    subsidy = offer.subsidy_new * part_of_term(at, plan, at.me.months_left) + upgrade
    lines[Line.SUBSIDY_COST] += subsidy
    lines[Line.ACQUISITION] += subsidy + offer.commission_new + bonus
    lines[Line.WON_BACK] += at.me.won_back
    if at.degree > 0 and origin != operator and scratch.recommended[operator] > 0.0:
        flags |= Flag.RECOMMENDED
        at.me.referrer = who_recommended(at, operator, others)
        reward = terms.referral.new + terms.referral.old
        lines[Line.REFERRED] += 1.0
        lines[Line.COMMISSION_COST] += reward
        lines[Line.ACQUISITION] += reward
    return flags


@step
def who_recommended(at: Turn, operator: int, others: Others) -> int:
    """First content tie with the operator."""
    for tie in range(at.degree):
        other = others.ties[at.number, tie]
        friend = others.seen[other]
        if operator_in(friend) == operator and felt_in(friend) >= FULL * at.params.word_of_mouth.neutral:
            return int(other)
    return -1


@step
def bonus_of(at: Turn, operator: int) -> float:
    """Money for joining an operator that courts her community this month, currency."""
    return at.params.campaigns.bonus if (at.month.communities[at.who.community].courted >> operator) & 1 else 0.0


@step
def gifts_for_joining(at: Turn, former: int, flags: int) -> float:
    """Money and money's worth that she, and who recommended it, get at once for having joined, currency; less what
    being bound costs her.
    """
    offer = at.offers.plans[at.me.plan]
    operator = offer.operator
    terms = at.offers.terms[operator]
    reward = terms.referral.new + terms.referral.old if has(flags, Flag.RECOMMENDED) else 0.0
    upgrade = upgrade_of(at.offers, operator, former)
    signed = gain_of_signing(at, at.me.plan, 0, at.me.months_left, offer.subsidy_new, dislike_of(at))
    return float(signed + upgrade + bonus_of(at, operator) + reward)


@step
def has_deal_for_joining(at: Turn) -> bool:
    """Tell whether she got a deal by having joined, as her ties see it."""
    return bool(at.offers.plans[at.me.plan].subsidy_new > 0.0 or at.me.promotion_left > 0)


# --- staying ---------------------------------------------------------------------------------------------------------


@step
def stay(at: Turn, new: int, has_chosen: bool, called: int, has_talked: bool, lines: np.ndarray) -> tuple[int, float]:
    """Stay with the operator, perhaps on another plan or under a renewed term; return flags, and the money and money's
    worth that she gets at once, less effort and what being bound costs her, currency. has_talked: has taken the save
    desk's offer; called: in which round of calls, or -1.
    """
    me, offers = at.me, at.offers
    offer, old, flags = offers.plans[new], me.plan, 0
    desk = offers.terms[offer.operator].save_desk
    gifts = worth_of_offer(at, desk.credit, desk.term) if has_talked else 0.0
    promised = desk.term if has_talked else 0
    if 0 <= called < offers.calls.shape[0]:
        gifts += me.credit
        promised = max(promised, take_offer(at, called, lines))
    term = 0
    if has_chosen and offer.term > 0 and is_open(me.months_left, offers.plans[old].term):
        term, gain = signed(at, new, running_of(at), offer.subsidy_renewal, new == old, dislike_of(at))
        if term > 0:
            gifts += gain
            renew(at, new, term, lines)
            flags |= Flag.RENEWED
    if new != old:
        effort, is_other_brand = at.params.choice, offer.brand != offers.plans[old].brand
        gifts = less_effort(gifts, is_other_brand, effort.plan_change, effort.brand_change)
        flags |= Flag.CHANGED_PLAN
        lines[Line.INTERNAL_MIGRATIONS] += 1.0
        lines[Line.BRAND_MIGRATIONS] += is_other_brand
        me.plan = new
        known = bill_on(at, new, at.who.usage * me.scale * me.wallet, promotion_of(me), 0.0)
        me.reference = max(me.reference, known)  # a dearer plan of her own is no shock; a cheaper one's saving is felt
    if promised > me.months_left and offer.prepaid == 0:
        term = max(term, promised)
        me.etf = offer.etf
    pass_month(at, term)
    return flags, gifts


@step
def take_offer(at: Turn, called: int, lines: np.ndarray) -> int:
    """Take what a call has offered, where it is worth its term; return the months agreed to."""
    call = at.offers.calls[called]
    if call.term > 0 and at.me.credit <= 0.0:
        return 0
    lines[Line.CREDITS_COST] += call.credit
    lines[Line.RETENTION] += call.credit
    if call.upgrade:
        at.me.device_age = -1
    return int(call.term)


@step
def renew(at: Turn, plan: int, term: int, lines: np.ndarray) -> None:
    """Sign anew for so many months of a plan of her operator, and book what those beyond her running term cost it."""
    me, offer = at.me, at.offers.plans[plan]
    part = part_of_term(at, plan, term - running_of(at))
    lines[Line.SUBSIDY_COST] += offer.subsidy_renewal * part
    lines[Line.COMMISSION_COST] += offer.commission_renewal * part
    lines[Line.RETENTION] += (offer.subsidy_renewal + offer.commission_renewal) * part
    me.etf, me.debt = offer.etf, offer.device_debt
    if offer.subsidy_renewal + offer.device_debt > 0.0:
        me.device_age = -1


@step
def pass_month(at: Turn, term: int) -> None:
    """Let a month of the relation pass, with what runs out in it; term: newly agreed, months."""
    me, offer = at.me, at.offers.plans[at.me.plan]
    me.tenure = min(me.tenure + 1, 30_000)
    me.months_left = max(me.months_left - 1, term, 0)
    me.since_contact = min(me.since_contact + 1, LONG_AGO)
    if me.since_contact >= at.params.recent.credit:
        me.credit = 0.0
    if me.debt > 0.0:
        me.debt = max(me.debt - instalment(me.debt, offer.device_debt, offer.debt_months), 0.0)
    if me.promotion_left > 1:
        me.promotion_left -= 1
    elif me.promotion_left != 0:
        me.promotion_left = JUST_ENDED if me.promotion_left == 1 else 0


@step
def has_deal_for_staying(at: Turn, called: int, flags: int) -> bool:
    """Tell whether she got a deal by having stayed, as her ties see it."""
    return has(flags, Flag.OFFERED) or (called >= 0 and at.me.credit > 0.0)


@step
def take_bundle(at: Turn, home: int, paid: float) -> None:
    """Take the second service where there is one, if content."""
    me, terms = at.me, at.offers.terms[home]
    if terms.bundle.uptake <= 0.0 or me.bundled or me.satisfaction < at.params.word_of_mouth.neutral:
        return
    saving = terms.bundle.discount * paid
    chance = bundle_chance(terms.bundle.uptake, sensitivity_of(at), terms.bundle.usual, terms.bundle.fee, saving)
    if uniform(at.month.luck_key, draws.BUNDLE, at.number, 0) < chance:
        me.bundled = 1


# --- leaving ---------------------------------------------------------------------------------------------------------


@step
def leave_by_choice(at: Turn, home: int, reason: int, sums: Tally) -> float:
    """Leave an operator for another, or for none; return what that costs her at once in money and effort, currency."""
    once: float = hassle_of(at)
    sums.lines[at.who.segment, home, Line.CHURN_VOLUNTARY] += 1.0
    return once + close_line(at, home, reason, True, sums)


@step
def leave_without_choice(at: Turn, home: int, reason: int, paid: float, flags: int, sums: Tally) -> None:
    """Leave without having chosen, for a reason: nothing is paid for leaving, and another operator is not joined."""
    me, lines = at.me, sums.lines[at.who.segment, home]
    if reason == Reason.DEFAULT:
        lines[Line.BAD_DEBT_COST] += paid
    if at.month.inverts:
        sums.inflow[me.plan, 3] += 1.0
    close_line(at, home, reason, False, sums)
    by_choice = reason == Reason.LAPSE or reason == Reason.HAZARD
    lines[Line.CHURN_VOLUNTARY if by_choice else Line.CHURN_INVOLUNTARY] += 1.0
    sums.ports[home, sums.ports.shape[1] - 1] += 1
    go_without(me, home)
    at.event.happened = flags | Flag.LEFT | (0 if by_choice else Flag.LEFT_INVOLUNTARILY)
    at.event.reason = reason
    if reason == Reason.DEATH or reason == Reason.HAZARD:
        me.plan = ABSENT if reason == Reason.DEATH else RETIRED


@step
def close_line(at: Turn, home: int, reason: int, by_choice: bool, sums: Tally) -> float:
    """Leave an operator: termination fee and device debt to it, points lost; return what she paid for leaving,
    currency.
    """
    me, lines = at.me, sums.lines[at.who.segment, home]
    fee = etf_of(at) * max(me.months_left, 0) + me.debt if by_choice else 0.0
    lines[Line.DEVICE_REVENUE] += fee
    lines[Line.POINTS_EXPIRED] += me.points
    sums.reasons[home, reason] += 1
    sums.tenures[home, min(int(me.tenure), TENURES - 1), 1] += 1
    sums.ends[home, ended_relation(stage_of(at), me.tenure, at.params.lifecycle.long)] += 1
    effort = bundle_effort(at) if by_choice else 0.0
    end_relation(me)
    return fee + effort


@step
def stage_of(at: Turn) -> int:
    """Stage of a person's lifecycle."""
    me, lifecycle = at.me, at.params.lifecycle
    return lifecycle_stage(
        me.plan >= 0,
        me.previous >= 0,
        me.won_back == 1,
        me.tenure,
        me.satisfaction,
        me.commitment,
        me.wallet,
        lifecycle.exploration,
        lifecycle.exploration_longest,
        lifecycle.content,
        lifecycle.formation,
        lifecycle.committed,
        lifecycle.decline,
        lifecycle.won_back,
    )


# --- whatever she does -----------------------------------------------------------------------------------------------


@step
def age_device(at: Turn) -> None:
    """Let the device age by a month, or be replaced in the open market."""
    if at.params.device.hazard <= 0.0:
        return
    if uniform(at.month.luck_key, draws.DEVICE, at.number, 0) < at.params.device.replaced:
        at.me.device_age = 0
    else:
        at.me.device_age = min(at.me.device_age + 1, 240)


@step
def learn_from_deals(at: Turn, has_deal: bool, deals: int) -> None:
    """Let deals got and heard of (from how many ties) make her deal-prone; they fade."""
    me, learning = at.me, at.params.deals
    if learning.learning <= 0.0:
        return
    heard = float(deals) / float(at.degree) if at.degree > 0 else 0.0
    got = 1.0 if has_deal else 0.0
    me.proneness = update_deal_proneness(
        me.proneness, at.who.deal_proneness, got, heard, learning.learning, learning.fade
    )
