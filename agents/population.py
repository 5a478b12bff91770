"""Who the customers are: the columns that hold every person, how they are drawn, and a view of one of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from scipy import special

from agents import draws
from agents.draws import WORLD, batches, month_key, uniforms

OUTSIDE, ABSENT, RETIRED = (
    -1,
    -2,
    -3,
)  # plan codes: without operator; not (yet, or any more) in the market; left for good
LONG_AGO = 100  # months since an event that never happened


Traits: TypeAlias = Any  # tables of people, np.recarray, one row a person; columns below
State: TypeAlias = Any
Events: TypeAlias = Any


def table(columns: Mapping[str, Any], rows: int) -> Any:
    """Return an empty table, np.recarray: its columns are read by name (`table.plan`), its rows lie together in memory,
    wide columns first.
    """
    kinds = [np.dtype(kind) for kind in columns.values()]
    widest_first = sorted(range(len(kinds)), key=lambda k: -kinds[k].itemsize)
    offsets, end = [0] * len(kinds), 0
    for k in widest_first:
        offsets[k], end = end, end + kinds[k].itemsize
    widest = kinds[widest_first[0]].itemsize
    row = np.dtype(
        {"names": list(columns), "formats": kinds, "offsets": offsets, "itemsize": -(-end // widest) * widest},
        align=True,
    )
    return np.zeros(rows, row).view(np.recarray)


def copy_of(rows: Any) -> Any:
    """Return a copy of a table, taken as bytes: NumPy copies rows of columns one column at a time."""
    twin = np.empty_like(rows)
    twin.view(np.uint8)[...] = rows.view(np.uint8)
    return twin


def operator_of(plan: np.ndarray, operator_of_plan: np.ndarray) -> np.ndarray:
    """Operator code of people's plans, -1 for those without one, shape of `plan`."""
    return np.where(plan >= 0, operator_of_plan[np.maximum(plan, 0)], -1)


# What never changes, one row a person.
TRAIT_COLUMNS: dict[str, Any] = {
    "segment": np.uint8,
    "region": np.uint8,
    "renewal": np.uint8,  # her turn among the months for which taste shocks are held
    "community": np.int32,
    "account_size": np.uint16,  # members of her account; 1 where she decides alone
    "account_place": np.int32,  # where her account's members begin in `members`, its head first
    "members": np.int32,  # everybody in the order of accounts
    "arrival": np.int16,  # month she comes into the market; very early for those there from the start
    "price_sensitivity": np.float64,  # utils per currency unit
    "usage": np.float32,  # mean GB/month
    "hassle": np.float32,  # currency
    "attention": np.float32,  # multiplier
    "care_weight": np.float32,
    "price_weight": np.float32,
    "social": np.float32,  # multiplier
    "credit_risk": np.float32,  # multiplier
    "deal_proneness": np.float32,  # her own
    "variety": np.float32,  # variety seeking
    "prepaid_taste": np.float32,  # utils
    "hazard": np.float32,  # own churn hazard per month where one is set
}


# What the next month needs, one row a person.
STATE_COLUMNS: dict[str, Any] = {
    "plan": np.int16,  # plan or OUTSIDE, ABSENT, RETIRED
    "previous": np.int8,  # operator before this one, -1 for none
    "joined": np.int16,  # month
    "tenure": np.int16,  # months
    "months_left": np.int16,  # of the term
    "satisfaction": np.float32,
    "expectation": np.float32,
    "commitment": np.float32,
    "trust": np.float32,
    "habit": np.float32,
    "delight": np.float32,  # rewards she has come to expect
    "proneness": np.float32,  # deal proneness now
    "reference": np.float32,  # reference price, currency/month
    "taste": np.float32,  # lasting taste for the present operator, utils
    "leaning": np.float32,  # taste shock for it that is held now, utils; 0 where shocks are drawn anew each month
    "points": np.float64,
    "member": np.uint8,  # in the points programme
    "since_failure": np.int8,  # months
    "since_complaint": np.int8,  # months
    "since_contact": np.int8,  # months
    "credit": np.float32,  # credit offered by a recent contact, currency
    "paid": np.float32,  # discounted bills paid to the focal operator since month 0
    "margin": np.float32,  # margin to date with the present operator, currency
    "scale": np.float32,  # usage over the mean usage she began with
    "promotion_left": np.int8,  # months
    "promotion": np.float32,  # share of the fee spared while it lasts
    "debt": np.float32,  # owed on the device, currency
    "device_age": np.int16,  # months
    "bundled": np.uint8,  # has the second service
    "silent": np.int8,  # months without use
    "second": np.int16,  # plan of the second SIM, -1 for none
    "wallet": np.float32,  # share of usage on the first line
    "vote": np.int8,  # operator a member of an account has spoken for, -1 for none
    "since_left": np.int8,  # months since she left the operator before
    "won_back": np.uint8,  # has returned to an operator she had left
    "referrer": np.int32,  # who brought her, -1 for nobody
    "muted": np.uint8,  # seen by none of her ties, by experiment
}


# What happened this month, for panel and reader; overwritten every month, one row a person.
EVENT_COLUMNS: dict[str, Any] = {
    "happened": np.uint32,  # sim.steps.flags.Flag, one bit each
    "reason": np.int8,  # cause of attention or exit, 0 for none
    "bill": np.float32,  # currency
    "usage": np.float32,  # GB
    "destination": np.int8,  # operator at the end, -1 for none
}


def blank_state(people: int) -> State:
    """Nobody with an operator yet."""
    state = table(STATE_COLUMNS, people)
    state.plan[:] = OUTSIDE
    state.previous[:] = -1
    for column in (state.since_failure, state.since_complaint, state.since_contact, state.since_left):
        column[:] = LONG_AGO
    for column in (state.second, state.vote, state.referrer):
        column[:] = -1
    state.wallet[:] = state.scale[:] = 1.0
    return state


def blank_events(people: int) -> Events:
    """Nothing has happened."""
    events = table(EVENT_COLUMNS, people)
    events.destination[:] = -1
    return events


# --- synthesis -------------------------------------------------------------------------------------------------------


class Recipe(NamedTuple):
    """What synthesis needs to know, all plain: shares, distributions, correlations, sizes."""

    seed: int
    people: int  # rows, arrivals included
    present: int  # of them there from the start
    months: int  # over which the others arrive
    first_month: int
    shares: Sequence[float]  # of segments
    distributions: Sequence[Mapping[str, Any]]  # trait -> distribution, one mapping a segment
    traits: Sequence[str]
    correlations: Mapping[str, float]
    trait_homophily: float
    segment_homophily: float
    regions: Sequence[float]
    community: int  # people
    account_sizes: Sequence[int]
    mean_hassle: float  # currency
    prepaid_taste_sd: float
    hazard: Any  # distribution or None
    shock_months: int  # for which taste shocks are held


def synthesise(recipe: Recipe, given: Mapping[str, np.ndarray] | None = None) -> Traits:
    """Draw everybody's fixed traits; every draw is keyed by person, so one more person changes nobody else.

    Parameters
    ----------
    recipe : what to draw from
    given : segment and region codes of people who come from a file, with their row numbers under "rows"

    """
    key, ids = np.uint64(month_key(recipe.seed, WORLD, 0)), np.arange(recipe.people, dtype=np.int64)
    community = ids // recipe.community
    segment = _segments(recipe, key, ids, community)
    region = _codes(uniforms(key, draws.REGION, community, 0), recipe.regions)
    if given is not None:
        for name, codes in (("segment", segment), ("region", region)):
            if name in given:
                codes[given["rows"]] = given[name]
    traits = table(TRAIT_COLUMNS, recipe.people)
    traits.segment, traits.region, traits.community = segment, region, community
    traits.account_size, traits.account_place, traits.members = account_members(_accounts(recipe, segment, ids))
    for batch in batches(recipe.people):
        _draw_traits(recipe, key, batch, traits[batch[0] : batch[-1] + 1])
    return traits


def _draw_traits(recipe: Recipe, key: Any, ids: np.ndarray, traits: Traits) -> None:
    """Draw what some people are like, given segment and community, in place."""
    normal = _correlated_normals(recipe, key, ids, traits.community)
    for code, distributions in enumerate(recipe.distributions):
        rows = np.flatnonzero(traits.segment == code)
        for number, trait in enumerate(recipe.traits):
            traits[trait][rows] = quantile(distributions[trait], normal[number][rows])
    for name in ("usage", "hassle", "attention", "social", "credit_risk", "variety"):
        traits[name] = np.maximum(traits[name], 0.0)
    for name, most in (("care_weight", 0.5), ("price_weight", 0.5), ("deal_proneness", 1.0)):
        traits[name] = np.clip(traits[name], 0.0, most)
    traits.hassle *= recipe.mean_hassle
    traits.prepaid_taste = recipe.prepaid_taste_sd * special.ndtri(uniforms(key, draws.PREPAID_TASTE, ids, 0))
    if recipe.hazard is not None:
        traits.hazard = quantile(recipe.hazard, special.ndtri(uniforms(key, draws.BETA_HAZARD, ids, 0)))
    traits.arrival, traits.renewal = _arrivals(recipe, key, ids), draws.turns(ids, recipe.shock_months)


def quantile(distribution: Any, normal: np.ndarray) -> np.ndarray:
    """Value of a distribution at the normal scores given: a Gaussian copula keeps any marginal."""
    kind = distribution.distribution
    if kind == "fixed":
        return np.full(len(normal), float(distribution.value))
    if kind == "normal":
        return np.asarray(distribution.mean + distribution.sd * normal)
    if kind == "lognormal":
        return np.asarray(np.exp(distribution.mean_log + distribution.sd_log * normal))
    share = special.ndtr(normal)
    if kind == "uniform":
        return np.asarray(distribution.low + (distribution.high - distribution.low) * share)
    if kind == "beta":
        return np.asarray(special.betaincinv(distribution.alpha, distribution.beta, share))
    return np.zeros(len(normal))  # by_tenure: read from its table, month by month


def _codes(u: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Category of each uniform draw."""
    return np.minimum(np.searchsorted(np.cumsum(shares), u, side="right"), len(shares) - 1).astype(np.uint8)


def _segments(recipe: Recipe, key: Any, ids: np.ndarray, community: np.ndarray) -> np.ndarray:
    """Own segment, or with some probability the community's: shares stay as given, neighbours become alike."""
    own = _codes(uniforms(key, draws.SEGMENT, ids, 0), recipe.shares)
    if recipe.segment_homophily == 0.0 or len(recipe.shares) == 1:
        return own
    shared = _codes(uniforms(key, draws.COMMUNITY_SEGMENT, community, 0), recipe.shares)
    return np.where(uniforms(key, draws.SEGMENT, ids, 1) < recipe.segment_homophily, shared, own).astype(np.uint8)


def _correlated_normals(recipe: Recipe, key: Any, ids: np.ndarray, community: np.ndarray) -> np.ndarray:
    """Normal scores, shape (traits, people): correlated within a person, shared in part within a community."""
    size = len(recipe.traits)
    correlation = np.eye(size)
    for pair, value in recipe.correlations.items():
        first, second = (recipe.traits.index(name) for name in pair.split("~"))
        correlation[first, second] = correlation[second, first] = value
    root = np.linalg.cholesky(correlation)
    drawn = [
        trait
        for trait in range(size)
        if any(mapping[recipe.traits[trait]].distribution != "fixed" for mapping in recipe.distributions)
    ]
    scores = np.zeros((size, len(ids)))
    needed = set(drawn) | {int(other) for trait in drawn for other in np.flatnonzero(root[trait])}
    for trait in sorted(needed):
        own = special.ndtri(uniforms(key, draws.TRAIT, ids, trait))
        if recipe.trait_homophily > 0.0:
            shared = special.ndtri(uniforms(key, draws.COMMUNITY_TRAIT, community, trait))
            own = np.sqrt(recipe.trait_homophily) * shared + np.sqrt(1.0 - recipe.trait_homophily) * own
        scores[trait] = own
    return np.asarray(root @ scores)


def _accounts(recipe: Recipe, segment: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Company accounts: consecutive members of one segment, in groups of the segment's size."""
    account = ids.astype(np.int32)
    for code, size in enumerate(recipe.account_sizes):
        if size > 1:
            rows = np.flatnonzero(segment == code)
            rank = np.arange(len(rows))
            account[rows] = rows[rank - rank % size]
    return account


def account_members(account: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Size of each person's account, where its members begin, and everybody in the order of accounts, shape (people,)
    each.
    """
    members = np.argsort(account, kind="stable")
    _, first, code, count = np.unique(account[members], return_index=True, return_inverse=True, return_counts=True)
    size, place = np.empty(len(account), np.uint16), np.empty(len(account), np.int32)
    size[members], place[members] = count[code], first[code]
    return size, place, members.astype(np.int32)


def account_of(traits: Traits) -> np.ndarray:
    """Number of the head of each person's account, her own where she decides alone, shape (people,)."""
    return np.asarray(traits.members[traits.account_place])


def _arrivals(recipe: Recipe, key: Any, ids: np.ndarray) -> np.ndarray:
    """Month of arrival: before everything for those present, spread evenly for newcomers (keyed,
    the same in all arms).
    """
    month = recipe.first_month + (uniforms(key, draws.ARRIVAL, ids, 0) * max(recipe.months, 1)).astype(np.int64)
    return np.where(ids < recipe.present, -32_000, month).astype(np.int16)


# --- views -----------------------------------------------------------------------------------------------------------


class Customers:
    """The people of a market: columns by name, a frame, and a view of one person by number."""

    def __init__(
        self,
        traits: Traits,
        state: State,
        labels: Mapping[str, Sequence[str]],
        operator_of_plan: np.ndarray,
        leaving_cost: Any,
    ):
        self._traits, self._state, self._labels = traits, state, labels
        self._operator_of_plan, self._leaving_cost = operator_of_plan, leaving_cost

    def __len__(self) -> int:
        return len(self._state.plan)

    def __getattr__(self, name: str) -> np.ndarray:
        for columns in (self.__dict__["_state"], self.__dict__["_traits"]):
            if name in columns.dtype.names:
                return np.asarray(getattr(columns, name))
        raise AttributeError(f"customers have no column '{name}'; known: {', '.join((*STATE_COLUMNS, *TRAIT_COLUMNS))}")

    def __getitem__(self, number: int) -> "Person":
        if not -len(self) <= number < len(self):
            raise IndexError(f"customer {number} of {len(self)}")
        return Person(self, number % len(self))

    @property
    def operator(self) -> np.ndarray:
        """Operator code, -1 for none, shape (people,)."""
        return operator_of(self._state.plan, self._operator_of_plan)

    @property
    def account(self) -> np.ndarray:
        """Number of the head of a person's account, her own where she decides alone, shape (people,)."""
        return account_of(self._traits)

    def switching_cost(self) -> np.ndarray:
        """What leaving would cost each person now, currency, shape (people,); 0 for those without an operator."""
        return np.asarray(self._leaving_cost()[:, 0])

    def switching_cost_parts(self) -> pd.DataFrame:
        """Switching cost by component, currency, one row a person: hassle, termination_fee, device_debt, bundle,
        points.
        """
        total, *parts = self._leaving_cost().T
        frame = pd.DataFrame(dict(zip(("hassle", "termination_fee", "device_debt", "bundle"), parts, strict=True)))
        return frame.assign(points=total - frame.sum(axis=1))

    def to_frame(self) -> pd.DataFrame:
        """One row a person, with labels; `outside` for no operator. People not (or no longer) in the market are left
        out.
        """
        frame = pd.DataFrame(
            {name: columns[name].copy() for columns in (self._traits, self._state) for name in columns.dtype.names}
        )
        names = np.array([*self._labels["operator"], "outside"], dtype=object)
        plans = np.array([*self._labels["plan"], "outside"], dtype=object)
        frame["operator"], frame["plan"] = names[self.operator], plans[np.maximum(self._state.plan, -1)]
        frame["previous"] = np.array([*self._labels["operator"], "none"], dtype=object)[self._state.previous]
        for name in ("segment", "region"):
            frame[name] = np.array(self._labels[name], dtype=object)[frame[name]]
        frame["account"], frame["switching_cost"] = self.account, self.switching_cost()
        frame.insert(0, "customer", np.arange(len(self)))
        return pd.DataFrame(frame.loc[self._state.plan != ABSENT].reset_index(drop=True))


class Person:
    """One person, read attribute by attribute."""

    def __init__(self, customers: Customers, number: int):
        self._customers, self.id = customers, number

    def __getattr__(self, name: str) -> Any:
        customers = self.__dict__["_customers"]
        if name in ("operator", "plan", "segment", "region"):
            code = int(getattr(customers, name)[self.__dict__["id"]])
            return customers._labels[name][code] if code >= 0 else "outside"
        return getattr(customers, name)[self.__dict__["id"]].item()

    def __repr__(self) -> str:
        return f"Person({self.id}: {self.plan}, tenure {self.tenure}, satisfaction {self.satisfaction:.2f})"
