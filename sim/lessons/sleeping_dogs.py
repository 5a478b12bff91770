"""Proactive retention that wakes sleeping dogs: from what waking hazard on a call that offers money loses customers."""

import math

import numpy as np

from sim import Market
from sim.config import Scenario
from sim.config.values import with_values
from sim.experiments.statistics import ratio_of_means
from sim.facts.lab import change_behaviour
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, estimate, forked
from sim.report.formats import fixed, percent
from sim.report.tables import Table

MONTHS = 6
WAKE, CREDIT = "behaviour.attention.contact", "policies.proactive_random.retention.proactive.credit"
HALF = {"policies.proactive_random.retention.proactive.depth": 0.5}  # of the base is called
TIMES = {"asleep": 0.0, "half": 0.5, "usual": 1.0, "double": 2.0}  # the waking hazard, of the market's own


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Call half of the base, with a credit, where a call makes nobody look around, half as many as in the market, as
    many, and twice as many.
    """
    world = Market(with_values(scenario, HALF), seed=seed)
    people = world.customers_of(world.focal_index)

    def gone(future: Market) -> float:
        return 100.0 * float((future.customers.operator[people] != future.focal_index).mean())

    alone = gone(forked(world, "none", MONTHS))
    measured: Measured = {"alone": alone}
    for name, times in TIMES.items():
        other = world.fork()
        change_behaviour(other, {WAKE: times * values[WAKE]})
        measured[f"effect_{name}"] = gone(forked(other, "proactive_random", MONTHS)) - alone
    return measured


def break_even(found: Found) -> tuple[float, float, float]:
    """Waking hazard at which as many are lost as kept, with its 95 % interval: where the line through the effects
    crosses 0.
    """
    hazards = found.values[WAKE] * np.array(list(TIMES.values()))
    slope, start = np.polyfit(hazards, found.worlds[[f"effect_{name}" for name in TIMES]].to_numpy().T, 1)
    return ratio_of_means(-start, slope)


def tell(found: Found) -> Told:
    """Tell what a call does as it wakes more, and from where on it does harm."""
    effect = {name: found.worlds[f"effect_{name}"] for name in TIMES}
    wakes, credit = found.values[WAKE], f"{found.values[CREDIT]} {found.scenario.currency}"
    called = {name: f"wakes {percent(times * wakes, 1)}" for name, times in TIMES.items()}
    usual, (even, low, high) = estimate(effect["usual"]), break_even(found)
    is_told = math.isfinite(low) and math.isfinite(high)
    bounds = f"95 % interval {fixed(100.0 * low, 1)} to {fixed(100.0 * high, 1)} %"
    span = bounds if is_told else "so few worlds give that no interval"
    choices = ("Fewer leave", "More leave", "Worlds cannot tell: both about cancel")
    return Told(
        scene=(
            f"The leader calls half of its customers, drawn at random, and offers {credit} for staying. The money keeps"
            f" some. But a call also makes people look around who did not: {percent(wakes, 1)} of those called, in this"
            " market. How many it is elsewhere hardly anybody has measured, so the lab also tries none, half as many"
            " and twice as many."
        ),
        prediction=Ask(
            f"Where a call {called['usual']}: do more or fewer of the leader's customers leave within {MONTHS} months"
            " than without the calls?",
            choices[0 if usual.high < 0.0 else 1 if usual.low > 0.0 else 2],
            choices,
        ),
        happened=(
            (
                f"{fixed(found.mean('alone'), 1)} % would have left within {MONTHS} months. If calls woke nobody, they"
                f" would move that by {fixed(effect['asleep'].mean(), 2, True)} points: the money works."
                f" Where it {called['usual']}, the change is {fixed(usual.mean, 2, True)} points (95 % interval"
                f" {fixed(usual.low, 2, True)} to {fixed(usual.high, 2, True)}), and where it {called['double']},"
                f" {fixed(effect['double'].mean(), 2, True)}."
            ),
            (
                f"As many are lost as kept where a call wakes {fixed(100.0 * even, 1)} % ({span}). That number decides"
                " whether calling helps, and it is known from a handful of experiments."
            ),
        ),
        figures=(
            Bars(
                f"Customers gone after {MONTHS} months because of the calls",
                "points more than without calls",
                {f"the call {called[name]}": effect[name] for name in TIMES},
                2,
            ),
        ),
        table=Table(
            f"Gone after {MONTHS} months, of all customers of the leader at the start, half of whom are called;"
            f" {fixed(found.mean('alone'), 2)} % if nobody is.",
            ["The call", "Gone, %", "More than without calls, points"],
            [
                [called[name], fixed(found.mean("alone") + effect[name].mean(), 2), fixed(effect[name].mean(), 2, True)]
                for name in TIMES
            ],
        ),
        claims=(
            Claim("If it wakes nobody, a call lowers churn", -effect["asleep"], "points fewer", decimals=2),
            Claim("If it wakes twice as many as here, it raises churn", effect["double"], "points", decimals=2),
            Claim(
                "Each waking costs: twice as many woken, more gone",
                effect["double"] - effect["usual"],
                "points",
                decimals=2,
            ),
        ),
        quiz=(
            Ask(
                f"By how many points does the round of calls change the share who leave, if a call {called['double']}?",
                f"{fixed(effect['double'].mean(), 2, True)} points",
            ),
            Ask(
                "What share of those called may a call wake at most, if calling is not to lose customers?",
                f"{fixed(100.0 * even, 1)} %",
                why="The same calls, the same people, the same luck; only the hazard differs.",
            ),
            Ask(
                "Those called at risk leave more often than others even after the call. Does that show that calls"
                " wake?",
                "No",
                ("Yes", "No"),
                "They were at risk before. Only people called at random, or the same people uncalled, tell.",
            ),
        ),
    )


LESSON = Lesson(
    name="sleeping_dogs",
    title="A retention call can wake sleeping dogs; how many it wakes decides",
    question="We call customers and offer them money to stay. Can that lose customers?",
    scenario="europe_three",
    overrides=("customers.count=6000", "months=12", "policies=[none,proactive_random]"),
    variants={WAKE: (0.08, 0.07, 0.09), CREDIT: (30, 25, 35)},
    worlds=20,
    seconds=10,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Ascarza, Iyengar & Schleicher (2016): in a field experiment with 65,000 customers, advice on a better plan"
            " raised three-month churn from 6.4 % to 10.0 %."
        ),
        "Ascarza (2018): whom a call keeps and whom it loses are different people; the risk of leaving tells neither.",
        (
            "The debate: a call that offers enough, at the right moment, also keeps. Lemmens & Gupta (2020) find"
            " profitable rounds of calls once their depth is chosen by profit. How strongly a call wakes is not known"
            " outside a few experiments; in this lab it is an input, 8 % by default."
        ),
    ),
    assumes=(
        (
            "A call makes its receiver weigh alternatives with a given probability, and breaks part of her habit. The"
            " second stays when the first is switched off."
        ),
        (
            "The credit counts as spread over twelve months. Calls go to a random half, so nobody is selected. Aimed at"
            " those at risk, the same call does better: lesson risk_or_uplift."
        ),
    ),
    vary=(
        "churnlab compare europe_three policies=none,plan_advice,proactive_random behaviour.attention.contact=0.12",
        "churnlab params europe_three attention.contact",
    ),
)
