"""What the compiled loop reads and writes besides people: offers, the month, and tallies."""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from agents.customer.relations import ENDS, PHASES, STAGES
from agents.plan import Plan
from agents.population import State
from agents.rule import step
from agents.strategies import (
    BackBook,
    Bundle,
    GroupTariff,
    Onboarding,
    Points,
    Recovery,
    Referral,
    SaveDesk,
    Surprise,
    TenureDiscount,
    Tiers,
    WinBack,
)
from agents.strategies.contract import Contact
from agents.tables import Table, booked_lines, float64, int64, names_of, uint16

CHUNK = 4096  # people whose sums are added first; the same for any block size or thread count


class Reason(IntEnum):
    """Why she looks around, or leaves; those up to CURIOSITY wake someone with an operator."""

    NONE = 0
    TERM_END = 1
    PROMOTION_END = 2
    BILL_SHOCK = 3
    FAILURE = 4
    FRIEND_LEFT = 5
    CAMPAIGN = 6
    CONTACT = 7
    WIN_BACK = 8
    MOVE = 9
    DISSATISFACTION = 10
    DEVICE = 11
    BREACH = 12
    CURIOSITY = 13
    PROSPECT = 14
    DEFAULT = 15
    LAPSE = 16
    DEATH = 17
    HAZARD = 18
    ADOPTION = 19
    ACCOUNT = 20


class Line(IntEnum):
    """One number a segment, operator and month: sums over people. Columns of `State` that are booked follow these."""

    FEES = 0
    OVERAGE = 1
    DEVICE_REVENUE = 2
    NETWORK_COST = 3
    COMMISSION_COST = 4
    SUBSIDY_COST = 5
    CONTACT_COST = 6
    CREDITS_COST = 7
    POINTS_COST = 8
    BAD_DEBT_COST = 9
    ACQUISITION = 10
    RETENTION = 11
    OPENING = 12
    CLOSING = 13
    GROSS_ADDS = 14
    CHURN_VOLUNTARY = 15
    CHURN_INVOLUNTARY = 16
    INTERNAL_MIGRATIONS = 17
    BRAND_MIGRATIONS = 18
    FAILURES = 19
    COMPLAINTS = 20
    RESOLVED = 21
    ATTENTIVE = 22
    CONTACTED = 23
    REACHED = 24
    HELD = 25
    THREATS = 26
    WON_BACK = 27
    REFERRED = 28
    SECOND_SIMS = 29
    SILENT = 30
    POINTS_ISSUED = 31
    POINTS_REDEEMED = 32
    POINTS_EXPIRED = 33
    ENROLLED = 34
    TRAFFIC = 35


REASONS, LINES = names_of(Reason), (*names_of(Line), *booked_lines(State).values())
WAKING = int(Reason.CURIOSITY)  # reasons 1 to WAKING make someone with an operator look around
TENURES = 121  # months of tenure told apart; the last holds all longer ones
MARGIN_BINS, MARGIN_LOW, MARGIN_STEP = 128, -64.0, 2.0  # histogram of margins, currency of a month


class Offer(Plan):
    """A plan as it is sold this month: its numbers, and in numbers what the plan may leave open."""

    operator: int
    brand: int  # type: ignore[assignment] # code
    allowance: float  # infinite where unlimited
    appeal: float
    short_term: int  # that must be offered beside the term, 0 for none


class Terms:
    """An operator's care, and its levers: each is its own numbers, all 0 where it does not run."""

    care: float64  # care quality met, 0..1
    resolved: float64  # share of complaints
    fast: float64  # share of those
    advertised: float64
    record_error: float64  # share of customers whose record is another's
    levels: int64  # of the club, 0 for none
    back_book: BackBook
    points: Points
    tiers: Tiers
    tenure_discount: TenureDiscount
    bundle: Bundle
    group_tariff: GroupTariff
    surprise: Surprise
    referral: Referral
    save_desk: SaveDesk
    onboarding: Onboarding
    recovery: Recovery
    win_back: WinBack


class Call(Contact):
    """A round of proactive calls, but for its weights, which lie apart."""

    operator: int64


class Offers(NamedTuple):
    """What operators offer this month."""

    plans: Table[Offer]
    terms: Table[Terms]  # one row an operator
    calls: Table[Call]
    call_weights: np.ndarray  # (calls, features)
    first: np.ndarray  # int64 (operators + 1,), first plan of each operator
    eligible: np.ndarray  # uint8 (plans, segments)
    quality: np.ndarray  # (regions, operators)
    tier_threshold: np.ndarray  # (operators, 3); infinite where no tier
    tier_perk: np.ndarray  # (operators, 3)
    tier_care: np.ndarray  # (operators, 3)


class Standing:
    """How an operator stands this month."""

    process: float64  # multiplier of the rate of wrong bills
    breach: float64  # share of trust lost
    breach_news: float64  # hazard of looking around that the breach adds
    trust: float64  # mean over its customers last month


class Place:
    """What an operator is like in a region this month."""

    outage: float64  # multiplier of the failure rate: outages, load, process quality
    reputation: float64  # mean satisfaction last month


class Community:
    """What happens in a community this quarter."""

    faults: uint16  # operators with a local fault, by bit
    courted: uint16  # operators with a local campaign, by bit


class Month(NamedTuple):
    """What everybody shares this month.

    Few tables rather than many columns: each column takes time to compile wherever a step is called. Numbers by
    themselves: machine code works out what follows from them once, not for every person.
    """

    number: int  # 0 is the last of the burn-in
    world_key: Any  # uint64, draws of a lifetime
    luck_key: Any  # uint64, draws of this month
    luck_seed: int
    focal: int
    discount: float  # discount factor of this month; 0 in burn-in
    portability: float
    notice: float  # hazard of looking around in the month a term ends that an end-of-contract notice brings about
    sensitivity: float  # multiplier of price sensitivity
    arrears: float  # multiplier of the default hazard
    usage: float  # multiplier of usage
    device_news: float  # hazard of looking around that a device launch adds
    usual_commission: float  # mean over plans, currency
    renewal: int  # whose held tastes are new this month: those of this `renewal`
    adopters: float  # share of people with an operator at last month's end
    inverts: bool  # add up choice probabilities, to invert appeals
    standings: Table[Standing]  # one row an operator
    places: Table[Place]  # (regions, operators)
    communities: Table[Community]
    oracle: np.ndarray  # float32 (people,) true effect of a contact on leaving, where somebody asks for it
    churn_hazards: np.ndarray  # by tenure, per month


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
    plans: np.ndarray  # int64 (chunks, plans): closing customers
    traffic: np.ndarray  # (chunks, regions, operators): GB
    trust: np.ndarray  # (chunks, operators): sum over closing customers
    stages: np.ndarray  # int64 (chunks, operators + 1, STAGES): lifecycle, for who is with none last
    ends: np.ndarray  # int64 (chunks, operators, ENDS): relations ended
    phases: np.ndarray  # int64 (chunks, operators, PHASES): loyalty
    inflow: np.ndarray  # (chunks, plans, 4): expected inflow, expected inner moves in, stock, outflow

    def clear(self) -> None:
        """Set all sums to zero."""
        for array in self:
            array[...] = 0


@step
def sums_of(tally: Any, chunk: int) -> Any:
    """Sums of one chunk of people, a `Tally` without its first axis."""
    return Tally(
        tally.lines[chunk],
        tally.ports[chunk],
        tally.reasons[chunk],
        tally.tenures[chunk],
        tally.scores[chunk],
        tally.margins[chunk],
        tally.reputation[chunk],
        tally.people[chunk],
        tally.plans[chunk],
        tally.traffic[chunk],
        tally.trust[chunk],
        tally.stages[chunk],
        tally.ends[chunk],
        tally.phases[chunk],
        tally.inflow[chunk],
    )


def blank_tally(people: int, segments: int, operators: int, regions: int, plans: int) -> Tally:
    """Tallies for so many people."""
    n = -(-people // CHUNK)
    return Tally(
        np.zeros((n, segments, operators, len(LINES))),
        np.zeros((n, operators + 1, operators + 1), np.int64),
        np.zeros((n, operators, len(REASONS)), np.int64),
        np.zeros((n, operators, TENURES, 2), np.int64),
        np.zeros((n, operators, 11), np.int64),
        np.zeros((n, operators, MARGIN_BINS, 2)),
        np.zeros((n, regions, operators, 2)),
        np.zeros((n, segments, 3)),
        np.zeros((n, plans), np.int64),
        np.zeros((n, regions, operators)),
        np.zeros((n, operators)),
        np.zeros((n, operators + 1, len(STAGES)), np.int64),
        np.zeros((n, operators, len(ENDS)), np.int64),
        np.zeros((n, operators, len(PHASES)), np.int64),
        np.zeros((n, plans, 4)),
    )
