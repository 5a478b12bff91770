"""Five points of retention and 25 to 85 % of profit: what is arithmetic, and what a policy in a market brings."""

import numpy as np

from sim import Market
from sim.config import Scenario
from sim.experiments.outcome import outcome_of
from sim.kpis import clv
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values
from sim.report.formats import fixed, percent
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
                f"The formula alone turns five points into {percent(low, 0, True)} at a retention of 75 %, and into"
                f" {percent(high, 0, True)} at 90 %: the famous range is mostly arithmetic, of a low discount rate and"
                " of a retention that is high already."
            ),
            (
                f"For the contract the formula promises {fixed(promised[lead].mean(), 0, True)} %. The operator's value"
                f" rose by {fixed(realised[lead].mean(), 0, True)} %. For the save desk it promises"
                f" {fixed(promised['save_desk'].mean(), 0, True)} %, and {fixed(realised['save_desk'].mean(), 1, True)}"
                " % came: retention costs money, and part of it goes to those who would have stayed."
            ),
        ),
        figures=(
            Bars(
                "Five points more retention by the formula",
                "% more value of a customer",
                {
                    f"from {percent(rate, 0)} a year": worlds["retention"] * 0.0 + 100.0 * gain
                    for rate, gain in arithmetic.items()
                },
                0,
            ),
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
            *(
                Claim(
                    f"{words.capitalize()}: the market brings less than the formula promises",
                    promised[policy] - realised[policy],
                    "points of value",
                )
                for policy, words in POLICIES.items()
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


LESSON = Lesson(
    name="five_points",
    title="Five points of retention: the profit is in the formula, the costs are in the market",
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
            "The other side: some ways of keeping also bring new customers and cut costs. Take away all service"
            " failures of the leader in this market (lesson stated_reasons), and its value rises by as much as the"
            " formula says, or more."
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
