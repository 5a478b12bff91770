"""How chance is drawn: every draw is a pure function of what it is for, so two worlds that differ in one policy share
all others.

A key is made of (seed, month) once a month and mixed with (event, customer, alternative): there is no generator state,
no order, no dependence on threads. World keys (traits, tastes) and luck keys (events, shocks) come from two seeds.
The mixer is the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
"""

import math
from collections.abc import Iterator

import numpy as np

from agents.rule import loop, rule

WORLD, LUCK = 1, 2  # which of a run's two seeds
EPOCH = 6000  # added to months, so that none is negative
BATCH = 65_536  # people of whom something is worked out at a time
# What a draw is for. World events are drawn once in a life; luck events once a month.
(
    SEGMENT,
    TRAIT,
    COMMUNITY_TRAIT,
    COMMUNITY_SEGMENT,
    REGION,
    HOUSEHOLD,
    TASTE,
    COMMUNITY_TASTE,
    PREPAID_TASTE,
    HOME,
    TIE,
    ARRIVAL,
    OPENING,
    OPENING_TENURE,
    OPENING_TERM,
    OPENING_STATE,
    RECORD,
    PANEL,
    IMPORT,
    BETA_HAZARD,
    TRAINING,
    DEALER,
    RECORD_ERROR,
    BINDING,
) = range(1, 25)
(
    USAGE,
    NETWORK,
    FAILURE,
    LARGE,
    LOCAL_FAILURE,
    REGION_OUTAGE,
    VOICE,
    RESOLVED,
    FAST,
    TARGET,
    ATTENTION,
    MOVE,
    CAMPAIGN,
    OPERATOR_SHOCK,
    PLAN_SHOCK,
    DESK,
    DEATH,
    ENROL,
    SURVEY,
    HAZARD,
    REDEEM,
    USAGE_FALL,
    GROWTH,
    GIFT,
    COMPENSATED,
    WIN_BACK,
    THREAT,
    SILENCE,
    SECOND_SIM,
    BUNDLE,
    DEVICE,
    REFERRAL,
) = range(31, 63)


@rule
def mix(x: np.uint64) -> np.uint64:
    """Scramble 64 bits (SplitMix64)."""
    x = np.uint64(x)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@rule
def month_key(seed: int, kind: int, month: int) -> np.uint64:
    """Key of one month (0 for draws of a lifetime) of the world's or the luck's seed."""
    return mix(
        mix(np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.uint64(kind))
        + np.uint64(0xD1B54A32D192ED03) * np.uint64(month + 4096)
    )


@rule
def bits(key: np.uint64, event: int, customer: int, alternative: int) -> np.uint64:
    """64 random bits for one event of one customer and alternative."""
    return mix(
        key
        + np.uint64(0x9E3779B97F4A7C15) * np.uint64(customer + 1)
        + np.uint64(0xC2B2AE3D27D4EB4F) * np.uint64(event)
        + np.uint64(0x165667B19E3779F9) * np.uint64(alternative + 1)
    )


@rule
def uniform(key: np.uint64, event: int, customer: int, alternative: int) -> float:
    """Uniform draw, strictly between 0 and 1."""
    return (float(bits(key, event, customer, alternative) >> np.uint64(11)) + 0.5) * 1.1102230246251565e-16


@rule
def bounded_normal(key: np.uint64, event: int, customer: int, alternative: int) -> float:
    """Nearly normal draw with mean 0 and standard deviation 1, within +-3.46: four 16-bit parts of one hash, added."""
    x = bits(key, event, customer, alternative)
    mask = np.uint64(0x0000FFFF0000FFFF)
    pairs = (x & mask) + ((x >> np.uint64(16)) & mask)
    total = (pairs & np.uint64(0xFFFFFFFF)) + (pairs >> np.uint64(32))
    return (float(total) - 131070.0) * 2.6428968e-05


@rule
def gumbel(key: np.uint64, event: int, customer: int, alternative: int) -> float:
    """Standard Gumbel draw, the taste shock of the logit (variance pi^2 / 6)."""
    return -math.log(-math.log(uniform(key, event, customer, alternative)))


@loop
def fill_uniforms(key: np.uint64, event: int, customers: np.ndarray, alternative: int, out: np.ndarray) -> None:
    """Fill uniform draws for many customers, shape (customers,)."""
    for i in range(customers.shape[0]):
        out[i] = uniform(key, event, customers[i], alternative)


def uniforms(key: np.uint64, event: int, customers: np.ndarray, alternative: int) -> np.ndarray:
    """Uniform draws for many customers, shape (customers,)."""
    out = np.empty(len(customers))
    fill_uniforms(key, event, np.asarray(customers, dtype=np.int64), alternative, out)
    return out


def batches(count: int) -> Iterator[np.ndarray]:
    """Numbers 0 to count - 1 in batches, int64: what is worked out for a batch at a time needs no memory beside the
    tables.
    """
    for start in range(0, count, BATCH):
        yield np.arange(start, min(start + BATCH, count), dtype=np.int64)


def sample(key: np.uint64, event: int, alternative: int, count: int, share: float) -> np.ndarray:
    """Numbers of those among 0 to count - 1 whose draw is below `share`, int64."""
    return np.concatenate(
        [np.zeros(0, np.int64), *(ids[uniforms(key, event, ids, alternative) < share] for ids in batches(count))]
    )


@loop
def fill_turns(customers: np.ndarray, turns: int, out: np.ndarray) -> None:
    """Fill whose turn comes when, 0 to turns - 1, for many customers, shape (customers,)."""
    for i in range(customers.shape[0]):
        out[i] = mix(np.uint64(customers[i])) % np.uint64(turns)


def renewal_of(month: int, hold: int) -> int:
    """Return whose turn it is in a month, of turns that come every `hold` months."""
    return -(month + EPOCH) % max(hold, 1)


def turns(customers: np.ndarray, turns: int) -> np.ndarray:
    """Whose turn comes when, 0 to turns - 1, shape (customers,)."""
    out = np.empty(len(customers), np.uint8)
    fill_turns(np.asarray(customers, dtype=np.int64), turns, out)
    return out
