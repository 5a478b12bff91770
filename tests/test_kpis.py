"""Measures at their edges, and what must hold for every population."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.kpis import clv, clv_elasticity, gini, going_value, hhi, lorenz, nps, top_share

COUNTS = st.lists(st.integers(1, 10_000), min_size=1, max_size=30)
SCORES = st.lists(st.integers(0, 10), min_size=1, max_size=50)


# --- concentration and inequality


def test_a_monopoly_and_equals() -> None:
    assert hhi([7]) == 1.0
    assert hhi([5, 5, 0]) == pytest.approx(0.5)


@given(counts=COUNTS)
@settings(deadline=None)
def test_a_merger_adds_twice_the_product_of_shares(counts: list[int]) -> None:
    first, second, *others = *counts, 1, 1
    total = first + second + sum(others)
    assert hhi([first + second, *others]) - hhi([first, second, *others]) == pytest.approx(
        2 * first * second / total**2, abs=1e-12
    )
    assert 1 / (len(others) + 2) - 1e-12 <= hhi([first, second, *others]) <= 1.0


@given(values=COUNTS)
@settings(deadline=None)
def test_gini_is_half_the_relative_mean_difference(values: list[int]) -> None:
    numbers = np.array(values, float)
    expected = np.abs(numbers[:, None] - numbers).mean() / (2 * numbers.mean())
    assert gini(values) == pytest.approx(expected, abs=1e-12)


@given(
    people=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5)), min_size=1, max_size=12),
    share=st.floats(0.0, 1.0),
)
@settings(deadline=None)
def test_a_weight_is_that_many_people(people: list[tuple[int, int]], share: float) -> None:
    values, weights = zip(*people, strict=True)
    repeated = np.repeat(values, weights)
    assert gini(values, weights) == pytest.approx(gini(repeated), abs=1e-12, nan_ok=True)
    assert top_share(values, share, weights) == pytest.approx(top_share(repeated, share), abs=1e-9, nan_ok=True)


@given(values=COUNTS, scale=st.floats(0.01, 100.0))
@settings(deadline=None)
def test_inequality_knows_no_currency_and_no_order(values: list[int], scale: float) -> None:
    assert gini(np.array(values[::-1]) * scale) == pytest.approx(gini(values), abs=1e-9)


@given(values=COUNTS)
@settings(deadline=None)
def test_the_lorenz_curve_rises_and_bends_upwards(values: list[int]) -> None:
    population, value = lorenz(values)
    assert (population[0], value[0], population[-1], value[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert np.all(np.diff(value) > 0) and np.all(np.diff(value, 2) >= -1e-12)
    assert np.all(value <= population + 1e-12)


@given(values=COUNTS, share=st.floats(0.0, 1.0))
@settings(deadline=None)
def test_the_best_hold_at_least_their_share(values: list[int], share: float) -> None:
    assert share - 1e-9 <= top_share(values, share) <= 1.0
    assert (top_share(values, 0.0), top_share(values, 1.0)) == (0.0, 1.0)


def test_a_customer_on_the_boundary_counts_in_part() -> None:
    assert top_share([1, 1, 2], 0.5) == pytest.approx((2 + 0.5) / 4)


def test_customers_served_at_a_loss_make_the_others_hold_more_than_all() -> None:
    assert top_share([-2, 4, 8], 2 / 3) == pytest.approx(1.2)
    assert lorenz([-2, 4, 8])[1].min() == pytest.approx(-0.2)


# --- recommendation


@pytest.mark.parametrize(("score", "points"), [(0, -100.0), (6, -100.0), (7, 0.0), (8, 0.0), (9, 100.0), (10, 100.0)])
def test_who_promotes_and_who_detracts(score: int, points: float) -> None:
    assert nps([score]) == points


@given(scores=SCORES)
@settings(deadline=None)
def test_nps_is_the_mean_of_single_answers(scores: list[int]) -> None:
    assert nps(scores) == pytest.approx(np.mean([nps([score]) for score in scores]), abs=1e-9)
    assert nps(sorted(set(scores)), [scores.count(score) for score in sorted(set(scores))]) == pytest.approx(
        nps(scores)
    )


# --- customer value


@given(margin=st.floats(-100.0, 100.0), retention=st.floats(0.0, 0.999), discount=st.floats(0.0, 1.0))
@settings(deadline=None)
def test_a_margin_now_is_one_more_than_from_the_next_period(margin: float, retention: float, discount: float) -> None:
    later = clv(margin, retention, discount, first="next")
    assert clv(margin, retention, discount, first="now") == pytest.approx(margin + later, rel=1e-9, abs=1e-9)


def test_clv_is_the_discounted_sum() -> None:
    months = np.arange(2000)
    assert clv(20.0, 0.98, 0.008) == pytest.approx(np.sum(20.0 * (0.98 / 1.008) ** months))


@given(retention=st.floats(0.05, 0.99), discount=st.floats(0.005, 1.0))
@settings(deadline=None)
def test_elasticity_is_the_slope_of_the_logarithms(retention: float, discount: float) -> None:
    step = 1e-6
    up, down = (clv(1.0, retention * (1 + sign * step), discount, first="next") for sign in (1, -1))
    slope = (math.log(up) - math.log(down)) / (math.log1p(step) - math.log1p(-step))
    assert clv_elasticity(retention, discount) == pytest.approx(slope, rel=1e-4)


def test_arrays_give_arrays_and_unknowns_stay_unknown() -> None:
    values = clv(np.array([10.0, 20.0]), np.array([0.9, np.nan]), 0.1)
    assert values == pytest.approx(np.array([55.0, np.nan]), nan_ok=True)
    assert isinstance(clv(np.float64(10.0), np.float32(0.5), 0), float)
    assert clv_elasticity(np.array([[0.5], [0.6]]), np.array([0.1, 0.2])).shape == (2, 2)


# --- input


@pytest.mark.parametrize(
    "nothing",
    [hhi([]), hhi([0, 0]), gini([]), gini([0, 0]), nps([]), nps([9], [0]), top_share([], 0.2), top_share([1, -1], 0.2)],
)
def test_a_measure_of_nothing_is_unknown(nothing: float) -> None:
    assert math.isnan(nothing)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hhi([1, -2]), "subscribers: -2 is not finite and at least 0"),
        (lambda: hhi([1, math.nan]), "subscribers: nan"),
        (lambda: hhi([[1, 2], [3, 4]]), "one row of numbers is needed"),
        (lambda: gini([1, -1, 3]), "values: -1"),
        (lambda: lorenz([1, math.inf]), "values: inf is not finite"),
        (lambda: lorenz([1, 2], [1]), "weights: 1 given for 2 numbers"),
        (lambda: lorenz([1, 2], [1, -1]), "weights: -1"),
        (lambda: top_share([1, 2], 20), "share: 20 is outside 0..1"),
        (lambda: nps([9, 11]), "scores: 11 is not within 0..10"),
        (lambda: clv(1, 1.1, 0.1), "retention: 1.1 is outside 0..1"),
        (lambda: clv(1, 0.9, -0.1), "discount: -0.1 is not finite and at least 0"),
        (lambda: clv(1, 1, 0), "infinite"),
        (lambda: clv(1, 0.9, 0.1, first="later"), "first: 'later' is neither"),
        (lambda: clv_elasticity([0.5, -0.5], 0.1), "retention"),
    ],
)
def test_numbers_that_cannot_be_are_refused(call: object, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        call()
    assert message in str(raised.value)


# --- a business that goes on


@given(
    customers=st.floats(0.0, 1e6),
    churn=st.floats(1e-6, 1.0),
    joining=st.floats(0.0, 1e4),
    discount=st.sampled_from([0.0, 0.008, 0.1]),
)
@settings(deadline=None)
def test_going_value_is_the_sum_of_what_every_month_pays(
    customers: float, churn: float, joining: float, discount: float
) -> None:
    """Month by month: who is left, who has joined, 12 a head less 500."""
    there, paid = customers, 0.0
    for month in range(1, 121):
        there = there * (1.0 - churn) + joining
        paid += (12.0 * there - 500.0) / (1.0 + discount) ** month
    size = 12.0 * 120 * (customers + 120 * joining) + 500.0
    assert going_value(customers, 12.0, churn, joining, 500.0, discount, 120) == pytest.approx(paid, abs=1e-8 * size)


@pytest.mark.parametrize("churn", [0.0, -0.1, 1.5])
def test_going_value_needs_a_churn_that_can_be(churn: float) -> None:
    with pytest.raises(ValueError, match="churn: .* is not above 0 and at most 1"):
        going_value(100.0, 10.0, churn, 1.0, 0.0, 0.01)
