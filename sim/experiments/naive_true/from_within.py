"""What lies in a customer herself: satisfaction, and what a long relation has built."""

import numpy as np

from sim.experiments.naive_true.analyst import marginal_effect, survival
from sim.experiments.naive_true.laboratory import YEAR, Laboratory, in_one_month, own_customers
from sim.market import Market

STEP = 0.1  # of satisfaction, 0 to 1
OLD = (36, 60)  # months of tenure

# --- satisfaction ----------------------------------------------------------------------------------------------------


def naive_satisfaction(laboratory: Laboratory) -> float:
    """Effect of a tenth more satisfaction, as surveyed, on the monthly chance to leave, by logit."""
    rows = laboratory.panel()
    rows = rows[rows["survey_satisfaction"].notna()]
    return marginal_effect(
        rows, rows["survey_satisfaction"].to_numpy(), STEP, rows["churned"].to_numpy(), np.ones(len(rows), bool)
    )


def true_satisfaction(laboratory: Laboratory) -> float:
    """Change of the monthly chance to leave when satisfaction is raised by a tenth."""

    def can_rise(world: Market) -> np.ndarray:
        own = own_customers(world)
        return np.asarray(own[world.state.satisfaction[own] <= 1.0 - STEP])

    def rise(twin: Market, people: np.ndarray) -> None:
        twin.state.satisfaction[people] += STEP

    return in_one_month(laboratory, can_rise, rise)


# --- tenure ----------------------------------------------------------------------------------------------------------


def naive_tenure(laboratory: Laboratory) -> float:
    """Fall of the monthly hazard from the first year to the fourth and fifth, by Kaplan-Meier."""
    year, old, older = survival(laboratory.panel(), [YEAR, *OLD])
    return 100.0 * float((1.0 - year ** (1.0 / YEAR)) - (1.0 - (older / old) ** (1.0 / (OLD[1] - OLD[0]))))


def true_tenure(laboratory: Laboratory) -> float:
    """Change of old customers' monthly chance to leave when all that the relation has built is taken away."""

    def old(world: Market) -> np.ndarray:
        own = own_customers(world)
        return np.asarray(own[(world.state.tenure[own] >= OLD[0]) & (world.state.tenure[own] < OLD[1])])

    def start_afresh(twin: Market, people: np.ndarray) -> None:
        known = twin.world.reputation[twin.traits.region[people], twin.focal_index]
        state = twin.state
        state.tenure[people], state.habit[people], state.commitment[people] = 0, 0.0, twin.params.bonds.commitment_start
        state.trust[people], state.delight[people] = twin.world.trust[twin.focal_index], 0.0
        state.satisfaction[people], state.expectation[people] = (
            known,
            0.5 * (known + twin.offers.terms.advertised[twin.focal_index]),
        )

    return in_one_month(laboratory, old, start_afresh)
