"""Naive and true contagion: customers whose friends have left leave more, also where nobody influences anybody."""

import pandas as pd

from sim import Market
from sim.config import Scenario
from sim.config.values import with_values
from sim.experiments.naive_true.analyst import defected
from sim.experiments.naive_true.from_others import true_contagion_hazard
from sim.experiments.naive_true.laboratory import Laboratory
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values
from sim.report.formats import fixed, percent
from sim.report.tables import Table

ALONE = {  # every way in which one customer moves another
    "behaviour.attention.friend_left": 0.0,
    "behaviour.choice.social": 0.0,
    "behaviour.word_of_mouth.weight": 0.0,
    "behaviour.word_of_mouth.referral": 0.0,
    "behaviour.satisfaction.expectation_social": 0.0,
}


def churn_by_friends(panel: pd.DataFrame) -> tuple[float, float]:
    """Share of those who leave for another operator in a month: of them one of whose friends left theirs by choice in
    the month before, and of all others.
    """
    left, churned = panel["friends_left"] > 0, defected(panel)
    return float(churned[left].mean()), float(churned[~left].mean())


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Compare as an analyst does, with influence and without any; and make customers leave by hand, to see what their
    friends do.
    """
    laboratory = Laboratory(scenario, seed)
    with_friend, others = churn_by_friends(laboratory.at(scenario.months).panel)
    # per cent of the hazard; a customer in each community is moved to a rival in a fork
    true = true_contagion_hazard(laboratory)
    alone = churn_by_friends(Market(with_values(scenario, ALONE), seed=seed).run().panel)
    return {
        "with_friend": with_friend,
        "others": others,
        "with_friend_alone": alone[0],
        "others_alone": alone[1],
        "true": true,
        "naive": 100.0 * (with_friend / others - 1.0),
        "naive_alone": 100.0 * (alone[0] / alone[1] - 1.0),
    }


def tell(found: Found) -> Told:
    """Tell the analyst's number, the truth, and the number where the truth is nought."""
    worlds = found.worlds
    naive, alone, true = worlds["naive"], worlds["naive_alone"], worlds["true"]
    choices = ("Yes", "No, they leave alike", "No, they leave less")
    return Told(
        scene=(
            "In the whole market, compare customers one of whose friends left their operator in the month before with"
            " all others. Then switch off, one and all, the ways in which a customer can move another, and compare"
            " again."
        ),
        prediction=Ask(
            "Nobody influences anybody any more. Do those whose friends have left still leave more than others?",
            choices[0] if alone.mean() > 0.0 else choices[1],
            choices,
        ),
        happened=(
            (
                f"Those with a friend who left leave {fixed(naive.mean(), 0)} % more often:"
                f" {percent(found.mean('with_friend'), 2)} a month against {percent(found.mean('others'), 2)}."
            ),
            (
                f"In the market without any influence it is still {fixed(alone.mean(), 0, True)} %. Friends live in the"
                " same places, suffer the same failures, are courted by the same campaigns and are alike: what makes"
                " one leave makes the other leave."
            ),
            (
                "When the lab itself moves customers to a rival, their friends' hazard of leaving in the month after"
                f" rises by {fixed(true.mean(), 0)} %. That is contagion, and nothing else is in it."
            ),
        ),
        figures=(
            Bars(
                "How much more those leave whose friend has left",
                "% of the hazard",
                {
                    "analyst, as the market is": naive,
                    "analyst, nobody influences anybody": alone,
                    "true effect, as the market is": true,
                },
                decimals=0,
            ),
        ),
        table=Table(
            "Leaving for another operator in a month, of all operators' customers.",
            ["Market", "A friend left", "None left", "More, %"],
            [
                [
                    "As it is",
                    percent(found.mean("with_friend"), 2),
                    percent(found.mean("others"), 2),
                    fixed(naive.mean(), 0, True),
                ],
                [
                    "Nobody influences anybody",
                    percent(found.mean("with_friend_alone"), 2),
                    percent(found.mean("others_alone"), 2),
                    fixed(alone.mean(), 0, True),
                ],
            ],
        ),
        claims=(
            Claim("The analyst finds contagion where there is none", alone, "% of the hazard"),
            Claim("There is some contagion in the market as it is", true, "% of the hazard"),
        ),
        quiz=(
            Ask(
                "By how many per cent more do customers leave one of whose friends has left?",
                f"{fixed(naive.mean(), 0)} %",
            ),
            Ask("How much of that is there where nobody influences anybody?", f"{fixed(alone.mean(), 0)} %"),
            Ask(
                "Which of these would show contagion?",
                "Moving people drawn by lot, and watching their friends",
                (
                    "More data of the same kind",
                    "Moving people drawn by lot, and watching their friends",
                    "Asking leavers whether a friend had left",
                ),
                "Only a draw makes the friends of those who left like the friends of those who did not.",
            ),
        ),
    )


LESSON = Lesson(
    name="contagion",
    title="Friends leave together, and that is not yet contagion",
    question="Customers leave when their friends leave. Is churn contagious?",
    scenario="europe_three",
    overrides=("customers.count=10000", "months=24", "policies=[none]", "panel.share=1"),
    variants={"behaviour.failure.local_outage": (0.06, 0.07, 0.08), "behaviour.campaigns.rate": (0.20, 0.25)},
    worlds=12,
    seconds=15,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Nitzan & Libai (2011): among a million customers, the hazard of leaving is 80 % higher for each neighbour"
            " who has left."
        ),
        (
            "Ferreira, Telang & De Matos (2019) correct for what friends have in common: a friend's leaving adds 0.06"
            " points to a churn of 2.15 % a month, about 3 %."
        ),
        (
            "The debate is not whether people talk, but what a regression on who left can tell. Ties of this lab are"
            " weaker than those of Nitzan & Libai (2011): the analyst finds less than they did."
        ),
    ),
    assumes=(
        (
            "Friends share communities: tastes, local failures and rivals' local campaigns; the last two are about"
            " twice as frequent here as in the default market. Influence: attention when a friend leaves, a liking for"
            " friends' operators, what they report."
        ),
        (
            "True: one customer in each community is moved to a rival in a fork; counted are exits of those tied to"
            " exactly one of them, in the month after, against the same month without the move."
        ),
    ),
    vary=("churnlab params europe_three friend_left",),
)
