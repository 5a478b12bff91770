"""Lock-in is not free: what a term brings an operator that gives nothing for it, in every shipped market; and what it
brings together with a subsidy.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import InputError, Market, load_scenario
from sim.config import Policy
from sim.experiments.outcome import outcome_of
from tests.directions.test_directions import standard_errors
from tests.golden.runs import FILES

pytestmark = pytest.mark.directions

SEEDS = range(1, 4)
NO_CAP = "law={longest_term: null, must_offer: null, leaving_fee: null}"
WITHOUT_TERMS = tuple(
    f"operators.alpha.plans.alpha_{plan}={{term: 0, etf: 0, subsidy_new: 0, subsidy_renewal: 0}}" for plan in "ML"
)


def contract(term: int, etf: float, new: float, renewal: float) -> dict[str, Any]:
    """A contract as a policy file writes it."""
    lever = {"kind": "contract", "term": term, "etf": etf, "subsidy_new": new, "subsidy_renewal": renewal}
    return {"loyalty": {"contract": lever}}


ARMS: dict[str, dict[str, Any]] = {
    "prison": contract(60, 30.0, 0.0, 0.0),
    "term": contract(24, 12.0, 0.0, 0.0),
    "cold call": {"retention": {"call": {"kind": "proactive", "target": "random", "credit": 0.0, "term": 24}}},
    "subsidy": contract(0, 0.0, 80.0, 60.0),
    "both": contract(24, 12.0, 80.0, 60.0),
}


def gains(name: str, arms: tuple[str, ...], *overrides: str) -> dict[str, pd.DataFrame]:
    """What arms bring the focal operator of a shipped market, small, against doing nothing, one row a world."""
    loaded = load_scenario(name, ["customers.count=3_000", "months=60", "policies=[none]", *overrides])
    policies = {arm: Policy.model_validate({"name": arm, "description": arm, **ARMS[arm]}) for arm in arms}
    scenario = loaded.model_copy(update={"policies": {**loaded.policies, **policies}})
    found: dict[str, list[pd.Series]] = {arm: [] for arm in arms}
    for seed in SEEDS:
        world = Market(scenario, seed=seed)
        none, *others = (value_of(world.fork(policy=arm).run()) for arm in ("none", *arms))
        for arm, value in zip(arms, others, strict=True):
            found[arm].append(value - none)
    return {arm: pd.DataFrame(rows) for arm, rows in found.items()}


def value_of(market: Market) -> pd.Series:
    """Value of the focal operator, what comes after the horizon included, and whom it has won."""
    focal = market.scenario.focal
    npv = outcome_of(market, np.zeros(0, np.int64), by_segment=False).values["npv"][0]
    won = market.kpis.loc[market.kpis["operator"] == focal, "gross_adds"].sum()
    return pd.Series({"npv": npv[market.operator_names.index(focal)], "gross_adds": won})


def base_of(scenario: str, folder: Path) -> list[str]:
    """A base for a scenario that imports one: that of the golden runs, many times over, each row with a number."""
    if scenario not in FILES:
        return []
    rows = pd.concat([pd.read_csv(FILES[scenario])] * 20, ignore_index=True)
    rows.assign(**({"rownames": rows.index} if "rownames" in rows else {})).to_csv(folder / "base.csv", index=False)
    return [f"customers.file='{folder / 'base.csv'}'"]


@pytest.mark.parametrize("name", ["europe_three", "un_carrier", "china_2005", "from_iran", "from_ibm"])
def test_a_prison_loses_money_in_every_shipped_market(name: str, tmp_path: Path) -> None:
    """60 months at 30 a month left, for nothing, where no law forbids it."""
    found = gains(name, ("prison",), NO_CAP, *base_of(name, tmp_path))["prison"]
    assert standard_errors(found["npv"]) < -2.0


def test_the_law_refuses_a_prison() -> None:
    with pytest.raises(InputError, match="longer than the law allows"):
        load_scenario("europe_three", ["policies=[none]", "operators.alpha.loyalty.prison={kind: contract, term: 60}"])


def test_a_contract_earns_by_its_subsidy_and_its_term_together() -> None:
    """Where plans have no terms: one for nothing, or a call that asks for one, wins fewer and earns nothing."""
    found = gains("europe_three", ("term", "cold call", "subsidy", "both"), *WITHOUT_TERMS)
    assert standard_errors(found["term"]["gross_adds"]) < -2.0 and standard_errors(found["both"]["npv"]) > 2.0
    assert standard_errors(found["term"]["npv"]) < -2.0 and standard_errors(found["cold call"]["npv"]) < -2.0
    for alone in ("term", "subsidy"):
        assert standard_errors((found["both"] - found[alone])["npv"]) > 2.0


def test_customers_without_a_term_leave_at_least_as_often() -> None:
    """Postpaid customers of each segment that decide alone, for other operators, in three years."""
    world = Market(load_scenario("europe_three", ["customers.count=6_000", "months=36", "panel.share=1"]), seed=1)
    panel = world.run().panel.query("prepaid == 0 and segment != 'small_business'")
    gone = (panel["churned"] & (panel["destination"].astype(str) != "outside")).groupby(
        [panel["segment"], panel["months_left"] > 0]
    )
    rate = gone.mean().unstack()
    assert (rate[False] > rate[True]).all()
