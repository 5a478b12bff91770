"""Customers as objects live as the loop over columns lets them live, to the last bit; and a subclass changes what it
overrides.
"""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import Customer, InputError, Market, load_scenario
from sim.config.mechanisms import MECHANISMS, Mechanism, override
from sim.loading import list_configs
from sim.steps.flags import Flag, has
from sim.world.rows import Columns, Single
from tests.properties.builders import assert_same, differing, tables

pytestmark = pytest.mark.properties

SCENARIOS = [name for name in list_configs() if name != "base" and not name.startswith("from_")]
POLICIES = [name for name in list_configs("policy") if name != "premium_price"]  # that one names plans of one market
MONTHS = 3


def overrides(name: str, *more: str) -> list[str]:
    """500 customers, a short burn-in, everybody in the panel with all that is true of them; what shocks the scenario
    comes in month 2.
    """
    shocks = [f"shocks.{shock}.month=2" for shock in load_scenario(name).shocks]
    return [
        "customers.count=500",
        "burn_in=12",
        f"months={MONTHS}",
        "panel={share: 1, truth: true}",
        f"policies=[{','.join(POLICIES)}]",
        *shocks,
        *more,
    ]


@cache
def world(name: str, seed: int, *more: str) -> Market:
    """A market at month 0, to be forked."""
    return Market(load_scenario(name, overrides(name, *more)), seed=seed)


def assert_twins(market: Market, **fork: Any) -> None:
    """Assert that both engines go on alike from here."""
    assert_same(tables(market.fork(**fork).run()), tables(market.fork(customer=Customer, **fork).run()))


@pytest.mark.parametrize(("number", "name"), list(enumerate(SCENARIOS)), ids=SCENARIOS)
def test_both_engines_agree_in_every_scenario(number: int, name: str) -> None:
    """Policies are dealt out over scenarios, each scenario in a world of its own; the whole cross is below."""
    for policy in POLICIES[number :: len(SCENARIOS)][:2]:
        assert_twins(world(name, seed=number + 1), policy=policy, seed=number + 100)


@pytest.mark.validate
@pytest.mark.parametrize(("number", "name"), list(enumerate(SCENARIOS)), ids=SCENARIOS)
def test_both_engines_agree_under_every_policy(number: int, name: str) -> None:
    """Two worlds a scenario, in turn; new luck for each policy."""
    for place, policy in enumerate(POLICIES):
        assert_twins(world(name, seed=2 * number + place % 2), policy=policy, seed=place)


SWITCHES = {
    "a majority decides": ["behaviour.accounts.by_head=false", "behaviour.attention.base=0.3"],
    "fresh shocks, no ties": ["behaviour.choice.shock_months=1", "behaviour.ties.enabled=false"],
    "hazard by tenure": ["behaviour.churn_hazard={distribution: by_tenure, hazards: [0.3, 0.2, 0.1]}"],
    "own hazards": ["behaviour.churn_hazard={distribution: beta, alpha: 0.7, beta: 1.2}"],
    "adoption": ["behaviour.adoption={innovation: 0.03, imitation: 0.38}"],
    "much at once": [
        "behaviour.failure.rate=0.3",
        "behaviour.attention.base=0.3",
        "behaviour.turnover.default=0.03",
        "behaviour.turnover.exit=0.02",
    ],
}


@pytest.mark.parametrize("more", SWITCHES.values(), ids=SWITCHES)
def test_both_engines_agree_whatever_is_switched_on(more: list[str]) -> None:
    assert_twins(world("europe_three", 3, *more), policy="points")


@pytest.mark.validate
@pytest.mark.parametrize("one", MECHANISMS, ids=[one.name for one in MECHANISMS])
def test_both_engines_agree_on_every_mechanism(one: Mechanism) -> None:
    assert_twins(world("europe_three", 7, "policies=[none]", *(override(key) for key in (*one.setting, one.moved))))


def test_both_engines_agree_from_the_start() -> None:
    """Opening, balancing of appeals and burn-in included."""
    given = overrides("price_war", "policy=points+save_desk", "policies=[none,points+save_desk]")
    assert_same(
        tables(Market(load_scenario("price_war", given)).run()),
        tables(Market(load_scenario("price_war", [*given, "engine=objects"])).run()),
    )


def test_both_engines_agree_after_experiments_on_individuals() -> None:
    somebody, called, muted = 3, [5, 9, 11], [20, 21]
    assert_twins(
        world("europe_three", 4), set_operator={somebody: "beta"}, contact=called, mute=muted, response="static"
    )


# --- a behaviour of one's own ----------------------------------------------------------------------------------------


class Asleep(Customer):
    """Never looks around from month 2 on."""

    def pay_attention(self) -> None:
        super().pay_attention()
        if self.model.month >= 2:
            self.reason = 0


class Grudging(Customer):
    """Keeps the months of complaints that were not resolved."""

    def __init__(self, market: Market, number: int):
        super().__init__(market, number)
        self.grudges: list[int] = []

    def meet_failure(self) -> None:
        super().meet_failure()
        if has(self.flags, Flag.COMPLAINT) and not has(self.flags, Flag.RESOLVED):
            self.grudges.append(self.model.month)


def test_a_method_overridden_changes_what_comes_after_it_and_nothing_before() -> None:
    market = world("europe_three", 5)
    usual, asleep = (market.fork(customer=kind).run() for kind in (Customer, Asleep))
    for name in ("kpis", "ledger", "ports", "panel"):
        before, same = (getattr(one, name).query("month < 2").reset_index(drop=True) for one in (usual, asleep))
        pd.testing.assert_frame_equal(before, same, check_exact=True)
    # in the month, before she might look around
    met = ["customer", "operator", "plan", "bill", "usage", "complaints", "resolved", "contacted"]
    pd.testing.assert_frame_equal(*(one.panel.query("month == 2")[met] for one in (usual, asleep)), check_exact=True)
    assert (asleep.kpis.query("month >= 2")["attention_rate"] == 0.0).all() and (
        usual.kpis["attention_rate"] > 0.0
    ).any()


def test_a_subclass_that_only_remembers_changes_nothing_and_a_fork_copies_what_it_remembers() -> None:
    market = world("europe_three", 6, "behaviour.failure.rate=0.3")
    parent = market.fork(customer=Grudging)
    parent.step()
    twin = parent.fork()
    before = [list(one.grudges) for one in parent.world.people]
    assert sum(map(len, before)) == sum(map(len, (one.grudges for one in twin.world.people))) > 0
    twin.run()
    assert [one.grudges for one in parent.world.people] == before != [one.grudges for one in twin.world.people]
    assert_same(tables(market.fork().run()), tables(twin))
    assert_same(tables(twin), tables(parent.run()))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Asleep, "Asleep: needs engine=objects (got engine=columns), or a fork"),
        (int, "subclass of sim.Customer (got int)"),
        (3, "got 3"),
    ],
)
def test_a_class_that_would_not_be_used_is_refused(kind: Any, words: str) -> None:
    with pytest.raises(InputError) as error:
        Market(load_scenario("europe_three", ["customers.count=500"]), customer=kind)
    assert words in str(error.value)


# --- rows ------------------------------------------------------------------------------------------------------------


def test_singles_compute_as_in_machine_code() -> None:
    a, b = Single(0.1), Single(0.7)
    assert type(a * b) is Single and a * b == Single(np.float32(0.1) * np.float32(0.7))
    for other in (0.7, 7, np.float64(0.7), np.int16(7), True):
        assert (
            type(a * other) is float
            and a * other == float(np.float32(0.1)) * float(other)
            and other - a == float(other) - float(np.float32(0.1))
        )
    assert a > 0.1 and not a == 0.1 and a == np.float32(0.1)  # NumPy would round 0.1 before it compares


def test_rows_are_the_table() -> None:
    market = world("europe_three", 5).fork(customer=Customer)
    me = Columns(market.state)[7]
    me.satisfaction = 0.1
    assert (
        market.state.satisfaction[7] == np.float32(0.1) and type(me.satisfaction) is Single and type(me.tenure) is int
    )
    for read in (lambda: me.satisfacton, lambda: setattr(me, "satisfacton", 0.1)):
        with pytest.raises(AttributeError, match="did you mean 'satisfaction'"):
            read()


def test_tables_can_differ() -> None:
    """The comparison that all of this rests on."""
    market = world("europe_three", 5)
    assert "kpis" in differing(tables(market.fork().run()), tables(market.fork(customer=Asleep).run()))
