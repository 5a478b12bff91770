"""What an operator's own database holds: features of sampled customers some months ago, and who has left since."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from agents import draws
from agents.customer import feature
from agents.draws import uniforms
from agents.rule import loop
from agents.strategies.contract import FEATURES, Records
from sim.steps.flags import WAS_CONTACTED

if TYPE_CHECKING:
    from sim.market import Market

LIMIT = 100_000  # records of an operator, about at most: a pilot needs tens of thousands of them
EVERY = 3  # months between snapshots


class Snapshot(NamedTuple):
    """Features and operator of the sampled people at the end of a month."""

    month: int
    operator: np.ndarray  # int, -1 for none
    features: np.ndarray
    was_called: np.ndarray  # bool, called by a campaign in the month after


@loop
def _fill_operators(people: np.ndarray, state: Any, offers: Any, out: np.ndarray) -> None:
    """Fill whose customer each person is, shape (people,); -1 for nobody's and for silent lines, which nobody can call."""
    for row in range(people.shape[0]):
        plan = state.plan[people[row]]
        out[row] = offers.plans.operator[plan] if plan >= 0 and state.silent[people[row]] == 0 else -1


@loop
def _fill_features(people: np.ndarray, state: Any, offers: Any, out: np.ndarray) -> None:
    """Fill customers' records, shape (people, features); nothing for those without a plan."""
    for row in range(people.shape[0]):
        i = people[row]
        plan = state.plan[i]
        if plan < 0:
            continue
        for k in range(out.shape[1]):
            out[row, k] = feature(
                k, state.tenure[i], state.months_left[i], offers.plans.prepaid[plan] == 1, state.reference[i], state.since_complaint[i] < 6, state.since_contact[i] < 3
            )


def sampled_people(market: "Market") -> np.ndarray:
    """Keyed sample of people whose records are kept."""
    people, most = len(market.state.plan), LIMIT * len(market.operators)
    return draws.sample(market.world_key, draws.RECORD, 0, people, most / people)


def snapshot(market: "Market") -> Snapshot:
    """Read the records as they stand."""
    people = market.record_people
    return Snapshot(market.month, _operators(market), _features(market, people), np.zeros(len(people), bool))


def _operators(market: "Market") -> np.ndarray:
    """Whose customer each sampled person is, -1 for nobody's."""
    out = np.empty(len(market.record_people), np.int64)
    _fill_operators(market.record_people, market.state, market.offers, out)
    return out


def _features(market: "Market", people: np.ndarray) -> np.ndarray:
    """Records of customers, shape (people, features)."""
    out = np.zeros((len(people), len(FEATURES)))
    _fill_features(people, market.state, market.offers, out)
    return out


def note_calls(market: "Market") -> None:
    """Note in the last snapshot who was called in the month after it."""
    if market.snapshots and market.snapshots[-1].month == market.month - 1:
        called = (market.events.happened[market.record_people] & WAS_CONTACTED) != 0
        market.snapshots = [*market.snapshots[:-1], market.snapshots[-1]._replace(was_called=called)]


def records_of(market: "Market", operator: int) -> Records:
    """Return an operator's records: features at least three months ago, who has left since, and the base as it stands. A wrong record holds another customer's features."""
    now, wrong = _operators(market), _is_wrong(market, operator)
    own = now == operator
    current = _mixed_up(_features(market, market.record_people[own]), wrong[own])
    aged = [old for old in market.snapshots if market.month - old.month >= EVERY]
    if not aged:
        return Records(current[:0], np.zeros(0, bool), current, np.zeros(0, bool))
    own = aged[-1].operator == operator
    return Records(_mixed_up(aged[-1].features[own], wrong[own]), now[own] != operator, current, aged[-1].was_called[own])


def _is_wrong(market: "Market", operator: int) -> np.ndarray:
    """Tell whose record at an operator is another customer's, shape (sampled people,)."""
    error = market.scenario.operators[market.operator_names[operator]].record_error
    if error == 0.0:
        return np.zeros(len(market.record_people), bool)
    return uniforms(market.world_key, draws.RECORD_ERROR, market.record_people, operator) < error


def _mixed_up(features: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Move the wrong among an operator's records on by one, in place; return them."""
    rows = np.flatnonzero(wrong)
    features[rows] = features[np.roll(rows, 1)]
    return features
