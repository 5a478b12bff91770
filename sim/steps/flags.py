"""What can happen to one person in a month, one bit each, in the order of agents.population.FLAGS; and codes that ties
see.
"""

from typing import Any

import numpy as np

from agents.population import FLAGS
from agents.rule import step

(
    FAILED,
    LARGE,
    COMPLAINED,
    WAS_RESOLVED,
    WAS_FAST,
    WAS_CONTACTED,
    WAS_OFFERED,
    WAS_ATTENTIVE,
    LEFT,
    FORCED_OUT,
    CHANGED_PLAN,
    SHOCKED,
    MOVED,
    SAVED,
    RENEWED,
    WRONG_BILL,
    WAS_COMPENSATED,
    WAS_REWARDED,
    COERCED,
    THREATENED,
    WAS_RECOMMENDED,
) = (1 << bit for bit in range(len(FLAGS)))
CREDIT_MONTHS = 3  # how long an offered credit speaks for staying
CALL_NOW = -1  # in since_contact: to be called this month, by experiment
JUST_ENDED = -1  # in promotion_left: the first month at the full fee

# What ties see of a person, in one number: operator | operator left last month << 8 | satisfaction << 16 | vote << 24 |
# got a deal << 28.
NOBODY = 255  # operator code of someone without one
HIDDEN = 254  # operator code of someone muted: her account knows her vote, her ties nothing
NO_VOTE = 15
FULL = 255.0  # satisfaction 1, as ties see it
ALONE = NOBODY | (NOBODY << 8) | (NO_VOTE << 24)  # nothing to be seen


def seen_operator(operator: Any, left: int, satisfaction: Any) -> Any:
    """What ties see of customers who have neither voted nor got a deal, uint32 of the shape of `operator`."""
    felt = np.asarray(FULL * np.asarray(satisfaction) + 0.5).astype(np.uint32)
    return (
        np.asarray(operator).astype(np.uint32) | np.uint32(left << 8) | felt << np.uint32(16) | np.uint32(NO_VOTE << 24)
    )


@step
def pack(operator: int, left: int, satisfaction: float, vote: int, got_deal: bool) -> int:
    """What ties see of one person."""
    return (
        operator
        | (left << 8)
        | (int(FULL * satisfaction + 0.5) << 16)
        | ((vote if vote >= 0 else NO_VOTE) << 24)
        | ((1 if got_deal else 0) << 28)
    )


@step
def operator_in(seen: Any) -> int:
    """Operator of a person seen; NOBODY or HIDDEN for none to be seen."""
    return int(seen & np.uint32(255))


@step
def left_in(seen: Any) -> int:
    """Operator that a person seen left last month; NOBODY for none."""
    return int((seen >> np.uint32(8)) & np.uint32(255))


@step
def felt_in(seen: Any) -> int:
    """Satisfaction of a person seen, 0 to FULL."""
    return int((seen >> np.uint32(16)) & np.uint32(255))


@step
def vote_in(seen: Any) -> int:
    """Operator that a person seen has spoken for in her account; NO_VOTE for none."""
    return np.int64((seen >> np.uint32(24)) & np.uint32(15))  # type: ignore[return-value] # int() would be unsigned


@step
def deal_in(seen: Any) -> int:
    """1 where a person seen got a deal last month."""
    return int((seen >> np.uint32(28)) & np.uint32(1))
