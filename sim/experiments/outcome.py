"""What one arm of an experiment came to: net present value, rates of the last year, money lines and monthly paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim import kpis
from sim.ledger import COSTS, keeping_margin, money
from sim.measures import monthly_discount, rates
from sim.tables import LINES, REASONS

if TYPE_CHECKING:
    from sim.market import Market

LAST = 12  # months behind a rate
RATES = ("churn_rate", "arpu", "market_share", "csat")
VALUES = ("npv", "npv_horizon", "npv_terminal", "ebitda")
MONEY = ("service_revenue", "device_revenue", *COSTS, "capex")
PATHS = ("subscribers", "market_share", "churn_rate", "arpu", "csat", "ebitda")


@dataclass(frozen=True)
class Outcome:
    """One arm. Money in currency of the simulated market; groups are all people, then each segment."""

    values: dict[str, np.ndarray]  # measure -> (groups, operators); consumer_surplus the same for all operators
    money: np.ndarray  # (operators, MONEY + terminal value), discounted over the horizon
    paths: dict[str, np.ndarray]  # measure -> (months, operators)
    flow: np.ndarray  # (months,) discounted free cash flow of the focal operator
    outlay: np.ndarray  # (groups,) discounted retention outlay of the focal operator
    reasons: np.ndarray  # (REASONS,) exits of the focal operator
    stayed: np.ndarray  # bool, of the focal operator's customers at the fork: with it at the horizon
    paid: np.ndarray  # float32, discounted bills they paid it


def outcome_of(market: "Market", base: np.ndarray, by_segment: bool = True) -> Outcome:
    """Measure a market that has run to its horizon; base: rows of the focal operator's customers at the fork."""
    scenario = market.scenario
    books = [book for book in market.books if book.month > 0]
    lines = np.stack([book.lines for book in books])  # (months, segments, operators, LINES)
    own = np.stack([book.own for book in books])
    people = np.stack([book.people for book in books])
    focal = market.operator_names.index(scenario.focal)
    discount = (1.0 + monthly_discount(scenario.discount_annual)) ** -np.arange(1, len(books) + 1)
    groups = [lines.sum(axis=1), *(np.moveaxis(lines, 1, 0) if by_segment else ())]
    crowds = [people.sum(axis=1), *(np.moveaxis(people, 1, 0) if by_segment else ())]
    opening = groups[0][..., LINES.index("opening")]
    found: dict[str, list[np.ndarray]] = {name: [] for name in (*VALUES, *RATES, "consumer_surplus")}
    outlay = []
    for group, crowd in zip(groups, crowds, strict=True):
        share = np.divide(group[..., LINES.index("opening")], opening, out=np.zeros_like(opening), where=opening > 0.0)
        for name, value in _values(group, own, share, discount, scenario.discount_annual).items():
            found[name].append(value)
        with np.errstate(divide="ignore", invalid="ignore"):
            surplus = (crowd[:, 2] / crowd[:, 0])[-LAST:].mean()
        found["consumer_surplus"].append(np.full(len(market.operator_names), surplus))
        outlay.append(float(discount @ group[:, focal, LINES.index("retention")]))
    whole = money(groups[0], own)
    totals = np.stack([discount @ whole[name] for name in MONEY] + [found["npv_terminal"][0]], axis=1)
    paths = rates(groups[0], own, scenario.discount_annual)
    reasons = np.sum([book.reasons[focal] for book in books], axis=0)
    stayed = market.customers.operator[base] == focal
    return Outcome(
        {name: np.stack(value) for name, value in found.items()},
        totals,
        {name: paths[name] for name in PATHS},
        discount * whole["free_cash_flow"][:, focal],
        np.array(outlay),
        reasons,
        stayed,
        market.state.paid[base].copy(),
    )


def _values(
    group: np.ndarray, own: np.ndarray, share: np.ndarray, discount: np.ndarray, annual: float
) -> dict[str, np.ndarray]:
    """Value and rates of one group of people, by operator: npv = horizon + terminal.

    Terminal: the closing base's margin of the last 12 months over its observed survival, less points liability.
    """
    books = money(group, own, share)
    monthly = rates(group, own, annual, share)
    horizon = discount @ books["free_cash_flow"]
    closing = group[..., LINES.index("closing")][-LAST:]
    kept = (keeping_margin(group, own, share) - books["capex"])[-LAST:].sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.nan_to_num(kept / closing.sum(axis=0))
        last = {name: np.nan_to_num(monthly[name][-LAST:]).mean(axis=0) for name in RATES}
    retention = 1.0 - np.clip(last["churn_rate"], 0.0, 1.0)
    multiple = np.asarray(
        kpis.clv(np.ones_like(retention), retention, max(monthly_discount(annual), 1e-9), first="next")
    )
    terminal = discount[-1] * (closing[-1] * margin * multiple - books["points_liability"][-1])
    return {
        "npv": horizon + terminal,
        "npv_horizon": horizon,
        "npv_terminal": terminal,
        "ebitda": books["ebitda"].sum(axis=0),
        **last,
    }


def saved_and_cost(arm: Outcome, first: Outcome, rows: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Compare an arm with the first, person by person, for each group of rows (positions in the base).

    saved: with the focal operator at the horizon here and not there; lost the reverse. The cost is the extra discounted
    retention outlay, and the fees forgone on those who stay in both.
    """
    names = ("retained", "saved", "lost", "net_saved", "cost_per_saved", "retention_cost")
    out: dict[str, list[float]] = {name: [] for name in names}
    for number, group in enumerate(rows):
        here, there = arm.stayed[group], first.stayed[group]
        saved, lost = float((here & ~there).sum()), float((there & ~here).sum())
        both = here & there
        forgone = max(0.0, float((first.paid[group][both].astype(float) - arm.paid[group][both]).sum()))
        cost = arm.outlay[number] - first.outlay[number] + forgone
        values = (
            float(here.mean()) if len(group) else np.nan,
            saved,
            lost,
            saved - lost,
            cost / (saved - lost) if saved > lost else np.nan,
            cost,
        )
        for name, value in zip(names, values, strict=True):
            out[name].append(value)
    return {name: np.array(value) for name, value in out.items()}


def reasons_of(outcome: Outcome) -> dict[str, int]:
    """Exits of the focal operator by cause."""
    return {name: int(count) for name, count in zip(REASONS[1:], outcome.reasons[1:], strict=True)}
