"""A price war between two: payoffs of cutting and of holding, and the best reply to each, where few look and many."""

import numpy as np
import pandas as pd

from sim import Market
from sim.config import Scenario
from sim.config.values import with_values
from sim.experiments.outcome import outcome_of
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, estimate
from sim.month.futures import take_on
from sim.report.formats import fixed, percent
from sim.report.tables import Table

CUT, LOOK, RIVAL = "policies.price_cut.pricing.change", "behaviour.attention.base", "beta"
NOBODY = np.zeros(0, np.int64)
SIDES = {"leader": "the leader", "rival": "its rival"}
PAIRS = {"hh": "both hold", "ch": "only the leader cuts", "hc": "only its rival cuts", "cc": "both cut"}
MARKETS = {"usual": "as it is", "alert": "where many look"}


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Let the leader and one rival each hold or cut prices: four futures of a world, and four of one in which more
    customers look and nothing else differs.
    """
    measured: Measured = {}
    for name, change in (("usual", {}), ("alert", {LOOK: values["look"]})):
        world = Market(with_values(scenario, {CUT: values[CUT], **change}), seed=seed)
        places = (world.focal_index, world.world.number_of(RIVAL))
        for pair in PAIRS:
            future = world.fork(policy="price_cut" if pair[0] == "c" else "none")
            if pair[1] == "c":
                take_on(future.scenario, future.world, "price_cut", RIVAL)
            found = outcome_of(future.run(), NOBODY, by_segment=False).values
            for side, place in zip(SIDES, places, strict=True):
                measured[f"{name}_{pair}_{side}"] = found["npv"][0, place] * future.weight / 1e6
            measured[f"{name}_{pair}_cash"] = found["npv_horizon"][0, places[0]] * future.weight / 1e6
    return measured


class Game:
    """The payoffs of one market, world by world, against the case that both hold."""

    def __init__(self, worlds: pd.DataFrame, market: str):
        self.gain = {
            (pair, side): worlds[f"{market}_{pair}_{side}"] - worlds[f"{market}_hh_{side}"]
            for pair in PAIRS
            for side in SIDES
        }

    def cutting(self, side: str, other: str) -> "pd.Series[float]":
        """Gain of a side by cutting where the other one holds (`h`) or cuts (`c`)."""
        cut, hold = (f"c{other}", f"h{other}") if side == "leader" else (f"{other}c", f"{other}h")
        return self.gain[cut, side] - self.gain[hold, side]

    def reply(self, side: str, other: str) -> str:
        """Best reply of a side, as far as worlds tell."""
        found = estimate(self.cutting(side, other))
        return "cut" if found.low > 0.0 else "hold" if found.high < 0.0 else "cannot be told"


def tell(found: Found) -> Told:
    """Tell who gains by cutting alone, what the best replies are, and what is left when both have cut."""
    cut, unit, months = -found.values[CUT], f"{found.scenario.currency} m", found.scenario.months
    games = {market: Game(found.worlds, market) for market in MARKETS}
    alone = {market: {side: game.cutting(side, "h") for side in SIDES} for market, game in games.items()}
    war = {market: {side: game.gain["cc", side] for side in SIDES} for market, game in games.items()}
    usual = games["usual"]
    choices = (
        "It gains alone, and gains when both cut",
        "It gains alone, and loses when both cut",
        "It gains neither way",
    )
    cash = found.worlds["usual_ch_cash"] - found.worlds["usual_hh_cash"]
    mine, both = (float(one["usual"]["leader"].mean()) for one in (alone, war))
    return Told(
        scene=(
            f"The leader and its next rival may each cut all fees by {percent(cut, 0)}, or hold them; the third"
            f" operator holds. The lab plays all four cases for {months} months. Then it plays them again in a market"
            f" in which {percent(found.values['look'], 0)} of customers look at prices in a month for no reason, in"
            f" place of {percent(found.scenario.behaviour.attention.base)}, and nothing else differs."
        ),
        prediction=Ask(
            "In the market as it is: what does the cut do to the leader's value if it cuts alone, and if both cut?",
            choices[2] if mine <= 0.0 else choices[1] if both < 0.0 else choices[0],
            choices,
        ),
        happened=(
            (
                f"Cutting alone changes the leader's value by {fixed(mine, 0, True)} {unit} and the rival's by"
                f" {fixed(alone['usual']['rival'].mean(), 0, True)}. Best replies of the leader: to a rival that holds,"
                f" {usual.reply('leader', 'h')}; to one that cuts, {usual.reply('leader', 'c')}. Of the rival:"
                f" {usual.reply('rival', 'h')}; {usual.reply('rival', 'c')}."
            ),
            (
                f"When both have cut, the leader has {fixed(both, 0, True)} {unit} and its rival"
                f" {fixed(war['usual']['rival'].mean(), 0, True)} against both holding. {_kind(usual)}"
            ),
            (
                f"Where many look, cutting alone changes the leader's value by"
                f" {fixed(alone['alert']['leader'].mean(), 0, True)} {unit}, and the war by"
                f" {fixed(war['alert']['leader'].mean(), 0, True)}. {_kind(games['alert'])}"
            ),
            (
                f"Of the leader's {fixed(mine, 0, True)} {unit}, {fixed(cash.mean(), 0, True)} are cash of the"
                f" {months} months; the rest is what the customers whom it then has more go on to pay."
            ),
        ),
        figures=tuple(
            Bars(
                f"Value against the case that both hold: {words}",
                unit,
                {
                    f"{who}, {told}": series[market][side]
                    for told, series in (("cutting alone", alone), ("when both cut", war))
                    for side, who in SIDES.items()
                },
                decimals=0,
            )
            for market, words in MARKETS.items()
        ),
        table=Table(
            f"Net present value against the case that both hold, {unit}, and the best reply.",
            [
                "Market and side",
                *(words.capitalize() for words in list(PAIRS.values())[1:]),
                "If the other holds",
                "If the other cuts",
            ],
            [
                [
                    f"{words}: {who}".capitalize(),
                    *(fixed(games[market].gain[pair, side].mean(), 0, True) for pair in list(PAIRS)[1:]),
                    *(games[market].reply(side, other) for other in "hc"),
                ]
                for market, words in MARKETS.items()
                for side, who in SIDES.items()
            ],
            words=frozenset({4, 5}),
        ),
        claims=tuple(
            Claim(f"{words.capitalize()}: {told} {who}", values, unit, decimals=0)
            for market, words in MARKETS.items()
            for side, who in SIDES.items()
            for told, values in (
                ("cutting alone pays", alone[market][side]),
                ("when both cut, that costs", -war[market][side]),
            )
        ),
        quiz=(
            Ask(
                "As it is: what does the rival gain by cutting alone?",
                f"{fixed(alone['usual']['rival'].mean(), 0, True)} {unit}",
            ),
            Ask("What has the leader when both have cut, against both holding?", f"{fixed(both, 0, True)} {unit}"),
            Ask(
                "Does it take customers who look around to make cutting tempting?",
                "No" if estimate(alone["usual"]["leader"]).low > 0.0 else "Yes",
                ("Yes", "No"),
                "The two markets differ in nothing but how many look.",
            ),
        ),
    )


def _kind(game: Game) -> str:
    """Name the game, where its worlds tell it."""
    replies = {game.reply(side, other) for side in SIDES for other in "hc"}
    losses = [estimate(game.gain["cc", side]) for side in SIDES]
    if replies == {"cut"} and all(loss.high < 0.0 for loss in losses):
        return "Each does best by cutting, whatever the other does, and both end worse off: the prisoner's dilemma."
    return "That is no prisoner's dilemma, as far as these worlds tell: the table shows each best reply."


LESSON = Lesson(
    name="price_war",
    title="A price war: each is tempted, and both lose",
    question="We could cut prices. Who wins the price war?",
    scenario="europe_three",
    overrides=("customers.count=4000", "months=36", "policies=[none,price_cut]"),
    variants={CUT: (-0.10, -0.09, -0.11), "look": (0.33, 0.30, 0.25)},
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
            " find that few do. Mela, Gupta & Lehmann (1997) add that cuts teach customers to look, so that the next"
            " war is worse."
        ),
    ),
    assumes=(
        (
            "Nobody answers but by the move that is written down: four given cases, no strategy over time. The command"
            " wargame lets both choose among many policies."
        ),
        "Value is net present value: of the horizon, and of the customers held at its end. A cut costs first and pays"
        " later.",
    ),
    vary=(
        "churnlab wargame price_war policies=none,price_cut rival_policies=none,price_cut,undercut,best_response",
        "churnlab compare price_war policies=none,price_cut",
    ),
)
