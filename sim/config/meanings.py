"""What the schema says of every number: meaning, unit, bounds and source, for tables, forms and tool tips."""

import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agents.block import summary_of

LOGARITHMS, SHAPES = ("mean_log", "sd_log"), ("alpha", "beta")


class Facts(NamedTuple):
    """What the schema says of a field."""

    meaning: str = ""
    unit: str = ""
    source: str = ""
    ge: float | None = None
    gt: float | None = None
    le: float | None = None


def settings(block: BaseModel, path: str = "") -> Iterator[tuple[str, Any, Facts]]:
    """Yield key, value and facts of everything below a block, in the order of the schema."""
    for name, field in type(block).model_fields.items():
        facts = facts_of(field)
        if name == "kind":
            facts = Facts(summary_of(type(block)).rstrip("."))
        yield from _below(f"{path}.{name}" if path else name, getattr(block, name), facts)


def _below(key: str, value: Any, facts: Facts) -> Iterator[tuple[str, Any, Facts]]:
    if isinstance(value, BaseModel) and "distribution" in type(value).model_fields:
        for name, field in type(value).model_fields.items():
            yield f"{key}.{name}", getattr(value, name), _trait(name, facts, facts_of(field))
    elif isinstance(value, BaseModel):
        yield from settings(value, key)
    elif isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _below(f"{key}.{name}", item, facts)
    else:
        yield key, value, facts


def _trait(name: str, trait: Facts, own: Facts) -> Facts:
    """Tell one number of a distribution in terms of the trait it draws."""
    if name == "distribution":
        return Facts(f"{trait.meaning}: shape over people")
    if name == "value":
        return trait
    unit = "1" if name in SHAPES or trait.unit == "1" else f"log of {trait.unit}" if name in LOGARITHMS else trait.unit
    word = own.meaning or {"mean_log": "mean of the logarithm", "low": "lowest", "high": "highest"}.get(name, name)
    return own._replace(meaning=f"{trait.meaning}: {word}", unit=unit)


def facts_of(field: FieldInfo) -> Facts:
    """Return what the schema says of one field."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    bounds: dict[str, float] = {}
    for constraint in [*_inner_metadata(field.annotation), *field.metadata]:
        for name in ("ge", "gt", "le"):
            if getattr(constraint, name, None) is not None:
                bounds[name] = getattr(constraint, name)
    unit = str(extra.get("unit", "1" if bounds else ""))
    return Facts(field.description or "", unit, str(extra.get("source", "")), **bounds)


def _inner_metadata(annotation: Any) -> list[Any]:
    """Constraints of a mapping's or list's items, e.g. dict[str, Annotated[float, Field(ge=0)]]."""
    found: list[Any] = []
    for part in typing.get_args(annotation):
        for item in getattr(part, "__metadata__", ()):
            found += item.metadata if isinstance(item, FieldInfo) else []
    return found
