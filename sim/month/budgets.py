"""What operators' common costs are sized by: the market as it opens, in its last year before month 1."""

import numpy as np

from agents.costs import Opening
from agents.draws import batches
from sim.world.world import World

BOOKED = ("closing", "traffic", "gross_adds")


def note_opening(world: World, weight: float) -> None:
    """Let operators note what last month was like, up to the first month reported: it is then the same in all arms.

    weight : real lines a simulated person stands for
    """
    if world.month > 1:
        return
    book = world.last_book
    months = (
        _expected(world)
        if book is None
        else np.column_stack([book.line("fees") + book.line("overage"), *(book.line(name) for name in BOOKED)])
    )
    for operator, month in zip(world.operators, months, strict=True):
        operator.note_opening(Opening(*map(float, month)), weight, is_lived=book is not None)


def _expected(world: World) -> np.ndarray:
    """What the first month would be like if nobody did anything: bills, subscribers, traffic, and gross additions that
    nobody knows yet, (operators, DRIVERS).
    """
    found, state = np.zeros((len(world.operators), 4)), world.state
    for ids in batches(len(state)):
        on = ids[state.plan[ids] >= 0]
        operator = world.offers.plans.operator[state.plan[on]]
        usage = world.traits.usage[on] * state.scale[on] * state.wallet[on]
        for place, amounts in enumerate((state.reference[on], np.ones(len(on)), usage)):
            found[:, place] += np.bincount(operator, weights=amounts, minlength=len(found))
    return found
