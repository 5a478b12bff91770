"""What kind of relation a customer has: derived from her state, never stored as a goal."""

from enum import IntEnum

from agents.customer.attention import Phase
from agents.rule import rule
from agents.tables import names_of


class Stage(IntEnum):
    """Stages of a relation (Dwyer, Schurr & Oh 1987)."""

    PROSPECT = 0
    EXPLORATION = 1
    FORMATION = 2
    STABLE = 3
    DECLINE = 4
    GONE = 5
    WON_BACK = 6


class End(IntEnum):
    """Ways in which a relation ends."""

    EARLY_ABORT = 0
    MID_WAY = 1
    EARLY_FROM_STABLE = 2
    LONG = 3


class LoyaltyType(IntEnum):
    """Types of loyalty (Dick & Basu 1994)."""

    NONE = 0
    SPURIOUS = 1
    LATENT = 2
    TRUE = 3


class Quadrant(IntEnum):
    """Who gains from a relation: neither, only the operator, only the customer, both."""

    LOSE_LOSE = 0
    TRAPPED = 1
    FREE_RIDER = 2
    WIN_WIN = 3


STAGES, ENDS, PHASES = names_of(Stage), names_of(End), names_of(Phase)
TYPES, QUADRANTS = names_of(LoyaltyType), names_of(Quadrant)


@rule
def lifecycle_stage(
    has_line: bool,
    had_line: bool,
    is_won_back: bool,
    tenure: int,
    satisfaction: float,
    commitment: float,
    wallet: float,
    exploration: int,
    exploration_longest: int,
    content: float,
    formation: int,
    committed: float,
    decline: float,
    won_back: int,
) -> int:
    """Stage of the relation (Dwyer, Schurr & Oh 1987).

    A prospect has never had a line; who has one explores for some months, or until she is content; the relation forms
    until its time has passed or commitment has grown; then it is stable. It declines while much of her usage goes to
    another line. Won back: the first months after a return. Gone: had a line and has none.
    """
    if not has_line:
        return Stage.GONE if had_line else Stage.PROSPECT
    if wallet <= decline:
        return Stage.DECLINE
    if is_won_back and tenure < won_back:
        return Stage.WON_BACK
    # worked out without branches, which nobody could predict
    is_new = (tenure < exploration) | ((tenure < exploration_longest) & (satisfaction < content))
    is_stable = (tenure >= formation) | (commitment >= committed)
    return Stage.EXPLORATION + (1 - is_new) * (1 + is_stable)  # FORMATION comes one after it, STABLE two


@rule
def ended_relation(stage: int, tenure: int, long: int) -> int:
    """Which of four ways a relation ended in, from the stage it ended in: early abort, mid-way, early exit from stable,
    long (so many months or more).
    """
    if stage == Stage.EXPLORATION:
        return End.EARLY_ABORT
    if tenure >= long:
        return End.LONG
    return End.EARLY_FROM_STABLE if stage == Stage.STABLE else End.MID_WAY


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
    by_will = Phase.CONATIVE + (habit >= settled)  # without branches, which nobody could predict: one phase on
    by_feeling = (satisfaction >= content) * (Phase.COGNITIVE + (satisfaction >= liking))
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
        return LoyaltyType.TRUE if is_patron else LoyaltyType.LATENT
    return LoyaltyType.SPURIOUS if is_patron else LoyaltyType.NONE


@rule
def value_quadrant(to_customer: float, of_customer: float) -> int:
    """Who gains from the relation: 0 neither, 1 only the operator (trapped), 2 only the customer (free rider), 3 both.

    to_customer: surplus over her best alternative were switching free; of_customer: margin after cost to serve;
    currency per month.
    """
    return (2 if to_customer > 0.0 else 0) + (1 if of_customer > 0.0 else 0)
