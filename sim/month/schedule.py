"""In which order a month goes: shocks, decisions, networks and care, customers, books."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sim.books.books import Books
from sim.config import Scenario
from sim.month import records
from sim.month.decisions import decide, run_networks, run_service
from sim.month.futures import mirror
from sim.month.live import draw_local_events, live
from sim.month.shocks import shock_world
from sim.objects.engine import live_as_objects
from sim.steps.weighing import scratch_for
from sim.world.book import Book, check_identities, close_book
from sim.world.tables import CHUNK, Month
from sim.world.world import World


@dataclass(frozen=True)
class Loop:
    """How machine code goes through everybody; neither threads nor blocks ever change a number."""

    threads: int
    block: int  # customers a thread takes at a time, a multiple of CHUNK

    def live(self, world: World, month: Month) -> None:
        """Let everybody live the month."""
        people = len(world.state)
        # four blocks a thread, so that none waits long for the others
        fair = -(-people // (4 * self.threads * CHUNK)) * CHUNK
        size = min(self.block, fair) if self.threads > 1 else self.block
        starts = range(0, people, size)

        def block(start: int) -> None:
            live(
                start,
                min(start + size, people),
                world.traits,
                world.state,
                world.events,
                world.ties,
                world.seen,
                world.shown,
                world.offers,
                month,
                world.params,
                world.tally,
                scratch_for(world.offers),
            )

        if self.threads == 1 or len(starts) == 1:
            for start in starts:
                block(start)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(block, starts))


def live_month(scenario: Scenario, world: World, books: Books, loop: Loop) -> None:
    """One month, in this order.

    1. Shocks due change the world and the rules of the game.
    2. Rivals that mirror the focal operator take on its policy; operators decide, all at once, on what they saw last
       month.
    3. Networks and care centres run under last month's load.
    4. Customers live, everyone reading last month's world: usage, experience, attention, choice, accounts, second SIMs.
    5. The population turns over (inside the same pass: exits and arrivals are keyed, the same in all arms).
    6. Books close: identities are checked, panel and records noted, relations assessed, what all see next month
       refreshed.
    """
    weight = scenario.market_size / scenario.customers.count
    world.month += 1
    shock_world(scenario, world)
    mirror(scenario, world)
    decide(scenario, world)
    books.note_before(world)
    load = run_networks(world, weight)
    own = run_service(world, weight, load)
    _live(world, loop)
    close(world, own)
    books.note_after(world)


def _live(world: World, loop: Loop) -> None:
    """Let everybody live the month, by machine code or as objects."""
    world.tally.clear()
    month = world.this_month()
    draw_local_events(month, world.params)
    if world.people:
        live_as_objects(world, month)
    else:
        loop.live(world, month)
    world.seen, world.shown = world.shown, world.seen


def close(world: World, own: np.ndarray) -> Book:
    """Close the month's books, and note what the next month reads of it; own: what only operators know, (operators,
    OWN).
    """
    book, tally = close_book(world.month, world.tally, own), world.tally
    check_identities(book, world.last_book, world.intervened)
    world.last_book, world.intervened = book, False
    sums = tally.reputation.sum(axis=0)
    np.divide(sums[:, :, 0], sums[:, :, 1], out=world.reputation, where=sums[:, :, 1] > 0.0)
    closing = book.line("closing")
    np.divide(tally.trust.sum(axis=0), closing, out=world.trust, where=closing > 0.0)
    people, outside = book.people[:, :2].sum(axis=0)
    world.adopters = float(1.0 - outside / people) if people else 0.0
    records.note_calls(world)
    if world.month % records.EVERY == 0 and world.month >= -records.EVERY:
        world.snapshots = [*world.snapshots[-2:], records.snapshot(world)]
    return book
