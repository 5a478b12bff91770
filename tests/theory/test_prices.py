"""Prices against reference cases: Bertrand-Nash, merger, collusion (C03, C03b), four to three, best replies month by
month (C18), undercutting (C18b).
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim import Market
from tests.theory.builders import Case, all_names, case, check, fees_by_month, operators_of, price_sensitivity, textbook

pytestmark = pytest.mark.theory

GAMES = {"C03": case("C03"), "C03b": case("C03b_bertrand_single_product")}
PATHS, CYCLE = case("C18_best_response_path"), case("C18b")
MERGER = {"appeal": 4.0, "cost": 6.0, "price_sensitivity": 0.10}  # utils, EUR/month, utils/EUR
START_FEE = 20.0  # EUR/month, far from every equilibrium


def game(
    folder: Path,
    of: Case,
    fees: list[float] | None = None,
    owners: dict[str, str] | None = None,
    months: int = 1,
    **customers: Any,
) -> Market:
    """Build the case's operators; `owners` merges them into their parents, with all pricing by best response."""
    inputs = of["inputs"]
    firms = [(owners or {}).get(name, name) for name in inputs["operator_of_plan"]]
    order = sorted(range(len(firms)), key=lambda k: firms[k])  # plans of one operator stand together
    plans, names, appeals, costs = (
        [column[k] for k in order]
        for column in (inputs["plans"], firms, inputs["quality_utils"], inputs["marginal_cost_eur"])
    )
    start = [fees[k] for k in order] if fees else [START_FEE] * len(order)
    operators = operators_of(plans, names, start, appeals, costs, pricing={"kind": "best_response"})
    return Market(
        textbook(
            folder,
            operators,
            months=months,
            customers={"count": 1_000, **price_sensitivity(value=inputs["price_coef"]["alpha"]), **customers},
        )
    )


def owners_of(of: Case) -> dict[str, dict[str, str]]:
    """Who owns whom in each equilibrium of the case."""
    parent, child = of["inputs"]["merge"]
    first, *others = sorted(set(of["inputs"]["operator_of_plan"]))
    return {
        "nash": {},
        f"post_merger_{parent}+{child}": {child: parent},
        "full_collusion": dict.fromkeys(others, first),
    }


def outcome(folder: Path, of: Case) -> dict[str, float]:
    """Solve and play every equilibrium of a case: values by the names of its checks."""
    found: dict[str, float] = {}
    solved: dict[str, pd.DataFrame] = {}
    names = of["inputs"]["plans"]
    for label, owners in owners_of(of).items():
        solved[label] = game(folder, of).demand.equilibrium(owners).loc[names]
        played = (
            game(folder, of, owners=owners, months=60)
            .run()
            .prices.query("month > 36")
            .groupby("plan")["fee"]
            .mean()[names]
        )
        found |= {f"{label}.price[{k}]": price for k, price in enumerate(solved[label]["price"])}
        found |= {f"{label}.price_sampled_demand[{k}]": price for k, price in enumerate(played)}
    before, after = (
        solved["nash"]["price"],
        next(table["price"] for label, table in solved.items() if label.startswith("post_merger")),
    )
    found |= {f"merger.price_change_pct[{k}]": change for k, change in enumerate(100.0 * (after / before - 1.0))}
    found["merger.cs_change"] = float(
        np.subtract(*(game(folder, of, list(prices)).demand.consumer_surplus() for prices in (after, before)))
    )
    return found


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    return {name: outcome(tmp_path_factory.mktemp(name), of) for name, of in GAMES.items()}


@pytest.mark.parametrize(("of", "name"), [(of, name) for of in GAMES for name in all_names(GAMES[of])])
def test_equilibrium(of: str, name: str, outcomes: dict[str, dict[str, float]]) -> None:
    check(GAMES[of], name, outcomes[of][name])


@pytest.mark.parametrize("of", GAMES)
def test_equilibrium_shares(of: str, tmp_path: Path) -> None:
    for label, owners in owners_of(GAMES[of]).items():
        table = game(tmp_path, GAMES[of]).demand.equilibrium(owners)
        assert table["share"].tolist() == pytest.approx(GAMES[of]["expected"][label]["shares"], abs=1e-6)


@pytest.mark.parametrize("of", GAMES)
def test_best_responding_operators_reach_the_equilibrium(of: str, tmp_path: Path) -> None:
    """Played prices, exact demand: far closer than the case asks of sampled demand."""
    for label, owners in owners_of(GAMES[of]).items():
        played = game(tmp_path, GAMES[of], owners=owners, months=60).run()
        last = played.prices.query("month == 60").set_index("plan")["fee"]
        expected = dict(zip(GAMES[of]["inputs"]["plans"], GAMES[of]["expected"][label]["prices"], strict=True))
        assert last.to_dict() == pytest.approx(expected, abs=1e-4)


def merged(folder: Path, fee: float = START_FEE) -> pd.DataFrame:
    """Prices of four symmetric operators before and after two of them merge; at them 3 % do without, as in the default
    market.
    """
    plans = list("abcd")
    operators = operators_of(plans, plans, [fee] * 4, [MERGER["appeal"]] * 4, [MERGER["cost"]] * 4)
    demand = Market(
        textbook(folder, operators, customers={"count": 1_000, **price_sensitivity(value=MERGER["price_sensitivity"])})
    ).demand
    return pd.DataFrame({"before": demand.equilibrium()["price"], "after": demand.equilibrium({"b": "a"})["price"]})


def test_a_merger_from_four_to_three_raises_prices(tmp_path: Path) -> None:
    """Genakos, Valletti & Verboven (2018): +16 % in bills; a sign and a band, +5..+25 %, with symmetric best-responding
    operators.
    """
    table = merged(tmp_path)
    change = 100.0 * (table["after"] / table["before"] - 1.0)
    assert table["before"].to_numpy() == pytest.approx(table["before"].iloc[0]) and 5.0 < change.mean() < 25.0
    assert 0.0 < change[["c", "d"]].max() < change[["a", "b"]].min() < 25.0  # those who stay out follow in part
    assert merged(tmp_path, fee=12.0)["after"].tolist() == pytest.approx(table["after"].tolist(), abs=1e-7)


def test_demand_averaged_over_people_gives_the_same_prices(tmp_path: Path) -> None:
    """Usage that differs takes demand from the quadrature to the people themselves; bills here do not depend on it."""
    varied = {
        "segments": {
            "all": {"price_sensitivity": 0.12, "usage": {"distribution": "lognormal", "mean_log": 1.0, "sd_log": 1.0}}
        }
    }
    table = game(tmp_path, GAMES["C03"], **varied).demand.equilibrium()
    assert table["price"].tolist() == pytest.approx(GAMES["C03"]["expected"]["nash"]["prices"], abs=1e-4)


# --- month by month --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    inputs, found = PATHS["inputs"], {}
    for label, every in (("simultaneous_path", 1), ("alternating_path", 4)):
        operators = operators_of("abcd", "ABCD", inputs["start_prices"], inputs["quality"], inputs["cost"])
        for phase, operator in enumerate(operators.values(), start=1):
            operator["pricing"] = {"kind": "best_response", "every": every, "phase": phase if every > 1 else 1}
        scenario = textbook(
            tmp_path_factory.mktemp(label),
            operators,
            months=12,
            customers={"count": 100, **price_sensitivity(value=inputs["alpha"])},
        )
        found[label] = fees_by_month(Market(scenario).run())
    return found


@pytest.mark.parametrize("name", all_names(PATHS))
def test_best_response_path(name: str, paths: dict[str, np.ndarray]) -> None:
    label, month, operator = name.replace("]", "").split("[")
    check(PATHS, name, paths[label][int(month), int(operator)])


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    inputs = CYCLE["inputs"]
    operators = operators_of("ab", "AB", inputs["start"], [1.0, 1.0], [inputs["cost"]] * 2)
    for phase, operator in enumerate(operators.values(), start=1):
        operator["pricing"] = {
            "kind": "undercut",
            "step": inputs["step"],
            "floor": "cost",
            "reset": inputs["reset_price"],
            "every": 2,
            "phase": phase,
        }
    return fees_by_month(
        Market(textbook(tmp_path_factory.mktemp("cycle"), operators, months=24, customers={"count": 100})).run()
    )


@pytest.mark.parametrize("name", all_names(CYCLE))
def test_undercutting_cycle(name: str, cycle: np.ndarray) -> None:
    found = {f"path[{month}][{k}]": fee for (month, k), fee in np.ndenumerate(cycle)}
    repeats = [length for length in range(1, 13) if (cycle[1 + length :] == cycle[1:-length]).all()]
    # people buy from the cheaper
    found |= {"cycle_length": float(repeats[0]), "mean_price": float(cycle[1 : 1 + repeats[0]].min(axis=1).mean())}
    check(CYCLE, name, found[name])
