"""Whom operators called, and who joined their points programmes: lists kept in the month itself, so that whoever left
at once stands in them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from agents.population import operator_of
from sim.steps.flags import Flag
from sim.world.book import Book
from sim.world.world import World

LISTED = {"contacted": Flag.CONTACTED, "enrolled": Flag.ENROLLED}  # line of the books -> what happened to each


class Roll(NamedTuple):
    """The people of one line of a month's books."""

    line: str
    month: int
    operator: np.ndarray  # int8, whose customer each was
    customer: np.ndarray  # int32, row numbers


def rolls_of(world: World, book: Book) -> list[Roll]:
    """List whom the month's books count; nobody is looked for where they count nobody."""
    return [_roll(world, line, flag) for line, flag in LISTED.items() if book.line(line).any()]


def _roll(world: World, line: str, flag: Flag) -> Roll:
    ids = np.flatnonzero(world.events.happened & flag)
    state, left = world.state[ids], world.events.happened[ids] & Flag.LEFT != 0
    operator = np.where(left, state.previous, operator_of(state.plan, world.offers.plans.operator))
    return Roll(line, world.month, operator.astype(np.int8), ids.astype(np.int32))


def roll_frame(rolls: Sequence[Roll], line: str, operators: Sequence[str]) -> pd.DataFrame:
    """Return who is listed under a line: month, operator, customer."""
    own = [roll for roll in rolls if roll.line == line]
    names = np.array(operators, dtype=object)
    return pd.DataFrame(
        {
            "month": np.repeat([roll.month for roll in own], [len(roll.customer) for roll in own]).astype(int),
            "operator": names[np.concatenate([np.zeros(0, np.int8), *(roll.operator for roll in own)])],
            "customer": np.concatenate([np.zeros(0, np.int64), *(roll.customer for roll in own)]),
        }
    )
