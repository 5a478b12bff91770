"""What makes a customer look around: hazards per month, by reason."""

import math
from enum import IntEnum

from agents.customer.numbers import clip
from agents.rule import rule

NEAR = 3  # months left in which a term is near its end


class Phase(IntEnum):
    """Phases of loyalty (Oliver 1999)."""

    NONE = 0
    COGNITIVE = 1
    AFFECTIVE = 2
    CONATIVE = 3
    ACTION = 4


class Occasion(IntEnum):
    """What kind of occasion a reason is."""

    PRICE_NEWS = 0
    BAD_EXPERIENCE = 1
    WANDERLUST = 2


@rule
def damping(months_left: int, in_term: float) -> float:
    """How a term that runs for more than two months dampens what wakes without an occasion, multiplier (Hortacsu,
    Madanizadeh & Puller 2017).
    """
    is_in_term = int(months_left > 2)  # worked out without branches, which nobody could predict
    return is_in_term * in_term + (1 - is_in_term)


@rule
def curiosity_hazard(
    base: float, own: float, is_prepaid: bool, prepaid: float, months_left: int, in_term: float
) -> float:
    """Hazard of looking around for no special reason, per month; damped inside a term (Hortacsu, Madanizadeh & Puller
    2017).
    """
    return clip(base * own * (prepaid if is_prepaid else 1.0) * damping(months_left, in_term), 0.0, 1.0)


@rule
def is_open(months_left: int, term: int) -> bool:
    """Whether a term (months) can be renewed, or changed for another: in its last three months, in which it wakes, at
    most its last quarter, and after.
    """
    return months_left <= max(min(NEAR, term // 4), 1)


@rule
def term_hazard(months_left: int, has_term: bool, at_end: float, near: float) -> float:
    """Hazard raised by a term that ends this month (one month left) or in the next two, per month."""
    if not has_term or months_left <= 0 or months_left > NEAR:
        return 0.0
    return at_end if months_left == 1 else near


@rule
def failure_hazard(
    is_large: bool, outcome: int, silent: float, unresolved: float, resolved: float, fast: float, small: float
) -> float:
    """Hazard raised by this month's failure, by what care made of it, per month (order: TARP).

    outcome: 0 silent, 1 unresolved, 2 resolved, 3 resolved fast, 4 resolved and compensated, which wakes like fast.
    """
    hazard = silent
    if outcome == 1:
        hazard = unresolved
    elif outcome == 2:
        hazard = resolved
    elif outcome >= 3:
        hazard = fast
    return hazard if is_large else hazard * small


@rule
def dissatisfaction_hazard(satisfaction: float, slope: float, level: float, months_left: int, in_term: float) -> float:
    """Hazard per month of looking around because satisfaction lies below a level."""
    return slope * max(level - satisfaction, 0.0) * damping(months_left, in_term)


@rule
def friend_hazard(friends: int, by_friend: float) -> float:
    """Hazard raised by ties who chose to leave the operator last month, per month (Nitzan & Libai 2011)."""
    return min(1.0, by_friend * friends)


@rule
def device_hazard(age: int, onset: int, slope: float, most: float) -> float:
    """Hazard raised by an ageing device, per month: old relations come up for review again."""
    return clip(slope * float(age - onset), 0.0, most)


@rule
def either(first: float, second: float) -> float:
    """Probability that at least one of two causes works, of which each works by itself."""
    return first + (1.0 - first) * second


@rule
def largest_vulnerability(strength: float) -> float:
    """Largest multiplier of a hazard that any phase of loyalty brings about."""
    return 1.0 + strength


@rule
def vulnerability(phase: int, occasion: int, strength: float) -> float:
    """How an occasion works on a customer in a phase of loyalty, multiplier of its hazard (Oliver 1999).

    Cognitive loyalty yields to news of prices, affective to bad experiences and a little to wanderlust, conative a
    little to price promotions; loyalty in action resists news of prices and wanderlust.
    """
    if phase == Phase.COGNITIVE and occasion == Occasion.PRICE_NEWS:
        return 1.0 + strength
    if phase == Phase.AFFECTIVE and occasion == Occasion.BAD_EXPERIENCE:
        return 1.0 + strength
    if phase == Phase.AFFECTIVE and occasion == Occasion.WANDERLUST:
        return 1.0 + 0.5 * strength
    if phase == Phase.CONATIVE and occasion == Occasion.PRICE_NEWS:
        return 1.0 + 0.5 * strength
    if phase == Phase.ACTION and occasion != Occasion.BAD_EXPERIENCE:
        return 1.0 / (1.0 + strength)
    return 1.0


@rule
def adoption_probability(adopters: float, innovation: float, imitation: float) -> float:
    """Bass hazard of entering, from the share of adopters so far, per month (Bass 1969)."""
    return 1.0 - math.exp(-(innovation + imitation * adopters))


@rule
def campaign_hazard(is_courted: bool, base: float, proneness: float, weight: float) -> float:
    """Hazard of being woken by a rival's campaign, per month: the deal-prone listen more (weight 0: all alike)."""
    return is_courted * clip(base * (1.0 + weight * (2.0 * proneness - 1.0)), 0.0, 1.0)
