"""What one policy comes to, where there is no other to compare it with: levels with their intervals."""

from sim.experiments.statistics import half_width
from sim.report.contract import Comparison
from sim.report.facts import value
from sim.report.formats import counted, money, people, percent
from sim.report.studies import level_cells, unit_of
from sim.report.tables import Table

MEASURES = (
    "npv",
    "npv_horizon",
    "npv_terminal",
    "ebitda",
    "churn_rate",
    "market_share",
    "arpu",
    "csat",
    "retained",
    "consumer_surplus",
)
RIVALS = {"responding": "Rivals respond", "static": "Rivals hold still", "copying": "Rivals copy"}


def levels_table(result: Comparison) -> Table:
    """Show each measure's mean over worlds with its 95 % interval, under each response of rivals."""
    own = result.runs[result.runs["operator"] == result.focal]
    measures = [name for name in MEASURES if name in own]
    found = []
    for response in dict.fromkeys(own["response"]):
        values = own.loc[own["response"] == response, measures].astype(float)
        found.append((response, values.mean(), half_width(values)))
    rows = []
    for name in measures:
        unit = unit_of(result, name, [mean[name] for _, mean, _ in found])
        cells = []
        for _, mean, half in found:
            cells += level_cells(unit, name, float(mean[name]), float(half[name]))
        rows.append([unit.title, *cells])
    header = ["Measure", *(title for response, _, _ in found for title in (RIVALS[response], "95 % interval"))]
    caption = (
        f"\u201c{result.policies[0]}\u201d of {result.focal}: means over"
        f" {counted(result.replications, 'world')}, money at market size. Rates are means of the last 12 months."
    )
    return Table(caption, header, rows)


def level_tiles(result: Comparison) -> list[tuple[str, str, str]]:
    """Return the key numbers of one policy: what, number, remark."""
    table, policy, months = result.table, result.policies[0], result.scenario.months
    currency, weight = result.scenario.currency, result.weight
    mean = {name: value(table, policy, name) for name in MEASURES}
    year = f"mean of the last {min(12, months)} months"
    return [
        ("Net present value", money(mean["npv"] * weight, currency), f"to {result.focal}, at market size"),
        ("\u2026 of which within the horizon", money(mean["npv_horizon"] * weight, currency), f"of {months} months"),
        ("Churn a month", percent(mean["churn_rate"], 2), year),
        ("Market share", percent(mean["market_share"]), year),
        ("Opening customers still here", percent(mean["retained"], 0), f"after {months} months"),
        ("Lines", people(result.scenario.market_size), "in the market"),
    ]
