"""Switching costs and prices: what the price of myopic firms does when leaving becomes dearer, and why it may be
otherwise.
"""

import pandas as pd

from sim import Market
from sim.config import Scenario
from sim.config.values import with_values
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Lines, Measured, Told, Values
from sim.report.formats import fixed, percent
from sim.report.tables import Table

COSTS = (0.0, 40.0, 80.0, 120.0, 160.0)
HASSLE = "behaviour.switching_cost.hassle"


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Find the prices at which no operator would change its own, at each switching cost, and who would stay at them."""
    prices = {}
    for cost in COSTS:
        market = Market(with_values(scenario, {HASSLE: cost}), seed=seed)
        found = market.demand.equilibrium()
        prices[cost] = float((found["price"] * found["share"]).sum() / found["share"].sum())
    low, high = prices[COSTS[0]], prices[COSTS[-1]]
    first, last = prices[COSTS[1]] - low, high - prices[COSTS[-2]]
    return {
        "price": pd.Series(prices),
        "price_low": low,
        "price_high": high,
        "rise": high / low - 1.0,
        "first": first,
        "last": last,
    }


def tell(found: Found) -> Told:
    """Tell the price, and which part of the argument is missing."""
    worlds, currency, horizon = found.worlds, found.scenario.currency, found.values["behaviour.horizon"]
    low, high, rise = found.mean("price_low"), found.mean("price_high"), found.mean("rise")
    choices = ("They fall", "They do not move", "They rise")
    means = found.courses["price"].mean(axis=1)
    return Told(
        scene=(
            "Three operators set fees so that none gains by changing its own this month. Everybody has a line already,"
            f" and leaving costs 0 to {fixed(COSTS[-1])} {currency} once, which people spread over {horizon} months."
            " Firms look at this month only."
        ),
        prediction=Ask(
            f"How do prices move when leaving costs {fixed(COSTS[-1])} {currency} instead of nothing?",
            choices[2] if rise > 0.0 else choices[0],
            choices,
        ),
        happened=(
            (
                f"The mean fee goes from {fixed(low, 1)} to {fixed(high, 1)} {currency} a month,"
                f" {percent(rise, 0, True)}. Who has to pay to leave is not offered a low price to stay."
            ),
            (
                f"It is not a straight line. The first {fixed(COSTS[1])} {currency} of switching cost move the fee by"
                f" {fixed(found.mean('first'), 2, True)} {currency}, the last by {fixed(found.mean('last'), 2, True)}:"
                " while leaving is easy, an operator with few customers of its own gains more by drawing others'"
                " customers than by charging its own."
            ),
            (
                "What is missing here is tomorrow. A firm that looks ahead would also pay, by a low price, for"
                " customers whom it can hold later. Which side wins is the debate below."
            ),
        ),
        figures=(
            Lines(
                f"Mean fee at which nobody would change, {currency} a month",
                f"cost of leaving, {currency}",
                {"firms that look at this month": found.courses["price"]},
            ),
            Bars(
                f"Mean fee, {currency} a month",
                f"{currency} a month",
                {"leaving is free": worlds["price_low"], f"it costs {fixed(COSTS[-1])}": worlds["price_high"]},
            ),
        ),
        table=Table(
            "Equilibrium prices (Bertrand-Nash), means over the worlds.",
            [f"Cost of leaving, {currency}", *(fixed(cost) for cost in COSTS)],
            [["Mean fee", *(fixed(means[cost], 1) for cost in COSTS)]],
        ),
        claims=(
            Claim("Myopic firms charge more where leaving is dear", 100.0 * worlds["rise"], "%", decimals=0),
            Claim(
                f"The last {fixed(COSTS[1])} {currency} raise them more than the first",
                worlds["last"] - worlds["first"],
                f"{currency} a month",
                decimals=2,
            ),
        ),
        quiz=(
            Ask(
                f"By how many per cent does the mean fee rise between a cost of leaving of 0 and of {fixed(COSTS[-1])}"
                f" {currency}?",
                percent(rise, 0),
            ),
            Ask(
                f"What do the first {fixed(COSTS[1])} {currency} do to the mean fee?",
                f"{fixed(found.mean('first'), 2, True)} {currency} a month",
            ),
            Ask(
                "Why might firms that look ahead charge less?",
                "A customer won today can be held tomorrow",
                ("A customer won today can be held tomorrow", "Their costs are lower", "Customers are more patient"),
                "That is the force that this lesson leaves out.",
            ),
        ),
    )


LESSON = Lesson(
    name="switching_costs",
    title="High switching costs raise the prices of firms that do not look ahead; small ones hardly do",
    question="Do switching costs raise prices?",
    scenario="classroom",
    overrides=(
        "customers.count=2000",
        "burn_in=0",
        "policies=[none]",
        "behaviour=textbook",
        "behaviour.horizon=12",
        "behaviour.choice.taste_sd=1.0",
    ),
    variants={"behaviour.horizon": (12, 14, 16), "behaviour.choice.taste_sd": (1.0, 0.9, 1.1)},
    worlds=6,
    seconds=8,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Klemperer (1995): with switching costs come bargains for the new and rip-offs for the old; on balance"
            " prices are likely higher."
        ),
        (
            "Dube, Hitsch & Rossi (2009) solve the game of firms that look ahead, with switching costs of the size they"
            " estimate for orange juice and margarine: prices are lower, by up to 18 %."
        ),
        (
            "What decides: how patient firms are, how large the cost is, and whether newcomers can be offered a price"
            " of their own. Telling observations: portability, which lowers the cost, lowered prices in Europe (Cho,"
            " Ferreira & Telang 2016)."
        ),
    ),
    assumes=(
        (
            "Everybody looks at all offers every month; lasting tastes are the only difference between people. One"
            " price a plan, for old and new customers alike."
        ),
        (
            "Firms maximise this month's profit given the others' prices. The lab has no dynamic game of firms that"
            " look ahead in this lesson, so it cannot reproduce Dube, Hitsch & Rossi (2009)."
        ),
    ),
    vary=("churnlab params classroom switching_cost",),
)
