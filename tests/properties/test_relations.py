"""A relation begins alike for whoever brings it about, and every column of people says what becomes of it."""

import numpy as np
import pytest

from agents.population import Event, State, Traits
from agents.tables import booked_lines, kinds_of, lives_of, values_on
from sim import Market
from sim.world.tables import LINES
from tests.properties.builders import small

pytestmark = pytest.mark.properties

HERS = {"proneness", "paid", "scale", "muted"}  # of the person, not of a relation
BY_HISTORY = {"plan", "previous", "since_left", "won_back", "second", "wallet", "device_age"}  # what she had counts
LEVERS = "operators.beta.loyalty={points: {kind: points, voluntary: false}, bundle: {kind: bundle, uptake: 0.3}}"


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(small("policies=[none]", LEVERS, name="europe_three", customers=500, months=2), seed=2)


def moved(market: Market, person: int, before: float) -> np.record:
    """Someone's row when she has been moved to beta, with `before` in every column of her old relation."""
    parent = market.fork()
    for name in kinds_of(State).keys() - HERS - BY_HISTORY:
        parent.state[name][person] = before
    return parent.fork(set_operator={person: "beta"}).state[person]


def test_a_new_relation_takes_nothing_from_the_old_one(market: Market) -> None:
    person = int(market.customers_of(0)[0])
    one, other = moved(market, person, 0.0), moved(market, person, 1.0)
    assert one == other and one.delight == 0.0 and one.referrer == -1
    assert all(one[name] == value for name, value in values_on(State, "joins").items())


def test_who_is_moved_by_hand_begins_as_who_joins(market: Market) -> None:
    """Who joined an operator last month is moved to it by hand: prices, terms and feelings are a newcomer's again."""
    later = market.fork()
    later.step()
    joiners = np.flatnonzero((later.state.tenure == 0) & (later.state.plan >= 0))
    names = [later.operator_names[later.customers.operator[person]] for person in joiners]
    hand = later.fork(set_operator=dict.fromkeys(joiners.tolist(), "outside")).fork(
        set_operator=dict(zip(joiners.tolist(), names, strict=True))
    )
    same_plan = joiners[hand.state.plan[joiners] == later.state.plan[joiners]]
    assert len(same_plan) > 5
    for name in ("reference", "promotion", "promotion_left", "months_left", "debt", "taste", "leaning", "habit"):
        assert np.array_equal(hand.state[name][same_plan], later.state[name][same_plan]), name


def test_who_is_without_operator_has_nothing_of_a_customer(market: Market) -> None:
    person = int(market.customers_of(0)[0])
    gone = market.fork(set_operator={person: "outside"}).state[person]
    for occasion in ("leaves", "outside"):
        assert all(gone[name] == value for name, value in values_on(State, occasion).items())
    assert (gone.previous, gone.since_left) == (0, 0)


@pytest.mark.parametrize("rows", [Traits, State, Event])
def test_no_column_hides_behind_a_name_of_numpy(rows: type) -> None:
    assert not [name for name in kinds_of(rows) if hasattr(np.recarray, name)]


def test_what_is_booked_of_a_column_is_its_sum_and_what_is_measured_its_mean(market: Market) -> None:
    later = market.fork()
    later.step()
    world, kpis = later.world, later.kpis[later.kpis["month"] == later.month].set_index("operator")
    for name, line in booked_lines(State).items():
        held = [world.state[name][world.customers_of(number)].astype(float) for number in range(len(world.operators))]
        sums = world.last_book.lines[..., LINES.index(line)].sum(axis=0)
        assert sums == pytest.approx([column.sum() for column in held]), name
        if lives_of(State)[name].measured:
            assert kpis.loc[later.operator_names, line].tolist() == pytest.approx([column.mean() for column in held])
