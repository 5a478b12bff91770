"""How a market runs customers as objects: what they all share in a month, and one after the other living it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.tables import plain
from sim.choice import Scratch, scratch_for
from sim.customer import Customer
from sim.errors import InputError
from sim.offers import as_columns
from sim.rows import Columns
from sim.tables import Month, Tally

if TYPE_CHECKING:
    from sim.market import Market


@dataclass
class Shared:
    """What all customers of a market read and write in a month."""

    traits: Columns
    state: Columns
    events: Columns
    ties: np.ndarray  # (people, ties), row numbers
    degree: int  # ties a person has; 0 where ties are off
    seen: np.ndarray  # uint32 (people,), what ties see of each person: last month's
    shown: np.ndarray  # uint32 (people,), the same for next month
    offers: Any  # sim.tables.Offers, its tables as columns
    month: Month
    params: Any  # sim.parameters.Parameters
    tally: Tally
    scratch: Scratch


class Objects:
    """Everybody in a market as objects, in the order of their rows."""

    shared: Shared

    def __init__(self, market: "Market", people: list[Customer]):
        self.people = people
        self.share(market, market.this_month())

    @classmethod
    def of(cls, market: "Market", kind: type[Customer] | None) -> "Objects":
        """Make an object of everybody in a market."""
        return cls(market, [(kind or Customer)(market, number) for number in range(len(market.state))])

    def copied(self, market: "Market") -> "Objects":
        """Return everybody's copy inside another market."""
        twins = [customer.copied() for customer in self.people]
        for twin in twins:
            twin.enter(market)
        return Objects(market, twins)

    def share(self, market: "Market", month: Month) -> None:
        """Put together what customers read and write this month."""
        params = plain(market.params)
        self.shared = Shared(
            Columns(market.traits),
            Columns(market.state),
            Columns(market.events),
            market.ties_array,
            market.ties_array.shape[1] if params.has_ties else 0,
            market.seen,
            market.shown,
            as_columns(market.offers),
            month,
            params,
            market.tally,
            scratch_for(market.offers),
        )

    def live(self, market: "Market", month: Month) -> None:
        """Let everybody live a month, one after the other."""
        self.share(market, month)
        for customer in self.people:
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
