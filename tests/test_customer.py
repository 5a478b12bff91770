"""The rules of one customer: the same as plain Python and as machine code, and with the signs their sources state."""

import inspect
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import customer, draws
from agents.customer.attention import Occasion, Phase
from agents.customer.relations import TYPES, Stage
from agents.rule import rule, step

RULES = {name: found for name, found in vars(customer).items() if hasattr(found, "py_func")}
DRAWS = {"int": st.integers(0, 60), "float": st.floats(1e-2, 1.0), "bool": st.booleans()}


def test_every_rule_is_compared() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(customer.__file__).parent.glob("*.py")]
    assert {name for source in sources for name in re.findall(r"^@rule\ndef (\w+)", source, re.MULTILINE)} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_machine_code_agrees_with_plain_python(name: str) -> None:
    rule = RULES[name]
    kinds = [
        str(getattr(parameter.annotation, "__name__", parameter.annotation))
        for parameter in inspect.signature(rule.py_func).parameters.values()
    ]

    @settings(deadline=None, max_examples=60)
    @given(st.tuples(*(DRAWS[kind] for kind in kinds)))
    def agrees(arguments: tuple[Any, ...]) -> None:
        assert rule(*arguments) == pytest.approx(rule.py_func(*arguments), rel=1e-12, abs=1e-12)

    agrees()


def test_draws_agree_with_plain_python() -> None:
    with np.errstate(over="ignore"):
        key = draws.month_key.py_func(7, draws.LUCK, 3)
        for rule in (draws.uniform, draws.bounded_normal, draws.gumbel):
            assert rule(np.uint64(key), 5, 11, 2) == rule.py_func(np.uint64(key), 5, 11, 2)
    assert np.uint64(draws.month_key(7, draws.LUCK, 3)) == key


@rule
def twice(number: int) -> int:
    """Twice a number."""
    return 2 * number


@step
def thrice(number: int) -> int:
    """Three times a number."""
    return number + twice(number)


def test_a_step_is_compiled_once_however_a_call_writes_a_number() -> None:
    """A literal and a name of an enumeration are numbers like others, for a loop and for another step."""

    def loop(number: int) -> int:
        return thrice(1) + thrice(Stage.STABLE) + thrice(number) + twice(2)

    assert numba.njit(loop)(5) == loop(5)
    assert [len(part.overloads) for part in (twice.part, thrice.part)] == [1, 1]  # type: ignore[attr-defined]


def test_a_loss_is_felt_twice_a_gain() -> None:
    def moved(performed: float) -> float:
        return customer.update_satisfaction(0.6, performed, 0.6, 0.3, 1.5, 2.0) - 0.6

    assert moved(0.5) == pytest.approx(0.3 * (-0.1 - 1.5 * 2.0 * 0.1)) and moved(0.7) == pytest.approx(
        0.3 * (0.1 + 1.5 * 0.1)
    )


def test_old_customers_are_anchored_but_still_feel() -> None:
    weights = [customer.experience_weight(tenure, 0.30, 0.05, 0.15) for tenure in (0, 12, 120, 10_000)]
    assert weights[0] == pytest.approx(0.30) and weights == sorted(weights, reverse=True) and weights[-1] > 0.05


def damage(is_repeated: bool, outcome: int, recovery: float = 1.0) -> float:
    """Damage of a large failure under the default factors."""
    return customer.damage_left(0.6, is_repeated, outcome, 1.5, recovery, 0.85, 0.35, -0.1, -0.2)


def test_recovery_orders_the_damage_and_a_second_failure_is_worse() -> None:
    left = [damage(False, outcome) for outcome in range(5)]
    assert left == sorted(left, reverse=True) and left[3] < 0.0
    assert damage(True, 0) > left[0]
    assert {damage(False, outcome, recovery=0.0) for outcome in range(5)} == {0.6}


def test_switching_cost_is_money_and_effort() -> None:
    assert customer.switching_cost(
        customer.hassle_left(100.0, 0.5, False, 0.4, 1.0), 11.0, 10, 20.0, 7.0, 5.0
    ) == pytest.approx(50.0 + 110.0 + 20.0 + 7.0 + 5.0)
    assert (
        customer.hassle_left(100.0, 0.5, True, 0.4, 1.0)
        == pytest.approx(20.0)
        == pytest.approx(2.0 * customer.hassle_left(100.0, 0.5, True, 0.4, 0.5))
    )


def test_slow_porting_is_worth_little() -> None:
    worth = [customer.effective_portability(0.8, days, 5.0) for days in (0.0, 5.0, 20.0)]
    assert worth == pytest.approx([0.8, 0.4, 0.05])


def test_bad_news_weighs_twice() -> None:
    """Two ties, one delighted and one disappointed, against a reputation in the middle: the belief leans to the bad
    one.
    """
    reports = (0.9, 0.3)
    told = sum(customer.reach(report, 0.5, 2.0) for report in reports)
    heard = sum(report * customer.reach(report, 0.5, 2.0) for report in reports)
    assert told == 3.0
    assert (
        customer.believed(0.6, 0.8, 0.0, heard, told, 0.25)
        < 0.6
        < customer.believed(0.6, 0.8, 0.15, sum(reports), 2.0, 0.25)
    )


BOUNDS = (6, 12, 0.5, 24, 0.4, 0.8, 12)  # months of exploring, content, months of forming, committed, decline, won back


def test_relations_move_through_their_stages() -> None:
    stages = [customer.lifecycle_stage(True, False, False, tenure, 0.7, 0.3, 1.0, *BOUNDS) for tenure in (0, 6, 24)]
    assert stages == [Stage.EXPLORATION, Stage.FORMATION, Stage.STABLE]
    assert customer.lifecycle_stage(True, False, False, 60, 0.7, 0.3, 0.5, *BOUNDS) == Stage.DECLINE
    assert [customer.lifecycle_stage(False, had, False, 0, 0.7, 0.3, 1.0, *BOUNDS) for had in (False, True)] == [
        Stage.PROSPECT,
        Stage.GONE,
    ]
    assert customer.lifecycle_stage(True, True, True, 3, 0.7, 0.3, 1.0, *BOUNDS) == Stage.WON_BACK
    assert [
        customer.ended_relation(*end, 36)
        for end in ((Stage.EXPLORATION, 3), (Stage.FORMATION, 12), (Stage.STABLE, 30), (Stage.STABLE, 36))
    ] == [0, 1, 2, 3]


def test_spurious_loyalty_is_patronage_without_attitude() -> None:
    kinds = {
        (attitude, is_patron): TYPES[customer.loyalty_type(attitude, is_patron)]
        for attitude in (-1.0, 1.0)
        for is_patron in (False, True)
    }
    assert kinds == {(-1.0, False): "none", (-1.0, True): "spurious", (1.0, False): "latent", (1.0, True): "true"}


@pytest.mark.parametrize(
    ("phase", "open_to"), [(Phase.COGNITIVE, Occasion.PRICE_NEWS), (Phase.AFFECTIVE, Occasion.BAD_EXPERIENCE)]
)
def test_each_phase_of_loyalty_has_its_own_weakness(phase: int, open_to: int) -> None:
    by_occasion = [
        customer.vulnerability(phase, occasion, 0.5)
        for occasion in (Occasion.PRICE_NEWS, Occasion.BAD_EXPERIENCE, Occasion.WANDERLUST)
    ]
    assert by_occasion.index(max(by_occasion)) == open_to and max(by_occasion) == 1.5
    assert customer.vulnerability(Phase.ACTION, Occasion.PRICE_NEWS, 0.5) < 1.0


def test_nest_of_one_scale_is_logit() -> None:
    values = [0.3, -1.0, 2.0]
    total = sum(math.exp(value - 2.0) for value in values)
    assert customer.inclusive_value(2.0, total, 1.0) == pytest.approx(math.log(sum(map(math.exp, values))))


@pytest.mark.parametrize(
    ("rule", "event"),
    [(draws.uniform, draws.USAGE), (draws.bounded_normal, draws.NETWORK), (draws.gumbel, draws.PLAN_SHOCK)],
)
def test_draws_have_the_moments_they_claim(rule: Callable[..., float], event: int) -> None:
    """Means and variances within four standard errors (kurtosis: uniform 1.8, bounded normal 2.7, Gumbel 5.4)."""
    mean, variance, kurtosis = {
        draws.uniform: (0.5, 1 / 12, 1.8),
        draws.bounded_normal: (0.0, 1.0, 2.7),
        draws.gumbel: (0.5772156649, math.pi**2 / 6, 5.4),
    }[rule]
    key, count = np.uint64(draws.month_key(3, draws.LUCK, 1)), 40_000
    drawn = np.array([rule(key, event, i, 0) for i in range(count)])
    assert abs(drawn.mean() - mean) < 4.0 * math.sqrt(variance / count)
    assert abs(drawn.var() - variance) < 4.0 * variance * math.sqrt((kurtosis - 1.0) / count)
