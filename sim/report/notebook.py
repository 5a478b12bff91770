"""What a market, a scenario and a result say of themselves in a notebook: a line, a small table, a picture."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.books.measures import KPIS, OVERVIEW
from sim.errors import InputError, listed, nearest
from sim.experiments.units import UNITS, grows
from sim.report.curves import Curve, panel_figure
from sim.report.drawing import PANEL, SERIES, WIDE, settings, sheet
from sim.report.formats import Scale, counted, listing, prose, scale_of
from sim.report.studies import PERCENT, Unit, unit_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.config import Scenario
    from sim.experiments.compare import Comparison
    from sim.experiments.record import Study
    from sim.market import Market
    from sim.results import RunResult

LABELS = {"ebitda": "operating profit"}  # of a month
MARKET = "market"  # the line of a measure of the whole market

# --- a line and a small table ----------------------------------------------------------------------------------------


def line_of_market(market: "Market") -> str:
    """Say what a market is, where it stands and who has which share of it."""
    shares = _shares(market)
    return (
        f"Market({market.scenario.name!r}, seed {market.world.world_seed}: month {market.month} of"
        f" {market.scenario.months}, {market.count:,} people for {market.scenario.market_size:,.0f} lines;"
        f" {', '.join(f'{name} {share:.1%}' for name, share in shares.items())})"
    )


def _shares(market: "Market") -> dict[str, float]:
    """Share of subscribers by operator, now; 0 where nobody subscribes."""
    counts = [float(len(market.customers_of(number))) for number in range(len(market.operator_names))]
    return dict(zip(market.operator_names, (count / max(sum(counts), 1.0) for count in counts), strict=True))


def html_of_market(market: "Market") -> str:
    """Say the same as a small table, an operator a row."""
    rows = [[name, f"{share:.1%}"] for name, share in _shares(market).items()]
    return _html(line_of_market(market).partition(";")[0] + ")", ["operator", "share of subscribers"], rows)


def line_of_scenario(scenario: "Scenario") -> str:
    """Say what a scenario is."""
    policies = f"; policies {', '.join(scenario.policies)}" if scenario.policies else ""
    return (
        f"Scenario({scenario.name!r}: {counted(scenario.months, 'month')}, {scenario.customers.count:,} people for"
        f" {scenario.market_size:,.0f} lines, {counted(len(scenario.operators), 'operator')}"
        f" ({', '.join(scenario.operators)}), focal {scenario.focal}{policies})"
    )


def html_of_scenario(scenario: "Scenario") -> str:
    """Say the same as a small table of the operators and their plans."""
    rows = [
        [name, f"{operator.start_share:.1%}", f"{plan}: {terms.fee:g}"]
        for name, operator in scenario.operators.items()
        for plan, terms in operator.plans.items()
    ]
    head = ["operator", "share at the start", f"plan and fee, {scenario.currency} a month"]
    return _html(line_of_scenario(scenario), head, rows, scenario.question)


def line_of_run(result: "RunResult") -> str:
    """Say what a run is."""
    scenario = result.scenario
    return (
        f"RunResult({scenario.name!r}: {counted(scenario.months, 'month')} under {scenario.policy!r}, operators"
        f" {', '.join(scenario.operators)}; tables kpis, overview, ledger, ports, prices, relations)"
    )


def line_of_comparison(result: "Comparison") -> str:
    """Say what a comparison is."""
    return (
        f"Comparison({result.scenario.name!r}: {', '.join(result.policies)} for {result.focal} in"
        f" {counted(result.replications, 'world')}; .answer(), .table, .runs, .plot())"
    )


def line_of_study(study: "Study") -> str:
    """Say what a study is."""
    return f"Study({study.kind!r} of {study.scenario.name!r}: tables {', '.join(study.tables)})"


def html_of_result(line: str, table: pd.DataFrame, answer: str = "") -> str:
    """Say what a result is, its answer, and its first rows."""
    return f"<p><code>{escape(line)}</code></p><p>{prose(answer)}</p>{table.head(12).to_html(max_cols=12)}"


def _html(line: str, head: Sequence[str], rows: Sequence[Sequence[str]], remark: str = "") -> str:
    cells = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    heads = "".join(f"<th>{escape(title)}</th>" for title in head)
    return f"<p><code>{escape(line)}</code> {escape(remark)}</p><table><tr>{heads}</tr>{cells}</table>"


# --- a picture -------------------------------------------------------------------------------------------------------


def plot_course(told: Any, measure: str = "market_share") -> "Figure":
    """Draw how a measure develops, a line an operator, in the style of the reports; told: a market or a run.

    The figure is matplotlib's own: `figure.savefig("share.pdf")`.
    """
    known = (*KPIS, *OVERVIEW)
    if measure not in known:
        raise InputError(f"plot({measure!r}): no such measure{nearest(measure, known)}; known: {listed(known)}")
    frame = told.kpis if measure in KPIS else told.overview.assign(operator=MARKET)
    if frame.empty:
        raise InputError(f"plot({measure!r}): no month has been lived yet")
    weight = told.scenario.market_size / told.scenario.customers.count
    unit = _unit(told.scenario, weight, measure, frame[measure].tolist())
    curves = [
        Curve(
            str(name),
            part["month"].to_numpy(),
            part[measure].to_numpy(dtype=float) * unit.factor,
            color=SERIES[place % len(SERIES)],
        )
        for place, (name, part) in enumerate(frame.groupby("operator", sort=False))
    ]
    curves = [curve for curve in curves if pd.notna(curve.mean).any()]
    if not curves:
        raise InputError(f"plot({measure!r}): there was nobody to measure in any month")
    with settings("plot"):
        return sheet(panel_figure(unit.title, curves, False, WIDE if len(curves) > 1 else PANEL))


class _Told:
    """What a unit is chosen for."""

    def __init__(self, scenario: "Scenario", weight: float) -> None:
        self.scenario, self.weight = scenario, weight


def _unit(scenario: "Scenario", weight: float, measure: str, values: Sequence[float]) -> Unit:
    """Choose the unit of a measure: sums at market size, shares and rates in per cent."""
    told: Any = _Told(scenario, weight)
    words, unit = LABELS.get(measure, measure.replace("_", " ")), UNITS[measure]
    if grows(measure):
        scale = scale_of([value * weight for value in values])
        name = scale.unit(scenario.currency) if unit.startswith("currency") else scale.of(unit)
        name += " a month" * unit.endswith("/month")
        return Unit(f"{words}, {name}", weight / scale.divisor, scale)
    if measure not in PERCENT and unit in ("share", "per month"):
        return Unit(f"{words}, %{' a month' if unit == 'per month' else ''}", 100.0, Scale(1.0, "", 2))
    if measure not in PERCENT and unit not in ("1", "0..1"):
        name = unit.replace("currency", scenario.currency).replace("/month", " a month")
        return Unit(f"{words}, {name}", 1.0, Scale(1.0, "", 2))
    return unit_of(told, measure, values)


def plot_comparison(result: "Comparison", what: str = "gain") -> "Figure":
    """Draw the gain of each policy with its interval; or how churn, share, satisfaction or cash develops."""
    from sim.report import curves, figures

    if what == "gain" and len(result.policies) > 1:
        return figures.ranking_figure(result).figure()
    names = ("churn", "share", "satisfaction", "cash")
    what = "share" if what == "gain" else what
    if what not in names:
        raise InputError(f"plot({what!r}): nothing so called{nearest(what, names)}; known: gain, {', '.join(names)}")
    return curves.comparison_panels(result)[names.index(what)].figure()


def plot_study(study: "Study", number: int = 1) -> "Figure":
    """Draw one of the figures of a study's report, the first by default."""
    from sim.report.studies import sections

    drawn = [picture for section in sections(study) for picture in (*section.wide, *section.panels)]
    if not 1 <= number <= len(drawn):
        titles = listing(f"{place} ({picture.title})" for place, picture in enumerate(drawn, start=1)) or "none"
        raise InputError(f"plot({number}): the report's figures are {titles}")
    return drawn[number - 1].figure()
