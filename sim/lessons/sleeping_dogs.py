"""Proactive retention that wakes sleeping dogs: the call that offers money also makes people look around."""

from sim import Market
from sim.config import Scenario
from sim.config.values import with_values
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, forked
from sim.report.formats import fixed, percent
from sim.report.tables import Table

MONTHS = 6
WAKE, CREDIT = "behaviour.attention.contact", "policies.proactive_random.retention.proactive.credit"
HALF = {"policies.proactive_random.retention.proactive.depth": 0.5}  # of the base is called


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Call half of the base, with a credit, in a market where a call makes people look around, and in one where it does
    not.
    """
    measured: Measured = {}
    for name, wakes in (("waking", values[WAKE]), ("asleep", 0.0)):
        world = Market(with_values(scenario, {**HALF, WAKE: wakes}), seed=seed)
        people = world.customers_of(world.focal_index)
        for arm, policy in (("called", "proactive_random"), ("left alone", "none")):
            future = forked(world, policy, MONTHS)
            measured[f"{arm} {name}"] = float((future.customers.operator[people] != future.focal_index).mean())
    return measured


def tell(found: Found) -> Told:
    """Tell what a call does, and what it would do if it woke nobody."""
    gone = 100.0 * found.worlds
    effect, still = gone["called waking"] - gone["left alone waking"], gone["called asleep"] - gone["left alone asleep"]
    wakes, credit = found.values[WAKE], f"{found.values[CREDIT]} {found.scenario.currency}"
    choices = ("Fewer leave", "No difference", "More leave")
    low, high = effect.mean() - still.mean(), still.mean()
    return Told(
        scene=(
            f"The leader calls half of its customers, drawn at random, and offers {credit} for staying. Of those"
            f" called, {percent(wakes, 0)} begin to look around because of the call."
        ),
        prediction=Ask(
            f"Do more or fewer of its customers leave within {MONTHS} months than without the calls?",
            choices[2] if effect.mean() > 0.0 else choices[0],
            choices,
        ),
        happened=(
            (
                f"{fixed(gone['left alone waking'].mean(), 1)} % would have left within {MONTHS} months. With the calls"
                f" it was {fixed(gone['called waking'].mean(), 1)} %: {fixed(effect.mean(), 2, True)} points."
            ),
            (
                "The money itself works: where a call wakes nobody, the same campaign moves it by"
                f" {fixed(high, 2, True)} points. Waking adds {fixed(low, 2, True)} points, and eats up the gain."
            ),
        ),
        figures=(
            Bars(
                f"Customers gone after {MONTHS} months because of the campaign",
                "points more than without calls",
                {"the call wakes": effect, "the call wakes nobody": still},
                2,
            ),
        ),
        table=Table(
            f"Gone after {MONTHS} months, of all customers of the leader at the start.",
            ["", "Left alone", "Half are called"],
            [
                [words, *(f"{fixed(found.mean(f'{arm} {name}') * 100.0, 2)} %" for arm in ("left alone", "called"))]
                for name, words in (("waking", "The call wakes"), ("asleep", "It wakes nobody"))
            ],
        ),
        claims=(
            Claim("With waking, the campaign raises churn", effect, "points", decimals=2),
            Claim("Without waking, it lowers churn", -still, "points fewer", decimals=2),
            Claim("Waking makes the difference", effect - still, "points", decimals=2),
        ),
        quiz=(
            Ask(
                "By how many points did the campaign change the share who left?",
                f"{fixed(effect.mean(), 2, True)} points",
            ),
            Ask(
                "How much of that is waking?",
                f"{fixed(low, 2, True)} points",
                why="The same campaign, the same people, the same luck, with and without waking.",
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
    title="A retention call can wake sleeping dogs",
    question="We call customers and offer them money to stay. Can that lose customers?",
    scenario="europe_three",
    overrides=("customers.count=6000", "months=12", "policies=[none,proactive_random]"),
    variants={WAKE: (0.12, 0.14, 0.16), CREDIT: (30, 25, 35)},
    worlds=10,
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
            "The debate: a campaign that offers enough, at the right moment, also keeps. Lemmens & Gupta (2020) find"
            " profitable campaigns once their depth is chosen by profit. How strongly a call wakes is not known outside"
            " a few experiments; in this lab it is an input."
        ),
    ),
    assumes=(
        (
            "A call makes its receiver weigh alternatives with a given probability, and breaks part of her habit. The"
            " second stays when the first is switched off."
        ),
        "The credit counts as spread over twelve months. Calls go to a random half, so nobody is selected.",
    ),
    vary=(
        "churnlab compare europe_three policies=none,plan_advice,proactive_random behaviour.attention.contact=0.12",
        "churnlab params europe_three attention.contact",
    ),
)
