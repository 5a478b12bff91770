"""The value quadrant: who gains from the relation, she or the operator, and what becomes of the trapped when leaving is
easy.
"""

import numpy as np

from sim import Market
from sim.books.relations import standing
from sim.config import Scenario
from sim.config.values import with_values
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Lines, Measured, Told, Values, own
from sim.report.formats import fixed, percent
from sim.report.tables import Table

NEVER = 600  # month of a shock that does not come
CARD, GIGABYTE = 9.0, 0.6  # EUR a month to serve a prepaid line, EUR a gigabyte: the leader's costs in this lesson
COSTS = (
    f"operators.alpha.plans.alpha_prepaid.cost={CARD}",
    *(f"operators.alpha.plans.alpha_{plan}.cost_per_gb={GIGABYTE}" for plan in ("prepaid", "flex", "M", "L")),
)
LEAST = 2.0  # of 100 customers in every cell
CELLS = {
    "win_win": "both gain",
    "trapped": "only the operator gains",
    "free_rider": "only the customer gains",
    "lose_lose": "neither gains",
}


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Sort the leader's customers by who gains; live two futures, with portability and without."""
    worlds = {
        "with": Market(scenario, seed=seed),
        "without": Market(with_values(scenario, {"shocks.portability.month": NEVER}), seed=seed),
    }
    for market in worlds.values():
        for _ in range(scenario.shocks["portability"].month - 1):
            market.step()
    before = worlds["with"]
    people = before.customers_of(before.focal_index)
    found = standing(before.world, people)
    hers, its = found.to_customer > 0.0, found.of_customer > 0.0
    cells = {"win_win": hers & its, "trapped": ~hers & its, "free_rider": hers & ~its, "lose_lose": ~hers & ~its}
    measured: Measured = {}
    for name, cell in cells.items():
        measured |= {
            f"share_{name}": cell.mean(),
            f"margin_{name}": found.of_customer[cell].sum() / found.of_customer.sum(),
        }
    for name, market in worlds.items():
        market.run()
        quadrant = own(market, "quadrant")
        measured[f"trapped_{name}"] = 100.0 * quadrant[quadrant["key"] == "trapped"]["value"]
        measured[f"end_{name}"] = measured[f"trapped_{name}"].iloc[-1]  # type: ignore[union-attr]
        measured[f"ebitda_{name}"] = own(market, "ledger")["ebitda"].iloc[-12:].sum()
        for kind, cell in cells.items():
            gone = market.customers.operator[people[cell]] != market.focal_index
            measured[f"gone_{kind}_{name}"] = 100.0 * float(gone.mean())
    return measured


def tell(found: Found) -> Told:
    """Tell how much hangs on the trapped, and who loses when the door opens."""
    worlds, currency = found.worlds, found.scenario.currency
    shock, last = found.scenario.shocks["portability"], found.scenario.months
    trapped, margin = found.mean("share_trapped"), found.mean("margin_trapped")
    gone = {name: worlds[f"gone_{name}_with"] - worlds[f"gone_{name}_without"] for name in CELLS}
    smallest = 100.0 * worlds[[f"share_{name}" for name in CELLS]].min(axis=1)
    losing = {
        what: sum(found.mean(f"{what}_{name}") for name in ("free_rider", "lose_lose")) for what in ("share", "margin")
    }
    weight = found.scenario.market_size / found.scenario.customers.count
    profit = (worlds["ebitda_with"] - worlds["ebitda_without"]) * weight / 1e6
    change = worlds["end_with"] - worlds["end_without"]
    end, without = found.mean("end_with"), found.mean("end_without")
    choices = ("Less than a tenth", "About a quarter", "About half", "Nearly all")
    right = choices[int(np.digitize(margin, (0.15, 0.375, 0.75)))]
    return Told(
        scene=(
            "Sort the leader's customers by two questions: is she better off here than anywhere else, were switching"
            f" free? Does the operator earn on her? In this market a prepaid line costs {fixed(CARD)} {currency} a"
            f" month to serve, as much as it brings, and a gigabyte {fixed(GIGABYTE, 2)}, so that many users of cards"
            f" and those who use very much cost more than they pay. In month {shock.month} number portability takes"
            f" away {percent(found.values['shocks.portability.portability'], 0)} of the effort of leaving."
        ),
        prediction=Ask(
            "What part of the leader's margin comes from customers who would be better off elsewhere?", right, choices
        ),
        happened=(
            (
                f"{percent(trapped, 0)} of the customers were trapped: the operator gains, they do not. They brought"
                f" {percent(margin, 0)} of the margin. On {percent(losing['share'], 0)} the operator lost; they took"
                f" {percent(-losing['margin'], 0)} of the margin away."
            ),
            (
                f"Portability made {fixed(gone['trapped'].mean(), 1)} points more of the trapped leave by month {last},"
                f" and {fixed(gone['win_win'].mean(), 1)} points more of those with whom both gain. The leader's profit"
                f" of the last year was {currency} {fixed(-profit.mean())} m lower than without it."
            ),
            (
                f"{fixed(end, 0)} % of its customers were trapped in month {last}, against {fixed(without, 0)} %"
                " without portability. The door opens, but few look at it; and some who move are soon no better off"
                " than those they left behind."
            ),
        ),
        figures=(
            Bars(
                "The leader's customers before portability",
                "% of customers",
                {words: 100.0 * worlds[f"share_{name}"] for name, words in CELLS.items()},
                decimals=0,
            ),
            Lines(
                "Trapped, % of the leader's customers",
                "month",
                {"with portability": found.courses["trapped_with"], "without": found.courses["trapped_without"]},
            ),
        ),
        table=Table(
            "Before portability; then how many had gone at the end, without it and with it.",
            ["Who gains", "Share of customers", "Share of margin", "Gone without, %", "Gone with, %"],
            [
                [
                    words,
                    *(percent(found.mean(f"{what}_{name}"), 1, what == "margin") for what in ("share", "margin")),
                    *(fixed(found.mean(f"gone_{name}_{world}"), 1) for world in ("without", "with")),
                ]
                for name, words in CELLS.items()
            ],
        ),
        claims=(
            Claim(
                "Trapped customers bring more than a quarter of the margin",
                100.0 * worlds["margin_trapped"],
                "%",
                above=25.0,
                decimals=0,
            ),
            Claim("All four cells are filled", smallest, "% of customers in the smallest", above=LEAST),
            Claim("Portability makes trapped customers leave", gone["trapped"], "points"),
            Claim("It moves them more than those with whom both gain", gone["trapped"] - gone["win_win"], "points"),
            Claim("It takes profit from the leader", -profit, f"{currency} m in the last year", decimals=0),
        ),
        quiz=(
            Ask("What share of the leader's customers was trapped before portability?", percent(trapped, 0)),
            Ask("What share of the margin did they bring?", percent(margin, 0)),
            Ask(
                "By how much did the leader's profit of the last year change?",
                f"{fixed(profit.mean(), 0, True)} {currency} m",
            ),
            Ask(
                f"How much larger or smaller was the trapped share in month {last} with portability than without?",
                f"{fixed(change.mean(), 1, True)} points",
                why="A share tells who is there; it hides who went and who came.",
            ),
        ),
    )


LESSON = Lesson(
    name="value_quadrant",
    title="Half of the profit may hang on customers who gain nothing",
    question="Who gains from the relation: the customer, the operator, both?",
    scenario="portability",
    overrides=("customers.count=4000", "months=30", "policies=[none]", *COSTS),
    variants={"shocks.portability.portability": (0.85, 0.75, 0.95), "shocks.portability.days": (1, 2, 3)},
    worlds=8,
    seconds=9,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Reichheld & Sasser (1990) tell operators to keep whoever is profitable; Storbacka (1997) shows that many"
            " who are kept are not."
        ),
        (
            "Klemperer (1995): profit that rests on switching costs is a bargain now and a rip-off later, and policy"
            " can take it away. CMA (2018) calls it the loyalty penalty."
        ),
        (
            "The debate: is a trapped customer exploited, or rightly lazy? Hortacsu, Madanizadeh & Puller (2017) find"
            " that inattention, not the cost of switching, holds most. Then opening the door does little, as here."
        ),
    ),
    assumes=(
        (
            "Her gain: utility of the operator less that of her best alternative, were switching free, with the tastes"
            " she has now. Its gain: her bill less what serving her costs."
        ),
        "Until month 7 a number is lost on leaving.",
        "The leader's costs are raised for this lesson; in the market as it is shipped, hardly a customer costs more"
        " than she pays, and half of the quadrant is empty.",
        "Rivals do nothing new when portability comes.",
    ),
    vary=(
        "churnlab run portability shocks.portability.portability=0.5",
        "churnlab compare portability policies=none,contract,points",
    ),
)
