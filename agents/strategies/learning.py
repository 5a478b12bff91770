"""How an operator prices by software that has taught itself,
as in the published experiments on algorithmic collusion.
"""

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from agents.block import choice, quantity
from agents.learning import Player, Software
from agents.strategies.contract import Action, View
from agents.strategies.pricing import Periodic

SOURCE = "Calvano, Calzolari, Denicolo & Pastorello 2020"


class QLearning(Periodic):
    """Price by Q-learning software that is trained by self-play before use, then plays what it values most (Calvano et
    al. 2020).

    Training takes place in the first month, in the static pricing game of the market: one player for each operator, all
    learning at once and against each other. An operator of this kind plays by its own numbers; one that prices
    otherwise is played by a copy of the first of this kind. Whoever faces each other has trained with each other.

    The one thing a player chooses is a place on the straight line from its Nash tariff to its joint-monopoly tariff,
    and a bit (xi) beyond both. With one plan that is the published grid of prices. With several plans the whole tariff
    moves as one, between the two structures a multi-product operator would choose; a grid for each plan would multiply
    the combinations to be learnt by a power of the number of plans, and no software explores so many.

    Where everyone chooses every month the game is played on the market's own exact demand. Elsewhere one month's demand
    is so inelastic that its game has no price at all; there the software believes in a logit calibrated as in merger
    simulation (Werden & Froeb 1994): public shares and fees, an elasticity over the horizon, and present fees taken to
    be the Nash tariffs. What it then earns among customers who are slower than it believes is a result of the model; so
    are the swings of its fees, which a longer `every` makes rarer.
    """

    kind: Literal["q_learning"] = "q_learning"
    points: int = quantity(15, meaning="tariffs it may choose from", unit="tariffs", ge=2, le=100, source=SOURCE)
    xi: float = quantity(
        0.1,
        meaning="part of the way from Nash to monopoly by which the choice extends beyond both",
        unit="share",
        ge=0.0,
        le=2.0,
        source=SOURCE,
    )
    alpha: float = quantity(
        0.15,
        meaning="weight of what it has just met in what it believes",
        unit="per move",
        ge=1e-4,
        le=1.0,
        source=SOURCE,
    )
    beta: float = quantity(
        4e-6,
        meaning="fall of exploration in training, whose chance in period t is exp(-beta t)",
        unit="per period",
        ge=1e-9,
        le=1.0,
        source=SOURCE,
    )
    delta: float = quantity(0.95, meaning="discount factor of a move", unit="1", ge=0.0, le=0.9999, source=SOURCE)
    stable: int = quantity(
        100_000,
        meaning="periods without a change of any answer after which training ends",
        unit="periods",
        ge=1,
        le=10_000_000,
        source=SOURCE,
    )
    periods: int = quantity(
        10_000_000, meaning="periods after which training ends in any case", unit="periods", ge=1, le=100_000_000
    )
    learns: bool = choice(
        False, meaning="goes on learning from its books, without exploring; only where everyone chooses every month"
    )
    elasticity: float = quantity(
        -1.9,
        meaning="subscribers' elasticity over the horizon it believes in where demand is not static",
        unit="1",
        le=-1.01,
        ge=-20.0,
        source="prior_elasticity of best_response",
    )

    @property
    def player(self) -> Player:
        """Return the algorithm that sits in training."""
        return Player(self.points, self.alpha, self.beta, self.delta)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Have the software delivered in the first month, so that all of this kind train together, whenever they first
        move.
        """
        if state is None and view.month >= 1:
            state = (view.software(), None)
        return super().decide(state, view)

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Play the answer to last month's tariffs of all; the first time, to those that training ended with.

        The state is the software and the cell it last answered.
        """
        software, before = state
        if before is None:
            cell = software.ended
        else:
            cell = software.cell({name: plan.fee for name, plan in view.plans.items()})
            software = self.learnt(software, before, cell, view)
        return (software, cell), software.lines[view.name].fees(software.answers[cell])

    def learnt(self, software: Software, before: int, cell: int, view: View) -> Software:
        """Move the value of what was last played towards last month's profit per person,
        and what may be had from here.
        """
        books = view.ledger()
        if not (self.learns and view.everyone_chooses and books):
            return software
        profit = (books["service_revenue"] - books["network_cost"]) / view.people
        values, level = software.values.copy(), software.level(cell)
        values[before, level] += self.alpha * (profit + self.delta * values[cell].max() - values[before, level])
        answers = bytearray(software.answers)
        answers[before] = int(np.argmax(values[before]))
        return replace(software, values=values, answers=bytes(answers))
