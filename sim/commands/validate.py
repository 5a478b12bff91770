"""`churnlab validate`: published facts and theory beside what the lab gives; `--naive-true`: an analyst's conclusions
beside the truth.
"""

from argparse import Namespace
from dataclasses import replace

from sim.commands.imported import announce_customers
from sim.commands.output import say, spoken, text_table
from sim.commands.overrides import scenario_overrides, take_list, take_replications, take_words
from sim.commands.study import WORDS, at_work, fill, finish
from sim.errors import InputError
from sim.experiments import validate as experiment
from sim.experiments.executor import extra
from sim.experiments.record import Study
from sim.experiments.theory import theory
from sim.loading import load_scenario
from sim.report.formats import GAP
from sim.report.of_validate import answer, facts_table


def validate(arguments: Namespace) -> int:
    """Measure, write the folder, print what was asked and what came out."""
    if "=" in arguments.scenario:  # only what differs was given
        arguments.overrides, arguments.scenario = [arguments.scenario, *arguments.overrides], "europe_three"
    if arguments.naive_true:
        from sim.commands.naive_true import naive_true

        return naive_true(arguments)
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, experiment.WORLDS)
    facts, overrides = take_list(overrides, "facts")
    words, overrides = take_words(overrides, {**WORDS, "samples": int})
    samples = experiment.POINTS if words["samples"] is None else words["samples"]
    experiment.chosen_facts(facts)
    if samples < 0 or samples == 1:
        raise InputError(f"samples={samples}: must be 0, for no neighbourhood, or at least 2")
    for library in ("statsmodels", "lifelines"):
        extra(library, "estimate", "validate")
    sizes = [
        word
        for word in (f"customers.count={experiment.PEOPLE}",)
        if not any(other.startswith("customers.count=") for other in overrides)
    ]
    scenario = load_scenario(arguments.scenario, [*sizes, *overrides])
    announce_customers(scenario)
    with at_work(arguments, words, scenario, "worlds and points") as means:
        found = experiment.validate(scenario, facts, (), replications, samples, means)
    if not arguments.no_theory and facts is None:
        say("Running the reference cases of the tests ...")
        cases = theory()
        if cases is None:
            say("No checkout with tests is here: reference cases of theory are left out.")
        found = replace(found, theory=cases)
    study = found.study()
    options = ["--no-theory"] if arguments.no_theory else []
    told = {
        "replications": replications,
        "checks": found.checks,
        "verdicts": found.verdicts,
        "answer": spoken(answer(study)),
    }
    return finish(study, arguments, "validate", [*given, *options], _shown(study), told)


def _shown(study: Study) -> str:
    """Set every number in a table, fact by fact."""
    whole = facts_table(study)
    rows = []
    for place, cells in enumerate(whole.rows):
        if place in whole.groups:
            number, _, rest = whole.groups[place].partition(". ")
            rows.append([f"{number}. {rest.partition(':')[0]}"])
        rows.append([f"   {cells[0]}", *["" if cell == GAP else spoken(cell) for cell in cells[1:]]])
    table = text_table(["", "unit", "asked", "lab", "95 % interval", "verdict", "around"], rows)
    return (
        f"{study.scenario.name}: published facts, in {study.plan.replications}"
        f" worlds\n\n{table}\n\n{fill(spoken(answer(study)))}"
    )
