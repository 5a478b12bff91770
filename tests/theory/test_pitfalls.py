"""What an analyst gets wrong who leaves something out, against reference cases: lasting tastes taken for switching
costs (P01), prices set by who knows quality (P02).
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pytest

from sim import Market
from sim.analysis.estimation import Choices, Estimates, choices_of, fit_choices
from sim.config import Scenario
from tests.theory.builders import case, check_mean, choosers, operators_of, price_sensitivity, random_fees, textbook

pytestmark = pytest.mark.theory

STATE, PRICES = case("P01"), case("P02")

# --- state dependence and heterogeneity ------------------------------------------------------------------------------

WORLDS = 8  # of the case
MANY = 24  # of ours, where there is time
PEOPLE = 10_000  # among whom those of the case are found
MODELS = {"naive": {}, "mixed": {"tastes": (1, 2, 3)}, "wooldridge": {"tastes": (1, 2, 3), "opening": True}}
PARAMETERS = {"mean_price": "price_sensitivity", "mean_sd_asc1": "taste_sd_1", "mean_init": "opening"}
ESTIMATES = [
    (world, model, name)
    for world, models in STATE["expected"].items()
    for model in MODELS
    if models[model]
    for name in ("mean_switch", *PARAMETERS)
    if name in models[model]
]


@cache
def choices(world: str, seed: int) -> Choices:
    """Twelve months of 500 people, as an analyst sees them.

    The case does not say how prices move, nor with whom people start: here as in C15, by its process and with all
    operators alike, and in burn-in at mean prices. In the case, nobody has a taste for the first operator; in the lab,
    people have one for each. So these are the 500 of 10,000 to whom the first means least, as is seen where all start
    with it: within 0.13 utils, a thousandth of the variance of tastes."""
    inputs = STATE["inputs"]
    config, fees = inputs["configs"][world], random_fees(inputs["T"], seed)
    with TemporaryDirectory() as folder:
        everyone_first = choosers(
            Path(folder), inputs, fees, config["kappa"], PEOPLE, (1.0, 0.0, 0.0, 0.0), config["sd"]
        )
        scenario = choosers(
            Path(folder), inputs, fees, config["kappa"], PEOPLE, taste_sd=config["sd"], burn_in=config["burn_in_months"]
        )
    among = np.argsort(np.abs(Market(everyone_first, seed=seed).customers.taste), kind="stable")[: inputs["N"]]
    market = Market(scenario, seed=seed).run()
    return choices_of(market.panel[market.panel["customer"].isin(among)], market.prices)


@cache
def fit(world: str, model: str, seed: int) -> Estimates:
    return fit_choices(choices(world, seed), attention=False, heterogeneity=False, **MODELS[model])


def switch(world: str, model: str, worlds: int) -> np.ndarray:
    """Estimated utility of leaving, utils, shape (worlds,): the switching cost is minus that."""
    values = [fit(world, model, seed).values for seed in range(1, worlds + 1)]
    return np.array([-found["price_sensitivity"] * found["switching_cost"] for found in values])


@pytest.mark.parametrize("worlds", [1, pytest.param(MANY, marks=pytest.mark.validate)])
@pytest.mark.parametrize(("world", "model", "name"), ESTIMATES)
def test_estimates_of_switching_costs(world: str, model: str, name: str, worlds: int) -> None:
    """Over worlds, a number spreads as the case says or, where it does not, as estimation reports."""
    expected, label = STATE["expected"][world][model], f"{world}.{model}.{name}"
    if name == "mean_switch":
        check_mean(STATE, label, switch(world, model, worlds), expected[name], expected["sd_switch"], WORLDS)
        return
    fits, sign = [fit(world, model, seed) for seed in range(1, worlds + 1)], -1.0 if name == "mean_price" else 1.0
    sd = float(np.mean([found.errors[PARAMETERS[name]] for found in fits]))
    check_mean(STATE, label, [sign * found.values[PARAMETERS[name]] for found in fits], expected[name], sd, WORLDS)


def test_tastes_alone_look_like_a_switching_cost() -> None:
    naive, mixed = (
        fit("B_no_switching_cost_sd2", model, 1).table(switching_cost=0.0).loc["switching_cost", "distance"]
        for model in ("naive", "mixed")
    )
    assert naive > 10.0 and abs(mixed) < 4.0


@pytest.mark.validate
def test_who_began_where_matters_after_a_burn_in() -> None:
    """Taken as exogenous, the operator that tastes chose raises the switching cost, by more than 4 standard errors;
    given it, most of that is gone (Wooldridge 2005).
    """
    mixed, given = (switch("D_kappa1_sd2_stationary_start", model, MANY) for model in ("mixed", "wooldridge"))
    assert mixed.mean() + 1.0 < -4.0 * mixed.std(ddof=1) / np.sqrt(MANY)
    gain = given - mixed
    assert gain.mean() > 4.0 * gain.std(ddof=1) / np.sqrt(MANY) and abs(given.mean() + 1.0) < 0.5 * abs(
        mixed.mean() + 1.0
    )


# --- prices that know quality ----------------------------------------------------------------------------------------


class Fit(NamedTuple):
    """Price coefficients of one replication, utils/EUR."""

    least_squares: float
    instrumented: float
    error: float  # of the second, robust
    correlation: float  # of price with unobserved quality


def priced(start: Scenario, appeals: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bertrand-Nash prices and log shares over the log share of doing without, both of shape (operators,), of operators
    with these appeals and costs.
    """
    operators = {}
    for (name, operator), appeal, cost in zip(start.operators.items(), appeals.tolist(), costs.tolist(), strict=True):
        operators[name] = operator.model_copy(
            update={
                "plans": {
                    key: plan.model_copy(update={"appeal": appeal, "cost": cost})
                    for key, plan in operator.plans.items()
                }
            }
        )
    table = Market(start.model_copy(update={"operators": operators})).demand.equilibrium()
    return table["price"].to_numpy(), np.log(table["share"] / (1.0 - table["share"].sum())).to_numpy()


def coefficients(x: np.ndarray, z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two-stage least squares of y (rows,) on x with instruments z, (rows, variables), and robust standard errors;
    least squares where z is x.
    """
    fitted = z @ np.linalg.lstsq(z, x, rcond=None)[0]
    inverse = np.linalg.inv(fitted.T @ x)
    beta = inverse @ (fitted.T @ y)
    scores = fitted * (y - x @ beta)[:, None]
    return beta, np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse.T))


@cache
def regressions(seed: int) -> Fit:
    """200 markets of operators that know all of quality; the analyst knows the part with the smaller spread, drawn by
    market and operator, and costs.
    """
    inputs, draw = PRICES["inputs"], np.random.default_rng(seed)
    shape = (inputs["markets"], inputs["operators"])
    seen, cost, unseen = (
        draw.normal(2.5, 0.3, shape),
        draw.uniform(4.0, 10.0, shape),
        inputs["unobserved_quality_sd"] * draw.standard_normal(shape),
    )
    customers = {"count": 1, **price_sensitivity(value=-inputs["alpha"])}
    with TemporaryDirectory() as folder:
        start = textbook(Path(folder), operators_of("abcd", "ABCD", [15.0] * 4, [2.5] * 4), customers=customers)
    price, y = (
        np.concatenate(columns)
        for columns in zip(*(priced(start, *market) for market in zip(seen + unseen, cost, strict=True)), strict=True)
    )
    x, z = (np.column_stack([first, np.ones(price.size), seen.ravel()]) for first in (price, cost.ravel()))
    (least_squares, _), (instrumented, errors) = coefficients(x, x, y), coefficients(x, z, y)
    return Fit(least_squares[0], instrumented[0], errors[0], float(np.corrcoef(price, unseen.ravel())[0, 1]))


@pytest.mark.parametrize("worlds", [1, pytest.param(PRICES["expected"]["replications"], marks=pytest.mark.validate)])
@pytest.mark.parametrize("name", ["ols_mean", "iv_mean", "corr_price_xi"])
def test_estimates_of_price_coefficients(name: str, worlds: int) -> None:
    expected, found = PRICES["expected"], [regressions(seed) for seed in range(1, worlds + 1)]
    # were both normal
    sd_of_correlation = (1.0 - expected["corr_price_xi"] ** 2) / np.sqrt(
        PRICES["inputs"]["markets"] * PRICES["inputs"]["operators"]
    )
    values, sd = {
        "ols_mean": ([fit.least_squares for fit in found], expected["ols_sd"]),
        "iv_mean": ([fit.instrumented for fit in found], expected["iv_sd"]),
        "corr_price_xi": ([fit.correlation for fit in found], sd_of_correlation),
    }[name]
    check_mean(PRICES, name, values, expected[name], sd, expected["replications"])


@pytest.mark.validate
def test_intervals_of_price_coefficients_are_as_wide_as_they_should() -> None:
    expected = PRICES["expected"]
    found = [regressions(seed) for seed in range(1, expected["replications"] + 1)]
    errors = [fit.error for fit in found]
    covered = [abs(fit.instrumented - expected["true_price_coefficient"]) < 1.96 * fit.error for fit in found]
    check_mean(
        PRICES,
        "iv_mean_reported_se",
        errors,
        expected["iv_mean_reported_se"],
        float(np.std(errors, ddof=1)),
        expected["replications"],
    )
    check_mean(
        PRICES, "iv_coverage_95", covered, expected["iv_coverage_95"], np.sqrt(0.95 * 0.05), expected["replications"]
    )


def test_prices_that_know_quality_hide_how_sensitive_customers_are() -> None:
    """In one replication, by more than 4 standard deviations; with costs as instrument, the truth is within 4."""
    found, expected = regressions(1), PRICES["expected"]
    assert found.least_squares - expected["true_price_coefficient"] > 4.0 * expected["ols_sd"]
    assert abs(found.instrumented - expected["true_price_coefficient"]) < 4.0 * found.error
