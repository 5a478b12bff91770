"""What a fork does with each part of the world is what its mark says, in every golden run."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from sim import Market
from sim.world.world import World, own, scratch, shared
from tests.golden.runs import RUNS, Run, world
from tests.golden.tables import differences, read, tables

pytestmark = pytest.mark.golden


def marked(as_mark: Any) -> list[str]:
    """Names of the fields that bear a mark."""
    return [field.name for field in fields(World) if field.metadata == as_mark().metadata]


def bytes_of(value: Any) -> bytes:
    """All that a field holds."""
    return value.tobytes() if hasattr(value, "tobytes") else repr(value).encode()


def spoilt(market: Market) -> Market:
    """Fill all scratch with noise."""
    for name in marked(scratch):
        value = getattr(market.world, name)
        for array in value if isinstance(value, tuple) else [value]:
            np.asarray(array).view(np.uint8)[...] = 0x41
    return market


def test_every_field_is_marked() -> None:
    assert {*marked(shared), *marked(own), *marked(scratch)} == {field.name for field in fields(World)}


@pytest.mark.parametrize("run", RUNS, ids=[run.name for run in RUNS])
def test_months_write_nothing_shared_and_read_no_scratch_of_the_last(run: Run) -> None:
    base = world(run)
    before = {name: bytes_of(getattr(base.world, name)) for name in marked(shared)}
    twin = spoilt(base.fork())
    assert all(getattr(twin.world, name) is getattr(base.world, name) for name in marked(shared))
    assert not list(differences(read(run.folder), tables(twin.run())))
    assert before == {name: bytes_of(getattr(twin.world, name)) for name in marked(shared)}


def test_a_fork_shares_no_memory_that_is_written() -> None:
    base = world(RUNS[0])
    twin = base.fork()
    for name in {*marked(own), *marked(scratch)} - {"last_book"}:  # a closed book is never written
        one, other = getattr(base.world, name), getattr(twin.world, name)
        for first, second in zip(one, other, strict=True) if isinstance(one, tuple | list) else [(one, other)]:
            if isinstance(first, np.ndarray):
                assert not np.shares_memory(first, second), name
    assert not {id(operator) for operator in base.operators} & {id(operator) for operator in twin.operators}
