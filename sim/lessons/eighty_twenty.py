"""80/20/30: how much of the profit comes from the best fifth, and how much of the answer is the accountant's."""

import numpy as np
import pandas as pd

from agents.costs import COMMON
from sim import Market
from sim.books.ledger import common_costs
from sim.books.relations import margins
from sim.config import Scenario
from sim.kpis import lorenz, top_share
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Lines, Measured, Told, Values, own
from sim.report.formats import fixed, percent
from sim.report.tables import Table

GRID = np.arange(0, 101, 5)  # % of customers
BOOKS = {
    "revenue": "overheads in proportion to the bill",
    "head": "overheads the same for everybody",
    "full": "network investment too, the same for everybody",
}


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Take every customer's margin after cost to serve, with the common costs shared out in three ways."""
    market = Market(scenario, seed=seed).run()
    people = market.customers_of(market.focal_index)
    state = market.state[people]
    bill = state.reference.astype(float)
    brought = margins(market.world, people, np.full(len(people), market.focal_index), state)
    fixed_costs, _ = common_costs(market.books[-1].lines.sum(axis=0), market.books[-1].own)
    by_line = dict(zip(COMMON, fixed_costs[market.focal_index] / len(people), strict=True))
    overheads = by_line["overhead_cost"] + by_line["advertising_cost"]
    network = by_line["operation_cost"] + by_line["capex"]
    accounts = {
        "revenue": brought - overheads * bill / bill.mean(),
        "head": brought - overheads,
        "full": brought - overheads - network,
    }
    measured: Measured = {"bills_top": top_share(bill, 0.2), "book_top": own(market, "kpis")["profit_top20"].iloc[-1]}
    for name, margin in accounts.items():
        people_share, profit_share = lorenz(margin)
        measured[f"curve_{name}"] = pd.Series(100.0 * np.interp(GRID / 100.0, people_share, profit_share), index=GRID)
        measured |= {
            f"top_{name}": top_share(margin, 0.2),
            f"bottom_{name}": 1.0 - top_share(margin, 0.7),
            f"loss_{name}": float((margin < 0.0).mean()),
        }
    return measured


def tell(found: Found) -> Told:
    """Tell the three answers to one question."""
    worlds = 100.0 * found.worlds
    top, bottom = {name: worlds[f"top_{name}"] for name in BOOKS}, {name: worlds[f"bottom_{name}"] for name in BOOKS}
    choices = ("About 35 %", "About 50 %", "About 80 %")
    right = choices[int(np.digitize(found.mean("top_full"), (0.42, 0.65)))]
    return Told(
        scene=(
            "Rank all customers of an operator by what they bring after the cost of serving them, with overheads and"
            " network investment shared out equally among them."
        ),
        prediction=Ask("What part of the profit does the best fifth bring?", right, choices),
        happened=(
            (
                f"The best fifth brings {fixed(top['full'].mean())} % of the profit if all common costs are the same"
                f" for everybody, {fixed(top['head'].mean())} % if network investment is left out, and"
                f" {fixed(top['revenue'].mean())} % if overheads go by the bill. The customers are the same."
            ),
            (
                f"The worst 30 % bring {fixed(bottom['revenue'].mean())} %, {fixed(bottom['head'].mean())} % and"
                f" {fixed(bottom['full'].mean())} % in the three books; {percent(found.mean('loss_revenue'), 0)},"
                f" {percent(found.mean('loss_head'), 0)} and {percent(found.mean('loss_full'), 0)} of all customers are"
                " served at a loss."
            ),
            (
                f"80 % is not reached: the best fifth pay {fixed(worlds['bills_top'].mean())} % of the bills, and no"
                " sharing out of costs makes up for that. Bills in mobile telephony are too alike."
            ),
        ),
        figures=(
            Lines(
                "What the customers bring, from the worst to the best: % of the profit",
                "% of customers, the worst first",
                {**{words: found.courses[f"curve_{name}"] for name, words in BOOKS.items()}},
            ),
            Bars(
                "Profit from the best fifth",
                "% of the profit",
                {words: top[name] for name, words in BOOKS.items()},
                decimals=0,
            ),
        ),
        table=Table(
            "One set of customers, three books.",
            ["Common costs", "Best fifth, % of profit", "Worst 30 %, % of profit", "Served at a loss, % of customers"],
            [
                [
                    words.capitalize(),
                    fixed(top[name].mean(), 1),
                    fixed(bottom[name].mean(), 1),
                    fixed(worlds[f"loss_{name}"].mean(), 1),
                ]
                for name, words in BOOKS.items()
            ],
        ),
        claims=(
            Claim(
                "The best fifth brings more if common costs are the same for everybody",
                top["full"] - top["revenue"],
                "points",
            ),
            Claim("The worst 30 % bring less then", bottom["revenue"] - bottom["full"], "points less"),
            Claim("80 % is not reached in any of the three books", 80.0 - top["full"], "points short"),
        ),
        quiz=(
            Ask(
                "With all common costs shared out equally, what part of the profit does the best fifth bring?",
                f"{fixed(top['full'].mean())} %",
            ),
            Ask("And with overheads in proportion to the bill?", f"{fixed(top['revenue'].mean())} %"),
            Ask(
                "If the operator sent its worst 30 % away, would its profit grow?",
                "Not by what the books say",
                ("Yes", "Not by what the books say"),
                "Overheads and the network stay; they would be shared out among fewer.",
            ),
        ),
    )


LESSON = Lesson(
    name="eighty_twenty",
    title="80/20 is half a fact of customers, half a fact of accounts",
    question="Do 20 % of the customers bring 80 % of the profit?",
    scenario="europe_three",
    overrides=("customers.count=5000", "months=12", "policies=[none]"),
    variants={
        "operators.alpha.overhead_share": (0.18, 0.16, 0.20),
        "operators.alpha.network.capex_share": (0.14, 0.13, 0.15),
    },
    worlds=8,
    seconds=8,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Juran (1954) named the rule after Pareto: the vital few and the trivial many. Sherden (1994) turned it"
            " into 80/20/30: the top fifth brings 80 % of profit, half of which is lost on the bottom 30 %."
        ),
        (
            "Storbacka (1997): in retail banks a large part of customers cost more than they bring, and the Lorenz"
            " curve of profit dips below zero."
        ),
        (
            "The debate: how common costs are shared out decides most of it. Gupta & Lehmann (2003) advise to count"
            " only what changes with the customer; then hardly anybody is served at a loss."
        ),
    ),
    assumes=(
        (
            "Margin: the usual bill less network and care cost of serving her, and her part of the common costs. What"
            " it cost to win her is not in it."
        ),
        (
            "Overheads, advertising and the network cost given shares of the opening revenue; the books differ only in"
            " whom they charge."
        ),
    ),
    vary=("churnlab run europe_three months=12", "churnlab run china_2005 months=12"),
)
