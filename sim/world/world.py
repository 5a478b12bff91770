"""What the next month of a market needs, and nothing else.

Every field is marked by what a fork does with it: `shared` never changes, so that a fork takes the same; `own` changes
from month to month, so that a fork copies it; `scratch` is written anew in every month before it is read, so that a
fork starts with a blank one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np

from agents.draws import LUCK, WORLD, month_key, renewal_of
from agents.member import Member
from agents.operator import Operator
from agents.population import ABSENT, Event, State, Traits, copy_of, operator_of
from agents.tables import Table, float32, int8, int16, kinds_of, table, uint8
from sim.config.rules_of_game import Rules
from sim.world.book import Book
from sim.world.parameters import Parameters
from sim.world.tables import Community, Month, Offers, Place, Standing, Tally


class Note:
    """What operators' databases hold of a customer."""

    operator: int8  # whose customer; -1 for nobody's and for silent lines, which nobody can call
    tenure: int16  # months
    months_left: int16  # of the term
    reference: float32  # reference price, currency/month
    prepaid: uint8
    complained: uint8  # in the last six months
    contacted: uint8  # in the last three


class Snapshot(NamedTuple):
    """What operators' databases held of the sampled people at the end of a month. Never written again."""

    month: int
    notes: Table[Note]  # one row a person
    was_called: np.ndarray  # bool, called in the month after


# --- what a fork does ------------------------------------------------------------------------------------------------


def _same(value: Any) -> Any:
    return value


def _copied(value: Any) -> Any:
    """Return what can be written without the other noticing; what is frozen stays itself."""
    if isinstance(value, np.recarray):
        return copy_of(value)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, Offers):
        return Offers(*(_copied(column) for column in value))
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value.copied() if isinstance(value, Member) else value


def _blank(value: Any) -> Any:
    """Return the same shapes with nothing in them."""
    if isinstance(value, Tally):
        return Tally(*(_blank(sums) for sums in value))
    return np.zeros(value.shape, value.dtype).view(type(value))


def _marked(in_a_fork: Callable[[Any], Any]) -> Any:
    return field(metadata={"in_a_fork": in_a_fork})


def shared() -> Any:
    """Mark what never changes."""
    return _marked(_same)


def own() -> Any:
    """Mark what one month leaves for the next."""
    return _marked(_copied)


def scratch() -> Any:
    """Mark what every month writes anew before it is read."""
    return _marked(_blank)


# --- the world -------------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True, eq=False)
class World:
    """All that the next month needs."""

    # times and rules
    month: int = own()  # lived last; 0 is the last of the burn-in
    world_seed: int = shared()  # of traits, tastes, communities
    luck_seed: int = own()  # of events
    monthly_discount: float = shared()  # rate per month
    params: Parameters = shared()  # every number of `behaviour`
    rules: Rules = own()

    # people
    traits: Table[Traits] = shared()
    ties: np.ndarray = shared()  # int32 (people, ties), row numbers
    churn_hazards: np.ndarray = shared()  # by tenure, per month
    mean_usage: float = shared()  # GB per month, of people as drawn
    state: Table[State] = own()
    seen: np.ndarray = own()  # uint32 (people,), what ties see of each person
    shown: np.ndarray = scratch()  # the same for next month, while this one is lived
    events: Table[Event] = scratch()
    people: list[Member] = own()  # everybody as an object, where the engine is `objects`
    adopters: float = own()  # share of people with an operator

    # operators
    operators: list[Operator] = own()
    focal: int = shared()
    policy: str = own()  # that the focal operator has taken on
    offers: Offers = own()
    last_book: Book | None = own()  # of the month lived last; None before the first
    recorded: np.ndarray = shared()  # row numbers of the people whose records operators keep
    snapshots: list[Snapshot] = own()
    reputation: np.ndarray = own()  # (regions, operators), mean satisfaction
    trust: np.ndarray = own()  # (operators,), mean over customers
    communities: Table[Community] = own()

    # while a month is lived
    outage: np.ndarray = scratch()  # (regions, operators), multiplier of the failure rate
    process: np.ndarray = scratch()  # (operators,), multiplier of the rate of wrong bills
    breach: np.ndarray = scratch()  # (operators,), share of trust lost
    breach_news: np.ndarray = scratch()  # (operators,), hazard of looking around that it adds
    oracle: np.ndarray = scratch()  # float32 (people,), true effect of a call; of nobody where none asks
    tally: Tally = scratch()

    # by hand
    inverts: bool = own()  # add choice probabilities up, to invert appeals
    intervened: bool = own()  # people were moved by hand since the last month

    def fork(self) -> "World":
        """Return a world that goes on from here by itself, as the marks say."""
        return World(**{mark.name: mark.metadata["in_a_fork"](getattr(self, mark.name)) for mark in fields(self)})

    @property
    def world_key(self) -> Any:
        """Key of draws of a lifetime."""
        return np.uint64(month_key(self.world_seed, WORLD, 0))

    @property
    def luck_key(self) -> Any:
        """Key of this month's draws."""
        return np.uint64(month_key(self.luck_seed, LUCK, self.month))

    def this_month(self) -> Month:
        """What everybody shares this month."""
        rules = self.rules
        standings, places = table(Standing, len(self.trust)), table(Place, self.outage.shape)
        for name in kinds_of(Standing):
            standings[name] = getattr(self, name)
        for name in kinds_of(Place):
            places[name] = getattr(self, name)
        return Month(
            self.month,
            self.world_key,
            self.luck_key,
            self.luck_seed,
            self.focal,
            (1.0 + self.monthly_discount) ** -self.month if self.month > 0 else 0.0,
            rules.portability,
            rules.notice,
            rules.sensitivity,
            rules.arrears,
            rules.usage,
            rules.device_news,
            float(self.offers.plans.commission_new.mean()),
            renewal_of(self.month, self.params.choice.shock_months),
            self.adopters,
            self.inverts,
            standings,
            places,
            self.communities,
            self.oracle,
            self.churn_hazards,
        )

    def number_of(self, operator: str) -> int:
        """Code of an operator by its name."""
        return next(number for number, one in enumerate(self.operators) if one.name == operator)

    def plans_of(self, operator: int) -> np.ndarray:
        """Codes of an operator's plans."""
        return np.flatnonzero(self.offers.plans.operator == operator)

    def customers_of(self, operator: int) -> np.ndarray:
        """Row numbers of an operator's customers, int64."""
        return np.flatnonzero(operator_of(self.state.plan, self.offers.plans.operator) == operator)

    def subscribers(self) -> np.ndarray:
        """Subscribers by operator, counted from the people, shape (operators,)."""
        plans = self.state.plan[self.state.plan >= 0]
        return np.bincount(self.offers.plans.operator[plans], minlength=len(self.operators)).astype(float)

    def people_present(self) -> float:
        """People in the market now."""
        return float((self.state.plan != ABSENT).sum())

    def unit_cost(self) -> np.ndarray:
        """Marginal cost by plan at mean usage, currency per subscriber and month."""
        return np.asarray(self.offers.plans.cost + self.offers.plans.cost_per_gb * self.mean_usage)
