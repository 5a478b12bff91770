"""`churnlab wargame`: my policy against the rival's, best responses and equilibria."""

from argparse import Namespace

from sim.commands.imported import announce_customers
from sim.commands.output import spoken, text_table
from sim.commands.overrides import scenario_overrides, take_list, take_policies, take_replications, take_words
from sim.commands.study import WORDS, at_work, fill, finish
from sim.experiments import wargame as experiment
from sim.experiments.executor import extra
from sim.experiments.record import Study
from sim.report.of_wargame import answer, unit

REPLICATIONS = 10


def wargame(arguments: Namespace) -> int:
    """Let both sides choose, write the folder, print both payoffs and the equilibria."""
    given = scenario_overrides(arguments)
    replications, overrides = take_replications(given, REPLICATIONS)
    mine, overrides = take_policies(overrides)
    theirs, overrides = take_list(overrides, "rival_policies")
    words, overrides = take_words(overrides, {**WORDS, "rival": str})
    extra("nashpy", "wargame", "churnlab wargame")
    scenario = experiment.game_of(arguments.scenario, overrides, [*(mine or []), *(theirs or [])])
    rival = experiment.rival_of(scenario, words["rival"])
    experiment.with_policies(scenario, [*(mine or []), *(theirs or [])])
    announce_customers(scenario)
    with at_work(arguments, words, scenario, "worlds") as means:
        study = experiment.wargame(scenario, mine, rival, theirs, replications, means)
    told = {
        **study.facts,
        "payoffs": study.tables["payoffs"],
        "equilibria": study.tables["equilibria"],
        "answer": spoken(answer(study)),
    }
    return finish(study, arguments, "wargame", given, _shown(study), told)


def _shown(study: Study) -> str:
    """Set both payoffs in a table: mine / theirs, a star where it is the best response."""
    payoffs, write = study.tables["payoffs"].set_index(["policy", "rival_policy"]), unit(study).number
    rows = []
    for policy in study.facts["policies"]:
        cells = [payoffs.loc[(policy, other)] for other in study.facts["rival_policies"]]
        rows.append(
            [
                policy,
                *(
                    f"{_starred(write(cell['npv']), cell['is_best_response'])} /"
                    f" {_starred(write(cell['rival_npv']), cell['is_rival_best_response'])}"
                    for cell in cells
                ),
            ]
        )
    focal, rival = study.scenario.focal, study.facts["rival"]
    head = (
        f"{study.scenario.name}: {focal} (rows) against {rival} (columns), {study.plan.replications} worlds; worth to"
        f" {focal} / to {rival}, {spoken(unit(study).words)}"
    )
    below = "*: the best response to what the other does; a pair with two stars is an equilibrium."
    table = text_table(["", *study.facts["rival_policies"]], rows)
    return f"{head}\n\n{table}\n\n{below}\n\n{fill(spoken(answer(study)))}"


def _starred(text: str, is_best: bool) -> str:
    return spoken(text) + ("*" if is_best else " ")
