"""What kind of relation a customer has: derived from her state, never stored as a goal."""

from agents.customer.attention import ACTION, AFFECTIVE, COGNITIVE, CONATIVE, NO_PHASE
from agents.rule import rule

STAGES = ("prospect", "exploration", "formation", "stable", "decline", "gone", "won_back")
PROSPECT, EXPLORATION, FORMATION, STABLE, DECLINE, GONE, WON_BACK = range(7)
ENDS = ("early_abort", "mid_way", "early_from_stable", "long")
PHASES = ("none", "cognitive", "affective", "conative", "action")
TYPES = ("none", "spurious", "latent", "true")
QUADRANTS = ("lose_lose", "trapped", "free_rider", "win_win")


@rule
def lifecycle_stage(
    has_line: bool,
    had_line: bool,
    is_won_back: bool,
    tenure: int,
    satisfaction: float,
    commitment: float,
    wallet: float,
) -> int:
    """Stage of the relation (Dwyer, Schurr & Oh 1987).

    A prospect has never had a line; who has one explores for six months, or until she is content; the relation forms
    until two years have passed or commitment has grown (0.4); then it is stable. It declines while a fifth of her usage
    or more goes to another line. Won back: the first year after a return. Gone: had a line and has none.
    """
    if not has_line:
        return GONE if had_line else PROSPECT
    if wallet <= 0.8:
        return DECLINE
    if is_won_back and tenure < 12:
        return WON_BACK
    is_new = (tenure < 6) | (
        (tenure < 12) & (satisfaction < 0.5)
    )  # worked out without branches, which nobody could predict
    is_stable = (tenure >= 24) | (commitment >= 0.4)
    return EXPLORATION + (1 - is_new) * (FORMATION - EXPLORATION + is_stable * (STABLE - FORMATION))


@rule
def ended_relation(stage: int, tenure: int) -> int:
    """Which of four ways a relation ended in, from the stage it ended in: early abort, mid-way, early exit from stable,
    long (three years or more).
    """
    if stage == EXPLORATION:
        return 0
    if tenure >= 36:
        return 3
    return 2 if stage == STABLE else 1


@rule
def loyalty_phase(
    satisfaction: float,
    commitment: float,
    habit: float,
    content: float,
    liking: float,
    committed: float,
    settled: float,
) -> int:
    """Phase of loyalty (Oliver 1999): cognitive once content, affective once she likes it, conative once committed,
    action once it is habit as well.
    """
    by_will = CONATIVE + (habit >= settled) * (
        ACTION - CONATIVE
    )  # worked out without branches, which nobody could predict
    by_feeling = NO_PHASE + (satisfaction >= content) * (
        COGNITIVE - NO_PHASE + (satisfaction >= liking) * (AFFECTIVE - COGNITIVE)
    )
    is_committed = int(commitment >= committed)
    return is_committed * by_will + (1 - is_committed) * by_feeling


@rule
def loyalty_type(attitude: float, is_patron: bool) -> int:
    """Type of loyalty from relative attitude and patronage (Dick & Basu 1994): none, spurious, latent, true.

    attitude: utility of the operator less that of her best alternative, were switching free, utils. Spurious loyalty is
    patronage without it: she is held by switching costs. A patron would stay if she looked around; who stays only
    because she has not looked is bound by nothing.
    """
    if attitude > 0.0:
        return 3 if is_patron else 2
    return 1 if is_patron else 0


@rule
def value_quadrant(to_customer: float, of_customer: float) -> int:
    """Who gains from the relation: 0 neither, 1 only the operator (trapped), 2 only the customer (free rider), 3 both.

    to_customer: surplus over her best alternative were switching free; of_customer: margin after cost to serve;
    currency per month.
    """
    return (2 if to_customer > 0.0 else 0) + (1 if of_customer > 0.0 else 0)
