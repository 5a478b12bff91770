"""What kind of relations an operator has: loyalty types, value quadrants, and what a customer is worth.

Types and quadrants compare what a customer holds with her best alternative, were switching free, so they are assessed
on a keyed sample and quarterly.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from agents import draws
from agents.costs import DRIVERS
from agents.customer import effective_sensitivity, one_off
from agents.customer.relations import QUADRANTS, TYPES, loyalty_type, value_quadrant
from agents.population import OUTSIDE, State, operator_of
from agents.rule import loop, on_columns
from agents.tables import Table
from sim.analysis.choice import fill_held_shocks
from sim.analysis.weighing import leaving_costs, weigh
from sim.books.ledger import money
from sim.kpis import per
from sim.steps.weighing import NEVER
from sim.world.world import World

EVERY = 3  # months between assessments
SAMPLE = 1_000  # people assessed, at most
KEEPING = ("revenue", "subscribers", "traffic")  # what a customer who is there adds to, of what common costs go with


class Relations(NamedTuple):
    """One assessment."""

    month: int
    people: int  # assessed
    customers: np.ndarray  # (operators,)
    types: np.ndarray  # (operators, TYPES): none, spurious and true among its customers; latent among the others
    quadrants: np.ndarray  # (operators, QUADRANTS)


class Standing(NamedTuple):
    """How sampled people stand with their operators."""

    ids: np.ndarray  # (people,)
    operator: np.ndarray  # (people,), -1 for none
    # (people, operators), utility over that of the best other operator or of doing without, were switching free, utils
    attitude: np.ndarray
    # (people,), whether she would stay with her operator if she looked around, switching costs counted
    stays: np.ndarray
    to_customer: np.ndarray  # (people,), that of the own operator, currency per month; NaN for none
    of_customer: np.ndarray  # (people,), margin after cost to serve, currency per month; NaN for none


def standing(world: World, ids: np.ndarray) -> Standing:
    """Weigh people's operators against their alternatives, tastes held now included, switching costs left out: what
    each would choose were switching free.
    """
    state = world.state[ids]
    operator = operator_of(state.plan, world.offers.plans.operator)
    values = weigh(world, ids).values
    shocks = np.empty_like(values)
    fill_held_shocks(ids, world.traits, world.this_month(), world.params, shocks)
    values += np.where(values > NEVER, shocks, 0.0)
    a = on_columns(effective_sensitivity)(world.traits.price_sensitivity[ids], world.rules.sensitivity)
    rows = np.arange(len(ids))
    # it weighs on all alternatives alike
    leaving = on_columns(one_off)(a, leaving_costs(world, ids)[:, 0], world.params.horizon)
    values += leaving[:, None] * (np.arange(values.shape[1])[None, :] != operator[:, None]) * (operator >= 0)[:, None]
    if not world.params.has_outside:
        values[:, -1] = -np.inf
    order = np.sort(values, axis=1)
    best_other = np.where(values == order[:, -1:], order[:, -2:-1], order[:, -1:])[:, :-1]
    attitude = values[:, :-1] - best_other
    own = np.where(operator >= 0, attitude[rows, operator], np.nan)
    return Standing(
        ids,
        operator,
        attitude,
        np.nan_to_num(own, nan=-np.inf) + leaving > 0.0,
        own / a,
        np.where(operator >= 0, margins(world, ids, operator, state), np.nan),
    )


def margins(world: World, ids: np.ndarray, operator: np.ndarray, state: Table[State]) -> np.ndarray:
    """Bill less what she brings about: cost of her line and traffic, care, and her part of common costs that vary;
    currency per month, shape (people,).
    """
    book = world.last_book
    assert book is not None
    plan = np.maximum(state.plan, 0)
    offers = world.offers.plans
    usage = world.traits.usage[ids] * state.scale * state.wallet
    of_revenue, of_line, of_traffic = (
        np.array([one.cost_rates()[:, 1 + DRIVERS.index(driver)].sum() for one in world.operators])[operator]
        for driver in KEEPING
    )
    care = np.divide(
        money(book.lines.sum(axis=0), book.own)["care_cost"],
        book.line("closing"),
        out=np.zeros(len(world.operators)),
        where=book.line("closing") > 0,
    )[operator]
    return np.asarray(
        state.reference * (1.0 - of_revenue)
        - (offers.cost[plan] + of_line)
        - (offers.cost_per_gb[plan] + of_traffic) * usage
        - care
    )


def assess(world: World) -> Relations:
    """Assess a keyed sample of the people who are there."""
    plan = world.state.plan
    people = draws.sample(
        world.world_key, draws.RECORD, 2, len(plan), SAMPLE / max(int(np.count_nonzero(plan >= OUTSIDE)), 1)
    )
    people = people[plan[people] >= OUTSIDE]
    found, size = standing(world, people), len(world.operators)
    types, quadrants = np.zeros((size, len(TYPES)), np.int64), np.zeros((size, len(QUADRANTS)), np.int64)
    sort_relations(
        found.operator,
        found.attitude,
        found.stays & (world.state.wallet[people] >= 0.5),
        found.to_customer,
        found.of_customer,
        types,
        quadrants,
    )
    return Relations(
        world.month, len(people), np.bincount(found.operator[found.operator >= 0], minlength=size), types, quadrants
    )


@loop
def sort_relations(
    operator: np.ndarray,
    attitude: np.ndarray,
    is_patron: np.ndarray,
    to_customer: np.ndarray,
    of_customer: np.ndarray,
    types: np.ndarray,
    quadrants: np.ndarray,
) -> None:
    """Count people by loyalty type and value quadrant; someone is latently loyal to operators that are not her own."""
    for row in range(operator.shape[0]):
        for k in range(attitude.shape[1]):
            kind = loyalty_type(attitude[row, k], k == operator[row] and is_patron[row])
            if k == operator[row] or kind == 2:
                types[k, kind] += 1
        if operator[row] >= 0:
            quadrants[operator[row], value_quadrant(to_customer[row], of_customer[row])] += 1


def types_frame(assessments: list[Relations], operators: list[str]) -> pd.DataFrame:
    """Shares by loyalty type: month, operator, key, value (of its customers; latent: of all people)."""
    return _shares(
        assessments,
        operators,
        TYPES,
        lambda found, j, k: float(per(found.types[j, k], found.people if TYPES[k] == "latent" else found.customers[j])),
    )


def quadrants_frame(assessments: list[Relations], operators: list[str]) -> pd.DataFrame:
    """Shares of customers by value quadrant: month, operator, key, value."""
    return _shares(
        assessments, operators, QUADRANTS, lambda found, j, k: float(per(found.quadrants[j, k], found.customers[j]))
    )


def _shares(
    assessments: list[Relations],
    operators: list[str],
    keys: tuple[str, ...],
    share: Callable[[Relations, int, int], float],
) -> pd.DataFrame:
    rows = [
        (found.month, name, key, share(found, j, k))
        for found in assessments
        for k, key in enumerate(keys)
        for j, name in enumerate(operators)
    ]
    return pd.DataFrame(rows, columns=["month", "operator", "key", "value"])
