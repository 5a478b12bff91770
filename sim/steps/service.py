"""What service does to a person: failures, voice and recovery, the month's performance, and the feelings it leaves."""

import math

import numpy as np

from agents import draws
from agents.customer import (
    clip,
    complains,
    coverage_felt,
    damage_left,
    delight,
    envy,
    experience_weight,
    failure_rate,
    fairness,
    habit_growth,
    performance,
    reach,
    spared_of_newcomers,
    update_commitment,
    update_expectation,
    update_expected_delight,
    update_habit,
    update_reference_price,
    update_satisfaction,
    update_trust,
    wrong_bill_rate,
)
from agents.draws import bounded_normal, uniform
from agents.population import LONG_AGO
from agents.rule import step
from sim.steps.flags import FULL, Flag, deal_in, felt_in, has, left_in, operator_in
from sim.steps.turn import Others, Turn
from sim.steps.worth import bill_on, coverage_of, tier_of
from sim.world.tables import Line


@step
def meet_failure(at: Turn, home: int, lines: np.ndarray) -> int:
    """Draw a failure or a wrong bill, voice and recovery; return this month's flags of it."""
    month, terms, failure = at.month, at.offers.terms[home], at.params.failure
    has_fault = (month.communities[at.who.community].faults >> home) & 1 == 1
    rate = failure_rate(failure.rate, month.places[at.who.region, home].outage, has_fault, failure.local_factor)
    wrong = wrong_bill_rate(failure.billing, month.standings[home].process)
    if rate + wrong <= 0.0:
        return 0
    draw = uniform(month.luck_key, draws.FAILURE, at.number, 0)
    if draw >= rate + wrong:
        return 0
    flags = 0 | Flag.FAILURE
    lines[Line.FAILURES] += 1.0
    severity = failure.billing_voice
    if draw >= rate:
        flags |= Flag.WRONG_BILL
    elif uniform(month.luck_key, draws.LARGE, at.number, 0) < failure.large:
        flags |= Flag.LARGE
        severity = failure.voice_large
    else:
        severity = failure.voice_small
    voice = complains(
        severity, at.me.commitment, terms.resolved, failure.voice, failure.voice_commitment, failure.voice_success
    )
    if uniform(month.luck_key, draws.VOICE, at.number, 0) < voice:
        flags |= Flag.COMPLAINT
        lines[Line.COMPLAINTS] += 1.0
        if uniform(month.luck_key, draws.RESOLVED, at.number, 0) < terms.resolved:
            flags |= recover(at, home, lines)
    return flags


@step
def recover(at: Turn, home: int, lines: np.ndarray) -> int:
    """Have a complaint resolved, perhaps fast, perhaps with compensation; return flags."""
    key, terms, flags = at.month.luck_key, at.offers.terms[home], 0 | Flag.RESOLVED
    lines[Line.RESOLVED] += 1.0
    if uniform(key, draws.FAST, at.number, 0) < terms.fast:
        flags |= Flag.FAST
    if terms.recovery.compensated > 0.0 and uniform(key, draws.COMPENSATED, at.number, 0) < terms.recovery.compensated:
        flags |= Flag.COMPENSATED
        lines[Line.CREDITS_COST] += terms.recovery.compensation
        lines[Line.RETENTION] += terms.recovery.compensation
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
def live_through(at: Turn, home: int, paid: float, reward: float, usage: float, flags: int) -> float:
    """Return the month's performance, 0 to 1; usage: on this line, GB."""
    who, me, params, terms = at.who, at.me, at.params, at.offers.terms[home]
    network = coverage_of(at, home)
    if params.experience.network_sd > 0.0:
        noise = bounded_normal(at.month.luck_key, draws.NETWORK, at.number, 0)
        network = coverage_felt(network, noise, params.experience.network_sd)
    level = tier_of(at, home)
    care = terms.care + (at.offers.tier_care[home, level] if level >= 0 else 0.0)
    if me.tenure < terms.onboarding.months:
        care += terms.onboarding.care
    damage = damage_of(at, flags) if has(flags, Flag.FAILURE) else 0.0
    lift = 0.0
    if params.delight.weight > 0.0 and (reward > 0.0 or me.delight > 0.0):
        lift = delight(reward, me.delight, params.delight.weight, params.delight.scale)
        me.delight = update_expected_delight(me.delight, reward, params.delight.fade, params.delight.scale)
    fair = fairness_of(at, paid, usage)
    return performance(
        clip(network, 0.0, 1.0), clip(care, 0.0, 1.0), fair, who.care_weight, who.price_weight, damage, lift
    )


@step
def damage_of(at: Turn, flags: int) -> float:
    """Performance lost by this month's failure, 0 to 1."""
    failure, damage = at.params.failure, at.params.failure.damage_small
    if has(flags, Flag.LARGE):
        damage = failure.damage_large
    elif has(flags, Flag.WRONG_BILL):
        damage = failure.billing_damage
    return damage_left(
        damage,
        at.me.since_failure < at.params.recent.failure,
        outcome_of(flags),
        failure.repeat,
        failure.recovery,
        failure.factor_unresolved,
        failure.factor_resolved,
        failure.factor_fast,
        failure.factor_compensated,
    )


@step
def fairness_of(at: Turn, paid: float, usage: float) -> float:
    """Perceived fairness of the month's bill, against what she is used to and what newcomers pay, 0 to 1."""
    me, experience, offer = at.me, at.params.experience, at.offers.plans[at.me.plan]
    fair = fairness(paid, me.reference, experience.fairness, experience.fairness_slope)
    if experience.newcomer_slope > 0.0 and me.promotion_left <= 0:
        spared = spared_of_newcomers(offer.promotion, offer.promotion_months, at.params.horizon)
        newcomer = bill_on(at, me.plan, usage, spared, 0.0)
        fair = max(fair - envy(paid, newcomer, experience.newcomer_slope), 0.0)
    return fair


@step
def hear(at: Turn, home: int, others: Others) -> tuple[int, float, int, int]:
    """Return ties on the same operator, their mean report of it (negative for none), ties who left it last month, and
    ties who got a deal.
    """
    neutral, bad = at.params.word_of_mouth.neutral, at.params.word_of_mouth.bad
    below = math.ceil(FULL * neutral)
    same, felt, left, deals = 0, 0, 0, 0  # whole numbers, so that several ties can be heard at once
    same_bad, felt_bad = 0, 0
    for tie in range(at.degree):
        friend = others.seen[others.ties[at.number, tie]]
        is_same = operator_in(friend) == home
        is_bad = is_same & (felt_in(friend) < below)
        same += is_same
        same_bad += is_bad
        felt += is_same * felt_in(friend)
        felt_bad += is_bad * felt_in(friend)
        left += left_in(friend) == home
        deals += deal_in(friend)
    if same == 0:
        return same, -1.0, left, deals
    far, near = reach(0.0, neutral, bad), reach(1.0, neutral, bad)
    heard = (near * (felt - felt_bad) + far * felt_bad) / (FULL * (near * (same - same_bad) + far * same_bad))
    return same, heard, left, deals


@step
def feel(at: Turn, home: int, paid: float, performed: float, heard: float, flags: int) -> None:
    """Update satisfaction, expectation, commitment, trust, habit and the reference price; remember failures and
    complaints.
    """
    me, params, terms = at.me, at.params, at.offers.terms[home]
    feeling, bonds = params.satisfaction, params.bonds
    weight = experience_weight(me.tenure, feeling.weight_new, feeling.weight_min, feeling.anchoring)
    satisfaction = update_satisfaction(
        me.satisfaction, performed, me.expectation, weight, feeling.disconfirmation, feeling.loss_aversion
    )
    me.expectation = update_expectation(
        me.expectation,
        performed,
        terms.advertised,
        heard,
        feeling.expectation_adaptation,
        feeling.expectation_advertised,
        feeling.expectation_social,
    )
    me.satisfaction = satisfaction
    if bonds.commitment_growth > 0.0:
        me.commitment = update_commitment(
            me.commitment,
            satisfaction,
            has(flags, Flag.FAILURE),
            has(flags, Flag.COERCED),
            bonds.commitment_growth,
            bonds.commitment_loss,
            bonds.commitment_neutral,
            bonds.commitment_slope,
            bonds.reactance,
        )
    if params.trust.weight > 0.0:
        is_unresolved = has(flags, Flag.COMPLAINT) and not has(flags, Flag.RESOLVED)
        is_betrayed = has(flags, Flag.WRONG_BILL) or is_unresolved
        trust = update_trust(
            me.trust,
            performed,
            terms.advertised,
            is_betrayed,
            params.trust.growth,
            params.trust.slope,
            params.trust.loss,
        )
        me.trust = trust * (1.0 - at.month.standings[home].breach)
    if bonds.habit_growth > 0.0:
        growth = habit_growth(bonds.habit_growth, me.tenure < terms.onboarding.months, terms.onboarding.habit)
        is_old = params.device.hazard > 0.0 and me.device_age == params.device.onset
        is_broken = has(flags, Flag.BILL_SHOCK | Flag.MOVED | Flag.CONTACTED) or is_old
        me.habit = update_habit(me.habit, growth, me.wallet, is_broken, bonds.habit_break)
    me.reference = update_reference_price(me.reference, paid, params.experience.reference_adaptation)
    me.since_failure = 0 if has(flags, Flag.FAILURE) else min(me.since_failure + 1, LONG_AGO)
    me.since_complaint = 0 if has(flags, Flag.COMPLAINT) else min(me.since_complaint + 1, LONG_AGO)
