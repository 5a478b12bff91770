"""Which numbers a scenario may hold, between which bounds, and markets in which each of them counts."""

import types
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agents.strategies import AnyLoyalty, AnyPricing, AnyRetention, AnyService
from sim import Market, load_scenario
from sim.config import Scenario
from sim.config.customers import TRAITS
from sim.config.meanings import Facts, settings
from sim.loading import list_configs

SMALL = ("customers.count=300", "months=3", "burn_in=2")
SCENARIOS = [name for name in list_configs() if name != "base" and not name.startswith("from_")]
SHAPES = (
    "{distribution: fixed, value: 0.2}",
    "{distribution: normal, mean: 0.2, sd: 0.05}",
    "{distribution: lognormal, mean_log: -1.5, sd_log: 0.2}",
    "{distribution: uniform, low: 0.1, high: 0.3}",
    "{distribution: beta, alpha: 2, beta: 8}",
)
ALL_AT_ONCE = (
    "policies=[none]",
    "operators.alpha.pricing={kind: schedule, fees: {2: {alpha_M: 10}, 3: 1.1}}",
    "operators.alpha.retention.several={kind: portfolio, levers: {desk: {kind: save_desk}}}",
    "operators.beta.mirror_after=2",
    "behaviour.adoption={innovation: 0.03, imitation: 0.38}",
    "customers.correlations={care_weight~usage: 0.3}",
    "customers.churn_window=12",
    "panel={share: 1, truth: true}",
)


class Number(NamedTuple):
    """A number of a scenario, or a list of numbers, with its bounds."""

    scenario: Scenario
    key: str
    value: Any
    facts: Facts

    def at(self, bound: float) -> Any:
        """Return what is written where it stands at a bound."""
        if isinstance(self.value, tuple):
            return [bound] * len(self.value)
        return int(bound) if isinstance(self.value, int) else bound


def numbers(scenario: Scenario) -> Iterator[Number]:
    """Yield every number of a scenario, those of its policies included."""
    for key, value, facts in settings(scenario):
        several = value if isinstance(value, tuple) else (value,)
        if several and all(isinstance(one, int | float) and not isinstance(one, bool) for one in several):
            yield Number(scenario, key, value, facts)


def small_markets() -> Iterator[Scenario]:
    """Yield small markets of every scenario, and with every policy, shock, strategy and shape of a distribution."""
    for name in SCENARIOS:
        yield load_scenario(name, SMALL)
    for policy in list_configs("policy"):
        yield load_scenario("classroom", [*SMALL, f"policy={policy}", f"policies=[{policy}]"])
    for shock in list_configs("shock"):
        base = "entrant" if shock == "entrant" else "classroom"
        yield load_scenario(base, [*SMALL, f"shock={shock}", f"shocks.{shock}.month=2"])
    for role, union in (("pricing", AnyPricing), ("service", AnyService)):
        for kind in _kinds(union):
            yield load_scenario("classroom", [*SMALL, f"operators.beta.{role}={{kind: {kind}}}"])
    for role, union in (("loyalty", AnyLoyalty), ("retention", AnyRetention)):
        for kind in _kinds(union):
            yield load_scenario("classroom", [*SMALL, f"operators.beta.{role}.one={{kind: {kind}}}"])
    for shape in SHAPES:
        yield load_scenario("classroom", [*SMALL, *(f"customers.segments.youth.{trait}={shape}" for trait in TRAITS)])
    for hazard in (SHAPES[0], SHAPES[-1], "{distribution: by_tenure, hazards: [0.1, 0.2]}"):
        yield load_scenario("classroom", [*SMALL, f"behaviour.churn_hazard={hazard}"])
    yield load_scenario("classroom", [*SMALL, *ALL_AT_ONCE])


def each_once(scenarios: Iterator[Scenario]) -> list[Number]:
    """Return the numbers of scenarios, each of the schema's once."""
    found: dict[Any, Number] = {}
    for scenario in scenarios:
        for number in numbers(scenario):
            is_named = number.facts.meaning and number.facts.unit
            found.setdefault(number.facts if is_named else (number.facts, number.key.rpartition(".")[2]), number)
    return list(found.values())


def faults_of(market: Market) -> list[str]:
    """Name the columns of a market's tables that hold no numbers where there should be some."""
    tables = {name: getattr(market, name) for name in ("kpis", "overview", "ledger", "ports", "prices")}
    if market.scenario.panel.share:
        tables["panel"] = market.panel
    faults = []
    for name, table in tables.items():
        for column in table.select_dtypes("number"):
            found = table[column].to_numpy(float)
            if np.isinf(found).any() or (name in ("ledger", "prices") and np.isnan(found).any()):
                faults.append(f"{name}.{column}")
    return faults


# --- the schema ------------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """A number, text, list or mapping somewhere in the schema, with what bounds it."""

    name: str  # Class.field
    kind: Any
    bounds: dict[str, Any]


def places(block: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[Place]:
    """Yield every place of the schema below a block, each block once."""
    if block in seen:
        return
    seen.add(block)
    for name, field in block.model_fields.items():
        yield from _places(field.annotation, field.metadata, f"{block.__name__}.{name}", seen)


def _places(annotation: Any, metadata: list[Any], name: str, seen: set[type[BaseModel]]) -> Iterator[Place]:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        yield from _places(parts[0], [*metadata, *parts[1:]], name, seen)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from places(annotation, seen)
    elif origin in (typing.Union, types.UnionType):
        for part in parts:
            yield from _places(part, metadata, name, seen)
    elif origin in (dict, tuple):
        is_pair = origin is tuple and parts[-1] is not Ellipsis
        yield Place(name, origin, {"max_length": len(parts)} if is_pair else _bounds(metadata))
        for part in parts:
            yield from _places(part, [], name, seen)
    elif annotation in (int, float, str):
        yield Place(name, annotation, _bounds(metadata))


def _bounds(metadata: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in metadata:
        for one in item.metadata if isinstance(item, FieldInfo) else (item,):
            found |= {
                key: getattr(one, key) for key in ("ge", "le", "max_length") if getattr(one, key, None) is not None
            }
    return found


def _kinds(union: Any) -> list[str]:
    return [block.model_fields["kind"].default for block in typing.get_args(union)]
