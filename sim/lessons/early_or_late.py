"""Prevention against cure: when service that was cut is repaired early or late, satisfaction comes back, and customers
later.
"""

from sim import Market
from sim.config import Policy, Scenario
from sim.lessons.lesson import Ask, Bars, Claim, Found, Lesson, Lines, Measured, Told, Values, estimate, forked, own
from sim.report.facts import Estimate
from sim.report.formats import fixed, money
from sim.report.tables import Table

AFTER = 24  # months after the repair
CUT = "policies.care_and_network_cut.service"
REPAIR = Policy.model_validate(
    {"name": "repair", "description": "Service as it was before the cut.", "service": {"kind": "fixed"}}
)
WHEN = ("early", "late")


def experiment(scenario: Scenario, seed: int, values: Values) -> Measured:
    """Cut care and network, undo it after some months, and follow the operator for two years more, beside its uncut
    self.
    """
    world = Market(scenario.model_copy(update={"policies": {**scenario.policies, "repair": REPAIR}}), seed=seed)
    longest = values["late"] + AFTER
    uncut = forked(world, "none", longest)
    books, base = own(uncut, "ledger")["free_cash_flow"], own(uncut, "kpis")
    measured: Measured = {}
    for when in WHEN:
        months = values[when]
        cut = forked(forked(world, "care_and_network_cut", months), "repair", longest - months)
        gain, kpis = (own(cut, "ledger")["free_cash_flow"] - books) * cut.weight / 1e6, own(cut, "kpis")
        satisfaction, lost = (
            100.0 * (kpis["csat"] - base["csat"]),
            100.0 * (1.0 - kpis["subscribers"] / base["subscribers"]),
        )
        end = months + AFTER
        measured |= {
            f"saved_{when}": gain.loc[1:months].sum(),
            f"paid_{when}": -gain.loc[months + 1 : end].sum(),
            f"felt_{when}": -satisfaction.loc[months],
            f"felt_end_{when}": -satisfaction.loc[end],
            f"lost_{when}": lost.loc[end],
            f"satisfaction_{when}": satisfaction,
            f"customers_{when}": -lost,
        }
    return measured


def tell(found: Found) -> Told:
    """Tell what comes back, and what does not."""
    worlds, currency = found.worlds, found.scenario.currency
    unit = f"{currency} m"
    months = {when: found.values[when] for when in WHEN}
    words = {when: f"repaired after {months[when]} months" for when in WHEN}
    lost = {when: worlds[f"lost_{when}"] for when in WHEN}
    apart = lost["late"] - lost["early"]
    paid = {when: found.mean(f"paid_{when}") / found.mean(f"saved_{when}") for when in WHEN}
    monthly = {when: lost[when] / months[when] for when in WHEN}
    left = estimate(worlds["saved_late"] - worlds["paid_late"])
    gap = estimate(monthly["late"] - monthly["early"])
    pace = "faster than" if gap.low > 0.0 else "more slowly than" if gap.high < 0.0 else "as fast as, for all we know,"
    choices = ("Satisfaction and customers", "Satisfaction only", "Customers only", "Neither")
    back, away = found.mean("felt_end_late") < 0.25 * found.mean("felt_late"), found.mean("lost_late") > 0.5
    right = choices[(1 if away else 0) if back else (3 if away else 2)]
    return Told(
        scene=(
            "The leader cuts customer care and network investment to raise profit. It undoes the cut after"
            f" {months['early']} months, or only after {months['late']}."
        ),
        prediction=Ask(
            f"Service is repaired after {months['late']} months. What is back as it would have been, two years after"
            " the repair?",
            right,
            choices,
        ),
        happened=(
            (
                f"At the repair, customers were {fixed(found.mean('felt_early'), 1)} points less satisfied where it"
                f" came early, {fixed(found.mean('felt_late'), 1)} where it came late. Two years on,"
                f" {fixed(max(0.0, found.mean('felt_end_late')), 1)} points were left of the late gap."
            ),
            (
                f"The customers did not come back as fast: two years after the repair {fixed(lost['early'].mean(), 1)}"
                f" % fewer than without the cut after the early one, {fixed(lost['late'].mean(), 1)} % fewer after the"
                " late one."
            ),
            (
                f"The cut saved {money(1e6 * found.mean('saved_early'), currency)} and"
                f" {money(1e6 * found.mean('saved_late'), currency)} while it lasted. Within two years after the repair"
                f" {fixed(100.0 * paid['early'])} % and {fixed(100.0 * paid['late'])} % of that was paid back."
                f" {_left(left, unit)} And the missing customers go on costing after that."
            ),
            (
                f"Each month of the lapse took {fixed(monthly['early'].mean(), 2)} % of customers where it was short,"
                f" {fixed(monthly['late'].mean(), 2)} % where it was long: the damage grows {pace} the months."
            ),
        ),
        figures=(
            Lines(
                "Customers against the world without the cut, %",
                "month",
                {words[when]: found.courses[f"customers_{when}"] for when in WHEN},
            ),
            Lines(
                "Satisfaction against the world without the cut, points of 100",
                "month",
                {words[when]: found.courses[f"satisfaction_{when}"] for when in WHEN},
            ),
            Bars(
                "Customers missing two years after the repair",
                "% of customers",
                {words[when]: lost[when] for when in WHEN},
            ),
        ),
        table=Table(
            "The same operator with and without the cut: money, satisfaction at the repair and later, customers.",
            ["Repair", f"Saved, {unit}", f"Paid back, {unit}", "Points lost", "Two years on", "Customers missing, %"],
            [
                [
                    words[when].capitalize(),
                    fixed(found.mean(f"saved_{when}"), 1),
                    fixed(found.mean(f"paid_{when}"), 1),
                    fixed(found.mean(f"felt_{when}"), 1),
                    fixed(found.mean(f"felt_end_{when}"), 1),
                    fixed(lost[when].mean(), 1),
                ]
                for when in WHEN
            ],
        ),
        claims=(
            Claim("The cut looks like success while it lasts", worlds["saved_late"], unit),
            Claim(
                "Within two years after the late repair more than half of what it saved is paid back",
                worlds["paid_late"] - 0.5 * worlds["saved_late"],
                unit,
            ),
            Claim(
                "More than three quarters of the late gap in satisfaction is closed two years on",
                0.25 * worlds["felt_late"] - worlds["felt_end_late"],
                "points",
            ),
            Claim("Customers are still missing then", lost["late"], "%"),
            Claim("More of them than after the early repair", apart, "points"),
        ),
        quiz=(
            Ask(
                "What share of its customers is the operator missing two years after the late repair?",
                f"{fixed(lost['late'].mean(), 1)} %",
            ),
            Ask(
                "What part of the money saved by the late cut was paid back within two years?",
                f"{fixed(100.0 * paid['late'])} %",
            ),
            Ask(
                "Which measure says that all is well again, too early?",
                "Satisfaction",
                ("Satisfaction", "Number of customers"),
                "It is asked of those who are there: the unhappy ones have left, and those who stayed forget.",
            ),
        ),
    )


def _left(left: Estimate, unit: str) -> str:
    """Say whether the late cut has paid by the end of what is counted."""
    span = (
        f"{fixed(left.mean, 1, True)} {unit}, 95 % interval {fixed(left.low, 1, True)} to {fixed(left.high, 1, True)}"
    )
    if left.low > 0.0:
        return f"By then even the late cut has paid ({span}): who looks no further will cut."
    told = "has cost more than it saved" if left.high < 0.0 else "has neither paid nor cost, as far as can be told"
    return f"By then the late cut {told} ({span})."


LESSON = Lesson(
    name="early_or_late",
    title="Satisfaction comes back; customers come back much later",
    question="Service is cut to save money. Does it matter how soon it is repaired?",
    scenario="service_collapse",
    overrides=("customers.count=5000", "policies=[none,care_and_network_cut]"),
    variants={"early": (3, 4), "late": (18, 20, 22), f"{CUT}.care": (0.020, 0.019)},
    worlds=8,
    seconds=10,
    experiment=experiment,
    tell=tell,
    literature=(
        (
            "Heskett, Jones, Loveman, Sasser & Schlesinger (1994), the service-profit chain: what is saved on those who"
            " serve is lost later on those who are served."
        ),
        (
            "Bolton (1998): a loss weighs more than a gain, and old customers are forgiving, which hides the damage at"
            " first."
        ),
        (
            "The debate: consultants say that repair costs more than prevention, and that the gap widens with every"
            " lapse. Whether it does here, the last paragraph says. Maxham & Netemeyer (2002) find the steeper loss for"
            " repeated failures of one customer."
        ),
    ),
    assumes=(
        (
            "Repair is free: budgets go back to what they were. Network quality and morale return slowly, satisfaction"
            " and expectation adapt by the month."
        ),
        "Rivals do not use the occasion. Money is counted until two years after the repair, not discounted.",
    ),
    vary=("churnlab compare service_collapse",),
)
