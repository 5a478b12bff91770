"""Loyalty programmes and self-selection: members against others,
and members against themselves without the programme.
"""

import numpy as np

from sim import Market
from sim.config import Scenario
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, estimate, forked
from sim.report.formats import fixed
from sim.report.tables import Table

YEAR = 12
ENROL = "behaviour.enrolment.hazard"


def bills(market: Market, people: np.ndarray) -> float:
    """Mean of what each of these people paid the focal operator in the last year, currency a month; nothing where she
    had left.
    """
    last = market.panel.query(f"operator == @market.scenario.focal and month > {market.month - YEAR}")
    return float(last.groupby("customer")["bill"].sum().reindex(people, fill_value=0.0).mean() / YEAR)


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Offer a points programme; a year later compare its members with the others, and with themselves where it was
    never offered.
    """
    world = Market(scenario, seed=seed)
    offered, never = forked(world, "points", YEAR), forked(world, "none", YEAR)
    customers = offered.customers_of(offered.focal_index)
    is_member = offered.state.member[customers] == 1
    members, others = customers[is_member], customers[~is_member]
    before = float(world.state.reference[members].mean() - world.state.reference[others].mean())
    for market in (offered, never):
        for _ in range(YEAR):
            market.step()
    stayed = {
        (name, group): 100.0 * float(np.mean(market.customers.operator[people] == market.focal_index))
        for name, market in (("offered", offered), ("never", never))
        for group, people in (("members", members), ("others", others))
    }
    paid = {"members": bills(offered, members), "others": bills(offered, others), "without": bills(never, members)}
    return {
        "members": len(members) / len(customers),
        "before": before,
        "paid_members": paid["members"],
        "paid_others": paid["others"],
        "paid_without": paid["without"],
        "naive_paid": paid["members"] - paid["others"],
        "true_paid": paid["members"] - paid["without"],
        "naive_stayed": stayed["offered", "members"] - stayed["offered", "others"],
        "true_stayed": stayed["offered", "members"] - stayed["never", "members"],
    }


def tell(found: Found) -> Told:
    """Tell what the analyst sees, and what the programme does."""
    worlds, currency = found.worlds, found.scenario.currency
    naive, true = found.mean("naive_paid"), found.mean("true_paid")
    stay = estimate(worlds["naive_stayed"] - worlds["true_stayed"])
    choices = ("All of it", "About half", "A quarter or less")
    right = choices[int(np.digitize(-true / naive, (-0.75, -0.3)))]
    clear = "too high" if stay.low > 0.0 else "too low" if stay.high < 0.0 else "not clearly wrong"
    return Told(
        scene=(
            "The leader offers a points programme that customers may join. A year later its members are compared with"
            f" its other customers: over the next year they pay {fixed(naive, 2)} {currency} a month more."
        ),
        prediction=Ask(f"How much of the {fixed(naive, 2)} {currency} does the programme bring?", right, choices),
        happened=(
            (
                "The same members, in the world where no programme was offered, paid"
                f" {fixed(found.mean('paid_without'), 2)} {currency} a month; with it they paid"
                f" {fixed(found.mean('paid_members'), 2)}. The programme brought {fixed(true, 2)} of the"
                f" {fixed(naive, 2)} {currency}."
            ),
            (
                f"The rest was there before: those who joined already paid {fixed(found.mean('before'), 2)} {currency}"
                " a month more when the programme began. Who pays much earns points fast, and joins."
            ),
            (
                f"On staying, the comparison says {fixed(found.mean('naive_stayed'), 1, True)} points and the truth is"
                f" {fixed(found.mean('true_stayed'), 1, True)}: {clear} here. Selection needs not go the same way for"
                " every measure."
            ),
        ),
        figures=(
            Bars(
                "How much more members pay",
                f"{currency} a month",
                {
                    "than the other customers": worlds["naive_paid"],
                    "than themselves, had there been no programme": worlds["true_paid"],
                },
                decimals=2,
            ),
            Bars(
                "How many more of them are still there",
                "points",
                {
                    "than of the others": worlds["naive_stayed"],
                    "than of themselves, had there been no programme": worlds["true_stayed"],
                },
            ),
        ),
        table=Table(
            f"Paid to the leader in the second year, {currency} a month.",
            ["", "Members", "Other customers", "The same members, no programme"],
            [["Mean bill", *(fixed(found.mean(f"paid_{name}"), 2) for name in ("members", "others", "without"))]],
        ),
        claims=(
            Claim("Members pay more than others", worlds["naive_paid"], f"{currency} a month", decimals=2),
            Claim(
                "Less than half of that is the programme's doing",
                0.5 * worlds["naive_paid"] - worlds["true_paid"],
                f"{currency} a month",
                decimals=2,
            ),
            Claim("Those who joined paid more before they could", worlds["before"], f"{currency} a month", decimals=2),
        ),
        quiz=(
            Ask("How much more a month do members pay than other customers?", f"{fixed(naive, 2)} {currency}"),
            Ask("How much of it does the programme bring?", f"{fixed(true, 2)} {currency}"),
            Ask(
                "How could an operator without a lab find out?",
                "By offering the programme to a random half",
                ("By asking members", "By offering the programme to a random half", "By waiting longer"),
                "Members and others of a programme that all may join differ before it begins.",
            ),
        ),
    )


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
