"""One thing moved, one measure moves: up, down or not at all, in the default market, against the error of paired
differences.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from sim import Market, load_scenario
from sim.config import Scenario

pytestmark = pytest.mark.directions

SEEDS = range(1, 9)
BY_CHOICE = [
    "term_end",
    "bill_shock",
    "failure",
    "friend_left",
    "campaign",
    "contact",
    "move",
    "dissatisfaction",
    "curiosity",
]
NO_FEELINGS = (
    "behaviour.choice.satisfaction=0",
    "behaviour.choice.commitment=0",
    "behaviour.attention.dissatisfaction=0",
)
FAILURES_WAKE_NOBODY = tuple(
    f"behaviour.attention.failure_{voice}=0" for voice in ("silent", "unresolved", "resolved", "fast")
)


@cache
def scenario(*overrides: str) -> Scenario:
    """Return the default market, small, warmed up for a year and run for a year."""
    size = ["customers.count=4_000", "burn_in=12", "months=12", "policies=[none,price_cut,save_desk,points]"]
    return load_scenario("europe_three", [*size, *overrides])


@cache
def worlds() -> list[Market]:
    """Warm up a market for each seed, not to be run itself."""
    return [Market(scenario(), seed=seed) for seed in SEEDS]


def measures(market: Market) -> pd.Series:
    """Run a market; means over its year, of operator alpha and of the whole market (`all_`)."""
    kpis, overview = market.run().kpis, market.overview
    own = kpis.query("operator == 'alpha'").drop(columns=["month", "operator"]).mean()
    closing = kpis.query("operator == 'alpha'")["market_share"].iloc[-1]
    whole = pd.Series(
        {
            "closing_share": closing,
            "all_churn": kpis["churn_rate"].mean(),
            "all_attention": kpis["attention_rate"].mean(),
            "surplus": overview["consumer_surplus"].mean(),
        }
    )
    return pd.concat([own, whole])


def standard_errors(differences: pd.Series) -> float:
    """Mean of differences in units of its standard error."""
    return float(differences.mean() / (differences.std() / np.sqrt(len(differences))))


@cache
def run(policy: str = "none", *overrides: str) -> pd.DataFrame:
    """Measures of every world, run under a policy or with parameters changed from the start."""
    markets = (
        [Market(scenario(*overrides), seed=seed) for seed in SEEDS]
        if overrides
        else [world.fork(policy=policy) for world in worlds()]
    )
    return pd.DataFrame([measures(market) for market in markets])


def moved(measure: str, policy: str = "none", *overrides: str) -> float:
    """How many standard errors of paired differences a measure moves."""
    return standard_errors(run(policy, *overrides)[measure] - run()[measure])


@pytest.mark.parametrize(
    ("policy", "measure", "sign"),
    [
        ("price_cut", "closing_share", 1),
        ("price_cut", "arpu", -1),
        ("price_cut", "churn_rate", -1),
        ("price_cut", "surplus", 1),
        ("save_desk", "churn_voluntary", -1),
        ("save_desk", "src", 1),
        ("points", "src", 1),
        ("points", "points_liability", 1),
    ],
)
def test_policy(policy: str, measure: str, sign: int) -> None:
    assert sign * moved(measure, policy) > 4.0


@pytest.mark.parametrize(
    ("overrides", "measure", "sign"),
    [
        (("behaviour.switching_cost.portability=0",), "all_churn", -1),
        (("behaviour.switching_cost.hassle=20",), "all_churn", 1),
        (("behaviour.attention.base=0.05",), "all_attention", 1),
        (("behaviour.attention.base=0.05",), "all_churn", 1),
        (("operators.alpha.network.quality={urban: 0.90, rural: 0.85}",), "csat", 1),
        (("operators.alpha.network.quality={urban: 0.90, rural: 0.85}",), "nps", 1),
        (("behaviour.failure.rate=0.09",), "csat", -1),
        (("behaviour.failure.rate=0.09",), "complaint_rate", 1),
        (("operators.alpha.care.slack=-3",), "wait", 1),
        (("shock=outage", "shocks.outage.month=1"), "csat", -1),
        (("shock=portability", "shocks.portability.month=1", "shocks.portability.portability=1.0"), "all_churn", 1),
        (("shock=rival_cuts_prices",), "closing_share", -1),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
)
def test_parameter(overrides: tuple[str, ...], measure: str, sign: int) -> None:
    assert sign * moved(measure, "none", *overrides) > 4.0


def gradient(market: Market) -> float:
    """Slope of leaving by choice on satisfaction, among customers of one plan, segment, region and half of life."""
    rows = market.run().panel
    rows = rows.assign(left=rows["reason"].isin(BY_CHOICE).astype(float), is_new=rows["tenure"] < 12)
    alike = rows.groupby(["plan", "segment", "region", "is_new"], observed=True)
    satisfaction, left = (rows[name] - alike[name].transform("mean") for name in ("satisfaction", "left"))
    return float((satisfaction * left).sum() / (satisfaction**2).sum())


@pytest.mark.control
def test_satisfied_customers_leave_less_because_satisfaction_counts() -> None:
    panel = ("panel.share=1", "panel.truth=true")
    by_weight = [
        pd.Series([gradient(Market(scenario(*panel, *weights), seed=seed)) for seed in SEEDS])
        for weights in ((), (*NO_FEELINGS, *FAILURES_WAKE_NOBODY))
    ]
    assert standard_errors(by_weight[0]) < -4.0
    assert abs(standard_errors(by_weight[1])) < 4.0


@pytest.mark.control
def test_infinite_hassle_holds_everybody() -> None:
    market = Market(scenario("behaviour.switching_cost.hassle=1e9")).run()
    reasons = market.exit_reasons.groupby("key")["value"].sum()
    assert reasons[BY_CHOICE].sum() == 0 < reasons[["default", "lapse", "death"]].min()
    assert market.ports.query("`from` != 'outside' and to != 'outside'")["count"].sum() == 0
    assert market.kpis["attention_rate"].gt(0.0).all()  # they look, and stay


@pytest.mark.control
def test_identical_operators_share_the_market_equally() -> None:
    same = scenario().operators["gamma"]
    operators = {
        name: same.model_copy(
            update={"start_share": 0.32, "plans": {f"{name}_{plan}": spec for plan, spec in same.plans.items()}}
        )
        for name in "abc"
    }
    alike = scenario().model_copy(update={"operators": operators, "focal": "a"})
    shares = pd.DataFrame(
        [Market(alike, seed=seed).run().kpis.query("month == 12")["market_share"].to_numpy() for seed in SEEDS]
    )
    assert (shares.apply(lambda share: abs(standard_errors(share - 1.0 / 3.0))) < 4.0).all()
