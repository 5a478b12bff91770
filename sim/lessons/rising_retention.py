"""Retention rises with age though nobody changes: those who stay were the stayers all along."""

import numpy as np
import pandas as pd

from sim import Market
from sim.config import Scenario
from sim.config.values import with_values
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Lines, Measured, Told, Values
from sim.report.formats import fixed, percent
from sim.report.tables import Table

YEARS = 7
ALIKE = 1e6  # this many times as sure of the mean: nobody differs


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Follow one cohort whose members differ for life, and one whose members are alike; a step of the lab is a year
    here.
    """
    alpha, beta = values["cohort"]
    measured: Measured = {}
    for name, factor in (("unlike", 1.0), ("alike", ALIKE)):
        market = Market(
            with_values(
                scenario, {"behaviour.churn_hazard.alpha": factor * alpha, "behaviour.churn_hazard.beta": factor * beta}
            ),
            seed=seed,
        )
        people = np.flatnonzero(market.state.plan >= 0)
        left = [len(people)]
        for _ in range(YEARS):
            market.step()
            left.append(int((market.state.plan[people] >= 0).sum()))
        stayed = np.array(left)
        retention = pd.Series(stayed[1:] / stayed[:-1], index=range(1, YEARS + 1))
        measured |= {
            f"{name}": retention,
            f"{name}_first": retention.iloc[0],
            f"{name}_last": retention.iloc[-1],
            f"{name}_kept": stayed[-1] / stayed[0],
        }
    return measured


def tell(found: Found) -> Told:
    """Tell what sorting alone does."""
    alpha, beta = found.values["cohort"]
    first, last, flat = found.mean("unlike_first"), found.mean("unlike_last"), found.mean("alike_last")
    rise = 100.0 * (found.worlds["unlike_last"] - found.worlds["unlike_first"])
    even = 100.0 * (found.worlds["alike_last"] - found.worlds["alike_first"])
    guess, kept, alike = found.mean("unlike_first") ** YEARS, found.mean("unlike_kept"), found.mean("alike_kept")
    choices = ("It falls", "It stays the same", "It rises")
    return Told(
        scene=(
            "A cohort starts with one operator. Each customer leaves in a year with her own probability, which never"
            f" changes; the mean is {percent(alpha / (alpha + beta), 0)}. Nothing that the operator does has any"
            " effect."
        ),
        prediction=Ask(
            f"How does the cohort's yearly retention rate move from year 1 to year {YEARS}?",
            choices[2],
            choices,
            "Nobody changed. The leavers left.",
        ),
        happened=(
            (
                f"Retention was {percent(first)} in year 1 and {percent(last)} in year {YEARS}:"
                f" {fixed(float(rise.mean()), 1)} points more, though no customer became more loyal. Where all have the"
                f" same probability, it was {percent(flat)} in year {YEARS}, as in year 1."
            ),
            (
                f"Who takes year 1 for the truth expects {percent(guess, 0)} of the cohort to be left after {YEARS}"
                f" years. There were {percent(kept, 0)}. Of the cohort of people alike, with the same mean,"
                f" {percent(alike, 0)} were left."
            ),
        ),
        figures=(
            Lines(
                "Yearly retention, %",
                "year",
                {
                    "customers differ": 100.0 * found.courses["unlike"],
                    "all alike, same mean": 100.0 * found.courses["alike"],
                },
            ),
            Bars(
                "Change of yearly retention from first to last year",
                "points",
                {"customers differ": rise, "all alike": even},
            ),
        ),
        table=Table(
            "Yearly retention, means over the worlds.",
            ["Cohort", *(f"Year {year}" for year in range(1, YEARS + 1)), f"Left after {YEARS}"],
            [
                [
                    words,
                    *(percent(share) for share in found.courses[name].mean(axis=1)),
                    percent(found.mean(f"{name}_kept"), 0),
                ]
                for name, words in (("unlike", "Customers differ"), ("alike", "All alike"))
            ],
        ),
        claims=(
            Claim("Retention rises with age where customers differ", rise, "points"),
            Claim("It rises more than where all are alike", rise - even, "points"),
            Claim(
                "More are left than the first year's rate foretells",
                100.0 * (found.worlds["unlike_kept"] - found.worlds["unlike_first"] ** YEARS),
                "points",
            ),
        ),
        quiz=(
            Ask(
                f"By how many points did retention rise from year 1 to year {YEARS} in the cohort whose members"
                " differ?",
                f"{fixed(float(rise.mean()), 1)} points",
            ),
            Ask(
                f"Year 1 foretells that {percent(guess, 0)} are left after {YEARS} years. How many were?",
                percent(kept, 0),
            ),
            Ask(
                "An operator's old customers leave less than its new ones. Does that show that the relation grows?",
                "No",
                ("Yes", "No"),
                "Sorting alone does it. To see growth, follow the same people, or compare with a cohort whose"
                " differences are known.",
            ),
        ),
    )


LESSON = Lesson(
    name="rising_retention",
    title="Retention rises with age though nobody grows loyal",
    question="Old customers leave less than new ones. Have they become more loyal?",
    scenario="classroom",
    overrides=(
        "customers.count=6000",
        "burn_in=0",
        "months=12",
        "policies=[none]",
        "behaviour=textbook",
        "behaviour.attention.base=0",
        "behaviour.churn_hazard={distribution: beta, alpha: 1, beta: 4}",
    ),
    variants={"cohort": ((0.668, 3.806), (0.704, 1.182), (1.0, 4.0), (0.8, 2.4))},
    worlds=6,
    seconds=8,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Fader & Hardie (2007) fit two cohorts of subscribers with nothing but this: a probability of leaving that"
            " differs between people and never changes. Their two fits, (0.668, 3.806) and (0.704, 1.182), are two"
            " variants of this lesson."
        ),
        (
            "Fader & Hardie (2010): who values a customer base by its mean retention undervalues it, because those left"
            " are the better ones."
        ),
        (
            "The other side: relations can deepen too. Bolton (1998) finds that satisfaction weighs more in older"
            " relations, and Dwyer, Schurr & Oh (1987) describe how commitment forms. A rising curve is consistent with"
            " both; it proves neither."
        ),
    ),
    assumes=(
        (
            "A customer's probability of leaving is drawn from a beta distribution once, and never changes. The two"
            " numbers of the input are its parameters."
        ),
        "Everything else in the market is switched off. A month of the lab stands for a year.",
    ),
    vary=("churnlab params classroom churn_hazard",),
)
