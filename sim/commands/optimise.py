"""`churnlab optimise`: the best settings of a policy, within what it may cost."""

from argparse import Namespace

from sim.commands.imported import announce_customers
from sim.commands.output import spoken, text_table
from sim.commands.overrides import scenario_overrides, take_axes, take_replications, take_words
from sim.commands.study import WORDS, at_work, fill, finish, only_intervals
from sim.errors import InputError
from sim.experiments import optimise as experiment
from sim.experiments.record import Study
from sim.experiments.sampling import Interval
from sim.loading import load_scenario
from sim.report.formats import significant
from sim.report.of_optimise import answer, scales

REPLICATIONS, TRIALS, HOLDOUT = 8, 30, 16


def optimise(arguments: Namespace) -> int:
    """Search, judge on fresh worlds, write the folder, print the best settings."""
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, REPLICATIONS)
    words, overrides = take_words(
        overrides,
        {**WORDS, "policy": str, "reference": str, "trials": int, "holdout": int, "constraint": str, "measure": str},
    )
    if words["policy"] is None:
        raise InputError("optimise: say which policy is to be set, e.g. policy=contract; churnlab policies lists them")
    axes, overrides = take_axes(overrides)
    ranges = {key: Interval(*ends) for key, ends in only_intervals("optimise", axes).items()}
    reference = words["reference"] or "none"
    scenario = load_scenario(arguments.scenario, [*overrides, f"policies=[{reference},{words['policy']}]"])
    asked = (
        words["policy"],
        ranges,
        words["constraint"],
        words["measure"] or "npv",
        words["trials"] or TRIALS,
        replications,
        words["holdout"] or HOLDOUT,
        reference,
    )
    policy, _, constraint, measure, trials, _, holdout, _ = asked
    experiment.optimise_plan(scenario, policy, ranges, constraint, trials, replications, holdout, reference, measure)
    announce_customers(scenario)
    with at_work(arguments, words, scenario, "worlds of a trial") as means:
        study = experiment.optimise(scenario, *asked, means)
    told = {
        **study.facts,
        "judged": study.tables["judged"],
        "trials": study.tables["trials"],
        "answer": spoken(answer(study)),
    }
    return finish(study, arguments, "optimise", given, _shown(study), told)


def _shown(study: Study) -> str:
    """Set the settings judged on fresh worlds in a table, the best first, the others by what they spend."""
    gain, spend, unit = scales(study)
    judged = study.tables["judged"]
    ordered = judged.assign(order=judged["role"].map({"best": 0, "present": 1, "none": 2, "frontier": 3})).sort_values(
        ["order", "spend"]
    )
    keys = list(study.plan.ranges)
    rows = [
        [
            row["role"],
            *(significant(float(row[key])) for key in keys),
            *(spoken(gain.number(row[name], True)) for name in ("gain", "gain_low", "gain_high", "gain_tuned")),
            spoken(spend.number(row["spend"])),
            f"{row['marginal']:.2f}" if row["marginal"] == row["marginal"] else "-",
        ]
        for row in ordered.to_dict("records")
    ]
    names = [key.rpartition(".")[2] for key in keys]
    money = spoken(spend.unit(study.scenario.currency)).replace(" ", "\n")
    header = ["setting", *names, "gain", "95 % from", "to", "in the\nsearch", f"spent,\n{money}", "next unit\nbrings"]
    scenario, facts = study.scenario, study.facts
    head = (
        f"{scenario.name}: '{facts['policy']}' of {scenario.focal}, {facts['trials']} settings in"
        f" {study.plan.replications} worlds, judged in {facts['holdout']} others"
    )
    return (
        f"{head}\nGain of {study.measure} over '{facts['reference']}', {spoken(unit)}, at market"
        f" size\n\n{text_table(header, rows)}\n\n{fill(spoken(answer(study)))}"
    )
