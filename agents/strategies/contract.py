"""What every strategy is: a frozen object that looks at what an operator can see and returns numbers to act on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol

import numpy as np

from agents.block import Block
from agents.learning import Software
from agents.plan import Plan

MOST_LEVERS = 40  # that one operator runs side by side
FEATURES = (
    "one",
    "tenure_years",
    "newcomer",
    "in_term",
    "term_ends",
    "years_left",
    "prepaid",
    "bill_30",
    "complained",
    "contacted",
)


@dataclass(frozen=True)
class Records:
    """An operator's own billing records: a keyed sample of its customers three months ago, and who has left since."""

    features: np.ndarray  # (records, len(FEATURES))
    has_left: np.ndarray  # (records,), bool
    current: np.ndarray  # (records now, len(FEATURES)): the base as it stands
    was_called: np.ndarray  # (records,), bool: called in the month after


@dataclass(frozen=True)
class PlanView:
    """A plan as anybody can read it in the shop, and what it cost at the start."""

    operator: str
    fee: float  # currency per month
    start_fee: float
    allowance: float  # GB per month
    is_prepaid: bool


class ExactReply(Protocol):
    """Answer the profit-maximising fees against given rivals' fees, from exact demand."""

    def __call__(self) -> dict[str, float]:
        """Return fees by plan."""


@dataclass(frozen=True)
class View:
    """What an operator sees when it decides: its books and records, rivals' public prices, market shares."""

    month: int
    name: str
    plans: Mapping[str, PlanView]  # all plans on sale, as met last month, and its own
    unit_cost: Mapping[str, float]  # of its own plans, currency per subscriber and month
    shares: Mapping[str, float]  # of subscribers, by operator
    ledger: Callable[[], Mapping[str, float]]  # its own, last month; empty before the first
    history: tuple[Mapping[str, float], ...]  # its own subscribers and fees relative to rivals, month by month
    records: Callable[[], Records]
    people: float  # in the market, with an operator or without: a census number
    satisfaction: float | None  # mean of its own survey last month, 0 to 1; None where nobody was asked
    wait: float  # mean of its callers last month, minutes
    network_share: float  # what it invests now, share of opening service revenue
    everyone_chooses: bool  # no attention, no inertia: demand is static
    exact_reply: ExactReply
    # by how much a call with a credit, for a term, makes each of its customers less likely to leave, highest first:
    # for an oracle
    true_effects: Callable[[float, int], np.ndarray]
    # its pricing software, trained before use, together with its rivals' where they use the like
    software: Callable[[], Software]

    @property
    def own(self) -> dict[str, PlanView]:
        """Its own plans, by name."""
        return {name: plan for name, plan in self.plans.items() if plan.operator == self.name}

    @property
    def rivals(self) -> dict[str, PlanView]:
        """All other operators' plans, by name."""
        return {name: plan for name, plan in self.plans.items() if plan.operator != self.name}


@dataclass(frozen=True)
class Contact:
    """One round of proactive calls: customers whose score passes the threshold are called this month."""

    weights: tuple[float, ...]  # of FEATURES
    random_weight: float  # of a fresh uniform draw
    threshold: float
    credit: float  # currency, once
    term: int  # months agreed to in return, where no term runs
    cost: float  # currency per contact
    rest: int  # months before the same customer is called again
    depth: float = 0.0  # share of the base aimed at: how often a wrong record hits
    advice: bool = False  # the call recommends her best plan
    upgrade: bool = False  # the credit is a new device
    oracle: bool = False  # the score is the true effect


class Strategy(Block):
    """A strategy's configuration is the strategy."""

    role: ClassVar[str]
    is_repeatable: ClassVar[bool] = False  # whether one operator may run several of this kind
    kind: str

    @property
    def sets(self) -> tuple[str, ...]:
        """What it sets of which an operator has one: its kind, where it may not be repeated."""
        return () if self.is_repeatable else (self.kind,)

    def decide(self, state: Any, view: View) -> "tuple[Any, Action]":
        """Return the next state and this month's action. State is private to the operator and copied by a fork."""
        raise NotImplementedError(f"{type(self).__name__}.decide")


class Pricing(Strategy):
    """Sets fees."""

    role: ClassVar[str] = "pricing"


class Service(Strategy):
    """Sets network and care budgets."""

    role: ClassVar[str] = "service"


class Loyalty(Strategy):
    """Rewards staying; several work side by side."""

    role: ClassVar[str] = "loyalty"


class Retention(Strategy):
    """Acts on customers who may leave; several work side by side."""

    role: ClassVar[str] = "retention"


class PlanTerms(Loyalty):
    """Rewards staying by what the operator's own plans offer to postpaid customers."""

    @property
    def sets(self) -> tuple[str, ...]:
        """Terms of plans, which there is one of."""
        return ("contract",)

    def changed(self, plan: Plan) -> dict[str, float]:
        """Return what a plan offers instead of its own, by name."""
        raise NotImplementedError(f"{type(self).__name__}.changed")


@dataclass(frozen=True)
class Action:
    """What an operator does this month: numbers, and its levers as they run. Neutral where a strategy does not act.

    A lever stands under its kind, and the month reads its own fields. Where an own strategy acts like a shipped lever
    it hands one over: `Action(save_desk=SaveDesk(reach=1.0, credit=40.0))`.
    """

    fees: Mapping[str, float] = field(default_factory=dict)  # plan -> currency per month
    network_share: float | None = None  # of opening service revenue
    care_share: float | None = None  # of service revenue
    # spend on training of care agents and on the back office that works for them, currency per subscriber and month
    training: float = 0.0
    contacts: tuple[Contact, ...] = ()
    back_book: Pricing | None = None
    points: Loyalty | None = None
    tiers: Loyalty | None = None
    tenure_discount: Loyalty | None = None
    contract: PlanTerms | None = None
    bundle: Loyalty | None = None
    group_tariff: Loyalty | None = None
    surprise: Loyalty | None = None
    referral: Loyalty | None = None
    save_desk: Retention | None = None
    onboarding: Retention | None = None
    recovery: Retention | None = None
    win_back: Retention | None = None
    dealer_commission: Retention | None = None

    def beside(self, other: "Action") -> "Action":
        """Combine two strategies' actions; both setting one thing is a fault of the configuration."""
        merged: dict[str, Any] = {}
        for item in fields(self):
            mine, theirs = getattr(self, item.name), getattr(other, item.name)
            neutral = item.default_factory() if callable(item.default_factory) else item.default
            if item.name == "contacts":
                merged[item.name] = mine + theirs
            elif mine != neutral and theirs != neutral:
                raise ValueError(f"two strategies of one operator both set '{item.name}'")
            else:
                merged[item.name] = theirs if mine == neutral else mine
        return Action(**merged)


def check_levers(loyalty: Mapping[str, Strategy], retention: Mapping[str, Strategy], where: str = "") -> None:
    """Refuse two levers that set the same thing: two of one kind, unless that kind may be repeated, two terms of plans,
    or one beside a portfolio that runs its like.
    """
    for role, levers in (("loyalty", loyalty), ("retention", retention)):
        first: dict[str, str] = {}
        for name, lever in levers.items():
            for thing in lever.sets:
                other = first.setdefault(thing, name)
                if other == name:
                    continue
                both = (
                    f"are both of kind '{thing}'"
                    if levers[other].kind == lever.kind == thing
                    else f"both set '{thing}' (kinds '{levers[other].kind}' and '{lever.kind}')"
                )
                raise ValueError(f"{where}{role}.{other} and {role}.{name} {both}; an operator runs one of it")
