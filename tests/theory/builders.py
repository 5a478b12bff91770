"""How a test reads a reference case, numbers found by software that is not ours, and writes its inputs as a market."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from sim import Market, load_scenario
from sim.config import Scenario

CASES = Path(__file__).parent / "cases"
Case = dict[str, Any]


def case(name: str) -> Case:
    """Read one reference case, named by its full name or its number ("C06")."""
    paths = [path for path in CASES.rglob("*.json") if path.stem == name or path.stem.startswith(f"{name}_")]
    assert len(paths) == 1, f"{name}: {len(paths)} reference cases of that name under {CASES}"
    found: Case = json.loads(paths[0].read_text(encoding="utf-8"))
    return found


MEAN_FEES: list[float] = case("C15")["inputs"]["mean_prices"]  # EUR/month


def check_names(of: Case, mode: str = "analytic") -> list[str]:
    """Names of the checks of a case that are exact ("analytic") or simulated ("monte_carlo")."""
    return [entry["name"] for entry in of["checks"] if entry["mode"] == mode]


def all_names(of: Case, not_reached: Mapping[str, str] | None = None) -> list[str]:
    """Names of all checks of a case but those a test module says it does not reach, and why."""
    names = [entry["name"] for entry in of["checks"]]
    missing = set(not_reached or ()) & set(names)
    return [name for name in names if name not in missing]


def check(of: Case, name: str, value: float) -> None:
    """Assert that a number of ours agrees with the named check of a case within its tolerance."""
    entries = [entry for entry in of["checks"] if entry["name"] == name]
    assert len(entries) == 1, f"{of['id']}: {len(entries)} checks named '{name}'"
    compare(of, name, value, entries[0]["expected"], entries[0]["abs_tol"], entries[0]["basis"])


def check_mean(of: Case, name: str, values: Sequence[float], expected: float, sd: float, replications: int) -> None:
    """Assert that the mean of our replications agrees with the mean of theirs within 4 combined standard errors; sd: of
    one replication, theirs or ours.
    """
    compare(
        of,
        name,
        float(np.mean(values)),
        expected,
        4.0 * sd * math.sqrt(1.0 / len(values) + 1.0 / replications),
        "4 combined standard errors",
    )


def compare(of: Case, name: str, value: float, expected: float, tolerance: float, basis: str) -> None:
    """Assert that a number of ours agrees with one of a case, and note it for `churnlab validate`."""
    if (told := os.environ.get("CHURNLAB_CHECKS")) is not None:
        with open(told, "a", encoding="utf-8") as file:
            line = {
                "case": of["id"],
                "by": of["provenance"]["computed_by"],
                "name": name,
                "expected": expected,
                "tolerance": tolerance,
                "value": float(value),
            }
            file.write(json.dumps(line) + "\n")
    assert math.isfinite(value), f"{of['id']} {name}: {value}"
    assert abs(value - expected) <= tolerance, (
        f"{of['id']} {name}: {value} where {expected} +- {tolerance} is expected ({basis})"
    )


def textbook(folder: Path, operators: Mapping[str, Any], strategies: Sequence[type] = (), **keys: Any) -> Scenario:
    """Write a textbook market of these operators into a file of one's own, and load it by its path; keys join its top
    level.
    """
    content = {
        "defaults": ["base", {"behaviour": "textbook"}, {"customers": "textbook"}, "_self_"],
        "operators": dict(operators),
        "focal": next(iter(operators)),
        "months": 1,
        "burn_in": 0,
        "policies": ["none"],
        **keys,
    }
    path = folder / "market.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return load_scenario(path, strategies=strategies)


def operators_of(
    plans: Sequence[str],
    owners: Sequence[Any],
    fees: Sequence[float],
    appeals: Sequence[float],
    costs: Sequence[float] | None = None,
    **strategies: Any,
) -> dict[str, Any]:
    """Operators of a textbook market from the columns of a case; strategies (`pricing=`) go to every operator."""
    operators: dict[str, Any] = {}
    for plan, owner, fee, appeal, cost in zip(plans, owners, fees, appeals, costs or [0.0] * len(plans), strict=True):
        plans_of = operators.setdefault(str(owner), {"plans": {}, **strategies})["plans"]
        plans_of[plan] = {"fee": fee, "appeal": appeal, "cost": cost}
    return operators


def choosers(
    folder: Path,
    inputs: Case,
    fees: np.ndarray,
    kappa: float,
    count: int,
    starts: Sequence[float] = (0.25,) * 4,
    taste_sd: float = 0.0,
    **keys: Any,
) -> Scenario:
    """Four operators at given fees (months, operators), from their means on; everybody chooses each month, pays kappa
    utils for switching, and is in the panel.
    """
    sensitivity = -inputs["price_coefficient"]
    operators = operators_of("abcd", "ABCD", MEAN_FEES, inputs["intercepts"])
    for plan, operator, share, path in zip("abcd", operators.values(), starts, fees.T.tolist(), strict=True):
        operator |= {
            "start_share": share,
            "pricing": {"kind": "schedule", "fees": {month: {plan: fee} for month, fee in enumerate(path, start=1)}},
        }
    return textbook(
        folder,
        operators,
        months=len(fees),
        panel={"share": 1.0},
        customers={"count": count, "outside": False, **price_sensitivity(value=sensitivity)},
        behaviour={"switching_cost": {"hassle": kappa / sensitivity}, "choice": {"taste_sd": taste_sd}},
        **keys,
    )


def random_fees(months: int, seed: int = 15) -> np.ndarray:
    """Exogenous fees (months, operators) by the process of case C15: AR(1) around the means,
    some months on promotion.
    """
    draw, deviation, fees = np.random.default_rng(seed), np.zeros(len(MEAN_FEES)), []
    for _ in range(months):
        deviation = 0.6 * deviation + 3.0 * np.sqrt(1.0 - 0.6**2) * draw.standard_normal(len(MEAN_FEES))
        fees.append((MEAN_FEES + deviation) * np.where(draw.random(len(MEAN_FEES)) < 0.12, 0.8, 1.0))
    return np.array(fees)


def price_sensitivity(**distribution: Any) -> dict[str, Any]:
    """Give the textbook's one segment this distribution of price sensitivity, utils per currency unit."""
    return {"segments": {"all": {"price_sensitivity": distribution}}}


def plan_shares(market: Market) -> pd.Series:
    """Share of people on each plan now, in YAML order, `outside` last."""
    return (
        market.customers.to_frame()["plan"]
        .value_counts(normalize=True)
        .reindex([*market.prices["plan"].unique(), "outside"], fill_value=0.0)
    )


def fees_by_month(market: Market) -> np.ndarray:
    """Fees as customers met them, shape (months + 1, plans), month 0 first."""
    plans = list(market.prices["plan"].unique())
    return market.prices.pivot(index="month", columns="plan", values="fee")[plans].to_numpy()
