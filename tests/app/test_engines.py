"""Requests of pages are bounded, done once, and the last of many wins."""

import asyncio
import time
from typing import Any

import pytest

from sim.app.engines import QUEUE, Engines, Latest, RefusedError
from sim.app.future import Future

SMALL = Future(people=200, months=6)


def slowly(future: Future) -> str:
    time.sleep(60)
    return future.scenario


def ended(future: Future) -> str:
    import os

    os._exit(3)


def counted(future: Future) -> float:
    return time.monotonic()


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("sim.app.engines.SECONDS", 1.0)
    made = Engines(1)
    made.is_ready = True
    yield made
    made.close()


def test_what_takes_too_long_is_stopped_and_the_next_is_answered(engines: Engines) -> None:
    async def ask() -> None:
        with pytest.raises(RefusedError, match="fewer people or months"):
            await engines.do(slowly, SMALL, ("a",))
        with pytest.raises(RefusedError, match="new one was started"):
            await engines.do(ended, SMALL, ("a",))
        engines.is_ready = False  # a process that has to start has more time
        first = await engines.do(counted, SMALL, ("a",))
        assert await engines.do(counted, SMALL, ("a",)) == first  # the same work is done once
        assert await engines.do(counted, SMALL.model_copy(update={"seed": 2}), ("a",)) > first

    asyncio.run(ask())


def test_a_full_queue_refuses(engines: Engines) -> None:
    engines.waiting = QUEUE
    with pytest.raises(RefusedError, match=f"{QUEUE} requests wait"):
        asyncio.run(engines.do(counted, SMALL, ("a",)))


def test_who_leaves_frees_the_process(engines: Engines) -> None:
    async def ask() -> float:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(engines.do(slowly, SMALL, ("a",)), 0.3)
        began = time.monotonic()
        engines.is_ready = False
        await engines.do(counted, SMALL, ("a",))
        return time.monotonic() - began

    assert asyncio.run(ask()) < 50.0  # not after the minute that was asked for
    assert engines.waiting == 0


def test_of_thirty_quick_changes_two_are_run_and_the_last_is_shown() -> None:
    shown: list[int] = []

    async def answer(future: Future) -> None:
        await asyncio.sleep(0.01)
        shown.append(future.seed)

    async def ask() -> None:
        latest = Latest(answer)
        await asyncio.gather(*(latest.ask(Future(seed=seed)) for seed in range(30)))

    asyncio.run(ask())
    assert shown == [0, 29]
