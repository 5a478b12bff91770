"""What a finance director asks of a comparison: what does a policy bring in cash and at full cost, what is one more
customer worth, and what does it cost to do nothing.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.config import Scenario
from sim.experiments.design import Design
from sim.experiments.statistics import gaps, half_width, values_among
from sim.experiments.study import Means, run_design
from sim.kpis import per
from sim.report.contract import Comparison

Section = tuple[str, pd.DataFrame, str]  # title, table, caption
YEAR = 12  # months
OF_CASH = ("npv_horizon", "npv_allocated", "npv_terminal", "contribution")
OF_WORTH = ("arpu", "kept_margin", "months_kept", "customer_worth")
SHOCKS = "What doing nothing costs"


def calm(scenario: Scenario) -> Scenario | None:
    """Return the scenario with its shocks put off until after it is over; None where none comes within it.

    Who would enter, or merge, is there all the same, so that both open as one world.
    """
    if not any(shock.month <= scenario.months for shock in scenario.shocks.values()):
        return None
    later = {name: shock.model_copy(update={"month": scenario.months + 1}) for name, shock in scenario.shocks.items()}
    return scenario.model_copy(update={"shocks": later})


def without_shocks(design: Design, means: Means) -> pd.DataFrame:
    """Run the first policy in the same worlds without the scenario's shocks; return the paths, none where no shock
    comes.
    """
    peace = calm(design.bases[0])
    if peace is None:
        return pd.DataFrame()
    arms = design.table.drop_duplicates("replication").reset_index(drop=True)
    found = run_design(Design(arms, (peace,), [0] * len(arms), keep=("runs", "trajectories"), own=design.own), means)
    return found.table("trajectories", ["policy", "response", "replication"])


def finance_sections(result: Comparison) -> list[Section]:
    """Return what a finance director asks, as sections of a report, as far as the result's tables tell it."""
    found = []
    if len(result.policies) > 1 and {*OF_CASH} <= set(result.runs):
        found.append(cash_section(result))
    if {*OF_WORTH} <= set(result.runs) & set(result.segment_runs):
        found.append(worth_section(result))
    if len(_calm(result)):
        found.append(shock_section(result))
    return found


def cash_section(result: Comparison) -> Section:
    """Return what each policy brings above the first: cash within the horizon, at full cost and after it, and what a
    customer-month more contributes.
    """
    first, policies, currency = result.policies[0], result.policies, result.scenario.currency
    wide = {
        name: gaps(values_among(result.runs, result.focal, policies, name).astype(float), first) for name in OF_CASH
    }
    there = _of_first_response(result, result.trajectories).pivot_table(
        index="replication", columns="policy", values="subscribers", aggfunc="sum", observed=True
    )
    more, million = gaps(there[policies].astype(float), first).mean(), result.weight / 1e6
    cash, half = wide["npv_horizon"].mean(), half_width(wide["npv_horizon"])
    table = pd.DataFrame(
        {
            f"cash gained, {currency} m": cash * million,
            "low": (cash - half) * million,
            "high": (cash + half) * million,
            f"at full cost, {currency} m": wide["npv_allocated"].mean() * million,
            f"after the horizon, {currency} m": wide["npv_terminal"].mean() * million,
            "customer-months more, thousand": more * result.weight / 1e3,
            f"contribution of one, {currency}": per(wide["contribution"].mean(), more.clip(lower=0.0)),
        }
    ).drop(index=first)
    caption = (
        f"Against \u201c{first}\u201d, at market size, in today\u2019s money; 95 % intervals. Cash is incremental: what"
        " is fixed is the same under both. At full cost, fixed costs are charged to revenue at the opening\u2019s"
        " rate, as if they grew and shrank with it. Contribution of one: all that the policy changes, what keeping"
        " others costs included, over the customer-months it adds; empty where it adds none."
    )
    return "Cash, and cash at full cost", table.rename_axis("policy"), caption


def worth_section(result: Comparison) -> Section:
    """Return what a customer contributes, how long one is kept and what that is worth, of all and by segment."""
    first, currency, whole = result.policies[0], result.scenario.currency, "all customers"
    own = result.runs[result.runs["operator"] == result.focal].assign(segment=whole)
    rows = pd.concat([_of_first_response(result, own), _of_first_response(result, result.segment_runs)])
    means = rows[rows["policy"] == first].groupby("segment", sort=False, observed=True)[list(OF_WORTH)].mean()
    table = pd.DataFrame(
        {
            f"ARPU, {currency} a month": means["arpu"],
            f"contribution, {currency} a month": means["kept_margin"],
            "of the bill, %": 100.0 * per(means["kept_margin"], means["arpu"]),
            "months kept": means["months_kept"],
            f"worth of one, {currency}": means["customer_worth"],
        }
    )
    caption = (
        f"Under \u201c{first}\u201d, by the last 24 months: revenue less all that varies with customers, before what"
        " winning them costs; 1 over churn; and both together, discounted. A customer more changes no fixed cost."
    )
    return "What one more customer is worth", table.rename_axis("customers"), caption


def shock_section(result: Comparison) -> Section:
    """Return the focal operator's operating profit by year with the scenario's shocks and without them."""
    first, size = result.policies[0], f"{result.scenario.currency} m"
    told, untold = (_by_year(result, frame) for frame in (result.trajectories, _calm(result)))
    cost = (untold - told).dropna()
    half = half_width(cost)
    table = pd.DataFrame(
        {
            f"with them, {size}": told.mean(),
            f"without, {size}": untold.mean(),
            f"they cost, {size}": cost.mean(),
            "low": cost.mean() - half,
            "high": cost.mean() + half,
        }
    ).rename_axis("year")
    words = _shock_in_words(1e6 * table.to_numpy(dtype=float)[:, 2:], result.scenario, first)
    return SHOCKS, table, words


def _calm(result: Comparison) -> pd.DataFrame:
    """Paths of the first policy without shocks; none where no shock comes, or nobody ran them."""
    return pd.DataFrame(getattr(result, "calm", None))


def _of_first_response(result: Comparison, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the focal operator under the response of rivals that was run first."""
    is_chosen = rows["response"] == result.runs["response"].iloc[0]
    return pd.DataFrame(rows[is_chosen & (rows["operator"] == result.focal) if "operator" in rows else is_chosen])


def _by_year(result: Comparison, paths: pd.DataFrame) -> pd.DataFrame:
    """Operating profit under the first policy by world and year, and in all; million of currency at market size."""
    chosen = _of_first_response(result, paths)
    chosen = chosen[chosen["policy"] == result.policies[0]]
    year = (chosen["month"] - 1) // YEAR + 1
    sums = chosen["ebitda"].groupby([chosen["replication"], year]).sum().unstack().astype(float).rename(columns=str)
    return sums.assign(all=sums.sum(axis=1)) * result.weight / 1e6


def _shock_in_words(cost: np.ndarray, scenario: Scenario, policy: str) -> str:
    """Say what the shocks cost the focal operator while it keeps to a policy; cost: mean, low, high, a row a year, then
    in all.
    """
    from sim.report.formats import fixed, listing, money, money_interval

    (mean, low, high), names, currency = cost[-1], listing(scenario.shocks), scenario.currency
    is_gain = mean < 0.0
    if is_gain:
        mean, low, high = -mean, -high, -low
    bounds = f" (95 % interval {money_interval(low, high, currency)})" if np.isfinite(low) else ""
    if np.isfinite(low) and low <= 0.0 <= high:
        return (
            f"Whether what happens from outside ({names}) costs {scenario.focal} operating profit under"
            f" \u201c{policy}\u201d is not told: {money(-mean if is_gain else mean, currency)} in"
            f" {scenario.months} months{bounds}."
        )
    years = listing(fixed(-1e-6 * row[0] if is_gain else 1e-6 * row[0], 1) for row in cost[:-1])
    by_year = f"; by year, {currency} m: {years}" if len(cost) > 2 else ""
    return (
        f"What happens from outside ({names}) {'brings' if is_gain else 'costs'} {scenario.focal}"
        f" {money(mean, currency)} of operating profit in {scenario.months} months under \u201c{policy}\u201d"
        f"{bounds}{by_year}."
    )


def nothing_done(sections: Sequence[Section]) -> list[str]:
    """Return the sentence that says what doing nothing costs, where shocks come."""
    return [caption for title, _, caption in sections if title == SHOCKS]
