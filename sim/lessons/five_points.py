"""Five points of retention and 25 to 85 % of profit: what is arithmetic, and what a policy in a market brings."""

import numpy as np
import pandas as pd

from sim import Market
from sim.config import Scenario
from sim.experiments.outcome import outcome_of
from sim.kpis import clv
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, estimate
from sim.report.formats import fixed, listing, percent
from sim.report.tables import Table

POLICIES = {"contract": "contract with subsidy", "save_desk": "save desk", "points": "points"}
RATES = (0.70, 0.75, 0.80, 0.85, 0.90)
NOBODY = np.zeros(0, np.int64)


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Run each policy; set what the formula makes of its change of retention beside the change of value that came."""
    world = Market(scenario, seed=seed)
    found = {
        policy: outcome_of(world.fork(policy=policy).run(), NOBODY, by_segment=False).values
        for policy in ("none", *POLICIES)
    }
    retention = {policy: float((1.0 - one["churn_rate"][0, world.focal_index]) ** 12) for policy, one in found.items()}
    worth = {policy: float(one["npv"][0, world.focal_index]) for policy, one in found.items()}
    discount = values["discount_annual"]
    measured: Measured = {"retention": retention["none"]}
    for policy in POLICIES:
        promised = (
            float(clv(1.0, retention[policy], discount, first="next"))
            / float(clv(1.0, retention["none"], discount, first="next"))
            - 1.0
        )
        measured |= {
            f"points_{policy}": retention[policy] - retention["none"],
            f"promised_{policy}": promised,
            f"realised_{policy}": worth[policy] / worth["none"] - 1.0,
        }
    return measured


def five_more(retention: float, discount: float) -> float:
    """By what share a customer is worth more with five points more of yearly retention."""
    return (
        float(clv(1.0, retention + 0.05, discount, first="next")) / float(clv(1.0, retention, discount, first="next"))
        - 1.0
    )


def tell(found: Found) -> Told:
    """Tell the formula, then the market."""
    discount, worlds = found.values["discount_annual"], 100.0 * found.worlds
    points, promised, realised = (
        {policy: worlds[f"{what}_{policy}"] for policy in POLICIES} for what in ("points", "promised", "realised")
    )
    arithmetic = {rate: five_more(rate, discount) for rate in RATES}
    low, high = arithmetic[0.75], arithmetic[0.90]
    worth = {policy: realised[policy].mean() / points[policy].mean() for policy in POLICIES}  # of a point
    lead = "contract"
    choices = ("More than the formula says", "About what it says", "Less than it says")
    ratio = float(realised[lead].mean() / promised[lead].mean())
    return Told(
        scene=(
            "A customer who brings 1 at the end of every year that she stays is worth r / (1 + d - r), with retention"
            f" r and discount d = {percent(discount, 0)}. The lab runs three retention policies of an operator that"
            f" keeps {percent(found.mean('retention'), 0)} of its customers a year."
        ),
        prediction=Ask(
            f"The contract raises yearly retention by {fixed(points[lead].mean(), 1)} points. What does it add to the"
            " operator's value, compared with what the formula says?",
            choices[0] if ratio > 1.1 else choices[1] if ratio > 0.9 else choices[2],
            choices,
        ),
        happened=(
            (
                "The formula alone turns five points into"
                f" {listing(f'{percent(gain, 0, True)} from {percent(rate, 0)}' for rate, gain in arithmetic.items())}"
                " a year. That is arithmetic, and has no interval: the famous range comes of a low discount rate and of"
                " a retention that is high already."
            ),
            (
                f"For the contract the formula promises {fixed(promised[lead].mean(), 0, True)} %. The operator's value"
                f" rose by {fixed(realised[lead].mean(), 0, True)} %: {_why(promised[lead], realised[lead])}. For the"
                f" save desk it promises {fixed(promised['save_desk'].mean(), 0, True)} %, and"
                f" {fixed(realised['save_desk'].mean(), 1, True)} % came:"
                f" {_why(promised['save_desk'], realised['save_desk'])}."
            ),
            (
                f"A point of retention was worth {fixed(worth[lead], 1)} % of the operator's value by the contract and"
                f" {fixed(worth['save_desk'], 1)} % by the save desk. The formula does not ask how points are bought."
            ),
        ),
        figures=(
            Bars(
                "Promised by the formula, and realised in the market",
                "% more value of the operator",
                {
                    f"{words}, {what}": one[policy]
                    for policy, words in POLICIES.items()
                    for what, one in (("formula", promised), ("market", realised))
                },
            ),
        ),
        table=Table(
            "What each policy does.",
            ["Policy", "Retention, points", "The formula says, %", "The operator's value, %"],
            [
                [words, *(fixed(one[policy].mean(), 1, True) for one in (points, promised, realised))]
                for policy, words in POLICIES.items()
            ],
        ),
        claims=(
            Claim(
                "Save desk: the market brings less than the formula promises",
                promised["save_desk"] - realised["save_desk"],
                "points of value",
            ),
            Claim(
                "A point of retention brings more by the contract than by the save desk",
                realised[lead] * points["save_desk"] - realised["save_desk"] * points[lead],
                "points of value times points of retention",
            ),
            Claim("The contract does raise retention", points[lead], "points"),
        ),
        quiz=(
            Ask(
                "By the formula, what are five points worth at a retention of 90 % and a discount of"
                f" {percent(discount, 0)}?",
                percent(high, 0, True),
            ),
            Ask(
                "And at 75 %?",
                percent(low, 0, True),
                why="The same five points. The nearer retention is to 1, the longer a customer stays.",
            ),
            Ask(
                "What did the contract add to the operator's value in this market?",
                f"{fixed(realised[lead].mean(), 0, True)} %",
            ),
        ),
    )


def _why(promised: "pd.Series[float]", realised: "pd.Series[float]") -> str:
    """Say on which side of the formula the market is, and what the formula leaves out there."""
    found = estimate(realised - promised)
    if found.high < 0.0:
        return "less, since retention costs money, and part of it goes to those who would have stayed"
    more = "more, since what keeps also wins newcomers, whom the formula does not count"
    return more if found.low > 0.0 else "as far as can be told, what it says"


LESSON = Lesson(
    name="five_points",
    title="Five points of retention: the formula does not ask how they are bought",
    question="Do five points more retention raise profit by 25 to 85 %?",
    scenario="europe_three",
    overrides=("customers.count=4000", "months=48", "policies=[none,contract,save_desk,points]"),
    variants={
        "discount_annual": (0.10, 0.08, 0.12),
        "policies.contract.loyalty.contract.subsidy_renewal": (60, 65, 70),
    },
    worlds=8,
    seconds=10,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Reichheld & Sasser (1990): five points less defection raise profit by 25 % to 85 %, in nine lines of"
            " business. These are values of a customer, not yearly profits, and nothing is charged for them."
        ),
        (
            "Gupta & Lehmann (2003) and Gupta, Lehmann & Stuart (2004) give the elasticity (1 + d) / (1 + d - r): it is"
            " about 5 at a retention of 90 %."
        ),
        (
            "Braun & Schweidel (2011): what can be influenced is a part of churn only, so the return on it is below"
            " what the formula promises."
        ),
        (
            "The other side: some ways of keeping also bring new customers, as a subsidy does that newcomers get too,"
            " or cut costs, as fewer failures do. Then the formula promises too little."
        ),
    ),
    assumes=(
        (
            "Retention: the churn of the last twelve months, over a year. Value: net present value of the horizon and"
            " of the closing base."
        ),
        (
            "The formula takes one retention for all customers; they differ, and those who stay longest are not the"
            " average."
        ),
    ),
    vary=("churnlab compare europe_three policies=none,contract,save_desk,points discount_annual=0.2",),
)
