"""What a month with an operator is like: network, care, price, failures and delights; and what satisfaction makes of
it.
"""

from agents.customer.numbers import clip
from agents.rule import rule

# --- price -----------------------------------------------------------------------------------------------------------


@rule
def fairness(paid: float, reference: float, level: float, slope: float) -> float:
    """Perceived fairness of a bill against the reference price, 0 to 1 (Bolton, Warlop & Alba 2003)."""
    if reference <= 0.0:
        return level
    return clip(level - slope * (paid / reference - 1.0), 0.0, 1.0)


@rule
def envy(paid: float, newcomer: float, slope: float) -> float:
    """Fairness lost because newcomers get the same for less, 0 to 1 (Feinberg, Krishna & Zhang 2002)."""
    if newcomer <= 0.0 or paid <= newcomer:
        return 0.0
    return clip(slope * (paid / newcomer - 1.0), 0.0, 1.0)


# --- failure, voice, recovery ----------------------------------------------------------------------------------------


@rule
def congestion(load: float, knee: float, slope: float) -> float:
    """Excess of network load (traffic over capacity) beyond the knee, times a slope: what congestion adds,
    0 or more.
    """
    return slope * (load - knee) if load > knee else 0.0


@rule
def slowed(quality: float, excess: float, slowdown: float) -> float:
    """Network experience left by congestion (its excess as `congestion` says), 0 or more."""
    return max(0.0, quality - slowdown * excess)


@rule
def coverage_felt(coverage: float, noise: float, sd: float) -> float:
    """Network experience where noise, standard normal, comes to what is usual; not yet kept within 0 and 1."""
    return coverage + sd * noise


@rule
def wrong_bill_rate(base: float, process: float) -> float:
    """Wrong bills per customer and month; process: multiplier by the quality of processes."""
    return base * process


@rule
def failure_rate(base: float, outage: float, has_local_fault: bool, local: float) -> float:
    """Failures per customer and month; outage: multiplier by outages, load and process; local: of a local fault."""
    return base * outage * local if has_local_fault else base * outage


@rule
def damage_left(
    damage: float,
    is_repeated: bool,
    outcome: int,
    repeat: float,
    recovery: float,
    unresolved: float,
    resolved: float,
    fast: float,
    compensated: float,
) -> float:
    """Performance lost by a failure after what care made of it.

    outcome: 0 silent, 1 unresolved, 2 resolved, 3 resolved fast, 4 resolved and compensated. A second failure soon
    after is worse than twice; a good recovery may lift above the level before (Maxham & Netemeyer 2002; de Matos et al.
    2007). `recovery` scales all that care repairs; 0 leaves the whole damage.
    """
    left = 1.0
    if outcome == 1:
        left = unresolved
    elif outcome == 2:
        left = resolved
    elif outcome == 3:
        left = fast
    elif outcome == 4:
        left = compensated
    return damage * (repeat if is_repeated else 1.0) * (1.0 - recovery * (1.0 - left))


@rule
def complains(
    severity: float, commitment: float, success: float, voice: float, by_commitment: float, by_success: float
) -> float:
    """Probability that a failure is voiced: severity, commitment and how often complaints succeed there (Hirschman
    1970).
    """
    return clip(voice * (severity + by_commitment * commitment + by_success * success), 0.0, 1.0)


# --- performance -----------------------------------------------------------------------------------------------------


@rule
def delight(reward: float, expected: float, weight: float, scale: float) -> float:
    """Lift of performance by rewards beyond those expected: Kano's attractive quality, whose absence costs nothing
    (Kano et al. 1984).

    reward: worth of gifts, perks and points got this month, currency; scale: worth that delights fully.
    """
    felt = clip(reward / scale, 0.0, 1.0) - expected
    return weight * felt if felt > 0.0 else 0.0


@rule
def update_expected_delight(expected: float, reward: float, fade: float, scale: float) -> float:
    """Let delights fade into expectation, 0 to 1: yesterday's surprise is today's due (Kano et al. 1984)."""
    return expected + fade * (clip(reward / scale, 0.0, 1.0) - expected)


@rule
def performance(
    network: float, care: float, fair: float, care_weight: float, price_weight: float, damage: float, lift: float
) -> float:
    """What the month was like: network, care and price, less the damage of failures (must-be), plus delight
    (attractive), 0 to 1 (Kano et al. 1984).
    """
    return clip(
        (1.0 - care_weight - price_weight) * network + care_weight * care + price_weight * fair - damage + lift,
        0.0,
        1.0,
    )


# --- satisfaction ----------------------------------------------------------------------------------------------------


@rule
def experience_weight(tenure: int, weight_new: float, weight_min: float, anchoring: float) -> float:
    """Weight of this month's experience: falls with tenure (months) to a floor (Bolton 1998)."""
    return weight_min + (weight_new - weight_min) / (1.0 + anchoring * float(tenure))


@rule
def update_satisfaction(
    satisfaction: float,
    performed: float,
    expectation: float,
    weight: float,
    disconfirmation: float,
    loss_aversion: float,
) -> float:
    """Move satisfaction towards performance and its felt gap to expectation, 0 to 1.

    A' = A + w (P + kappa felt - A); losses weigh `loss_aversion` times as much as gains (Oliver 1980; Mittal, Ross &
    Baldasare 1998). The level P keeps lasting differences of service from being forgotten.
    """
    gap = performed - expectation
    felt = gap if gap >= 0.0 else loss_aversion * gap
    return clip(satisfaction + weight * (performed + disconfirmation * felt - satisfaction), 0.0, 1.0)


@rule
def first_expectation(reputation: float, advertised: float, weight: float) -> float:
    """What a newcomer expects, 0 to 1: what is known and, to the part `weight`, what is promised (Boulding et al.
    1993).
    """
    return (1.0 - weight) * reputation + weight * advertised


@rule
def update_expectation(
    expectation: float,
    performed: float,
    advertised: float,
    heard: float,
    to_performance: float,
    to_advertised: float,
    to_heard: float,
) -> float:
    """Move expectation towards performance, the promise and what ties report, 0 to 1 (Boulding et al. 1993).

    heard: mean satisfaction reported by the ties on the same operator, negative where there are none.
    """
    moved = expectation + to_performance * (performed - expectation) + to_advertised * (advertised - expectation)
    if heard >= 0.0:
        moved += to_heard * (heard - expectation)
    return clip(moved, 0.0, 1.0)


@rule
def survey_answer(satisfaction: float, noise: float, sd: float) -> float:
    """What she answers when asked how satisfied she is, 0 to 1 (noise: standard normal)."""
    return clip(satisfaction + sd * noise, 0.0, 1.0)


# --- word of mouth ---------------------------------------------------------------------------------------------------


@rule
def reach(satisfaction: float, neutral: float, bad: float) -> float:
    """How far a customer's report travels: a bad one `bad` times as far as a good one (TARP; Anderson 1998)."""
    return bad if satisfaction < neutral else 1.0


@rule
def believed(reputation: float, advertised: float, promise: float, heard: float, told: float, weight: float) -> float:
    """What she believes of an operator that she does not use, 0 to 1: reputation, its promise, and what her ties there
    report.

    heard: sum of the ties' satisfaction times reach; told: sum of their reach. Reports weigh `weight` each against one
    reputation: a precision-weighted mean (Roberts & Urban 1988).
    """
    prior = reputation + promise * (advertised - reputation)
    return (prior + weight * heard) / (1.0 + weight * told)
