"""One market split over workers, simulated on one machine: who holds whom, what each must hear from the others, and
whether that is enough.

A worker holds the rows of its own people and, of everybody else, only what ties see (4 bytes a person) of those whom
its people are tied to or share an account with: its halo."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from sim import Market
from sim.config import Scenario
from sim.month.live import live
from sim.steps.weighing import scratch_for
from sim.world.tables import CHUNK, Month
from sim.world.world import World

# What a worker has of people it has not heard of: false friends, happy, who left operator 0, vote for it and got a
# deal from it.
UNHEARD = np.uint32(255 << 16 | 1 << 28)
FELT = np.uint32(255 << 16)  # the bits of satisfaction in what ties see
Owner = Callable[[Market, int], np.ndarray]


def by_number(market: Market, workers: int) -> np.ndarray:
    """Worker of each person, int64 (people,): whole chunks of 4,096 people in the order of their numbers, equally many
    each.
    """
    chunks = -(-len(market.state) // CHUNK)
    return np.minimum(np.arange(len(market.state)) // CHUNK * workers // chunks, workers - 1)


def by_region(market: Market, workers: int) -> np.ndarray:
    """Worker of each person, int64 (people,): whole communities in the order of their regions, equally many people
    each.
    """
    order = np.lexsort((market.traits.community, market.traits.region))
    community = market.traits.community[order]
    first = np.flatnonzero(np.r_[True, community[1:] != community[:-1]])
    owner = np.empty(len(order), np.int64)
    owner[order] = np.repeat(first * workers // len(order), np.diff(np.r_[first, len(order)]))
    return owner


class Halos(NamedTuple):
    """What workers must hear of each other's people."""

    worker: np.ndarray  # int64 (entries,), who must hear, rising
    person: np.ndarray  # int64 (entries,), of whom
    ties_across: float  # share of ties between people of different workers
    accounts_across: float  # share of people in accounts of several workers, of those who decide with others
    messages: int  # pairs of workers of which one hears from the other

    def of(self, worker: int) -> np.ndarray:
        """People that a worker must hear of, rising."""
        return self.person[slice(*np.searchsorted(self.worker, (worker, worker + 1)))]


def halos_of(market: Market, owner: np.ndarray) -> Halos:
    """Find each worker's halo from the tables of ties and accounts."""
    people = len(owner)
    pairs, ties_across = [], 0
    for column in market.world.ties.T:
        far = owner[column] != owner
        ties_across += int(far.sum())
        pairs.append(owner[far] * people + column[far])
    split, together = np.zeros(people, bool), market.traits.account_size > 1
    for rows, member in _fellows(market):
        far = owner[member] != owner[rows]
        split[rows[far]] = True
        pairs.append(owner[rows[far]] * people + member[far])
    entries = np.unique(np.concatenate(pairs))
    worker, person = np.divmod(entries, people)
    size = int(owner.max()) + 1
    return Halos(
        worker,
        person,
        ties_across / max(market.world.ties.size, 1),
        float(split.sum() / max(int(together.sum()), 1)),
        len(np.unique(worker * size + owner[person])),
    )


def _fellows(market: Market) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield people and, for each, the next member of her account, until all have been named."""
    traits = market.traits
    for place in range(int(traits.account_size.max())):
        rows = np.flatnonzero((traits.account_size > 1) & (traits.account_size > place))
        yield rows, traits.members[traits.account_place[rows] + place].astype(np.int64)


def pack(old: np.ndarray, new: np.ndarray) -> bytes:
    """Write what has changed of halo entries, uint32 (entries,): a bit for each entry (changed?), one for each change
    (only satisfaction?), then 1 byte or 4.
    """
    changed = old != new
    now, only_felt = new[changed], (old[changed] ^ new[changed]) & ~FELT == 0
    felt = (now[only_felt] >> np.uint32(16)).astype(np.uint8)
    return (
        np.packbits(changed).tobytes() + np.packbits(only_felt).tobytes() + felt.tobytes() + now[~only_felt].tobytes()
    )


def unpack(old: np.ndarray, message: bytes) -> np.ndarray:
    """Return the entries as they are now, uint32 (entries,), from what they were and what `pack` wrote."""
    data, new = np.frombuffer(message, np.uint8), old.copy()
    head = -(-len(old) // 8)
    changed = np.flatnonzero(np.unpackbits(data[:head], count=len(old)))
    middle = head - (-len(changed) // 8)
    only_felt = np.unpackbits(data[head:middle], count=len(changed)).astype(bool)
    end = middle + int(only_felt.sum())
    some = changed[only_felt]
    new[some] = (new[some] & ~FELT) | data[middle:end].astype(np.uint32) << np.uint32(16)
    new[changed[~only_felt]] = np.frombuffer(data[end:].tobytes(), np.uint32)
    return new


class SplitLoop:
    """A loop over people who live on several workers, each with only its own people and its halo to see.

    Runs of people live in the order of their numbers, so that a chunk which several workers share is added up in the
    order it always is. `received` are the bytes that workers received last month, packed."""

    def __init__(self, owner: np.ndarray, halos: Halos):
        self.owner, self.halos, self.received = owner, halos, 0
        # what each worker has of everybody, uint32 (people,)
        self.views = [np.full(len(owner), UNHEARD) for _ in range(int(owner.max()) + 1)]

    def live(self, world: World, month: Month) -> None:
        self.received, runs = 0, []
        for worker, view in enumerate(self.views):
            own, halo = self.owner == worker, self.halos.of(worker)
            message = pack(view[halo], world.seen[halo])  # senders remember what they last sent
            view[halo], view[own] = unpack(view[halo], message), world.seen[own]
            self.received += len(message)
            runs += [(start, stop, view) for start, stop in runs_of(own)]
        for start, stop, view in sorted(runs, key=lambda run: run[0]):
            live(
                start,
                stop,
                world.traits,
                world.state,
                world.events,
                world.ties,
                view,
                world.shown,
                world.offers,
                month,
                world.params,
                world.tally,
                scratch_for(world.offers),
            )


def split_market(scenario: Scenario, workers: int, owner: Owner, seed: int | None = None) -> Market:
    """Build a market that lives on several workers from month 1 on. Everything else is as ever: operators decide once,
    on the sums of all workers.
    """
    market = Market(scenario, seed=seed)
    owners = owner(market, workers)
    market.loop = SplitLoop(owners, halos_of(market, owners))  # type: ignore[assignment]
    return market


def runs_of(own: np.ndarray) -> list[tuple[int, int]]:
    """First and one past the last of each run of people who are a worker's own.

    >>> runs_of(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.r_[False, own, False].astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
