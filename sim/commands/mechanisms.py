"""Every mechanism of behaviour as readers meet it: `churnlab params --mechanisms`, and the page docs/mechanisms.md."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agents import care, customer
from sim.config.mechanisms import EXPERIENCE, MECHANISMS, RELATIONS, Mechanism, override
from sim.steps import accounts, contact, moving, usage, waking

HOUSE = Path(__file__).resolve().parents[2]
TESTS = "tests/directions/test_mechanisms.py"
STRENGTH, SILENCE = "test_a_stronger_mechanism_moves_its_measure", "test_off_it_changes_nothing"
TABLES = {"reasons": "exit_reasons"}  # a measure's table -> the market's attribute, where they differ
OF_PANEL = {
    "panel.spread_of_satisfaction": "month-to-month spread of an old customer's satisfaction, `market.panel`",
    "panel.proneness_of_leavers": "deal proneness of those whom a campaign woke, `market.panel`",
    "panel.in_term": "share of customers within a term, `market.panel`",
    "panel.bill_of_called": "mean bill of those called, `market.panel`",
    "market.same_operator_as_ties": "ties with the same operator, share, `market.ties`",
}


class Derived(NamedTuple):
    """A label computed from the state: what it is made of, and what moves it."""

    name: str
    table: str  # attribute of a market
    keys: str  # what it tells apart
    made_of: str
    rule: str
    source: str
    switches: tuple[tuple[str, str], ...]  # two settings of one key, between which the table differs


DERIVED = (
    Derived(
        "lifecycle stage",
        "lifecycle",
        "prospect, exploration, formation, stable, decline, gone, won back",
        "having a line or having had one, tenure, satisfaction, commitment, share of wallet, return to a former"
        " operator",
        "lifecycle_stage",
        "Dwyer, Schurr & Oh 1987",
        (
            ("behaviour.bonds.commitment_growth=0", "0.04"),
            ("behaviour.second_sim.hazard=0", "0.01"),
            ("behaviour.failure.rate=0", "0.03"),
        ),
    ),
    Derived(
        "ended relation",
        "ended_relations",
        "early abort, mid-way, early exit from stable, long",
        "the stage in which she leaves, and tenure",
        "ended_relation",
        "assumption: the four ways told apart by stage and tenure",
        (
            ("behaviour.attention.base=0", "0.019"),
            ("behaviour.attention.term_end=0", "0.4"),
            ("behaviour.bonds.commitment_growth=0", "0.04"),
        ),
    ),
    Derived(
        "loyalty phase",
        "loyalty_phase",
        "none, cognitive, affective, conative, action",
        "satisfaction, commitment, habit",
        "loyalty_phase",
        "Oliver 1999",
        (
            ("behaviour.bonds.habit_growth=0", "0.06"),
            ("behaviour.bonds.commitment_growth=0", "0.04"),
            ("behaviour.failure.rate=0", "0.03"),
        ),
    ),
    Derived(
        "loyalty type",
        "loyalty_type",
        "none, spurious, latent, true",
        "utility of the operator less that of her best alternative, were switching free; share of wallet of half or"
        " more",
        "loyalty_type",
        "Dick & Basu 1994",
        (
            ("behaviour.switching_cost.hassle=0", "140"),
            ("behaviour.choice.satisfaction=0", "4.5"),
            ("behaviour.choice.taste_sd=0", "1.6"),
        ),
    ),
    Derived(
        "value quadrant",
        "quadrant",
        "both lose, trapped, free rider, both win",
        "her surplus over the best alternative, were switching free; her margin after cost to serve",
        "value_quadrant",
        "assumption: who gains, on either side",
        (
            ("behaviour.switching_cost.hassle=0", "140"),
            ("behaviour.choice.satisfaction=0", "4.5"),
            ("behaviour.choice.taste_sd=0", "1.6"),
        ),
    ),
)


# --- the command -----------------------------------------------------------------------------------------------------


def row(one: Mechanism) -> dict[str, object]:
    """A mechanism as `--json` gives it; keys are full overrides,
    `direction` is that of the measure from off to strong.
    """
    return {
        "mechanism": one.name,
        "says": one.says,
        "rules": one.rules,
        "source": one.source,
        "off": override(one.off),
        "strong": override(one.moved),
        "setting": [override(key) for key in one.setting],
        "measure": one.measure,
        "direction": direction(one),
        "test": test_id(one),
    }


def direction(one: Mechanism) -> str:
    """Where the measure goes as the mechanism grows stronger."""
    return "up" if one.sign > 0 else "down"


def test_id(one: Mechanism) -> str:
    """The test that holds the mechanism to its direction."""
    return f"{TESTS}::{STRENGTH}[{one.name}]"


def matching(words: Sequence[str]) -> list[Mechanism]:
    """Mechanisms that have all words somewhere in what is told of them."""
    told = {
        one: " ".join(str(value) for key, value in row(one).items() if key not in ("direction", "test")).lower()
        for one in MECHANISMS
    }
    return [one for one in MECHANISMS if all(word.lower() in told[one] for word in words)]


# --- the page --------------------------------------------------------------------------------------------------------


def experience_rows() -> list[list[str]]:
    """Rows of the table of experience and loyalty."""
    return [_line(one) for one in EXPERIENCE]


def relation_rows() -> list[list[str]]:
    """Rows of the table of relations and value."""
    return [_line(one) for one in RELATIONS]


HEADER = ["mechanism", "rule", "source", "switch: off", "strong", "measure", "moves", "test"]
DERIVED_HEADER = ["label", "table", "tells apart", "made of", "rule", "source", "moved, among others, by"]


def derived_rows() -> list[list[str]]:
    """Rows of the table of labels."""
    return [
        [
            f"**{one.name}**",
            f"`market.{one.table}`",
            one.keys,
            one.made_of,
            linked(one.rule),
            one.source,
            ", ".join(f"`{off.partition('=')[0]}`" for off, _ in one.switches),
        ]
        for one in DERIVED
    ]


def _line(one: Mechanism) -> list[str]:
    strong = f"`{one.moved.partition('=')[2]}`" + (
        f", under {', '.join(f'`{override(key)}`' for key in one.setting)}" if one.setting else ""
    )
    return [
        f"**{one.name}**: {one.says}",
        ", ".join(map(linked, one.rules)),
        one.source,
        f"`{override(one.off)}`",
        strong,
        measured_by(one.measure),
        direction(one),
        f"`[{one.name}]`" + (" and idle" if one.idle else ""),
    ]


def measured_by(measure: str) -> str:
    """Write a measure so that it can be found: `market.kpis.csat`."""
    table, _, key = measure.partition(".")
    return OF_PANEL.get(measure) or (
        f"`{key}`, `market.kpis`" if table == "kpis" else f"`key == '{key}'`, `market.{TABLES.get(table, table)}`"
    )


def linked(rule: str) -> str:
    """Link a rule or step to the file it stands in."""
    found = next(
        getattr(module, rule)
        for module in (customer, care, accounts, contact, moving, usage, waking)
        if hasattr(module, rule)
    )
    path = Path(inspect.getfile(getattr(found, "py_func", found))).resolve().relative_to(HOUSE)
    return f"[`{rule}`](../{path.as_posix()})"
