"""Facts on the economics of retention: 26, 28 to 31, 33."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from agents.strategies import SaveDesk
from sim.books.measures import monthly_discount
from sim.config import Policy
from sim.experiments.naive_true.analyst import leaves_within
from sim.experiments.outcome import Outcome, outcome_of, saved_and_cost
from sim.facts.fact import Check, Fact
from sim.facts.lab import YEAR, Lab, advanced, churn, in_order
from sim.kpis import clv_elasticity
from sim.market import Market

CREDITS = (0.0, 60.0, 120.0)  # EUR offered to leavers
# a call neither wakes nor breaks habits
UNSTIRRED = {"behaviour.attention.contact": 0.0, "behaviour.bonds.habit_break": 0.0}
TARGETS = ("random", "risk", "uplift", "oracle")
PILOT = 3  # months from the pilot of a model of uplift to its training
LARGER = 5  # times the people of other facts
WINS = ("price", "upgrade", "both")


def with_desk(credit: float, reach: float = 0.5) -> Callable[[Market], None]:
    """Return what gives the focal operator a save desk that offers a credit; at 0 it has none."""

    def prepare(market: Market) -> None:
        if credit > 0.0:
            market.operators[market.focal_index].adopt(
                Policy(name="desk", description="", retention={"save_desk": SaveDesk(reach=reach, credit=credit)})
            )

    return prepare


def outcome(market: Market, base: np.ndarray | None = None) -> Outcome:
    """Measure a future; base: the focal operator's customers at its start."""
    return outcome_of(market, np.zeros(0, np.int64) if base is None else base, False)


def value_of_retention(lab: Lab) -> dict[str, float]:
    """Fact 26: a save desk whose outlay is given back is retention that costs nothing; its value against the formula's,
    three years and the base left.
    """
    focal, found = lab.world.focal_index, {}
    for credit in (0.0, CREDITS[1]):
        market = lab.future(3 * YEAR, prepare=with_desk(credit))
        measured = outcome(market)
        found[credit] = (
            measured.values["npv"][0, focal] + measured.outlay[0],
            1.0 - churn(market, operators=[lab.scenario.focal]),
        )
    (value, retention), (more_value, more_retention) = found[0.0], found[CREDITS[1]]
    realised = float(np.log(more_value / value) / np.log(more_retention / retention))
    formula = float(clv_elasticity(retention, monthly_discount(lab.scenario.discount_annual)))
    return {"realised": realised, "formula": formula, "realised over formula": realised / formula}


def spending(lab: Lab) -> dict[str, float]:
    """Fact 28: what the default market spends and earns; profit at three sizes of the save desk's offer."""
    kpis, ledger = lab.market.kpis, lab.market.ledger
    revenue = ledger["service_revenue"].sum()
    outlay = (kpis["sac"] * kpis["gross_adds"] + kpis["src"] * kpis["subscribers"]).sum()
    profit = []
    for credit in CREDITS:
        market = lab.future(3 * YEAR, prepare=with_desk(credit))
        profit.append(outcome(market).values["npv"][0, lab.world.focal_index])
    return {
        "acquisition and retention": 100.0 * float(outlay / revenue),
        "EBITDA": 100.0 * float(ledger["ebitda"].sum() / revenue),
        "second difference of profit": 100.0 * float((profit[0] - 2.0 * profit[1] + profit[2]) / profit[0]),
    }


def winning_and_keeping(lab: Lab) -> dict[str, float]:
    """Fact 29."""
    base = lab.world.customers_of(lab.world.focal_index)
    found = []
    for credit in (0.0, CREDITS[1]):
        market = lab.future(3 * YEAR, prepare=with_desk(credit))
        found.append(outcome(market, base))
    keep = float(saved_and_cost(found[1], found[0], [np.arange(len(base))])["cost_per_saved"][0])
    kpis = lab.market.kpis[lab.market.kpis["operator"] == lab.scenario.focal]
    win = float((kpis["sac"] * kpis["gross_adds"]).sum() / kpis["gross_adds"].sum())
    return {"cost of winning": win, "cost of keeping one more": keep, "winning over keeping": win / keep}


def advice(lab: Lab) -> dict[str, float]:
    """Fact 30: the same customers, called with the advice in the first year and not called; with and without what a
    call stirs.
    """
    found = {}
    for name, values, months in (("stirring", {}, 3), ("not stirring", UNSTIRRED, YEAR)):
        market = lab.future(months, values, policies={lab.scenario.focal: "plan_advice"})
        panel, called = market.panel, market.customers.operator.copy()
        reached = panel.loc[panel["contacted"] & (panel["month"] <= months - 2), "customer"].unique()
        market = lab.future(months, values)
        left_alone = market.customers.operator.copy()
        found[name] = 100.0 * float(
            (called[reached] != lab.world.focal_index).mean() - (left_alone[reached] != lab.world.focal_index).mean()
        )
    return {
        "change of three-month churn": found["stirring"],
        "of a year's, if calls stirred nothing": found["not stirring"],
    }


def targeting(lab: Lab) -> dict[str, float]:
    """Fact 31: customers kept a year later because of each way of targeting, for a thousand contacts.

    All start from the same world, in which the operator has just paid for the pilot that uplift learns from. The world
    is larger than others: a pilot of some hundreds teaches nothing.
    """
    kept = {}
    people = {"customers.count": LARGER * lab.scenario.customers.count, "panel.share": 0.0}
    world = lab.another(0, people)
    piloted = advanced(world.fork(policy="proactive_uplift"), PILOT)
    base = piloted.customers_of(piloted.focal_index)

    def year(policy: str | None) -> tuple[float, float]:
        market = advanced(piloted.fork(policy=policy), YEAR)
        contacts = sum(book.line("contacted")[market.focal_index] for book in market.books if book.month > PILOT)
        return float((market.customers.operator[base] == market.focal_index).sum()), float(contacts)

    alone, _ = year("none")
    for target in TARGETS:
        stayed, contacts = year(None if target == "uplift" else f"proactive_{target}")
        kept[target] = 1_000.0 * (stayed - alone) / max(contacts, 1.0)
    gaps = {
        f"{better} less {worse}": kept[better] - kept[worse]
        for worse, better in zip(TARGETS, TARGETS[1:], strict=False)
    }
    return gaps | {"oracle less random": kept["oracle"] - kept["random"], "oracle": kept["oracle"]}


def returned(panel: pd.DataFrame, operator: str) -> pd.DataFrame:
    """First rows of relations with an operator that began within a year after the same customer had left it."""
    own = panel[panel["operator"] == operator]
    exits = (
        own.loc[own["churned"], ["customer", "month"]]
        .rename(columns={"month": "left"})
        .sort_values("left", kind="stable")
    )
    starts = (
        own[own["joined_month"] > 0].sort_values("month", kind="stable").drop_duplicates(["customer", "joined_month"])
    )
    found = pd.merge_asof(
        starts, exits.assign(month=exits["left"]), on="month", by="customer", allow_exact_matches=False
    )
    return pd.DataFrame(found[found["joined_month"] - found["left"] <= YEAR])


def win_back(lab: Lab) -> dict[str, float]:
    """Fact 33: returns within a year of leaving, and how many of those have left again a year later, by what was
    offered.
    """
    back, again, months = {}, {}, 4 * YEAR
    for offer in WINS:
        market = lab.future(months, policies={lab.scenario.focal: f"win_back_{offer}"})
        panel = in_order(market.panel)
        rows = returned(panel, lab.scenario.focal)
        leaves = pd.Series(leaves_within(panel, YEAR), index=pd.MultiIndex.from_frame(panel[["customer", "month"]]))
        seen = rows[rows["month"] <= months - YEAR]
        back[offer] = float(len(rows))
        again[offer] = (
            100.0 * float(leaves[pd.MultiIndex.from_frame(seen[["customer", "month"]])].mean())
            if len(seen)
            else float("nan")
        )
    return {
        "returns, both less price": back["both"] / back["price"] - 1.0,
        "returns, both less upgrade": back["both"] / back["upgrade"] - 1.0,
        "leave again, both less upgrade": again["both"] - again["upgrade"],
        "leave again, both less price": again["both"] - again["price"],
    }


FACTS = (
    Fact(
        "26",
        "A formula promises more of retention than the market gives",
        "1 % more retention, 5 % more firm value",
        "Gupta, Lehmann & Stuart 2004",
        "H",
        "elasticity of net present value to monthly retention when a save desk's outlay is given back; the formula is"
        " (1 + d) / (1 + d - r) (its values: theory, C06)",
        (
            Check("realised", "1", "sign", low=0.0),
            Check("formula", "1", "report"),
            Check("realised over formula", "1", "sign", high=1.0),
        ),
        value_of_retention,
    ),
    Fact(
        "28",
        "What operators spend on customers, and earn",
        "acquisition and retention 15-20 % of service revenue, EBITDA 28-43 %; profit concave in retention",
        "35 mature operators' reports",
        "H",
        "five years of the default market; net present value when leavers are offered 0, 60 and 120 EUR",
        (
            Check("acquisition and retention", "% of revenue", "band", 10.0, 25.0),
            Check("EBITDA", "% of revenue", "band", 25.0, 45.0),
            Check("second difference of profit", "% of npv", "sign", high=0.0),
        ),
        spending,
        is_tuned=True,
    ),
    Fact(
        "29",
        "Winning against keeping",
        "2:1 to 20:1",
        "consultants' rule of thumb",
        "L",
        "outlay for a new customer; save desk's extra outlay for one more customer kept after three years",
        (
            Check("cost of winning", "EUR", "report"),
            Check("cost of keeping one more", "EUR", "report"),
            Check("winning over keeping", "1", "report"),
        ),
        winning_and_keeping,
    ),
    Fact(
        "30",
        "Advice can wake",
        "three-month churn 6.4 % without, 10.0 % with a recommendation of a plan",
        "Ascarza, Iyengar & Schleicher 2016",
        "H",
        "the same customers called and not called, in a fork; with and without the attention that a call draws",
        (
            Check("change of three-month churn", "points", "sign", low=0.0),
            Check("of a year's, if calls stirred nothing", "points", "sign", high=0.0),
        ),
        advice,
    ),
    Fact(
        "31",
        "Aim at whom it changes, not at whom is likely to leave",
        "uplift beats risk at equal budget",
        "Ascarza 2018",
        "H",
        "customers kept after a year for a thousand contacts, against the same year without, in worlds of five times"
        " the people, after the pilot",
        (
            Check("oracle less uplift", "customers", "sign", low=0.0),
            Check("uplift less risk", "customers", "sign", low=0.0),
            Check("risk less random", "customers", "sign", low=0.0),
            Check("oracle less random", "customers", "sign", low=0.0),
            Check("oracle", "customers", "report"),
        ),
        targeting,
    ),
    Fact(
        "33",
        "Who is bought back does not stay",
        "price and upgrade win most back, and have the shortest second life",
        "Kumar, Bhagwat & Zhang 2015",
        "H",
        "returns within a year of leaving under three offers, and exits in the year after",
        (
            Check("returns, both less price", "share", "sign", low=0.0),
            Check("returns, both less upgrade", "share", "sign", low=0.0),
            Check("leave again, both less upgrade", "points", "sign", low=0.0),
            Check("leave again, both less price", "points", "sign", low=0.0),
        ),
        win_back,
    ),
)
