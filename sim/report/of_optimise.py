"""The report of an optimisation: the best settings, what they are worth on worlds they were not chosen by, and what
more money buys.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.optimise import SPENDING
from sim.experiments.record import Study
from sim.report.drawing import Picture
from sim.report.formats import GAP, LEDGER_LABELS, Scale, counted, listing, named, scale_of, significant
from sim.report.plots import Line, cloud_figure, response_panel, short
from sim.report.studies import MONEY, PERCENT, Section
from sim.report.tables import Table


def headline(study: Study) -> tuple[str, str, str]:
    """Return question, setting and answer."""
    facts = study.facts
    question = (
        f"How should {study.scenario.focal} set \u201c{facts['policy']}\u201d in \u201c{study.scenario.name}\u201d?"
    )
    limit = f", within {facts['constraint']}" if facts["constraint"] else ""
    setting = (
        f"{facts['trials']} settings of {listing(_short(study, key) for key in study.plan.ranges)}{limit}, tried in"
        f" {study.plan.replications} worlds against \u201c{facts['reference']}\u201d; the best judged in"
        f" {facts['holdout']} other worlds."
    )
    return question, setting, answer(study)


def _short(study: Study, key: str) -> str:
    return short(key.removeprefix(f"policies.{study.facts['policy']}."), list(study.plan.ranges))


def scales(study: Study) -> tuple[Scale, Scale, str]:
    """Return how gains and spending are written, and the unit of gains."""
    judged, measure = study.tables["judged"], study.measure
    spend = scale_of(judged["spend"])
    if measure in MONEY:
        scale = scale_of(judged[["gain_low", "gain_high"]].to_numpy().ravel())
        return scale, spend, scale.unit(study.scenario.currency)
    return (Scale(0.01, "", 2), spend, "points") if measure in PERCENT else (Scale(1.0, "", 3), spend, measure)


def answer(study: Study) -> str:
    """Name the best setting found, its worth on fresh worlds, and whether it is told from nothing and from the present
    setting.
    """
    judged = {str(row["role"]): row for row in study.tables["judged"].to_dict("records")}
    best, now, facts = judged["best"], judged["present"], study.facts
    gain, spend, unit = scales(study)
    settings = listing(f"{_short(study, key)} = {significant(float(best[key]))}" for key in study.plan.ranges)
    lost, currency = float(best["gain_tuned"] - best["gain"]), spend.unit(study.scenario.currency)

    def between(row: Mapping[Any, Any], name: str) -> str:
        low, high = (gain.number(row[f"{name}_{end}"], True) for end in ("low", "high"))
        return f"{gain.number(row[name], True)} {unit} (95 % interval {low} to {high})"

    if best["gain_high"] < 0.0:
        lead = (
            f"Spend nothing: {named(facts['reference'])} without {named(facts['policy'])} is better than every setting"
            f" tried; the best of them, {settings}, gains"
        )
    elif not best["gain_low"] > 0.0:
        lead = f"No setting found is clearly better than {named(facts['reference'])}: the best, {settings}, gains"
    elif not best["over_present_low"] > 0.0:
        lead = f"The best setting found, {settings}, is not told from {named(facts['policy'])} as it stands: it gains"
    else:
        lead = f"Set {named(facts['policy'])} to {settings}: it gains"
    beyond = "" if facts["is_feasible"] else f"No setting tried met {facts['constraint']}; the best of all is shown. "
    if not facts["is_feasible"] and facts.get("can_do_without"):
        beyond = f"{beyond[:-2]}, and {named(facts['reference'])} alone meets it. "
    worlds = f"{counted(facts['holdout'], 'world')} it was not tuned on"
    return (
        f"{beyond}{lead} {between(best, 'gain')} of {study.measure} against {named(facts['reference'])} in {worlds},"
        f" for {spend.number(best['spend'])} {currency} spent; as it stands now, {named(facts['policy'])} gains"
        f" {gain.number(now['gain'], True)} for {spend.number(now['spend'])}, a difference of"
        f" {between(best, 'over_present')}. In the worlds of the search it had shown {gain.number(lost, True)} {unit}"
        " more."
    )


def sections(study: Study) -> list[Section]:
    """Return settings judged, diminishing returns, and the trials."""
    found = [
        Section(
            "The best settings",
            f"Judged in worlds that the search has not seen, beside spending nothing, which is"
            f" {named(study.facts['reference'])} alone. Spending: contacts, credits, points and subsidies above the"
            " reference's, discounted.",
            tables=[_judged(study)],
        )
    ]
    curve = _frontier(study)
    if len(curve) > 1:
        text = (
            "Settings that gained more than every cheaper one in the search, from the cheapest to the dearest. Next"
            " unit: the gain (after all costs) that each unit of money spent beyond the setting before has brought;"
            " where it is negative, spending more loses."
        )
        found.append(
            Section("What more money buys", text, panels=[_returns(study, curve)], tables=[_marginal(study, curve)])
        )
    if len(study.plan.ranges) == 1:
        found.append(
            Section(
                "How the gain depends on it",
                "Means over the worlds of the search, with 95 % intervals.",
                panels=[_one_knob(study)],
            )
        )
    text = "Every setting tried, in the order of the search; means over its worlds."
    return [*found, Section("All trials", text, wide=[_cloud(study)], tables=[_trials(study)])]


def _frontier(study: Study) -> pd.DataFrame:
    judged = study.tables["judged"]
    return judged[judged["is_on_frontier"]].sort_values("spend")


def _judged(study: Study) -> Table:
    gain, spend, unit = scales(study)
    lines = [name for name in SPENDING if study.tables["judged"][name].abs().max() > 0.0]
    rows = [
        [
            row["role"],
            *(significant(float(row[key])) for key in study.plan.ranges),
            gain.number(row["gain"], True),
            f"{gain.number(row['gain_low'], True)} to {gain.number(row['gain_high'], True)}",
            gain.number(row["gain_tuned"], True),
            spend.number(row["spend"]),
            *(spend.number(row[name]) for name in lines),
        ]
        for row in study.tables["judged"].to_dict("records")
        if row["role"] != "frontier"
    ]
    header = [
        "Setting",
        *(_short(study, key) for key in study.plan.ranges),
        f"Gain, {unit}",
        "95 % interval",
        "In the search",
        f"Spent, {spend.unit(study.scenario.currency)}",
        *(f"\u2026 {LEDGER_LABELS[name].lower()}" for name in lines),
    ]
    return Table(
        f"Gain of {study.measure} against \u201c{study.facts['reference']}\u201d, at market size.",
        header,
        rows,
        marked=frozenset({0}),
    )


def _returns(study: Study, curve: pd.DataFrame) -> Picture:
    gain, spend, unit = scales(study)
    columns = [curve[name].to_numpy(dtype=float) / gain.divisor for name in ("gain", "gain_low", "gain_high")]
    line = Line("", curve["spend"].to_numpy(dtype=float) / spend.divisor, *columns)
    return response_panel("returns", f"Gain, {unit}", f"spent, {spend.unit(study.scenario.currency)}", [line])


def _marginal(study: Study, curve: pd.DataFrame) -> Table:
    gain, spend, unit = scales(study)
    rows = [
        [
            spend.number(row["spend"]),
            gain.number(row["gain"], True),
            f"{gain.number(row['gain_low'], True)} to {gain.number(row['gain_high'], True)}",
            f"{row['marginal']:.2f}" if np.isfinite(row["marginal"]) else GAP,
            *(significant(float(row[key])) for key in study.plan.ranges),
        ]
        for row in curve.to_dict("records")
    ]
    header = [
        f"Spent, {spend.unit(study.scenario.currency)}",
        f"Gain, {unit}",
        "95 % interval",
        "Next unit brings",
        *(_short(study, key) for key in study.plan.ranges),
    ]
    return Table("Diminishing returns, on fresh worlds.", header, rows)


def _one_knob(study: Study) -> Picture:
    ((key, _),) = study.plan.ranges.items()
    gain, _, unit = scales(study)
    rows = study.tables["trials"].sort_values(key)
    columns = [rows[name].to_numpy(dtype=float) / gain.divisor for name in ("gain", "gain_low", "gain_high")]
    return response_panel(
        "knob", f"Gain, {unit}", _short(study, key), [Line("", rows[key].to_numpy(dtype=float), *columns)]
    )


def _cloud(study: Study) -> Picture:
    gain, spend, unit = scales(study)
    rows = study.tables["trials"]
    groups = {
        words: (
            rows.loc[chosen, "spend"].to_numpy(dtype=float) / spend.divisor,
            rows.loc[chosen, "gain"].to_numpy(dtype=float) / gain.divisor,
        )
        for words, chosen in (
            (study.facts["constraint"] or "no constraint", rows["is_feasible"]),
            ("beyond it", ~rows["is_feasible"]),
        )
        if chosen.any()
    }
    return cloud_figure(
        "trials", f"Gain of each setting, {unit}", f"spent, {spend.unit(study.scenario.currency)}", groups
    )


def _trials(study: Study) -> Table:
    gain, spend, unit = scales(study)
    rows = [
        [
            str(int(row["trial"]) + 1),
            *(significant(float(row[key])) for key in study.plan.ranges),
            gain.number(row["gain"], True),
            spend.number(row["spend"]),
            "yes" if row["is_feasible"] else "no",
        ]
        for row in study.tables["trials"].to_dict("records")
    ]
    header = [
        "Trial",
        *(_short(study, key) for key in study.plan.ranges),
        f"Gain, {unit}",
        f"Spent, {spend.unit(study.scenario.currency)}",
        "Meets the constraint",
    ]
    return Table("Every setting tried; means over the worlds of the search.", header, rows, style="fine")
