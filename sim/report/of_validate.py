"""The report of a validation: what was expected, from whom, what the lab gave, within what error; misses are shown as
misses.
"""

import math

from sim.experiments.record import Study
from sim.experiments.validate import MET, MISSED, NOT_REACHED, OPEN, REPORTED, worst_of
from sim.facts import FACTS, Fact
from sim.report.formats import GAP, listing, percent, significant
from sim.report.studies import Section
from sim.report.tables import Table

SIGNS = {MET: "met", MISSED: "MISSED", OPEN: "cannot be told", REPORTED: "reported"}


def headline(study: Study) -> tuple[str, str, str]:
    """Return question, setting and answer."""
    around = (
        f", and at {study.facts['points']} points of a neighbourhood of {len(study.plan.ranges)} uncertain numbers,"
        " each in a smaller world"
        if study.facts["points"]
        else ""
    )
    worlds = f"{study.plan.replications} worlds" if study.plan.replications > 1 else "one world"
    setting = f"Every number is measured in {worlds} of {study.scenario.months} months, in forks of them{around}."
    return f"Is \u201c{study.scenario.name}\u201d to be believed?", setting, answer(study)


def answer(study: Study) -> str:
    """Count verdicts, and name what is missed."""
    verdicts = {number: found for number, found in worst_of(study.tables["checks"]).items() if found != REPORTED}
    count = {
        verdict: [number for number, found in verdicts.items() if found == verdict] for verdict in (MET, MISSED, OPEN)
    }
    told = (
        [f"{len(count[MET])} of {len(verdicts)} facts are met"] if verdicts else ["Nothing is asked of these numbers"]
    )
    told += [f"missed: {listing(map(_name, count[MISSED]))}"] if count[MISSED] else ["none is missed"] * bool(verdicts)
    told += [f"not to be told {_by(study)}: {listing(map(_name, count[OPEN]))}"] if count[OPEN] else []
    theory = study.tables.get("theory")
    if theory is not None and len(theory):
        failed = theory.loc[theory["failed"] > 0, "case"].tolist()
        told.append(
            f"theory: {int(theory['checks'].sum())} checks"
            + (f", failed in {listing(failed)}" if failed else ", none failed")
        )
    return "; ".join(told) + "."


def _by(study: Study) -> str:
    worlds = study.plan.replications
    return f"from {worlds} worlds" if worlds > 1 else "from one world, which gives no interval"


def sections(study: Study) -> list[Section]:
    """Return facts, how they are measured, what is not reached, and theory."""
    note = (
        "A number is met where its whole 95 % interval over worlds is where it was asked to be, missed where none of it"
        " is, and cannot be told in between. Neighbourhood is the share of points at"
        " which the number is where it was asked to be. The default market was calibrated to facts"
        f" {listing(fact.number for fact in FACTS if fact.is_tuned)}; no other number here has been tuned to."
    )
    missing = Table(
        "Not among them",
        ["Fact", "Why"],
        [[f"{number}. {title}", why] for number, title, why in NOT_REACHED],
        words=frozenset({1}),
    )
    parts = [
        Section("Published facts and what the lab gives", note, tables=[facts_table(study)]),
        Section(
            "How each is measured",
            "Sources in full: docs/references.md. Confidence in the published number: H high, M medium, L sign only.",
            tables=[ways_table(study), missing],
        ),
    ]
    theory = study.tables.get("theory")
    if theory is not None:
        text = (
            "Reference cases computed by other software, run as tests on this checkout; below them, all tests of theory"
            " and negative controls by file. The largest error is in shares of the tolerance, which comes from the"
            " case."
        )
        parts.append(Section("Theory", text, tables=[theory_table(study)]))
    return parts


def facts_table(study: Study) -> Table:
    """Return every number asked for: expected, found, verdict."""
    rows: list[list[str]] = []
    groups: dict[int, str] = {}
    marked: set[int] = set()
    checks = study.tables["checks"]
    for fact in _facts(study):
        groups[len(rows)] = f"{fact.number}. {fact.title}: {fact.published} ({fact.source})"
        for row in checks[checks["fact"] == fact.number].to_dict("records"):
            if row["verdict"] == MISSED:
                marked.add(len(rows))
            span = (
                GAP
                if row["worlds"] < 2 or math.isnan(row["low"])
                else f"{significant(row['low'])} to {significant(row['high'])}"
            )
            lab = GAP if math.isnan(row["lab"]) else significant(row["lab"])
            around = GAP if math.isnan(row["neighbourhood"]) else percent(row["neighbourhood"], 0)
            rows.append(
                [
                    str(row["check"]),
                    "" if row["unit"] == "1" else str(row["unit"]),
                    str(row["asked"]),
                    lab,
                    span,
                    SIGNS[row["verdict"]],
                    around,
                ]
            )
    header = ["Number", "Unit", "Asked", "Lab", "95 % interval", "Verdict", "Neighbourhood"]
    return Table(
        "What was asked, and what came out",
        header,
        rows,
        words=frozenset({1, 2, 5}),
        marked=frozenset(marked),
        style="fine",
        groups=groups,
    )


def ways_table(study: Study) -> Table:
    """Return how each fact is measured."""
    rows = [[f"{fact.number}. {fact.title}", fact.how, fact.confidence] for fact in _facts(study)]
    return Table("Measurements", ["Fact", "Measured by", "Confidence"], rows, words=frozenset({1, 2}), style="fine")


def theory_table(study: Study) -> Table:
    """Return reference cases and test files."""
    rows = []
    for row in study.tables["theory"].to_dict("records"):
        error = GAP if math.isnan(row["largest_error"]) else percent(row["largest_error"], 0)
        rows.append([str(row["case"]), str(row["by"]), str(row["checks"]), error, SIGNS[str(row["verdict"])]])
    return Table(
        "Cases and tests",
        ["Case", "Computed by", "Checks", "Largest error", "Verdict"],
        rows,
        words=frozenset({1, 4}),
        style="fine",
    )


def _facts(study: Study) -> list[Fact]:
    asked = set(study.tables["checks"]["fact"])
    return [fact for fact in FACTS if fact.number in asked]


def _name(number: str) -> str:
    return next(f"{fact.number} ({fact.title[0].lower()}{fact.title[1:]})" for fact in FACTS if fact.number == number)
