"""Retention is not loyalty: when portability comes, those who stayed only because leaving was dear go first."""

import numpy as np

from sim import Market
from sim.books.relations import standing
from sim.config import Scenario
from sim.config.values import with_values
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Lines, Measured, Told, Values, estimate, own
from sim.report.facts import Estimate
from sim.report.formats import fixed, percent
from sim.report.tables import Table

BEFORE, NEVER = 6, 600  # months: when people are sorted; a shock that does not come
GROUPS = {"spurious": "held, would rather be elsewhere", "true": "would choose the operator again"}


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Sort customers by why they stay, then follow them in two futures: with portability and without."""
    month = scenario.shocks["portability"].month
    worlds = {
        "with": Market(scenario, seed=seed),
        "without": Market(with_values(scenario, {"shocks.portability.month": NEVER}), seed=seed),
    }
    for market in worlds.values():
        for _ in range(month - 1):
            market.step()
    before = worlds["with"]  # until that month both worlds are the same
    people = before.customers_of(before.focal_index)
    # what the operator is worth to her above her best alternative, were switching free
    gain = standing(before.world, people).to_customer
    sorted_by = {"spurious": people[gain < 0.0], "true": people[gain > 0.0]}
    measured: Measured = {
        "spurious": len(sorted_by["spurious"]) / len(people),
        "churn_before": own(before, "kpis")["churn_rate"].mean(),
    }
    for name, market in worlds.items():
        market.run()
        measured[f"churn_{name}"] = 100.0 * own(market, "kpis")["churn_rate"].rolling(3, min_periods=1).mean()
        for kind, ids in sorted_by.items():
            measured[f"gone_{kind}_{name}"] = float(np.mean(market.customers.operator[ids] != market.focal_index))
    return measured


def tell(found: Found) -> Told:
    """Tell who left when leaving became easy."""
    worlds, shock = found.worlds, found.scenario.shocks["portability"]
    later = found.scenario.months - shock.month + 1
    effect = {kind: 100.0 * (worlds[f"gone_{kind}_with"] - worlds[f"gone_{kind}_without"]) for kind in GROUPS}
    shares = {(kind, world): found.mean(f"gone_{kind}_{world}") for kind in GROUPS for world in ("without", "with")}
    relative = {kind: worlds[f"gone_{kind}_with"] / worlds[f"gone_{kind}_without"] for kind in GROUPS}
    share, apart = found.mean("spurious"), estimate(relative["spurious"] - relative["true"])
    apart_in_points = estimate(effect["spurious"] - effect["true"])
    choices = ("As many of both, as far as can be told", "More of the held", "More of those who would choose it again")
    return Told(
        scene=(
            f"The leader loses {percent(found.mean('churn_before'))} of its customers a month and is content. The lab"
            f" knows what an operator does not, and sorts them just before month {shock.month}: the held would choose"
            " another operator, or none, on what they get now, if switching were free; the others would choose the"
            " leader again. Then number portability takes away"
            f" {percent(found.values['shocks.portability.portability'], 0)} of the effort of leaving. Both groups,"
            " whose members never change, are counted in that world and in its twin without portability."
        ),
        prediction=Ask(
            f"Of which group does portability make more leave within {later} months, in points?",
            choices[1 if apart_in_points.low > 0.0 else 2 if apart_in_points.high < 0.0 else 0],
            choices,
        ),
        happened=(
            (
                f"Before portability {percent(share, 0)} of the leader's customers would rather have been elsewhere,"
                " were switching free. They counted as retained like everybody else."
            ),
            (
                f"In points: portability made {fixed(effect['spurious'].mean(), 1)} more of 100 of the held leave"
                f" within {later} months, and {fixed(effect['true'].mean(), 1)} more of 100 of those who would choose"
                " the leader again."
            ),
            (
                "In proportion to how many would have left anyway: the held left"
                f" {fixed(relative['spurious'].mean(), 2)} times as often as without portability, the others"
                f" {fixed(relative['true'].mean(), 2)} times; {_told(apart)}. Points say where leavers come from,"
                " proportions whom the door held back most."
            ),
        ),
        figures=(
            Bars(
                f"Who leaves because of portability, within {later} months",
                "points more than without it",
                {GROUPS[kind]: effect[kind] for kind in GROUPS},
            ),
            Bars(
                f"How many times as many leave with portability, within {later} months",
                "times as many as without it",
                {GROUPS[kind]: relative[kind] for kind in GROUPS},
                2,
            ),
            Lines(
                "Churn of the leader, % a month, mean of three months",
                "month",
                {"with portability": found.courses["churn_with"], "without": found.courses["churn_without"]},
            ),
        ),
        table=Table(
            f"Gone after {later} months, of the leader's customers when portability came.",
            ["Why she stayed", "Without portability", "With portability", "Points more", "Times as many"],
            [
                [
                    GROUPS[kind],
                    percent(shares[kind, "without"]),
                    percent(shares[kind, "with"]),
                    fixed(effect[kind].mean(), 1, True),
                    fixed(relative[kind].mean(), 2),
                ]
                for kind in GROUPS
            ],
        ),
        claims=(
            Claim("Portability makes the held leave", effect["spurious"], "points"),
            Claim(
                "In points, it makes more of them leave than of those who would choose the operator again",
                effect["spurious"] - effect["true"],
                "points",
            ),
            Claim(
                "In proportion, the held leave more often than without it too",
                relative["spurious"],
                "times as many",
                above=1.0,
                decimals=2,
            ),
        ),
        quiz=(
            Ask(
                "What share of the leader's retained customers would rather have been elsewhere, were switching free?",
                percent(share, 0),
            ),
            Ask(
                "By how many points did portability raise the share of them who left?",
                f"{fixed(effect['spurious'].mean(), 1)} points",
            ),
            Ask(
                "Which number would have warned the operator before portability came?",
                "What customers would choose if switching were free",
                ("Its churn rate", "Its market share", "What customers would choose if switching were free"),
                "Churn and share were fine. A survey of satisfaction against rivals comes nearest.",
            ),
        ),
    )


def _told(apart: Estimate) -> str:
    """Say which group's leaving grew more in proportion."""
    if apart.low > 0.0:
        return "in proportion, too, the held moved more"
    return "in proportion the others moved more" if apart.high < 0.0 else "in proportion the two cannot be told apart"


LESSON = Lesson(
    name="retention_is_not_loyalty",
    title="Retention is not loyalty: the held leave when the door opens",
    question="Churn is low. Are the customers loyal?",
    scenario="portability",
    overrides=("customers.count=4000", "months=24", "policies=[none]"),
    variants={"shocks.portability.portability": (0.85, 0.75, 0.95), "shocks.portability.days": (1, 2, 3)},
    worlds=8,
    seconds=8,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Dick & Basu (1994) call repeat patronage without a preference spurious loyalty, and see in it a relation"
            " that lasts until the barrier falls."
        ),
        (
            "Shi, Chiang & Rhee (2006) and Lyons (2006): portability raises switching, and lowers prices, where porting"
            " is quick."
        ),
        (
            "The debate: whether there is any other loyalty. Oliver (1999) builds it up from belief to habit. Others"
            " take repeat purchase for penetration and inertia; Hortacsu, Madanizadeh & Puller (2017) find that most"
            " people hardly ever look, and who does not look is bound by nothing."
        ),
    ),
    assumes=(
        (
            "Held: on what she gets now she would choose another operator, or none, if leaving cost nothing. The lab"
            " knows this of everybody; an operator does not."
        ),
        (
            "Until month 7 a number is lost on leaving. Then porting takes away a part of the effort, less the longer"
            " it takes."
        ),
        "Rivals do nothing new. Few customers look around in a month: most of the held stay held for long.",
    ),
    vary=(
        "churnlab compare portability policies=none,points,contract,first_contact",
        "churnlab run portability shocks.portability.days=20",
    ),
)
