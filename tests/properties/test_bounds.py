"""Every number of a scenario has bounds on both sides, and at either bound the market runs or is refused in words."""

import time
from collections.abc import Iterator

import pytest

from agents.population import MOST_REGIONS, MOST_SEGMENTS, Traits
from agents.tables import kinds_of
from sim import InputError, Market, load_scenario
from sim.config import Policy, Scenario
from sim.config.paths import number_at, value_at
from sim.config.shocks import Shock
from sim.config.values import with_values
from tests.properties.bounds import SCENARIOS, Number, Place, each_once, faults_of, numbers, places, small_markets

pytestmark = pytest.mark.properties
BETWEEN_NUMBERS = (
    "longer than the law allows",  # a term  # what a number at its bound may break: rules between several numbers
    "must sum to 1",
    "it may not exceed 1",
    "must be at most the mean",
    "must be at most `high`",
    "the first number must be below the second",
    "must be above 0, because appeals are inverted",
    "no people can have them all at once",
    "would have to learn",
    "the opening shares cannot be held",
)
SLOWEST = 10.0  # seconds of processor time a small market may take; the usual one takes a twentieth of one


@pytest.fixture(scope="module")
def schema() -> list[Place]:
    seen = {Shock}  # the user's own
    return [*places(Scenario, seen), *places(Policy, seen)]


def test_every_number_is_bounded_on_both_sides(schema: list[Place]) -> None:
    open_ended = [
        place.name for place in schema if place.kind in (int, float) and not {"ge", "le"} <= set(place.bounds)
    ]
    assert open_ended == [] and sum(place.kind in (int, float) for place in schema) > 300


def test_every_text_list_and_mapping_is_bounded(schema: list[Place]) -> None:
    assert [
        place.name for place in schema if place.kind in (str, dict, tuple) and "max_length" not in place.bounds
    ] == []


def test_codes_of_segments_and_regions_fit_their_columns() -> None:
    """The last code is one less than how many there may be."""
    kinds = kinds_of(Traits)
    assert kinds["segment"].type(MOST_SEGMENTS - 1) == MOST_SEGMENTS - 1
    assert kinds["region"].type(MOST_REGIONS - 1) == MOST_REGIONS - 1


def test_the_largest_number_of_segments_is_told_apart_and_one_more_is_refused() -> None:
    """300 segments once wrapped round, and the last 44 held nobody."""
    few = ["customers.count=6_000", "burn_in=0"]
    market = Market(load_scenario("small_market", [*few, segments(MOST_SEGMENTS)]))
    assert market.customers.to_frame().segment.nunique() == MOST_SEGMENTS
    with pytest.raises(InputError, match=r"customers.segments: at most 256 entries \(got 257\)"):
        load_scenario("small_market", [*few, segments(MOST_SEGMENTS + 1)])


def segments(count: int) -> str:
    there = ", ".join(f"s{number}: {{share: {1 / count!r}, price_sensitivity: 0.2}}" for number in range(count))
    return f"customers.segments={{all: null, {there}}}"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("customers.segments.youth.price_sensitivity=-0.3", "greater than or equal to 0.000000001 (got -0.3)"),
        (
            "customers.segments.youth.usage={distribution: lognormal, mean_log: 1, sd_log: 35}",
            "usage.sd_log: must be less than or equal to 3 (got 35)",
        ),
        (
            "customers.segments.youth.price_sensitivity={distribution: normal, mean: 0.1, sd: 0.2}",
            "sd: must be at most the mean, 0.1, or too many lie below 0 (got 0.2)",
        ),
        (
            "customers.segments.youth.usage={distribution: uniform, low: 3, high: 2}",
            "usage.low: must be at most `high`, 2 (got 3.0)",
        ),
        (
            "customers.segments.youth.deal_proneness=7",
            "deal_proneness.value: must be less than or equal to 1 (got 7.0)",
        ),
        ("customers.segments.youth.deal_proneness=much", "must be a number, or a mapping with `distribution`"),
        ("regions={urban: 1.5, rural: -0.5}", "regions.rural: must be greater than or equal to 0 (got -0.5)"),
        ("market_size=1e308", "market_size: must be less than or equal to"),
        ("market_size=inf", "market_size: must be a finite number (got inf)"),
        ("regions.urban=nan", "regions.urban: must be a finite number (got nan)"),
        ("operators.alpha.care.open_hours=1e-9", "open_hours: must be greater than or equal to 1 (got 1e-09)"),
        ("operators.alpha.pricing={kind: schedule, fees: {2: 1000}}", "fees.2: must be less than or equal to 100"),
        ("operators.alpha.pricing={kind: schedule, fees: {0: 1.1}}", "fees.0: must be greater than or equal to 1"),
        ("operators.alpha.plans.alpha_M.segments=[]", "alpha_M.segments: must not be empty"),
        (f"operators.{'x' * 65}={{plans: {{p: {{fee: 9}}}}}}", "at most 64 characters (got 65)"),
        ('operators.beta.plans.beta_M.brand="a\nb"', "a name without line breaks"),
        ("customers.correlations={hassle~hassle: 0.5}", "'hassle~hassle' is not a pair"),
        (
            "customers.correlations={care_weight~social: 0.9, care_weight~variety: 0.9, social~variety: -0.9}",
            "no people can have them all at once",
        ),
    ],
)
def test_what_means_nothing_is_refused(override: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        load_scenario("classroom", [override])
    assert words in str(refused.value) and len(str(refused.value)) < 600


def test_without_an_outside_option_everybody_is_sold_something() -> None:
    shipped = load_scenario("classroom")
    narrow = [f"operators.{operator}.plans.{plan}.segments=[mass]" for plan, (operator, _) in shipped.all_plans.items()]
    load_scenario("classroom", narrow)
    with pytest.raises(InputError, match=r"customers.outside: false, but nothing is on sale to segment 'youth'"):
        load_scenario("classroom", [*narrow, "customers.outside=false"])


def test_who_is_sold_nothing_by_the_operator_of_her_opening_share_chooses_among_the_others() -> None:
    """Half of the people are of a segment that beta sells nothing to; the others of its share open with it."""
    half = "{share: 0.5, price_sensitivity: 0.1}"
    narrow = [f"operators.beta.plans.beta_{size}.segments=[a]" for size in ("S", "M", "L", "XL")]
    scenario = load_scenario(
        "small_market",
        ["customers.count=2_000", "burn_in=0", f"customers.segments={{all: null, a: {half}, b: {half}}}", *narrow],
    )
    people = Market(scenario).customers.to_frame()
    of_beta = people[people.operator == "beta"]
    assert set(of_beta.segment) == {"a"} and len(of_beta) >= 0.35 / 2 * 2_000 * 0.85
    assert not people.plan.isna().any()


def test_a_number_beside_a_month_is_found_and_changed() -> None:
    """Months are numbers in the schema, words in keys."""
    scenario = load_scenario(
        "classroom", ["operators.alpha.pricing={kind: schedule, fees: {2: {alpha_M: 10}, 3: 1.1}}"]
    )
    changed = with_values(scenario, {"operators.alpha.pricing.fees.2.alpha_M": 12.0})
    assert number_at(changed, "operators.alpha.pricing.fees.2.alpha_M") == 12.0
    assert value_at(changed, "operators.alpha.pricing.fees.3") == 1.1


# --- at the bounds ---------------------------------------------------------------------------------------------------


def at_bounds(number: Number) -> Iterator[Scenario]:
    """Yield the number's scenario with it at either bound, where that goes with the other numbers."""
    for bound in (number.facts.ge, number.facts.le):
        assert bound is not None, number.key
        try:
            yield with_values(number.scenario, {number.key: number.at(bound)})
        except InputError as error:
            assert any(words in str(error) for words in BETWEEN_NUMBERS), (number.key, bound, str(error))


def lives(scenario: Scenario, what: str) -> None:
    """Run a market; it ends, and its tables hold numbers."""
    started = time.process_time()
    try:
        market = Market(scenario).run()
    except InputError as error:
        assert any(words in str(error) for words in BETWEEN_NUMBERS), (what, str(error))
        return
    assert faults_of(market) == [], what
    assert time.process_time() - started < SLOWEST, what


def small_enough(number: Number) -> bool:
    """Whether a market with the number at its bound is still small."""
    return number.key not in ("customers.count", "months", "burn_in")


@pytest.mark.parametrize("name", SCENARIOS[::4])
def test_numbers_of_a_scenario_compose_at_both_bounds(name: str) -> None:
    for number in list(numbers(load_scenario(name)))[::5]:
        list(at_bounds(number))


def test_some_numbers_run_at_both_bounds() -> None:
    for number in [number for number in each_once(iter([load_scenario("classroom", FEW)])) if small_enough(number)][
        ::14
    ]:
        for scenario in at_bounds(number):
            lives(scenario, number.key)


FEW = ["customers.count=200", "months=2", "burn_in=1"]


@pytest.mark.validate
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_number_of_a_scenario_composes_at_both_bounds(name: str) -> None:
    for number in numbers(load_scenario(name)):
        list(at_bounds(number))


@pytest.mark.validate
def test_every_number_runs_at_both_bounds() -> None:
    """In a small market of some scenario, policy, shock, strategy or shape of a distribution in which it counts."""
    for number in filter(small_enough, each_once(small_markets())):
        for scenario in at_bounds(number):
            lives(scenario, number.key)
