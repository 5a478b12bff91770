"""What makes a person leave without a choice, fall silent, or look around."""

from typing import Any

import numpy as np

from agents import draws
from agents.customer import (
    adoption_probability,
    campaign_hazard,
    curiosity_hazard,
    default_hazard,
    device_hazard,
    dissatisfaction_hazard,
    failure_hazard,
    loyalty_phase,
    term_hazard,
    vulnerability,
)
from agents.customer.attention import Occasion
from agents.draws import uniform
from agents.population import OUTSIDE
from agents.rule import step
from sim.steps.flags import JUST_ENDED, Flag, has
from sim.steps.service import outcome_of
from sim.tables import CAUSES, Reason


@step
def disturbances(i: int, paid: float, me: Any, month: Any, params: Any) -> int:
    """Return flags of what shakes a month beside service: a bill well above the reference price, a move of house."""
    flags = 0
    if params.attention.bill_shock > 0.0 and paid > params.attention.bill_shock_ratio * me.reference:
        flags |= Flag.BILL_SHOCK
    if params.turnover.move > 0.0 and uniform(month.luck_key, draws.MOVE, i, 0) < params.turnover.move:
        flags |= Flag.MOVED
    return flags


@step
def forced_out(i: int, prepaid: int, paid: float, reference: float, who: Any, me: Any, month: Any, params: Any) -> int:
    """Return the cause of leaving without a choice, or 0. A prepaid line first falls silent where there is
    time for it.
    """
    if params.hazard_kind == 1 and uniform(month.luck_key, draws.HAZARD, i, 0) < who.hazard:
        return Reason.HAZARD
    if (
        params.hazard_kind == 2
        and uniform(month.luck_key, draws.HAZARD, i, 0) < month.hazards[min(int(me.tenure), month.hazards.shape[0] - 1)]
    ):
        return Reason.HAZARD
    u = uniform(month.luck_key, draws.DEATH, i, 0)  # one draw for the three: deaths are the same in all arms
    if u < params.turnover.exit:
        return Reason.DEATH
    u -= params.turnover.exit
    default = default_hazard(
        params.turnover.default * month.arrears, who.credit_risk, paid, reference, params.turnover.arrears
    )
    if u < default:
        return Reason.DEFAULT
    if u - default < params.turnover.prepaid_lapse and prepaid == 1:
        if params.turnover.silent_months == 0:
            return Reason.LAPSE
        me.silent = 1
    return Reason.NONE


@step
def stay_silent(i: int, me: Any, month: Any, params: Any) -> int:
    """A month without use: death, a return to use, or after some months the end of the line; return the cause of
    leaving, or 0.
    """
    u = uniform(month.luck_key, draws.DEATH, i, 0)
    if u < params.turnover.exit:
        return Reason.DEATH
    if uniform(month.luck_key, draws.SILENCE, i, 0) < params.turnover.prepaid_return:
        me.silent = 0
        return Reason.NONE
    me.silent += 1
    return Reason.LAPSE if me.silent > params.turnover.silent_months else Reason.NONE


@step
def pay_attention(
    i: int,
    j: int,
    plan: int,
    flags: int,
    friends_left: int,
    called: int,
    former: int,
    who: Any,
    me: Any,
    offers: Any,
    month: Any,
    params: Any,
    hazards: Any,
) -> int:
    """Return the cause that makes her look around, or 0.

    Causes act independently; one draw walks them in the order of REASONS, which is the law of 'the first that fires'.
    """
    offer, left = offers.plans[plan], me.months_left
    prepaid = offer.prepaid == 1
    is_in_term = int(left > 2)
    in_term = is_in_term * params.attention.in_term + (1 - is_in_term)
    hazards[Reason.TERM_END] = term_hazard(
        left, offer.term > 0, max(params.attention.term_end, month.notice), params.attention.term_near
    )
    hazards[Reason.PROMOTION_END] = params.attention.promotion_end if me.promotion_left == JUST_ENDED else 0.0
    hazards[Reason.BILL_SHOCK] = params.attention.bill_shock if has(flags, Flag.BILL_SHOCK) else 0.0
    hazards[Reason.FAILURE] = 0.0
    if has(flags, Flag.FAILURE):
        hazards[Reason.FAILURE] = failure_hazard(
            has(flags, Flag.LARGE),
            outcome_of(flags),
            params.attention.failure_silent,
            params.attention.failure_unresolved,
            params.attention.failure_resolved,
            params.attention.failure_fast,
            params.attention.failure_small,
        )
    hazards[Reason.FRIEND_LEFT] = min(1.0, params.attention.friend_left * friends_left)
    is_courted = np.int64(month.courted[who.community]) & ~(1 << j) != 0
    hazards[Reason.CAMPAIGN] = is_courted * campaign_hazard(
        params.attention.campaign, me.proneness, params.deals.weight
    )
    hazards[Reason.CONTACT] = params.attention.contact if called >= 0 else 0.0
    hazards[Reason.WIN_BACK] = params.attention.win_back if former >= 0 else 0.0
    hazards[Reason.MOVE] = params.attention.move if has(flags, Flag.MOVED) else 0.0
    hazards[Reason.DISSATISFACTION] = dissatisfaction_hazard(
        me.satisfaction,
        params.attention.dissatisfaction,
        params.attention.dissatisfaction_level,
        left,
        params.attention.in_term,
    )
    hazards[Reason.DEVICE] = 0.0
    if params.device.hazard > 0.0:
        hazards[Reason.DEVICE] = (
            device_hazard(me.device_age, params.device.onset, params.device.hazard, params.device.most) * in_term
        )
    hazards[Reason.DEVICE] += month.device_news * in_term
    hazards[Reason.BREACH] = month.breach_news[j]
    hazards[Reason.CURIOSITY] = curiosity_hazard(
        params.attention.base, who.attention, prepaid, params.attention.prepaid, left, params.attention.in_term
    )
    u, asleep, most = uniform(month.luck_key, draws.ATTENTION, i, 0), 1.0, 0.0
    for cause in range(1, CAUSES + 1):
        most += hazards[cause]
    most *= 1.0 + params.loyalty_phases.vulnerability  # more than any phase lets through
    if u < 1.0 - most - 1e-9:  # causes together are never likelier than one after the other
        return Reason.NONE
    if params.loyalty_phases.vulnerability > 0.0:
        shake(me, params, hazards)
    for cause in range(1, CAUSES + 1):
        asleep *= 1.0 - hazards[cause]
        if u > asleep:
            return cause
    return Reason.NONE


@step
def phase_of(me: Any, params: Any) -> int:
    """Phase of loyalty of person i."""
    return loyalty_phase(
        me.satisfaction,
        me.commitment,
        me.habit,
        params.loyalty_phases.content,
        params.loyalty_phases.liking,
        params.loyalty_phases.committed,
        params.loyalty_phases.settled,
    )


@step
def shake(me: Any, params: Any, hazards: Any) -> None:
    """Let each occasion work as her phase of loyalty lets it."""
    phase = phase_of(me, params)
    by_price = vulnerability(phase, Occasion.PRICE_NEWS, params.loyalty_phases.vulnerability)
    by_service = vulnerability(phase, Occasion.BAD_EXPERIENCE, params.loyalty_phases.vulnerability)
    by_wanderlust = vulnerability(phase, Occasion.WANDERLUST, params.loyalty_phases.vulnerability)
    hazards[Reason.PROMOTION_END] = min(1.0, hazards[Reason.PROMOTION_END] * by_price)
    hazards[Reason.BILL_SHOCK] = min(1.0, hazards[Reason.BILL_SHOCK] * by_price)
    hazards[Reason.CAMPAIGN] = min(1.0, hazards[Reason.CAMPAIGN] * by_price)
    hazards[Reason.FAILURE] = min(1.0, hazards[Reason.FAILURE] * by_service)
    hazards[Reason.DISSATISFACTION] = min(1.0, hazards[Reason.DISSATISFACTION] * by_service)
    hazards[Reason.CURIOSITY] = min(1.0, hazards[Reason.CURIOSITY] * by_wanderlust)


@step
def dies_outside(i: int, plan: int, month: Any, params: Any) -> bool:
    """Tell whether someone without an operator leaves the market for good."""
    return (
        plan == OUTSIDE
        and params.turnover.exit > 0.0
        and uniform(month.luck_key, draws.DEATH, i, 0) < params.turnover.exit
    )


@step
def look_for_one(i: int, plan: int, former: int, month: Any, params: Any) -> int:
    """Return the cause that makes someone without an operator look for one, or 0."""
    if plan != OUTSIDE:
        return Reason.NONE
    u = uniform(month.luck_key, draws.ATTENTION, i, 0)
    if params.has_adoption:
        return (
            Reason.ADOPTION
            if u < adoption_probability(month.adopters, params.adoption.innovation, params.adoption.imitation)
            else Reason.NONE
        )
    prospect = max(params.attention.prospect, params.attention.base)
    if u < prospect:
        return Reason.PROSPECT
    return (
        Reason.WIN_BACK if former >= 0 and u < prospect + (1.0 - prospect) * params.attention.win_back else Reason.NONE
    )
