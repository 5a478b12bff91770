"""Facts on attention, switching costs, portability and competition: 7 to 15."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from agents.customer import effective_sensitivity, worth_once
from agents.rule import on_columns
from sim.analysis.weighing import weigh
from sim.config.shocks import Notices, Portability
from sim.experiments.outcome import outcome_of
from sim.facts.fact import Check, Fact
from sim.facts.lab import YEAR, Lab, churn
from sim.loading import load_scenario
from sim.market import Market

NOTICE = 0.75  # share of the reminded who look around, as in shock/end_of_contract_notices
EASY = 0.85  # share of hassle that easy portability takes, as in shock/portability
CUT = 0.02  # of all fees of an operator, to measure what a small change moves
FEES = (0.85, 1.0, 1.15)  # factors on fees between which an optimum is sought


def attention(lab: Lab) -> dict[str, float]:
    """Fact 7: also what end-of-contract notices change in two years."""
    found = {}
    for name, shocks in (("as it is", {}), ("notices", {"notices": Notices(kind="notices", hazard=NOTICE, month=1)})):
        market = lab.future(2 * YEAR, shocks=shocks)
        found[name] = np.array(
            [100.0 * churn(market), market.overview["consumer_surplus"].mean(), market.ledger["ebitda"].sum()]
        )
    change = found["notices"] - found["as it is"]
    kpis = lab.market.kpis
    rate = (kpis["attention_rate"] * kpis["subscribers"]).sum() / kpis["subscribers"].sum()
    return {
        "attention": 100.0 * float(rate),
        "notices: change of churn": float(change[0]),
        "notices: change of consumer surplus": float(change[1]),
        "notices: change of profit": 100.0 * float(change[2] / found["as it is"][2]),
    }


def compensating_payment(market: Market) -> float:
    """One-off payment that makes the mean attentive customer, as she is now, as likely to leave as to stay, currency;
    mean over customers.
    """
    ids = np.flatnonzero(market.state.plan >= 0)
    home = market.offers.plans.operator[market.state.plan[ids]]
    chances = weigh(market.world, ids).probabilities[:, :-1]
    at_home = np.where(market.offers.plans.operator[None, :] == home[:, None], chances, 0.0).sum(axis=1)
    utils = np.log(at_home) - np.log(np.maximum(chances.sum(axis=1) - at_home, 1e-300))
    own, economy = market.traits.price_sensitivity[ids], market.world.rules.sensitivity
    sensitivity = on_columns(effective_sensitivity)(own, economy)
    return float(on_columns(worth_once)(utils, sensitivity, market.params.horizon).mean())


def payment(lab: Lab) -> dict[str, float]:
    """Fact 8."""
    return {"payment": compensating_payment(lab.world)}


# --- portability -----------------------------------------------------------------------------------------------------


def porting(share: float, days: float = 0.0) -> dict[str, Portability]:
    """Portability from the first month on that takes a share of the hassle, and so many working days."""
    return {"portability": Portability(kind="portability", portability=share, days=days, month=1)}


def with_fees(operator: int, factor: float) -> Callable[[Market], None]:
    """Return what multiplies all fees of an operator."""

    def prepare(market: Market) -> None:
        chosen = market.operators[operator]
        chosen.fees = {plan: fee * factor for plan, fee in chosen.fees.items()}

    return prepare


def best_reply(lab: Lab, operator: int, share: float) -> float:
    """Factor on its fees at which an operator's net present value over three years is highest, all else as it is:
    vertex of a parabola through three futures.
    """
    values = []
    for factor in FEES:
        market = lab.future(3 * YEAR, shocks=porting(share), prepare=with_fees(operator, factor))
        values.append(float(outcome_of(market, np.zeros(0, np.int64), False).values["npv"][0, operator]))
    curve = np.polyfit(np.log(FEES), values, 2)
    return float(np.exp(-curve[1] / (2.0 * curve[0]))) if curve[0] < 0.0 else float("nan")


def portability(lab: Lab) -> dict[str, float]:
    """Fact 9."""
    operators = range(len(lab.world.operators))
    before, after = (np.mean([best_reply(lab, number, share) for number in operators]) for share in (0.0, EASY))
    found = {}
    for name, share, days in (("none", 0.0, 0.0), ("slow", EASY, 20.0), ("fast", EASY, 1.0)):
        market = lab.future(2 * YEAR, shocks=porting(share, days))
        found[name] = np.array([market.overview["consumer_surplus"].mean(), 100.0 * churn(market)])
    demand = {}
    for share in (0.0, EASY):
        lab.world.world.rules = replace(lab.world.world.rules, portability=share)
        demand[share] = lab.world.demand.first_order_prices()["price"]
    lab.world.world.rules = replace(
        lab.world.world.rules, portability=lab.scenario.behaviour.switching_cost.portability
    )
    fall = demand[0.0] - demand[EASY]
    prepaid = np.array([plan.prepaid for _, plan in lab.scenario.all_plans.values()])
    return {
        "change of best-reply prices": 100.0 * float(after / before - 1.0),
        "fall of choosers' prices, postpaid less prepaid": float(fall[~prepaid].mean() - fall[prepaid].mean()),
        "consumer surplus": float(3.0 * (found["fast"][0] - found["none"][0])),
        "effect of slow porting over fast": float(
            (found["slow"][1] - found["none"][1]) / (found["fast"][1] - found["none"][1])
        ),
    }


def on_net(lab: Lab) -> dict[str, float]:
    """Fact 10: change of HHI after three years from easy portability, with and without discounts for calls to ties at
    the same operator.
    """
    found = {}
    for policy in ("group_tariff", "none"):
        ends = []
        for share in (0.0, EASY):
            market = lab.future(3 * YEAR, shocks=porting(share), policies=lab.everywhere(policy))
            ends.append(market.overview["hhi"].iloc[-YEAR:].mean())
        found[policy] = float(ends[1] - ends[0])
    return {
        "with on-net discounts": found["group_tariff"],
        "without": found["none"],
        "difference": found["group_tariff"] - found["none"],
    }


def concentration(lab: Lab) -> dict[str, float]:
    """Fact 12."""
    hhi = lab.market.overview["hhi"]
    return {"lowest": float(hhi.min()), "highest": float(hhi.max())}


def merger(lab: Lab) -> dict[str, float]:
    """Fact 13: Bertrand-Nash prices of four like operators, at which 3 % do without, before and after two of them
    merge.
    """
    # EUR/month, utils, EUR/month
    plans = {name: {"plans": {f"{name}_plan": {"fee": 20.0, "appeal": 4.0, "cost": 6.0}}} for name in "abcd"}
    content = {
        "defaults": ["base", {"behaviour": "textbook"}, {"customers": "textbook"}, "_self_"],
        "operators": plans,
        "focal": "a",
        "months": 1,
        "burn_in": 0,
        "customers": {
            "count": 100,
            "segments": {"all": {"price_sensitivity": {"distribution": "fixed", "value": 0.10}}},
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "four_alike.yaml"
        path.write_text(json.dumps(content), encoding="utf-8")
        market = Market(load_scenario(path), seed=lab.seed)
    before, after = market.demand.equilibrium()["price"], market.demand.equilibrium({"b": "a"})["price"]
    return {"change of prices": 100.0 * float((after / before - 1.0).mean())}


def same_as_friends(market: Market) -> float:
    """P(same operator | tie) over P(same operator | two subscribers at random), 1."""
    operator = market.customers.operator
    on = operator >= 0
    friends = operator[market.world.ties[on]]
    same = (friends == operator[on][:, None])[friends >= 0].mean()
    shares = np.bincount(operator[on]) / on.sum()
    return float(same / (shares @ shares))


def assortment(lab: Lab) -> dict[str, float]:
    """Fact 14."""
    found = {}
    for policy in ("none", "group_tariff"):
        market = lab.future(2 * YEAR, policies=lab.everywhere(policy))
        found[policy] = same_as_friends(market)
    return {"ratio": found["none"], "rise with an on-net discount": found["group_tariff"] - found["none"]}


def elasticity(lab: Lab) -> dict[str, float]:
    """Fact 15: of choosers from demand; of all subscribers in one month by a price cut in a fork."""
    world = lab.world
    owner = world.offers.plans.operator
    slopes, shares = world.demand.elasticities().to_numpy(), world.demand.probabilities().to_numpy()[:-1]
    own = [
        float(
            (slopes[np.ix_(owner == j, owner == j)].sum(axis=1) * shares[owner == j]).sum() / shares[owner == j].sum()
        )
        for j in range(len(world.operators))
    ]

    before = lab.future(1)
    after = lab.future(1, prepare=with_fees(world.focal_index, 1.0 - CUT))
    focal = [market.kpis.set_index("operator").loc[lab.scenario.focal] for market in (before, after)]
    month = float(np.log(focal[1]["subscribers"] / focal[0]["subscribers"]) / np.log(1.0 - CUT))
    rate = float(before.kpis["attention_rate"].mean())
    return {
        "of choosers": float(np.mean(own)),
        "of all in one month": month,
        "of all less of choosers": month - own[world.focal_index],
        "one month over attention x choosers": month / (rate * own[world.focal_index]),
    }


FACTS = (
    Fact(
        "7",
        "Customers consider alternatives in few months, in more where notices remind them",
        "under 2 % of months in electricity; mobile 2-10 %; notices raise switching and surplus, lower profit",
        "Hortacsu, Madanizadeh & Puller 2017",
        "H",
        "attentive customers over all; two years with end-of-contract notices against the same years without",
        (
            Check("attention", "% a month", "band", 2.0, 10.0),
            Check("notices: change of churn", "points a month", "sign", low=0.0),
            Check("notices: change of consumer surplus", "EUR a month", "sign", low=0.0),
            Check("notices: change of profit", "%", "sign", high=0.0),
        ),
        attention,
        is_tuned=True,
    ),
    Fact(
        "8",
        "What a switch must be paid",
        "47-178 USD",
        "Weiergraeber 2022",
        "H",
        "one-off payment that leaves the mean attentive customer indifferent, from her choice probabilities in her"
        " present state",
        (Check("payment", "EUR", "band", 40.0, 200.0),),
        payment,
        is_tuned=True,
    ),
    Fact(
        "9",
        "Portability lowers prices and gives customers more",
        "EU prices -4.15 %, +2.15 EUR surplus a quarter; larger for large plans; only where porting is fast",
        "Cho, Ferreira & Telang 2016; Park 2005; Lyons 2006",
        "H",
        "mean over operators of the fee level that is best for net present value over three years, easy porting against"
        " none; by plan: static equilibrium of choosers' demand; two years with porting in 1 and in 20 days",
        (
            Check("change of best-reply prices", "%", "sign", -10.0, 0.0),
            Check("fall of choosers' prices, postpaid less prepaid", "EUR a month", "sign", low=0.0),
            Check("consumer surplus", "EUR a quarter", "sign", low=0.0),
            Check("effect of slow porting over fast", "1", "sign", high=1.0),
        ),
        portability,
    ),
    Fact(
        "10",
        "Where calls inside a network are cheaper, portability concentrates",
        "Hong Kong: concentration rose",
        "Shi, Chiang & Rhee 2006",
        "H",
        "HHI of the third year, easy porting less none, where all operators give discounts for ties with the same"
        " operator, and where none does",
        (
            Check("with on-net discounts", "0..1", "sign", low=0.0),
            Check("without", "0..1", "sign", high=0.0),
            Check("difference", "0..1", "sign", low=0.0),
        ),
        on_net,
    ),
    Fact(
        "12",
        "Concentration of three operators",
        "HHI of 36 large markets .344",
        "regulators' reports",
        "H",
        "lowest and highest month of five years",
        (Check("lowest", "0..1", "band", 0.30, 0.42), Check("highest", "0..1", "band", 0.30, 0.42)),
        concentration,
        is_tuned=True,
    ),
    Fact(
        "13",
        "Prices rise where four operators become three",
        "bills +16 %, capex an operator +19 %",
        "Genakos, Valletti & Verboven 2018",
        "M",
        "equilibrium prices of four like operators in the textbook market, two of which merge; capex is a budget of our"
        " operators and is not measured",
        (Check("change of prices", "%", "band", 5.0, 25.0),),
        merger,
    ),
    Fact(
        "14",
        "Friends share an operator",
        "more than twice as likely; band 1.3-2.5",
        "Birke & Swann 2006",
        "H",
        "same operator among ties over same among strangers, after two years; change with on-net discounts",
        (Check("ratio", "1", "band", 1.3, 2.5), Check("rise with an on-net discount", "1", "sign", low=0.0)),
        assortment,
    ),
    Fact(
        "15",
        "Choosers watch prices, the base in a month less than they",
        "-1.5 to -4; in one month the attention share of it",
        "estimates of demand for mobile service",
        "M",
        "all fees of an operator, choosers in their present state; subscribers after one month of a 2 % cut, in a fork"
        " (those who look around are more often prepaid or without a line, hence above 1; with one attention for all it"
        " is 1: theory, C16)",
        (
            Check("of choosers", "1", "band", -4.0, -1.5),
            Check("of all in one month", "1", "sign", high=0.0),
            Check("of all less of choosers", "1", "sign", low=0.0),
            Check("one month over attention x choosers", "1", "report"),
        ),
        elasticity,
    ),
)
