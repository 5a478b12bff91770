"""The report of a sweep: which parameters matter for a measure, and how it moves with them."""

import numpy as np
import pandas as pd

from sim.experiments.record import Study
from sim.experiments.sensitivity import heat, most_telling, pairs, response, with_differences
from sim.experiments.sweep import by_combination
from sim.report.formats import listing, significant
from sim.report.plots import Line, heat_panel, index_figure, response_panel, screening_figure, short
from sim.report.studies import Section, Unit, own_rows, unit_of
from sim.report.tables import Table

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
    plan = study.plan
    question = (
        f"What moves {unit_of(study, study.measure, []).words.partition(',')[0]} of {study.scenario.focal} in"
        f" \u201c{study.scenario.name}\u201d?"
    )
    runs = len(study.results) // max(len(study.scenario.operators), 1)
    worlds = f"{plan.replications} world{'s' if plan.replications > 1 else ''}"
    setting = (
        f"{runs:,} runs of {study.scenario.months} months: {METHODS[plan.method]}, over {listing(plan.keys)}; {worlds}"
        " at each point."
    )
    return question, setting, answer(study)


def answer(study: Study) -> str:
    """Say which parameter matters most, or between which values the measure lies."""
    found = study.tables.get("indices", pd.DataFrame())
    chosen = found[found["measure"] == study.measure] if len(found) else found
    if len(chosen):
        index = "total" if study.plan.method == "sobol" else "mu_star"
        order = most_telling(study.plan, found, study.measure)
        strongest = chosen[chosen["parameter"] == order[0]][index].max()
        unit = unit_of(study, study.measure, [strongest])
        size = (
            f"{100.0 * strongest:.0f} % of the variance, alone or with others"
            if index == "total"
            else f"over its range it moves {unit.words} by {unit.number(strongest)} on average"
        )
        weakest = [
            short(name, order)
            for name in order
            if chosen[chosen["parameter"] == name][index].max() < 0.05 * (1.0 if index == "total" else strongest)
        ]
        rest = f" {listing(weakest)} hardly matter{'s' if len(weakest) == 1 else ''}." if weakest else ""
        return f"{short(order[0], order)} matters most: {size}.{rest}"
    rows = own_rows(study)
    means = rows.groupby(study.plan.keys, dropna=False)[study.measure].mean()
    unit = unit_of(study, study.measure, means.tolist())

    def told(place: object) -> str:
        values = place if isinstance(place, tuple) else (place,)
        return listing(
            f"{short(key, study.plan.keys)} = {value}" for key, value in zip(study.plan.keys, values, strict=True)
        )

    return (
        f"The mean of {unit.words} lies between {unit.number(means.min())} (at {told(means.idxmin())}) and"
        f" {unit.number(means.max())} (at {told(means.idxmax())})."
    )


def sections(study: Study) -> list[Section]:
    """Return indices, response curves, heat maps and the means."""
    plan, rows = study.plan, own_rows(study)
    if study.measure not in rows:
        rows = with_differences(plan, rows, [study.measure.removesuffix("_diff")])
    unit = unit_of(study, study.measure, rows[study.measure].tolist())
    rows = rows.assign(shown=rows[study.measure] * unit.factor)
    return [*_index_sections(study), *_curves(study, rows, unit), *_maps(study, rows, unit), *_means(study)]


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
    rows = [
        [
            " ".join(map(str, place if isinstance(place, tuple) else (place,))),
            *(significant(float(number), 2) for number in line),
        ]
        for place, line in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    caption = (
        "Total indices of every measure."
        if is_sobol
        else "Mean absolute effects over the range, of every measure, in its own unit and of the simulated market."
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
    measures = [
        name for name in ("npv", "churn_rate", "arpu", "market_share", "csat", "ebitda", study.measure) if name in rows
    ]
    measures = list(dict.fromkeys(measures))
    if not axes:
        return []
    means = rows.groupby(axes, sort=False)[measures].mean()
    units = {name: unit_of(study, name, means[name].tolist()) for name in measures}
    shown = [
        [
            " ".join(map(str, place if isinstance(place, tuple) else (place,))),
            *(units[name].number(float(line[name])) for name in measures),
        ]
        for place, line in means.iterrows()
    ]
    return [
        Section(
            "Means",
            f"Means of {study.scenario.focal} over worlds and sampled points.",
            tables=[Table(" ".join(axes), ["At", *(units[name].words for name in measures)], shown)],
        )
    ]
