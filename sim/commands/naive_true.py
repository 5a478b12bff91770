"""`churnlab validate --naive-true`: what an analyst concludes from the panel beside what is true."""

from argparse import Namespace

from sim.commands.imported import announce_customers
from sim.commands.output import spoken, text_table
from sim.commands.overrides import scenario_overrides, take_list, take_replications, take_words
from sim.commands.study import WORDS, at_work, fill, finish
from sim.errors import InputError, listed, nearest
from sim.experiments import naive_true as experiment
from sim.experiments.record import Study
from sim.loading import load_scenario
from sim.report.of_naive_true import answer, numbers, words_of

OPTION = "--naive-true"


def naive_true(arguments: Namespace) -> int:
    """Estimate and measure, write the folder, print naive, true and their ratio."""
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, experiment.REPLICATIONS)
    names, overrides = take_list(overrides, "claims")
    words, overrides = take_words(overrides, WORDS)
    known = {claim.name: claim for claim in experiment.CLAIMS}
    for name in names or []:
        if name not in known:
            raise InputError(f"claims={name}: no such claim{nearest(name, known)}; known: {listed(known)}")
    experiment.check_libraries()
    scenario = load_scenario(arguments.scenario, overrides)
    announce_customers(scenario)
    with at_work(arguments, words, scenario, "worlds") as means:
        found = experiment.naive_true(
            scenario,
            [known[name] for name in names] if names else experiment.CLAIMS,
            replications=replications,
            means=means,
        )
    study = found.study()
    return finish(
        study,
        arguments,
        "validate",
        [*given, OPTION],
        _shown(study),
        {"replications": replications, "claims": found.table, "answer": spoken(answer(study))},
    )


def _shown(study: Study) -> str:
    """Set naive, true and ratio in a table."""
    whole = numbers(study)
    rows = [
        [words_of(row), *map(spoken, cells[2:8]), cells[1]]
        for row, cells in zip(study.tables["claims"].to_dict("records"), whole.rows, strict=True)
    ]
    head = (
        f"{study.scenario.name}: what an analyst of {study.scenario.focal} finds in the panel, and what paired futures"
        f" show, in {study.plan.replications} worlds"
    )
    columns = ["claim", "naive", "95 % interval", "true", "95 % interval", "naive /\ntrue", "95 % interval", "unit"]
    return f"{head}\n\n{text_table(columns, rows)}\n\n{fill(spoken(answer(study)))}"
