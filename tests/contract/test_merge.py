"""How files and overrides lie over one another: what changes its kind is replaced whole, null deletes, groups land
where they belong.
"""

from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml

from sim import InputError, load_scenario
from sim.config import Scenario
from sim.loading import list_configs

pytestmark = pytest.mark.contract

PRICING: dict[str, dict[str, Any]] = {
    "fixed": {"change": -0.1},
    "match": {"follow": 0.5, "every": 3, "phase": 2},
    "undercut": {"step": 2.0, "floor": "cost", "reset": 30.0, "every": 2},
    "best_response": {"knowledge": "records", "horizon": 24, "every": 6},
    "schedule": {"fees": {1: 0.9, 7: {"one": 8.0}}},
    "cost_plus": {"markup": 0.5},
    "price_war": {"depth": 0.3, "length": 6},
    "target_share": {"target": 0.4},
    "q_learning": {"points": 9, "learns": True},
}
SERVICE: dict[str, dict[str, Any]] = {
    "fixed": {},
    "budget_share": {"network": 0.15, "care": 0.02},
    "target_satisfaction": {"target": 0.8, "care_move": 0.0},
    "target_wait": {"target": 1.0},
}
DISTRIBUTION: dict[str, dict[str, Any]] = {
    "fixed": {"value": 0.2},
    "normal": {"mean": 0.3, "sd": 0.1},
    "lognormal": {"mean_log": -1.0, "sd_log": 0.3},
    "uniform": {"low": 0.1, "high": 0.4},
    "beta": {"alpha": 2.0, "beta": 3.0},
}
HAZARD: dict[str, dict[str, Any]] = {
    "fixed": {"value": 0.02},
    "beta": {"alpha": 2.0, "beta": 30.0},
    "by_tenure": {"hazards": [0.05, 0.02]},
}
SHOCK: dict[str, dict[str, Any]] = {
    "price_change": {"operator": "alpha", "change": -0.2, "months": 5},
    "portability": {"portability": 0.9, "month": 3},
    "outage": {"operator": "alpha", "factor": 5.0, "months": 2},
}
LOYALTY: dict[str, dict[str, Any]] = {
    "points": {"earn": 2.0},
    "tiers": {"perk_cost": 0.5},
    "tenure_discount": {"cap": 0.3},
    "contract": {"etf": 3.0},
}
RETENTION: dict[str, dict[str, Any]] = {
    "proactive": {"target": "value", "depth": 0.2},
    "save_desk": {"reach": 0.3, "credit": 10},
}

# where a block lives -> (its tag, what it may be, how to read it from the scenario)
Place = tuple[str, dict[str, dict[str, Any]], Callable[[Scenario], Any]]
PLACES: dict[str, Place] = {
    "operators.alpha.pricing": ("kind", PRICING, lambda scenario: scenario.operators["alpha"].pricing),
    "operators.alpha.service": ("kind", SERVICE, lambda scenario: scenario.operators["alpha"].service),
    "operators.alpha.loyalty.lever": ("kind", LOYALTY, lambda scenario: scenario.operators["alpha"].loyalty["lever"]),
    "operators.alpha.retention.lever": (
        "kind",
        RETENTION,
        lambda scenario: scenario.operators["alpha"].retention["lever"],
    ),
    "shocks.news": ("kind", SHOCK, lambda scenario: scenario.shocks["news"]),
    "customers.segments.all.price_sensitivity": (
        "distribution",
        DISTRIBUTION,
        lambda scenario: scenario.customers.segments["all"].price_sensitivity,
    ),
    "behaviour.churn_hazard": ("distribution", HAZARD, lambda scenario: scenario.behaviour.churn_hazard),
}


def pairs() -> Iterator[Any]:
    """Every ordered pair of kinds, in every place."""
    for path, (_, kinds, _) in PLACES.items():
        for old, new in permutations(kinds, 2):
            yield pytest.param(path, old, new, id=f"{path.rpartition('.')[2]}-{old}-{new}")


def nested(path: str, value: Any) -> dict[str, Any]:
    """Put a value under a dotted path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value if isinstance(value, dict) else {}


def write(folder: Path, name: str, below: list[Any], content: dict[str, Any]) -> Path:
    """Write a scenario file that lies over others."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({"defaults": [*below, "_self_"], **content}, sort_keys=False), encoding="utf-8")
    return path


def first_file(folder: Path, path: str = "", block: Any = None) -> Path:
    """Write a market of one operator `alpha` and one segment `all`, with a block under a dotted path."""
    content: dict[str, Any] = {
        "operators": {"alpha": {"plans": {"one": {"fee": 10.0, "appeal": 1.0}, "two": {"fee": 20.0, "appeal": 2.0}}}},
        "customers": {"segments": {"all": {"share": 1.0, "price_sensitivity": 0.1}}},
        "focal": "alpha",
        "policies": ["none"],
    }
    *above, last = path.split(".")
    holder = content
    for key in above:
        holder = holder.setdefault(key, {})
    if path:
        holder[last] = block
    return write(folder, "first", ["base"], content)


def in_braces(value: Any) -> str:
    """Write a value in the grammar of overrides."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {in_braces(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(map(in_braces, value)) + "]" if isinstance(value, list) else str(value)


@pytest.mark.parametrize(("path", "old", "new"), list(pairs()))
def test_a_changed_kind_replaces_its_block(path: str, old: str, new: str, tmp_path: Path) -> None:
    """By override and by a file over a file: nothing of the old kind remains, or it would be refused as unknown."""
    tag, kinds, read = PLACES[path]
    after = {tag: new, **kinds[new]}
    first = first_file(tmp_path, path, {tag: old, **kinds[old]})
    by_override, by_file = (
        load_scenario(first, [f"{path}={in_braces(after)}"]),
        load_scenario(write(tmp_path, "over", ["first"], nested(path, after))),
    )
    assert read(by_override) == read(by_file) == type(read(by_file))(**after)
    assert getattr(read(by_file), tag) == new


@pytest.mark.parametrize(
    ("path", "kind"), [(path, kind) for path, (_, kinds, _) in PLACES.items() for kind in kinds if kinds[kind]]
)
def test_the_same_kind_is_merged(path: str, kind: str, tmp_path: Path) -> None:
    """One field changed by override keeps the others, whether or not the kind is said again."""
    tag, kinds, read = PLACES[path]
    field, value = next(iter(kinds[kind].items()))
    block = {tag: kind, **kinds[kind]}
    found = read(
        load_scenario(
            first_file(tmp_path, path, block),
            [f"{path}={in_braces({tag: kind, field: value})}", f"{path}.{field}={in_braces(value)}"],
        )
    )
    assert found == type(found)(**block)


@pytest.mark.parametrize(("old", "new"), list(permutations(PRICING, 2)))
def test_a_kind_changed_alone_takes_the_defaults_of_the_new_one(old: str, new: str, tmp_path: Path) -> None:
    path = "operators.alpha.pricing"
    pricing = (
        load_scenario(first_file(tmp_path, path, {"kind": old, **PRICING[old]}), [f"{path}.kind={new}"])
        .operators["alpha"]
        .pricing
    )
    assert pricing.kind == new and pricing == type(pricing)()


@pytest.mark.parametrize("old", DISTRIBUTION)
@pytest.mark.parametrize("new", ["{value: 0.5}", "0.5"])
def test_a_plain_value_replaces_any_distribution(old: str, new: str, tmp_path: Path) -> None:
    path = "customers.segments.all.price_sensitivity"
    first = first_file(tmp_path, path, {"distribution": old, **DISTRIBUTION[old]})
    over = write(tmp_path, "over", ["first"], nested(path, yaml.safe_load(new)))
    for scenario in (load_scenario(first, [f"{path}={new}"]), load_scenario(over)):
        assert scenario.customers.segments["all"].price_sensitivity.model_dump() == {
            "distribution": "fixed",
            "value": 0.5,
        }


@pytest.mark.parametrize("new", [kind for kind in DISTRIBUTION if kind != "fixed"])
@pytest.mark.parametrize("old", [0.5, {"value": 0.5}])
def test_a_distribution_replaces_a_plain_value(old: Any, new: str, tmp_path: Path) -> None:
    path, spec = "customers.segments.all.price_sensitivity", {"distribution": new, **DISTRIBUTION[new]}
    found = (
        load_scenario(first_file(tmp_path, path, old), [f"{path}={in_braces(spec)}"])
        .customers.segments["all"]
        .price_sensitivity
    )
    assert found.model_dump() == spec


# --- null deletes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "override", ["operators.alpha.plans.two=null", "~operators.alpha.plans.two", "operators.alpha.plans={two: null}"]
)
def test_null_deletes_a_plan(override: str, tmp_path: Path) -> None:
    assert list(load_scenario(first_file(tmp_path), [override]).all_plans) == ["one"]


def test_null_in_a_file_deletes_what_a_file_below_says(tmp_path: Path) -> None:
    content = {"operators": {"gamma": None, "beta": {"pricing": None}}, "shocks": {"rival_cuts_prices": None}}
    scenario = load_scenario(write(tmp_path, "mine", ["price_war"], content))
    assert list(scenario.operators) == ["alpha", "beta"] and scenario.shocks == {}
    assert scenario.operators["beta"].pricing.model_dump() == {"kind": "fixed", "change": 0.0}


@pytest.mark.parametrize("mapping", ["loyalty", "retention"])
def test_null_deletes_a_lever(mapping: str, tmp_path: Path) -> None:
    kind = {"loyalty": "points", "retention": "save_desk"}[mapping]
    path = first_file(tmp_path, f"operators.alpha.{mapping}", {"one": {"kind": kind}, "other": {"kind": kind}})
    assert list(getattr(load_scenario(path, [f"operators.alpha.{mapping}.one=null"]).operators["alpha"], mapping)) == [
        "other"
    ]


def test_null_in_the_middle_of_a_mapping_keeps_the_others_order() -> None:
    everyone = list(load_scenario("classroom").customers.segments)
    left = load_scenario("classroom", ["customers.segments.youth=null", "customers.segments.mass.share=0.77"])
    assert list(left.customers.segments) == [name for name in everyone if name != "youth"]


@pytest.mark.parametrize(
    "overrides", [["regions.rural=null", "regions.urban=1.0"], ["~regions.rural", "regions.urban=1.0"]]
)
def test_null_deletes_a_number_of_a_mapping(overrides: list[str]) -> None:
    rest = [f"operators.{name}.network.quality.rural=null" for name in ("alpha", "beta", "gamma")]
    scenario = load_scenario("classroom", [*overrides, *rest])
    assert scenario.regions == {"urban": 1.0} and list(scenario.operators["beta"].network.quality) == ["urban"]


def test_null_in_a_file_deletes_a_correlation(tmp_path: Path) -> None:
    path = write(tmp_path, "mine", ["classroom"], {"customers": {"correlations": {"usage~hassle": None}}})
    assert "usage~hassle" not in load_scenario(path).customers.correlations


@pytest.mark.parametrize("override", ["operators.delta=null", "~operators.delta", "~operators.alpha.plans.alfa_M"])
def test_deleting_what_is_not_there_is_refused(override: str) -> None:
    with pytest.raises(InputError, match=override.strip("~").removesuffix("=null").replace(".", r"\.")):
        load_scenario("classroom", [override])


def test_null_where_nothing_is_a_value() -> None:
    scenario = load_scenario(
        "classroom", ["operators.alpha.plans.alpha_M.allowance=null", "behaviour.churn_hazard=null"]
    )
    assert scenario.all_plans["alpha_M"][1].allowance is None and scenario.behaviour.churn_hazard is None


# --- groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", list_configs("behaviour"))
def test_a_behaviour_lands(option: str, tmp_path: Path) -> None:
    """Chosen by override it is what a file that names it gets, whatever the scenario had."""
    named = load_scenario(
        write(
            tmp_path, "named", ["base", {"behaviour": option}, {"market": "europe_three"}, {"customers": "europe"}], {}
        )
    )
    chosen = load_scenario("europe_three", [f"behaviour={option}"])
    assert chosen.behaviour == named.behaviour and chosen.operators == load_scenario("europe_three").operators
    assert (chosen.behaviour == load_scenario("europe_three").behaviour) == (option == "mobile")


@pytest.mark.parametrize("option", list_configs("customers"))
def test_customers_land(option: str, tmp_path: Path) -> None:
    named = load_scenario(write(tmp_path, "named", ["base", {"market": "europe_three"}, {"customers": option}], {}))
    chosen = load_scenario("europe_three", [f"customers={option}", "customers.count=777"])
    assert list(chosen.customers.segments) == list(named.customers.segments) and chosen.customers.count == 777
    assert chosen.customers.model_copy(update={"count": named.customers.count}) == named.customers


@pytest.mark.parametrize("option", list_configs("market"))
def test_a_market_lands(option: str, tmp_path: Path) -> None:
    named = load_scenario(write(tmp_path, "named", ["base", {"market": option}, {"customers": "europe"}], {}))
    chosen = load_scenario("europe_three", [f"market={option}"])
    assert chosen.operators == named.operators and list(chosen.operators) == list(named.operators)
    assert (chosen.focal, chosen.currency, chosen.regions, chosen.market_size) == (
        named.focal,
        named.currency,
        named.regions,
        named.market_size,
    )


# an entrant's operator must be there, outside
@pytest.mark.parametrize("option", [shock for shock in list_configs("shock") if shock != "entrant"])
def test_a_shock_lands(option: str) -> None:
    quiet, chosen = load_scenario("europe_three"), load_scenario("europe_three", [f"shock={option}"])
    assert quiet.shocks == {} and list(chosen.shocks) == [option] and chosen.operators == quiet.operators
    both = load_scenario("price_war", [f"shock={option}", "shock=portability"])
    assert set(both.shocks) == {"rival_cuts_prices", option, "portability"}


def test_all_groups_land_together() -> None:
    scenario = load_scenario(
        "europe_three",
        [
            "behaviour=textbook",
            "customers=textbook",
            "market=europe_three",
            "shock=outage",
            "policy=points",
            "customers.count=50",
        ],
    )
    assert scenario.everyone_chooses and list(scenario.customers.segments) == ["all"] and scenario.customers.count == 50
    assert scenario.shocks["outage"].kind == "outage" and scenario.policy == "points" and "points" in scenario.policies


@pytest.mark.parametrize(
    ("group", "option", "meant"),
    [
        ("behaviour", "textbok", "textbook"),
        ("customers", "europ", "europe"),
        ("market", "ibn", "ibm"),
        ("shock", "outtage", "outage"),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest(group: str, option: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"{group}={option}.*did you mean '{meant}'"):
        load_scenario("europe_three", [f"{group}={option}"])


def test_values_win_over_groups_and_later_values_over_earlier() -> None:
    scenario = load_scenario("europe_three", ["behaviour.horizon=7", "behaviour=textbook", "months=10", "months=11"])
    assert scenario.behaviour.horizon == 7.0 and scenario.months == 11
