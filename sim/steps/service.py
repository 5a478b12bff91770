"""What service does to a person: failures, voice and recovery, the month's performance, and the feelings it leaves."""

import math
from typing import Any

from agents import draws
from agents.customer import (
    clip,
    complains,
    damage_left,
    delight,
    envy,
    experience_weight,
    fairness,
    performance,
    reach,
    update_commitment,
    update_expectation,
    update_expected_delight,
    update_habit,
    update_reference_price,
    update_satisfaction,
    update_trust,
)
from agents.customer.money import promotion_worth
from agents.draws import bounded_normal, uniform
from agents.population import LONG_AGO
from agents.rule import step
from sim.choice import bill_on, coverage_of, tier_of
from sim.steps.flags import FULL, Flag, deal_in, felt_in, has, left_in, operator_in
from sim.tables import Line


@step
def meet_failure(i: int, j: int, who: Any, me: Any, offers: Any, month: Any, params: Any, lines: Any) -> int:
    """Draw a failure or a wrong bill, voice and recovery; return this month's flags of it."""
    terms = offers.terms[j]
    rate = params.failure.rate * month.outage[who.region, j]
    if (month.faults[who.community] >> j) & 1:
        rate *= params.failure.local_factor
    wrong = params.failure.billing * month.process[j]
    if rate + wrong <= 0.0:
        return 0
    u = uniform(month.luck_key, draws.FAILURE, i, 0)
    if u >= rate + wrong:
        return 0
    flags = 0 | Flag.FAILURE
    lines[Line.FAILURES] += 1.0
    severity = params.failure.billing_voice
    if u >= rate:
        flags |= Flag.WRONG_BILL
    elif uniform(month.luck_key, draws.LARGE, i, 0) < params.failure.large:
        flags |= Flag.LARGE
        severity = params.failure.voice_large
    else:
        severity = params.failure.voice_small
    voice = complains(
        severity,
        me.commitment,
        terms.resolved,
        params.failure.voice,
        params.failure.voice_commitment,
        params.failure.voice_success,
    )
    if uniform(month.luck_key, draws.VOICE, i, 0) < voice:
        flags |= Flag.COMPLAINT
        lines[Line.COMPLAINTS] += 1.0
        if uniform(month.luck_key, draws.RESOLVED, i, 0) < terms.resolved:
            flags |= Flag.RESOLVED
            lines[Line.RESOLVED] += 1.0
            if uniform(month.luck_key, draws.FAST, i, 0) < terms.fast:
                flags |= Flag.FAST
            if terms.compensated > 0.0 and uniform(month.luck_key, draws.COMPENSATED, i, 0) < terms.compensated:
                flags |= Flag.COMPENSATED
                lines[Line.CREDITS_COST] += terms.compensation
                lines[Line.RETENTION] += terms.compensation
    return flags


@step
def outcome_of(flags: int) -> int:
    """0 silent, 1 unresolved, 2 resolved, 3 resolved fast, 4 resolved and compensated."""
    if not has(flags, Flag.COMPLAINT):
        return 0
    if has(flags, Flag.COMPENSATED):
        return 4
    return 1 + has(flags, Flag.RESOLVED) + has(flags, Flag.FAST)


@step
def live_through(
    i: int,
    plan: int,
    j: int,
    paid: float,
    reward: float,
    usage: float,
    flags: int,
    who: Any,
    me: Any,
    offers: Any,
    month: Any,
    params: Any,
) -> float:
    """Return the month's performance, 0 to 1."""
    offer, terms = offers.plans[plan], offers.terms[j]
    network = coverage_of(i, j, who, offers, month, params)
    if params.experience.network_sd > 0.0:
        network += params.experience.network_sd * bounded_normal(month.luck_key, draws.NETWORK, i, 0)
    level = tier_of(j, me, offers)
    care = terms.care + (offers.tier_care[j, level] if level >= 0 else 0.0)
    if me.tenure < terms.welcome_months:
        care += terms.welcome_care
    damage = 0.0
    if has(flags, Flag.FAILURE):
        damage = (
            params.failure.damage_large
            if has(flags, Flag.LARGE)
            else (params.failure.billing_damage if has(flags, Flag.WRONG_BILL) else params.failure.damage_small)
        )
        damage = damage_left(
            damage,
            me.since_failure < 6,
            outcome_of(flags),
            params.failure.repeat,
            params.failure.recovery,
            params.failure.factor_unresolved,
            params.failure.factor_resolved,
            params.failure.factor_fast,
            params.failure.factor_compensated,
        )
    fair = fairness(paid, me.reference, params.experience.fairness, params.experience.fairness_slope)
    if params.experience.newcomer_slope > 0.0 and me.promotion_left <= 0:
        spared = promotion_worth(1.0, offer.promotion, offer.promotion_months) / params.horizon
        newcomer = bill_on(plan, usage, min(spared, 1.0), 0.0, offers)
        fair = max(fair - envy(paid, newcomer, params.experience.newcomer_slope), 0.0)
    lift = 0.0
    if params.delight.weight > 0.0 and (reward > 0.0 or me.delight > 0.0):
        lift = delight(reward, me.delight, params.delight.weight, params.delight.scale)
        me.delight = update_expected_delight(me.delight, reward, params.delight.fade, params.delight.scale)
    return performance(
        clip(network, 0.0, 1.0), clip(care, 0.0, 1.0), fair, who.care_weight, who.price_weight, damage, lift
    )


@step
def hear(i: int, j: int, degree: int, ties: Any, seen: Any, params: Any) -> Any:
    """Return ties on the same operator, their mean report of it (negative for none), ties who left it last month, and
    ties who got a deal.
    """
    neutral, bad = params.word_of_mouth.neutral, params.word_of_mouth.bad
    below = math.ceil(FULL * neutral)
    same, felt, same_bad, felt_bad, left, deals = (
        0,
        0,
        0,
        0,
        0,
        0,
    )  # whole numbers, so that several ties can be heard at once
    for k in range(degree):
        friend = seen[ties[i, k]]
        is_same = operator_in(friend) == j
        is_bad = is_same & (felt_in(friend) < below)
        same += is_same
        same_bad += is_bad
        felt += is_same * felt_in(friend)
        felt_bad += is_bad * felt_in(friend)
        left += left_in(friend) == j
        deals += deal_in(friend)
    if same == 0:
        return same, -1.0, left, deals
    far, near = reach(0.0, neutral, bad), reach(1.0, neutral, bad)
    heard = (near * (felt - felt_bad) + far * felt_bad) / (FULL * (near * (same - same_bad) + far * same_bad))
    return same, heard, left, deals


@step
def feel(
    j: int, paid: float, performed: float, heard: float, flags: int, me: Any, offers: Any, month: Any, params: Any
) -> None:
    """Update satisfaction, expectation, commitment, trust, habit and the reference price; remember failures and
    complaints.
    """
    terms = offers.terms[j]
    weight = experience_weight(
        me.tenure, params.satisfaction.weight_new, params.satisfaction.weight_min, params.satisfaction.anchoring
    )
    satisfaction = update_satisfaction(
        me.satisfaction,
        performed,
        me.expectation,
        weight,
        params.satisfaction.disconfirmation,
        params.satisfaction.loss_aversion,
    )
    me.expectation = update_expectation(
        me.expectation,
        performed,
        terms.advertised,
        heard,
        params.satisfaction.expectation_adaptation,
        params.satisfaction.expectation_advertised,
        params.satisfaction.expectation_social,
    )
    me.satisfaction = satisfaction
    if params.bonds.commitment_growth > 0.0:
        me.commitment = update_commitment(
            me.commitment,
            satisfaction,
            has(flags, Flag.FAILURE),
            has(flags, Flag.COERCED),
            params.bonds.commitment_growth,
            params.bonds.commitment_loss,
            params.bonds.commitment_neutral,
            params.bonds.commitment_slope,
            params.bonds.reactance,
        )
    if params.trust.weight > 0.0:
        is_betrayed = has(flags, Flag.WRONG_BILL) or (has(flags, Flag.COMPLAINT) and not has(flags, Flag.RESOLVED))
        trust = update_trust(
            me.trust,
            performed,
            terms.advertised,
            is_betrayed,
            params.trust.growth,
            params.trust.slope,
            params.trust.loss,
        )
        me.trust = trust * (1.0 - month.breach[j])
    if params.bonds.habit_growth > 0.0:
        growth = params.bonds.habit_growth * (terms.welcome_habit if me.tenure < terms.welcome_months else 1.0)
        is_broken = has(flags, Flag.BILL_SHOCK | Flag.MOVED | Flag.CONTACTED) or (
            params.device.hazard > 0.0 and me.device_age == params.device.onset
        )
        me.habit = update_habit(me.habit, growth, me.wallet, is_broken, params.bonds.habit_break)
    me.reference = update_reference_price(me.reference, paid, params.experience.reference_adaptation)
    me.since_failure = 0 if has(flags, Flag.FAILURE) else min(me.since_failure + 1, LONG_AGO)
    me.since_complaint = 0 if has(flags, Flag.COMPLAINT) else min(me.since_complaint + 1, LONG_AGO)
