"""What a result rests on: every parameter of the scenario with value, unit and source, read from the schema and the
shipped files.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from pydantic import BaseModel

from agents.block import summary_of
from agents.costs import CommonCost, Costs
from sim.config import Network, OperatorConfig, Policy, Scenario, Segment, composition
from sim.config.shocks import Outage, Portability, PriceChange
from sim.report.formats import GAP, fixed, money, percent, significant
from sim.report.tables import Table

SHIPPED = (
    ("base", ""),
    ("behaviour/mobile", "behaviour."),
    ("customers/europe", "customers."),
    ("market/europe_three", ""),
)
PLAIN = ("months", "burn_in", "market_size", "discount_annual", "seed")
WORDS = {
    "etf": "leaving fee",
    "every": "every",
    "phase": "first in month",
    "months": "for",
    "month": "from month",
    "follow": "follows",
    "per_year": "per year of tenure",
    "max_move": "largest move",
}
FOREVER = 600  # months
Remarks = dict[str, tuple[Any, str]]  # key path -> (value, remark)


def assumption_tables(scenario: Scenario) -> list[Table]:
    """Return the tables a reader checks first: market, operators, plans, shocks, segments."""
    tables = [_market(scenario), _operators(scenario), _plans(scenario), _segments(scenario)]
    return [*tables[:1], _shocks(scenario), *tables[1:]] if scenario.shocks else tables


def behaviour_table(scenario: Scenario) -> Table:
    """Return every behavioural parameter under the mechanism it belongs to; a mechanism is off where its leading number
    is 0.
    """
    known, last = remarks(), BaseModel
    rows: list[list[str]] = []
    groups: dict[int, str] = {}
    for path, block, name in _leaves(scenario.behaviour, "behaviour"):
        field, given = type(block).model_fields[name], getattr(block, name)
        if given is None:
            continue
        if type(block) is not last:
            groups[len(rows)] = summary_of(type(block))
        last = type(block)
        meaning, (unit, source) = (
            field.description or name.replace("_", " "),
            _unit_and_source(last, name, scenario.currency),
        )
        remark = known.get(path, (None, ""))
        note = news(remark[1], f"{meaning} {unit}") if remark[0] == given else ""
        rows.append(
            [
                path.removeprefix("behaviour."),
                meaning,
                write(given),
                unit,
                note if source in note else "; ".join(filter(None, (source, note))),
            ]
        )
    header = ["Parameter", "Meaning", "Value", "Unit", "Source or note"]
    caption = (
        "How customers behave. The first column is the parameter\u2019s name in the scenario, after"
        " \u201cbehaviour.\u201d."
    )
    return Table(caption, header, rows, words=frozenset({1, 3, 4}), style="fine code", groups=groups)


def policy_table(scenario: Scenario, names: list[str]) -> Table:
    """Return what each policy does, in words and in numbers."""
    rows = []
    for name in names:
        policy = scenario.policies.get(name)
        rows.append(
            [
                name,
                policy.description if policy else GAP,
                "; ".join(_levers(policy, scenario.currency)) if policy else GAP,
            ]
        )
    return Table("The policies.", ["Policy", "What it does", "Settings"], rows, words=frozenset({1, 2}))


def _levers(policy: Policy, currency: str) -> Iterator[str]:
    for role in (policy.pricing, policy.service, *policy.loyalty.values(), *policy.retention.values()):
        if role is not None:
            yield in_words(role, currency)


def in_words(block: BaseModel, currency: str) -> str:
    """Write a strategy or a shock as its kind and settings, with units."""
    settings = []
    for name in type(block).model_fields:
        given = getattr(block, name)
        if name != "kind" and given is not None and not (name == "change" and given == 0.0):
            settings.append(f"{WORDS.get(name, name.replace('_', ' '))} {with_unit(block, name, currency)}")
    kind = str(getattr(block, "kind", "")).replace("_", " ")
    return f"{kind} ({', '.join(settings)})" if settings else kind


def with_unit(block: BaseModel, name: str, currency: str) -> str:
    """Write one number of a block with its unit; shares in per cent."""
    given, (unit, _) = getattr(block, name), _unit_and_source(type(block), name, currency)
    if not isinstance(given, int | float) or isinstance(given, bool):
        return write(given)
    if unit.startswith("share"):
        rest = unit.removeprefix("share").removeprefix("/").strip()
        return (
            f"{significant(100.0 * given, 4)}"
            f" %{(' a ' if '/' in unit and not rest.startswith('of') else ' ') + rest if rest else ''}"
        )
    if unit in ("month", "1", "", "points"):
        return write(given)
    return f"{write(given)} {unit}"


def shock_in_words(shock: BaseModel, currency: str) -> str:
    """Say in a sentence's tail what a shock does."""
    since = f"from month {getattr(shock, 'month', 1)}"
    if isinstance(shock, PriceChange):
        change = (
            f"{'cuts' if shock.change < 0 else 'raises'} all its fees by {significant(abs(100.0 * shock.change))} %"
            f" {since}"
        )
        return f"{shock.operator} {change}" + (
            f" to {shock.month + shock.months - 1}" if shock.months < FOREVER else ""
        )
    if isinstance(shock, Portability):
        return (
            f"{since} on, porting a number takes away {significant(100.0 * shock.portability)} % of the effort of"
            " switching"
        )
    if isinstance(shock, Outage):
        where = f" in {shock.region} regions" if shock.region else ""
        return (
            f"{shock.operator} has {significant(shock.factor)} times its usual failures{where} for {shock.months}"
            f" month{'s' if shock.months > 1 else ''} {since}"
        )
    return in_words(shock, currency)


def _market(scenario: Scenario) -> Table:
    known = remarks()
    rows = [
        [
            "Simulated people",
            write(scenario.customers.count),
            "people",
            f"each stands for {write(round(scenario.market_size / scenario.customers.count, 1))} real lines",
        ]
    ]
    for name in PLAIN:
        field = Scenario.model_fields[name]
        unit, source = _unit_and_source(Scenario, name, scenario.currency)
        remark = known.get(name, (None, ""))
        rows.append(
            [
                (field.description or name).capitalize(),
                percent(scenario.discount_annual) if name == "discount_annual" else write(getattr(scenario, name)),
                unit,
                source or (remark[1] if remark[0] == getattr(scenario, name) else ""),
            ]
        )
    rows.append(
        [
            "Regions",
            ", ".join(f"{name} {percent(share, 0)}" for name, share in scenario.regions.items()),
            "of people",
            known["regions"][1] if known.get("regions", (None, ""))[0] == scenario.regions else "",
        ]
    )
    return Table(
        "The market and the experiment.",
        ["Assumption", "Value", "Unit", "Source or note"],
        rows,
        words=frozenset({2, 3}),
    )


def _split(cost: CommonCost, currency: str) -> str:
    """Say how a common cost behaves."""
    level = "" if cost.amount is None else f"{money(cost.amount, currency)} a month; "
    return f"{level}{percent(cost.fixed)}, the rest with {cost.driver.replace('_', ' ')}"


def _operators(scenario: Scenario) -> Table:
    """Return one row an assumption, one column an operator."""
    operators, known = scenario.operators, remarks()
    rows = [
        [
            OperatorConfig.model_fields[name].description or name,
            *(percent(getattr(each, name)) for each in operators.values()),
            _remark(known, scenario, name),
        ]
        for name in ("start_share", "advertising_share", "overhead_share")
    ]
    for name in ("capex_share", "operation_share"):
        rows.append(
            [
                Network.model_fields[name].description or "",
                *(percent(getattr(each.network, name)) for each in operators.values()),
                "",
            ]
        )
    for name in Costs.model_fields:
        rows.append(
            [
                f"{name}, what of it is fixed",
                *(_split(getattr(each.costs, name), scenario.currency) for each in operators.values()),
                summary_of(type(getattr(scenario.operators[scenario.focal].costs, name))),
            ]
        )
    rows.append(
        [
            "quality promised by advertising, 0 to 1",
            *(write(each.advertised) for each in operators.values()),
            _remark(known, scenario, "advertised"),
        ]
    )
    for region in scenario.regions:
        rows.append(
            [
                f"network quality, {region}, 0 to 1",
                *(write(each.network.quality_in(region)) for each in operators.values()),
                "",
            ]
        )
    rows.append(
        [
            "pricing, when it may respond",
            *(in_words(each.pricing, scenario.currency) for each in operators.values()),
            "",
        ]
    )
    rows.append(
        [
            "own loyalty and retention levers",
            *(
                "; ".join(
                    in_words(lever, scenario.currency) for lever in (*each.loyalty.values(), *each.retention.values())
                )
                or "none"
                for each in operators.values()
            ),
            "",
        ]
    )
    rows = [[row[0][0].upper() + row[0][1:], *row[1:]] for row in rows]
    return Table(
        "The operators; advertising, overhead, operation and investment are shares of service revenue at the opening.",
        ["Assumption", *operators, "Source or note"],
        rows,
        words=frozenset(range(1, len(operators) + 2)),
    )


def _remark(known: Remarks, scenario: Scenario, name: str) -> str:
    """Return the remark that all operators share beside a number, where the numbers are still the shipped ones."""
    found = [
        (known.get(f"operators.{operator}.{name}", (None, "")), getattr(config, name))
        for operator, config in scenario.operators.items()
    ]
    texts = {text if given == shipped else "" for (shipped, text), given in found}
    return texts.pop() if len(texts) == 1 else ""


def _plans(scenario: Scenario) -> Table:
    currency = scenario.currency
    rows = []
    for name, (_, plan) in scenario.all_plans.items():
        allowance = "unlimited" if plan.allowance is None else write(plan.allowance)
        pairs = [
            f"{write(new)} / {write(renewal)}"
            for new, renewal in (
                (plan.subsidy_new, plan.subsidy_renewal),
                (plan.commission_new, plan.commission_renewal),
            )
        ]
        rows.append(
            [
                name,
                "prepaid" if plan.prepaid else "postpaid",
                fixed(plan.fee, 2),
                allowance,
                write(plan.overage),
                write(plan.term),
                write(plan.etf),
                *pairs,
                f"{write(plan.cost)} + {write(plan.cost_per_gb)} a GB",
            ]
        )
    header = [
        "Plan",
        "Kind",
        f"Fee, {currency} a month",
        "Data, GB a month",
        f"Beyond it, {currency} a GB",
        "Term, months",
        f"Leaving fee, {currency} a month left",
        f"Device subsidy, new / renewal, {currency}",
        f"Dealer commission, new / renewal, {currency}",
        f"Running cost, {currency} a month",
    ]
    return Table("The plans, as they start.", header, rows, words=frozenset({1}), style="fine")


def _shocks(scenario: Scenario) -> Table:
    rows = [
        [name, shock_in_words(shock, scenario.currency), in_words(shock, scenario.currency)]
        for name, shock in scenario.shocks.items()
    ]
    return Table(
        "What happens to the market from outside.", ["Shock", "What happens", "Settings"], rows, words=frozenset({1, 2})
    )


def _segments(scenario: Scenario) -> Table:
    """Return one row a trait that is set, one column a segment."""
    segments, fields = scenario.customers.segments, Segment.model_fields
    names = [
        name
        for name in fields
        if name != "share" and any(getattr(segment, name) != fields[name].default for segment in segments.values())
    ]
    rows = [["share", "of customers", *(percent(segment.share, 0) for segment in segments.values())]]
    for name in names:
        unit, _ = _unit_and_source(Segment, name, scenario.currency)
        meaning = f"{fields[name].description or ''}, {unit}".rstrip(", ")
        rows.append([name, meaning, *(write(getattr(segment, name)) for segment in segments.values())])
    caption = "The segments. Traits that differ between people are given as mean (standard deviation) and shape."
    return Table(
        caption,
        ["Trait", "Meaning", *(name.replace("_", " ") for name in segments)],
        rows,
        words=frozenset(range(1, len(segments) + 2)),
    )


def spelled(trait: Any) -> str:
    """Write a distribution as mean (standard deviation), shape; another block as its names and numbers."""
    from math import exp, sqrt

    kind = getattr(trait, "distribution", "")
    if kind == "lognormal":
        mean = exp(trait.mean_log + trait.sd_log**2 / 2)
        return f"{significant(mean)} ({significant(mean * sqrt(exp(trait.sd_log**2) - 1))}), lognormal"
    if kind == "normal":
        return f"{significant(trait.mean)} ({significant(trait.sd)}), normal"
    if kind == "beta":
        total = trait.alpha + trait.beta
        return (
            f"{significant(trait.alpha / total)} ({significant(sqrt(trait.alpha * trait.beta / (total + 1)) / total)}),"
            " beta"
        )
    if kind == "uniform":
        return f"{significant(trait.low)} to {significant(trait.high)}, uniform"
    if kind == "by_tenure":
        return f"{write(trait.hazards)} by month of tenure"
    if kind == "fixed":
        return write(trait.value)
    return ", ".join(f"{name.replace('_', ' ')} {write(value)}" for name, value in trait)  # any other block


def write(given: Any) -> str:
    """Write a parameter as it stands, numbers without loss."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, int | float):
        return significant(float(given), 12)
    if isinstance(given, tuple | list):
        return ", ".join(write(item) for item in given)
    return spelled(given) if isinstance(given, BaseModel) else str(given).replace("_", " ")


def news(remark: str, known: str) -> str:
    """Leave out of a remark the parts that only repeat what stands beside it.

    >>> news("utils; redrawn yearly", "taste shock, utils")
    'redrawn yearly'
    """
    said = set(re.findall(r"\w+", known.lower())) | {
        "a",
        "the",
        "in",
        "of",
        "by",
        "for",
        "to",
        "at",
        "or",
        "once",
        "eur",
    }
    return "; ".join(part for part in remark.split("; ") if not set(re.findall(r"\w+", part.lower())) <= said)


def _unit_and_source(block: type[BaseModel], name: str, currency: str) -> tuple[str, str]:
    extra = block.model_fields[name].json_schema_extra if name in block.model_fields else None
    declared = extra if isinstance(extra, dict) else {}
    unit, source = str(declared.get("unit", "")), str(declared.get("source", ""))
    unit = "" if unit == "1" else unit.replace("currency unit", currency).replace("currency", currency)
    return unit, source


def _leaves(block: BaseModel, path: str) -> Iterator[tuple[str, BaseModel, str]]:
    for name in type(block).model_fields:
        given = getattr(block, name)
        if isinstance(given, BaseModel) and not hasattr(given, "distribution"):
            yield from _leaves(given, f"{path}.{name}")
        else:
            yield f"{path}.{name}", block, name


@cache
def remarks() -> Remarks:
    """Read the remark beside each value of the shipped files: key path -> (value, remark). It holds for a scenario that
    keeps the value.
    """
    found: Remarks = {}
    for name, prefix in SHIPPED:
        resource = composition.SHIPPED.joinpath(f"{name}.yaml")
        if resource.is_file():
            text = resource.read_text("utf-8")
            found.update(
                (prefix + path, remark)
                for path, remark in _remarks_of(yaml.compose(text), text.splitlines(), yaml.safe_load(text))
            )
    return found


def _remarks_of(node: Any, lines: list[str], content: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, str]]]:
    """Walk a YAML mapping; a value that ends its line may have a remark after it."""
    for key, inner in node.value:
        here = f"{path}.{key.value}" if path else str(key.value)
        below = content[key.value]
        if isinstance(inner, yaml.MappingNode) and not inner.flow_style:
            yield from _remarks_of(inner, lines, below, here)
        else:
            end = inner.end_mark
            tail = lines[end.line][end.column :].strip() if end.line < len(lines) else ""
            if tail.startswith("#"):
                yield here, (below, tail.lstrip("# "))
