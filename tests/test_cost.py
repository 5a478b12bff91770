"""Benchmarks of cost and of a split market: tables are complete, bytes are those of the rows, faults of options are one
message.
"""

from pathlib import Path

import pandas as pd
import pytest

from agents.population import Event, State, Traits
from agents.tables import kinds_of
from benchmarks import cost, regions
from benchmarks.billion import exchange, packed
from benchmarks.cost_view import WAITS, floors, page_of
from benchmarks.mechanism_cost import EVERYTHING, NOTHING, cost_of_mechanisms, timed_mechanisms, without, without_ties
from benchmarks.memory import bandwidth, row_bytes, traffic_of
from benchmarks.options import fill, parse
from benchmarks.timing import SEED, Point, Timed, held_bytes, measure, scenario_of
from benchmarks.waits import market_waits, rows_of
from sim import Market
from sim.config.mechanisms import MECHANISMS
from sim.errors import InputError

TINY = 300


@pytest.fixture(scope="module")
def market() -> Timed:
    return Timed(scenario_of(Point("customers", TINY)), seed=SEED)


def test_every_mechanism_of_the_loop_is_timed() -> None:
    frame = cost_of_mechanisms(TINY, 1)
    assert list(frame["mechanism"][:2]) == [EVERYTHING, NOTHING]
    assert sorted(frame["mechanism"][2:]) == sorted(["ties", *(mechanism.name for mechanism in timed_mechanisms())])
    assert {mechanism.name for mechanism in MECHANISMS} - set(frame["mechanism"]) == {
        "waiting for care",
        "agents' morale",
        "bad records",
    }
    assert frame["cost"][2:].is_monotonic_decreasing and frame[["cost", "low", "high"]].notna().all(axis=None)
    assert (frame["low"] <= frame["cost"]).all() and (frame["cost"] <= frame["high"]).all()


def test_what_is_switched_off_is_off_and_nothing_else(market: Timed) -> None:
    failures = next(mechanism for mechanism in MECHANISMS if mechanism.name == "failures")
    off = without(market.params, failures)
    assert off.failure.rate == 0.0 < market.params.failure.rate
    assert [name for name in off.dtype.names if off[name] != market.params[name]] == ["failure"]
    assert [name for name in off.failure.dtype.names if off.failure[name] != market.params.failure[name]] == ["rate"]
    assert [name for name in off.dtype.names if without_ties(off)[name] != off[name]] == ["has_ties"]


def test_bytes_are_those_of_the_rows(market: Timed) -> None:
    rows = row_bytes()
    assert rows == {
        "traits": market.traits.dtype.itemsize,
        "state": market.state.dtype.itemsize,
        "events": market.world.events.dtype.itemsize,
    }
    for name, columns in (("traits", Traits), ("state", State), ("events", Event)):
        assert rows[name] >= sum(kind.itemsize for kind in kinds_of(columns).values())
    held, traffic = held_bytes(market), traffic_of(market).set_index("part")
    people = len(market.state)
    assert held["state"] == rows["state"] * people
    assert traffic.loc["state"].tolist() == [rows["state"], rows["state"]]
    assert traffic.loc["ties", "read"] * people == held["ties"]
    assert traffic.loc["sums", "written"] * people == pytest.approx(held["tally"])


@pytest.mark.parametrize("plans", [4, 12, 36])
def test_points_are_what_they_say(plans: int) -> None:
    scenario = scenario_of(Point("plans", TINY, ties=16, plans=plans, months=2))
    assert len(scenario.all_plans) == plans and scenario.behaviour.ties.inside + scenario.behaviour.ties.outside == 16
    assert (scenario.customers.count, scenario.months) == (TINY, 2)
    assert {point.varies for point in cost.points(True, 100_000)} == {"customers", "ties", "plans", "threads", "months"}


def test_the_page_says_all_that_was_measured(market: Timed) -> None:
    each = [Point("customers", TINY, months=2), Point("threads", TINY, threads=1, months=2)]
    rows = [
        ("scaling", point.varies, float(point.value), name, value)
        for point in each
        for name, value in {**measure(point), "people": float(point.customers)}.items()
    ]
    rows += [
        ("traffic", part.part, 0.0, name, getattr(part, name))
        for part in traffic_of(market).itertuples()
        for name in ("read", "written")
    ]
    rows += [
        ("mechanism", name, 0.0, kind, value)
        for name, value in ((EVERYTHING, 200.0), (NOTHING, 100.0), ("trust", 10.0))
        for kind in ("cost", "low", "high")
    ]
    rows += [("bandwidth", "triad", 1.0, "bytes_per_second", bandwidth(1, megabytes=1, repeats=1))]
    rows += [
        *rows_of("command", 0, [2.0]),
        *rows_of("command, first after installation", 0, [20.0]),
        *market_waits(TINY, 1),
    ]
    frame = pd.DataFrame(rows, columns=cost.COLUMNS)
    page = page_of(frame, {})
    assert all(text in page for text in WAITS.values()) and "The round of calls adds " in page
    assert (
        "| trust | 10.0 | 10.0 | 10.0 | 5.0 % |" in page
        and page.count("\n| customers | 300 |") == page.count("\n| threads | 1 |") == 1
    )
    floor = floors(frame).iloc[0]
    total = frame.loc[frame["table"] == "traffic", "value"].sum()
    assert floor["floor"] == pytest.approx(1e9 * total / floor["bandwidth"]) and floor["loop"] > 0.0


def test_volumes_are_counted_for_every_split_and_month() -> None:
    market = Market(regions.scenario_of(3_000, 2, 16), seed=SEED)
    assert len(market.region_names) == 16
    frame = regions.volumes(market, [("region", 1), ("region", 4)])
    alone, four = frame[frame["workers"] == 1], frame[frame["workers"] == 4]
    assert len(alone) == len(four) == 2
    assert (alone[["entries", "changed", "messages"]] == 0).all(axis=None)
    assert (
        (0 < four["felt_only"]) & (four["felt_only"] <= four["changed"]) & (four["changed"] <= four["entries"])
    ).all()
    assert ((four["entries"] / 4 <= four["most"]) & (four["most"] < four["entries"])).all()
    sizes = regions.sizes_of(market)
    assert (
        sizes["all_sums"]
        == sizes["chunk_sums"] * len(market.world.tally.lines)
        == sum(array.nbytes for array in market.world.tally)
    )
    assert 0.0 < regions.packing_time(market, 4) < 1e-3
    assert exchange(frame, sizes, 16, 4, 25) < exchange(frame, sizes, 16, 4, 10)
    assert packed(pd.Series([8]), pd.Series([8]), pd.Series([6])).tolist() == [1 + 1 + 6 + 2 * 4]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--quik"], "'--quik': no such option (did you mean '--quick'?); known: --quick, --largest=5"),
        (["--largest=many"], "--largest: must be a whole number above 0, as in --largest=5 (got 'many')"),
        (["--quick=1"], "--quick: takes no value (got '1')"),
    ],
)
def test_a_fault_of_the_options_is_one_message(words: list[str], message: str) -> None:
    with pytest.raises(InputError) as error:
        parse(words, {"quick": False, "largest": 5})
    assert str(error.value) == message


def test_a_page_is_filled_between_its_lines(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- cost -->\nold\n<!-- /cost -->\nafter\n")
    fill(page, "cost", "new \\1")
    assert page.read_text() == "before\n<!-- cost -->\nnew \\1\n<!-- /cost -->\nafter\n"
    with pytest.raises(InputError, match="has no lines <!-- other -->"):
        fill(page, "other", "new")
