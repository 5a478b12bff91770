"""The report of a calibration: how well targets are met, what they identify, and how what was kept back is forecast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from sim.experiments.record import Study
from sim.report.drawing import (
    BLACK,
    BLUE,
    DOT,
    GREEN,
    INK,
    MUTED,
    RING,
    SMALL,
    VERMILLION,
    Picture,
    both,
    canvas,
    limits_of,
    one,
    put,
    row_chart,
)
from sim.report.formats import GAP, counted, fixed, listing, percent, significant
from sim.report.plots import Line, response_panel, set_scales, short
from sim.report.studies import PERCENT, WORDS, Section
from sim.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 48  # of a figure of one measure
PANELS = 18  # forecast series drawn
CHANCE = 0.05
LEVEL = 3.84  # chi-square of one degree of freedom, 95 %
NAIVE = (("last", VERMILLION, "last value"), ("trend", GREEN, "straight line"))


def headline(study: Study) -> tuple[str, str, str]:
    """Return question, setting and answer."""
    count, kept = (int((study.tables["moments"]["use"] == use).sum()) for use in ("fit", "hold"))
    names = [_short(study, key) for key in study.plan.ranges]
    setting = (
        f"{len(names)} parameters ({listing(names)}) fitted to {count} published numbers by simulated moments,"
        f" {study.plan.replications} worlds at each of {study.facts['points']}"
        f" points{f'; {kept} further numbers kept back and forecast' if kept else ''}."
    )
    return (
        f"What must the market \u201c{study.scenario.name}\u201d be like for its published numbers to come out?",
        setting,
        answer(study),
    )


def _short(study: Study, key: str) -> str:
    return short(key, list(study.plan.ranges))


def answer(study: Study) -> str:
    """Say how well the targets are met, what is identified, and how the forecasts compare."""
    facts, parameters = study.facts, study.tables["parameters"]
    p, before = facts["p"], facts["j_present"]
    likely = "below 0.1 %" if p is not None and p < 0.001 else percent(p or 0.0, 0 if (p or 0.0) > 0.1 else 1)
    chance = (
        "as many parameters as targets" if p is None else f"chance alone would give as much with probability {likely}"
    )
    present = f"; with the scenario\u2019s present values it is {fixed(before, 1)}" if before is not None else ""
    verdict = verdict_of(study)
    known = [
        f"{_short(study, row['parameter'])} = {significant(row['estimate'])} (standard error"
        f" {significant(row['se_wide'], 2)})"
        for row in parameters[parameters["identified"]].to_dict("records")
    ]
    others = [
        f"{_short(study, row['parameter'])} ({row['why_not']})"
        for row in parameters[~parameters["identified"]].to_dict("records")
    ]
    found = f"The targets identify {listing(known)}." if known else "The targets identify no single parameter."
    rest = f" They do not identify {listing(others)}." if others else ""
    weakest = study.tables["directions"].iloc[0]
    weak = (
        f" Least is known of {weakest['words']}: one standard error is {percent(weakest['standard_error'], 0)} of the"
        " ranges."
        if len(parameters) > 1
        else ""
    )
    return (
        f"J is {fixed(facts['j'], 1)} on {facts['degrees']} degrees of freedom ({chance}{present}): {verdict}."
        f" {found}{rest}{weak}{_forecast_words(study)}"
    )


def verdict_of(study: Study) -> str:
    """Say whether the targets are met, from how large J is and how many of them lie beyond two standard errors."""
    z = study.tables["moments"].loc[study.tables["moments"]["use"] == "fit", "z"].abs()
    beyond, usual = int((z > 2.0).sum()), 0.05 * len(z)
    counts = f"{beyond} of {len(z)} targets lie beyond two standard errors, where {fixed(usual, 0)} would by chance"
    if study.facts["misfit"] > 1.0:
        return f"the model misses its targets by more than chance, and standard errors are widened for it; {counts}"
    if beyond > stats.binom.ppf(1.0 - CHANCE, len(z), CHANCE):
        return f"the model does not meet all its targets, whatever J says of targets that move together: {counts}"
    return f"nothing tells that the model misses its targets: {counts}"


def _forecast_words(study: Study) -> str:
    """Compare forecasts, whichever wins."""
    table = study.tables.get("forecast_errors", pd.DataFrame())
    if table.empty:
        return ""
    words = []
    for row in table.to_dict("records"):
        words.append(
            f"{_words(study, row['measure'])} ({counted(int(row['targets']), 'number')}): the model\u2019s error is"
            f" {fixed(row['rmse_ratio_last'], 2)} of the last value\u2019s and {fixed(row['rmse_ratio_trend'], 2)} of"
            f" the straight line\u2019s, anchored at the last value {fixed(row['rmse_ratio_last_anchored'], 2)} and"
            f" {fixed(row['rmse_ratio_trend_anchored'], 2)}"
        )
    return f" Forecasts of what was kept back, by root mean squared error: {'; '.join(words)}."


def _words(study: Study, measure: str) -> str:
    unit = f", {study.scenario.currency} a month" if measure == "arpu" else ""
    return WORDS.get(measure, measure.replace("_", " ")).removesuffix(", % a month").removesuffix(", %") + unit


def _factor(measure: str) -> tuple[float, str]:
    """Return what values are multiplied with, and the unit of the axis."""
    if measure in (*PERCENT, "attention_rate", "complaint_rate", "first_contact_resolution") or "/" in measure:
        return 100.0, WORDS.get(measure, f"{measure.replace('_', ' ')}, %")
    if measure in ("subscribers", "gross_adds", "outside"):
        return 1e-6, f"{measure.replace('_', ' ')}, million"
    return 1.0, WORDS.get(measure, measure.replace("_", " "))


def fit_by_measure(study: Study) -> list[tuple[str, str, str, str]]:
    """Measure, number of targets met, their mean distance in standard errors, and how many lie beyond two."""
    fit = study.tables["moments"][study.tables["moments"]["use"] == "fit"]
    return [
        (str(measure), str(len(part)), fixed(float(part["z"].abs().mean()), 2), str(int((part["z"].abs() > 2.0).sum())))
        for measure, part in fit.groupby("measure", sort=False)
    ]


def ratios(study: Study) -> list[list[str]]:
    """Forecast errors by measure, written: measure, targets, errors of model, last value and line, and the ratios."""
    table = study.tables.get("forecast_errors", pd.DataFrame())
    columns = ("rmse_model", "rmse_last", "rmse_trend")
    shares = ("rmse_ratio_last", "rmse_ratio_trend", "rmse_ratio_last_anchored", "rmse_ratio_trend_anchored")
    rows = []
    for row in table.to_dict("records"):
        factor, _ = _factor(str(row["measure"]))
        rows.append(
            [
                str(row["measure"]),
                str(row["targets"]),
                *(significant(row[name] * factor) for name in columns),
                *(fixed(row[name], 2) for name in shares),
            ]
        )
    return rows


# --- sections --------------------------------------------------------------------------------------------------------


def sections(study: Study) -> list[Section]:
    """Return parameters, fit, identification and forecasts."""
    fitted = (
        "Lines are targets with two standard errors (of the target, and of simulation); rings are what the fitted"
        " market does."
    )
    parts = [
        Section("What was found", _parameter_text(), tables=[_parameter_table(study)]),
        Section("How each target is met", fitted, wide=_fit_figures(study), tables=[_moment_table(study)]),
        Section(
            "What the targets identify",
            _identification_text(study),
            panels=_profiles(study),
            tables=[_direction_table(study), _jacobian_table(study)],
        ),
    ]
    if "forecasts" in study.tables:
        parts.append(
            Section(
                "Forecasts of what was kept back",
                _forecast_text(),
                panels=_forecast_panels(study),
                tables=[_error_table(study)],
            )
        )
    return parts


def _parameter_text() -> str:
    return (
        "Standard errors are by the sandwich formula of simulated moments, widened where the model misses its targets"
        " by more than chance. Identified: not at an end of its range, a standard error of at most 15 % of it, and no"
        " part of a direction in which the fit hardly changes. The values stand in calibrated.yaml, beside this report:"
        " churnlab run, compare and robust take it like any scenario."
    )


def _parameter_table(study: Study) -> Table:
    rows = [
        [
            row["parameter"],
            significant(row["present"]),
            significant(row["estimate"]),
            significant(row["se_wide"], 2),
            f"{significant(row['estimate_low'])} to {significant(row['estimate_high'])}",
            f"{significant(row['low'])} to {significant(row['high'])}",
            "yes" if row["identified"] else f"no: {row['why_not']}",
        ]
        for row in study.tables["parameters"].to_dict("records")
    ]
    header = ["Parameter", "Was", "Found", "Standard error", "95 % interval", "Range", "Identified"]
    return Table("Parameters, in the scenario\u2019s units.", header, rows, words=frozenset({0, 6}))


def _fit_figures(study: Study) -> list[Picture]:
    fit = study.tables["moments"][study.tables["moments"]["use"] == "fit"]
    return [_fit_figure(str(measure), part) for measure, part in fit.groupby("measure", sort=False)]


def _whose(row: Mapping[Any, Any]) -> str:
    return f"{row['operator']}, {row['by']} {row['group']}" if row["by"] else str(row["operator"])


def _fit_figure(measure: str, part: pd.DataFrame) -> Picture:
    """Draw every target of a measure with its interval, and what was simulated."""
    factor, axis = _factor(measure)
    order = part.sort_values(["operator", "by", "group", "first"], kind="stable").head(ROWS)
    rows = order.to_dict("records")
    labels = [f"{_whose(row)}, {row['period']}" for row in rows]
    texts = [f"{fixed(row['z'], 1, True)}" for row in rows]
    target, error, simulated = (order[name].to_numpy(dtype=float) for name in ("target", "error", "simulated"))
    target, error, simulated = target * factor, error * factor, simulated * factor
    every = np.concatenate([target - 2.0 * error, target + 2.0 * error, simulated])
    room = 0.04 * float(np.ptp(every)) or 1.0
    limits = (float(every.min()) - room, float(every.max()) + room) if every.min() > 0.0 else limits_of(every.tolist())

    def draw(width: int) -> "Figure":
        key = [(BLACK, DOT, "target, two standard errors"), (BLUE, RING, "simulated")]
        chart = row_chart(
            labels,
            texts,
            width,
            limits,
            axis,
            "standard errors off",
            key=key,
            height=24.0,
            title=axis.partition(",")[0].capitalize(),
        )
        for row in range(len(labels)):
            chart.line(row, float(target[row] - 2.0 * error[row]), float(target[row] + 2.0 * error[row]), MUTED)
            chart.dot(row, float(target[row]), BLACK, size=5.0)
            chart.dot(row, float(simulated[row]), BLUE, hollow=True, size=8.0)
        return chart.figure

    return both(
        f"fit-{measure.replace('/', '-').replace('+', '-')}",
        f"{axis}: target and simulated",
        "; ".join(f"{label} {text}" for label, text in zip(labels, texts, strict=True)),
        draw,
    )


def _moment_table(study: Study) -> Table:
    rows = []
    for row in study.tables["moments"].to_dict("records"):
        factor, _ = _factor(str(row["measure"]))
        rows.append(
            [
                f"{row['measure']}, {_whose(row)}, {row['period']}",
                {"fit": "met", "hold": "kept back"}[row["use"]],
                *(significant(row[name] * factor, 4) for name in ("target", "simulated", "fresh")),
                significant(row["se"] * factor, 2) + ("" if row["is_given"] else " *"),
                fixed(row["z"], 1, True),
            ]
        )
    caption = (
        "Every target. Fresh: the same parameters in worlds the search has not seen. *: none given, the standard"
        " deviation between worlds is taken. Rates and shares in per cent."
    )
    header = [
        "Target",
        "Use",
        "Target value",
        "Simulated",
        "Fresh",
        "Standard error of the target",
        "Standard errors off",
    ]
    return Table(caption, header, rows, words=frozenset({0, 1}), style="fine")


def _identification_text(study: Study) -> str:
    condition = study.facts["condition"]
    return (
        "The condition number of the Jacobian is"
        f" {significant(condition, 2) if condition is not None else 'without bound'}: the best known direction of the"
        " parameters is known so many times better than the worst. Each curve moves one parameter and re-fits the"
        " others by two steps; below the second line values are within the 95 % interval. Curves are rough, because a"
        " person switches or does not."
    )


def _profiles(study: Study) -> list[Picture]:
    pictures = []
    table = study.tables["profile"]
    floor = float(table["objective"].min())
    for number, key in enumerate(study.plan.ranges):
        part = table[table["parameter"] == key].sort_values("value")
        at, values = part["value"].to_numpy(dtype=float), part["objective"].to_numpy(dtype=float)
        level = np.full(len(at), floor + LEVEL * study.facts["misfit"] ** 2)
        lines = [
            Line("objective, others re-fitted", at, values, values, values),
            Line("95 % level", at, level, level, level),
        ]
        pictures.append(response_panel(f"profile-{number}", _short(study, key), _short(study, key), lines))
    return pictures


def _direction_table(study: Study) -> Table:
    rows = [[row["words"], percent(row["standard_error"], 1)] for row in study.tables["directions"].to_dict("records")]
    return Table(
        "Directions of the parameters, the least known first: what moves together, and its standard error as a share of"
        " the ranges.",
        ["Direction", "Standard error"],
        rows,
        words=frozenset({0}),
    )


def _jacobian_table(study: Study) -> Table:
    """Show by how many standard errors each parameter moves the targets, gathered by measure and operator."""
    table, keys = study.tables["jacobian"], list(study.plan.ranges)
    rows = []
    for (measure, operator, by, group), part in table.groupby(["measure", "operator", "by", "group"], sort=False):
        who = _whose({"operator": operator, "by": by, "group": group})
        rows.append([f"{measure}, {who}", *(fixed(float(part[key].mean()), 1, True) for key in keys)])
    return Table(
        "Sensitivity: standard errors by which a target moves when a parameter moves over its whole range (slope at the"
        " best point, mean over periods).",
        ["Target", *(_short(study, key) for key in keys)],
        rows,
        style="fine",
    )


# --- forecasts -------------------------------------------------------------------------------------------------------


def _forecast_text() -> str:
    return (
        "Points are published numbers, filled where they were met and hollow where they were kept back. The blue line"
        " is the fitted market, in worlds the search has not seen, with 95 % intervals of luck and of what is not known"
        " of the parameters. The naive forecasts know only the published numbers before: the last value, and a straight"
        " line through all. Anchored: the last value plus the model\u2019s change since."
    )


def _forecast_panels(study: Study) -> list[Picture]:
    kept = study.tables["forecasts"]
    series = list(kept.groupby(["measure", "operator", "by", "group"], sort=False))
    return [_forecast_panel(f"forecast-{number}", study, part) for number, (_, part) in enumerate(series[:PANELS])]


def _forecast_panel(identity: str, study: Study, part: pd.DataFrame) -> Picture:
    """Draw one series: what was published, the model, and the naive forecasts."""
    head = part.iloc[0].to_dict()
    factor, axis = _factor(str(head["measure"]))
    every = study.tables["moments"]
    own = every[
        (
            every[["measure", "operator", "by", "group"]]
            == [head[name] for name in ("measure", "operator", "by", "group")]
        ).all(axis=1)
    ].sort_values("first")
    met = own[own["use"] == "fit"]
    title = f"{_whose(head)}: {axis}"

    def middle(table: pd.DataFrame) -> np.ndarray:
        return np.asarray((table["first"] + table["last_month"]).to_numpy(dtype=float) / 2.0)

    def draw(width: int) -> "Figure":
        from matplotlib.ticker import MaxNLocator

        key = [(BLUE, "model"), *((color, words) for _, color, words in NAIVE)]
        figure, axes = canvas(width, 280.0, 58.0, 16.0, 52.0, 46.0)
        numbers = (
            np.concatenate(
                [own["target"], own["fresh"], part["low"], part["high"], part["last"].dropna(), part["trend"].dropna()]
            )
            * factor
        )
        low, high = float(numbers.min()), float(numbers.max())
        room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        at = middle(own)
        set_scales(axes, (at.min() - 0.8, at.max() + 0.8), (low - room, high + room), title, "month", above=18.0)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.vlines(middle(part), part["low"] * factor, part["high"] * factor, color=BLUE, alpha=0.3, linewidth=6.0)
        axes.plot(at, own["fresh"] * factor, color=BLUE, linewidth=2.0)
        for name, color, _ in NAIVE:
            axes.plot(
                middle(part),
                part[name] * factor,
                color=color,
                linewidth=1.4,
                linestyle=(0, (5, 3)),
                marker="D",
                markersize=4.0,
            )
        axes.plot(middle(met), met["target"] * factor, "o", color=INK, markersize=5.0, clip_on=False)
        axes.plot(
            middle(part), part["value"] * factor, "o", color=INK, markerfacecolor="white", markersize=5.5, clip_on=False
        )
        dx = -8.0
        for color, words in key:
            put(axes, "\u25cf", 0.0, high + room, "left", dx=dx, dy=14.0, size=SMALL, color=color)
            put(axes, words, 0.0, high + room, "left", dx=dx + 12.0, dy=14.0, size=SMALL, color=MUTED)
            dx += 30.0 + 6.2 * len(words)
        return figure

    told = "; ".join(
        f"{row['period']}: {significant(row['value'] * factor)}, model {significant(row['model'] * factor)}"
        for row in part.to_dict("records")
    )
    return one(identity, title, told, draw)


def _error_table(study: Study) -> Table:
    table = study.tables["forecast_errors"]
    rows = []
    for row in table.to_dict("records"):
        factor, unit = _factor(str(row["measure"]))
        for name, words in (("rmse", "root mean squared"), ("mae", "mean absolute")):
            numbers = [
                significant(row[f"{name}_{method}"] * factor) for method in ("model", "anchored", "last", "trend")
            ]
            shares = [
                fixed(row[f"{name}_ratio_{naive}{end}"], 2) for end in ("", "_anchored") for naive in ("last", "trend")
            ]
            rows.append([unit, words, fixed(row["targets"]), *numbers, *shares])
    header = [
        "Measure",
        "Error",
        "Targets",
        "Model",
        "Anchored",
        "Last value",
        "Straight line",
        "Model to last",
        "Model to line",
        "Anchored to last",
        "Anchored to line",
    ]
    return Table(
        f"Errors of forecasts, and ratios: below 1 the model is better. {GAP} where a naive forecast has no error.",
        header,
        rows,
        words=frozenset({0, 1}),
        style="fine",
    )
