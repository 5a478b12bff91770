"""People of one market may live on several machines: their own rows and a halo of what ties see are enough, to the last
bit.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.split import FELT, UNHEARD, Halos, Owner, by_number, by_region, halos_of, pack, split_market, unpack
from sim import Market
from sim.world.tables import CHUNK
from tests.properties.builders import assert_same, differing, small, tables

pytestmark = pytest.mark.properties

SIZE = {"customers": 10_000, "months": 3}  # three chunks
SCENARIO = small(**SIZE, name="europe_three")


@pytest.fixture(scope="module")
def whole() -> Market:
    return Market(SCENARIO).run()


@pytest.mark.parametrize("owner", [by_number, by_region])
def test_workers_that_see_their_own_people_and_their_halo_give_the_same_market(owner: Owner, whole: Market) -> None:
    split = split_market(SCENARIO, 3, owner).run()
    assert_same(tables(whole), tables(split))
    assert np.array_equal(whole.world.seen, split.world.seen)
    loop = split.loop
    unheard = [set(np.flatnonzero(loop.owner != worker)) - set(loop.halos.of(worker)) for worker in range(3)]
    assert all(unheard)  # there are people of whom a worker never hears
    assert all((view[list(missing)] == UNHEARD).all() for view, missing in zip(loop.views, unheard, strict=True))


def test_without_their_halo_they_do_not(whole: Market) -> None:
    deaf = split_market(SCENARIO, 3, by_region)
    deaf.loop.halos = Halos(deaf.loop.halos.worker[:0], deaf.loop.halos.person[:0], 0.0, 0.0, 0)
    assert "kpis" in differing(tables(whole), tables(deaf.run()))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_split_by_number_keeps_chunks_whole_and_one_by_region_communities(workers: int, whole: Market) -> None:
    chunk, community = np.arange(len(whole.state)) // CHUNK, whole.traits.community
    for owner, group in ((by_number(whole, workers), chunk), (by_region(whole, workers), community)):
        assert len(np.unique(np.c_[owner, group], axis=0)) == len(np.unique(group))
        assert set(owner) == set(range(workers))


def test_a_halo_is_what_ties_and_accounts_reach_beyond_the_worker(whole: Market) -> None:
    owner = by_region(whole, 3)
    halos = halos_of(whole, owner)
    account = whole.customers.account
    for worker in range(3):
        own = owner == worker
        needed = set(whole.world.ties[own].ravel()) | set(np.flatnonzero(np.isin(account, account[own])))
        assert set(halos.of(worker)) == needed - set(np.flatnonzero(own))
    across = owner[whole.world.ties] != owner[:, None]
    assert halos.ties_across == across.mean()
    assert len(halos_of(whole, np.zeros(len(owner), np.int64)).person) == 0


ENTRIES = st.integers(0, 40).flatmap(
    lambda size: st.tuples(
        *[arrays(np.uint32, size, elements=st.sampled_from([0, 7, 5 << 16, 7 | 9 << 16, (1 << 29) - 1]))] * 2
    )
)


@given(ENTRIES)
def test_what_is_packed_is_unpacked(entries: tuple[np.ndarray, np.ndarray]) -> None:
    old, new = entries
    message = pack(old, new)
    assert np.array_equal(unpack(old, message), new)
    changed = old != new
    felt = changed & ((old | FELT) == (new | FELT))
    assert len(message) == -(-len(old) // 8) - (-changed.sum() // 8) + felt.sum() + 4 * (changed & ~felt).sum()
