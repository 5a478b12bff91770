"""The econometrician's return: what customers of a known market are like is recovered from its panel, and missed as is
known where something is left out.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from sim import Market
from sim.analysis.estimation import (
    Choices,
    Estimates,
    _Likelihood,
    _nodes,
    choices_of,
    fit_choices,
    fit_retention,
    survival_of,
)
from sim.errors import InputError
from tests.test_docs import HOUSE, Reader, blocks_of, desk
from tests.theory.builders import case, check, operators_of, price_sensitivity, textbook

pytestmark = pytest.mark.theory

HORIZON, MONTHS = 12, 24
TRUTH = {
    "price_sensitivity": 0.25,
    "sensitivity_sd": 0.08,
    "switching_cost": 5.0,
    "attention": 0.3,
    "appeal_1": 0.4,
    "appeal_2": -0.3,
}
Draw = np.random.Generator


@cache
def choices(seed: int, people: int = 3_000) -> Choices:
    """Panel of customers who differ in price sensitivity, look in three months of ten, and pay 60 for switching, under
    random fees.
    """
    draw = np.random.default_rng(seed)
    operators = operators_of(
        "abc", "ABC", [20.0, 22.0, 18.0], [0.0, TRUTH["appeal_1"], TRUTH["appeal_2"]], start_share=1.0 / 3.0
    )
    for operator in operators.values():
        operator["pricing"] = {
            "kind": "schedule",
            "fees": dict(enumerate(np.clip(1.0 + 0.18 * draw.standard_normal(MONTHS), 0.5, 1.5).tolist(), start=1)),
        }
    sensitivity = price_sensitivity(distribution="normal", mean=TRUTH["price_sensitivity"], sd=TRUTH["sensitivity_sd"])
    behaviour = {
        "horizon": HORIZON,
        "attention": {"base": TRUTH["attention"]},
        "switching_cost": {"hassle": HORIZON * TRUTH["switching_cost"]},
    }
    with TemporaryDirectory() as folder:
        scenario = textbook(
            Path(folder),
            operators,
            months=MONTHS,
            panel={"share": 1.0},
            customers={"count": people, "outside": False, **sensitivity},
            behaviour=behaviour,
        )
    market = Market(scenario, seed=seed).run()
    return choices_of(market.panel, market.prices)


@cache
def estimates(seed: int, attention: bool = True, heterogeneity: bool = True) -> Estimates:
    return fit_choices(choices(seed), attention, heterogeneity)


def distances(seed: int) -> pd.Series:
    """Distance of estimates from the truth in standard errors."""
    return estimates(seed).table(**TRUTH)["distance"]


def test_conditional_logit_equals_that_of_other_software() -> None:
    """Case C15, estimated by xlogit on the same file."""
    reference = case("C15")
    frame = pd.read_csv(Path(__file__).parent / "theory" / "cases" / reference["inputs"]["panel_csv"]).sort_values(
        ["customer", "month", "operator"]
    )
    prices, switch, chosen = (frame[name].to_numpy().reshape(-1, 4) for name in ("price", "switch", "chosen"))
    fit = fit_choices(
        Choices(prices.astype(float), switch.argmin(axis=1), chosen.argmax(axis=1), frame["customer"].to_numpy()[::4]),
        False,
        False,
    )
    check(reference, "csv.price", -fit.values["price_sensitivity"])
    check(reference, "csv.switch", -fit.values["price_sensitivity"] * fit.values["switching_cost"])
    for number in (1, 2, 3):
        check(reference, f"csv.asc{number}", fit.values[f"appeal_{number}"])
    assert fit.log_likelihood == pytest.approx(reference["expected"]["loglik"], abs=1e-3)
    assert fit.errors["price_sensitivity"] == pytest.approx(reference["expected"]["se_on_the_csv"]["price"], rel=0.01)


def test_customers_are_recovered_within_two_standard_errors() -> None:
    assert distances(1).abs().max() < 2.0


def test_without_attention_inertia_looks_like_a_switching_cost() -> None:
    blind = estimates(1, attention=False)
    assert blind.values["switching_cost"] - 4.0 * blind.errors["switching_cost"] > 2.0 * TRUTH["switching_cost"]
    assert blind.log_likelihood < estimates(1).log_likelihood - 100.0


def test_without_heterogeneity_price_sensitivity_is_biased_towards_nothing() -> None:
    alike = estimates(1, heterogeneity=False)
    assert alike.values["price_sensitivity"] < TRUTH["price_sensitivity"] - 2.0 * alike.errors["price_sensitivity"]
    assert alike.log_likelihood < estimates(1).log_likelihood - 10.0


def test_prices_in_cents_divide_the_sensitivity_by_a_hundred() -> None:
    data = choices(1)
    cents = fit_choices(data._replace(prices=100.0 * data.prices), True, False)
    euros = estimates(1, heterogeneity=False)
    assert 100.0 * cents.values["price_sensitivity"] == pytest.approx(euros.values["price_sensitivity"], rel=1e-3)
    assert cents.values["switching_cost"] == pytest.approx(100.0 * euros.values["switching_cost"], rel=1e-3)


@pytest.mark.validate
def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Over 24 worlds the distances are standard normal: their mean within 4 / sqrt(24), their spread in the 99.9 % band
    of chi-squared.
    """
    found = pd.DataFrame([distances(seed) for seed in range(1, 25)])
    assert (found.mean().abs() < 4.0 / np.sqrt(24)).all()
    assert found.std().between(0.58, 1.45).all()


def test_slopes_of_the_likelihood_are_its_differences() -> None:
    """With all that may be estimated together."""
    data = Choices(*(column[choices(1).person < 20] for column in choices(1)))
    names = [*TRUTH, "taste_sd_0", "taste_sd_2", "opening"]
    likelihood = _Likelihood(data._replace(prices=data.prices / 20.0), names, _nodes(3, (0, 2), True))
    at = np.array([2.0, 0.7, 0.3, -0.5, 0.4, -0.3, 1.0, 0.8, 0.5])
    assert likelihood(at)[1] == pytest.approx(
        optimize.approx_fprime(at, lambda point: likelihood(point)[0], 1e-7), abs=1e-6
    )


def test_tastes_are_for_operators_that_are_there() -> None:
    with pytest.raises(InputError, match="no such operator 3; there are 0 to 2"):
        fit_choices(choices(1), tastes=(1, 3))


def test_choices_need_one_plan_each_and_an_operator_afterwards() -> None:
    panel = pd.DataFrame(
        {
            "month": [1],
            "customer": [0],
            "operator": pd.Categorical(["a"]),
            "churned": [True],
            "destination": ["outside"],
        }
    )
    prices = pd.DataFrame({"month": [1], "operator": ["a"], "plan": ["p"], "fee": [1.0]})
    with pytest.raises(InputError, match="outside=false"):
        choices_of(panel, prices)
    with pytest.raises(InputError, match="one plan each"):
        choices_of(panel, pd.concat([prices, prices.assign(plan="q")]))


# --- cohorts ---------------------------------------------------------------------------------------------------------


def test_cohort_law_equals_that_of_other_software() -> None:
    """Case C05: the Regular cohort of Fader & Hardie (2007), fitted to its first seven years."""
    reference = case("C05")
    alive = np.array(reference["expected"]["observed_survival_pct"][:8])
    fit = fit_retention(-np.diff(alive), float(alive[-1]))
    check(reference, "fitted_alpha", fit.values["alpha"])
    check(reference, "fitted_beta", fit.values["beta"])
    assert survival_of(fit, 12) == pytest.approx(reference["expected"]["model_survival"][1:], abs=1e-4)
    assert fit.log_likelihood / alive[0] == pytest.approx(reference["expected"]["loglik_per_customer"], abs=1e-6)


def cohort(seed: int, folder: Path, people: int = 5_000, months: int = 12) -> tuple[np.ndarray, float]:
    """Leavers by month of a cohort with beta distributed hazards, and those left."""
    hazard: dict[str, Any] = {"distribution": "beta", "alpha": 0.704, "beta": 1.182}
    operators = operators_of("a", "A", [20.0], [0.0], start_share=1.0)
    market = Market(
        textbook(
            folder,
            operators,
            months=months,
            customers={"count": people, "outside": False},
            behaviour={"churn_hazard": hazard},
        ),
        seed=seed,
    ).run()
    left = market.kpis.groupby("month")["churn_voluntary"].sum().to_numpy()
    return left, people - float(left.sum())


def test_hazards_of_a_cohort_are_recovered(tmp_path: Path) -> None:
    fit = fit_retention(*cohort(1, tmp_path))
    assert (fit.table(alpha=0.704, beta=1.182)["distance"].abs() < 2.0).all()


# --- uplift ----------------------------------------------------------------------------------------------------------


@pytest.mark.validate
def test_a_large_pilot_recovers_the_effect_of_calls(tmp_path: Path) -> None:
    """The tutorial with 500,000 people: the mean effect, and a point of predicted uplift is a point of true effect,
    within two standard errors.
    """
    page = (HOUSE / "docs" / "tutorials" / "uplift.md").read_text(encoding="utf-8")
    reader = Reader(in_full=True)
    with desk(tmp_path):
        for block in blocks_of(page.replace("count: 60_000", "count: 500_000")):
            reader.follow(block)
    found = reader.names
    assert abs(found["saved"] - found["effect"].mean()) < 2.0 * found["error"]
    assert abs(found["line"].params["predicted"] - 1.0) < 2.0 * found["line"].bse["predicted"]
