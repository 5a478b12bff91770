"""The price war nobody wins: payoffs of cutting and of holding, where customers look and where they do not."""

import numpy as np

from sim import Market, load_scenario
from sim.config import Scenario
from sim.config.values import with_values
from sim.experiments.outcome import outcome_of
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, estimate
from sim.month.futures import take_on
from sim.report.formats import fixed, percent
from sim.report.tables import Table

CUT = "policies.price_cut.pricing.change"
NOBODY = np.zeros(0, np.int64)
PAIRS = {"hh": "all hold", "ch": "only the leader cuts", "hc": "only the rivals cut", "cc": "all cut"}
MARKETS = {"idle": "customers hardly look", "alert": "a third of customers look each month"}
ALERT = (
    "behaviour=textbook",
    "behaviour.choice.nest=0.5",
    "behaviour.horizon=12",
    "behaviour.attention.base=0.33",
    "burn_in=0",
)


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Let the leader and its rivals each hold or cut prices: four futures of a world, in two kinds of markets."""
    other = load_scenario(
        "europe_three",
        [
            f"customers.count={scenario.customers.count}",
            f"months={scenario.months}",
            "policies=[none,price_cut]",
            *ALERT,
        ],
    )
    measured: Measured = {}
    for name, base in (("idle", scenario), ("alert", other)):
        world = Market(with_values(base, {CUT: values[CUT]}), seed=seed)
        for pair in PAIRS:
            future = world.fork(policy="price_cut" if pair[0] == "c" else "none")
            if pair[1] == "c":
                for rival in (one for one in world.operator_names if one != base.focal):
                    take_on(future.scenario, future.world, "price_cut", rival)
            worth = outcome_of(future.run(), NOBODY, by_segment=False).values["npv"][0] * future.weight / 1e6
            measured |= {
                f"{name}_{pair}": worth[world.focal_index],
                f"{name}_{pair}_rivals": worth.sum() - worth[world.focal_index],
            }
    return measured


def tell(found: Found) -> Told:
    """Tell who gains by cutting alone, and what is left when all have cut."""
    worlds, cut, unit = found.worlds, -found.values[CUT], f"{found.scenario.currency} m"
    months = found.scenario.months
    gain = {(market, pair): worlds[f"{market}_{pair}"] - worlds[f"{market}_hh"] for market in MARKETS for pair in PAIRS}
    theirs = {
        (market, pair): worlds[f"{market}_{pair}_rivals"] - worlds[f"{market}_hh_rivals"]
        for market in MARKETS
        for pair in PAIRS
    }
    alone, war = float(gain["alert", "ch"].mean()), float(gain["alert", "cc"].mean())
    idle = estimate(gain["idle", "ch"])
    choices = (
        "It gains alone, and gains when all cut",
        "It gains alone, and loses when all cut",
        "It loses either way",
    )
    right = choices[2] if alone <= 0.0 else choices[1] if war < 0.0 else choices[0]
    return Told(
        scene=(
            f"The leader and its two rivals may each cut all fees by {percent(cut, 0)} for {months} months, or hold"
            " them. The lab plays all four cases twice: in a market where most customers never look at prices, and in"
            " one where a third of them look each month and nothing binds them."
        ),
        prediction=Ask(
            "Where customers look: what does the cut do to the leader's value if it cuts alone, and if all cut?",
            right,
            choices,
        ),
        happened=(
            (
                f"Where customers look, cutting alone changes the leader's value by {fixed(alone, 0, True)} {unit}."
                f" When all cut, it is {fixed(war, 0, True)} for the leader and"
                f" {fixed(theirs['alert', 'cc'].mean(), 0, True)} for its rivals. Each is tempted, and all are worse"
                " off: the prisoner's dilemma."
            ),
            (
                f"Where customers hardly look, cutting alone changes the leader's value by {fixed(idle.mean, 0, True)}"
                f" {unit} (95 % interval {fixed(idle.low, 0, True)} to {fixed(idle.high, 0, True)}): everybody pays"
                f" less, and few come. When all cut, it is {fixed(float(gain['idle', 'cc'].mean()), 0, True)}. There is"
                " little to tempt anybody there."
            ),
        ),
        figures=tuple(
            Bars(
                f"Value against the case that all hold: {words}",
                unit,
                {
                    "the leader cuts alone": gain[market, "ch"],
                    "the leader, all cut": gain[market, "cc"],
                    "the rivals, all cut": theirs[market, "cc"],
                },
                decimals=0,
            )
            for market, words in MARKETS.items()
        ),
        table=Table(
            f"Net present value of the leader / of its rivals, {unit}.",
            ["Market", *PAIRS.values()],
            [
                [
                    words.capitalize(),
                    *(
                        f"{fixed(found.mean(f'{market}_{pair}'))} / {fixed(found.mean(f'{market}_{pair}_rivals'))}"
                        for pair in PAIRS
                    ),
                ]
                for market, words in MARKETS.items()
            ],
        ),
        claims=(
            Claim("Where customers look, cutting alone pays the leader", gain["alert", "ch"], unit, decimals=0),
            Claim("There, when all cut, the leader loses", -gain["alert", "cc"], f"{unit} lost", decimals=0),
            Claim("And its rivals lose", -theirs["alert", "cc"], f"{unit} lost", decimals=0),
            Claim(
                "Where they hardly look, cutting alone tempts less",
                gain["alert", "ch"] - gain["idle", "ch"],
                unit,
                decimals=0,
            ),
            Claim("And a war costs the leader too", -gain["idle", "cc"], f"{unit} lost", decimals=0),
        ),
        quiz=(
            Ask("Where customers look: what does the leader gain by cutting alone?", f"{fixed(alone, 0, True)} {unit}"),
            Ask("And what does it lose, against all holding, when all have cut?", f"{fixed(-war, 0)} {unit}"),
            Ask(
                "Where customers look and the rivals have cut: should the leader hold?",
                "No" if (worlds["alert_cc"] - worlds["alert_hc"]).mean() > 0.0 else "Yes",
                ("Yes", "No"),
                f"Cutting too changes its value by {fixed((worlds['alert_cc'] - worlds['alert_hc']).mean(), 0, True)}"
                f" {unit}.",
            ),
        ),
    )


LESSON = Lesson(
    name="price_war",
    title="A price war: each may be tempted, and nobody wins",
    question="We could cut prices. Who wins the price war?",
    scenario="europe_three",
    overrides=("customers.count=4000", "months=24", "policies=[none,price_cut]"),
    variants={CUT: (-0.10, -0.09, -0.11)},
    worlds=8,
    seconds=12,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Friedman (1971) and Green & Porter (1984): holding prices up is kept by the threat of war, and wars break"
            " out when nobody can tell a cut from bad luck."
        ),
        "Maskin & Tirole (1988): firms that undercut in turn run prices down and then up again, in cycles.",
        (
            "The debate: whether a cut pays depends on how many customers look. Hortacsu, Madanizadeh & Puller (2017)"
            " find that few do; then cuts are dear. Mela, Gupta & Lehmann (1997) add that cuts teach customers to look,"
            " so that the next war is worse."
        ),
    ),
    assumes=(
        (
            "Nobody answers but by the move that is written down: four given cases, no strategy over time. The command"
            " wargame lets both choose among many policies."
        ),
        "Value is net present value: of the horizon, and of the customers held at its end.",
        "The alert market is the textbook's: no habits, no lasting tastes, no switching costs.",
    ),
    vary=(
        "churnlab wargame price_war policies=none,price_cut rival_policies=none,price_cut,undercut,best_response",
        "churnlab compare price_war policies=none,price_cut",
    ),
)
