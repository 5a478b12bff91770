"""Rivals that respond may also copy: they take the focal operator's policy on after some months, and not before."""

from functools import cache

import pytest

from sim import Market, load_scenario

pytestmark = pytest.mark.contract

SMALL = ["customers.count=600", "burn_in=6", "months=6", "policies=[none,points,price_cut]", "copy_after=3"]


@cache
def world(*overrides: str) -> Market:
    """The default market at month 0."""
    return Market(load_scenario("europe_three", [*SMALL, *overrides]))


def runners(market: Market) -> list[str]:
    """Operators that run points in the present month."""
    return [one.name for one in market.operators if "points" in one.loyalty]


@pytest.mark.parametrize(("response", "late"), [("static", ["alpha"]), ("responding", ["alpha"]), ("copying", None)])
def test_rivals_copy_a_lever_after_their_delay_where_they_copy(response: str, late: list[str] | None) -> None:
    market = world().fork(policy="points", response=response)  # type: ignore[arg-type]
    market.step()
    market.step()
    assert runners(market) == ["alpha"]
    market.step()
    assert runners(market) == (late or market.operator_names)


def test_a_price_cut_is_copied_too_and_until_then_nothing_differs() -> None:
    copying, responding = (world().fork(policy="price_cut", response=kind).run() for kind in ("copying", "responding"))
    fees = copying.prices.merge(responding.prices, on=["month", "operator", "plan"], suffixes=("", "_else"))
    differ = fees[fees["fee"] != fees["fee_else"]]
    assert set(differ["operator"]) == {"beta", "gamma"} and set(differ["month"]) == {3, 4, 5, 6}
    assert differ["fee"].to_numpy() == pytest.approx(0.9 * differ["fee_else"].to_numpy())
    assert copying.kpis.query("month < 3").equals(responding.kpis.query("month < 3"))


def test_doing_nothing_is_not_copied() -> None:
    copying, responding = (world().fork(policy="none", response=kind).run() for kind in ("copying", "responding"))
    assert copying.kpis.equals(responding.kpis)


def test_a_rival_with_a_delay_or_a_lever_of_its_own_keeps_it() -> None:
    own = "operators.beta.loyalty={mine: {kind: points, earn: 2}}"
    market = world("operators.gamma.mirror_after=5", own).fork(policy="points", response="copying")
    delays = {one.name: one.mirror_after for one in market.operators}
    assert delays == {"alpha": None, "beta": None, "gamma": 5}
    assert runners(market.run()) == ["alpha", "gamma"] and market.operators[1].loyalty["mine"].kind == "points"
