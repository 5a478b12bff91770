"""`python -m sim.commands.docs`: writes docs/parameters.md, docs/measures.md, docs/mechanisms.md and docs/lessons.md
from the code, so that they cannot drift from it.

Parameters come from the schema (meaning, unit, bounds) and from the shipped files (values). Measures come from their
definitions in sim/books/measures.py and from those below, which say what the other tables hold. Mechanisms come from
sim/config/mechanisms.py, the list that the tests read too. Lessons come from the files of sim/lessons.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sim import kpis
from sim.books.measures import BASIS, COMPARISON, KPIS, OVERVIEW
from sim.commands import lesson_docs, mechanisms
from sim.commands.parameters import remarks_of_file
from sim.config import Scenario
from sim.config.mechanisms import MECHANISMS
from sim.loading import load_scenario, merge, raw_config
from sim.report.assumptions import news

FOLDER = Path(__file__).resolve().parents[2] / "docs"
NOTICE = "<!-- Written by `python -m sim.commands.docs`. Do not edit: change the code and run it again. -->\n"
Facts = dict[str, Any]

FUNCTIONS = (
    "hhi",
    "gini",
    "lorenz",
    "top_share",
    "nps",
    "clv",
    "clv_elasticity",
    "going_value",
    "churn_of_few",
    "churn_interval",
)

# --- what the schema leaves to the structure: blocks within blocks ----------------------------------------------------

BLOCKS = {
    "Scenario.customers": "who the customers are; see below",
    "Scenario.behaviour": "how they behave; see below",
    "Scenario.panel": "the sample an analyst gets; see below",
    "CustomersConfig.format": "how the file is written, found out where null; see below",
    "CustomersConfig.columns": "which of the file's columns hold what; see below",
    "OperatorConfig.network": "network quality and investment; see below",
    "OperatorConfig.care": "customer care; see below",
    "OperatorConfig.costs": "what of common costs is fixed, and what the rest goes with; see below",
    "Costs.advertising": "brand advertising",
    "Costs.overhead": "staff, buildings and IT",
    "Costs.operation": "running the network, beside lines and traffic",
    "Costs.capex": "investment",
    "Scenario.law": "what contracts may bind to; see below",
    "OperatorConfig.pricing": "one pricing strategy; see below",
    "OperatorConfig.service": "one service strategy; see below",
}

# --- what the other tables hold ---------------------------------------------------------------------------------------

LEDGER = {
    "fees": "monthly fees billed, less discounts, and fees of bundled second services",
    "overage": "usage beyond allowances billed, less discounts, and spend topped up to meet a programme's minimum",
    "service_revenue": "fees + overage",
    "device_revenue": "early-termination fees and device debts received on leaving, and vouchers used on second SIMs",
    "network_cost": "marginal cost of lines, traffic and bundled second services",
    "operation_cost": "running the network beside that: a fixed part and one that varies, see costs",
    "care_cost": "agent seats in the care centre, training and back office, promises of response time",
    "commission_cost": (
        "dealer commissions for new customers and renewals, joining bonuses of local campaigns, and referral rewards"
    ),
    "subsidy_cost": "device subsidies for new customers, renewals and customers won back",
    "advertising_cost": "brand advertising: a fixed part and one that varies, see costs",
    "contact_cost": "proactive contacts, save-desk and win-back calls, and looking after newcomers",
    "credits_cost": "credits granted for staying, compensations, gifts, and tier perks",
    "points_cost": "points redeemed at their worth, and running cost of members",
    "bad_debt_cost": "last bill of customers whose line was closed for not paying",
    "overhead_cost": "staff, buildings, IT: a fixed part and one that varies, see costs",
    "ebitda": "service_revenue + device_revenue - all costs above",
    "capex": "investment: a fixed part and one that varies, see costs",
    "free_cash_flow": "ebitda - capex = contribution - fixed_costs",
    "contribution": "revenues - all that varies with customers, investment in capacity among it",
    "fixed_costs": "what of advertising, overhead, operation and capex stays whoever comes or goes",
    "points_issued": "points earned",
    "points_redeemed": "points redeemed",
    "points_expired": "points expired, and points lost by leaving",
    "points_outstanding": "closing stock of points",
    "points_liability": "points_outstanding x value of a point, currency",
}
SUMMARY = {
    "npv_horizon_diff": "mean paired difference in npv_horizon, by which policies are ranked, with its interval",
    "npv_diff": "mean paired difference in npv to the first policy, with npv_low and npv_high its 95 % t interval",
    "probability_best": "share of worlds in which the policy has the highest npv_horizon",
    "payback_month": (
        "first month from which the cumulated mean gain in discounted free cash flow stays above 0; NaN where it ends"
        " below"
    ),
    "npv_downside": "paired difference in npv_horizon that one world in twenty falls to; of fewer worlds the lowest",
    "churn_rate_diff": "mean paired difference in churn_rate",
    "net_saved": "as above",
    "cost_per_saved": "as above",
}
PANEL = {
    "month": "month t",
    "customer": "row number of the person, the same in all forks",
    "operator": "operator at the start of the month",
    "plan": "plan at the start of the month",
    "prepaid": "whether that plan is prepaid",
    "segment": "segment",
    "region": "region type",
    "bill": "bill of the month, second service included, currency",
    "usage": "usage of the month, GB",
    "tenure": "months with the operator so far",
    "joined_month": "month of joining; negative before month 0",
    "previous_operator": "operator before this one",
    "referred_by": "the tie who recommended the operator; -1 for nobody",
    "months_left": "months left in the term at the start of the month",
    "complaints": "complaints made in the month, 0 or 1",
    "resolved": "whether the complaint was resolved",
    "points": "points at the start of the month",
    "tier": "level of the tier club, 0 for none",
    "contacted": "called by the operator in the month",
    "offered": "offered a credit by the save desk in the month",
    "friends_left": "ties who left the operator by choice in the month before",
    "survey_satisfaction": "answer to a survey, 0..1, noisy; NaN for those not asked",
    "churned": "left the operator in the month, by choice or not",
    "destination": "operator or `outside`, for those who left",
    "reason": "cause that woke or removed them, for those who left",
}


def main() -> int:
    """Write the pages; tell where."""
    if not FOLDER.is_dir():
        print(
            f"churnlab: {FOLDER}: no such folder; the pages are written in a checkout of the project", file=sys.stderr
        )
        return 2
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)
    return 0


def pages() -> dict[str, str]:
    """Return the generated pages, file name -> text."""
    return {
        "parameters.md": parameters_page(),
        "measures.md": measures_page(),
        "mechanisms.md": mechanisms_page(),
        "lessons.md": lessons_page(),
    }


# --- parameters ------------------------------------------------------------------------------------------------------


def parameters_page() -> str:
    """Return the table of every key a scenario may set."""
    schema = Scenario.model_json_schema()
    blocks: dict[str, Facts] = {"Scenario": schema, **schema["$defs"]}
    mobile = load_scenario("europe_three").behaviour
    textbook = _textbook_behaviour()
    parts = [
        NOTICE + "# Parameters",
        (
            "Every key of a scenario, with its meaning, unit, bounds and default. `currency` stands for the market's"
            " own. A key without a default must be given by a file;\n`base` gives all of `behaviour`. `churnlab params"
            " SCENARIO` shows the same for one scenario, with its values and the source beside each."
        ),
        "## Scenario",
        _table(blocks, "Scenario", leave_out=("name",)),
        "## Customers: `customers`",
        _table(blocks, "CustomersConfig"),
        "### `customers.segments.NAME`",
        "Traits are distributions (below). Where a trait has no default it must be given.",
        _table(blocks, "Segment"),
        "### Distributions",
        (
            "`distribution` says which. A plain number is `fixed`. The mean of a lognormal is exp(mean_log + sd_log^2"
            " / 2)."
        ),
        *(
            _kind(blocks, name, "distribution")
            for name in ("FixedValue", "Normal", "Lognormal", "Uniform", "Beta", "ByTenure")
        ),
        "### `customers.columns.FIELD`",
        f"FIELD is one of {_listed(blocks['Columns']['properties'])}. A plain text is the column's name.",
        _table(blocks, "Column"),
        "### `customers.format`",
        _table(blocks, "FileFormat"),
        "## Behaviour: `behaviour`",
        (
            "Default: `behaviour/mobile`, which `base` builds on. Textbook: `behaviour/textbook` on top of it, where"
            " everyone chooses every month and nothing binds them.\nA mechanism is off where its leading number is 0."
        ),
        _behaviour_table(blocks, "", "Behaviour", mobile, textbook),
        *_behaviour_sections(blocks, mobile, textbook),
        "### `behaviour.adoption`",
        _about(blocks["Adoption"]),
        _table(blocks, "Adoption"),
        "## Operators: `operators.NAME`",
        _table(blocks, "OperatorConfig"),
        "### `operators.NAME.plans.PLAN`",
        _table(blocks, "Plan"),
        "### `operators.NAME.network`",
        _table(blocks, "Network"),
        "### `operators.NAME.costs`",
        _about(blocks["Costs"]),
        *(
            part
            for key, name in zip(
                ("advertising", "overhead", "operation", "capex"),
                ("Advertising", "Overhead", "Operation", "Investment"),
                strict=True,
            )
            for part in (f"**`{key}`** {_about(blocks[name])}", _table(blocks, name))
        ),
        "### `operators.NAME.care`",
        _table(blocks, "Care"),
        "## Strategies",
        (
            "A block with `kind`. `pricing` and `service` hold one each; `loyalty` and `retention` are mappings of"
            " levers by a name of your choice. A policy file holds the same keys."
        ),
        *_strategies(blocks),
        "## Shocks: `shocks.NAME`",
        *(
            _kind(blocks, name, "kind")
            for name in blocks["Scenario"]["properties"]["shocks"]["additionalProperties"]["discriminator"][
                "mapping"
            ].values()
        ),
        "## Panel: `panel`",
        _table(blocks, "Panel"),
    ]
    return "\n\n".join(parts) + "\n"


def _behaviour_sections(blocks: Mapping[str, Facts], mobile: BaseModel, textbook: BaseModel) -> Iterator[str]:
    """Yield a section for each mechanism."""
    for name, block in mobile:
        if isinstance(block, BaseModel):
            kind = type(block).__name__
            yield f"### `behaviour.{name}`"
            yield _about(blocks[kind])
            yield _behaviour_table(blocks, f"{name}.", kind, block, getattr(textbook, name))


def _textbook_behaviour() -> Any:
    """Lay the textbook's behaviour over the default, as a scenario file that lists both does."""
    behaviour = load_scenario("europe_three").behaviour
    tree = behaviour.model_dump(mode="json")
    merge(tree, raw_config("behaviour/textbook"), {}, "")
    return type(behaviour).model_validate(tree)


def _strategies(blocks: Mapping[str, Facts]) -> Iterator[str]:
    """Yield a section for each role and kind."""
    roles = blocks["OperatorConfig"]["properties"]
    for role in ("pricing", "service", "loyalty", "retention"):
        union = roles[role] if "discriminator" in roles[role] else roles[role]["additionalProperties"]
        yield f"### `{role}`"
        yield from (_kind(blocks, reference, "kind") for reference in union["discriminator"]["mapping"].values())


def _kind(blocks: Mapping[str, Facts], reference: str, tag: str) -> str:
    """Return what one kind of block does and its keys."""
    name = reference.rpartition("/")[2]
    title = f"**`{tag}: {blocks[name]['properties'][tag]['const']}`** {_about(blocks[name])}"
    return f"{title}\n\n{_table(blocks, name, leave_out=(tag,))}" if len(blocks[name]["properties"]) > 1 else title


def _table(blocks: Mapping[str, Facts], name: str, leave_out: tuple[str, ...] = ()) -> str:
    rows = []
    for key, facts in blocks[name]["properties"].items():
        if key not in leave_out:
            default = _written(facts["default"]) if "default" in facts else ""
            rows.append([f"`{key}`", _meaning(name, key, facts), _unit(facts), _bounds(facts), default, _source(facts)])
    return markdown_table(["key", "meaning", "unit", "bounds", "default", "source"], rows)


def _behaviour_table(blocks: Mapping[str, Facts], path: str, name: str, mobile: BaseModel, textbook: BaseModel) -> str:
    """Return a block's table with the default and the textbook's values, and what the default's file says of each."""
    rows, remarks = [], remarks_of_file("behaviour/mobile.yaml")
    for key, facts in blocks[name]["properties"].items():
        if isinstance(getattr(mobile, key), BaseModel):
            continue
        meaning, unit, source = _meaning(name, key, facts), _unit(facts), _source(facts)
        remark = news(remarks.get(f"{path}{key}", ""), f"{meaning} {unit}")
        note = remark if source in remark else "; ".join(filter(None, (source, remark)))
        rows.append(
            [
                f"`{key}`",
                meaning,
                unit,
                _bounds(facts),
                *(_written(getattr(block, key)) for block in (mobile, textbook)),
                note,
            ]
        )
    return markdown_table(["key", "meaning", "unit", "bounds", "default", "textbook", "source or note"], rows)


def _meaning(block: str, key: str, facts: Facts) -> str:
    return str(facts.get("description") or BLOCKS.get(f"{block}.{key}", ""))


def _about(facts: Facts) -> str:
    """Return the first paragraph of a block's docstring, on one line."""
    return " ".join(str(facts.get("description", "")).split("\n\n")[0].split())


def _unit(facts: Facts) -> str:
    return str(facts.get("unit", ""))


def _source(facts: Facts) -> str:
    return str(facts.get("source", ""))


def _bounds(facts: Facts) -> str:
    """Bounds in short: '0..1', '>= 0', '> 0, <= 240'."""
    number = next((option for option in facts.get("anyOf", ()) if option.get("type") in ("number", "integer")), facts)
    most = facts.get("maxItems", facts.get("maxProperties"))
    number = number.get("items", number.get("additionalProperties") or number)
    low, high = number.get("minimum"), number.get("maximum")
    if low is None and high is None and most is not None:
        return f"at most {most:,} entries"
    if "enum" in number:
        return ", ".join(number["enum"])
    if low is not None and high is not None:
        return f"{_written(low)}..{_written(high)}"
    signs = ((">=", low), (">", number.get("exclusiveMinimum")), ("<=", high))
    return ", ".join(f"{sign} {_written(bound)}" for sign, bound in signs if bound is not None)


def _written(value: Any) -> str:
    """Write a default: numbers as they are, blocks left to their own table."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        return f"{value:,.10g}".replace(",", "_")
    if isinstance(value, Mapping):
        tag = value.get("distribution") or value.get("kind")
        return f"{value['value']:g}" if "value" in value else f"`{tag}`" if tag else ""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(item) for item in value)}]"
    return f"`{value}`" if value else ""


# --- measures --------------------------------------------------------------------------------------------------------


def measures_page() -> str:
    """Return the tables of everything that is measured."""
    parts = [
        NOTICE + "# Measures",
        (
            "What each table of a market and of a comparison holds. Money and counts are of the simulated market; times"
            " `weight` they are of the real one\n(`market.weight`, `result.weight`: real lines one simulated person"
            " stands for). Reports and the tables that commands print are scaled already. A measure of nobody (no"
            " subscribers, nobody who joined, complained or was surveyed) is NaN."
        ),
        "## By month and operator: `market.kpis`, `kpis.parquet`",
        _definitions(KPIS),
        "## By month: `market.overview`, `overview.parquet`",
        _definitions(OVERVIEW),
        "## Money by month and operator: `market.ledger`, `ledger.parquet`",
        "Currency a month; points in points. Revenues and costs are positive; names of costs end in `_cost`.",
        markdown_table(["line", "definition"], [[f"`{name}`", text] for name, text in LEDGER.items()]),
        "## A comparison: `result.table`, `result.by_response`, `result.by_segment`",
        (
            "For each measure m there are the columns m (mean over worlds), m_diff (mean paired difference to the first"
            " policy), m_low and m_high (its 95 % t interval).\nThe first policy's own differences are exactly 0."
            " `probability_best` stands beside them. `table` is with rivals responding."
        ),
        _definitions(COMPARISON),
        (
            "A rate is a mean over the months in which there was somebody to measure; where there never was, it is NaN,"
            " and left out of means over worlds.\nThe runs (`result.runs`, and the results table of a sweep) say beside"
            " the measures what these rest on:"
        ),
        _definitions(BASIS),
        "`result.summary` is what the command line prints:",
        markdown_table(["column", "definition"], [[f"`{name}`", text] for name, text in SUMMARY.items()]),
        "## The panel: `market.panel`, `panel.parquet`",
        (
            "One row a customer and month, for the people in the sample (`panel.share`): the state before the choice of"
            " month t, and what happened in t.\nIt is what an operator's analyst would have. `panel.truth=true` adds"
            " what nobody in the market sees."
        ),
        markdown_table(["column", "meaning"], [[f"`{name}`", text] for name, text in PANEL.items()]),
        "## Functions: `sim.kpis`",
        "`hhi`, `nps` and `clv` of the tables above are these; the others are for your own analysis.",
        markdown_table(
            ["function", "what it measures"],
            [[f"`{name}`", _formula(getattr(kpis, name).__doc__)] for name in FUNCTIONS],
        ),
        "## Other tables",
        markdown_table(
            ["table", "columns"],
            [
                ["`market.ports`", "month, from, to, count: moves between operators; `outside` both ways"],
                [
                    "`market.prices`",
                    "month, operator, plan, fee, as customers of that month met them; month 0 is the start",
                ],
                ["`market.contacts`", "month, operator, customer: whom operators called, who left in that month too"],
                [
                    "`market.enrolments`",
                    "month, operator, customer: who joined points programmes, those who left in that month too",
                ],
                [
                    "`market.exit_reasons`",
                    "month, operator, key (the cause that woke or removed them), value (customers who left)",
                ],
                [
                    "`market.lifecycle`",
                    "month, operator, key (stage of the relation), value (customers; `outside` for people with none)",
                ],
                [
                    "`market.ended_relations`",
                    "month, operator, key (how far the relation had come), value (relations ended)",
                ],
                ["`market.loyalty_phase`", "month, operator, key (phase of loyalty), value (customers)"],
                [
                    "`market.loyalty_type`",
                    (
                        "month, operator, key (type of loyalty), value: share of the operator's customers (latent: of"
                        " all people); quarterly, from a sample"
                    ),
                ],
                [
                    "`market.quadrant`",
                    (
                        "month, operator, key (who gains), value: share of the operator's customers; quarterly, from a"
                        " sample"
                    ),
                ],
                ["`market.plans`", "month, operator, brand, plan, subscribers"],
                [
                    "`market.retention`",
                    (
                        "operator, key (tenure in months), at_risk, left, value: Kaplan-Meier survival by tenure over"
                        " the reported months; NaN at a tenure that nobody had"
                    ),
                ],
                ["`market.customers.to_frame()`", "one row a person: traits, state, labels, switching cost"],
                ["`market.ties`", "customer, friend, kind (household, account, friend)"],
                ["`result.runs`", "policy, response, replication, seed, operator, measures"],
                [
                    "`result.customers`",
                    (
                        "policy, response, replication, customer, segment, stayed, paid: the twins of each customer the"
                        " focal operator had at month 0"
                    ),
                ],
                ["`result.trajectories`", "monthly paths by policy, response, replication and operator"],
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


# --- mechanisms ------------------------------------------------------------------------------------------------------


def lessons_page() -> str:
    """Return the list of lessons, and how to run and write one."""
    return (
        "\n\n".join(
            [
                NOTICE + "# Lessons",
                *lesson_docs.BEFORE,
                markdown_table(lesson_docs.HEADER, lesson_docs.rows()),
                *lesson_docs.AFTER,
            ]
        )
        + "\n"
    )


def mechanisms_page() -> str:
    """Return the tables of every mechanism, and of what is only a label."""
    idle = sum(bool(one.idle) for one in MECHANISMS)
    parts = [
        NOTICE + "# Mechanisms",
        (
            "What the theory of customer relationships says, as behaviour that can be switched on, measured and"
            " doubted. Each row is one mechanism. Its rules are short functions,\nlinked here and put in the order of"
            " the month in [model.md](model.md). Its source is in [references.md](references.md); *assumption* means"
            " that there is none.\nThe same list on the command line, or the part of it that speaks of something:"
        ),
        "```bash\nchurnlab params --mechanisms\nchurnlab params --mechanisms commitment\n```",
        (
            "*Switch* is the one override that turns the mechanism off. *Strong* is the value of the same key that the"
            " test sets, under the occasion on which the mechanism shows.\n*Measure* is what must then move, of the"
            " focal operator `alpha` in `europe_three`, and *moves* the direction it must take from off to strong. The"
            " default lies\nbetween the two, ends included, and is chosen for the market as a whole"
            " ([parameters.md](parameters.md)). How much a mechanism matters at its default is a question\nto the lab,"
            " not to this table."
        ),
        (
            f"The tests stand in `{mechanisms.TESTS}`; what is in square brackets is a test's id."
            f" `{mechanisms.STRENGTH}`\nruns six paired worlds off and strong: the mean difference must have the sign"
            f" of the table and exceed four of its standard errors. Where the table adds *idle*\n({idle} mechanisms),"
            f" `{mechanisms.SILENCE}` also moves the mechanism's other numbers while it is off: no table of the market"
            " may change in a single bit.\nTo repeat a row by hand, add `policies=[none]`: a lever that the row gives"
            " to `alpha` would meet a policy of the same kind."
        ),
        "## From experience to loyalty",
        markdown_table(mechanisms.HEADER, mechanisms.experience_rows()),
        "## Relations and value",
        markdown_table(mechanisms.HEADER, mechanisms.relation_rows()),
        "## Labels",
        (
            "Stages, phases, types and quadrants drive nothing by themselves. They are computed from the state when the"
            " books close, so they move when the mechanisms behind them do.\n(The phases of loyalty are read by one"
            " mechanism, *phases of loyalty* above, which has a switch of its own.) Types and quadrants compare what a"
            " customer holds with\nher best alternative, were switching free; they are assessed quarterly, on a keyed"
            " sample of about a thousand people. The last column names switches that change the\ntable, as"
            " `test_labels_move_with_what_they_are_made_of` checks."
        ),
        markdown_table(mechanisms.DERIVED_HEADER, mechanisms.derived_rows()),
    ]
    return "\n\n".join(parts) + "\n"


def _formula(docstring: str) -> str:
    """Return a measure's first line and formula, on one line."""
    first, *others = (" ".join(part.split()) for part in docstring.split("\n\n"))
    return " ".join([first, *(part.partition(" Unit:")[0] for part in others if part.startswith("Formula"))])


def _definitions(measures: Mapping[str, tuple[str, str]]) -> str:
    return markdown_table(
        ["measure", "unit", "definition"], [[f"`{name}`", unit, text] for name, (unit, text) in measures.items()]
    )


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown; columns that are empty throughout are left out.

    >>> print(markdown_table(["key", "unit"], [["`fee`", ""], ["`term`", ""]]))
    | key |
    |---|
    | `fee` |
    | `term` |
    """
    keep = [column for column in range(len(header)) if any(row[column] for row in rows)]
    lines = [
        [header[column] for column in keep],
        *([row[column].replace("|", "\\|") for column in keep] for row in rows),
    ]
    written = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([written[0], "|" + "---|" * len(keep), *written[1:]])


if __name__ == "__main__":
    sys.exit(main())
