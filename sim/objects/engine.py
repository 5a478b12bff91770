"""How a market runs customers as objects: what they all share in a month, and one after the other living it."""

from typing import Any, cast

from agents.tables import plain
from sim.errors import InputError
from sim.objects.customer import Customer, Shared
from sim.steps.turn import Others
from sim.steps.weighing import scratch_for
from sim.world.offers import as_columns
from sim.world.rows import Columns
from sim.world.tables import Month
from sim.world.world import World


def share(world: World, month: Month) -> list[Customer]:
    """Hand everybody what all read and write this month; return them in the order of their rows."""
    params: Any = plain(world.params)
    shared = Shared(
        Columns(world.traits),
        Columns(world.state),
        Columns(world.events),
        Others(world.ties, world.seen, world.traits.members),
        world.ties.shape[1] if params.has_ties else 0,
        world.shown,
        as_columns(world.offers),
        as_columns(month),
        params,
        world.tally,
        scratch_for(world.offers),
    )
    everybody = cast(list[Customer], world.people)
    for customer in everybody:
        customer.shared = shared
    return everybody


def live_as_objects(world: World, month: Month) -> None:
    """Let everybody live a month, one after the other."""
    for customer in share(world, month):
        customer.step()


def check_customer(kind: Any, engine: str) -> None:
    """Refuse a class of customers that is none, or that the engine would not use."""
    if kind is None:
        return
    if not (isinstance(kind, type) and issubclass(kind, Customer)):
        raise InputError(f"customer: must be a subclass of sim.Customer (got {getattr(kind, '__name__', repr(kind))})")
    if engine != "objects":
        raise InputError(
            f"customer={kind.__name__}: needs engine=objects (got engine={engine}), or a fork:"
            f" market.fork(customer={kind.__name__}); machine code over columns calls no methods"
        )
