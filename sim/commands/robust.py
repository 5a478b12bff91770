"""`churnlab robust`: whether the ranking of policies survives what is not known."""

from argparse import Namespace

from sim.commands.imported import announce_customers
from sim.commands.output import spoken, text_table
from sim.commands.overrides import scenario_overrides, take_axes, take_policies, take_replications, take_words
from sim.commands.study import WORDS, at_work, fill, finish, only_intervals
from sim.experiments import robust as experiment
from sim.experiments.record import Study
from sim.experiments.sweep import scenario_of
from sim.report.of_robust import answer, unit_for

SAMPLES = 100


def robust(arguments: Namespace) -> int:
    """Run policies against uncertain parameters, write the folder, print chances, regret and regions."""
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, 1)
    policies, overrides = take_policies(overrides)
    words, overrides = take_words(overrides, {**WORDS, "samples": int, "measure": str})
    axes, overrides = take_axes(overrides)
    ranges = only_intervals("robust", axes)
    scenario = scenario_of(arguments.scenario, overrides, policies)
    experiment.robust_plan(scenario, policies, ranges, words["samples"] or SAMPLES, replications)
    announce_customers(scenario)
    with at_work(arguments, words, scenario, "points") as means:
        study = experiment.robust(
            scenario, policies, ranges, words["samples"] or SAMPLES, replications, words["measure"] or "npv", means
        )
    told = {
        "policies": study.facts["policies"],
        "table": study.tables["policies"],
        "regions": study.tables["regions"],
        **study.facts,
        "answer": spoken(answer(study)),
    }
    return finish(study, arguments, "robust", given, _shown(study), told)


def _shown(study: Study) -> str:
    """Set the policies in a table, the least regret first, and read the regions aloud."""
    table = study.tables["policies"]
    unit = unit_for(study)
    rows = [
        [
            str(name),
            f"{100.0 * row['probability_best']:.0f} %",
            *(spoken(unit.number(row[column])) for column in ("expected_regret", "regret_95", "max_regret")),
            *(spoken(unit.number(row[column], True)) for column in ("gain", "gain_low", "gain_high")),
        ]
        for name, row in table.iterrows()
    ]
    header = [
        "policy",
        "best at",
        "expected\nregret",
        "exceeded at\n1 in 20",
        "largest\nregret",
        f"gain over\n{study.facts['policies'][0]}",
        "95 % from",
        "to",
    ]
    scenario = study.scenario
    head = (
        f"{scenario.name}: policies of {scenario.focal} at {len(study.tables['points'])} points of"
        f" {len(study.plan.ranges)} uncertain numbers; {spoken(unit.words)}"
    )
    return f"{head}\n\n{text_table(header, rows)}\n\n{fill(spoken(answer(study)))}"
