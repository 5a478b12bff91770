"""The processes that run markets for the pages: warm worlds kept, results cached, every request bounded."""

import asyncio
import multiprocessing
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, TimeoutError
from typing import Any

from pebble import ProcessExpired, ProcessPool

from sim.app.future import Future
from sim.app.seen import Seen, look
from sim.errors import InputError
from sim.experiments.ending import follow

SECONDS, PATIENCE = 15.0, 180.0  # a request may take; the first, which compiles, may take
QUEUE, CACHED = 32, 256  # requests that may wait; results kept


class RefusedError(Exception):
    """Why a request is not answered, in words for the page."""


class Engines:
    """One or two processes, each with its own warm worlds: a world is always asked of the same one."""

    def __init__(self, processes: int | None = None) -> None:
        count = processes or min(2, max(1, (os.cpu_count() or 1) - 1))
        context = multiprocessing.get_context("spawn")
        self._pools = [
            ProcessPool(max_workers=1, context=context, initializer=follow, initargs=(os.getpid(), False))
            for _ in range(count)
        ]
        self._cache: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self.waiting = 0
        self.is_ready = False

    async def prepare(self) -> None:
        """Let every process compile, or find what was compiled before."""
        opening = Future(months=6, people=200)
        first, *others = self._pools  # the first compiles, the others find it
        await asyncio.wrap_future(first.schedule(look, args=[opening], timeout=PATIENCE))
        await asyncio.gather(*(asyncio.wrap_future(pool.schedule(look, args=[opening])) for pool in others))
        self.is_ready = True

    async def seen(self, future: Future) -> Seen:
        """Return a future beside its twin.

        Raises
        ------
        InputError
            where the market cannot be
        RefusedError
            where too many wait, or it takes too long

        """
        found: Seen = await self.do(look, future, world=(future.scenario, *future.overrides))
        return found

    async def do(self, work: Callable[[Future], Any], future: Future, world: tuple[str, ...]) -> Any:
        """Do a work of this module's kind in the process that has the world; the same work is done once."""
        key = (work.__name__, future.model_dump_json())
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        if self.waiting >= QUEUE:
            raise RefusedError(f"{self.waiting} requests wait already; try again in a moment.")
        self.waiting += 1
        pool = self._pools[hash(world) % len(self._pools)]
        running = pool.schedule(work, args=[future], timeout=SECONDS if self.is_ready else PATIENCE)
        try:
            found = await asyncio.wrap_future(running)
        except (InputError, CancelledError, asyncio.CancelledError):
            running.cancel()  # type: ignore[no-untyped-call]
            raise
        except TimeoutError:
            raise RefusedError(
                f"This took more than {SECONDS:.0f} seconds and was stopped: ask for fewer people or months."
            ) from None
        except ProcessExpired:
            raise RefusedError(
                "The process that runs markets ended; a new one was started. Please try again."
            ) from None
        finally:
            self.waiting -= 1
        self._cache[key] = found
        while len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return found

    def close(self) -> None:
        """End the processes."""
        for pool in self._pools:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()


class Latest:
    """One request in flight, one pending: of what is asked meanwhile, the last wins."""

    def __init__(self, answer: Callable[[Future], Awaitable[None]]) -> None:
        self._answer, self._is_running = answer, False
        self._pending: Future | None = None
        self.runs = 0

    async def ask(self, future: Future) -> None:
        """Answer a future, after the one in flight; returns at once where something is."""
        self._pending = future
        if self._is_running:
            return
        self._is_running = True
        try:
            while self._pending is not None:
                future, self._pending = self._pending, None
                self.runs += 1
                await self._answer(future)
        finally:
            self._is_running = False
