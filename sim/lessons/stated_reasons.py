"""70 % leave for service: what leavers can name against what would have kept them."""

import pandas as pd

from sim import Market
from sim.config import Scenario
from sim.config.values import with_values
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, own
from sim.report.formats import percent
from sim.report.tables import Table

NEVER, MEMORY = 600, 12  # month of a shock that does not come; months for which a failure is remembered


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Ask leavers and stayers of a market for a bad experience; then live it again with the leader's failures taken
    away.
    """
    market = Market(with_values(scenario, {"shocks.no_failures.month": NEVER}), seed=seed).run()
    without = Market(scenario, seed=seed).run()
    panel = market.panel.query("operator == @scenario.focal").sort_values(["customer", "month"])
    failed = panel["failure"].astype(float).groupby(panel["customer"]).rolling(MEMORY, min_periods=1).max().to_numpy()
    asked = pd.DataFrame(
        {
            "failed": failed,
            "unhappy": (panel["satisfaction"] < values["unhappy"]).to_numpy(float),
            "left": panel["churned"].to_numpy(),
        }
    )
    asked = asked[(panel["month"] > MEMORY).to_numpy()]
    leavers, stayers = asked[asked["left"]], asked[~asked["left"]]
    reasons = own(market, "exit_reasons").query("index > @MEMORY").groupby("key")["value"].sum()
    churn = [own(one, "kpis")["churn_rate"].loc[MEMORY + 1 :].mean() for one in (market, without)]
    return {
        "failed_leavers": leavers["failed"].mean(),
        "failed_stayers": stayers["failed"].mean(),
        "unhappy_leavers": leavers["unhappy"].mean(),
        "unhappy_stayers": stayers["unhappy"].mean(),
        "trigger": (reasons["failure"] + reasons["dissatisfaction"]) / reasons.sum(),
        "churn": churn[0],
        "churn_without": churn[1],
        "avoided": 1.0 - churn[1] / churn[0],
    }


def tell(found: Found) -> Told:
    """Tell the stated share, that of those who stay, and the true one."""
    worlds, level = 100.0 * found.worlds, found.values["unhappy"]
    named, stay, true, trigger = (
        found.mean(name) for name in ("failed_leavers", "failed_stayers", "avoided", "trigger")
    )
    choices = ("About 70 %", "About 40 %", "About 25 %", "About 10 %")
    right = choices[min(range(4), key=lambda place: abs((0.70, 0.40, 0.25, 0.10)[place] - true))]
    return Told(
        scene=(
            f"Ask everybody who leaves the leader whether something had gone wrong in the {MEMORY} months before, and"
            " ask those who stay too. Then live the same months again with every one of the leader's service failures"
            " taken away."
        ),
        prediction=Ask("Without a single failure, by what part does the leader's churn fall?", right, choices),
        happened=(
            (
                f"{percent(named, 0)} of the leavers could name a service failure of the year before. So could"
                f" {percent(stay, 0)} of those who stayed. {percent(found.mean('unhappy_leavers'), 0)} of the leavers"
                f" and {percent(found.mean('unhappy_stayers'), 0)} of the stayers were unhappy (satisfaction below"
                f" {level})."
            ),
            (
                f"Without any failure, churn fell from {percent(found.mean('churn'), 2)} to"
                f" {percent(found.mean('churn_without'), 2)} a month, by {percent(true, 0)}. A failure or lasting"
                f" dissatisfaction was what made {percent(trigger, 0)} of the leavers look around."
            ),
        ),
        figures=(
            Bars(
                "Who leaves for service",
                "%",
                {
                    "leavers who can name a failure": worlds["failed_leavers"],
                    "stayers who can name one": worlds["failed_stayers"],
                    "set off by failure or dissatisfaction": worlds["trigger"],
                    "churn avoided without any failure": worlds["avoided"],
                },
                decimals=0,
            ),
        ),
        table=Table(
            "Stated and true.",
            ["", "Leavers", "Stayers"],
            [
                ["Failure in the last year", percent(named), percent(stay)],
                [
                    f"Satisfaction below {level}",
                    percent(found.mean("unhappy_leavers")),
                    percent(found.mean("unhappy_stayers")),
                ],
            ],
        ),
        claims=(
            Claim(
                "More leavers can name a failure than would have stayed without it",
                worlds["failed_leavers"] - worlds["avoided"],
                "points",
            ),
            Claim("Removing failures lowers churn all the same", worlds["avoided"], "% of churn"),
            Claim(
                "Most of what leavers name, stayers can name too: at least half as often",
                worlds["failed_stayers"] - 0.5 * worlds["failed_leavers"],
                "points",
            ),
        ),
        quiz=(
            Ask("What share of leavers could name a failure of the year before?", percent(named, 0)),
            Ask("By what part did churn fall when failures were taken away?", percent(true, 0)),
            Ask(
                "What does an exit survey lack?",
                "The answers of those who stayed",
                ("A larger sample", "The answers of those who stayed", "Better questions"),
                f"Here {percent(stay, 0)} of them had the same to tell.",
            ),
        ),
    )


LESSON = Lesson(
    name="stated_reasons",
    title="What leavers name is not what would have kept them",
    question="\u201c70 % of customers leave because of bad service.\u201d Do they?",
    scenario="europe_three",
    overrides=(
        "customers.count=4000",
        "months=30",
        "policies=[none]",
        "panel.share=1",
        "panel.truth=true",
        "+shocks.no_failures={kind: outage, operator: alpha, factor: 0, month: 1, months: 600}",
    ),
    variants={"unhappy": (0.6, 0.55, 0.65), "behaviour.failure.rate": (0.03, 0.025, 0.035)},
    worlds=8,
    seconds=12,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Keaveney (1995) has 500 customers of services tell why they switched. 44 % name a failure of the core"
            " service, 34 % a failed encounter, 30 % the price, 21 % inconvenience, 17 % how a failure was answered;"
            " most tell of more than one thing, so that these do not add up. A figure of 70 % is not among them, and we"
            " know of no source for it."
        ),
        (
            "Braun & Schweidel (2011): when one cause of churn is removed, other causes take part of those it would"
            " have taken; a single-cause model promises too much."
        ),
        (
            "The other side: service works on other causes too, through satisfaction, and Gustafsson, Johnson & Roos"
            " (2005) find it first among what predicts churn. In this lab failures are rare and other exits (prepaid"
            " lines that fall silent, deaths, unpaid bills) are many; in a market of bad networks the share is larger."
        ),
    ),
    assumes=(
        (
            "Who leaves remembers a failure for twelve months. The lab asks everybody and everybody answers truly; real"
            " surveys do worse."
        ),
        "The leader's failures are taken away at once and for good; wrong bills stay. Rivals go on failing.",
    ),
    vary=(
        "churnlab run europe_three shock=outage",
        "churnlab compare service_collapse policies=none,first_contact,network_investment",
    ),
)
