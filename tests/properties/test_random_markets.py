"""Whatever valid market is asked for, its books add up, its numbers keep their bounds, and nothing that may not change
a number does: threads, blocks, forks, the engine, a folder on disk. `make fuzz` tries a thousand more.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from agents.customer import habit_growth, update_commitment
from agents.operator import Operator
from agents.strategies import Contract, FirstContact, NoContract, Portfolio, Proactive, SaveDesk
from agents.strategies.contract import check_levers
from sim import InputError, Market, load_scenario
from sim.config.operators import Care, OperatorConfig
from sim.report.assumptions import behaviour_table
from tests.properties.blocks import Tree
from tests.properties.markets import market_file, small_markets
from tests.properties.soundness import WAYS, broken, differing_ways, differing_when_loaded

pytestmark = pytest.mark.properties
FEW = settings(
    max_examples=16,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # `make fuzz` looks for the smallest that fails, which takes minutes
    suppress_health_check=list(HealthCheck),
)


def lived(tree: Tree, folder: Path) -> Market:
    """The market of a tree, to its last month; one that cannot open as it is asked for is refused in few words."""
    try:
        return Market(load_scenario(market_file(folder, tree))).run()
    except InputError as error:
        assert len(str(error)) < 1_000
        assume(False)
        raise


def test_any_market_is_sound(tmp_path: Path) -> None:
    seen: list[Market] = []

    @FEW
    @given(tree=small_markets(), way=st.sampled_from(sorted(WAYS)))
    def check(tree: Tree, way: str) -> None:
        market = lived(tree, tmp_path)
        assert broken(market) == []
        assert differing_ways(market, [way]) == []
        seen.append(market)

    check()
    assert len(seen) >= 8  # few are refused


@settings(FEW, max_examples=2)
@given(tree=small_markets(most_people=60, most_months=2))
def test_any_result_is_read_back_as_it_was(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("saved")
    assert differing_when_loaded(lived(tree, folder), folder / "result") == []


def test_what_does_not_hold_is_named(tmp_path: Path) -> None:
    """The checks that all of this rests on: a customer who vanishes, a feeling out of bounds, an infinite measure."""
    market = Market(load_scenario("classroom", ["customers.count=200", "months=2", "burn_in=0", "panel.share=1"])).run()
    assert broken(market) == []
    market.state.plan[market.customers_of(0)[0]] = -1
    market.state.commitment[0] = 1.5
    market.state.reference[0] = float("inf")
    assert broken(market) == [
        "customers of an operator = its subscribers",
        "people with no operator = outside",
        "commitment of a person lies between 0 and 1",
        "customers.reference is finite",
    ]


# --- what random markets have found ----------------------------------------------------------------------------------


def test_commitment_and_habit_keep_their_bounds_at_any_speed() -> None:
    """A failure that takes three quarters away and an adaptation of three quarters leave nothing, not less."""
    assert update_commitment(0.5, 0.0, True, False, 0.75, 0.75, 0.5, 2.0, 0.0) == 0.0
    assert update_commitment(0.5, 0.0, True, False, 0.10, 0.20, 0.5, 2.0, 0.0) == pytest.approx(0.5 * 0.8 - 0.05)
    assert habit_growth(0.75, True, 10.0) == 1.0 and habit_growth(0.02, True, 1.5) == pytest.approx(0.03)


def test_tables_in_one_have_types_also_where_some_are_empty() -> None:
    """In the first month nobody's loyalty can be told yet."""
    market = Market(load_scenario("classroom", ["customers.count=60", "months=1", "burn_in=0"])).run()
    assert len(market.loyalty_type) == 0 and len(market.long_tables) > 0
    assert market.long_tables["month"].dtype == market.long_tables["value"].dtype == "int64"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("churn_hazard={distribution: by_tenure, hazards: [0.3, 0.1]}", "0.3, 0.1 by month of tenure"),
        ("churn_hazard={distribution: beta, alpha: 1, beta: 3}", "0.25 (0.194), beta"),
        ("adoption={innovation: 0.03, imitation: 0.38}", "'adoption.innovation', 'p', '0.03'"),
    ],
)
def test_a_report_writes_hazards_and_diffusion_of_any_kind(given: str, words: str) -> None:
    scenario = load_scenario("classroom", [f"behaviour.{given}"])
    assert words in str(behaviour_table(scenario))


def test_a_centre_far_below_its_load_has_no_staff_and_no_cost() -> None:
    """Five roots of the load too few: of a load of 4, four less ten."""
    care = Care(slack=-5.0, contacts=1.0, handling_minutes=6.0, open_hours=100.0, wage=1000.0)
    config = OperatorConfig(plans={"S": {"fee": 10.0}}, care=care)
    assert Operator("A", config, ["all"]).staff(4_000.0, 0.0, 0.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("loyalty", "retention", "words"),
    [
        ({"a": Contract(), "b": NoContract()}, {}, "loyalty.a and loyalty.b both set 'contract'"),
        ({}, {"a": Portfolio(levers={"x": SaveDesk()}), "b": SaveDesk()}, "both set 'save_desk'"),
        ({}, {"b": FirstContact(), "a": Portfolio(levers={"x": FirstContact()})}, "both set 'first_contact'"),
        ({}, {"a": SaveDesk(), "b": SaveDesk()}, "retention.a and retention.b are both of kind 'save_desk'"),
    ],
)
def test_levers_that_would_meet_in_one_thing_are_refused(loyalty: Tree, retention: Tree, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_levers(loyalty, retention)
    calls = {"a": Portfolio(levers={"x": Proactive()}), "b": Proactive()}
    check_levers({}, calls)  # of calls there may be several


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["policy=portfolio+save_desk"], "policies 'portfolio' and 'save_desk': retention.portfolio and"),
        (
            ["operators.beta.mirror_after=2", "operators.beta.loyalty={mine: {kind: no_contract}}", "policy=contract"],
            "policy 'contract' beside operators.beta: loyalty.mine and loyalty.contract both set 'contract'",
        ),
    ],
)
def test_policies_that_do_not_go_together_are_told_before_the_burn_in(overrides: list[str], words: str) -> None:
    with pytest.raises(InputError) as told:
        load_scenario("classroom", overrides)
    assert words in str(told.value) and "pydantic" not in str(told.value)
