"""What being bound costs before it is signed, against sums worked out month by month."""

import pytest

from agents.customer import binding_cost, is_open, own_dislike, reckoned_fee

pytestmark = pytest.mark.theory


@pytest.mark.parametrize(("months", "doubt"), [(1, 0.1), (12, 0.003), (24, 0.003), (60, 0.05), (24, 0.0)])
def test_the_fee_reckoned_with_is_the_mean_of_what_may_become_due(months: int, doubt: float) -> None:
    """She comes to want to leave in month t with probability doubt (1 - doubt)^(t - 1); months - t are then left."""
    expected = sum(doubt * (1.0 - doubt) ** (t - 1) * 11.0 * (months - t) for t in range(1, months + 1))
    assert reckoned_fee(11.0, months, doubt) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_own_dislike_is_the_mean_over_people() -> None:
    """E exp(sd z) = exp(sd^2 / 2); by Gauss-Hermite with two nodes at +-1, cosh(sd) exp(-sd^2 / 2) for small sd."""
    low, high = own_dislike(0.05, 0.1, -1.0), own_dislike(0.05, 0.1, 1.0)
    assert (low + high) / 2.0 == pytest.approx(0.05, rel=1e-4) and high / low == pytest.approx(1.2214, rel=1e-4)


def test_being_bound_costs_a_share_of_the_fee_for_each_month_and_the_fee_reckoned_with() -> None:
    assert binding_cost(24, 26.0, 0.04, 9.0) == pytest.approx(24 * 26 * 0.04 + 9.0)


@pytest.mark.parametrize(("term", "opens"), [(24, 3), (12, 3), (6, 1), (3, 1), (0, 1)])
def test_a_term_opens_three_months_before_its_end_and_at_most_in_its_last_quarter(term: int, opens: int) -> None:
    assert [left for left in range(25) if is_open(left, term)] == list(range(opens + 1))
