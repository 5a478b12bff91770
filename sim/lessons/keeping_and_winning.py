"""What it costs to win and to keep: averages of the books against one more customer-year, on both sides."""

import numpy as np
import pandas as pd

from sim import Market
from sim.config import Scenario
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, own
from sim.report.formats import fixed, money
from sim.report.tables import Table

KEEPING = {"save_desk": "save desk", "contract": "contract with subsidy", "tenure_discount": "tenure discount"}
WINNING = {"referral": "reward for bringing friends", "dealer_commission": "more commission to dealers"}
LEVERS = KEEPING | WINNING
FIVE = 5.0  # times, as the saying goes


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Run each policy in a future of the same world; divide all that it spends more by all customer-years that it has
    more.
    """
    world = Market(scenario, seed=seed)
    people = world.customers_of(world.focal_index)
    futures = {policy: world.fork(policy=policy).run() for policy in ("none", *LEVERS)}
    here = {policy: future.customers.operator[people] == future.focal_index for policy, future in futures.items()}
    measured: Measured = {}
    for policy, future in futures.items():
        kpis = own(future, "kpis")
        kept, won = (kpis["src"] * kpis["subscribers"]).sum(), (kpis["sac"] * kpis["gross_adds"]).sum()
        stay = here[policy] & here["none"]
        paid = [one.state.paid[people][stay].sum(dtype=float) for one in (futures["none"], future)]
        measured |= {
            f"outlay_{policy}": kept + won + max(0.0, paid[0] - paid[1]),  # bills forgone on who stays anyway count
            f"years_{policy}": kpis["subscribers"].sum() / 12.0,
        }
        if policy == "none":
            measured |= {"sac": won / kpis["gross_adds"].sum(), "src": 12.0 * kept / kpis["subscribers"].sum()}
    return measured


def tell(found: Found) -> Told:
    """Tell the prices of the books, and those of one more year."""
    worlds, currency = found.worlds, found.scenario.currency
    spent = {policy: worlds[f"outlay_{policy}"] - worlds["outlay_none"] for policy in LEVERS}
    years = {policy: worlds[f"years_{policy}"] - worlds["years_none"] for policy in LEVERS}
    price = {policy: float(spent[policy].sum() / years[policy].sum()) for policy in LEVERS}
    ratio = worlds["sac"] / worlds["src"]
    times = price["save_desk"] / found.mean("src")
    choices = ("About as much", "About five times as much", "More than ten times as much")
    span = {
        side: " to ".join(money(end(price[policy] for policy in side_of), currency) for end in (min, max))
        for side, side_of in (("keep", KEEPING), ("win", WINNING))
    }
    return Told(
        scene=(
            "By the books of an operator without any policy, winning a customer costs"
            f" {money(found.mean('sac'), currency)} and keeping one costs {money(found.mean('src'), currency)} a year."
            " It tries three ways to keep more (a save desk that offers"
            f" {fixed(found.values['policies.save_desk.retention.save_desk.credit'])} {currency}, a contract with a"
            " subsidy, a discount for long tenure) and two ways to win more (a reward for bringing friends, more"
            f" commission to dealers), each for {found.scenario.months} months in the same worlds."
        ),
        prediction=Ask(
            "What does the save desk spend on each customer-year that the operator has more, against the books' cost of"
            " keeping a customer for a year?",
            choices[int(np.digitize(times, (2.0, 10.0)))],
            choices,
        ),
        happened=(
            (
                f"The books say that winning costs {fixed(float(ratio.mean()))} times as much as keeping for a year."
                " That is an average over everybody, and nearly everybody would have stayed anyway."
            ),
            (
                f"One more customer-year costs {span['keep']} by keeping and {span['win']} by winning, all outlay and"
                f" bills forgone counted. {_compared(price)}: what counts is how many a lever moves, and how many it"
                " pays who would have come or stayed without it."
            ),
        ),
        figures=(
            Bars(
                "Customer-years gained for a thousand spent",
                f"customer-years per 1,000 {currency}",
                {words: 1_000.0 * years[policy] / spent[policy] for policy, words in LEVERS.items()},
            ),
            Bars(
                f"Customer-years gained in {found.scenario.months} months, of 1,000 in all",
                "customer-years",
                {words: 1_000.0 * years[policy] / worlds["years_none"] for policy, words in LEVERS.items()},
                decimals=0,
            ),
        ),
        table=Table(
            f"What a policy spends more, and what it has more, in a world of {found.scenario.customers.count:,} people"
            f" in {found.scenario.months} months; {currency}.",
            ["Policy", "Meant to", "Spent more", "Customer-years more", "For each"],
            [
                [
                    words.capitalize(),
                    "keep" if policy in KEEPING else "win",
                    fixed(spent[policy].mean()),
                    fixed(years[policy].mean()),
                    fixed(price[policy]),
                ]
                for policy, words in LEVERS.items()
            ],
            words=frozenset({1}),
        ),
        claims=(
            Claim("By the books, winning costs more than five times a year of keeping", ratio, "times", above=FIVE),
            *(
                Claim(
                    f"{words.capitalize()}: a customer-year more costs over five times what the books say of keeping",
                    spent[policy] - FIVE * found.mean("src") * years[policy],
                    f"thousand {currency}",
                    factor=0.001,
                )
                for policy, words in KEEPING.items()
            ),
            _cheaper("save_desk", "dealer_commission", spent, years),
            _cheaper("referral", "tenure_discount", spent, years),
        ),
        quiz=(
            Ask(
                "How many times a year's cost of keeping one does winning one cost, by the books?",
                f"{fixed(float(ratio.mean()))} times",
            ),
            Ask("What does the save desk spend on each customer-year gained?", money(price["save_desk"], currency)),
            Ask(
                "And more commission to dealers?",
                money(price["dealer_commission"], currency),
                why="It is paid for everybody who comes, and most would have come without it.",
            ),
        ),
    )


def _compared(price: dict[str, float]) -> str:
    """Say whether a side is the cheaper throughout."""
    keeping, winning = ([price[policy] for policy in side] for side in (KEEPING, WINNING))
    if max(keeping) < min(winning):
        return "Here keeping is the cheaper throughout"
    return (
        "Here winning is the cheaper throughout" if max(winning) < min(keeping) else "Neither side is cheaper as such"
    )


def _cheaper(one: str, other: str, spent: "dict[str, pd.Series[float]]", years: "dict[str, pd.Series[float]]") -> Claim:
    """Claim that a lever gains a customer-year for less: with what the other spent it would have gained more."""
    price = spent[one].sum() / years[one].sum()
    return Claim(
        f"{LEVERS[one].capitalize()} gains a customer-year for less than {LEVERS[other]}",
        spent[other] / price - years[other],
        "customer-years, for the same money",
        decimals=0,
    )


LESSON = Lesson(
    name="keeping_and_winning",
    title="Keeping costs a fifth of winning? Not the next customer-year",
    question="Does it cost five times as much to win a customer as to keep one?",
    scenario="europe_three",
    overrides=("customers.count=4000", "months=36", f"policies=[none,{','.join(LEVERS)}]"),
    variants={
        "policies.save_desk.retention.save_desk.credit": (60, 45, 75),
        "policies.contract.loyalty.contract.subsidy_renewal": (60, 70, 80),
    },
    worlds=8,
    seconds=10,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "That winning costs five times as much as keeping is told since the 1980s, with ratios from 2 to 20. None"
            " of them is a measurement of what the next customer costs."
        ),
        (
            "Gupta, Lehmann & Stuart (2004): one per cent of retention is worth far more than one per cent of"
            " acquisition cost. That is about worth, not about what a per cent of either costs."
        ),
        (
            "Ascarza (2018): money for keeping goes to people who would have stayed, or who cannot be kept; who is"
            " saved by it must be found by experiment."
        ),
    ),
    assumes=(
        (
            "Winning: subsidies, commissions and bonuses per new customer. Keeping: all outlay on renewals, contacts,"
            " credits and points per customer. Overheads are in neither."
        ),
        (
            "A customer-year is twelve months that anybody spends with the operator until the horizon, whether she was"
            " kept or won; a policy that keeps spends less on winning, and that counts. What comes after the horizon"
            " is left out on both sides."
        ),
    ),
    vary=(f"churnlab compare europe_three policies=none,{','.join(LEVERS)} months=36",),
)
