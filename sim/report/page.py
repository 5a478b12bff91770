"""How a result becomes one HTML file: figures and tables are made, set into the template, and written whole or not at
all.
"""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from sim.experiments.finance import finance_sections
from sim.files.whole import write_whole
from sim.report import curves, figures, sentences, tables
from sim.report.assumptions import assumption_tables, behaviour_table, policy_table, shock_in_words
from sim.report.contract import Comparison, Run, Told
from sim.report.facts import contender, shown
from sim.report.formats import listing, people, percent, prose
from sim.report.levels import level_tiles, levels_table

if TYPE_CHECKING:
    from sim.experiments.record import Study


def write_report(result: Comparison, path: str | Path, command: str) -> Path:
    """Write the report of a comparison.

    Parameters
    ----------
    result : what `compare` returns
    path : the HTML file; replaced whole if it exists
    command : the command line that makes the same result again

    Returns
    -------
    Path
        the file written
    """
    if len(result.policies) == 1:
        return write_whole(Path(path), render("levels.html", {**_frame(result, command), **_levels(result)}))
    content = _frame(result, command) | _comparison(result)
    return write_whole(Path(path), render("compare.html", content))


def write_run_report(run: Run, path: str | Path, command: str) -> Path:
    """Write the report of one run of a market."""
    content = {
        "question": f"How the market \u201c{run.scenario.name}\u201d develops over {run.scenario.months} months",
        "in_short": sentences.in_short(run),
        "operators": tables.operators_table(run),
        "curves": curves.run_panels(run),
        "overview": tables.overview_table(run),
        "policy_table": policy_table(run.scenario, [run.scenario.policy]),
        "policies": [run.scenario.policy],
    }
    return write_whole(Path(path), render("run.html", {**_frame(run, command), **content}))


def write_study_report(study: "Study", path: str | Path, command: str) -> Path:
    """Write the report of a sweep, a test of robustness, a war game, an optimisation or a calibration."""
    from sim.report.studies import headline, sections

    question, setting, answer = headline(study)
    policies = [
        name for name in study.facts.get("policies", [study.scenario.policy]) if name in study.scenario.policies
    ]
    content = {
        "question": question,
        "setting": setting,
        "answer": answer,
        "kind": study.kind,
        "sections": sections(study),
        "failures": study.failures,
        "policy_table": policy_table(study.scenario, policies),
    }
    return write_whole(Path(path), render("study.html", {**_frame(study, command), **content}))


def render(template: str, content: dict[str, Any]) -> str:
    """Fill a template of this package; the same content gives the same text."""
    folder = files(__package__)
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
    )
    environment.filters["prose"] = prose
    return environment.get_template(template).render(content)


def _frame(told: Told, command: str) -> dict[str, Any]:
    """Return what every report shows: the setting, what it rests on, and how to reproduce it."""
    scenario = told.scenario
    return {
        "scenario": scenario,
        "command": command,
        "manifest": told.manifest,
        "notes": told.notes,
        "extra": [(title, tables.extra_table((title, frame, caption))) for title, frame, caption in told.extra],
        "assumptions": assumption_tables(scenario),
        "behaviour": behaviour_table(scenario),
        "shocks": listing(shock_in_words(shock, scenario.currency) for shock in scenario.shocks.values()),
        "discount": percent(scenario.discount_annual, 0 if (100.0 * scenario.discount_annual).is_integer() else 1),
        "operators_named": listing(scenario.operators),
        "lines": people(scenario.market_size),
        "people": people(scenario.customers.count),
    }


def _levels(result: Comparison) -> dict[str, Any]:
    """Return what only the report of a single policy shows."""
    policy = result.policies[0]
    return {
        "question": (
            f"What is \u201c{policy}\u201d worth to {result.focal} in the market \u201c{result.scenario.name}\u201d?"
        ),
        "answer": result.answer(),
        "focal": result.focal,
        "base": policy,
        "replications": result.replications,
        "tiles": level_tiles(result),
        "levels_table": levels_table(result),
        "curves": curves.comparison_panels(result)[:-1],  # nothing is gained over anything
        "reasons_table": tables.reasons_table(result, [policy]),
        "policy_table": policy_table(result.scenario, [policy]),
    }


def _comparison(result: Comparison) -> dict[str, Any]:
    """Return what only the report of a comparison shows."""
    scenario = result.scenario
    named = {
        "question": (
            scenario.question
            or f"Which retention policy should {result.focal} run in the market \u201c{scenario.name}\u201d?"
        ),
        "answer": result.answer(),
        "focal": result.focal,
        "base": result.policies[0],
        "best": contender(result),
        "replications": result.replications,
        "policies": result.policies,
    }
    told = (
        "tiles",
        "lead",
        "unclear",
        "selection",
        "over_time",
        "saved",
        "segments",
        "where_money_goes",
        "rivals",
        "horizon",
        "reasons",
    )
    drawn = ("ranking_figure", "saved_figure", "segment_figures", "money_figure", "places_figure", "reasons_figure")
    listed = ("ranking_table", "measures_table", "saved_table", "segment_table", "money_table", "response_table")
    return {
        **named,
        **{name: getattr(sentences, name)(result) for name in told},
        **{name: getattr(figures, name)(result) for name in drawn},
        **{name: getattr(tables, name)(result) for name in listed},
        "curves": curves.comparison_panels(result),
        "reasons_table": tables.reasons_table(result, shown(result)[::-1]),
        "policy_table": policy_table(scenario, result.policies),
        "finance": [(section[0], tables.extra_table(section)) for section in finance_sections(result)],
    }
