"""What makes a person leave without a choice, fall silent, or look around."""

import numpy as np

from agents import draws
from agents.customer import (
    adoption_probability,
    campaign_hazard,
    curiosity_hazard,
    damping,
    default_hazard,
    device_hazard,
    dissatisfaction_hazard,
    either,
    failure_hazard,
    friend_hazard,
    is_bill_shock,
    largest_vulnerability,
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
from sim.steps.turn import Turn
from sim.world.parameters import BY_PERSON, BY_TENURE
from sim.world.tables import WAKING, Reason


@step
def disturbances(at: Turn, paid: float) -> int:
    """Return flags of what shakes a month beside service: a bill well above the reference price, a move of house."""
    flags, attention, move = 0, at.params.attention, at.params.turnover.move
    if attention.bill_shock > 0.0 and is_bill_shock(paid, at.me.reference, attention.bill_shock_ratio):
        flags |= Flag.BILL_SHOCK
    if move > 0.0 and uniform(at.month.luck_key, draws.MOVE, at.number, 0) < move:
        flags |= Flag.MOVED
    return flags


@step
def forced_out(at: Turn, paid: float, reference: float) -> int:
    """Return the reason of leaving without a choice, or 0. A prepaid line first falls silent where there is
    time for it.
    """
    me, month, params, turnover = at.me, at.month, at.params, at.params.turnover
    if params.hazard_kind == BY_PERSON and uniform(month.luck_key, draws.HAZARD, at.number, 0) < at.who.hazard:
        return Reason.HAZARD
    if params.hazard_kind == BY_TENURE:
        hazard = month.churn_hazards[min(int(me.tenure), month.churn_hazards.shape[0] - 1)]
        if uniform(month.luck_key, draws.HAZARD, at.number, 0) < hazard:
            return Reason.HAZARD
    draw = uniform(month.luck_key, draws.DEATH, at.number, 0)  # one for the three: deaths are the same in all arms
    if draw < turnover.exit:
        return Reason.DEATH
    draw -= turnover.exit
    default = default_hazard(turnover.default, month.arrears, at.who.credit_risk, paid, reference, turnover.arrears)
    if draw < default:
        return Reason.DEFAULT
    if draw - default < turnover.prepaid_lapse and at.offers.plans[me.plan].prepaid == 1:
        if turnover.silent_months == 0:
            return Reason.LAPSE
        me.silent = 1
    return Reason.NONE


@step
def stay_silent(at: Turn) -> int:
    """A month without use: death, a return to use, or after some months the end of the line; return the reason of
    leaving, or 0.
    """
    me, turnover, key = at.me, at.params.turnover, at.month.luck_key
    if uniform(key, draws.DEATH, at.number, 0) < turnover.exit:
        return Reason.DEATH
    if uniform(key, draws.SILENCE, at.number, 0) < turnover.prepaid_return:
        me.silent = 0
        return Reason.NONE
    me.silent += 1
    return Reason.LAPSE if me.silent > turnover.silent_months else Reason.NONE


# --- looking around --------------------------------------------------------------------------------------------------


@step
def hazard_of_curiosity(at: Turn, left: int) -> float:
    """Hazard of looking around for no special reason, per month; left: months of the term."""
    attention, is_prepaid = at.params.attention, at.offers.plans[at.me.plan].prepaid == 1
    return curiosity_hazard(attention.base, at.who.attention, is_prepaid, attention.prepaid, left, attention.in_term)


@step
def hazard_of_term(at: Turn, left: int) -> float:
    """Hazard of looking around because a term ends, per month; left: months of it."""
    attention, has_term = at.params.attention, at.offers.plans[at.me.plan].term > 0
    return term_hazard(left, has_term, max(attention.term_end, at.month.notice), attention.term_near)


@step
def hazard_of_dissatisfaction(at: Turn, left: int) -> float:
    """Hazard of looking around out of dissatisfaction, per month; left: months of the term."""
    attention = at.params.attention
    return dissatisfaction_hazard(
        at.me.satisfaction, attention.dissatisfaction, attention.dissatisfaction_level, left, attention.in_term
    )


@step
def hazard_of_failure(at: Turn, flags: int) -> float:
    """Hazard raised by this month's failure, per month."""
    attention = at.params.attention
    return failure_hazard(
        has(flags, Flag.LARGE),
        outcome_of(flags),
        attention.failure_silent,
        attention.failure_unresolved,
        attention.failure_resolved,
        attention.failure_fast,
        attention.failure_small,
    )


@step
def hazard_of_device(at: Turn) -> float:
    """Hazard raised by an old device or by news of one, per month."""
    device, in_term, hazard = at.params.device, damping(at.me.months_left, at.params.attention.in_term), 0.0
    if device.hazard > 0.0:
        hazard = device_hazard(at.me.device_age, device.onset, device.hazard, device.most) * in_term
    return hazard + at.month.device_news * in_term


@step
def hazard_of_campaign(at: Turn, home: int) -> float:
    """Hazard raised by rivals that court her community, per month."""
    is_courted = np.int64(at.month.communities[at.who.community].courted) & ~(1 << home) != 0
    return campaign_hazard(is_courted, at.params.attention.campaign, at.me.proneness, at.params.deals.weight)


@step
def pay_attention(
    at: Turn, home: int, flags: int, friends_left: int, called: int, former: int, hazards: np.ndarray
) -> int:
    """Return the reason that makes her look around, or 0.

    Reasons act independently; one draw walks them in the order of REASONS, which is the law of 'the first that fires'.
    """
    me, attention, strength = at.me, at.params.attention, at.params.loyalty_phases.vulnerability
    hazards[Reason.TERM_END] = hazard_of_term(at, me.months_left)
    hazards[Reason.PROMOTION_END] = attention.promotion_end if me.promotion_left == JUST_ENDED else 0.0
    hazards[Reason.BILL_SHOCK] = attention.bill_shock if has(flags, Flag.BILL_SHOCK) else 0.0
    hazards[Reason.FAILURE] = hazard_of_failure(at, flags) if has(flags, Flag.FAILURE) else 0.0
    hazards[Reason.FRIEND_LEFT] = friend_hazard(friends_left, attention.friend_left)
    hazards[Reason.CAMPAIGN] = hazard_of_campaign(at, home)
    hazards[Reason.CONTACT] = attention.contact if called >= 0 else 0.0
    hazards[Reason.WIN_BACK] = attention.win_back if former >= 0 else 0.0
    hazards[Reason.MOVE] = attention.move if has(flags, Flag.MOVED) else 0.0
    hazards[Reason.DISSATISFACTION] = hazard_of_dissatisfaction(at, me.months_left)
    hazards[Reason.DEVICE] = hazard_of_device(at)
    hazards[Reason.BREACH] = at.month.standings[home].breach_news
    hazards[Reason.CURIOSITY] = hazard_of_curiosity(at, me.months_left)
    draw, asleep, most = uniform(at.month.luck_key, draws.ATTENTION, at.number, 0), 1.0, 0.0
    for reason in range(1, WAKING + 1):
        most += hazards[reason]
    most *= largest_vulnerability(strength)
    if draw < 1.0 - most - 1e-9:  # reasons together are never likelier than one after the other
        return Reason.NONE
    if strength > 0.0:
        shake(phase_of(at), strength, hazards)
    for reason in range(1, WAKING + 1):
        asleep *= 1.0 - hazards[reason]
        if draw > asleep:
            return reason
    return Reason.NONE


@step
def phase_of(at: Turn) -> int:
    """Phase of loyalty she is in."""
    me, phases = at.me, at.params.loyalty_phases
    return loyalty_phase(
        me.satisfaction, me.commitment, me.habit, phases.content, phases.liking, phases.committed, phases.settled
    )


@step
def shake(phase: int, strength: float, hazards: np.ndarray) -> None:
    """Let each occasion work as her phase of loyalty lets it."""
    by_price = vulnerability(phase, Occasion.PRICE_NEWS, strength)
    by_service = vulnerability(phase, Occasion.BAD_EXPERIENCE, strength)
    by_wanderlust = vulnerability(phase, Occasion.WANDERLUST, strength)
    hazards[Reason.PROMOTION_END] = min(1.0, hazards[Reason.PROMOTION_END] * by_price)
    hazards[Reason.BILL_SHOCK] = min(1.0, hazards[Reason.BILL_SHOCK] * by_price)
    hazards[Reason.CAMPAIGN] = min(1.0, hazards[Reason.CAMPAIGN] * by_price)
    hazards[Reason.FAILURE] = min(1.0, hazards[Reason.FAILURE] * by_service)
    hazards[Reason.DISSATISFACTION] = min(1.0, hazards[Reason.DISSATISFACTION] * by_service)
    hazards[Reason.CURIOSITY] = min(1.0, hazards[Reason.CURIOSITY] * by_wanderlust)


# --- without an operator ---------------------------------------------------------------------------------------------


@step
def dies_outside(at: Turn) -> bool:
    """Tell whether someone without an operator leaves the market for good."""
    chance = at.params.turnover.exit
    return at.me.plan == OUTSIDE and chance > 0.0 and uniform(at.month.luck_key, draws.DEATH, at.number, 0) < chance


@step
def look_for_one(at: Turn, former: int) -> int:
    """Return the reason that makes someone without an operator look for one, or 0."""
    if at.me.plan != OUTSIDE:
        return Reason.NONE
    attention, adoption = at.params.attention, at.params.adoption
    draw = uniform(at.month.luck_key, draws.ATTENTION, at.number, 0)
    if at.params.has_adoption:
        chance = adoption_probability(at.month.adopters, adoption.innovation, adoption.imitation)
        return Reason.ADOPTION if draw < chance else Reason.NONE
    prospect = max(attention.prospect, attention.base)
    if draw < prospect:
        return Reason.PROSPECT
    is_won = former >= 0 and draw < either(prospect, attention.win_back)
    return Reason.WIN_BACK if is_won else Reason.NONE
