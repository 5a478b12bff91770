"""What people would weigh as they are, for demand, for an oracle and for readers: loops over the steps by which they
choose.
"""

import math
from typing import NamedTuple

import numpy as np

from agents import draws
from agents.customer import one_off
from agents.draws import gumbel, uniform
from agents.population import Event, State, Traits, opened
from agents.rule import loop
from agents.tables import Table
from sim.steps.signing import worth_of_offer
from sim.steps.turn import Others, Turn, sensitivity_of
from sim.steps.waking import hazard_of_curiosity, hazard_of_dissatisfaction, hazard_of_term
from sim.steps.weighing import (
    NEVER,
    Scratch,
    held_shock,
    key_of_tastes,
    lean,
    probabilities_of,
    scratch_for,
    taste_for,
    taste_of,
    weigh_one,
)
from sim.steps.worth import bundle_effort, etf_of, hassle_of, leaving_cost
from sim.world.parameters import Parameters
from sim.world.tables import Month, Offers

UNTOLD = opened(Event, 1)  # of nobody: weighing is no event


class Weighed(NamedTuple):
    """What attentive people would weigh in their present state."""

    probabilities: np.ndarray  # (people, plans + 1), outside last
    surplus: np.ndarray  # (people,) log-sums, utils
    values: np.ndarray  # (people, operators + 1) of each operator and of doing without, shocks apart, utils


def weigh(
    people: np.ndarray,
    traits: Table[Traits],
    state: Table[State],
    offers: Offers,
    month: Month,
    params: Parameters,
    ties: np.ndarray,
    seen: np.ndarray,
    fresh: bool,
) -> Weighed:
    """Weigh everything on offer for people as they are; fresh: as if without operator."""
    found = Weighed(
        np.empty((len(people), len(offers.plans.fee) + 1)),
        np.empty(len(people)),
        np.empty((len(people), len(offers.first))),
    )
    others = Others(ties, seen, traits.members)
    _fill_chances(people, traits, state, UNTOLD, offers, month, params, others, fresh, scratch_for(offers), found)
    return found


@loop
def _fill_chances(
    people: np.ndarray,
    traits: Table[Traits],
    state: Table[State],
    untold: Table[Event],
    offers: Offers,
    month: Month,
    params: Parameters,
    others: Others,
    fresh: bool,
    scratch: Scratch,
    out: Weighed,
) -> None:
    degree = others.ties.shape[1] if params.has_ties else 0
    for row in range(people.shape[0]):
        number = people[row]
        at = Turn(number, traits[number], state[number], untold[0], offers, month, params, degree)
        weigh_one(at, -1 if fresh else np.int64(at.me.plan), others, scratch)  # type: ignore[arg-type] # as wide as everywhere
        out.surplus[row] = probabilities_of(offers, params, scratch, out.probabilities[row])
        for operator in range(out.values.shape[1]):
            out.values[row, operator] = scratch.values[operator]


def fill_true_effects(
    people: np.ndarray,
    credit: float,
    term: int,
    traits: Table[Traits],
    state: Table[State],
    offers: Offers,
    month: Month,
    params: Parameters,
    ties: np.ndarray,
    seen: np.ndarray,
    scratch: Scratch,
    out: np.ndarray,
) -> None:
    """Fill by how much a call with a credit, for a term (months), makes each person less likely to leave in the next
    months (people's entries of out).

    The call wakes, and the credit speaks for staying in whatever month she looks around while it lasts: by the call, by
    curiosity, at the end of her term or out of dissatisfaction. Utilities are taken as they are now; what nobody can
    foresee, such as a failure, is left out.
    """
    others = Others(ties, seen, traits.members)
    _fill_true_effects(people, credit, term, traits, state, UNTOLD, offers, month, params, others, scratch, out)


@loop
def _fill_true_effects(
    people: np.ndarray,
    credit: float,
    term: int,
    traits: Table[Traits],
    state: Table[State],
    untold: Table[Event],
    offers: Offers,
    month: Month,
    params: Parameters,
    others: Others,
    scratch: Scratch,
    out: np.ndarray,
) -> None:
    degree = others.ties.shape[1] if params.has_ties else 0
    for row in range(people.shape[0]):
        number = people[row]
        at = Turn(number, traits[number], state[number], untold[0], offers, month, params, degree)
        plan = at.me.plan
        weigh_one(at, np.int64(plan), others, scratch)  # type: ignore[arg-type]
        home = offers.plans.operator[plan]
        top, elsewhere = NEVER, 0.0
        for operator in range(scratch.values.shape[0]):
            top = max(top, scratch.values[operator])
        for operator in range(scratch.values.shape[0]):
            elsewhere += math.exp(scratch.values[operator] - top) if operator != home else 0.0
        stay = math.exp(scratch.values[home] - top)
        gift = one_off(sensitivity_of(at), max(worth_of_offer(at, credit, term), 0.0), params.horizon)
        before, after = elsewhere / (elsewhere + stay), elsewhere / (elsewhere + stay * math.exp(gift))
        asleep = 1.0
        for ahead in range(params.recent.credit):
            left = max(at.me.months_left - ahead, 0)
            asleep *= 1.0 - hazard_of_curiosity(at, left)
            asleep *= 1.0 - hazard_of_term(at, left)
            asleep *= 1.0 - hazard_of_dissatisfaction(at, left)
        out[number] = (1.0 - asleep) * before - (1.0 - asleep * (1.0 - params.attention.contact)) * after


def leaving_costs(
    people: np.ndarray,
    traits: Table[Traits],
    state: Table[State],
    offers: Offers,
    month: Month,
    params: Parameters,
    out: np.ndarray,
) -> None:
    """Fill what leaving costs people now, currency, shape (people, 5): in all, of it effort, termination fee, device
    debt, bundle; 0 without operator.
    """
    _leaving_costs(people, traits, state, UNTOLD, offers, month, params, out)


@loop
def _leaving_costs(
    people: np.ndarray,
    traits: Table[Traits],
    state: Table[State],
    untold: Table[Event],
    offers: Offers,
    month: Month,
    params: Parameters,
    out: np.ndarray,
) -> None:
    for row in range(people.shape[0]):
        number = people[row]
        at = Turn(number, traits[number], state[number], untold[0], offers, month, params, 0)
        if at.me.plan >= 0:
            out[row, 0] = leaving_cost(at)
            out[row, 1] = hassle_of(at)
            out[row, 2] = etf_of(at) * max(at.me.months_left, 0)
            out[row, 3] = at.me.debt
            out[row, 4] = bundle_effort(at)


@loop
def open_choice(people: np.ndarray, probabilities: np.ndarray, month: Month, chosen: np.ndarray) -> None:
    """Draw everybody's opening plan from given probabilities (people, plans + 1); the last means none."""
    for row in range(people.shape[0]):
        draw, total, picked = uniform(month.world_key, draws.OPENING, people[row], 0), 0.0, -1
        for plan in range(probabilities.shape[1] - 1):
            total += probabilities[row, plan]
            if draw < total:
                picked = plan
                break
        chosen[row] = picked


def fill_tastes(
    people: np.ndarray,
    traits: Table[Traits],
    state: Table[State],
    offers: Offers,
    month: Month,
    params: Parameters,
) -> None:
    """Note the tastes of people for the operator they are with, lasting and held."""
    _fill_tastes(people, traits, state, UNTOLD, offers, month, params)


@loop
def _fill_tastes(
    people: np.ndarray,
    traits: Table[Traits],
    state: Table[State],
    untold: Table[Event],
    offers: Offers,
    month: Month,
    params: Parameters,
) -> None:
    for row in range(people.shape[0]):
        number = people[row]
        at = Turn(number, traits[number], state[number], untold[0], offers, month, params, 0)
        at.me.taste = 0.0
        if at.me.plan >= 0:
            operator = offers.plans.operator[at.me.plan]
            at.me.taste = taste_for(at, operator)
            lean(at, operator)


@loop
def fill_held_shocks(
    people: np.ndarray, traits: Table[Traits], month: Month, params: Parameters, out: np.ndarray
) -> None:
    """Fill the taste shocks that people hold now, of operators and, last, of doing without, (people, operators + 1),
    utils.
    """
    for row in range(people.shape[0]):
        number = people[row]
        key = key_of_tastes(traits[number].renewal, month, params)
        for alternative in range(out.shape[1]):
            out[row, alternative] = held_shock(key, number, alternative)


@loop
def fill_leanings(
    home: int, weights: np.ndarray, traits: Table[Traits], month: Month, params: Parameters, out: np.ndarray
) -> None:
    """Fill how much each person prefers one operator to the best other, utils, from lasting tastes, log shares and a
    fresh shock.
    """
    for number in range(out.shape[0]):
        best = NEVER
        for operator in range(weights.shape[0]):
            taste = taste_of(number, traits[number].community, operator, month, params)
            value = weights[operator] + taste + gumbel(month.world_key, draws.IMPORT, number, operator)
            if operator == home:
                out[number] = value
            else:
                best = max(best, value)
        out[number] -= best
