"""The tables of the report: rows of written numbers under plain headings."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from sim.experiments.statistics import RANKED
from sim.report.contract import Comparison, Extra, Run
from sim.report.facts import (
    TWENTY,
    budget,
    challengers,
    contender,
    cost_of_saved,
    difference,
    ordered,
    reasons_of,
    value,
    worlds_best,
)
from sim.report.formats import (
    GAP,
    LEDGER_LABELS,
    REASON_LABELS,
    Scale,
    counted,
    fixed,
    interval,
    label_of,
    money,
    people,
    percent,
    scale_of,
    significant,
)

Column = tuple[str, str, Callable[[float], str]]  # measure, heading, how to write it


@dataclass(frozen=True)
class Table:
    """A table to be shown: the first column names the row; `words` are columns of text,
    `marked` rows that stand out.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()
    style: str = ""  # classes of the page: fine, code
    groups: Mapping[int, str] = field(default_factory=dict)  # headings that stand before rows


def ranking_table(result: Comparison) -> Table:
    """Rank the policies with what each is worth and how sure that is."""
    order, currency, base = ordered(result), result.scenario.currency, result.policies[0]
    gains = {
        policy: [
            *(part * result.weight for part in difference(result.table, policy, RANKED).numbers),
            value(result.summary, policy, "npv_downside") * result.weight,
            value(result.table, policy, "npv_terminal_diff") * result.weight,
        ]
        for policy in order
    }
    scale = scale_of([number for gain in gains.values() for number in gain])
    rows = [_ranked(result, policy, gains[policy], scale) for policy in order]
    unit = scale.unit(currency)
    header = [
        "Policy",
        f"Gain, {unit}",
        "95 % interval",
        "Came out best in",
        f"After them, {unit}",
        f"{'Bad case (1 in 20)' if result.replications >= TWENTY else 'Worst world'}, {unit}",
        "Pays back by month",
        "Churn, change in points a month",
        "Customers saved, net",
        "Cost of each, net",
    ]
    return Table(
        f"Policies by their mean in {counted(result.replications, 'world')}, the highest"
        f" first. Gain: cash of {result.focal} within the {result.scenario.months} months above \u201c{base}\u201d, in"
        " today\u2019s money, rivals responding; after them: what would be added.",
        header,
        rows,
        marked=frozenset({0}),
    )


def _ranked(result: Comparison, policy: str, gain: list[float], scale: Scale) -> list[str]:
    mean, low, high, downside, later = gain
    summary, best = result.summary, worlds_best(result, policy)
    if policy == result.policies[0]:
        return [policy, "baseline", GAP, best, *[GAP] * 6]
    back = value(summary, policy, "payback_month")
    return [
        policy,
        scale.number(mean, True),
        interval(low, high, scale),
        best,
        scale.number(later, True),
        scale.number(downside, True),
        fixed(back) if math.isfinite(back) else f"not in {result.scenario.months}",
        fixed(100.0 * value(summary, policy, "churn_rate_diff"), 2, True),
        people(value(summary, policy, "net_saved") * result.weight, True),
        money(cost_of_saved(result.table, policy), result.scenario.currency),
    ]


def measures_table(result: Comparison) -> Table:
    """Show what each policy does to customers and revenue: the level and the change."""
    order, base = ordered(result), result.policies[0]
    currency = result.scenario.currency
    measures = [
        ("churn_rate", "Churn, % a month", 100.0, 2),
        ("market_share", "Market share, %", 100.0, 1),
        ("arpu", f"Revenue a customer, {currency} a month", 1.0, 2),
        ("csat", "Satisfaction, 0 to 100", 100.0, 1),
        ("retained", "Opening customers still here, %", 100.0, 1),
        ("consumer_surplus", f"Customers\u2019 own gain, {currency} a month", 1.0, 2),
    ]
    kept = [measure for measure in measures if measure[0] in result.table.columns]
    rows = [
        [
            policy,
            *(_level(result, policy, name, factor, decimals, policy == base) for name, _, factor, decimals in kept),
        ]
        for policy in order
    ]
    caption = (
        f"Level under each policy, and in brackets the change against \u201c{base}\u201d; ? marks a change whose 95 %"
        " interval includes zero."
    )
    caption += " Rates are means of the last 12 months."
    return Table(caption, ["Policy", *(title for _, title, _, _ in kept)], rows, marked=frozenset({0}))


def _level(result: Comparison, policy: str, name: str, factor: float, decimals: int, is_base: bool) -> str:
    level, change = fixed(factor * value(result.table, policy, name), decimals), difference(result.table, policy, name)
    if is_base:
        return level
    doubt = " ?" if math.isfinite(change.low) and not change.is_clear else ""
    return f"{level} ({fixed(factor * change.mean, decimals, True)}{doubt})"


def saved_table(result: Comparison) -> Table:
    """Show saved, lost and net customers, and the cost of one."""
    table, rows = result.table, []
    for policy in challengers(result):
        counts = [people(value(table, policy, name) * result.weight) for name in ("saved", "lost", "net_saved")]
        net = difference(table, policy, "net_saved").times(result.weight)
        between = f"{people(net.low, True)} to {people(net.high, True)}" if math.isfinite(net.low) else GAP
        rows.append([policy, *counts, between, money(cost_of_saved(table, policy), result.scenario.currency)])
    caption = (
        f"Customers of {result.focal} at the start, compared with the same people under"
        f" \u201c{result.policies[0]}\u201d."
    )
    return Table(
        caption,
        ["Policy", "Saved", "Lost", "Net", "95 % interval", "Cost of one saved, net"],
        rows,
        marked=frozenset({0}),
    )


def segment_table(result: Comparison) -> Table | None:
    """Show what the best policy does in each segment."""
    table, best, currency = result.by_segment, contender(result), result.scenario.currency
    segments = [str(name) for name in dict.fromkeys(table.index.get_level_values(1))]
    if not segments:
        return None
    scale = scale_of([value(table, (best, segment), f"{RANKED}_diff") * result.weight for segment in segments])
    columns: list[Column] = [
        (f"{RANKED}_diff", f"Gain, {scale.unit(currency)}", lambda number: scale.number(number * result.weight, True)),
        ("churn_rate_diff", "Churn, change in points a month", lambda number: fixed(100.0 * number, 2, True)),
        ("arpu_diff", f"Revenue a customer, change, {currency} a month", lambda number: fixed(number, 2, True)),
        ("csat_diff", "Satisfaction, change, 0 to 100", lambda number: fixed(100.0 * number, 1, True)),
        ("saved", "Saved", lambda number: people(number * result.weight)),
        ("lost", "Lost", lambda number: people(number * result.weight)),
        ("cost_per_saved", "Cost of one saved, net", lambda number: money(number, currency)),
    ]
    kept = [column for column in columns if column[0] in table.columns]
    rows = []
    for segment in segments:
        numbers = {name: value(table, (best, segment), name) for name, _, _ in kept} | {
            "cost_per_saved": cost_of_saved(table, (best, segment))
        }
        rows.append([segment.replace("_", " "), *(write(numbers[name]) for name, _, write in kept)])
    return Table(
        f"\u201c{best}\u201d against \u201c{result.policies[0]}\u201d, by segment.",
        ["Segment", *(title for _, title, _ in kept)],
        rows,
    )


def money_table(result: Comparison) -> Table:
    """Show the discounted ledger under the baseline and the best policy."""
    base, best = result.policies[0], contender(result)
    before, after = budget(result, base), budget(result, best)
    changes, currency = scale_of(after - before), result.scenario.currency
    levels = Scale(changes.divisor, changes.suffix, 1 if max(before.abs()) < 1000.0 * changes.divisor else 0)
    lines = [(label_of(str(name), LEDGER_LABELS), float(before[name]), float(after[name])) for name in before.index]
    lines.append(("Net present value", float(before.sum()), float(after.sum())))
    rows = [
        [label, levels.number(old), levels.number(new), changes.number(new - old, True)] for label, old, new in lines
    ]
    header = [
        "Line",
        f"{base}, {levels.unit(currency)}",
        f"{best}, {levels.unit(currency)}",
        f"Change, {changes.unit(currency)}",
    ]
    return Table(
        f"Discounted sums over {result.scenario.months} months; costs are negative.",
        header,
        rows,
        marked=frozenset({len(rows) - 1}),
    )


def response_table(result: Comparison) -> Table:
    """Show each policy's gain with rivals static and responding, within the horizon and after it."""
    order, base, currency = challengers(result), result.policies[0], result.scenario.currency
    parts = (f"{RANKED}_diff", "npv_terminal_diff", "npv_diff")
    cells = {
        policy: [
            value(result.by_response, (policy, "static"), f"{RANKED}_diff"),
            *(value(result.table, policy, part) for part in parts),
        ]
        for policy in order
    }
    scale = scale_of([number * result.weight for row in cells.values() for number in row])
    rows = [[policy, *(scale.number(number * result.weight, True) for number in cells[policy])] for policy in order]
    header = [
        "Policy",
        "Rivals hold still",
        "Rivals respond",
        "\u2026 after the horizon",
        "\u2026 in all",
    ]
    return Table(
        f"Gain in cash of {result.scenario.months} months against \u201c{base}\u201d, {scale.unit(currency)}.",
        header,
        rows,
        marked=frozenset({0}),
    )


def reasons_table(result: Comparison, policies: list[str]) -> Table:
    """Show how many left for which reason under the baseline and the best policies."""
    table = reasons_of(result, policies)
    rows = [
        [label_of(str(reason), REASON_LABELS), *map(people, row)]
        for reason, row in zip(table.index, table.to_numpy(dtype=float), strict=True)
    ]
    rows.append(["All", *(people(float(table[policy].sum())) for policy in policies)])
    return Table(
        f"Customers of {result.focal} who left in {result.scenario.months} months, by what made them look elsewhere.",
        ["Reason", *policies],
        rows,
        marked=frozenset({len(rows) - 1}),
    )


def operators_table(run: Run) -> Table:
    """Sum up each operator's run."""
    weight, currency = run.scenario.market_size / run.scenario.customers.count, run.scenario.currency
    profits = run.kpis.groupby("operator")["ebitda"].sum() * weight
    scale = scale_of(profits)
    rows = []
    for operator in run.scenario.operators:
        frame = run.kpis[run.kpis["operator"] == operator].sort_values("month")
        year, first, last = frame.tail(12).mean(numeric_only=True), frame.iloc[0], frame.iloc[-1]
        rows.append(
            [
                operator,
                people(float(last["subscribers"]) * weight),
                percent(float(first["market_share"])),
                percent(float(last["market_share"])),
                percent(float(year["churn_rate"]), 2),
                fixed(float(year["arpu"]), 2),
                fixed(100.0 * float(year["csat"]), 1),
                scale.number(float(profits[operator])),
            ]
        )
    header = [
        "Operator",
        "Customers at the end",
        "Share, first month",
        "Share, last month",
        "Churn a month",
        f"Revenue a customer, {currency} a month",
        "Satisfaction, 0 to 100",
        f"Operating profit in all, {scale.unit(currency)}",
    ]
    return Table(
        "Churn, revenue and satisfaction are means of the last 12 months; profit is the undiscounted sum.", header, rows
    )


def overview_table(run: Run) -> Table:
    """Show the whole market in its first and last month and once a year."""
    currency, weight = run.scenario.currency, run.scenario.market_size / run.scenario.customers.count
    frame = run.overview.sort_values("month")
    months = frame["month"].to_numpy()
    chosen = frame[(frame["month"] % 12 == 0) | (frame["month"] == months[0]) | (frame["month"] == months[-1])]
    columns: list[Column] = [
        ("hhi", "Concentration, 0 to 1", lambda number: fixed(number, 3)),
        ("outside", "People without an operator", lambda number: people(number * weight)),
        (
            "consumer_surplus",
            f"Customers\u2019 own gain, {currency} a person and month",
            lambda number: fixed(number, 2),
        ),
        (
            "welfare",
            f"The same plus operators\u2019 profit, {currency} a person and month",
            lambda number: fixed(number, 2),
        ),
    ]
    kept = [column for column in columns if column[0] in frame.columns]
    rows = [
        [fixed(float(row["month"])), *(write(float(row[name])) for name, _, write in kept)]
        for _, row in chosen.iterrows()
    ]
    return Table("The market as a whole, once a year.", ["Month", *(title for _, title, _ in kept)], rows)


def extra_table(extra: Extra) -> Table:
    """Show a table from elsewhere as it is, with its named index as first columns."""
    _, frame, caption = extra
    frame = frame.reset_index() if any(name is not None for name in frame.index.names) else frame
    words = frozenset(place for place, kind in enumerate(frame.dtypes) if not pd.api.types.is_numeric_dtype(kind))
    rows = [
        [significant(float(cell), 4) if isinstance(cell, float) else str(cell) for cell in row]
        for row in frame.itertuples(index=False)
    ]
    return Table(caption, [str(column) for column in frame.columns], rows, words=words)
