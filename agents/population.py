"""Who the customers are: the columns that hold every person, each with its life, and a view of one of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from agents.tables import (
    WORKED_OUT,
    Row,
    Table,
    column,
    float32,
    float64,
    int8,
    int16,
    int32,
    kinds_of,
    room_in,
    table,
    uint8,
    uint16,
    uint32,
    values_on,
)

# plan codes: without operator; not (yet, or any more) in the market; left for good
OUTSIDE, ABSENT, RETIRED = -1, -2, -3
LONG_AGO = 100  # months since an event that never happened


def copy_of(rows: Any) -> Any:
    """Return a copy of a table, taken as bytes: NumPy copies rows of columns one column at a time."""
    twin = np.empty_like(rows)
    twin.view(np.uint8)[...] = rows.view(np.uint8)
    return twin


def operator_of(plan: np.ndarray, operator_of_plan: np.ndarray) -> np.ndarray:
    """Operator code of people's plans, -1 for those without one, shape of `plan`."""
    return np.where(plan >= 0, operator_of_plan[np.maximum(plan, 0)], -1)


class Traits:
    """What never changes of a person."""

    segment: uint8
    region: uint8
    renewal: uint8  # her turn among the months for which taste shocks are held
    community: int32
    account_size: uint16  # members of her account; 1 where she decides alone
    account_place: int32  # where her account's members begin in `members`, its head first
    members: int32  # everybody in the order of accounts
    arrival: int16  # month she comes into the market; very early for those there from the start
    price_sensitivity: float64 = column(panel="truth")  # utils per currency unit
    usage: float32  # mean GB/month
    hassle: float32 = column(panel="truth")  # currency
    attention: float32 = column(panel="truth")  # multiplier
    care_weight: float32 = column(panel="truth")
    price_weight: float32 = column(panel="truth")
    social: float32 = column(panel="truth")  # multiplier
    credit_risk: float32 = column(panel="truth")  # multiplier
    deal_proneness: float32 = column(panel="truth")  # her own
    variety: float32 = column(panel="truth")  # variety seeking
    prepaid_taste: float32  # utils
    hazard: float32  # own churn hazard per month where one is set


MOST_SEGMENTS, MOST_REGIONS = room_in(Traits, "segment"), room_in(Traits, "region")


class State:
    """What the next month needs of a person."""

    # plan or OUTSIDE, ABSENT, RETIRED
    plan: int16 = column(opens=OUTSIDE, joins=WORKED_OUT, outside=OUTSIDE, moves=WORKED_OUT, panel="plain")
    # operator before this one, -1 for none
    previous: int8 = column(opens=-1, joins=WORKED_OUT, outside=WORKED_OUT, moves=WORKED_OUT, panel="plain")
    joined: int16 = column(joins=WORKED_OUT, panel="plain")  # month
    tenure: int16 = column(joins=0, panel="plain")  # months
    months_left: int16 = column(joins=WORKED_OUT, leaves=0, moves=WORKED_OUT, panel="plain")  # of the term
    etf: float32 = column(joins=WORKED_OUT, leaves=0.0)  # agreed to, currency per month left
    satisfaction: float32 = column(joins=WORKED_OUT, booked="satisfaction", panel="truth")
    expectation: float32 = column(joins=WORKED_OUT, booked="expectation", measured="expectation", panel="truth")
    commitment: float32 = column(joins=WORKED_OUT, booked="commitment", measured="affective commitment", panel="truth")
    trust: float32 = column(joins=WORKED_OUT, booked="trust", measured="trust", panel="truth")
    habit: float32 = column(joins=0.0, booked="habit", measured="habit", panel="truth")
    delight: float32 = column(joins=0.0)  # rewards she has come to expect
    proneness: float32 = column(booked="deal_proneness", measured="deal proneness", panel="truth")  # deal proneness now
    reference: float32 = column(joins=WORKED_OUT, panel="plain")  # reference price, currency/month
    # lasting taste for the present operator, utils
    taste: float32 = column(joins=WORKED_OUT, moves=WORKED_OUT)
    # taste shock for it that is held now, utils; 0 where shocks are drawn anew each month
    leaning: float32 = column(joins=WORKED_OUT, moves=WORKED_OUT)
    points: float64 = column(joins=0.0, leaves=0.0, moves=0.0, booked="points_outstanding", panel="plain")
    member: uint8 = column(joins=0, leaves=0, moves=0)  # in the points programme
    since_failure: int8 = column(opens=LONG_AGO, joins=LONG_AGO)  # months
    since_complaint: int8 = column(opens=LONG_AGO, joins=LONG_AGO)  # months
    since_contact: int8 = column(opens=LONG_AGO, joins=LONG_AGO)  # months
    credit: float32 = column(joins=0.0, leaves=0.0)  # credit offered by a recent contact, currency
    paid: float32 = column()  # discounted bills paid to the focal operator since month 0
    margin: float32 = column(joins=0.0)  # margin to date with the present operator, currency
    scale: float32 = column(opens=1.0)  # usage over the mean usage she began with
    promotion_left: int8 = column(joins=WORKED_OUT, leaves=0)  # months
    promotion: float32 = column(joins=WORKED_OUT)  # share of the fee spared while it lasts
    debt: float32 = column(joins=WORKED_OUT, leaves=0.0)  # owed on the device, currency
    device_age: int16 = column(joins=WORKED_OUT)  # months
    bundled: uint8 = column(joins=0, leaves=0, moves=0, booked="bundles")  # has the second service
    silent: int8 = column(joins=0, leaves=0)  # months without use
    second: int16 = column(opens=-1, joins=WORKED_OUT, outside=-1)  # plan of the second SIM, -1 for none
    # share of usage on the first line
    wallet: float32 = column(opens=1.0, joins=WORKED_OUT, outside=1.0, booked="wallet", panel="truth")
    # operator a member of an account has spoken for, -1 for none
    vote: int8 = column(opens=-1, joins=-1, leaves=-1, moves=WORKED_OUT)
    # months since she left the operator before
    since_left: int8 = column(opens=LONG_AGO, joins=WORKED_OUT, outside=WORKED_OUT)
    won_back: uint8 = column(joins=WORKED_OUT)  # has returned to an operator she had left
    referrer: int32 = column(opens=-1, joins=-1, panel="plain")  # who brought her, -1 for nobody
    muted: uint8 = column()  # seen by none of her ties, by experiment


class Event:
    """What happened to a person this month, for panel and reader; begun anew every month."""

    happened: uint32 = column()  # sim.steps.flags.Flag, one bit each
    reason: int8 = column()  # of attention or exit, 0 for none
    bill: float32 = column(opens=0.0)  # currency
    usage: float32 = column(opens=0.0)  # GB
    destination: int8 = column(opens=-1)  # operator at the end, -1 for none


def opened(rows: type[Row], people: int) -> Table[Row]:
    """Return a table of people as its columns say they are at first."""
    made = table(rows, people)
    for name, value in values_on(rows, "opens").items():
        made[name][:] = value
    return made


def account_of(traits: Table[Traits]) -> np.ndarray:
    """Number of the head of each person's account, her own where she decides alone, shape (people,)."""
    return np.asarray(traits.members[traits.account_place])


def read_only(column: np.ndarray) -> np.ndarray:
    """Return a view that refuses to be written to."""
    view = column.view()
    view.flags.writeable = False
    return view


# --- views -----------------------------------------------------------------------------------------------------------


class Customers:
    """The people of a market: columns by name, a frame, and a view of one person by number.

    A column is a view that nobody can write to: nothing is copied, and a market is changed by `fork` alone.
    """

    def __init__(
        self,
        traits: Table[Traits],
        state: Table[State],
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
                return read_only(np.asarray(getattr(columns, name)))
        known = ", ".join((*kinds_of(State), *kinds_of(Traits)))
        raise AttributeError(f"customers have no column '{name}'; known: {known}")

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
