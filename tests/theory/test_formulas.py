"""Closed formulas against the reference cases: customer value (C06), concentration and recommendation (C13), queues
(C14).
"""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from agents.care import erlang_a, erlang_b, erlang_c
from sim.kpis import clv, clv_elasticity, gini, hhi, nps, top_share
from tests.theory.builders import case, check, check_names

pytestmark = pytest.mark.theory

CLV, MEASURES, QUEUES = case("C06"), case("C13"), case("C14")


def customer_values() -> Iterator[tuple[str, float]]:
    """Yield margin multiples and elasticities, yearly and monthly."""
    inputs = CLV["inputs"]
    for r in inputs["retention"]:
        for i in inputs["discount"]:
            yield f"multiple[r={r},i={i}]", clv(1.0, r, i, first="next")
            yield f"elasticity[r={r},i={i}]", clv_elasticity(r, i)
    monthly = (1.0 + inputs["monthly"]["discount_annual"]) ** (1 / 12) - 1.0
    for churn in inputs["monthly"]["churn_monthly"]:
        yield f"monthly_multiple[churn={churn}]", clv(1.0, 1.0 - churn, monthly, first="next")


def pareto_groups(alpha: float, groups: int = 100_000) -> tuple[np.ndarray, np.ndarray]:
    """Return mean value and population share of ever smaller groups towards the top of a Pareto distribution."""
    above = np.linspace(1.0, 0.0, groups + 1) ** 15  # share of people above each boundary
    shares = -np.diff(above)
    held = -np.diff(above ** (1.0 - 1.0 / alpha))  # Lorenz curve: 1 - L = above^(1 - 1 / alpha)
    return held / shares, shares


def measures() -> Iterator[tuple[str, float]]:
    """Yield concentration, inequality and recommendation on the case's data."""
    inputs = MEASURES["inputs"]
    subscribers, scores, revenues = inputs["subscribers"], inputs["nps_scores"], inputs["customer_revenues"]
    kept = [count for operator, count in enumerate(subscribers) if operator not in inputs["merge_indices"]]
    merged = [*kept, sum(subscribers[operator] for operator in inputs["merge_indices"])]
    values, shares = pareto_groups(inputs["pareto"]["alpha"])
    yield "HHI", 10_000 * hhi(subscribers)
    yield "HHI_after", 10_000 * hhi(merged)
    yield "delta_HHI", 10_000 * (hhi(merged) - hhi(subscribers))
    yield "equivalent_number", 1.0 / hhi(subscribers)
    yield "C3", 100 * top_share(subscribers, 3 / len(subscribers))
    yield "gini", gini(revenues)
    yield "top20_revenue_share", top_share(revenues, 0.2)
    yield "NPS", nps(scores)
    yield "NPS_se", float(np.std([nps([score]) for score in scores]) / math.sqrt(len(scores)))
    yield "pareto_gini", gini(values, shares)
    yield "pareto_top_share", top_share(values, inputs["pareto"]["q"], shares)


def queues() -> Iterator[tuple[str, float]]:
    """Yield blocking, waiting and giving up in the case's call centre."""
    inputs = QUEUES["inputs"]
    arrivals, handling, agents = inputs["lambda_per_min"], inputs["mean_service_min"], inputs["agents"]
    load = arrivals * handling
    waits = erlang_c(load, agents)
    spare = (agents - load) / handling  # rate at which a queue empties
    limited = erlang_a(arrivals, handling, inputs["mean_patience_min"], agents)
    yield "erlang_B_blocking", erlang_b(load, agents)
    yield "erlang_C_wait_prob", waits
    yield "erlang_C_mean_wait_min", waits / spare
    yield "erlang_C_service_level", 1.0 - waits * math.exp(-spare * inputs["service_level_threshold_min"])
    yield "erlang_A.P_wait", limited.wait_probability
    yield "erlang_A.P_abandon", limited.abandonment
    yield "erlang_A.mean_wait_all", limited.mean_wait
    yield "erlang_A.utilisation", limited.utilisation


@pytest.mark.parametrize("name", check_names(CLV))
def test_customer_value(name: str) -> None:
    check(CLV, name, dict(customer_values())[name])


@pytest.mark.parametrize("name", check_names(MEASURES))
def test_measures(name: str) -> None:
    check(MEASURES, name, dict(measures())[name])


@pytest.mark.parametrize("name", check_names(QUEUES))
def test_queues(name: str) -> None:
    check(QUEUES, name, dict(queues())[name])


@pytest.mark.parametrize("rung", QUEUES["expected"]["staffing_ladder"], ids=lambda rung: f"agents={rung['agents']}")
def test_staffing_ladder(rung: dict[str, float]) -> None:
    inputs = QUEUES["inputs"]
    found = erlang_a(inputs["lambda_per_min"], inputs["mean_service_min"], inputs["mean_patience_min"], rung["agents"])
    expected = (rung["P_wait"], rung["P_abandon"], rung["mean_wait_all"], rung["utilisation"])
    assert found == pytest.approx(expected, abs=QUEUES["tolerance"]["formula"])


@pytest.mark.parametrize("row", CLV["expected"]["monthly"], ids=lambda row: f"churn={row['churn']}")
def test_first_margin_now_is_one_margin_more(row: dict[str, float]) -> None:
    assert clv(1.0, row["r"], row["monthly_discount"], first="now") == pytest.approx(
        row["multiple_first_margin_now"], abs=1e-4
    )


@pytest.mark.parametrize("name", ["erlang_A.P_abandon", "no such check"])
def test_a_wrong_or_missing_number_fails(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHURNLAB_CHECKS", raising=False)  # this is no number of the lab
    with pytest.raises(AssertionError):
        check(QUEUES, name, 0.04)


def test_a_missing_case_fails() -> None:
    with pytest.raises(AssertionError, match="C99"):
        case("C99")
