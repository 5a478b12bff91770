"""The report of a sweep: which parameters matter for a measure, and how it moves with them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.experiments.idle import idle_in_words
from sim.experiments.record import Study
from sim.experiments.sensitivity import heat, is_still, most_telling, pairs, response, with_differences
from sim.experiments.statistics import half_width
from sim.experiments.sweep import by_combination
from sim.experiments.units import grows, told_unit
from sim.report.formats import GAP, counted, listing, significant
from sim.report.plots import Line, heat_panel, index_figure, response_panel, screening_figure, short
from sim.report.studies import Section, Unit, level_cells, own_rows, unit_of
from sim.report.tables import Table

SHOWN = ("npv", "churn_rate", "arpu", "market_share", "csat", "ebitda")
PANELS, MAPS = 10, 4  # response curves and heat maps at most
METHODS = {
    "factorial": "every combination of the values given",
    "lhs": "a Latin hypercube",
    "sobol": "Saltelli's plan for Sobol's indices",
    "morris": "Morris's screening plan",
    "file": "the rows of a file",
}


def headline(study: Study) -> tuple[str, str, str]:
    """Return question, setting and answer."""
    plan, measure = study.plan, unit_of(study, study.measure, []).name
    question = (
        f"What moves {measure} of {study.scenario.focal} in \u201c{study.scenario.name}\u201d?"
        if plan.keys
        else f"What is {measure} of {study.scenario.focal} in \u201c{study.scenario.name}\u201d?"
    )
    runs = counted(len(study.results) // max(len(study.scenario.operators), 1), "run")
    varied = f": {METHODS[plan.method]}, over {listing(plan.keys)}" if plan.keys else ", of one setting"
    setting = (
        f"{runs} of {counted(study.scenario.months, 'month')}{varied}; {counted(plan.replications, 'world')} at each"
        " point."
    )
    return question, setting, answer(study)


def measured(study: Study) -> pd.DataFrame:
    """Rows of the focal operator with the measure asked about, which may be a difference to the first policy."""
    rows, name = own_rows(study), study.measure.removesuffix("_diff")
    return rows if study.measure in rows else with_differences(study.plan, rows, [name])


def answer(study: Study) -> str:
    """Say which parameter matters most, as far as intervals tell, or between which values the measure lies."""
    rows, found = measured(study), study.tables.get("indices", pd.DataFrame())
    if not study.plan.keys:
        return _one_setting(study, rows)
    moved = rows
    if study.measure.endswith("_diff"):  # the first policy's own difference is 0 by definition
        moved = rows[rows["policy"] != study.plan.axes["policy"][0]]
    if is_still(moved, study.measure):
        unit = unit_of(study, study.measure, moved[study.measure].tolist())
        return (
            f"{unit.title}, is the same at all points"
            f" ({unit.number(moved[study.measure].mean())}): no parameter moves it. {_why_still(study)}"
        ).strip()
    chosen = found[found["measure"] == study.measure] if len(found) else found
    return _most(study, chosen) if len(chosen) else _range(study, rows)


def _why_still(study: Study) -> str:
    """Say which of what varied cannot matter, because it is switched off."""
    varied = {**study.plan.axes, **{key: (low, high) for key, (low, high, _) in study.plan.ranges.items()}}
    return " ".join(idle_in_words([study.scenario], varied))


def _one_setting(study: Study, rows: pd.DataFrame) -> str:
    """Say what the measure is, where nothing varies but the worlds."""
    values = rows[[study.measure]].astype(float)
    mean, half = float(values[study.measure].mean()), float(half_width(values)[study.measure])
    unit = unit_of(study, study.measure, [mean])
    level, between = level_cells(unit, study.measure, mean, half)
    bounds = "" if between == GAP else f" (95 % interval {between})"
    return f"{unit.title}: {level}{bounds}, the mean over {counted(len(values.dropna()), 'world')}."


def _most(study: Study, chosen: pd.DataFrame) -> str:
    """Name the parameters that may matter most, those that hardly do, and those that move nothing, by their indices."""
    is_sobol = study.plan.method == "sobol"
    index = "total" if is_sobol else "mu_star"
    rows = chosen.loc[chosen.groupby("parameter", sort=False)[index].idxmax()].sort_values(index, ascending=False)
    strongest = {str(row["parameter"]): row for row in rows.to_dict("records")}
    order = list(strongest)
    moving = [name for name in order if chosen.loc[chosen["parameter"] == name, "is_moved"].any()] or order
    first, unit = moving[0], unit_of(study, study.measure, [float(strongest[order[0]][index])])
    rivals = [name for name in moving[1:] if strongest[name][f"{index}_high"] >= strongest[first][f"{index}_low"]]
    basis = counted(study.plan.samples, "base point") if is_sobol else f"{study.plan.samples:,} trajectories"

    def size(name: str) -> str:
        value, low, high = (float(strongest[name][f"{index}{end}"]) for end in ("", "_low", "_high"))
        if is_sobol:
            ends = f"{100.0 * max(low, 0.0):.0f} to {100.0 * high:.0f}"
            return f"{100.0 * value:.0f} % of the variance, 95 % interval {ends}"
        return f"{unit.number(value)}, 95 % interval {unit.number(max(low, 0.0))} to {unit.number(high)}"

    how = "alone or with others" if is_sobol else f"in {unit.words}, mean absolute effect over the range"
    if rivals:
        told = listing([f"{short(name, order)} ({size(name)})" for name in (first, *rivals)])
        lead = f"From {basis} it is not told which parameter matters most ({how}): {told} cannot be told apart."
    else:
        lead = f"{short(first, order)} matters most, {how}: {size(first)}, from {basis}."
    limit = 0.05 * (1.0 if is_sobol else float(strongest[first][index]))
    weak = [short(name, order) for name in moving[1:] if strongest[name][f"{index}_high"] < limit]
    still = [short(name, order) for name in order if name not in moving]
    for names, verb in ((weak, "hardly matter"), (still, "move")):
        if names:
            end = "s" if len(names) == 1 else ""
            lead += f" {listing(names)} {verb}{end}{' nothing at all' if verb == 'move' else ''}."
    return lead


def _range(study: Study, rows: pd.DataFrame) -> str:
    """Say between which values the means lie, where, and whether that is more than luck."""
    keys = [*study.plan.keys, "point"] if "point" in rows else study.plan.keys
    means = rows.groupby(keys, dropna=False)[study.measure].mean().dropna()
    if len(means) < 2:
        return _one_setting(study, rows)
    unit = unit_of(study, study.measure, means.tolist())

    def told(place: object) -> str:
        values = place if isinstance(place, tuple) else (place,)
        return listing(
            f"{short(key, study.plan.keys)} = {_written(value)}"
            for key, value in zip(study.plan.keys, values, strict=False)
        )

    low, high = means.idxmin(), means.idxmax()
    text = (
        f"{unit.title}: means lie between {unit.number(float(means.min()))} (at {told(low)}) and"
        f" {unit.number(float(means.max()))} (at {told(high)})"
    )
    if study.plan.replications < 2:
        return f"{text}, in one world at each point: how much of that is luck is not told."
    wide = rows.pivot_table(index="replication", columns=keys, values=study.measure, aggfunc="mean", dropna=False)
    difference = pd.DataFrame({"gap": wide[high] - wide[low]})
    pairs_of = len(means) * (len(means) - 1) / 2
    half = float(half_width(difference, 1.0 - 0.05 / max(pairs_of, 1.0))["gap"])
    gap = float(difference["gap"].mean())
    sure = "more than luck" if gap - half > 0.0 else "which may be luck"
    bounds = f"95 % interval {unit.number(gap - half)} to {unit.number(gap + half)}"
    return (
        f"{text}, a difference of {unit.number(gap)} over {counted(study.plan.replications, 'world')} ({bounds},"
        f" allowing for all pairs of {len(means)} points): {sure}."
    )


def _written(value: object) -> str:
    """Write a value of a parameter: numbers in four digits."""
    return significant(float(value), 4) if isinstance(value, float | np.floating) else str(value)


def sections(study: Study) -> list[Section]:
    """Return indices, response curves, heat maps and the means."""
    rows = measured(study)
    unit = unit_of(study, study.measure, rows[study.measure].tolist())
    rows = rows.assign(shown=rows[study.measure] * unit.factor)
    if not study.plan.keys:
        return _levels(study, rows)
    return [*_index_sections(study), *_curves(study, rows, unit), *_maps(study, rows, unit), *_means(study)]


def _levels(study: Study, rows: pd.DataFrame) -> list[Section]:
    """Show every measure's mean over worlds, where nothing else varies."""
    names = list(dict.fromkeys([*SHOWN, study.measure]))
    values = rows[[name for name in names if name in rows]].astype(float)
    mean, half = values.mean(), half_width(values)
    shown = []
    for name in values.columns:
        unit = unit_of(study, str(name), [mean[name]])
        shown.append([unit.title, *level_cells(unit, str(name), float(mean[name]), float(half[name]))])
    caption = f"{study.scenario.focal}, means over {counted(study.plan.replications, 'world')}."
    return [Section("What it comes to", "", tables=[Table(caption, ["Measure", "Mean", "95 % interval"], shown)])]


def _index_sections(study: Study) -> list[Section]:
    found = study.tables.get("indices", pd.DataFrame())
    if found.empty or not (found["measure"] == study.measure).any():
        return []
    pictures, is_sobol = [], study.plan.method == "sobol"
    for number, (chosen, part) in enumerate(by_combination(study.plan, found[found["measure"] == study.measure])):
        unit = unit_of(study, study.measure, part["mu_star"].tolist() if not is_sobol else [])
        title = (
            ", ".join(f"{short(key, chosen)} = {value}" for key, value in chosen.items())
            or unit.words.partition(",")[0].capitalize()
        )
        pictures.append(
            index_figure(f"indices-{number}", part, title)
            if is_sobol
            else screening_figure(f"screening-{number}", part, title, unit.words, unit.factor)
        )
    text = (
        "A parameter's first-order index is the share of the measure's variance that goes with it alone; its total"
        " index adds its interactions with others. Lines are 95 % intervals by bootstrap."
        if is_sobol
        else (
            "To the right: parameters that move the measure more. Upwards: parameters whose effect depends on the"
            " others, or on where in its range one stands. On the dashed line both are equal."
        )
    )
    return [Section("Which parameters matter", text, wide=pictures, tables=[_index_table(study, found)])]


def _index_table(study: Study, found: pd.DataFrame) -> Table:
    """Show the indices of every measure."""
    is_sobol = study.plan.method == "sobol"
    column = "total" if is_sobol else "mu_star"
    axes = [key for key in study.plan.axes if key in found]
    wide = found.pivot_table(index=[*axes, "measure"], columns="parameter", values=column, sort=False)[
        list(study.plan.ranges)
    ]
    rows = []
    for place, line in zip(wide.index, wide.to_numpy(dtype=float), strict=True):
        *chosen, measure = place if isinstance(place, tuple) else (place,)
        factor = study.weight if not is_sobol and grows(str(measure)) else 1.0
        name = str(measure) if is_sobol else f"{measure}, {told_unit(str(measure), study.scenario.currency)}"
        rows.append([" ".join(map(str, (*chosen, name))), *(significant(factor * number, 2) for number in line)])
    caption = (
        "Total indices of every measure."
        if is_sobol
        else "Mean absolute effects over the range, of every measure, in the unit beside it, sums at market size."
    )
    return Table(
        caption, ["Measure", *(short(key, study.plan.ranges) for key in study.plan.ranges)], rows, style="fine"
    )


def _numeric(study: Study, rows: pd.DataFrame) -> list[str]:
    """Keys with numbers, the most telling first."""
    keys = [*most_telling(study.plan, study.tables.get("indices", pd.DataFrame()), study.measure), *study.plan.axes]
    return [
        key
        for key in keys
        if key in rows and pd.api.types.is_numeric_dtype(rows[key]) and rows[key].nunique() > 1 and key != "seed"
    ]


def _curves(study: Study, rows: pd.DataFrame, unit: Unit) -> list[Section]:
    panels = []
    groups = (
        [("", rows)]
        if "policy" not in study.plan.axes
        else [(str(name), group) for name, group in rows.groupby("policy", sort=False)]
    )
    for number, key in enumerate(_numeric(study, rows)[:PANELS]):
        lines = []
        for name, group in groups:
            curve = response(study.plan, group, key, "shown")
            at, mean, low, high = (curve[column].to_numpy(dtype=float) for column in ("at", "mean", "low", "high"))
            lines.append(
                Line(name, at, mean, np.where(np.isfinite(low), low, mean), np.where(np.isfinite(high), high, mean))
            )
        panels.append(response_panel(f"response-{number}", short(key, study.plan.keys), key, lines))
    if not panels:
        return []
    return [
        Section(
            "How it moves",
            f"Mean of {unit.words} by value of one parameter, over everything else that varies. Bands are 95 %"
            " intervals of that mean.",
            panels=panels,
        )
    ]


def _maps(study: Study, rows: pd.DataFrame, unit: Unit) -> list[Section]:
    panels = []
    for number, (across, up) in enumerate(list(pairs(_numeric(study, rows)[:4]))[:MAPS]):
        table = heat(study.plan, rows, across, up, "shown")
        panels.append(
            heat_panel(
                f"heat-{number}", f"{short(up, study.plan.keys)} by {short(across, study.plan.keys)}", table, across, up
            )
        )
    return [Section("Two at a time", f"Mean of {unit.words}; darker is more.", panels=panels)] if panels else []


def _means(study: Study) -> list[Section]:
    """Show the mean of every measure at each combination of listed values."""
    axes = [key for key in study.plan.axes if key in study.results]
    rows = own_rows(study)
    if not axes:
        return []
    text = f"Means of {study.scenario.focal} over worlds and sampled points."
    return [Section("Means", text, tables=[means_table(study, rows, axes)])]


def means_table(study: Study, rows: pd.DataFrame, keys: Sequence[str]) -> Table:
    """Show the mean of the usual measures and of the one asked about at each place, money at market size; with half the
    width of its 95 % interval where there are several worlds and nothing is sampled.
    """
    measures = [name for name in dict.fromkeys((*SHOWN, study.measure)) if name in rows]
    groups = rows.groupby(list(keys), sort=False, dropna=False)[measures]
    means = groups.mean()
    has_half = study.plan.replications > 1 and not study.plan.ranges
    halves = pd.DataFrame([half_width(part[measures]) for _, part in groups], index=means.index) if has_half else None
    units = {name: unit_of(study, name, means[name].tolist()) for name in measures}
    shown = []
    for number, (place, line) in enumerate(means.iterrows()):
        names = place if isinstance(place, tuple) else (place,)
        cells = [units[name].number(float(line[name])) for name in measures]
        if halves is not None:
            sides = [units[name].number(float(halves[name].iloc[number])) for name in measures]
            cells = [cell if side == GAP else f"{cell} \u00b1 {side}" for cell, side in zip(cells, sides, strict=True)]
        shown.append([*map(_written, names), *cells])
    words = frozenset(range(len(keys)))
    caption = (
        f"{study.scenario.focal}, means over {counted(study.plan.replications, 'world')}"
        + (", \u00b1 half their 95 % interval" if has_half else "")
        + "; money at market size."
    )
    return Table(caption, [*keys, *(units[name].words for name in measures)], shown, words=words)
