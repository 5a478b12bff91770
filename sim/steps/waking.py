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
from agents.customer.attention import BAD_EXPERIENCE, PRICE_NEWS, WANDERLUST
from agents.draws import uniform
from agents.population import OUTSIDE
from agents.rule import step
from sim import tables as t
from sim.steps.flags import FAILED, JUST_ENDED, LARGE, MOVED, SHOCKED
from sim.steps.service import outcome_of


@step
def disturbances(i: int, paid: float, me: Any, month: Any, params: Any) -> int:
    """Return flags of what shakes a month beside service: a bill well above the reference price, a move of house."""
    flags = 0
    if params.attention_bill_shock > 0.0 and paid > params.attention_bill_shock_ratio * me.reference:
        flags |= SHOCKED
    if params.turnover_move > 0.0 and uniform(month.luck_key, draws.MOVE, i, 0) < params.turnover_move:
        flags |= MOVED
    return flags


@step
def forced_out(i: int, prepaid: int, paid: float, reference: float, who: Any, me: Any, month: Any, params: Any) -> int:
    """Return the cause of leaving without a choice, or 0. A prepaid line first falls silent where there is
    time for it.
    """
    if params.hazard_kind == 1 and uniform(month.luck_key, draws.HAZARD, i, 0) < who.hazard:
        return t.HAZARD
    if (
        params.hazard_kind == 2
        and uniform(month.luck_key, draws.HAZARD, i, 0) < month.hazards[min(int(me.tenure), month.hazards.shape[0] - 1)]
    ):
        return t.HAZARD
    u = uniform(month.luck_key, draws.DEATH, i, 0)  # one draw for the three: deaths are the same in all arms
    if u < params.turnover_exit:
        return t.DEATH
    u -= params.turnover_exit
    default = default_hazard(
        params.turnover_default * month.arrears, who.credit_risk, paid, reference, params.turnover_arrears
    )
    if u < default:
        return t.DEFAULT
    if u - default < params.turnover_prepaid_lapse and prepaid == 1:
        if params.turnover_silent_months <= 0.0:
            return t.LAPSE
        me.silent = 1
    return t.NONE


@step
def stay_silent(i: int, me: Any, month: Any, params: Any) -> int:
    """A month without use: death, a return to use, or after some months the end of the line; return the cause of
    leaving, or 0.
    """
    u = uniform(month.luck_key, draws.DEATH, i, 0)
    if u < params.turnover_exit:
        return t.DEATH
    if uniform(month.luck_key, draws.SILENCE, i, 0) < params.turnover_prepaid_return:
        me.silent = 0
        return t.NONE
    me.silent += 1
    return t.LAPSE if me.silent > params.turnover_silent_months else t.NONE


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
    in_term = is_in_term * params.attention_in_term + (1 - is_in_term)
    hazards[t.TERM_END] = term_hazard(
        left, offer.term > 0, max(params.attention_term_end, month.notice), params.attention_term_near
    )
    hazards[t.PROMOTION_END] = params.attention_promotion_end if me.promotion_left == JUST_ENDED else 0.0
    hazards[t.BILL_SHOCK] = params.attention_bill_shock if flags & SHOCKED else 0.0
    hazards[t.FAILURE] = 0.0
    if flags & FAILED:
        hazards[t.FAILURE] = failure_hazard(
            flags & LARGE != 0,
            outcome_of(flags),
            params.attention_failure_silent,
            params.attention_failure_unresolved,
            params.attention_failure_resolved,
            params.attention_failure_fast,
            params.attention_failure_small,
        )
    hazards[t.FRIEND_LEFT] = min(1.0, params.attention_friend_left * friends_left)
    is_courted = np.int64(month.courted[who.community]) & ~(1 << j) != 0
    hazards[t.CAMPAIGN] = is_courted * campaign_hazard(params.attention_campaign, me.proneness, params.deals_weight)
    hazards[t.CONTACT] = params.attention_contact if called >= 0 else 0.0
    hazards[t.WIN_BACK] = params.attention_win_back if former >= 0 else 0.0
    hazards[t.MOVE] = params.attention_move if flags & MOVED else 0.0
    hazards[t.DISSATISFACTION] = dissatisfaction_hazard(
        me.satisfaction,
        params.attention_dissatisfaction,
        params.attention_dissatisfaction_level,
        left,
        params.attention_in_term,
    )
    hazards[t.DEVICE_AGE] = 0.0
    if params.device_hazard > 0.0:
        hazards[t.DEVICE_AGE] = (
            device_hazard(me.device_age, int(params.device_onset), params.device_hazard, params.device_most) * in_term
        )
    hazards[t.DEVICE_AGE] += month.device_news * in_term
    hazards[t.BREACH] = month.breach_news[j]
    hazards[t.CURIOSITY] = curiosity_hazard(
        params.attention_base, who.attention, prepaid, params.attention_prepaid, left, params.attention_in_term
    )
    u, asleep, most = uniform(month.luck_key, draws.ATTENTION, i, 0), 1.0, 0.0
    for cause in range(1, t.CAUSES + 1):
        most += hazards[cause]
    most *= 1.0 + params.loyalty_phases_vulnerability  # more than any phase lets through
    if u < 1.0 - most - 1e-9:  # causes together are never likelier than one after the other
        return t.NONE
    if params.loyalty_phases_vulnerability > 0.0:
        shake(me, params, hazards)
    for cause in range(1, t.CAUSES + 1):
        asleep *= 1.0 - hazards[cause]
        if u > asleep:
            return cause
    return t.NONE


@step
def phase_of(me: Any, params: Any) -> int:
    """Phase of loyalty of person i."""
    return loyalty_phase(
        me.satisfaction,
        me.commitment,
        me.habit,
        params.loyalty_phases_content,
        params.loyalty_phases_liking,
        params.loyalty_phases_committed,
        params.loyalty_phases_settled,
    )


@step
def shake(me: Any, params: Any, hazards: Any) -> None:
    """Let each occasion work as her phase of loyalty lets it."""
    phase = phase_of(me, params)
    by_price = vulnerability(phase, PRICE_NEWS, params.loyalty_phases_vulnerability)
    by_service = vulnerability(phase, BAD_EXPERIENCE, params.loyalty_phases_vulnerability)
    by_wanderlust = vulnerability(phase, WANDERLUST, params.loyalty_phases_vulnerability)
    hazards[t.PROMOTION_END] = min(1.0, hazards[t.PROMOTION_END] * by_price)
    hazards[t.BILL_SHOCK] = min(1.0, hazards[t.BILL_SHOCK] * by_price)
    hazards[t.CAMPAIGN] = min(1.0, hazards[t.CAMPAIGN] * by_price)
    hazards[t.FAILURE] = min(1.0, hazards[t.FAILURE] * by_service)
    hazards[t.DISSATISFACTION] = min(1.0, hazards[t.DISSATISFACTION] * by_service)
    hazards[t.CURIOSITY] = min(1.0, hazards[t.CURIOSITY] * by_wanderlust)


@step
def dies_outside(i: int, plan: int, month: Any, params: Any) -> bool:
    """Tell whether someone without an operator leaves the market for good."""
    return (
        plan == OUTSIDE
        and params.turnover_exit > 0.0
        and uniform(month.luck_key, draws.DEATH, i, 0) < params.turnover_exit
    )


@step
def look_for_one(i: int, plan: int, former: int, month: Any, params: Any) -> int:
    """Return the cause that makes someone without an operator look for one, or 0."""
    if plan != OUTSIDE:
        return t.NONE
    u = uniform(month.luck_key, draws.ATTENTION, i, 0)
    if params.has_adoption:
        return (
            t.ADOPTION
            if u < adoption_probability(month.adopters, params.adoption_innovation, params.adoption_imitation)
            else t.NONE
        )
    prospect = max(params.attention_prospect, params.attention_base)
    if u < prospect:
        return t.PROSPECT
    return t.WIN_BACK if former >= 0 and u < prospect + (1.0 - prospect) * params.attention_win_back else t.NONE
