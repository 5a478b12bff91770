"""What an operator's own database holds: features of sampled customers some months ago, and who has left since."""

from typing import Any

import numpy as np

from agents import draws
from agents.customer import feature
from agents.draws import uniforms
from agents.population import State
from agents.rule import loop
from agents.strategies.contract import FEATURES, Records
from agents.tables import Table, table
from sim.steps.flags import Flag
from sim.world.parameters import Parameters
from sim.world.tables import Offers
from sim.world.world import Note, Snapshot, World

LIMIT = 100_000  # records of an operator, about at most: a pilot needs tens of thousands of them
EVERY = 3  # months between snapshots


@loop
def _fill_notes(people: np.ndarray, state: Table[State], offers: Offers, params: Parameters, out: Table[Note]) -> None:
    """Note what databases hold of people."""
    for row in range(people.shape[0]):
        me, note = state[people[row]], out[row]
        plan = me.plan
        note.operator = offers.plans.operator[plan] if plan >= 0 and me.silent == 0 else -1
        note.prepaid = plan >= 0 and offers.plans.prepaid[plan] == 1
        note.tenure, note.months_left, note.reference = me.tenure, me.months_left, me.reference
        note.complained = me.since_complaint < params.recent.complaint
        note.contacted = me.since_contact < params.recent.contact


@loop
def _fill_features(notes: Table[Note], out: np.ndarray) -> None:
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


def sampled_people(world_key: Any, people: int, operators: int) -> np.ndarray:
    """Keyed sample of people whose records are kept."""
    return draws.sample(world_key, draws.RECORD, 0, people, LIMIT * operators / people)


def snapshot(world: World) -> Snapshot:
    """Read the records as they stand."""
    return Snapshot(world.month, _notes(world), np.zeros(len(world.recorded), bool))


def _notes(world: World) -> Table[Note]:
    """What databases hold of the sampled people now."""
    out = table(Note, len(world.recorded))
    _fill_notes(world.recorded, world.state, world.offers, world.params, out)
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


def note_calls(world: World) -> None:
    """Note in the last snapshot who was called in the month after it."""
    if world.snapshots and world.snapshots[-1].month == world.month - 1:
        called = (world.events.happened[world.recorded] & Flag.CONTACTED) != 0
        world.snapshots = [*world.snapshots[:-1], world.snapshots[-1]._replace(was_called=called)]


def records_of(world: World, operator: int) -> Records:
    """Return an operator's records: features at least three months ago, who has left since, and the base as it stands.
    A wrong record holds another customer's features.
    """
    now, wrong = _notes(world), _is_wrong(world, operator)
    own = now.operator == operator
    current = _features(now[own], wrong[own])
    aged = [old for old in world.snapshots if world.month - old.month >= EVERY]
    if not aged:
        return Records(current[:0], np.zeros(0, bool), current, np.zeros(0, bool))
    own = aged[-1].notes.operator == operator
    return Records(
        _features(aged[-1].notes[own], wrong[own]), now.operator[own] != operator, current, aged[-1].was_called[own]
    )


def _is_wrong(world: World, operator: int) -> np.ndarray:
    """Tell whose record at an operator is another customer's, shape (sampled people,)."""
    error = world.operators[operator].config.record_error
    if error == 0.0:
        return np.zeros(len(world.recorded), bool)
    return np.asarray(uniforms(world.world_key, draws.RECORD_ERROR, world.recorded, operator) < error)
