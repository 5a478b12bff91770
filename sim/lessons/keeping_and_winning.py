"""What it costs to win and to keep: averages say that keeping is cheap, the next customer saved says something else."""

import math

from sim import Market
from sim.config import Scenario
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, own
from sim.report.formats import fixed, money
from sim.report.tables import Table

LEVERS = {
    "none": "as it is",
    "save_desk": "save desk",
    "contract": "contract with subsidy",
    "tenure_discount": "tenure discount",
}
TRIED = tuple(LEVERS)[1:]


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Run each policy in a future of the same world; divide what it spends by whom it wins, whom it keeps, and whom it
    truly saves.
    """
    world = Market(scenario, seed=seed)
    people = world.customers_of(world.focal_index)
    measured: Measured = {}
    stayed, outlay = {}, {}
    for policy in LEVERS:
        future = world.fork(policy=policy).run()
        kpis = own(future, "kpis")
        measured[f"sac_{policy}"] = (kpis["sac"] * kpis["gross_adds"]).sum() / kpis["gross_adds"].sum()
        measured[f"src_{policy}"] = 12.0 * (kpis["src"] * kpis["subscribers"]).sum() / kpis["subscribers"].sum()
        stayed[policy] = future.customers.operator[people] == future.focal_index
        forgone = future.state.paid[people].astype(float)  # bills paid by those who were there at the start
        outlay[policy] = (kpis["src"] * kpis["subscribers"]).sum(), forgone
    for policy in TRIED:
        both = stayed[policy] & stayed["none"]
        discounts = max(0.0, float((outlay["none"][1] - outlay[policy][1])[both].sum()))
        measured[f"saved_{policy}"] = int(stayed[policy].sum()) - int(stayed["none"].sum())
        measured[f"spent_{policy}"] = outlay[policy][0] - outlay["none"][0] + discounts
    return measured


def tell(found: Found) -> Told:
    """Tell three prices of a customer."""
    worlds, currency = found.worlds, found.scenario.currency
    thousands = f"thousand {currency}"
    ratio = {policy: worlds[f"sac_{policy}"] / worlds[f"src_{policy}"] for policy in LEVERS}
    saved = {policy: worlds[f"spent_{policy}"].sum() / worlds[f"saved_{policy}"].sum() for policy in TRIED}
    marginal = {
        policy: worlds[f"spent_{policy}"] - worlds[f"sac_{policy}"] * worlds[f"saved_{policy}"] for policy in TRIED
    }
    sac, cheapest, dearest = found.mean("sac_none"), min(saved.values()), max(saved.values())
    low, high = min(float(one.mean()) for one in ratio.values()), max(float(one.mean()) for one in ratio.values())
    choices = ("A fifth of it", "About the same", "More than twice as much")
    right = choices[2] if cheapest > 2.0 * sac else choices[1] if cheapest > 0.6 * sac else choices[0]
    return Told(
        scene=(
            "An operator can spend on customers it has. It tries a save desk that offers"
            f" {fixed(found.values['policies.save_desk.retention.save_desk.credit'])} {currency}, a contract with a"
            f" subsidy, and a discount for long tenure, each for {found.scenario.months} months in the same worlds."
            f" Winning a new customer costs it {money(sac, currency)}."
        ),
        prediction=Ask(
            "What does it cost to keep one customer who would otherwise have left, against winning a new one?",
            right,
            choices,
        ),
        happened=(
            (
                f"The books say that keeping is cheap: winning a customer cost {fixed(low, 1)} to {fixed(high, 1)}"
                " times what was spent on keeping one for a year, depending on the policy. But most of those who were"
                " kept would have stayed anyway."
            ),
            (
                f"Per customer who would have left, the cheapest policy spent {money(cheapest, currency)} and the"
                f" dearest {money(dearest, currency)}, against {money(sac, currency)} for a new one."
            ),
        ),
        figures=(
            Bars(
                "Cost of winning one over a year's cost of keeping one, from the books",
                "times",
                {words: ratio[policy] for policy, words in LEVERS.items()},
            ),
            Bars(
                "Customers saved, of every 1,000 at the start",
                "customers",
                {LEVERS[policy]: 1000.0 * worlds[f"saved_{policy}"] / _base(found) for policy in TRIED},
                decimals=0,
            ),
        ),
        table=Table(
            f"Three prices of a customer, {currency}. Saved: with the operator at the end, who would not have been;"
            " discounts to those who stay anyway are part of the cost.",
            ["Policy", "Winning one", "Keeping one for a year", "Saving one"],
            [
                [
                    words,
                    fixed(found.mean(f"sac_{policy}")),
                    fixed(found.mean(f"src_{policy}"), 1),
                    fixed(saved.get(policy, math.nan)),
                ]
                for policy, words in LEVERS.items()
            ],
        ),
        claims=(
            Claim(
                "The books' ratio falls when the operator spends on keeping: it is a result, not a law",
                ratio["none"] - ratio["contract"],
                "times",
            ),
            *(
                Claim(
                    f"{LEVERS[policy].capitalize()}: saving cost more in all than winning as many would have",
                    marginal[policy],
                    thousands,
                    factor=0.001,
                )
                for policy in TRIED
            ),
        ),
        quiz=(
            Ask(
                "How many times a year's cost of keeping one did winning one cost, with no policy, by the books?",
                f"{fixed(float(ratio['none'].mean()), 1)} times",
            ),
            Ask(
                "And with the contract?",
                f"{fixed(float(ratio['contract'].mean()), 1)} times",
                why="The same market, another policy, another myth.",
            ),
            Ask(
                "What did the save desk spend on each customer whom it truly saved?",
                money(saved["save_desk"], currency),
            ),
        ),
    )


def _base(found: Found) -> float:
    """Customers of the operator at the start, about: its share of people."""
    return found.scenario.operators[found.scenario.focal].start_share * found.scenario.customers.count


LESSON = Lesson(
    name="keeping_and_winning",
    title="Keeping costs a fifth of winning? Not the customer whom you save",
    question="Does it cost five times as much to win a customer as to keep one?",
    scenario="europe_three",
    overrides=("customers.count=4000", "months=36", "policies=[none,save_desk,contract,tenure_discount]"),
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
        "Saved: the same person, in the future without the policy, would have been gone at the end.",
    ),
    vary=("churnlab compare europe_three policies=none,save_desk,contract,tenure_discount,points months=36",),
)
