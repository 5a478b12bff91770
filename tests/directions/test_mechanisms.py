"""Every mechanism: off, it changes nothing; strong, it moves its measure in its direction beyond four standard errors
of paired differences.
"""

from functools import cache

import numpy as np
import pytest

from agents import care, customer
from sim import Market, load_scenario
from sim.commands.mechanisms import DERIVED, Derived
from sim.config import Scenario
from sim.config.mechanisms import MECHANISMS, Mechanism, override
from sim.steps import accounts, contact, moving, usage, waking
from tests.properties.builders import assert_same, tables

pytestmark = pytest.mark.directions

WORLDS = {"end of a term": 16, "word of mouth": 16}  # where 6 are too few to tell: churn, which both move a little
PANEL = ("panel.share=1", "panel.truth=true")
NAMES = [one.name for one in MECHANISMS]


@cache
def scenario(overrides: tuple[str, ...], people: int = 4_000, months: int = 12) -> Scenario:
    """Load the default market, small, under overrides."""
    return load_scenario(
        "europe_three", [f"customers.count={people}", "burn_in=12", f"months={months}", "policies=[none]", *overrides]
    )


def measured(run: Market, name: str) -> float:
    """Read a measure by its name in the list of mechanisms."""
    table, key = name.split(".")
    if table == "kpis":
        return float(run.kpis.query("operator == 'alpha'")[key].mean())
    if table in ("reasons", "lifecycle", "loyalty_type"):
        frame = run.exit_reasons if table == "reasons" else getattr(run, table)
        return float(frame.query("operator == 'alpha' and key == @key")["value"].mean())
    if name == "market.same_operator_as_ties":
        operator, ties = run.customers.operator, run.world.ties
        both = (operator[ties] >= 0) & (operator >= 0)[:, None]
        return float((operator[ties] == operator[:, None])[both].mean())
    panel = run.panel.query("operator == 'alpha'")
    if key == "spread_of_satisfaction":
        return float(panel.query("tenure > 24").groupby("customer")["satisfaction"].std().mean())
    if key == "in_term":
        return float((panel["months_left"] > 0).mean())
    if key == "proneness_of_leavers":
        return float(panel.query("cause == 'campaign'")["deal_proneness"].mean())
    return float(panel.query("contacted")["bill"].mean())  # bill_of_called


@cache
def values(name: str, setting: tuple[str, ...], worlds: int) -> np.ndarray:
    """Measure in every world under a setting."""
    panel = PANEL if name.startswith("panel.") else ()
    return np.array(
        [measured(Market(scenario((*panel, *setting)), seed=seed).run(), name) for seed in range(1, worlds + 1)]
    )


@pytest.mark.parametrize("one", MECHANISMS, ids=NAMES)
def test_a_stronger_mechanism_moves_its_measure(one: Mechanism) -> None:
    setting = tuple(map(override, one.setting))
    worlds = WORLDS.get(one.name, 6)
    difference = values(one.measure, (*setting, override(one.moved)), worlds) - values(
        one.measure, (*setting, override(one.off)), worlds
    )
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    assert one.sign * difference.mean() > 4.0 * error, f"{difference.mean():.5f} +- {error:.5f}"


@pytest.mark.parametrize("one", [one for one in MECHANISMS if one.idle], ids=lambda one: one.name)
def test_off_it_changes_nothing(one: Mechanism) -> None:
    off = tuple(map(override, (*one.setting, one.off)))
    without, with_numbers = (
        Market(scenario((*PANEL, *off, *map(override, idle)), 600, 6)).run() for idle in ((), one.idle)
    )
    assert_same(tables(without), tables(with_numbers))


@pytest.mark.parametrize("one", [one for one in MECHANISMS if one.within], ids=lambda one: one.name)
def test_within_what_is_off_it_changes_nothing(one: Mechanism) -> None:
    outer = [other.off for other in MECHANISMS if other.name in one.within]
    assert len(outer) == len(one.within)
    without, strong = (
        Market(scenario((*PANEL, *map(override, (*one.setting, *outer, key))), 600, 6)).run()
        for key in (one.off, one.moved)
    )
    assert_same(tables(without), tables(strong))


@pytest.mark.parametrize(
    ("label", "off", "on"),
    [(one, off, f"{off.partition('=')[0]}={on}") for one in DERIVED for off, on in one.switches],
    ids=lambda part: getattr(part, "name", part),
)
def test_labels_move_with_what_they_are_made_of(label: Derived, off: str, on: str) -> None:
    without, with_it = (getattr(Market(scenario((key,), 1_000, 3)).run(), label.table) for key in (off, on))
    assert list(without.columns) == ["month", "operator", "key", "value"] and not without.equals(with_it)


def test_the_list_names_what_there_is() -> None:
    known = {name for module in (care, customer, accounts, contact, moving, usage, waking) for name in vars(module)}
    assert {rule for one in MECHANISMS for rule in one.rules} <= known
    assert len(set(NAMES)) == len(NAMES)
