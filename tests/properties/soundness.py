"""What must hold of any market that has run, recomputed from its tables and its people: each broken claim is one
sentence. `broken` reads one market; `differing_ways` runs the same market by other ways, which may change nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from sim import Market, load
from sim.books.ledger import COSTS
from sim.books.measures import FEELINGS as MEASURED
from sim.books.measures import KPIS
from sim.config import Scenario
from sim.config.shocks import Merger
from sim.results import RunResult
from sim.world.tables import CHUNK
from tests.properties.builders import differing, tables

FLOAT32 = 2.0**-22  # relative rounding of sums of what the panel and the people keep in single precision
UNIT_INTERVAL = ("share", "0..1")
RATES = ("churn_rate", "attention_rate")  # at most one a person and month
OPENING = ("churn_rate", "threats", "failures", "complaint_rate", "attention_rate")  # means over opening subscribers
CLOSING = ("arpu", "ampu", "src", "csat", "bundles", "silent_lines", "share_of_wallet", *MEASURED)
SOMETIMES = (  # measures of those who joined, complained, were surveyed or earned something, of whom there may be none
    *("sac", "first_contact_resolution", "nps", "profit_top20", "profit_bottom30", "retention_roi", "wait", "morale"),
    *("clv", "market_share"),
)
FEELINGS = ("satisfaction", "expectation", "commitment", "trust", "habit", "deal_proneness", "share")


def broken(market: Market) -> list[str]:
    """Every claim that does not hold of a market that has run, in words."""
    found = [claim for part in (_flows, _money, _panel, _bounds, _measures_of_nobody) for claim in part(market)]
    return [*found, *_infinite(tables(market))]


def _by(table: pd.DataFrame, column: str, names: list[str]) -> np.ndarray:
    """A column by month and operator, (months, operators), in the operators' order."""
    return np.asarray(table.pivot(index="month", columns="operator", values=column)[names].to_numpy(float))


def _of_panel(market: Market, column: str, how: str) -> np.ndarray:
    """What is made of a column of the panel, by month and operator."""
    made = market.panel.groupby(["month", "operator"], observed=False)[column].agg(how).unstack("operator")
    whole = made.reindex(index=range(1, market.month + 1), columns=market.operator_names)
    return np.asarray(whole.fillna(0).to_numpy(float))


def _close(left: np.ndarray, right: np.ndarray, relative: float = 1e-9, absolute: float = 1e-6) -> bool:
    return bool((np.abs(left - right) <= absolute + relative * np.maximum(np.abs(left), np.abs(right))).all())


def _flows(market: Market) -> Iterator[str]:
    """People are conserved, and every move has two ends."""
    names, kpis, ports = market.operator_names, market.kpis, market.ports
    people = market.customers.to_frame()["operator"].astype(str).value_counts()
    closing = _by(kpis, "subscribers", names)
    left = _by(kpis, "churn_voluntary", names) + _by(kpis, "churn_involuntary", names)
    joined = _by(kpis, "gross_adds", names)
    if not (people.reindex(names, fill_value=0).to_numpy() == closing[-1]).all():
        yield "customers of an operator = its subscribers"
    if people.get("outside", 0) != market.overview["outside"].iloc[-1]:
        yield "people with no operator = outside"
    opening = _of_panel(market, "customer", "size")
    if not (opening + joined - left == closing).all():
        yield "opening + joins - leaves = closing"
    merged = {shock.month for shock in market.scenario.shocks.values() if isinstance(shock, Merger)}
    for month in range(2, market.month + 1):
        whose = (lambda row: row.sum()) if month in merged else (lambda row: row)  # customers change hands in between
        if not np.array_equal(whose(opening[month - 1]), whose(closing[month - 2])):
            yield "opening = last closing"
    if (ports["from"] == ports["to"]).any() or (ports["count"] < 0).any():
        yield "ports lead elsewhere"
    for side, flow in (("from", left), ("to", joined)):
        sums = ports.pivot_table(index="month", columns=side, values="count", aggfunc="sum").reindex(columns=names)
        if not (sums.to_numpy() == flow).all():
            yield f"ports {side} an operator = its {'leaves' if side == 'from' else 'joins'}"
    reasons = market.exit_reasons.groupby(["month", "operator"])["value"].sum().unstack("operator")[names]
    if not (reasons.to_numpy() == left).all():
        yield "exit reasons = leaves"
    plans = market.plans.groupby(["month", "operator"])["subscribers"].sum().unstack("operator")[names]
    if not (plans.to_numpy() == closing).all():
        yield "subscribers of plans = subscribers"


def _money(market: Market) -> Iterator[str]:
    """Ledger lines add up, bills are revenue, points owed are points held."""
    names, ledger = market.operator_names, market.ledger
    bills = _of_panel(market, "bill", "sum")
    service = _by(ledger, "service_revenue", names)
    if not _close(bills, service, FLOAT32 * len(market.state) ** 0.5):
        yield "bills = service revenue"
    line = {name: _by(ledger, name, names) for name in ledger.columns.drop(["month", "operator"])}
    if not _close(line["fees"] + line["overage"], service):
        yield "fees + overage = service revenue"
    costs = sum(line[cost] for cost in COSTS)
    scale = 1e-9 * float(np.max(service + line["device_revenue"] + costs, initial=1.0))
    if not _close(service + line["device_revenue"] - costs, line["ebitda"], absolute=scale):
        yield "revenues - costs = ebitda"
    if not _close(line["ebitda"] - line["capex"], line["free_cash_flow"], absolute=scale):
        yield "ebitda - capex = free cash flow"
    if not _close(line["contribution"] - line["fixed_costs"], line["free_cash_flow"], absolute=scale):
        yield "contribution - fixed costs = free cash flow"
    if not (line["ebitda"] == _by(market.kpis, "ebitda", names)).all():
        yield "ebitda of ledger = of kpis"
    for name, values in line.items():
        if name not in ("ebitda", "free_cash_flow", "contribution") and not (values >= 0.0).all():
            yield f"{name} is not negative"
    people = market.customers.to_frame()
    held = people.groupby(people["operator"].astype(str))["points"].sum().reindex(names, fill_value=0.0).to_numpy(float)
    if not _close(held, line["points_outstanding"][-1], 1e-6):
        yield "points held = points outstanding"


def _panel(market: Market) -> Iterator[str]:
    """A row of the panel begins where the row before it ended."""
    rows = market.panel.sort_values(["customer", "month"])
    after = rows.groupby("customer").shift(-1)
    follows = (after["month"] == rows["month"] + 1).to_numpy()
    start, end = rows["operator"].astype(object), rows["destination"].astype(object)
    goes = end.where(rows["churned"], start).to_numpy()
    if not (goes[follows] == after["operator"].astype(object).to_numpy()[follows]).all():
        yield "who moved is there next month"
    if rows["destination"].isna().to_numpy()[rows["churned"].to_numpy(bool)].any():
        yield "who churned has a destination"
    if rows.duplicated(["month", "customer"]).any():
        yield "a customer has one row a month"


def _bounds(market: Market) -> Iterator[str]:
    """Shares, feelings and probabilities stay within 0 and 1, prices at or above 0."""
    kpis = market.kpis
    for name in kpis.columns:
        if name in RATES or (name in KPIS and KPIS[name][0] in UNIT_INTERVAL and name not in ("load", *SOMETIMES)):
            values = kpis[name].dropna()
            if not values.between(0.0, 1.0 + 1e-9).all():
                yield f"{name} lies between 0 and 1"
    if not kpis["nps"].dropna().between(-100.0, 100.0).all():
        yield "nps lies between -100 and 100"
    counts = kpis[[name for name in KPIS if KPIS[name][0] in ("customers", "lines")]]
    if not ((counts >= 0.0) & (counts == counts.round())).all(axis=None):
        yield "counts are whole and not negative"
    for name, column in market.customers.to_frame().items():
        if name in FEELINGS and not column.between(0.0, 1.0).all():
            yield f"{name} of a person lies between 0 and 1"
    if not (market.prices["fee"] >= 0.0).all():
        yield "no fee is negative"
    probabilities = market.demand.probabilities()
    if probabilities.notna().all() and not (abs(probabilities.sum() - 1.0) < 1e-9 and (probabilities >= 0.0).all()):
        yield "probabilities of choice sum to 1"


def _measures_of_nobody(market: Market) -> Iterator[str]:
    """A measure is missing where there is nobody to measure, and only there."""
    kpis = market.kpis
    opening = kpis["subscribers"] - kpis["gross_adds"] + kpis["churn_voluntary"] + kpis["churn_involuntary"]
    for names, there in (
        (OPENING, opening > 0.0),
        (CLOSING, kpis["subscribers"] > 0.0),
        (["sac"], kpis["gross_adds"] > 0.0),
    ):
        for name in names:
            if not (kpis[name].notna() == there).all():
                yield f"{name} is missing where there is nobody, and only there"
    rest = kpis[kpis.columns.drop([*OPENING, *CLOSING, *SOMETIMES])]
    somebody = market.overview["outside"] + kpis.groupby("month")["subscribers"].sum().to_numpy() > 0
    of_people = ["consumer_surplus", "welfare"]
    if not (market.overview[of_people].notna().all(axis=1) == somebody).all():
        yield "surplus is missing where there is nobody, and only there"
    for table in (rest, market.ledger, market.overview.drop(columns=[*of_people, "hhi"]), market.prices):
        yield from (f"{name} is never missing" for name in table if table[name].isna().any())


def _infinite(found: dict[str, pd.DataFrame]) -> Iterator[str]:
    for name, table in found.items():
        for column in table.select_dtypes("number"):
            if np.isinf(table[column].to_numpy(float, na_value=np.nan)).any():
                yield f"{name}.{column} is finite"


def _half_way(scenario: Scenario) -> Market:
    parent = Market(scenario)
    while parent.month < scenario.months // 2:
        parent.step()
    return parent.fork()


WAYS: dict[str, Callable[[Scenario], Market]] = {  # in which a market may be run, none of which may change a number
    "two threads and small blocks": lambda scenario: Market(scenario, threads=2, block=CHUNK),
    "a fork half-way": _half_way,
    "a policy taken on by a fork": lambda scenario: Market(scenario, policy="none").fork(policy=scenario.policy),
    "customers as objects": lambda scenario: Market(scenario.model_copy(update={"engine": "objects"})),
}


def differing_ways(market: Market, ways: Iterable[str] = WAYS) -> list[str]:
    """Tables that differ where the market that has run is run another way."""
    right = tables(market)
    return [
        f"{way}: {name} differs" for way in ways for name in differing(right, tables(WAYS[way](market.scenario).run()))
    ]


def differing_when_loaded(market: Market, folder: Path) -> list[str]:
    """Tables that differ where a result is saved and read back."""
    result = RunResult.of(market)
    back = load(result.save(folder))
    return [
        f"saved and loaded: {item.name} differs"
        for item in fields(RunResult)
        if isinstance(table := getattr(result, item.name), pd.DataFrame) and not table.equals(getattr(back, item.name))
    ]
