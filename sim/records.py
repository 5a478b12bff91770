"""What an operator's own database holds: features of sampled customers some months ago, and who has left since."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from agents import draws
from agents.customer import feature
from agents.draws import uniforms
from agents.rule import loop
from agents.strategies.contract import FEATURES, Records
from agents.tables import Table, float32, int8, int16, table, uint8
from sim.steps.flags import Flag

if TYPE_CHECKING:
    from sim.market import Market

LIMIT = 100_000  # records of an operator, about at most: a pilot needs tens of thousands of them
EVERY = 3  # months between snapshots


class Note:
    """What databases hold of a customer."""

    operator: int8  # whose customer; -1 for nobody's and for silent lines, which nobody can call
    tenure: int16  # months
    months_left: int16  # of the term
    reference: float32  # reference price, currency/month
    prepaid: uint8
    complained: uint8  # in the last six months
    contacted: uint8  # in the last three


class Snapshot(NamedTuple):
    """What databases held of the sampled people at the end of a month."""

    month: int
    notes: Table[Note]  # one row a person
    was_called: np.ndarray  # bool, called by a campaign in the month after


@loop
def _fill_notes(people: np.ndarray, state: Any, offers: Any, out: Any) -> None:
    """Note what databases hold of people."""
    for row in range(people.shape[0]):
        me, note = state[people[row]], out[row]
        plan = me.plan
        note.operator = offers.plans.operator[plan] if plan >= 0 and me.silent == 0 else -1
        note.prepaid = plan >= 0 and offers.plans.prepaid[plan] == 1
        note.tenure, note.months_left, note.reference = me.tenure, me.months_left, me.reference
        note.complained, note.contacted = me.since_complaint < 6, me.since_contact < 3


@loop
def _fill_features(notes: Any, out: np.ndarray) -> None:
    """Fill what churn models read of customers, shape (people, features)."""
    for row in range(out.shape[0]):
        note = notes[row]
        for k in range(out.shape[1]):
            out[row, k] = feature(
                k,
                note.tenure,
                note.months_left,
                note.prepaid == 1,
                note.reference,
                note.complained == 1,
                note.contacted == 1,
            )


def sampled_people(market: "Market") -> np.ndarray:
    """Keyed sample of people whose records are kept."""
    people, most = len(market.state.plan), LIMIT * len(market.operators)
    return draws.sample(market.world_key, draws.RECORD, 0, people, most / people)


def snapshot(market: "Market") -> Snapshot:
    """Read the records as they stand."""
    return Snapshot(market.month, _notes(market), np.zeros(len(market.record_people), bool))


def _notes(market: "Market") -> Table[Note]:
    """What databases hold of the sampled people now."""
    out = table(Note, len(market.record_people))
    _fill_notes(market.record_people, market.state, market.offers, out)
    return out


def _features(notes: Table[Note], wrong: np.ndarray) -> np.ndarray:
    """Return what churn models read of an operator's customers, shape (people, features); a wrong record holds the next
    wrong one's.
    """
    out = np.empty((len(notes), len(FEATURES)))
    _fill_features(notes, out)
    rows = np.flatnonzero(wrong)
    out[rows] = out[np.roll(rows, 1)]
    return out


def note_calls(market: "Market") -> None:
    """Note in the last snapshot who was called in the month after it."""
    if market.snapshots and market.snapshots[-1].month == market.month - 1:
        called = (market.events.happened[market.record_people] & Flag.CONTACTED) != 0
        market.snapshots = [*market.snapshots[:-1], market.snapshots[-1]._replace(was_called=called)]


def records_of(market: "Market", operator: int) -> Records:
    """Return an operator's records: features at least three months ago, who has left since, and the base as it stands.
    A wrong record holds another customer's features.
    """
    now, wrong = _notes(market), _is_wrong(market, operator)
    own = now.operator == operator
    current = _features(now[own], wrong[own])
    aged = [old for old in market.snapshots if market.month - old.month >= EVERY]
    if not aged:
        return Records(current[:0], np.zeros(0, bool), current, np.zeros(0, bool))
    own = aged[-1].notes.operator == operator
    return Records(
        _features(aged[-1].notes[own], wrong[own]), now.operator[own] != operator, current, aged[-1].was_called[own]
    )


def _is_wrong(market: "Market", operator: int) -> np.ndarray:
    """Tell whose record at an operator is another customer's, shape (sampled people,)."""
    error = market.scenario.operators[market.operator_names[operator]].record_error
    if error == 0.0:
        return np.zeros(len(market.record_people), bool)
    return uniforms(market.world_key, draws.RECORD_ERROR, market.record_people, operator) < error
