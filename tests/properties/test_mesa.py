"""A market is a Mesa model that a Mesa user knows, and is free at once when nobody asks for it any more."""

import copy
import gc
import pickle
import tracemalloc
import weakref
from collections.abc import Iterator
from typing import Any

import mesa
import pandas as pd
import pytest

from agents.operator import Operator
from sim import Customer, InputError, Market
from sim.books.measures import KPIS
from sim.config import Scenario
from sim.config.values import with_values
from tests.properties.builders import assert_same, small, tables

pytestmark = pytest.mark.properties

POLICY = "points+proactive_risk+save_desk"


def waiting(**size: int) -> Scenario:
    """A scenario with a policy known but not run."""
    return small("policy=none", f"policies=[none,{POLICY}]", **size)


@pytest.fixture
def without_collector() -> Iterator[None]:
    """Nothing but the last name going frees anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("engine", ["columns", "objects"])
def test_a_market_is_free_with_its_last_name(engine: str, without_collector: None) -> None:
    base = Market(waiting(customers=200, months=3))
    twin = base.fork(policy=POLICY, customer=Customer if engine == "objects" else None).run()
    _ = twin.kpis, twin.panel, twin.customers.switching_cost(), twin.demand.probabilities(), twin.fork()
    gone, told = weakref.ref(twin), twin.ledger
    del twin
    assert gone() is None and len(told)
    gone = weakref.ref(base)
    del base
    assert gone() is None


def test_forks_let_go_of_leave_no_memory_behind() -> None:
    base, people = Market(waiting(customers=20_000, months=3)), 20_000
    base.fork(policy=POLICY).run()  # what is kept for good, such as machine code, is kept now
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for seed in range(3):
        base.fork(policy=POLICY, seed=seed).run()
    after, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 5 * people < 100 * people < most - before  # bytes: one fork holds more than 100 a person


def test_agents_are_in_sets_by_type() -> None:
    class Mine(Customer):
        """Somebody else."""

    market = Market(waiting(customers=100, months=1))
    assert set(market.agents_by_type) == {Operator} and list(market.agents_by_type[Operator]) == market.operators
    twin = market.fork(customer=Mine)
    assert len(twin.agents_by_type[Mine]) == len(twin.customers) and twin.agent_types == [Operator, Mine]
    assert twin.agents.get("unique_id") == list(range(1, len(twin.agents) + 1))
    assert all(agent.model is twin for agent in twin.agents) and len(market.agents) == len(market.operators)


def test_mesa_runs_the_model_to_the_scenarios_end() -> None:
    market = Market(waiting(customers=100, months=4))
    twin = market.fork()
    twin.run_model()
    assert (twin.steps, twin.month, twin.running) == (4, 4, False)
    assert twin.fork().steps == 4 and not twin.fork().running
    assert (market.steps, market.running) == (0, True)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda market: pickle.loads(pickle.dumps(market))])
def test_a_copy_of_a_market_goes_on_as_it_does(copied: Any) -> None:
    market = Market(waiting(customers=300, months=4)).fork(policy=POLICY, customer=Customer)
    market.step()
    twin = copied(market)
    assert all(agent.model is twin for agent in twin.agents)
    assert_same(tables(market.run()), tables(twin.run()))


def test_an_agent_without_its_market_says_so() -> None:
    operator = Market(waiting(customers=100, months=1)).operators[0]
    with pytest.raises(ReferenceError, match="hold the market itself"):
        _ = operator.model
    assert isinstance(operator, mesa.Agent)


def test_the_collector_holds_the_market_s_own_tables() -> None:
    market = Market(waiting(customers=300, months=4)).fork(policy=POLICY, customer=Customer)
    market.step()
    assert list(market.datacollector.model_vars["month"]) == [1]
    held = market.datacollector
    market.run()
    overview, kpis = held.get_model_vars_dataframe(), market.kpis
    pd.testing.assert_frame_equal(overview, market.overview)
    for found in (held.get_agent_vars_dataframe(), held.get_agenttype_vars_dataframe(Operator)):
        assert list(found.index.get_level_values("Step")) == list(kpis["month"] - 1)
        pd.testing.assert_frame_equal(found[list(KPIS)].reset_index(drop=True), kpis[list(KPIS)])
        pd.testing.assert_series_equal(found["capex"].reset_index(drop=True), market.ledger["capex"])
    for name in held.tables:
        pd.testing.assert_frame_equal(held.get_table_dataframe(name), getattr(market, name))


def test_nothing_is_collected_while_nobody_reads() -> None:
    market = Market(waiting(customers=100, months=2)).run()
    assert market._collector is None
    told = market.datacollector.get_model_vars_dataframe()
    twin = market.fork()
    assert twin._collector is None and twin.datacollector.get_model_vars_dataframe().equals(told)


def test_a_batch_of_mesa_s_varies_policy_seed_and_keys_of_the_scenario() -> None:
    scenario = waiting(customers=100, months=3)
    found = pd.DataFrame(
        mesa.batch_run(
            Market,
            {
                "scenario": [scenario],
                "policy": ["none", POLICY],
                "seed": [1, 2],
                "behaviour.attention.base": [0.0, 0.5],
            },
            data_collection_period=1,
            display_progress=False,
        )
    )
    assert len(found) == 8 * 3 * len(scenario.operators) and set(found["month"]) == {1, 2, 3}
    row = found.query("policy == @POLICY and seed == 2 and month == 3 and operator == 'beta'")
    for _, one in row.iterrows():
        base = with_values(scenario, {"behaviour.attention.base": one["behaviour.attention.base"]})
        alone = Market(base, seed=2).fork(policy=POLICY).run()
        assert one["arpu"] == alone.kpis.set_index(["month", "operator"]).loc[(3, "beta"), "arpu"]
        assert one["hhi"] == alone.overview["hhi"].iloc[-1]
    assert row["arpu"].nunique() == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scenario": ("name", "price_war")}, "in a list"),
        ({"thread": 2}, "thread: no such key"),
        ({"policy": "pionts"}, "does not name it"),
    ],
)
def test_what_a_market_cannot_be_made_of_is_said(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Market(**{"scenario": waiting(customers=100, months=1), **arguments})
