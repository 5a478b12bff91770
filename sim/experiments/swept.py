"""What a sweep hands on: its results table with what was made of it, from the command line and from Python alike."""

from collections.abc import Sequence

from sim.errors import InputError, listed, nearest
from sim.experiments.outcome import gaps_in_words, terminal_in_words
from sim.experiments.record import Study
from sim.experiments.sensitivity import indices, measures_of, with_differences
from sim.experiments.study import Found
from sim.experiments.sweep import Plan, table_of, told_of


def study_of(found: Found, plan: Plan, measure: str = "npv", monthly: bool = False, notes: Sequence[str] = ()) -> Study:
    """Return what a plan's design came to as a study, with indices where ranges were sampled, and months where kept."""
    scenario, table = found.design.bases[0], table_of(found, plan)
    tables = {"sweep": table}
    if monthly:
        tables["months"] = found.table("trajectories", told_of(plan))
    if not (telling := indices(plan, table, scenario.focal)).empty:
        tables["indices"] = telling
    known = measures_of(plan, with_differences(plan, table, measures_of(plan, table)))
    if measure not in known:
        raise InputError(f"measure={measure}: no such measure{nearest(measure, known)}; known: {listed(known)}")
    facts = {"measure": measure, **({"policies": list(plan.axes["policy"])} if "policy" in plan.axes else {})}
    weight = float(table["weight"].iloc[0])
    own = table[table["operator"] == scenario.focal]
    gaps = [*gaps_in_words(table, "operator", scenario.months), *terminal_in_words(own, scenario, weight)]
    return Study("sweep", scenario, plan, weight, tables, facts, [*notes, *gaps], found.failures)
