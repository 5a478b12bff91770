"""What a finance director asks: cash and full costs of a policy, one more customer, and the cost of doing nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim import compare, load_scenario
from sim.experiments.compare import Comparison
from sim.experiments.finance import YEAR, _shock_in_words, calm, nothing_done
from sim.experiments.study import Means
from sim.report.formats import NBSP
from sim.results import load, manifest_of, save

SMALL = (
    "customers.count=1000",
    "months=14",
    "burn_in=12",
    "shocks.rival_cuts_prices.month=3",
    "shocks.rival_cuts_prices.change=-0.7",
)
POLICIES = ["none", "save_desk"]


@pytest.fixture(scope="module")
def result() -> Comparison:
    return compare("price_war", POLICIES, 3, SMALL, means=Means(), responses=["responding"])


def section(result: Comparison, start: str) -> pd.DataFrame:
    """The table of the section whose title begins so."""
    return next(table for title, table, _ in result.sections() if title.startswith(start))


def test_what_doing_nothing_costs_is_the_difference_to_the_same_worlds_without_shocks(result: Comparison) -> None:
    table, scale = section(result, "What doing nothing"), result.weight / 1e6
    alone = compare("price_war", ["none"], 3, [*SMALL, "shocks.rival_cuts_prices.month=100"], jobs=1)
    profit = alone.runs.query("operator == 'alpha' and response == 'responding'")["ebitda"].mean()
    assert table.index.tolist() == ["1", "2", "all"] and table.at["all", "without, EUR m"] == pytest.approx(
        profit * scale
    )
    told = result.table.at["none", "ebitda"] * scale
    assert table.at["all", "with them, EUR m"] == pytest.approx(told)
    assert table.at["all", "they cost, EUR m"] == pytest.approx(profit * scale - told) and told < profit * scale
    first_year = alone.trajectories.query(f"operator == 'alpha' and response == 'responding' and month <= {YEAR}")
    assert table.at["1", "without, EUR m"] == pytest.approx(first_year["ebitda"].sum() / 3 * scale)
    assert len(nothing_done(result.sections())) == 1


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        (
            (30.0, 20.0, 40.0),
            "costs alpha EUR 30.0 m of operating profit in 14 months under \u201cnone\u201d (95 % interval",
        ),
        ((30.0, 20.0, 40.0), "by year, EUR m: 12.0 and 18.0"),
        ((-30.0, -40.0, -20.0), "brings alpha EUR 30.0 m"),
        ((-30.0, -40.0, 20.0), "is not told: \u2212EUR 30.0 m"),
    ],
)
def test_a_cost_is_said_only_where_it_is_told(whole: tuple[float, float, float], words: str) -> None:
    cost = 1e6 * np.array([(12.0, 1.0, 20.0), (18.0, 1.0, 20.0), whole])
    told = _shock_in_words(cost, load_scenario("price_war", SMALL), "none").replace(NBSP, " ")
    assert words in told, told


def test_where_no_shock_comes_nothing_is_said_of_it() -> None:
    scenario = load_scenario("price_war", SMALL)
    assert calm(load_scenario("europe_three", SMALL[:3])) is None
    assert calm(load_scenario("price_war", [*SMALL, "shocks.rival_cuts_prices.month=15"])) is None
    later = calm(scenario)
    assert later is not None and later.shocks["rival_cuts_prices"].month == 15
    assert scenario.shocks["rival_cuts_prices"].month == 3


def test_cash_and_full_cost_are_the_tables_differences(result: Comparison) -> None:
    table, own = section(result, "Cash"), result.table.loc["save_desk"]
    row = table.loc["save_desk"] / (result.weight / 1e6)
    assert row["cash gained, EUR m"] == pytest.approx(own["npv_horizon_diff"])
    assert (row["low"], row["high"]) == pytest.approx((own["npv_horizon_low"], own["npv_horizon_high"]))
    assert row["at full cost, EUR m"] == pytest.approx(own["npv_allocated_diff"])
    months = result.trajectories.query("operator == 'alpha'").groupby("policy")["subscribers"].sum() / 3
    more = months["save_desk"] - months["none"]
    assert table.at["save_desk", "customer-months more, thousand"] == pytest.approx(more * result.weight / 1e3)
    assert table.at["save_desk", "contribution of one, EUR"] == pytest.approx(own["contribution_diff"] / more)


def test_one_more_customer_is_worth_her_contribution_while_she_stays(result: Comparison) -> None:
    """Sum over months of margin x (survival / discount)^t, first the next month, for all and for each segment."""
    table, factor = section(result, "What one more"), 1.1 ** (1 / 12)
    own = result.runs.query("operator == 'alpha' and policy == 'none'")
    survival = 1.0 - 1.0 / own["months_kept"]
    worth = sum(own["kept_margin"] * (survival / factor) ** month for month in range(1, 3_000)).mean()
    assert table.at["all customers", "worth of one, EUR"] == pytest.approx(worth, rel=1e-6)
    assert set(table.index) == {"all customers", *result.scenario.customers.segments}
    assert table["of the bill, %"].between(50.0, 95.0).all()


def test_what_doing_nothing_costs_is_kept_with_the_results(result: Comparison, tmp_path: Path) -> None:
    result.manifest = manifest_of(
        "compare", result.scenario, "churnlab compare price_war", result.weight, policies=POLICIES, replications=3
    )
    folder = save(result, tmp_path / "kept")
    again = load(folder)
    assert isinstance(again, Comparison) and nothing_done(again.sections()) == nothing_done(result.sections())
    assert "What doing nothing costs" in (folder / "report.html").read_text("utf-8")
