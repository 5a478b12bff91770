"""How markets move against reference cases: retention (C05, C12), customer value (C06), diffusion (C07),
inertia (C16).
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import betaln

from sim import Market
from sim.books.measures import monthly_discount
from tests.theory.builders import CASES, all_names, case, check, check_names, operators_of, price_sensitivity, textbook

pytestmark = pytest.mark.theory

COHORT, VALUE, DIFFUSION, SURVIVAL, INERTIA = case("C05"), case("C06"), case("C07"), case("C12"), case("C16")
NOT_REACHED = {
    "peak_time": (
        "the peak of the continuous curve is a closed formula of p and q; the lab steps in months and has no such"
        " function"
    )
}
FEE, COST = 10.0, 4.0  # EUR/month
ASLEEP = {"base": 0.0}  # nobody weighs alternatives: the same customers stay, at half the computing


def one_operator(folder: Path, months: int, count: int, start_share: float = 1.0, **keys: Any) -> Any:
    """One operator with one plan; what moves its customers is in `behaviour`."""
    operators = operators_of(["only"], ["A"], [FEE], [1.0], [COST], start_share=start_share)
    return textbook(folder, operators, months=months, customers={"count": count}, **keys)


# --- retention -------------------------------------------------------------------------------------------------------


def fit_beta(survival: list[float]) -> tuple[float, float]:
    """Shifted-beta-geometric parameters that explain a cohort's survival best (Fader & Hardie 2007)."""
    left, years = -np.diff(survival), np.arange(1, len(survival))

    def loss(logs: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        log_churn = betaln(alpha + 1.0, beta + years - 1.0) - betaln(alpha, beta)
        return -float(left @ log_churn + survival[-1] * (betaln(alpha, beta + years[-1]) - betaln(alpha, beta)))

    alpha, beta = np.exp(minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14}).x)
    return float(alpha), float(beta)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    inputs = COHORT["inputs"]
    hazard = {"distribution": "beta", "alpha": inputs["alpha"], "beta": inputs["beta"]}
    market = Market(
        one_operator(tmp_path_factory.mktemp("cohort"), inputs["periods"], 100_000, behaviour={"churn_hazard": hazard})
    ).run()
    alpha, beta = fit_beta([share / 100.0 for share in COHORT["expected"]["observed_survival_pct"][:8]])
    return {
        f"survival[{month}]": count / 100_000 for month, count in enumerate(market.kpis["subscribers"], start=1)
    } | {"fitted_alpha": alpha, "fitted_beta": beta}


@pytest.mark.parametrize("name", all_names(COHORT))
def test_a_cohort_of_unlike_customers(name: str, cohort: dict[str, float]) -> None:
    check(COHORT, name, cohort[name])


@pytest.fixture(scope="module")
def bathtub(tmp_path_factory: pytest.TempPathFactory) -> Market:
    inputs = SURVIVAL["inputs"]
    hazard = {"distribution": "by_tenure", "hazards": inputs["monthly_hazard_bathtub"]}
    scenario = one_operator(
        tmp_path_factory.mktemp("bathtub"),
        36,
        inputs["panel_for_bathtub"]["N"],
        behaviour={"churn_hazard": hazard},
        panel={"share": 1.0},
    )
    return Market(scenario).run()


@pytest.fixture(scope="module")
def estimated(bathtub: Market) -> dict[str, float]:
    """Let lifelines read the case's file and the market's own panel."""
    import lifelines  # takes a second

    frame = pd.read_csv(CASES / SURVIVAL["inputs"]["panel_csv"])
    duration, event = frame["tenure_months"], frame["churned"]
    kaplan_meier, weibull = (
        lifelines.KaplanMeierFitter().fit(duration, event),
        lifelines.WeibullFitter().fit(duration, event),
    )
    aalen = lifelines.NelsonAalenFitter(nelson_aalen_smoothing=False).fit(duration, event)
    found = {
        "median": float(kaplan_meier.median_survival_time_),
        "weibull_lambda": float(weibull.lambda_),
        "weibull_rho": float(weibull.rho_),
    }
    for month in (3, 6, 12, 18, 24, 36):
        found[f"KM[{month}]"] = float(kaplan_meier.predict(month))
        found[f"NA[{month}]"] = float(aalen.cumulative_hazard_at_times(month).iloc[0])
    last = bathtub.panel.groupby("customer").agg(tenure=("tenure", "max"), churned=("churned", "any"))
    own = lifelines.KaplanMeierFitter().fit(last["tenure"] + 1, last["churned"])
    return found | {f"bathtub_S_uncensored[{month}]": float(own.predict(month)) for month in range(1, 36)}


@pytest.mark.parametrize("name", all_names(SURVIVAL))
def test_survival_by_tenure(name: str, estimated: dict[str, float]) -> None:
    check(SURVIVAL, name, estimated[name])


@pytest.mark.parametrize("name", check_names(SURVIVAL, "monte_carlo"))
def test_the_markets_own_retention_table_is_kaplan_meier(
    name: str, bathtub: Market, estimated: dict[str, float]
) -> None:
    month = int(name.rstrip("]").split("[")[1])
    value = bathtub.retention.set_index("key")["value"][month - 1]
    check(SURVIVAL, name, value)
    assert value == pytest.approx(estimated[name], rel=1e-9) == bathtub.kpis["subscribers"].iloc[month - 1] / 20_000


# --- customer value --------------------------------------------------------------------------------------------------


def value_of_a_cohort(folder: Path, churn: float, discount: float, months: int) -> float:
    """Discounted margins per customer after the first, in first margins, from the books of a simulated cohort."""
    market = Market(one_operator(folder, months, 100_000, behaviour={"churn_hazard": churn, "attention": ASLEEP})).run()
    margins = (market.ledger["service_revenue"] - market.ledger["network_cost"]).to_numpy() / 100_000
    assert margins[0] == pytest.approx(FEE - COST)
    later = np.arange(1, months)
    return float(margins[1:] @ (1.0 + discount) ** -later) / (FEE - COST)


@pytest.mark.parametrize("name", check_names(VALUE, "monte_carlo"))
def test_customer_value_of_a_simulated_cohort(name: str, tmp_path: Path) -> None:
    churn, discount = (
        float(name.rstrip("]").split("=")[1]),
        monthly_discount(VALUE["inputs"]["monthly"]["discount_annual"]),
    )
    # what comes after is a ten-thousandth of the value
    months = round(np.log(1e4) / np.log((1.0 + discount) / (1.0 - churn)))
    check(VALUE, name, value_of_a_cohort(tmp_path, churn, discount, months))


# --- diffusion -------------------------------------------------------------------------------------------------------


def adopters(folder: Path, steps: int, **behaviour: Any) -> np.ndarray:
    """Mean share of adopters at the end of each period, over 20 worlds, with a period cut into `steps` months."""
    inputs = DIFFUSION["inputs"]
    adoption = {"innovation": inputs["p"] / steps, "imitation": inputs["q"] / steps}
    scenario = one_operator(
        folder, inputs["horizon"] * steps, inputs["N"], 0.0, behaviour={"adoption": adoption, **behaviour}
    )
    runs = [Market(scenario, seed=seed).run().kpis["subscribers"].to_numpy()[steps - 1 :: steps] for seed in range(20)]
    return np.concatenate(([0.0], np.mean(runs, axis=0) / inputs["N"]))


@pytest.fixture(scope="module")
def diffusion(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """One step a period; and as good as events in continuous time: 24 steps a period."""
    folder = tmp_path_factory.mktemp("diffusion")
    return {"F_synchronous": adopters(folder, 1), "F_event_driven": adopters(folder, 24, attention=ASLEEP)}


@pytest.mark.parametrize("name", all_names(DIFFUSION, NOT_REACHED))
def test_diffusion(name: str, diffusion: dict[str, np.ndarray]) -> None:
    label, period = name.rstrip("]").split("[")
    check(DIFFUSION, name, diffusion[label][int(period)])


# --- inertia ---------------------------------------------------------------------------------------------------------

MONTHS, PEOPLE = INERTIA["inputs"]["months"], 100_000
SENSITIVITY, HORIZON, HASSLE = 0.12, 12, 420.0  # utils/EUR, months, EUR: 4.2 utils of switching cost


def inertia(folder: Path, starts: list[float], count: int = PEOPLE) -> Market:
    """Four operators, one plan each, a switching cost, everyone choosing every month."""
    (segment,) = INERTIA["inputs"]["segments"]
    assert SENSITIVITY * HASSLE / HORIZON == pytest.approx(segment["kappa"], rel=1e-12)
    operators = operators_of("abcd", "ABCD", [0.0] * 4, segment["V"])
    for share, operator in zip(starts, operators.values(), strict=True):
        operator["start_share"] = share
    customers = {"count": count, "outside": False, **price_sensitivity(value=SENSITIVITY)}
    return Market(
        textbook(
            folder,
            operators,
            months=MONTHS,
            customers=customers,
            behaviour={"horizon": HORIZON, "switching_cost": {"hassle": HASSLE}},
        )
    )


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return inertia(tmp_path_factory.mktemp("inertia"), INERTIA["inputs"]["start_shares"]).run()


@pytest.fixture(scope="module")
def stationary(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Left eigenvector of the choice probabilities of customers of each operator in turn."""
    rows = [
        inertia(tmp_path_factory.mktemp("row"), np.eye(4)[k].tolist(), count=8).demand.probabilities().to_numpy()[:4]
        for k in range(4)
    ]
    values, vectors = np.linalg.eig(np.array(rows).T)
    first = np.real(vectors[:, np.argmax(np.real(values))])
    return np.asarray(first / first.sum())


@pytest.mark.parametrize("name", all_names(INERTIA))
def test_inertia(name: str, long_run: Market, stationary: np.ndarray) -> None:
    kpis = long_run.kpis.set_index(["month", "operator"])
    label, _, inside = name.rstrip("]").partition("[")
    if label == "share":
        month, operator = (int(part) for part in inside.split(","))
        check(INERTIA, name, kpis.loc[(month, "ABCD"[operator]), "market_share"])
    elif label == "churn_in_month_after":
        check(INERTIA, name, kpis.loc[int(inside) + 1, "churn_voluntary"].sum() / PEOPLE)
    else:
        check(INERTIA, name, stationary[int(inside)])


def test_the_long_run_is_stationary(long_run: Market, stationary: np.ndarray) -> None:
    shares = long_run.kpis.query(f"month == {MONTHS}")["market_share"].to_numpy()
    assert (np.abs(shares - stationary) < 4.0 * np.sqrt(stationary * (1.0 - stationary) / PEOPLE)).all()
    churn = long_run.kpis.query(f"month > {MONTHS - 24}").groupby("month")["churn_voluntary"].sum().mean() / PEOPLE
    expected = INERTIA["expected"]["by_segment"]["all"]["stationary_monthly_churn"]
    # as if the months were one draw: no tighter than they are
    assert churn == pytest.approx(expected, abs=4.0 * np.sqrt(expected * (1.0 - expected) / PEOPLE))
