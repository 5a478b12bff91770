"""What the schema says of every number: meaning, unit, bounds and source, for tables, forms and tool tips."""

import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agents.block import summary_of
from sim.config.traits import Between

LOGARITHMS, SHAPES = ("mean_log", "sd_log"), ("alpha", "beta")


class Facts(NamedTuple):
    """What the schema says of a field."""

    meaning: str = ""
    unit: str = ""
    source: str = ""
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    within: Between | None = None  # of a trait: what its distribution's numbers may be


def settings(block: BaseModel, path: str = "") -> Iterator[tuple[str, Any, Facts]]:
    """Yield key, value and facts of everything below a block, in the order of the schema."""
    for name, field in type(block).model_fields.items():
        facts = facts_of(field)
        if name == "kind":
            facts = Facts(summary_of(type(block)).rstrip("."))
        yield from _below(f"{path}.{name}" if path else name, getattr(block, name), facts, field.annotation)


def _below(key: str, value: Any, facts: Facts, annotation: Any) -> Iterator[tuple[str, Any, Facts]]:
    if isinstance(value, BaseModel) and "distribution" in type(value).model_fields:
        for name, field in type(value).model_fields.items():
            yield f"{key}.{name}", getattr(value, name), _trait(name, facts, facts_of(field))
    elif isinstance(value, BaseModel):
        yield from settings(value, key)
    elif isinstance(value, Mapping) and value:
        of_items = typing.get_args(_form(annotation, True)[0])[1]
        for name, item in value.items():
            bounds = _bounds(_form(of_items, isinstance(item, Mapping))[1])
            yield from _below(f"{key}.{name}", item, facts._replace(**bounds), of_items)
    else:
        yield key, value, facts


def _trait(name: str, trait: Facts, own: Facts) -> Facts:
    """Tell one number of a distribution in terms of the trait it draws."""
    if name == "distribution":
        return Facts(f"{trait.meaning}: shape over people")
    if name == "value":
        return trait._replace(**_between(trait, name))
    unit = "1" if name in SHAPES or trait.unit == "1" else f"log of {trait.unit}" if name in LOGARITHMS else trait.unit
    word = own.meaning or {"mean_log": "mean of the logarithm", "low": "lowest", "high": "highest"}.get(name, name)
    return own._replace(meaning=f"{trait.meaning}: {word}", unit=unit, **_between(trait, name))


def _between(trait: Facts, name: str) -> dict[str, Any]:
    """Bounds that a trait sets to one number of its distribution."""
    bounds = trait.within.bounds(name) if trait.within is not None else None
    return {} if bounds is None else dict(zip(("ge", "le"), bounds, strict=True))


def facts_of(field: FieldInfo) -> Facts:
    """Return what the schema says of one field."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    constraints = [*_form(field.annotation, False)[1], *field.metadata]
    bounds = _bounds(constraints)
    within = next((one for one in constraints if isinstance(one, Between)), None)
    unit = str(extra.get("unit", "1" if bounds else ""))
    return Facts(field.description or "", unit, str(extra.get("source", "")), **bounds, within=within)


def _bounds(constraints: Iterable[Any]) -> dict[str, Any]:
    return {
        name: getattr(constraint, name)
        for constraint in constraints
        for name in ("ge", "gt", "le")
        if getattr(constraint, name, None) is not None
    }


def _form(annotation: Any, is_mapping: bool) -> tuple[Any, list[Any]]:
    """Return which of the forms of an annotation is meant, a mapping or something else, and its constraints; those of
    its items for a list.
    """
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        form, found = _form(parts[0], is_mapping)
        return form, found + [
            one for item in parts[1:] for one in (item.metadata if hasattr(item, "metadata") else [item])
        ]
    if origin in (typing.Union, types.UnionType):
        forms = [_form(part, is_mapping) for part in parts if part is not types.NoneType]
        return next((one for one in forms if (typing.get_origin(one[0]) is dict) == is_mapping), forms[0])
    return annotation, _form(parts[0], False)[1] if origin in (tuple, list) else []
