"""Demand against reference cases: logit (C01), mixed logit (C02), surplus (C04), an econometrician's estimates (C15),
nested logit (C19).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import Market, load_scenario
from sim.analysis.weighing import weigh
from sim.start import opening
from tests.theory.builders import (
    CASES,
    all_names,
    case,
    check,
    choosers,
    operators_of,
    plan_shares,
    price_sensitivity,
    random_fees,
    textbook,
)

pytestmark = pytest.mark.theory

LOGIT, MIXED, SURPLUS, PANEL, NESTED = case("C01"), case("C02"), case("C04"), case("C15"), case("C19")
PEOPLE = 200_000
LOGNORMAL = {
    "distribution": "lognormal",
    "mean_log": SURPLUS["inputs"]["lognormal"]["m"],
    "sd_log": SURPLUS["inputs"]["lognormal"]["s"],
}


def market(
    folder: Any,
    fees: list[float] | None = None,
    sensitivity: dict[str, Any] | None = None,
    count: int = PEOPLE,
    **keys: Any,
) -> Market:
    """Build the four operators and six plans that C01, C02, C04 and C19 share."""
    inputs = LOGIT["inputs"]
    operators = operators_of(
        inputs["plans"], inputs["operator_of_plan"], fees or inputs["price_eur_month"], inputs["quality_utils"]
    )
    customers = {"count": count, **price_sensitivity(**(sensitivity or {"value": 0.12}))}
    return Market(textbook(folder, operators, customers=customers, **keys))


def numbered(label: str, values: Any) -> Iterator[tuple[str, float]]:
    """Name values as the cases do: label[0], label[1], ..."""
    yield from ((f"{label}[{k}]", float(value)) for k, value in enumerate(values))


# --- logit -----------------------------------------------------------------------------------------------------------


def arc_elasticity(folder: Any, plan: int, change: float = 0.05) -> float:
    """Own elasticity seen in two simulated markets that differ in one fee and in no draw."""
    shares, fees = [], LOGIT["inputs"]["price_eur_month"]
    for factor in (1.0 + change, 1.0 - change):
        moved = [fee * factor if k == plan else fee for k, fee in enumerate(fees)]
        shares.append(plan_shares(market(folder, moved).run()).iloc[plan])
    return float(np.log(shares[0] / shares[1]) / np.log((1.0 + change) / (1.0 - change)))


@pytest.fixture(scope="module")
def logit(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    folder = tmp_path_factory.mktemp("logit")
    simulated = market(folder)
    elasticities = np.diag(simulated.demand.elasticities())
    shares = plan_shares(simulated.run())
    arcs = [arc_elasticity(folder, plan) for plan in range(len(elasticities))]
    found = [
        *numbered("share", shares.iloc[:-1]),
        ("outside", shares["outside"]),
        *numbered("own_elasticity", elasticities),
        *numbered("arc_own_elasticity", arcs),
    ]
    return dict(found)


@pytest.mark.parametrize("name", all_names(LOGIT))
def test_logit(name: str, logit: dict[str, float]) -> None:
    check(LOGIT, name, logit[name])


@pytest.mark.parametrize(
    ("kind", "sensitivity", "expected"),
    [
        ("logit", {"value": 0.12}, LOGIT["expected"]),
        ("normal", {"distribution": "normal", "mean": 0.12, "sd": 0.03}, MIXED["expected"]["normal"]),
        ("lognormal", LOGNORMAL, MIXED["expected"]["lognormal"]),
    ],
)
def test_exact_demand(kind: str, sensitivity: dict[str, Any], expected: dict[str, Any], tmp_path: Any) -> None:
    demand = market(tmp_path, sensitivity=sensitivity, count=1).demand
    assert demand.probabilities().to_numpy() == pytest.approx(
        [*expected["plan_shares"], expected["outside_share"]], abs=1e-8
    )
    # The reference integrates over 25 nodes; a finer grid puts its own error in slopes at up to 3e-7.
    assert demand.elasticities().to_numpy() == pytest.approx(np.array(expected["own_cross_elasticity"]), abs=1e-6)
    assert demand.diversion_ratios().to_numpy() == pytest.approx(np.array(expected["diversion_ratios"]), abs=1e-6)
    assert demand.diversion_ratios().to_numpy().sum(axis=1) == pytest.approx(1.0, abs=1e-12)


# --- mixed logit -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    spec, found = MIXED["inputs"]["specs"]["normal"], {}
    normal = {"distribution": "normal", "mean": -spec["price_coef_mean"], "sd": spec["price_coef_sd"]}
    for kind, sensitivity in (("normal", normal), ("lognormal", LOGNORMAL)):
        shares = plan_shares(market(tmp_path_factory.mktemp(kind), sensitivity=sensitivity).run())
        found |= dict(numbered(f"{kind}.share", shares.iloc[:-1])) | {f"{kind}.outside": shares["outside"]}
    return found


@pytest.mark.parametrize("name", all_names(MIXED))
def test_mixed_logit(name: str, mixed: dict[str, float]) -> None:
    check(MIXED, name, mixed[name])


# --- surplus ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def surplus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    folder, inputs, found = tmp_path_factory.mktemp("surplus"), SURPLUS["inputs"], {}
    for kind, sensitivity in (("mnl", {"value": -inputs["price_coef_mnl"]}), ("lognormal", LOGNORMAL)):
        after, before = (
            market(folder, inputs[f"price_{when}"], sensitivity, count=1).demand.consumer_surplus()
            for when in ("after", "before")
        )
        found |= {f"{kind}.cs_before": before, f"{kind}.cs_after": after, f"{kind}.change": after - before}
        found[f"{kind}.cs_if_last_plan_withdrawn"] = Market(
            load_scenario(folder / "market.yaml", ["~operators.D"])
        ).demand.consumer_surplus()
    # The log-sum is expected systematic utility plus the entropy of choice; the market reports the first and shows the
    # second.
    simulated = market(folder, inputs["price_before"]).run()
    shares = plan_shares(simulated)
    found["mnl.cs_before_mc"] = (
        simulated.overview["consumer_surplus"].iloc[-1]
        - float((shares * np.log(shares)).sum()) / -inputs["price_coef_mnl"]
    )
    return found


@pytest.mark.parametrize("name", all_names(SURPLUS))
def test_surplus(name: str, surplus: dict[str, float]) -> None:
    check(SURPLUS, name, surplus[name])


def test_a_plan_withdrawn_by_null_is_gone(tmp_path: Any, surplus: dict[str, float]) -> None:
    market(tmp_path, count=1)
    (tmp_path / "without.yaml").write_text("defaults: [market, _self_]\noperators: {D: null}\n", encoding="utf-8")
    left = Market(load_scenario(tmp_path / "without.yaml"))
    assert "D_lowcost" not in left.demand.probabilities().index
    assert left.demand.consumer_surplus() == surplus["mnl.cs_if_last_plan_withdrawn"]


def test_surplus_falls_by_the_share_that_pays_a_rise_also_in_a_recession(tmp_path: Any) -> None:
    """Roy's identity: the derivative of consumer surplus by a fee is minus the plan's share, whatever a euro weighs."""
    poor, step = market(tmp_path, sensitivity=LOGNORMAL, count=500), 1e-4
    poor.world.rules = replace(poor.world.rules, sensitivity=1.5)
    fees, shares = poor.offers.plans.fee, poor.demand.probabilities()
    for plan in range(len(fees)):
        found = []
        for change in (step, -2.0 * step):
            fees[plan] += change
            found.append(poor.demand.consumer_surplus())
        fees[plan] += step
        assert (found[0] - found[1]) / (2.0 * step) == pytest.approx(-shares.iloc[plan], abs=1e-6)


@pytest.mark.parametrize("effort", [0.0, 8.0])
def test_demand_knows_by_weighing_whether_history_matters(effort: float, tmp_path: Any) -> None:
    """Where a change of brand takes effort, what people hold matters; whoever is present is asked either way."""
    inputs = LOGIT["inputs"]
    operators = operators_of(
        inputs["plans"], inputs["operator_of_plan"], inputs["price_eur_month"], inputs["quality_utils"]
    )
    for number, plan in enumerate(plan for operator in operators.values() for plan in operator["plans"].values()):
        plan["brand"] = f"brand_{number}"
    keys = {
        "behaviour": {"choice": {"brand_change": effort}},
        "customers": {"count": 20_000, **price_sensitivity(value=0.12)},
    }
    lived = Market(textbook(tmp_path, operators, months=2, **keys)).run()
    everybody = weigh(lived.world, np.flatnonzero(lived.state.plan >= -1)).probabilities.mean(axis=0)
    assert lived.demand.probabilities().to_numpy() == pytest.approx(everybody, abs=1e-12)
    assert lived.demand._is_static() == (effort == 0.0)


# --- nested logit ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return market(tmp_path_factory.mktemp("nested"), behaviour={"choice": {"nest": 1.0 - NESTED["inputs"]["rho"]}})


@pytest.mark.parametrize("name", all_names(NESTED))
def test_nested_logit(name: str, nested: Market) -> None:
    found = dict(numbered("share", nested.demand.probabilities().iloc[:-1])) | {"cs": nested.demand.consumer_surplus()}
    check(NESTED, name, found[name])


def test_nested_substitution(nested: Market) -> None:
    assert nested.demand.elasticities().to_numpy() == pytest.approx(
        np.array(NESTED["expected"]["elasticity"]), abs=1e-8
    )
    assert nested.demand.diversion_ratios().to_numpy() == pytest.approx(
        np.array(NESTED["expected"]["diversion"]), abs=1e-8
    )


def test_simulated_nested_choice(nested: Market) -> None:
    exact = nested.demand.probabilities()
    errors = (plan_shares(nested.fork().run()) - exact) / np.sqrt(exact * (1.0 - exact) / PEOPLE)
    assert errors.abs().max() < 4.0


# --- the econometrician ----------------------------------------------------------------------------------------------


def conditional_logit(x: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Maximum-likelihood coefficients by Newton's method; x: (situations, alternatives, variables), chosen:
    (situations,).
    """
    beta = np.zeros(x.shape[2])
    for _ in range(50):
        utility = x @ beta
        chance = np.exp(utility - utility.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        centred = x - np.einsum("nj,njk->nk", chance, x)[:, None, :]
        gradient = centred[np.arange(len(x)), chosen].sum(axis=0)
        move = np.linalg.solve(np.einsum("nj,njk,njl->kl", chance, centred, centred), gradient)
        beta = beta + move
        if np.abs(move).max() < 1e-12:
            return beta
    raise AssertionError("no maximum found")


def estimates(label: str, prices: np.ndarray, current: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    """Coefficients by the case's names; prices: (situations, operators), current and chosen: operator codes."""
    others = np.arange(4)[None, :] != current[:, None]
    intercepts = np.broadcast_to(np.eye(4)[:, 1:], (len(prices), 4, 3))
    beta = conditional_logit(np.concatenate([prices[:, :, None], others[:, :, None], intercepts], axis=2), chosen)
    return {
        f"{label}.{name}": float(value)
        for name, value in zip(("price", "switch", "asc1", "asc2", "asc3"), beta, strict=True)
    }


@pytest.fixture(scope="module")
def from_csv() -> dict[str, float]:
    frame = pd.read_csv(CASES / PANEL["inputs"]["panel_csv"]).sort_values(["customer", "month", "operator"])
    prices, switch, chosen = (frame[name].to_numpy().reshape(-1, 4) for name in ("price", "switch", "chosen"))
    return estimates("csv", prices.astype(float), switch.argmin(axis=1), chosen.argmax(axis=1))


@pytest.fixture(scope="module")
def from_market(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Let an analyst estimate from the panel of a market with random fees what its customers want."""
    inputs = PANEL["inputs"]
    fees = random_fees(inputs["T"])
    scenario = choosers(tmp_path_factory.mktemp("panel"), inputs, fees, inputs["kappa"], inputs["N"])
    panel = Market(scenario).run().panel
    chosen = np.where(panel["churned"], panel["destination"].cat.codes, panel["operator"].cat.codes)
    return estimates("recover", fees[panel["month"].to_numpy() - 1], panel["operator"].cat.codes.to_numpy(), chosen)


@pytest.mark.parametrize("name", all_names(PANEL))
def test_the_econometrician_recovers_the_customers(
    name: str, from_csv: dict[str, float], from_market: dict[str, float]
) -> None:
    check(PANEL, name, (from_csv | from_market)[name])


# --- the file of the design ------------------------------------------------------------------------------------------


def test_appeals_that_hold_the_opening_shares_are_the_same_by_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """How an inversion goes about is its own affair: where it rests is where shares are met, within `AT_REST`."""
    scenario, found = load_scenario("classroom", ["customers.count=500", "burn_in=0"]), []
    for part in (opening.DAMPING, 0.3):
        monkeypatch.setattr(opening, "DAMPING", part)
        found.append(Market(scenario).world.offers.plans.appeal.copy())
    assert not np.array_equal(*found)
    assert np.abs(found[0] - found[1]).max() < 20.0 * opening.AT_REST


def test_the_textbook_file_runs_as_it_stands() -> None:
    market = Market(load_scenario(CASES.parent / "textbook.yaml")).run()
    assert market.month == 24 and len(market.customers) == 200_000
    opening = market.ports.query("month == 1 and `from` == 'outside'")["count"].sum()
    assert opening > 0 and market.kpis.query("month == 1")["subscribers"].sum() < 200_000
    last = market.prices.query("month == 24").set_index("plan")["fee"]
    assert last[["A_basic", "A_plus"]].tolist() == [15.0, 30.0]
    assert last["B_basic"] == pytest.approx(market.demand.best_reply(1)["B_basic"], rel=1e-9)
    exact = market.demand.probabilities()
    errors = (plan_shares(market) - exact) / np.sqrt(exact * (1.0 - exact) / 200_000)
    assert errors.abs().max() < 4.0
