"""What an operator's own database holds: features of sampled customers some months ago, and who has left since."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from agents import draws
from agents.customer import feature
from agents.draws import uniforms
from agents.rule import loop
from agents.strategies.contract import FEATURES, Records

if TYPE_CHECKING:
    from sim.market import Market

LIMIT = 20_000  # sampled people, at most
EVERY = 3  # months between snapshots


class Snapshot(NamedTuple):
    """Features and operator of the sampled people at the end of a month."""

    month: int
    operator: np.ndarray  # int, -1 for none
    features: np.ndarray


@loop
def _features(people: np.ndarray, state: Any, offers: Any, operator: np.ndarray, out: np.ndarray) -> None:
    """Fill the record of each person (people, features); operator codes, -1 for none."""
    for row in range(people.shape[0]):
        i = people[row]
        plan = state.plan[i]
        operator[row] = -1
        if plan < 0:
            continue
        operator[row] = offers.operator[plan]
        for k in range(out.shape[1]):
            out[row, k] = feature(k, state.tenure[i], state.months_left[i], offers.prepaid[plan] == 1, state.reference[i], state.since_complaint[i] < 6, state.since_contact[i] < 3)


def sampled_people(market: "Market") -> np.ndarray:
    """Keyed sample of people whose records are kept."""
    everyone = np.arange(len(market.state.plan), dtype=np.int64)
    if len(everyone) <= LIMIT:
        return everyone
    return everyone[uniforms(market.world_key, draws.RECORD, everyone, 0) < LIMIT / len(everyone)]


def snapshot(market: "Market") -> Snapshot:
    """Read the records as they stand."""
    people = market.record_people
    operator, out = np.empty(len(people), np.int64), np.zeros((len(people), len(FEATURES)))
    _features(people, market.state, market.offers, operator, out)
    return Snapshot(market.month, operator, out)


def records_of(market: "Market", operator: int) -> Records:
    """Return an operator's records: features at least three months ago, who has left since, and the base as it stands."""
    now = snapshot(market)
    aged = [old for old in market.snapshots if now.month - old.month >= EVERY]
    current = now.features[now.operator == operator]
    if not aged:
        return Records(current[:0], np.zeros(0, bool), current)
    own = aged[-1].operator == operator
    return Records(aged[-1].features[own], now.operator[own] != operator, current)
