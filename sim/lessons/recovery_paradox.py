"""The recovery paradox: who was compensated well is happier than if nothing had failed, and stays no longer."""

import numpy as np

from sim import Market
from sim.config import Scenario
from sim.config.values import with_values
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Measured, Told, Values, estimate
from sim.report.facts import Estimate
from sim.report.formats import fixed
from sim.report.tables import Table

BAD, LATER = 3, 12  # months of failures; months after which we look who is gone
RECOVERY = "policies.response_promise.retention.recovery"
MARGIN = 0.5  # of what silent suffering does: what is smaller, either way, counts as no effect on staying
GROUPS = {
    "compensated": "complained, resolved and compensated",
    "unresolved": "complained, not resolved",
    "silent": "suffered in silence",
}


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Let failures strike one world for three months and spare its twin; compare each customer with herself."""
    worlds = []
    for factor in (values["failures"], 0.0):
        market = Market(
            with_values(
                scenario, {"shocks.bad_months.factor": factor, f"{RECOVERY}.compensated": 1.0, f"{RECOVERY}.fast": 1.0}
            ),
            seed=seed,
        )
        worlds.append(market.fork(policy="response_promise"))
    hit, spared = worlds
    felt = []
    for market in worlds:
        for _ in range(BAD + 1):
            market.step()
        felt.append(market.customers.satisfaction.copy())
    panel = hit.panel.query(f"operator == @scenario.focal and month <= {BAD}")
    told = (
        panel.groupby("customer")
        .agg(failures=("failure", "sum"), complaints=("complaints", "sum"), resolved=("resolved", "sum"))
        .query("failures == 1")
    )
    people = {
        "compensated": told.query("complaints == 1 and resolved == 1").index,
        "unresolved": told.query("complaints == 1 and resolved == 0").index,
        "silent": told.query("complaints == 0").index,
    }
    for market in worlds:
        for _ in range(LATER):
            market.step()
    measured: Measured = {}
    for name, ids in people.items():
        rows = np.asarray(ids)
        gone = [float(np.mean(market.customers.operator[rows] != market.focal_index)) for market in worlds]
        measured |= {
            f"people_{name}": len(rows),
            f"felt_{name}": float((felt[0] - felt[1])[rows].mean()),
            f"gone_{name}": gone[0] - gone[1],
        }
    return measured


def tell(found: Found) -> Told:
    """Tell what a failure made good does to satisfaction, and to staying."""
    worlds = 100.0 * found.worlds
    felt, gone = {name: worlds[f"felt_{name}"] for name in GROUPS}, {name: worlds[f"gone_{name}"] for name in GROUPS}
    good, lost = float(felt["compensated"].mean()), estimate(gone["compensated"])
    margin = MARGIN * gone["silent"]
    choices = ("Happier, and they stay more", "Happier, but they stay no more", "Less happy, and they leave more")
    right = choices[2] if good <= 0.0 else choices[0] if lost.high < 0.0 else choices[1]
    return Told(
        scene=(
            f"For {BAD} months failures are {fixed(found.values['failures'])} times as frequent as usual. The leader"
            " answers every complaint that it can resolve at once, and compensates it. A twin of the same world is"
            " spared. So every customer is compared with herself, had nothing failed."
        ),
        prediction=Ask(
            "Customers whose failure was made good at once, against the same customers had nothing failed: are they"
            " happier, and do they stay?",
            right,
            choices,
        ),
        happened=(
            (
                f"Those who were compensated were {fixed(good, 1, True)} points of satisfaction (of 100) above what"
                f" they would have been. {LATER} months later {fixed(lost.mean, 1, True)} points more of them were gone"
                f" than if nothing had failed (95 % interval {fixed(lost.low, 1, True)} to"
                f" {fixed(lost.high, 1, True)}): {_told(lost)}."
            ),
            (
                f"Those who complained in vain stood at {fixed(felt['unresolved'].mean(), 1, True)} points of"
                f" satisfaction, and {fixed(gone['unresolved'].mean(), 1, True)} points more of them were gone; those"
                f" who kept silent at {fixed(felt['silent'].mean(), 1, True)} and"
                f" {fixed(gone['silent'].mean(), 1, True)}."
            ),
        ),
        figures=(
            Bars(
                "Satisfaction just after, against no failure",
                "points of 100",
                {GROUPS[name]: felt[name] for name in GROUPS},
            ),
            Bars(
                f"Gone {LATER} months later, against no failure",
                "points",
                {GROUPS[name]: gone[name] for name in GROUPS},
            ),
        ),
        table=Table(
            "The effect of one failure, by how it was answered.",
            ["Customers", "A world has", "Satisfaction, points", "Gone, points"],
            [
                [
                    words,
                    fixed(found.mean(f"people_{name}")),
                    fixed(felt[name].mean(), 1, True),
                    fixed(gone[name].mean(), 1, True),
                ]
                for name, words in GROUPS.items()
            ],
        ),
        claims=(
            Claim(
                "The paradox in feeling: compensated, they are happier than without a failure",
                felt["compensated"],
                "points",
            ),
            Claim(
                "None in behaviour: if they stay more at all, then by less than half of what silence costs",
                gone["compensated"] + margin,
                "points",
            ),
            Claim(
                "And if they leave more, then by less than that too: made good, it hardly moves them",
                margin - gone["compensated"],
                "points",
            ),
            Claim("Not answering costs: silent sufferers leave more", gone["silent"], "points"),
        ),
        quiz=(
            Ask(
                "By how many points did a failure that was compensated raise the satisfaction of its victims?",
                f"{fixed(good, 1, True)} points",
            ),
            Ask(
                "And how many points more of those who suffered in silence were gone a year later?",
                f"{fixed(gone['silent'].mean(), 1, True)} points",
            ),
            Ask(
                "Should an operator let things fail, in order to make them good?",
                "No",
                ("Yes", "No"),
                "Most never complain (TARP), and a failure makes people look around, however it is answered.",
            ),
        ),
    )


def _told(lost: Estimate) -> str:
    """Say what the interval of the effect on leaving tells."""
    if lost.low > 0.0:
        return "they stay a little less, however well it was answered"
    return "they stay more" if lost.high < 0.0 else "too little to be told from nothing"


LESSON = Lesson(
    name="recovery_paradox",
    title="A failure made good pleases, and keeps nobody",
    question="Can a failure that is made good be better than no failure at all?",
    scenario="europe_three",
    overrides=(
        "customers.count=8000",
        "months=24",
        "policies=[none,response_promise]",
        "panel.share=1",
        "panel.truth=true",
        f"+shocks.bad_months={{kind: outage, operator: alpha, factor: 3, month: 1, months: {BAD}}}",
    ),
    variants={"failures": (3.0, 3.5, 4.0)},
    worlds=16,
    seconds=14,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "de Matos, Henrique & Rossi (2007) pool 24 studies: a recovery paradox for satisfaction, none for coming"
            " back, for word of mouth or for the firm's image."
        ),
        "Maxham & Netemeyer (2002): it works once at most; a second failure soon after undoes it, and more.",
        "Knox & van Oest (2014): recovery wears off, and past purchases protect.",
    ),
    assumes=(
        (
            "A failure lowers what is felt that month; resolved fast or compensated, it raises it a little. A failure"
            " makes people look around, the less the better it is answered."
        ),
        (
            "No effect on staying means: surely less than half of what a failure suffered in silence does, either way"
            " (two one-sided tests; Schuirmann 1987). A wide interval around nothing would not do."
        ),
        (
            "That compensation pleases is an input of the lab, taken from experiments. What it does to staying is a"
            " result."
        ),
    ),
    vary=("churnlab compare europe_three policies=none,response_promise shock=outage",),
)
