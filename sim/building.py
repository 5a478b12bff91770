"""How a market is built: people drawn or read from a file, and lived through the months before the first."""

from typing import TYPE_CHECKING

import numpy as np

from agents.population import Event, State, opened
from agents.synthesis import Recipe, synthesise
from agents.ties import make_ties
from sim import opening
from sim.choice import fill_leanings
from sim.config import TRAITS, Scenario
from sim.customer_file import read_customers
from sim.errors import InputError
from sim.shocks import not_yet_open
from sim.steps.flags import ALONE
from sim.tables import blank_tally

if TYPE_CHECKING:
    from sim.market import Market


def with_count(scenario: Scenario, count: int) -> Scenario:
    """Return the scenario with so many people: a customer file says how many."""
    return scenario.model_copy(update={"customers": scenario.customers.model_copy(update={"count": count})})


def draw_people(market: "Market") -> None:
    """Draw people, ties and empty state; take in the customer file where there is one."""
    scenario, customers, params = market.scenario, market.scenario.customers, market.params
    market.file = read_customers(scenario)
    count = customers.count
    if market.file is not None:
        if scenario.burn_in:
            raise InputError(
                f"burn_in: must be 0 with a customer file (got {scenario.burn_in}): its people are as the file says at"
                " month 0, a burn-in would replace them"
            )
        share = scenario.operators[scenario.focal].start_share
        if share <= 0.0:
            raise InputError(f"operators.{scenario.focal}.start_share: must be above 0 for a customer file")
        count = max(round(market.file.rows / share), market.file.rows)
        market.scenario = with_count(scenario, count)
    market.count = count
    months = scenario.burn_in + scenario.months
    people = count + round(
        count * params.turnover.exit * months
    )  # those present, and a newcomer for each who leaves the market
    segments = list(customers.segments.values())
    recipe = Recipe(
        seed=market.world_seed,
        people=people,
        present=count,
        months=months,
        first_month=1 - scenario.burn_in,
        shares=[segment.share for segment in segments],
        distributions=[{trait: getattr(segment, trait) for trait in TRAITS} for segment in segments],
        traits=TRAITS,
        correlations=customers.correlations,
        trait_homophily=customers.trait_homophily,
        segment_homophily=customers.segment_homophily,
        regions=list(scenario.regions.values()),
        community=params.ties.community,
        account_sizes=[segment.account_size for segment in segments],
        mean_hassle=params.switching_cost.hassle,
        prepaid_taste_sd=params.choice.prepaid_taste_sd,
        hazard=scenario.behaviour.churn_hazard,
        shock_months=params.choice.shock_months,
    )
    communities, size = (people - 1) // recipe.community + 1, len(market.operators)
    market.faults, market.courted = np.zeros(communities, np.uint16), np.zeros(communities, np.uint16)
    market.tally = blank_tally(people, len(segments), size, len(market.region_names), len(market.plan_names))
    market.reputation = np.full((len(market.region_names), size), 0.72)
    market.outage = np.ones((len(market.region_names), size))
    hazard = scenario.behaviour.churn_hazard
    market.hazards = np.array(hazard.hazards if hazard is not None and hazard.distribution == "by_tenure" else [0.0])
    market.adopters = 0.0
    market.process, market.breach, market.breach_news, market.trust = (
        np.ones(size),
        np.zeros(size),
        np.zeros(size),
        np.full(size, params.trust.start),
    )
    market.load = np.zeros(size)
    market.oracle = np.zeros(0, np.float32)
    market.file_people = _people_of_file(market, recipe)
    market.traits = synthesise(recipe, _given(market))
    ties = scenario.behaviour.ties
    inside, outside = (ties.inside, ties.outside) if params.has_ties else (0, 0)
    market.ties_array = make_ties(
        market.traits, market.world_seed, inside, outside, ties.community, ties.rewire, ties.region_homophily
    )
    market.state, market.events = opened(State, people), opened(Event, people)
    market.seen, market.shown = np.full(people, ALONE, np.uint32), np.zeros(people, np.uint32)


def _people_of_file(market: "Market", recipe: Recipe) -> np.ndarray:
    """Choose who gets the file's rows: those who lean most to the focal operator, as its customers do."""
    if market.file is None:
        return np.zeros(0, np.int64)
    blank = synthesise(recipe, None)
    leaning, operators = np.empty(recipe.present), market.scenario.operators.values()
    weights = np.log([max(operator.start_share, 1e-6) for operator in operators])
    fill_leanings(market.focal_index, weights, blank, market.this_month(), market.params, leaning)
    return np.sort(np.argsort(-leaning, kind="stable")[: market.file.rows]).astype(np.int64)


def _given(market: "Market") -> dict[str, np.ndarray] | None:
    """Codes of segment and region from the customer file."""
    if market.file is None:
        return None
    given: dict[str, np.ndarray] = {"rows": market.file_people}
    for name, names in (("segment", market.segment_names), ("region", market.region_names)):
        if name in market.file.fields:
            given[name] = np.array([names.index(value) for value in market.file.fields[name]], dtype=np.uint8)
    return given


def close_shops(market: "Market") -> None:
    """Keep the plans of operators that enter later off the market."""
    for name in not_yet_open(market.scenario):
        market.offers.eligible[market.offers.plans.operator == market.operator_names.index(name)] = 0


def burn_in(market: "Market") -> None:
    """Run the months before the first; balance appeals with flows where the scenario leaves them open."""
    months_before = market.scenario.burn_in
    if market.appeals_open and months_before >= opening.LEAST:
        _run_balancing(market, months_before)
    else:
        if market.appeals_open:
            _balance_on_a_copy(market)
        for _ in range(months_before):
            market.live_month()
    market.month = 0
    market.books.clear()
    market.panel_rows.clear()
    market.fees_by_month = [(0, market.offers.plans.fee.copy())]
    market.state.paid[:] = 0.0


def _balance_on_a_copy(market: "Market") -> None:
    """Find the appeals, and the level of satisfaction, that a year of life would bring about, without living it."""
    scratch = market.fork()
    scratch.month = -opening.LEAST
    _run_balancing(scratch, opening.LEAST)
    market.offers.plans.appeal[:] = scratch.offers.plans.appeal
    opening.shift_satisfaction(market, scratch.reputation)


def _run_balancing(market: "Market", months: int) -> None:
    sums, market.inverts = np.zeros((len(market.plan_names), 4)), True
    for number in range(1, months + 1):
        market.live_month()
        sums += market.tally.inflow.sum(axis=0)
        if number % opening.EVERY == 0:
            opening.balance_flows(market, sums, number // opening.EVERY - 1)
            sums[:] = 0.0
    market.inverts = False
