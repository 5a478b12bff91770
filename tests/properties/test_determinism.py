"""The same seed gives the same world, to the last bit; what differs between two futures is only what was made to
differ.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from sim import Market, load_scenario
from tests.properties.builders import assert_same, differing, small, tables

pytestmark = pytest.mark.properties

POLICY = "points+proactive_risk+save_desk"
MANY = {"customers": 20_000, "months": 6}  # five chunks of 4,096 and a rest


def chosen(**size: int) -> Any:
    """Scenario that runs the policy from month 1."""
    return small(f"policy={POLICY}", f"policies=[none,{POLICY}]", **size)


def waiting(**size: int) -> Any:
    """Build the same scenario, with the policy known but not run."""
    return small("policy=none", f"policies=[none,{POLICY}]", **size)


@pytest.fixture(scope="module")
def reference() -> dict[str, pd.DataFrame]:
    return tables(Market(chosen(**MANY)).run())


@pytest.mark.parametrize(
    ("threads", "block"), [(1, 4096), (2, 4096), (2, 8192), (3, 12_288), (2, 65_536), (1, 1 << 20)]
)
def test_threads_and_blocks_change_nothing(threads: int, block: int, reference: dict[str, pd.DataFrame]) -> None:
    assert_same(reference, tables(Market(chosen(**MANY), threads=threads, block=block).run()))


def test_a_second_run_is_the_same(reference: dict[str, pd.DataFrame]) -> None:
    assert_same(reference, tables(Market(chosen(**MANY), seed=chosen(**MANY).seed).run()))


def test_a_fork_equals_a_market_never_forked(reference: dict[str, pd.DataFrame]) -> None:
    assert_same(reference, tables(Market(waiting(**MANY)).fork(policy=POLICY).run()))


def test_a_fork_equals_a_market_never_forked_in_many_threads(reference: dict[str, pd.DataFrame]) -> None:
    assert_same(reference, tables(Market(waiting(**MANY), threads=2, block=4096).fork(policy=POLICY).run()))


@pytest.mark.parametrize("month", [0, 1, 5, 11])
def test_a_fork_half_way_goes_on_as_its_parent_would(month: int) -> None:
    parent = Market(chosen())
    while parent.month < month:
        parent.step()
    twin = parent.fork()
    assert twin.month == month and twin.world.world_seed == parent.world.world_seed
    assert_same(tables(Market(chosen()).run()), tables(twin.run()))
    assert_same(tables(twin), tables(parent.run()))


def test_a_fork_leaves_its_parent_untouched() -> None:
    parent = Market(waiting())
    parent.step()
    before = tables(parent)
    somebody = int(np.flatnonzero(parent.customers.operator == 1)[0])
    twins = [
        parent.fork(policy=POLICY),
        parent.fork(seed=99),
        parent.fork(set_operator={somebody: "alpha"}),
        parent.fork(contact=[somebody]),
        parent.fork(response="static"),
    ]
    for twin in twins:
        twin.run()
    assert parent.month == 1
    assert_same(before, tables(parent))
    assert_same(tables(Market(waiting()).run()), tables(parent.run()))


def test_forks_leave_one_another_untouched() -> None:
    parent = Market(waiting())
    alone = tables(parent.fork(policy=POLICY).run())
    first, second = parent.fork(policy=POLICY), parent.fork(seed=99)
    while first.month < first.scenario.months:  # month by month in turn
        second.step()
        first.step()
    assert_same(alone, tables(first))


def test_a_fork_of_a_fork_is_a_fork() -> None:
    parent = Market(waiting())
    assert_same(tables(parent.fork(policy=POLICY).run()), tables(parent.fork().fork(policy=POLICY).run()))


def test_another_seed_is_another_world() -> None:
    one, other = Market(small()), Market(small(), seed=2)
    assert (one.customers.price_sensitivity != other.customers.price_sensitivity).mean() > 0.99
    assert differing(tables(one.run()), tables(other.run())) == [name for name in tables(one) if name != "prices"]


def test_new_luck_leaves_the_people_as_they_are() -> None:
    parent = Market(small())
    one, other = parent.fork(seed=1_001), parent.fork(seed=1_002)
    assert_same({"customers": parent.customers.to_frame()}, {"customers": one.customers.to_frame()})
    one.run()
    other.run()
    for trait in parent.traits.dtype.names:
        assert (getattr(one.customers, trait) == getattr(other.customers, trait)).all(), trait
    assert {"kpis", "ledger", "ports", "panel", "customers"} <= set(differing(tables(one), tables(other)))


def test_luck_equal_to_the_worlds_seed_changes_nothing() -> None:
    parent = Market(small())
    assert_same(tables(parent.fork().run()), tables(parent.fork(seed=parent.world.world_seed).run()))


# --- one more person -------------------------------------------------------------------------------------------------


def test_one_more_person_has_the_same_neighbours_traits() -> None:
    fewer, more = (Market(small(customers=count, months=1)) for count in (1_000, 1_001))
    for trait in fewer.traits.dtype.names:
        assert (getattr(fewer.customers, trait)[:1_000] == getattr(more.customers, trait)[:1_000]).all(), trait


def newcomers(folder: Path, count: int) -> pd.DataFrame:
    """Panel of a market that everybody enters from outside, with failures, switching costs and no ties."""
    plans = {
        name: {"plans": {f"{name}_plan": {"fee": fee, "appeal": 2.5, "cost": 6.0}}}
        for name, fee in (("A", 15.0), ("B", 16.0))
    }
    behaviour = {
        "horizon": 12,
        "switching_cost": {"hassle": 40},
        "failure": {"rate": 0.05},
        "choice": {"taste_sd": 1.0},
        "turnover": {"default": 0.01, "exit": 0.0},
    }
    content = {
        "defaults": ["base", {"behaviour": "textbook"}, {"customers": "textbook"}, "_self_"],
        "operators": plans,
        "focal": "A",
        "months": 12,
        "burn_in": 0,
        "panel": {"share": 1.0},
    }
    (folder / "market.yaml").write_text(
        yaml.safe_dump({**content, "customers": {"count": count}, "behaviour": behaviour}), encoding="utf-8"
    )
    return Market(load_scenario(folder / "market.yaml")).run().panel


def test_one_more_person_leaves_everybodys_history_as_it_was(tmp_path: Path) -> None:
    fewer, more = newcomers(tmp_path, 999), newcomers(tmp_path, 1_000)
    assert len(fewer) > 9_000 and 999 in set(more["customer"])
    pd.testing.assert_frame_equal(fewer, more.query("customer < 999").reset_index(drop=True), check_exact=True)


# --- size ------------------------------------------------------------------------------------------------------------

# people (tastes are shared in communities of 60, of which there must be many); worlds of each size
SMALL, LARGE, RUNS = 4_000, 40_000, (10, 5)


def per_customer(size: int, seed: int) -> pd.Series:
    """Measures of a year that must not depend on how many people stand for the market,
    means over operators and months.
    """
    market = Market(small(name="europe_three", customers=size), seed=seed).run()
    kpis, ledger = market.kpis, market.ledger
    measures = kpis[["churn_rate", "arpu", "csat", "wait", "attention_rate", "complaint_rate", "src"]].mean()
    return pd.concat(
        [
            measures,
            (ledger[["ebitda", "care_cost", "capex"]].div(kpis["subscribers"], axis=0)).mean(),
            market.overview[["consumer_surplus", "hhi"]].mean(),
        ]
    )


def test_ten_times_more_customers_measure_the_same() -> None:
    small_worlds, large_worlds = (
        pd.DataFrame([per_customer(size, seed) for seed in range(1, 1 + runs)])
        for size, runs in zip((SMALL, LARGE), RUNS, strict=True)
    )
    error = np.sqrt(small_worlds.var() / RUNS[0] + large_worlds.var() / RUNS[1])
    z = (small_worlds.mean() - large_worlds.mean()) / error
    assert (z.abs() < 4.0).all(), z.to_dict()


# --- ties carry what happens to one person, and nothing else does ----------------------------------------------------


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """Ten communities of 60 without ties between them, where friends draw each other; queues, load and strategies at
    rest.
    """
    operators = {
        name: {"plans": {f"{name}_plan": {"fee": fee, "appeal": 3.0}}, "start_share": 0.5}
        for name, fee in (("A", 15.0), ("B", 16.0))
    }
    behaviour = {
        "choice": {"social": 3.0},
        "ties": {"enabled": True, "inside": 6, "outside": 0, "community": 60},
        "failure": {"rate": 0.05},
        "attention": {"base": 0.05, "contact": 1.0, "failure_silent": 0.2, "friend_left": 0.3},
    }
    content = {
        "defaults": ["base", {"behaviour": "textbook"}, {"customers": "textbook"}, "_self_"],
        "operators": operators,
        "focal": "A",
        "months": 6,
        "burn_in": 0,
    }
    content |= {"customers": {"count": 600}, "behaviour": behaviour, "panel": {"share": 1.0, "truth": True}}
    path = tmp_path_factory.mktemp("village") / "market.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return Market(load_scenario(path))


def within_reach(market: Market, person: int) -> set[int]:
    """People who hear of a person, through friends of friends, in the months of the scenario."""
    ties, reached = market.ties, {person}
    for _ in range(market.scenario.months):
        reached |= set(ties.loc[ties["friend"].isin(reached), "customer"])
    return reached


def rows_of(market: Market, people: set[int]) -> pd.DataFrame:
    """Panel of some people."""
    panel = market.panel
    return panel[panel["customer"].isin(people)].reset_index(drop=True)


@pytest.mark.control
@pytest.mark.parametrize("made_to", ["be called", "leave"])
def test_only_people_tied_to_her_can_tell(made_to: str, village: Market) -> None:
    control, everyone, touched = village.fork().run(), set(range(600)), 0
    for person in range(0, 600, 31):
        twin = (
            village.fork(contact=[person]) if made_to == "be called" else village.fork(set_operator={person: "outside"})
        ).run()
        reached = within_reach(village, person)
        assert len(reached) <= 60
        pd.testing.assert_frame_equal(
            rows_of(control, everyone - reached), rows_of(twin, everyone - reached), check_exact=True
        )
        touched += not rows_of(control, reached - {person}).equals(rows_of(twin, reached - {person}))
    assert touched > 0  # somebody's friends do change
