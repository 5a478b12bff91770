"""Loyalty programmes and self-selection: members against others, in three parts that add up."""

import numpy as np
import pandas as pd

from sim import Market
from sim.config import Scenario
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, forked
from sim.report.formats import fixed
from sim.report.tables import Table

YEAR, QUARTER = 12, 3  # months
ENROL = "behaviour.enrolment.hazard"
PARTS = {
    "effect": "what the programme does to them",
    "before": "what sets them apart without it",
    "others": "what it does to the others, counted against it",
}


def bills(market: Market, people: np.ndarray) -> float:
    """Mean of what each of these people paid the focal operator in the last year, currency a month; nothing where she
    had left.
    """
    last = market.panel.query(f"operator == @market.scenario.focal and month > {market.month - YEAR}")
    return float(last.groupby("customer")["bill"].sum().reindex(people, fill_value=0.0).mean() / YEAR)


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Offer a points programme; compare who joins in its first quarter with the other customers, and both groups with
    themselves where it was never offered.
    """
    world = Market(scenario, seed=seed)
    offered, never = (forked(world, policy, 2 * YEAR) for policy in ("points", "none"))
    customers = world.customers_of(world.focal_index)
    listed = offered.enrolments.query("operator == @scenario.focal and month <= @QUARTER")["customer"]
    joined = np.isin(customers, listed)  # whoever joined and soon left is a member too
    groups = {"members": customers[joined], "others": customers[~joined]}
    measured: Measured = {"members": float(joined.mean())}
    for name, market in (("offered", offered), ("never", never)):
        for group, people in groups.items():
            stays = market.customers.operator[people] == market.focal_index
            measured |= {
                f"stayed_{group}_{name}": 100.0 * float(stays.mean()),
                f"paid_{group}_{name}": bills(market, people),
            }
    return measured


def parts(worlds: pd.DataFrame, what: str) -> "dict[str, pd.Series[float]]":
    """Split the difference between members and others, world by world; the parts add up to it."""
    at = {
        (group, name): worlds[f"{what}_{group}_{name}"]
        for group in ("members", "others")
        for name in ("offered", "never")
    }
    return {
        "seen": at["members", "offered"] - at["others", "offered"],
        "effect": at["members", "offered"] - at["members", "never"],
        "before": at["members", "never"] - at["others", "never"],
        "others": at["others", "never"] - at["others", "offered"],
    }


def tell(found: Found) -> Told:
    """Tell what the analyst sees, and what it is made of."""
    currency = found.scenario.currency
    paid, stayed = parts(found.worlds, "paid"), parts(found.worlds, "stayed")
    naive, true = float(paid["seen"].mean()), float(paid["effect"].mean())
    choices = ("All of it", "About half", "A quarter or less", "None: they would pay more without it")
    right = choices[int(np.digitize(-true / naive, (-0.75, -0.375, 0.0)))]
    return Told(
        scene=(
            "The leader offers a points programme that customers may join. Those of its customers who join in the first"
            f" quarter are followed for two years, and so are all others. In the second year members pay the leader"
            f" {fixed(naive, 2)} {currency} a month more than the others; who has left pays nothing."
        ),
        prediction=Ask(f"How much of the {fixed(naive, 2)} {currency} does the programme bring?", right, choices),
        happened=(
            (
                "The same members, in the world where no programme was offered, paid"
                f" {fixed(found.mean('paid_members_never'), 2)} {currency} a month; with it they paid"
                f" {fixed(found.mean('paid_members_offered'), 2)}. The programme brought {fixed(true, 2)} of the"
                f" {fixed(naive, 2)} {currency}."
            ),
            (
                f"{fixed(paid['before'].mean(), 2)} {currency} would be there without any programme: who pays much"
                " earns points fast, and joins; who leaves at once cannot. The programme also moves the others, some of"
                f" whom join later; counted against it that is {fixed(paid['others'].mean(), 2, True)}. The three"
                " parts add up to what is seen."
            ),
            (
                f"{fixed(stayed['seen'].mean(), 1)} points more of the members than of the others were still there."
                f" The programme brought {fixed(stayed['effect'].mean(), 1, True)} points;"
                f" {fixed(stayed['before'].mean(), 1, True)} would be there without it."
            ),
        ),
        figures=(
            _bars("How much more members pay than others", f"{currency} a month", paid, 2),
            _bars("How many more of them are still there after two years", "points", stayed, 1),
        ),
        table=Table(
            "Members less others, and what it is made of; the parts add up.",
            ["", f"Paid in the second year, {currency} a month", "Still there after two years, points"],
            [
                [words, fixed(paid[name].mean(), 2, True), fixed(stayed[name].mean(), 1, True)]
                for name, words in (("seen", "What is seen"), *((name, words) for name, words in PARTS.items()))
            ],
        ),
        claims=(
            Claim("Members pay more than others", paid["seen"], f"{currency} a month", decimals=2),
            Claim(
                "Less than half of that is the programme's doing",
                0.5 * paid["seen"] - paid["effect"],
                f"{currency} a month",
                decimals=2,
            ),
            Claim(
                "More than half of it would be there without any programme",
                paid["before"] - 0.5 * paid["seen"],
                f"{currency} a month",
                decimals=2,
            ),
        ),
        quiz=(
            Ask("How much more a month do members pay than other customers?", f"{fixed(naive, 2)} {currency}"),
            Ask("How much of it does the programme bring?", f"{fixed(true, 2)} {currency}"),
            Ask(
                "How could an operator without a lab find out?",
                "By offering the programme to a random half, and comparing the halves",
                (
                    "By asking members",
                    "By waiting longer",
                    "By offering the programme to a random half, and comparing the halves",
                ),
                "Members and others of a programme that all may join differ before it begins.",
            ),
        ),
    )


def _bars(title: str, axis: str, part: "dict[str, pd.Series[float]]", decimals: int) -> Bars:
    return Bars(title, axis, {"what is seen": part["seen"], **{PARTS[name]: part[name] for name in PARTS}}, decimals)


LESSON = Lesson(
    name="members_and_others",
    title="Members were better customers before they joined",
    question="Members of our programme pay more. Does the programme make them?",
    scenario="europe_three",
    overrides=("customers.count=5000", "months=24", "policies=[none,points]", "panel.share=1"),
    variants={ENROL: (0.03, 0.025, 0.035), "policies.points.loyalty.points.value": (0.03, 0.025, 0.035)},
    worlds=8,
    seconds=8,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Leenheer, van Heerde, Bijmolt & Smidts (2007): in Dutch supermarkets the effect of programmes on share of"
            " wallet is a seventh of what a comparison of members with others shows."
        ),
        (
            "The debate: part of the effect may be what members reveal, not what they spend; and gains fade when rivals"
            " follow with programmes of their own (scenario loyalty_arms_race)."
        ),
        "Wendlandt & Schrader (2007): programmes that force behaviour can cost more commitment than they win.",
    ),
    assumes=(
        "People join with a hazard that rises with their bill, their commitment and their taste for deals.",
        "Points are lost on leaving; that, and next month's points, is all that holds a member.",
    ),
    vary=(
        "churnlab compare loyalty_arms_race policies=none,points",
        "churnlab compare europe_three policies=none,points,points_minimum_spend",
    ),
)
