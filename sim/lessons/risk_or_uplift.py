"""Risk and uplift: who is most likely to leave is oftener kept by a call than others are, and seldom."""

from sim import Market
from sim.config import Scenario
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, forked
from sim.report.formats import fixed, percent
from sim.report.tables import Table

MONTHS = 3  # from the call on
WAKE = "behaviour.attention.contact"
ARMS = {
    "proactive_random": "anybody",
    "proactive_risk": "those most at risk",
    "proactive_oracle": "those whom a call would keep",
}
SHARES = {"Nearly all of them": 1.0, "About half of them": 0.5, "About one in eight": 1.0 / 8.0, "None of them": 0.0}


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Make one round of calls, its targets chosen in three ways, and compare everybody who was called with herself
    uncalled.
    """
    world = Market(scenario, seed=seed)
    alone = forked(world, "none", MONTHS)
    measured: Measured = {}
    for policy in ARMS:
        future = forked(world, policy, MONTHS)
        called = future.contacts.query("month == 1 and operator == @scenario.focal")["customer"].to_numpy()
        gone, would = (
            100.0 * float((one.customers.operator[called] != one.focal_index).mean()) for one in (future, alone)
        )
        measured |= {
            f"called_{policy}": len(called),
            f"gone_{policy}": gone,
            f"would_{policy}": would,
            f"saved_{policy}": would - gone,
        }
    return measured


def tell(found: Found) -> Told:
    """Tell whom the calls kept, and whom a report would count."""
    worlds = found.worlds
    saved, would = ({policy: worlds[f"{what}_{policy}"] for policy in ARMS} for what in ("saved", "would"))
    anybody, risk, oracle = (float(saved[policy].mean()) for policy in ARMS)
    leavers, stay = float(would["proactive_risk"].mean()), 100.0 - worlds["gone_proactive_risk"]
    return Told(
        scene=(
            f"The leader calls a tenth of its customers and offers 30 {found.scenario.currency} for staying. A call"
            f" also wakes: {percent(found.values[WAKE], 0)} of those it reaches look around because of it. The leader"
            f" may call anybody, or those whom a churn model calls most at risk. {MONTHS} months later everybody who"
            " was called, whoever left at once too, is compared with herself uncalled."
        ),
        prediction=Ask(
            f"Uncalled, {fixed(leavers)} of 100 at risk would leave within {MONTHS} months. How many of these does the"
            " call keep, less those whom it drives away?",
            min(SHARES, key=lambda words: abs(SHARES[words] - risk / leavers)),
            tuple(SHARES),
        ),
        happened=(
            (
                f"Of 100 people called at random {fixed(anybody, 1, True)} were saved on balance, of 100 most at risk"
                f" {fixed(risk, 1, True)}. Risk is a fair guide: whoever is about to leave looks around, and an offer"
                " reaches who looks around."
            ),
            (
                f"But of {fixed(leavers, 1)} who would have left, {fixed(leavers - risk, 1)} left all the same: some"
                " had a better offer than the credit, and some who would have stayed were woken by the call. The lab"
                f" knows whom a call would keep; {fixed(oracle, 1)} of 100 called by that knowledge were saved, so risk"
                f" finds {fixed(100.0 * risk / oracle)} % of what can be had."
            ),
            (
                f"{fixed(stay.mean())} of 100 called at risk were still there. The callers' own report counts them as"
                f" successes; {fixed(risk, 1)} are."
            ),
        ),
        figures=(
            Bars(
                "Saved of 100 called",
                "customers",
                {words.capitalize(): saved[policy] for policy, words in ARMS.items()},
            ),
            Bars(
                "Would have left uncalled, of 100",
                "customers",
                {words.capitalize(): would[policy] for policy, words in ARMS.items()},
            ),
        ),
        table=Table(
            f"One round of calls, three ways to choose; after {MONTHS} months.",
            [
                "Whom it calls",
                "Called in a world",
                "Would have left, of 100",
                "Left though called, of 100",
                "Saved, of 100",
            ],
            [
                [
                    words.capitalize(),
                    fixed(found.mean(f"called_{policy}")),
                    fixed(would[policy].mean(), 1),
                    fixed(found.mean(f"gone_{policy}"), 1),
                    fixed(saved[policy].mean(), 1),
                ]
                for policy, words in ARMS.items()
            ],
        ),
        claims=(
            Claim(
                "Calling those at risk saves more than calling anybody",
                saved["proactive_risk"] - saved["proactive_random"],
                "of 100",
            ),
            Claim(
                "Yet it saves less than a third of those who would have left",
                would["proactive_risk"] / 3.0 - saved["proactive_risk"],
                "of 100",
            ),
            Claim(
                "Risk does not find all whom a call would keep",
                saved["proactive_oracle"] - saved["proactive_risk"],
                "of 100",
            ),
            Claim(
                "For each one saved, more than ten of those called at risk are still there",
                stay - 10.0 * saved["proactive_risk"],
                "of 100",
                decimals=0,
            ),
        ),
        quiz=(
            Ask("How many of 100 called at risk did the call save?", fixed(risk, 1)),
            Ask(
                "How many of them would a report count that calls a success whoever is still there?",
                fixed(stay.mean()),
                why="It never asks who would have been there anyway.",
            ),
            Ask(
                "Why is a model of uplift harder to learn than one of risk?",
                "It is a small difference between two groups",
                (
                    "It needs other data about customers",
                    "It is a small difference between two groups",
                    "Customers hide their intentions",
                ),
                "Nobody is seen both called and not called. Only a large randomised pilot shows the difference.",
            ),
        ),
    )


LESSON = Lesson(
    name="risk_or_uplift",
    title="Risk finds whom a call may keep; it does not count whom it kept",
    question="Whom should an operator call?",
    scenario="europe_three",
    overrides=("customers.count=12000", "months=12", f"policies=[none,{','.join(ARMS)}]"),
    variants={WAKE: (0.08, 0.07, 0.06)},
    worlds=20,
    seconds=14,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Ascarza (2018): in two field experiments, targeting by uplift would have cut churn by several points more"
            " than targeting by risk; for those at highest risk a call often did harm."
        ),
        (
            "Neslin, Gupta, Kamakura, Lu & Mason (2006): models of risk differ in skill, and better ones earn more, if"
            " whoever is at risk can be kept."
        ),
        (
            "The debate: Lemmens & Gupta (2020) keep risk but weigh it by money, and choose how many to call by profit."
            " Saved is not earned: in this market such calls cost more than they bring."
        ),
    ),
    assumes=(
        (
            "A call wakes its receiver with a probability of which little is known; the market's default is 8 of 100."
            " The lesson sleeping_dogs asks from where on calling does harm. The oracle knows the effect of a call"
            " on each customer's probability to leave in the three months in which its offer speaks, but for what"
            " nobody can foresee, and nothing of later months."
        ),
        (
            "The model of risk is trained on the operator's own records. A model of uplift is left out: with some"
            " hundreds of customers in its pilot, the lab cannot tell it from one of risk."
        ),
    ),
    vary=(
        (
            "churnlab compare europe_three"
            " policies=none,proactive_random,proactive_risk,proactive_uplift,proactive_oracle customers.count=50_000"
        ),
    ),
)
