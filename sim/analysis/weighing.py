"""What people would weigh in the world as it stands: their choices, what leaving costs them, tastes to be noted."""

import numpy as np

from sim.analysis import choice
from sim.analysis.choice import Weighed
from sim.world.world import World


def weigh(world: World, people: np.ndarray, fresh: bool = False) -> Weighed:
    """What people would weigh now, choice probabilities above all; fresh: as if without operator."""
    return choice.weigh(
        people,
        world.traits,
        world.state,
        world.offers,
        world.this_month(),
        world.params,
        world.ties,
        world.seen,
        fresh,
    )


def leaving_costs(world: World, people: np.ndarray | None = None) -> np.ndarray:
    """What leaving costs people (everybody where None) now, currency, shape (people, 5): in all, of it effort,
    termination fee, device debt, bundle.
    """
    ids = np.arange(len(world.state), dtype=np.int64) if people is None else people.astype(np.int64)
    out = np.zeros((len(ids), 5))
    choice.leaving_costs(ids, world.traits, world.state, world.offers, world.this_month(), world.params, out)
    return out


def refresh_tastes(world: World, people: np.ndarray) -> None:
    """Note the tastes of people for the operator they are with, lasting and held."""
    choice.fill_tastes(
        people.astype(np.int64), world.traits, world.state, world.offers, world.this_month(), world.params
    )
