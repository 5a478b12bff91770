"""What customers are worth: what they bring, what they might bring, and what they bring through others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import kpis
from sim.analysis.weighing import weigh
from sim.books import relations
from sim.books.measures import monthly_discount
from sim.errors import InputError
from sim.experiments.outcome import CHURN, LAST

if TYPE_CHECKING:
    from sim.market import Market


def customer_value(market: "Market", people: Sequence[int], months: int = 24, each: bool = False) -> pd.DataFrame:
    """Value of customers to their operators now, currency: current, potential and influence value (Kumar et al. 2010).

    current : margin to date, and expected margins at the operator's churn of the last 12 months (customer lifetime
        value, endless horizon)
    potential : more expected margin from the operator's other plans, as she would choose among them, and from its
        bundle
    influence : what her ties bring because they see and hear her: the discounted profit of her operator over `months`
        in the market's future, less that in the same future with her muted. Paired futures share every draw, so nothing
        else differs.

    Parameters
    ----------
    market : a market after at least one month
    people : row numbers of people with an operator
    months : horizon of the paired futures
    each : a pair of futures for every person; otherwise one pair for all of them, whose difference is shared out
        equally

    Returns
    -------
    DataFrame with customer, operator, current, potential, influence

    Raises
    ------
    InputError : somebody has no operator, or no month has been lived

    """
    ids = np.asarray(people, dtype=np.int64)
    if market.world.last_book is None:
        raise InputError("customer_value: the market has not lived a month yet")
    plan = market.state.plan[ids]
    if len(ids) == 0 or (plan < 0).any():
        raise InputError(
            "customer_value: people with an operator are needed (without one:"
            f" {', '.join(map(str, ids[plan < 0][:5])) or 'nobody was named'})"
        )
    operator = market.offers.plans.operator[plan]
    names = np.array(market.operator_names, dtype=object)
    margin = relations.margins(market.world, ids, operator, market.state[ids])
    multiple = _multiple(market)[operator]
    frame = pd.DataFrame({"customer": ids, "operator": names[operator]})
    frame["current"] = market.state.margin[ids] + margin * multiple
    frame["potential"] = (_other_plans(market, ids, operator, plan) + _bundle(market, ids, operator)) * multiple
    groups = [[int(one)] for one in ids] if each else [list(map(int, ids))]
    future = _profit(market.fork(), months)
    gained = [future - _profit(market.fork(mute=group), months) for group in groups]
    frame["influence"] = (
        [gained[row][operator[row]] for row in range(len(ids))]
        if each
        else sum(gained[0][np.unique(operator)]) / len(ids)
    )
    return frame


def _multiple(market: "Market") -> np.ndarray:
    """What a margin of 1 from next month on is worth at each operator's churn of the last 12 months (of the last one
    before month 1), currency, shape (operators,); NaN where it had no customers.
    """
    assert market.world.last_book is not None
    books = market.books[-LAST:] or [market.world.last_book]
    exposed = np.sum([book.line("opening") for book in books], axis=0)
    leavers = np.minimum(np.sum([book.line(name) for book in books for name in CHURN], axis=0), exposed)
    survival = 1.0 - np.asarray(kpis.churn_of_few(leavers, exposed))
    return np.asarray(
        kpis.clv(np.ones_like(survival), survival, monthly_discount(market.scenario.discount_annual), first="next")
    )


def _other_plans(market: "Market", ids: np.ndarray, operator: np.ndarray, plan: np.ndarray) -> np.ndarray:
    """Expected gain of margin from moving among the operator's plans, none if negative, currency per month, shape
    (people,).
    """
    offers, traits, state = market.offers.plans, market.traits[ids], market.state[ids]
    usage = (traits.usage * state.scale * state.wallet)[:, None]
    bills = offers.fee + offers.overage * np.maximum(usage - offers.allowance, 0.0)
    margins = bills - offers.cost - offers.cost_per_gb * usage
    inside = weigh(market.world, ids).probabilities[:, :-1] * (offers.operator[None, :] == operator[:, None])
    expected = (inside / inside.sum(axis=1, keepdims=True) * margins).sum(axis=1)
    return np.asarray(np.maximum(expected - margins[np.arange(len(ids)), plan], 0.0))


def _bundle(market: "Market", ids: np.ndarray, operator: np.ndarray) -> np.ndarray:
    """Margin of the second service for who may still take it within a year, currency per month, shape (people,)."""
    terms = market.offers.terms[operator]
    takes = 1.0 - (1.0 - terms.bundle.uptake) ** 12
    return np.asarray(np.where(market.state.bundled[ids] == 1, 0.0, takes * (terms.bundle.fee - terms.bundle.cost)))


def _profit(future: "Market", months: int) -> np.ndarray:
    """Discounted profit of each operator over the coming months, currency, shape (operators,)."""
    first = future.month
    for _ in range(months):
        future.step()
    ledger = future.ledger.query("month > @first")
    weights = (1.0 + monthly_discount(future.scenario.discount_annual)) ** -(ledger["month"] - first).to_numpy()
    total = (ledger["ebitda"] * weights).groupby(ledger["operator"], sort=False).sum()
    return np.asarray(total[future.operator_names])
