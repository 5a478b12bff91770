"""What can happen to one person in a month, one bit each; and codes that ties see."""

from enum import IntEnum
from typing import Any

import numpy as np

from agents.rule import step


class Flag(IntEnum):
    """What happened to her this month; several are added into one number."""

    FAILURE = 1 << 0
    LARGE = 1 << 1
    COMPLAINT = 1 << 2
    RESOLVED = 1 << 3
    FAST = 1 << 4
    CONTACTED = 1 << 5
    OFFERED = 1 << 6
    ATTENTIVE = 1 << 7
    LEFT = 1 << 8
    LEFT_INVOLUNTARILY = 1 << 9
    CHANGED_PLAN = 1 << 10
    BILL_SHOCK = 1 << 11
    MOVED = 1 << 12
    SAVED = 1 << 13
    RENEWED = 1 << 14
    WRONG_BILL = 1 << 15
    COMPENSATED = 1 << 16
    REWARDED = 1 << 17
    COERCED = 1 << 18
    THREATENED = 1 << 19
    RECOMMENDED = 1 << 20
    ENROLLED = 1 << 21


@step
def has(flags: int, flag: int) -> bool:
    """Tell whether something happened, or one of several added with |."""
    return flags & flag != 0


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
