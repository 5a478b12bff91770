"""Uplift against risk: those most likely to leave are not those whom a call keeps."""

from sim import Market
from sim.config import Scenario
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, own
from sim.report.formats import fixed
from sim.report.tables import Table

ARMS = {"proactive_random": "anybody", "proactive_risk": "those at risk", "proactive_uplift": "those a pilot says it keeps", "proactive_oracle": "those it would in truth keep"}


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Call a tenth of the base each quarter, chosen in four ways, in futures of the same world."""
    world = Market(scenario, seed=seed)
    people = world.customers_of(world.focal_index)
    measured: Measured = {}
    for policy in ("none", *ARMS):
        future = world.fork(policy=policy).run()
        books = own(future, "ledger")
        measured |= {
            f"profit_{policy}": books["ebitda"].sum() * future.weight / 1e6, f"spent_{policy}": (books["contact_cost"] + books["credits_cost"]).sum() * future.weight / 1e6,
            f"kept_{policy}": 1000.0 * float((future.customers.operator[people] == future.focal_index).mean()),
        }  # fmt: skip
    return measured


def tell(found: Found) -> Told:
    """Tell what each way of choosing earns and keeps."""
    worlds, unit = found.worlds, f"{found.scenario.currency} m"
    profit = {arm: worlds[f"profit_{arm}"] - worlds["profit_none"] for arm in ARMS}
    kept = {arm: worlds[f"kept_{arm}"] - worlds["kept_none"] for arm in ARMS}
    spent = {arm: float((worlds[f"spent_{arm}"] - worlds["spent_none"]).mean()) for arm in ARMS}
    order = sorted(ARMS, key=lambda arm: -float(profit[arm].mean()))
    gap = Claim("", profit["proactive_uplift"] - profit["proactive_risk"]).estimate
    learned = "does better than" if gap.low > 0.0 else "does worse than" if gap.high < 0.0 else "cannot be told from"
    return Told(
        scene=f"Each quarter the leader calls up to a tenth of its customers and offers 30 {found.scenario.currency} for staying. It may call anybody; those whom a "
        f"churn model calls at risk; "
        "those whom a model of a pilot campaign says a call keeps; or, as nobody can outside a lab, those whom the call would in truth keep.",
        prediction=Ask("Which way of choosing earns most?", ARMS[order[0]].capitalize(), tuple(words.capitalize() for words in ARMS.values())),
        happened=(
            f"Against no calls at all, profit moves by {fixed(profit['proactive_random'].mean(), 0, True)} {unit} if anybody is called, by "
            f"{fixed(profit['proactive_risk'].mean(), 0, True)} for those at risk, "
            f"and by {fixed(profit['proactive_oracle'].mean(), 0, True)} for those whom it would keep.",
            f"Of 1,000 customers, calling anybody keeps {fixed(kept['proactive_random'].mean(), 1, True)}, calling those at risk {fixed(kept['proactive_risk'].mean(), 1, True)}, "
            f"calling whom it keeps {fixed(kept['proactive_oracle'].mean(), 1, True)}. Even the oracle pays many who would have stayed that quarter.",
            f"The model of uplift {learned} the model of risk here ({fixed(gap.mean, 0, True)} {unit}, 95 % interval {fixed(gap.low, 0, True)} to {fixed(gap.high, 0, True)}): "
            f"its pilot has some {fixed(0.2 * 0.384 * found.scenario.customers.count)} customers to learn from, and few of them leave.",
        ),
        figures=(
            Bars("Profit against no calls", unit, {words.capitalize(): profit[arm] for arm, words in ARMS.items()}, decimals=0),
            Bars("Customers kept, of 1,000, against no calls", "customers", {words.capitalize(): kept[arm] for arm, words in ARMS.items()}),
        ),
        table=Table(
            f"Four ways to choose, {found.scenario.months} months.", ["Whom it calls", f"Spent on calls and credits, {unit}", f"Profit, {unit}", "Kept of 1,000"],
            [[words.capitalize(), fixed(spent[arm]), fixed(profit[arm].mean(), 0, True), fixed(kept[arm].mean(), 1, True)] for arm, words in ARMS.items()],
        ),
        claims=(
            Claim("Calling those at risk beats calling anybody, in profit", profit["proactive_risk"] - profit["proactive_random"], unit, decimals=0),
            Claim("Calling whom it keeps beats calling those at risk, in profit", profit["proactive_oracle"] - profit["proactive_risk"], unit, decimals=0),
            Claim("It keeps more than calling anybody does", kept["proactive_oracle"] - kept["proactive_random"], "of 1,000"),
        ),
        quiz=(
            Ask("What does the campaign at random do to profit?", f"{fixed(profit['proactive_random'].mean(), 0, True)} {unit}"),
            Ask("How much more does one earn by calling those it would keep than by calling those at "
            "risk?", f"{fixed((profit['proactive_oracle'] - profit['proactive_risk']).mean(), 0, True)} {unit}"),
            Ask("Why is a model of uplift harder to learn than one of risk?", "It is a small difference between two groups",
                ("It needs other data about customers", "It is a small difference between two groups", "Customers hide their intentions"),
                "Nobody is seen both called and not called. Only a large randomised pilot shows the difference."),
        ),
    )  # fmt: skip


LESSON = Lesson(
    name="risk_or_uplift", title="Call whom a call keeps, not who is at risk",
    question="Whom should a retention campaign call?",
    scenario="europe_three", overrides=("customers.count=6000", "months=24", f"policies=[none,{','.join(ARMS)}]"),
    variants={"behaviour.attention.contact": (0.08, 0.10, 0.12)},
    worlds=8, seconds=20, experiment=experiment, tell=tell,
    literature=(
        "Ascarza (2018): in two field experiments, targeting by uplift would have cut churn by several points more than targeting by risk; for those at highest risk "
        "a call often did harm.",
        "Neslin, Gupta, Kamakura, Lu & Mason (2006): models of risk differ in skill, and better ones earn more, if whoever is at risk can be kept.",
        "The debate: Lemmens & Gupta (2020) keep risk but weigh it by money, and choose how many to call by profit. And where all ways lose money, as they may here, "
        "the best campaign is none.",
    ),
    assumes=(
        "A call wakes its receiver with a given probability. The oracle knows the effect of a call on each customer's probability to leave this month, and nothing of "
        "later months.",
        "Churn models are trained on the operator's own records of a small simulated market: a real operator has a thousand times as many.",
    ),
    vary=("churnlab compare europe_three policies=none,proactive_random,proactive_risk,proactive_uplift,proactive_oracle customers.count=50_000",),
)  # fmt: skip
