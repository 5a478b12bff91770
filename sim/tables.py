"""What the compiled loop reads and writes besides people: parameters, offers, the world of this month, and tallies."""

from collections import namedtuple
from typing import Any, NamedTuple

import numpy as np

from agents.block import Block
from sim.config import Behaviour

CHUNK = 4096  # people whose sums are added first; the same for any block size or thread count
REASONS = (
    "none", "term_end", "bill_shock", "failure", "friend_left", "campaign", "contact", "move", "dissatisfaction", "curiosity", "prospect",
    "default", "lapse", "death", "hazard", "adoption",
)  # fmt: skip
NONE, TERM_END, BILL_SHOCK, FAILURE, FRIEND_LEFT, CAMPAIGN, CONTACT, MOVE, DISSATISFACTION, CURIOSITY, PROSPECT, DEFAULT, LAPSE, DEATH, HAZARD, ADOPTION = range(16)

# One number a segment, operator and month; sums over people.
LINES = (
    "fees", "overage", "device_revenue", "network_cost", "commission_cost", "subsidy_cost", "contact_cost", "credits_cost", "points_cost", "bad_debt_cost",
    "acquisition", "retention", "opening", "closing", "gross_adds", "churn_voluntary", "churn_involuntary", "internal_migrations", "satisfaction", "failures",
    "complaints", "resolved", "attentive", "contacted", "reached", "held", "points_issued", "points_redeemed", "points_expired", "points_outstanding",
)  # fmt: skip
(
    FEES, OVERAGE, DEVICE, NETWORK, COMMISSION, SUBSIDY, CONTACT_COST, CREDITS, POINTS, BAD_DEBT, ACQUISITION, RETENTION, OPENING, CLOSING, ADDS, VOLUNTARY,
    INVOLUNTARY, INTERNAL, SATISFACTION, FAILURES, COMPLAINTS, RESOLVED, ATTENTIVE, CONTACTED, REACHED, HELD, ISSUED, REDEEMED, EXPIRED, OUTSTANDING,
) = range(len(LINES))  # fmt: skip
TENURES = 121  # months of tenure told apart; the last holds all longer ones
MARGIN_BINS, MARGIN_LOW, MARGIN_STEP = 128, -64.0, 2.0  # histogram of margins, currency of a month


def _flat(block: type[Block], prefix: str = "") -> list[str]:
    """Names of all numbers of a block, joined by underscores, in order."""
    names: list[str] = []
    for name, field in block.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Block):
            names += _flat(kind, f"{prefix}{name}_")
        elif kind in (float, int, bool):
            names.append(f"{prefix}{name}")
    return names


PARAMETER_NAMES = _flat(Behaviour)
# Every number of `behaviour` under its YAML path joined by underscores, and the three optional mechanisms.
SWITCHES = ["has_ties", "has_outside", "hazard_kind", "has_adoption", "adoption_innovation", "adoption_imitation"]
Parameters = namedtuple("Parameters", PARAMETER_NAMES + SWITCHES)  # type: ignore[misc]


def parameters_of(behaviour: Behaviour, has_outside: bool) -> Any:
    """Flatten a validated behaviour into the numbers the loop reads."""
    values: dict[str, float] = {}
    for name in PARAMETER_NAMES:
        holder: Any = behaviour
        rest = name
        while rest not in type(holder).model_fields:
            head = next(field for field in type(holder).model_fields if rest.startswith(f"{field}_"))
            holder, rest = getattr(holder, head), rest[len(head) + 1 :]
        values[name] = float(getattr(holder, rest))
    hazard, adoption = behaviour.churn_hazard, behaviour.adoption
    values.update(
        has_ties=bool(behaviour.ties.enabled and behaviour.ties.inside + behaviour.ties.outside > 0),
        has_outside=has_outside,
        hazard_kind=0 if hazard is None else (2 if hazard.distribution == "by_tenure" else 1),
        has_adoption=adoption is not None,
        adoption_innovation=adoption.innovation if adoption else 0.0,
        adoption_imitation=adoption.imitation if adoption else 0.0,
    )
    return Parameters(**values)


class Offers(NamedTuple):
    """What operators offer this month: by plan, shape (plans,), and by operator, shape (operators,)."""

    operator: np.ndarray  # int64, of each plan
    first: np.ndarray  # int64 (operators + 1,), first plan of each operator
    fee: np.ndarray
    allowance: np.ndarray
    overage: np.ndarray
    prepaid: np.ndarray  # uint8
    term: np.ndarray  # int64
    etf: np.ndarray
    subsidy_new: np.ndarray
    subsidy_renewal: np.ndarray
    commission_new: np.ndarray
    commission_renewal: np.ndarray
    cost: np.ndarray
    cost_per_gb: np.ndarray
    appeal: np.ndarray
    eligible: np.ndarray  # uint8 (plans, segments)
    quality: np.ndarray  # (regions, operators)
    care: np.ndarray  # care quality met, 0..1
    resolved: np.ndarray  # share of complaints
    fast: np.ndarray  # share of those
    advertised: np.ndarray
    discount_year: np.ndarray
    discount_cap: np.ndarray
    points_earn: np.ndarray
    points_value: np.ndarray
    points_expiry: np.ndarray
    points_redeem: np.ndarray
    points_minimum: np.ndarray
    points_member_cost: np.ndarray
    points_voluntary: np.ndarray  # uint8
    tier_threshold: np.ndarray  # (operators, 3); infinite where no tier
    tier_perk: np.ndarray  # (operators, 3)
    tier_care: np.ndarray  # (operators, 3)
    tier_cost: np.ndarray
    desk_reach: np.ndarray
    desk_credit: np.ndarray
    desk_term: np.ndarray  # int64
    desk_cost: np.ndarray
    call_operator: np.ndarray  # int64 (campaigns,)
    call_weights: np.ndarray  # (campaigns, features)
    call_random: np.ndarray
    call_threshold: np.ndarray
    call_credit: np.ndarray
    call_term: np.ndarray  # int64
    call_cost: np.ndarray
    call_rest: np.ndarray  # int64


class World(NamedTuple):
    """What everybody shares this month."""

    month: int
    world_key: Any  # uint64, draws of a lifetime
    luck_key: Any  # uint64, draws of this month
    luck_seed: int
    focal: int
    discount: float  # discount factor of this month; 0 in burn-in
    portability: float
    adopters: float  # share of people with an operator at last month's end
    inverts: bool  # add up choice probabilities, to invert appeals
    outage: np.ndarray  # (regions, operators) multiplier of the failure rate
    faults: np.ndarray  # uint16 (communities,), operators with a local fault, by bit
    courted: np.ndarray  # uint16 (communities,), operators with a local campaign
    reputation: np.ndarray  # (regions, operators) mean satisfaction last month
    hazards: np.ndarray  # churn hazard by tenure


class Tally(NamedTuple):
    """Sums over people, one entry a chunk first; added in chunk order afterwards."""

    lines: np.ndarray  # (chunks, segments, operators, LINES)
    ports: np.ndarray  # int64 (chunks, operators + 1, operators + 1)
    reasons: np.ndarray  # int64 (chunks, operators, REASONS)
    tenures: np.ndarray  # int64 (chunks, operators, TENURES, 2): at risk, left
    scores: np.ndarray  # int64 (chunks, operators, 11)
    margins: np.ndarray  # (chunks, operators, MARGIN_BINS, 2): customers, margin
    reputation: np.ndarray  # (chunks, regions, operators, 2): satisfaction, customers
    people: np.ndarray  # (chunks, segments, 3): people, outside, surplus
    inflow: np.ndarray  # (chunks, plans, 4): expected inflow, expected inner moves in, stock, outflow

    def clear(self) -> None:
        """Set all sums to zero."""
        for array in self:
            array[...] = 0


def blank_tally(people: int, segments: int, operators: int, regions: int, plans: int) -> Tally:
    """Tallies for so many people."""
    n = -(-people // CHUNK)
    return Tally(
        np.zeros((n, segments, operators, len(LINES))), np.zeros((n, operators + 1, operators + 1), np.int64), np.zeros((n, operators, len(REASONS)), np.int64),
        np.zeros((n, operators, TENURES, 2), np.int64), np.zeros((n, operators, 11), np.int64), np.zeros((n, operators, MARGIN_BINS, 2)),
        np.zeros((n, regions, operators, 2)), np.zeros((n, segments, 3)), np.zeros((n, plans, 4)),
    )  # fmt: skip
