"""Each shock moves what it must, in the default market: paired futures with and without it, beyond four standard errors
of their differences.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from sim import InputError, Market, load_scenario
from sim.books.ledger import MONEY
from sim.config import Scenario

pytestmark = pytest.mark.directions

SEEDS = range(1, 7)
MONTHS = 12
SIZE = ("customers.count=3_000", "burn_in=12", f"months={MONTHS}", "policies=[none]")


@cache
def scenario(*overrides: str, name: str = "europe_three") -> Scenario:
    """Return a shipped scenario, small, warmed up for a year."""
    return load_scenario(name, [*SIZE, *overrides])


@cache
def worlds(*overrides: str) -> list[Market]:
    """Warm up a market for each seed, not to be run itself."""
    return [Market(scenario(*overrides), seed=seed) for seed in SEEDS]


def shocked(world: Market, scenario: Scenario) -> Market:
    """Fork a world into a future in which the shocks of a scenario strike it."""
    twin = world.fork()
    twin.scenario = world.scenario.model_copy(update={"shocks": scenario.shocks})
    return twin


def measures(market: Market) -> pd.Series:
    """Means over the run of each operator (`name_operator`) and of the market; exits by reason are counts."""
    kpis = market.run().kpis
    by_operator = kpis.drop(columns="month").groupby("operator").mean()
    exits = market.exit_reasons.groupby(["operator", "key"])["value"].sum()
    books = market.ledger.groupby("operator")[["ebitda", "bad_debt_cost"]].sum()
    found = {f"{name}_{operator}": value for name, row in by_operator.items() for operator, value in row.items()}
    found |= {f"exits_by_{reason}_{operator}": float(count) for (operator, reason), count in exits.items()}
    found |= {f"total_{name}": float(total) for name, total in books.sum().items()}
    found |= {"hhi": market.overview["hhi"].mean(), "surplus": market.overview["consumer_surplus"].mean()}
    found["exits"] = float((kpis["churn_voluntary"] + kpis["churn_involuntary"]).sum())
    state, plans = market.state, market.offers.plans
    on_term = state.plan[np.isin(state.plan, np.flatnonzero(plans.term > 0))]
    found["months_left"] = float(np.maximum(state.months_left[state.plan >= 0], 0).sum()) / len(on_term)
    return pd.Series(found)


@cache
def futures(shock: str | None, *overrides: str, world: tuple[str, ...] = ()) -> pd.DataFrame:
    """Measures of every world, with a shock from month 1 or with none."""
    strikes = [f"shock={shock}", f"shocks.{shock}.month=1", *overrides] if shock else []
    return pd.DataFrame([measures(shocked(each, scenario(*world, *strikes))) for each in worlds(*world)])


def standard_errors(differences: pd.Series) -> float:
    """Mean of differences in units of its standard error."""
    return float(differences.mean() / (differences.std() / np.sqrt(len(differences))))


@pytest.mark.parametrize(
    ("shock", "directions"),
    [
        (
            "price_war",
            {"market_share_alpha": -1, "churn_rate_alpha": 1, "arpu_beta": -1, "total_ebitda": -1, "surplus": 1},
        ),
        ("rival_cuts_prices", {"market_share_beta": 1, "market_share_alpha": -1, "arpu_beta": -1, "surplus": 1}),
        (
            "breach",
            {
                "trust_alpha": -1,
                "exits_by_breach_alpha": 1,
                "churn_rate_alpha": 1,
                "market_share_alpha": -1,
                "surplus": -1,
            },
        ),
        (
            "outage",
            {
                "failures_alpha": 1,
                "csat_alpha": -1,
                "exits_by_failure_alpha": 1,
                "market_share_alpha": -1,
                "surplus": -1,
            },
        ),
        ("merger", {"hhi": 1, "market_share_beta": 1, "surplus": -1}),
        ("device_launch", {"exits_by_device_alpha": 1, "market_share_beta": 1, "market_share_alpha": -1}),
        ("tariff_rise", {"market_share_alpha": 1, "gross_adds_alpha": 1, "arpu_beta": 1, "surplus": -1}),
        ("recession", {"total_bad_debt_cost": 1, "arpu_alpha": -1, "exits_by_default_alpha": 1, "surplus": -1}),
        ("end_of_contract_notices", {"exits_by_term_end_alpha": 1, "exits": 1, "surplus": 1, "total_ebitda": -1}),
        ("term_ban", {"months_left": -1}),
        ("fee_waiver", {"exits": 1, "total_ebitda": -1}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_shock(shock: str, directions: dict[str, int]) -> None:
    moved = futures(shock) - futures(None)
    assert {name: sign for name, sign in directions.items() if not sign * standard_errors(moved[name]) > 4.0} == {}


def test_breach_is_felt_where_it_happens() -> None:
    moved = futures("breach") - futures(None)
    assert (
        (moved["exits_by_breach_alpha"] > 0).all()
        and (moved["exits_by_breach_beta"] == 0).all()
        and (moved["exits_by_breach_gamma"] == 0).all()
    )
    assert moved["trust_alpha"].mean() < 10.0 * moved["trust_beta"].mean() and moved["trust_alpha"].mean() < -0.1


def test_quick_portability_frees_the_locked_in_and_slow_porting_takes_most_of_it_back() -> None:
    """Twenty days leave a sixteenth of it at a patience of five (Cho, Ferreira & Telang 2016)."""
    without = ("behaviour.switching_cost.portability=0",)
    none = futures(None, world=without)
    quick = futures("portability", world=without) - none
    slow = futures("portability", "shocks.portability.days=20", world=without) - none
    assert standard_errors(quick["exits"]) > 4.0
    assert standard_errors(quick["exits"] - 2.0 * slow["exits"]) > 4.0


def test_ban_on_back_book_pricing_spares_old_customers() -> None:
    penalty = ("operators.alpha.pricing={kind: back_book, front: -0.05, premium: 0.10, after: 24}",)
    moved = futures("back_book_ban", world=penalty) - futures(None, world=penalty)
    assert standard_errors(moved["arpu_alpha"]) < -4.0 and standard_errors(moved["surplus"]) > 4.0


def test_ban_on_back_book_pricing_ends_promotions_for_newcomers_only() -> None:
    promotion = "operators.beta.plans.beta_M={promotion: 0.3, promotion_months: 6}"
    market = shocked(
        Market(scenario(promotion)), scenario(promotion, "shock=back_book_ban", "shocks.back_book_ban.month=2")
    )
    market.step()
    before = market.state.promotion[market.state.joined == 1].max()
    market.step()
    assert before == pytest.approx(0.3) and market.state.promotion[market.state.joined == 2].max() == 0.0


def test_term_ban_binds_plans_and_levers_and_leaves_running_terms() -> None:
    levers = (
        "law.longest_term=null",
        "operators.alpha.retention={desk: {kind: save_desk, reach: 1.0, term: 24}}",
        "operators.alpha.loyalty={long: {kind: contract, term: 36}}",
    )
    market = shocked(Market(scenario(*levers)), scenario(*levers, "shock=term_ban", "shocks.term_ban.month=1"))
    bound = market.state.months_left.copy()
    market.step()
    assert market.offers.plans.term.max() == 12 and market.offers.terms.save_desk.term.max() == 12
    assert bound.max() > 24 and market.state.months_left.max() == bound.max() - 1


def test_merger_moves_everybody_to_the_nearest_plan_and_the_books_hold() -> None:
    """Identities are checked every month by the market itself; the absorbed operator's customers are all there the
    month after.
    """
    market = shocked(worlds()[0], scenario("shock=merger", "shocks.merger.month=3"))
    while market.month < 2:
        market.step()
    before = market.world.subscribers()
    market.step()
    kpis, books = market.run().kpis.set_index(["month", "operator"]), market.ledger.set_index(["month", "operator"])
    assert kpis.loc[3, "gamma"]["subscribers"] == 0 and market.books[2].line("opening").tolist() == [
        before[0],
        before[1] + before[2],
        0.0,
    ]
    assert market.ports.query("month >= 3 and (`from` == 'gamma' or to == 'gamma')")["count"].sum() == 0
    fees = market.prices.query("operator == 'beta'").pivot(index="month", columns="plan", values="fee")
    assert (fees.loc[3] / fees.loc[2]).to_numpy() == pytest.approx(1.05)
    alive = kpis.loc[(slice(None), ["alpha", "beta"]), :].drop(columns="retention_roi")
    assert np.isfinite(alive).all(axis=None) and np.isfinite(books).all(axis=None)
    assert (books.loc[(range(3, MONTHS + 1), "gamma"), list(MONEY)] == 0.0).all(axis=None)


def test_entrant_gains_share_from_its_month_on() -> None:
    run = Market(scenario("shocks.entrant.month=3", name="entrant")).run()
    share = run.kpis.query("operator == 'delta'").set_index("month")["market_share"]
    assert (share[:2] == 0.0).all() and share[6] > 0.0 and share[MONTHS] > 1.5 * share[6]
    assert run.kpis.query("operator == 'delta'")["load"].iloc[-1] < 0.5  # its network was there before its customers
    without = futures(None)
    entered = pd.DataFrame(
        [measures(Market(scenario("shocks.entrant.month=1", name="entrant"), seed=seed)) for seed in list(SEEDS)[:4]]
    )
    assert (entered["hhi"] < without["hhi"][:4]).all()


@pytest.mark.parametrize(
    ("shocks", "message"),
    [
        ("{kind: entrant, operator: alpha, like: alpha}", "cannot start from its own"),
        ("{kind: entrant, operator: alpha, like: beta}", "its start_share must be 0"),
        ("{kind: merger, into: beta, absorbed: beta}", "cannot take itself over"),
        ("{kind: merger, into: beta, absorbed: alpha}", "focal operator"),
        ("{kind: breach, operator: alfa}", "did you mean 'alpha'"),
    ],
)
def test_a_shock_that_cannot_be_is_refused(shocks: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_scenario("europe_three", [f"shocks.it={shocks}"])
