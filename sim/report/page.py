"""How a result becomes one HTML file: figures and tables are made, set into the template, and written whole or not at all."""

import os
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from sim.report import curves, figures, sentences, tables
from sim.report.assumptions import assumption_tables, behaviour_table, policy_table, shock_in_words
from sim.report.contract import Comparison, Run, Told
from sim.report.facts import contender, ranking, shown
from sim.report.formats import listing, people, percent, prose


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
    return write_whole(Path(path), render("compare.html", {**_frame(result, command), **_comparison(result)}))


def write_run_report(run: Run, path: str | Path, command: str) -> Path:
    """Write the report of one run of a market."""
    content = {
        "in_short": sentences.in_short(run), "operators": tables.operators_table(run), "curves": curves.run_panels(run), "overview": tables.overview_table(run),
        "policy_table": policy_table(run.scenario, [run.scenario.policy]), "policies": [run.scenario.policy],
    }  # fmt: skip
    return write_whole(Path(path), render("run.html", {**_frame(run, command), **content}))


def render(template: str, content: dict[str, Any]) -> str:
    """Fill a template of this package; the same content gives the same text."""
    folder = files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")))
    environment.filters["prose"] = prose
    return environment.get_template(template).render(content)


def write_whole(path: Path, text: str) -> Path:
    """Write a file whole or not at all: a temporary name beside it, flushed to the disk, then renamed."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _frame(told: Told, command: str) -> dict[str, Any]:
    """Return what every report shows: the setting, what it rests on, and how to reproduce it."""
    scenario = told.scenario
    return {
        "scenario": scenario,
        "question": scenario.question or f"How does the market \u201c{scenario.name}\u201d develop?",
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


def _comparison(result: Comparison) -> dict[str, Any]:
    """Return what only the report of a comparison shows."""
    order = ranking(result) or list(result.policies)
    return {
        "answer": result.answer(), "focal": result.focal, "base": result.policies[0], "best": contender(result), "order": order, "replications": result.replications, "policies": result.policies,
        "tiles": sentences.tiles(result), "ranking_figure": figures.ranking_figure(result), "ranking_table": tables.ranking_table(result),
        "lead": sentences.lead(result), "unclear": sentences.unclear(result),
        "curves": curves.comparison_panels(result), "over_time": sentences.over_time(result), "measures_table": tables.measures_table(result),
        "saved_figure": figures.saved_figure(result), "saved": sentences.saved(result), "saved_table": tables.saved_table(result),
        "segment_figures": figures.segment_figures(result), "segments": sentences.segments(result), "segment_table": tables.segment_table(result),
        "money_figure": figures.money_figure(result), "where_money_goes": sentences.where_money_goes(result), "money_table": tables.money_table(result),
        "places_figure": figures.places_figure(result), "rivals": sentences.rivals(result), "horizon": sentences.horizon(result), "response_table": tables.response_table(result),
        "reasons_figure": figures.reasons_figure(result), "reasons": sentences.reasons(result), "reasons_table": tables.reasons_table(result, shown(result)[::-1]),
        "policy_table": policy_table(result.scenario, result.policies),
    }  # fmt: skip
