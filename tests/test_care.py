"""The queue in front of care: edges, limits and what must hold for every call centre."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.care import Waiting, erlang_a, erlang_b, erlang_c, queue

CALLS = st.floats(0.01, 300.0)
TIMES = st.floats(0.1, 30.0)
AGENTS = st.integers(1, 400)


def test_without_calls_nobody_waits() -> None:
    assert erlang_a(0.0, 5.0, 2.0, 10) == Waiting(0.0, 0.0, 0.0, 0.0)
    assert queue(0.0, 5.0, 2.0, 10.5) == Waiting(0.0, 0.0, 0.0, 0.0)
    assert erlang_b(0.0, 3) == 0.0
    assert erlang_c(0.0, 3) == 0.0


def test_without_agents_everyone_gives_up() -> None:
    assert erlang_a(48.0, 1.0, 2.0, 0) == Waiting(1.0, 1.0, 2.0, 0.0)
    assert queue(48.0, 1.0, 2.0, 0.0) == Waiting(1.0, 1.0, 2.0, 0.0)
    assert erlang_b(48.0, 0) == 1.0
    assert erlang_c(48.0, 0) == 1.0


def test_one_agent_blocks_as_by_hand() -> None:
    assert erlang_b(0.5, 1) == pytest.approx(0.5 / 1.5)
    assert erlang_c(0.5, 1) == pytest.approx(0.5)
    assert erlang_c(3.0, 2) == 1.0


def test_patience_as_long_as_handling_is_a_queue_without_a_queue() -> None:
    """With equal rates of answering and giving up, calls present are Poisson with mean load (M/M/infinity)."""
    load, agents = 48.0, 50
    poisson = [math.exp(k * math.log(load) - load - math.lgamma(k + 1)) for k in range(400)]
    found = erlang_a(load, 1.0, 1.0, agents)
    assert found.wait_probability == pytest.approx(sum(poisson[agents:]), rel=1e-10)
    assert found.mean_wait == pytest.approx(
        sum((k - agents) * p for k, p in enumerate(poisson) if k > agents) / load, rel=1e-10
    )


@pytest.mark.parametrize(("patience", "limit"), [(1e-9, 0.0), (1e7, math.inf)])
def test_extreme_patience_meets_its_limit(patience: float, limit: float) -> None:
    """No patience is Erlang B, endless patience Erlang C."""
    assert erlang_a(48.0, 1.0, patience, 50) == pytest.approx(erlang_a(48.0, 1.0, limit, 50), abs=1e-5)
    assert erlang_a(48.0, 1.0, 0.0, 50).abandonment == erlang_b(48.0, 50)
    assert erlang_a(48.0, 1.0, math.inf, 50).wait_probability == erlang_c(48.0, 50)


def test_endless_patience_and_too_few_agents_wait_for_ever() -> None:
    found = queue(48.0, 1.0, math.inf, 46.5)
    assert found.mean_wait == math.inf
    assert found.utilisation == 1.0


@pytest.mark.parametrize("agents", [3000, 5000, 6000])
def test_thousands_of_agents_stay_exact(agents: int) -> None:
    """The flow balance and, far above the load, the fluid limit 1 - agents / load."""
    found = erlang_a(5000.0, 1.0, 2.0, agents)
    assert found.utilisation * agents == pytest.approx(5000.0 * (1.0 - found.abandonment), rel=1e-10)
    assert found.abandonment == pytest.approx(max(0.0, 1.0 - agents / 5000.0), abs=0.005)


def test_units_of_time_do_not_matter() -> None:
    minutes, hours = erlang_a(48.0, 1.0, 2.0, 50), erlang_a(48.0 * 60, 1 / 60, 2 / 60, 50)
    assert hours == pytest.approx(minutes._replace(mean_wait=minutes.mean_wait / 60), rel=1e-9)


@given(arrivals=CALLS, handling=TIMES, patience=TIMES, agents=AGENTS)
@settings(deadline=None)
def test_what_holds_in_every_queue(arrivals: float, handling: float, patience: float, agents: int) -> None:
    """Shares are shares; work is conserved; Little's law ties giving up to waiting; patience lies between B and C."""
    found = erlang_a(arrivals, handling, patience, agents)
    load = arrivals * handling
    assert all(0.0 <= share <= 1.0 + 1e-9 for share in (found.wait_probability, found.abandonment, found.utilisation))
    assert found.abandonment <= found.wait_probability + 1e-9
    assert found.utilisation * agents == pytest.approx(load * (1.0 - found.abandonment), rel=1e-7, abs=1e-9)
    assert found.mean_wait == pytest.approx(found.abandonment * patience, rel=1e-9)
    assert erlang_b(load, agents) - 1e-9 <= found.wait_probability <= erlang_c(load, agents) + 1e-9


@given(arrivals=CALLS, handling=TIMES, patience=TIMES, agents=st.floats(0.0, 300.0), more=st.floats(0.01, 3.0))
@settings(deadline=None)
def test_more_agents_never_hurt(arrivals: float, handling: float, patience: float, agents: float, more: float) -> None:
    few, many = queue(arrivals, handling, patience, agents), queue(arrivals, handling, patience, agents + more)
    assert many.mean_wait <= few.mean_wait + 1e-9
    assert many.abandonment <= few.abandonment + 1e-9
    assert many.wait_probability <= few.wait_probability + 1e-9
    assert many.utilisation * (agents + more) == pytest.approx(
        arrivals * handling * (1.0 - many.abandonment), rel=1e-7, abs=1e-9
    )


@given(arrivals=CALLS, handling=TIMES, patience=TIMES, agents=st.floats(0.0, 60.0))
@settings(deadline=None, max_examples=30)
def test_plain_python_agrees_with_machine_code(
    arrivals: float, handling: float, patience: float, agents: float
) -> None:
    whole = int(agents)
    assert queue.py_func(arrivals, handling, patience, agents) == pytest.approx(
        queue(arrivals, handling, patience, agents), rel=1e-9
    )
    assert erlang_a.py_func(arrivals, handling, patience, whole) == pytest.approx(
        erlang_a(arrivals, handling, patience, whole), rel=1e-9
    )
    assert erlang_c.py_func(arrivals, whole) == pytest.approx(erlang_c(arrivals, whole), rel=1e-12)
    assert erlang_b.py_func(arrivals, whole) == pytest.approx(erlang_b(arrivals, whole), rel=1e-12)
