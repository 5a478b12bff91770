"""What a page asks for has an address and a command line that give the same numbers."""

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import InputError, compare, load_scenario
from sim.app.future import SWITCHES, Future
from sim.app.seen import look
from sim.commands.overrides import take_policies, take_replications
from sim.config.mechanisms import MECHANISMS

POINTS = {"policy.loyalty.points.kind": "points", "policy.loyalty.points.earn": "2"}
CUT = {"policy.pricing.kind": "fixed", "policy.pricing.change": "-0.1"}


@settings(max_examples=30, deadline=None)
@given(
    off=st.lists(st.sampled_from(sorted(SWITCHES)), unique=True, max_size=3),
    change=st.floats(-0.3, 0.3),
    months=st.integers(6, 60),
    seed=st.integers(0, 9),
)
def test_the_address_holds_all_that_is_asked(off: list[str], change: float, months: int, seed: int) -> None:
    policy = {"pricing": {"kind": "fixed", "change": change}, "loyalty": {"points": {"kind": "points"}}}
    asked = Future.of({"policy": policy, "off": tuple(off), "months": months, "seed": seed, "rivals": "static"})
    assert Future.of_query(asked.to_query()) == asked


def test_an_empty_address_asks_for_the_default_and_gives_an_empty_one() -> None:
    assert Future.of_query({}).to_query() == {}


def test_no_mechanism_has_a_comma_in_its_name() -> None:
    assert not [mechanism.name for mechanism in MECHANISMS if "," in mechanism.name]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"months": "61"}, "months: must be less than or equal to 60"),
        ({"people": "20001"}, "people: must be less than or equal to 20000"),
        ({"people": "many"}, "people"),
        ({"scenario": "clasroom"}, "did you mean 'classroom'?"),
        ({"off": "los aversion"}, "did you mean 'loss aversion'?"),
        ({"policy.pricing.chnge": "1"}, "did you mean 'change'?"),
        ({"policy.pricing.change": "-4"}, "policy.pricing.change"),
        ({"policy.pricing": "2", "policy.pricing.change": "3"}, "nothing can stand there"),
        ({"policy.loyalty.points.kind": "pints"}, "did you mean 'points'?"),
        ({"policy": "2"}, "policy"),
        ({"policy.description": "x" * 300}, "too long"),
    ],
)
def test_what_cannot_be_asked_is_told(query: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as told:
        Future.of_query(query)
    assert said in str(told.value)


def test_the_command_line_gives_the_numbers_of_the_page() -> None:
    size = {"months": "6", "people": "500"}
    asked = Future.of_query({**CUT, **POINTS, **size, "off": "loss aversion", "shocks": "breach"})
    seen = look(asked)
    scenario, *overrides = shlex.split(asked.command)[2:]
    policies, overrides = take_policies(overrides)
    worlds, overrides = take_replications(overrides, 20)
    result = compare(scenario, policies, worlds, overrides, jobs=1, customers=False)
    for measure, scale in (("npv_horizon", seen.weight), ("market_share", 1.0), ("csat", 1.0)):
        assert seen.difference(measure) == pytest.approx(scale * result.table.at["mine", f"{measure}_diff"], rel=1e-9)
    assert seen.difference("npv_horizon") != 0.0


def test_who_does_nothing_new_is_the_twin() -> None:
    seen = look(Future.of_query({"months": "6", "people": "500"}))
    assert all(seen.difference(measure) == 0.0 for measure in seen.this.values)
    assert (seen.this.cash == seen.twin.cash).all()


def test_the_address_composes_the_scenario_that_the_command_line_does() -> None:
    asked = Future.of_query({**CUT, "focal": "beta", "seed": "3", "people": "500", "months": "12"})
    given = load_scenario("classroom", ["focal=beta", "seed=3", "customers.count=500", "months=12", "policies=[none]"])
    assert asked.load().model_copy(update={"policies": given.policies}) == given
