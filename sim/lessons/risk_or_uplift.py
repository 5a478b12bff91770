"""Uplift against risk: those most likely to leave are not those whom a call keeps."""

from sim import Market
from sim.config import Scenario
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, forked
from sim.report.formats import fixed
from sim.report.tables import Table

MONTHS = 3  # from the call on
ARMS = {
    "proactive_random": "anybody",
    "proactive_risk": "those most at risk",
    "proactive_oracle": "those it would in truth keep",
}


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Make one campaign, its targets chosen in three ways, and compare everybody who was called with herself
    uncalled.
    """
    world = Market(scenario, seed=seed)
    people = world.customers_of(world.focal_index)
    alone = forked(world, "none", MONTHS)
    measured: Measured = {}
    for policy in ARMS:
        future = forked(world, policy, 1)
        called = people[future.state.since_contact[people] <= 1]
        for _ in range(MONTHS - 1):
            future.step()
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
    """Tell whom the calls kept."""
    worlds = found.worlds
    saved, would = ({policy: worlds[f"{what}_{policy}"] for policy in ARMS} for what in ("saved", "would"))
    order = sorted(ARMS, key=lambda policy: -float(saved[policy].mean()))
    risk, oracle = (float(saved[policy].mean()) for policy in ("proactive_risk", "proactive_oracle"))
    stay = 100.0 - found.mean("gone_proactive_risk")
    return Told(
        scene=(
            f"The leader calls a tenth of its customers and offers 30 {found.scenario.currency} for staying. It may"
            " call anybody; those whom a churn model calls most at risk; or, as nobody can outside a lab, those whom"
            f" the call would in truth keep. {MONTHS} months later everybody who was called is compared with herself"
            " uncalled."
        ),
        prediction=Ask(
            "Which calls save most, of 100?",
            ARMS[order[0]].capitalize(),
            tuple(words.capitalize() for words in ARMS.values()),
        ),
        happened=(
            (
                f"Of 100 people called at random {fixed(saved['proactive_random'].mean(), 1)} were saved, of 100 most"
                f" at risk {fixed(risk, 1)}, of 100 whom a call would keep {fixed(oracle, 1)}."
            ),
            (
                f"Uncalled, {fixed(would['proactive_risk'].mean(), 1)} of 100 at risk would have left within {MONTHS}"
                f" months, and {fixed(would['proactive_oracle'].mean(), 1)} of 100 whom a call keeps. The calls saved"
                f" {fixed(100.0 * risk / would['proactive_risk'].mean())} % of the former and"
                f" {fixed(100.0 * oracle / would['proactive_oracle'].mean())} % of the latter: some at risk are lost"
                " anyway, and some are woken by the call. Risk is not what a call changes."
            ),
            (
                f"{fixed(stay, 0)} of 100 called at risk were still there. A campaign's own report counts them as"
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
            f"One campaign, three ways to choose; after {MONTHS} months.",
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
                "Calling whom it keeps saves more than calling those at risk",
                saved["proactive_oracle"] - saved["proactive_risk"],
                "of 100",
            ),
            Claim(
                "Most of those at risk who are still there would have been there anyway",
                stay - 2.0 * saved["proactive_risk"],
                "of 100",
                decimals=0,
            ),
        ),
        quiz=(
            Ask("How many of 100 called at risk did the call save?", fixed(risk, 1)),
            Ask(
                "How many more does a call save among those whom it would in truth keep?",
                f"{fixed(oracle - risk, 1)} of 100",
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
    title="Call whom a call keeps, not who is at risk",
    question="Whom should a retention campaign call?",
    scenario="europe_three",
    overrides=("customers.count=12000", "months=12", f"policies=[none,{','.join(ARMS)}]"),
    variants={"behaviour.attention.contact": (0.04, 0.05, 0.06)},
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
            " Saved is not earned: in this market such campaigns cost more than they bring."
        ),
    ),
    assumes=(
        (
            "A call wakes its receiver with a given probability. The oracle knows the effect of a call on each"
            " customer's probability to leave in the three months in which its offer speaks, but for what nobody can"
            " foresee, and nothing of later months."
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
