"""What a step takes: one person's month, and what she can see of others."""

from typing import NamedTuple

import numpy as np

from agents.customer import effective_sensitivity
from agents.population import Event, State, Traits
from agents.rule import step
from sim.world.parameters import Parameters
from sim.world.tables import Month, Offers


class Turn(NamedTuple):
    """One person's month: who she is, and what she can see. Kept small: the loop carries it from step to step."""

    number: int  # her row
    who: Traits  # lasting
    me: State  # what the next month needs of her
    event: Event  # what a reader is told
    offers: Offers
    month: Month  # what all share
    params: Parameters  # nested like the YAML: params.failure.repeat
    degree: int  # ties she has; 0 where ties are off


class Others(NamedTuple):
    """Everybody, as somebody sees them: as they were last month."""

    ties: np.ndarray  # int32 (people, ties), row numbers
    seen: np.ndarray  # uint32 (people,), in the codes of sim.steps.flags
    members: np.ndarray  # int32 (people,), row numbers in the order of accounts


@step
def sensitivity_of(at: Turn) -> float:
    """Price sensitivity in this month's economy, utils per currency unit."""
    return effective_sensitivity(at.who.price_sensitivity, at.month.sensitivity)


@step
def usual_usage(at: Turn) -> float:
    """Usage of a usual month of this economy over all lines, GB."""
    return at.who.usage * at.me.scale * at.month.usage
