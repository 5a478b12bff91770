"""How a world is built: people drawn or read from a file, shops opened, and the burn-in lived through."""

import numpy as np

from agents.exact import logarithm
from agents.operator import Operator
from agents.population import Event, State, opened
from agents.synthesis import Recipe, synthesise
from agents.tables import table
from agents.ties import make_ties
from sim.analysis.choice import fill_leanings
from sim.books.books import Books
from sim.books.measures import monthly_discount
from sim.config import TRAITS, Scenario
from sim.errors import InputError
from sim.files.customer_file import CustomerFile
from sim.month.records import sampled_people
from sim.month.schedule import Loop, live_month
from sim.month.shocks import not_yet_open, rules_in
from sim.start import opening
from sim.steps.flags import ALONE
from sim.world.offers import blank_offers, write_offers
from sim.world.parameters import parameters_of
from sim.world.tables import Community, blank_tally
from sim.world.world import World


def with_count(scenario: Scenario, count: int) -> Scenario:
    """Return the scenario with so many people."""
    return scenario.model_copy(update={"customers": scenario.customers.model_copy(update={"count": count})})


def with_people_of(scenario: Scenario, file: CustomerFile | None) -> Scenario:
    """Return the scenario with so many people that the focal operator's share of them is the file's."""
    if file is None:
        return scenario
    if scenario.burn_in:
        raise InputError(
            f"burn_in: must be 0 with a customer file (got {scenario.burn_in}): its people are as the file says at"
            " month 0, a burn-in would replace them"
        )
    share = scenario.operators[scenario.focal].start_share
    if share <= 0.0:
        raise InputError(f"operators.{scenario.focal}.start_share: must be above 0 for a customer file")
    return with_count(scenario, max(round(file.rows / share), file.rows))


def open_world(scenario: Scenario, seed: int, file: CustomerFile | None) -> World:
    """Build a world in its first month, everybody with an operator or outside; the burn-in is still to be lived."""
    recipe = _recipe(scenario, seed)
    world = _world_of(scenario, seed, recipe)
    rows = np.zeros(0, np.int64)
    if file is not None:
        rows = _people_of_file(scenario, world, recipe, file.rows)
        world.traits = synthesise(recipe, _given(scenario, file, rows))
    ties = scenario.behaviour.ties
    inside, outside = (ties.inside, ties.outside) if world.params.has_ties else (0, 0)
    world.ties = make_ties(world.traits, seed, inside, outside, ties.community, ties.rewire, ties.region_homophily)
    world.mean_usage = float(world.traits.usage.mean())
    for name in not_yet_open(scenario):
        world.offers.eligible[world.plans_of(world.number_of(name))] = 0
    opening.open_market(scenario, world, file, rows)
    return world


def _recipe(scenario: Scenario, seed: int) -> Recipe:
    """Say how people are drawn: those present, and a newcomer for each who will leave the market."""
    customers, behaviour = scenario.customers, scenario.behaviour
    months, segments = scenario.burn_in + scenario.months, list(customers.segments.values())
    return Recipe(
        seed=seed,
        people=customers.count + round(customers.count * behaviour.turnover.exit * months),
        present=customers.count,
        months=months,
        first_month=1 - scenario.burn_in,
        shares=[segment.share for segment in segments],
        distributions=[{trait: getattr(segment, trait) for trait in TRAITS} for segment in segments],
        traits=TRAITS,
        correlations=customers.correlations,
        trait_homophily=customers.trait_homophily,
        segment_homophily=customers.segment_homophily,
        regions=list(scenario.regions.values()),
        community=behaviour.ties.community,
        account_sizes=[segment.account_size for segment in segments],
        mean_hassle=behaviour.switching_cost.hassle,
        prepaid_taste_sd=behaviour.choice.prepaid_taste_sd,
        hazard=behaviour.churn_hazard,
        shock_months=behaviour.choice.shock_months,
    )


def _world_of(scenario: Scenario, seed: int, recipe: Recipe) -> World:
    """Return a world of people without operators or ties, and of shops as configured."""
    params = parameters_of(scenario.behaviour, scenario.customers.outside)
    regions, size, people = list(scenario.regions), len(scenario.operators), recipe.people
    operators = [Operator(name, config, regions) for name, config in scenario.operators.items()]
    offers, rules = blank_offers(scenario), rules_in(scenario, 0)
    for number, operator in enumerate(operators):
        write_offers(offers, number, operator, rules)
    hazard = scenario.behaviour.churn_hazard
    communities = (people - 1) // recipe.community + 1
    world = World(
        month=-scenario.burn_in,
        world_seed=seed,
        luck_seed=seed,
        monthly_discount=monthly_discount(scenario.discount_annual),
        params=params,
        rules=rules,
        traits=synthesise(recipe, None),
        ties=np.zeros((people, 0), np.int32),
        churn_hazards=np.array(hazard.hazards if hazard is not None and hazard.distribution == "by_tenure" else [0.0]),
        mean_usage=0.0,
        state=opened(State, people),
        seen=np.full(people, ALONE, np.uint32),
        shown=np.zeros(people, np.uint32),
        events=opened(Event, people),
        people=[],
        adopters=0.0,
        operators=operators,
        focal=list(scenario.operators).index(scenario.focal),
        policy="none",
        offers=offers,
        last_book=None,
        recorded=np.zeros(0, np.int64),
        snapshots=[],
        reputation=np.full((len(regions), size), params.opening.reputation),
        trust=np.full(size, params.trust.start),
        communities=table(Community, communities),
        outage=np.ones((len(regions), size)),
        process=np.ones(size),
        breach=np.zeros(size),
        breach_news=np.zeros(size),
        oracle=np.zeros(0, np.float32),
        tally=blank_tally(people, len(recipe.shares), size, len(regions), len(scenario.all_plans)),
        inverts=False,
        intervened=False,
    )
    world.recorded = sampled_people(world.world_key, people, size)
    return world


def _people_of_file(scenario: Scenario, world: World, recipe: Recipe, count: int) -> np.ndarray:
    """Choose who gets the file's rows: those who lean most to the focal operator, as its customers do."""
    leaning = np.empty(recipe.present)
    weights = logarithm([max(operator.start_share, 1e-6) for operator in scenario.operators.values()])
    fill_leanings(world.focal, weights, world.traits, world.this_month(), world.params, leaning)
    return np.sort(np.argsort(-leaning, kind="stable")[:count]).astype(np.int64)


def _given(scenario: Scenario, file: CustomerFile, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Codes of segment and region from the customer file."""
    given: dict[str, np.ndarray] = {"rows": rows}
    for name, known in (("segment", list(scenario.customers.segments)), ("region", list(scenario.regions))):
        if name in file.fields:
            given[name] = np.array([known.index(value) for value in file.fields[name]], dtype=np.uint8)
    return given


def burn_in(scenario: Scenario, world: World, loop: Loop) -> None:
    """Live the months before the first; balance appeals with flows where the scenario leaves them open."""
    if scenario.appeals_open and scenario.burn_in >= opening.LEAST:
        _balance(scenario, world, scenario.burn_in, loop)
    else:
        if scenario.appeals_open:
            _balance_on_a_copy(scenario, world, loop)
        unread = Books(scenario, world.traits)
        for _ in range(scenario.burn_in):
            live_month(scenario, world, unread, loop)
    world.month = 0
    world.state.paid[:] = 0.0


def _balance_on_a_copy(scenario: Scenario, world: World, loop: Loop) -> None:
    """Find the appeals, and the level of satisfaction, that a year of life would bring about, without living it."""
    trial = world.fork()
    trial.month = -opening.LEAST
    _balance(scenario, trial, opening.LEAST, loop)
    world.offers.plans.appeal[:] = trial.offers.plans.appeal
    opening.shift_satisfaction(world, trial.reputation)


def _balance(scenario: Scenario, world: World, months: int, loop: Loop) -> None:
    """Live some months, and move appeals so that expected flows balance."""
    sums, unread, world.inverts = np.zeros((len(scenario.all_plans), 4)), Books(scenario, world.traits), True
    for number in range(1, months + 1):
        live_month(scenario, world, unread, loop)
        sums += world.tally.inflow.sum(axis=0)
        if number % opening.EVERY == 0:
            opening.balance_flows(scenario, world, sums, number // opening.EVERY - 1)
            sums[:] = 0.0
    world.inverts = False
