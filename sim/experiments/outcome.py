"""What one arm of an experiment came to: net present value, rates of the last year, money lines and monthly paths."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from agents.exact import product
from sim import kpis
from sim.books.ledger import COSTS, Part, allocated_cash, keeping_margin, money
from sim.books.measures import BASIS, monthly_discount, rates
from sim.config import Scenario
from sim.kpis import mean_of_known, per
from sim.world.tables import LINES, REASONS

if TYPE_CHECKING:
    from sim.market import Market

LAST = 12  # months behind a rate
LASTING = 24  # months behind the value after the horizon: a whole term, with its usual renewals
CHURN = ("churn_voluntary", "churn_involuntary")
FEW = 30  # leavers, of which a churn rate is known to within a third
LEAST_CHURN = 1e-6  # a month, at the end of an interval: nobody is valued for longer than a million months
RATES = ("churn_rate", "arpu", "market_share", "csat")
VALUES = ("npv", "npv_horizon", "npv_terminal", "npv_allocated", "ebitda", "contribution")
WORTH = ("kept_margin", "months_kept", "customer_worth")  # of one customer more
MONEY = ("service_revenue", "device_revenue", *COSTS, "capex")
PATHS = ("subscribers", "market_share", "churn_rate", "arpu", "csat", "ebitda")
PERSONAL = ("retained", "saved", "lost", "net_saved", "cost_per_saved", "retention_cost", "base")
MEASURED = (*VALUES, *RATES, *WORTH, *BASIS, "consumer_surplus", *PERSONAL)  # of an arm, by operator


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
    discount = 1.0 / np.cumprod(np.full(len(books), 1.0 + monthly_discount(scenario.discount_annual)))
    groups = [lines.sum(axis=1), *(np.moveaxis(lines, 1, 0) if by_segment else ())]
    crowds = [people.sum(axis=1), *(np.moveaxis(people, 1, 0) if by_segment else ())]
    opening = groups[0][..., LINES.index("opening")]
    found: dict[str, list[np.ndarray]] = {name: [] for name in (*VALUES, *RATES, *WORTH, *BASIS, "consumer_surplus")}
    outlay = []
    for group, crowd in zip(groups, crowds, strict=True):
        share = np.nan_to_num(per(group[..., LINES.index("opening")], opening))
        for name, value in _values(group, own, Part(share, share[0]), discount, scenario.discount_annual).items():
            found[name].append(value)
        surplus = mean_of_known(per(crowd[:, 2], crowd[:, 0])[-LAST:])
        found["consumer_surplus"].append(np.full(len(market.operator_names), surplus))
        outlay.append(float(product(discount, group[:, focal, LINES.index("retention")])))
    whole = money(groups[0], own)
    totals = np.stack([product(discount, whole[name]) for name in MONEY] + [found["npv_terminal"][0]], axis=1)
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
    group: np.ndarray, own: np.ndarray, part: Part, discount: np.ndarray, annual: float
) -> dict[str, np.ndarray]:
    """Value and rates of one group of people, by operator: npv = horizon + terminal; rates are means over the last 12
    months, of those with somebody to measure.

    Terminal: the operator goes on as in the last 24 months (kpis.going_value): its closing base earns its margin, loses
    its share of leavers and wins as many newcomers at what they cost, and bears what is fixed. Survival is estimated
    from all who left of all who were there at the starts of those months, and never 1 (kpis.churn_of_few).
    """
    books = money(group, own, part)
    monthly = rates(group, own, annual, part)
    horizon = product(discount, books["free_cash_flow"])
    by = {name: group[..., LINES.index(name)][-LASTING:] for name in ("opening", "closing", "gross_adds", *CHURN)}
    earned, exposed = keeping_margin(group, own, part)[-LASTING:], by["opening"].sum(axis=0)
    margin = per(earned.sum(axis=0), by["closing"].sum(axis=0))
    leavers = np.minimum(np.sum([by[name] for name in CHURN], axis=(0, 1)), exposed)
    spent = earned - books["free_cash_flow"][-LASTING:]  # on winning, and what is fixed
    is_open = (by["closing"] > 0.0) | ~(by["closing"] > 0.0).any(axis=0)  # not before an entrant's time
    outlay, joining = ((amount * is_open).sum(axis=0) / is_open.sum(axis=0) for amount in (spent, by["gross_adds"]))

    def terminal(churn: np.ndarray) -> np.ndarray:
        lost = np.where(exposed > 0.0, churn, 1.0)
        value = kpis.going_value(
            by["closing"][-1], np.nan_to_num(margin), lost, joining, outlay, monthly_discount(annual)
        )
        return np.asarray(discount[-1] * np.asarray(value))

    usual = np.asarray(kpis.churn_of_few(leavers, exposed))
    after = terminal(usual)
    ends = np.sort(
        [terminal(np.maximum(churn, LEAST_CHURN)) for churn in kpis.churn_interval(leavers, exposed)], axis=0
    )
    return {
        "npv": horizon + after,
        "npv_horizon": horizon,
        "npv_terminal": after,
        "npv_allocated": product(discount, allocated_cash(group, own)),
        "ebitda": books["ebitda"].sum(axis=0),
        "contribution": books["contribution"].sum(axis=0),
        **{name: mean_of_known(monthly[name][-LAST:]) for name in RATES},
        "kept_margin": margin,
        "months_kept": 1.0 / usual,
        "customer_worth": np.asarray(kpis.clv(margin, 1.0 - usual, monthly_discount(annual), first="next")),
        "months_measured": (by["opening"][-LAST:] > 0.0).sum(axis=0).astype(float),
        "leavers": leavers,
        "terminal_low": ends[0],
        "terminal_high": ends[1],
    }


def terminal_in_words(runs: pd.DataFrame, scenario: Scenario, weight: float) -> list[str]:
    """Say so where the value after the horizon rests on few leavers; runs: leavers, npv_terminal and its ends."""
    from sim.report.formats import counted, money, money_interval

    least = runs.sort_values("leavers", kind="stable").iloc[0] if runs["leavers"].notna().any() else None
    if least is None or least["leavers"] >= FEW:
        return []
    low, high = (float(least[f"terminal_{end}"]) * weight for end in ("low", "high"))
    currency, last = scenario.currency, min(LASTING, scenario.months)
    value = money(float(least["npv_terminal"]) * weight, currency)
    return [
        f"The value after the horizon rests on how many customers left in the last {counted(last, 'month')}, in one run"
        f" only {least['leavers']:.0f} of those simulated: there it is {value}, and what so few tell of churn allows"
        f" {money_interval(low, high, currency)} (95 % interval)."
    ]


def gaps_in_words(rows: pd.DataFrame, by: str, months: int, whose: str = "") -> list[str]:
    """Say of whom there was nobody to measure in some of the months behind rates; rows: `by`, months_measured."""
    last, told = min(LAST, months), []
    for name, measured in rows.groupby(by, sort=False, observed=True)["months_measured"]:
        short = measured[measured < last]
        if short.empty:
            continue
        missing = last - int(short.min())
        up_to, where = ("", "") if len(measured) == 1 else ("up to ", f" in {len(short)} of {len(measured)} runs")
        never = int((short == 0).sum())
        rest = (
            "its rates are empty"
            if never == len(measured)
            else "its rates are means of the other months"
            + (f", and empty in the {never} runs in which it never had any" if never else "")
        )
        told.append(f"{whose}{name} had no customers in {up_to}{missing} of the last {last} months{where}: {rest}.")
    return told


def saved_and_cost(arm: Outcome, first: Outcome, rows: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Compare an arm with the first, person by person, for each group of rows (positions in the base).

    saved: with the focal operator at the horizon here and not there; lost the reverse. The cost is the extra discounted
    retention outlay, and the fees forgone on those who stay in both.
    """
    out: dict[str, list[float]] = {name: [] for name in PERSONAL}
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
            float(len(group)),
        )
        for name, value in zip(PERSONAL, values, strict=True):
            out[name].append(value)
    return {name: np.array(value) for name, value in out.items()}


def reasons_of(outcome: Outcome) -> dict[str, int]:
    """Exits of the focal operator by cause."""
    return {name: int(count) for name, count in zip(REASONS[1:], outcome.reasons[1:], strict=True)}
