"""What may a block of the schema hold? A hypothesis strategy for any of them, read from its fields: their bounds, units
and kinds. A field that is added to the schema is tried from then on.
"""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import annotated_types
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Tree = dict[str, Any]
STEPS = (
    24  # values of a number between its lowest and its usual highest: few, so that a failing one is told in few digits
)
USUAL = {  # how large a number of a unit usually is; wider bounds are tried one number at a time by the schema walk
    "currency": 60.0,
    "months": 24.0,
    "month": 6.0,
    "utils": 4.0,
    "minutes": 20.0,
    "hours": 400.0,
    "points": 200.0,
    "GB": 20.0,
    "customers": 6.0,
    "people": 60.0,
    "ties": 6.0,
    "days": 30.0,
}


def block(kind: type[BaseModel], given: Mapping[str, st.SearchStrategy[Any]] | None = None) -> st.SearchStrategy[Tree]:
    """Some of the fields of a block, and all that must be there; `given` are fields drawn otherwise, always there."""
    given = given or {}
    drawn = {name: _field(field) for name, field in kind.model_fields.items() if name not in given}
    known = {name: values for name, values in drawn.items() if values is not None}
    needed = {name for name in known if kind.model_fields[name].is_required()}
    free = sorted(known.keys() - needed)

    @st.composite
    def filled(draw: st.DrawFn) -> Tree:
        chosen = draw(st.lists(st.sampled_from(free), max_size=6, unique=True)) if free else []
        names = [name for name in kind.model_fields if name in given or name in needed or name in chosen]
        return {name: draw(given[name] if name in given else known[name]) for name in names}

    return filled()


def any_of(
    kinds: tuple[type[BaseModel], ...], given: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] | None = None
) -> st.SearchStrategy[Tree]:
    """One of several blocks told apart by their `kind`; `given` by kind."""
    tags = {str(kind.model_fields["kind"].default): kind for kind in kinds}
    return st.sampled_from(sorted(tags)).flatmap(
        lambda tag: block(tags[tag], {"kind": st.just(tag), **(given or {}).get(tag, {})})
    )


def number(low: float, high: float, whole: bool = False) -> st.SearchStrategy[Any]:
    """Numbers between two bounds, both among them, in few digits."""
    if whole:
        return st.integers(int(low), int(high))
    return st.integers(0, STEPS).map(lambda step: float(f"{low + (high - low) * step / STEPS:.4g}"))


def _field(field: FieldInfo) -> st.SearchStrategy[Any] | None:
    """Values of a field; None where only a market as a whole can tell what it may be: names, tables, lists."""
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not NoneType]
    if get_origin(field.annotation) is Literal:
        return st.sampled_from(get_args(field.annotation))
    if len(kinds) != 1:
        return None
    (kind,) = kinds
    values: st.SearchStrategy[Any] | None = None
    if get_origin(kind) is Literal:
        values = st.sampled_from(get_args(kind))
    elif kind is bool:
        values = st.booleans()
    elif kind in (int, float):
        values = number(*_bounds(field, kind is int), whole=kind is int)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        values = block(kind)
    if values is not None and NoneType in get_args(field.annotation):
        return st.none() | values
    return values


def _bounds(field: FieldInfo, whole: bool) -> tuple[float, float]:
    """Lowest and usual highest value of a number."""
    low, high = 0.0, float("inf")
    for mark in field.metadata:
        if isinstance(mark, annotated_types.Ge):
            low = float(mark.ge)  # type: ignore[arg-type]
        elif isinstance(mark, annotated_types.Gt):
            low = float(mark.gt) + (1.0 if whole else 0.01)  # type: ignore[arg-type]
        elif isinstance(mark, annotated_types.Le):
            high = float(mark.le)  # type: ignore[arg-type]
        elif isinstance(mark, annotated_types.Lt):
            high = float(mark.lt) - (1.0 if whole else 0.01)  # type: ignore[arg-type]
    unit = str((field.json_schema_extra or {}).get("unit", "1"))  # type: ignore[union-attr]
    usual = USUAL.get(unit.partition("/")[0].partition(" ")[0], 4.0)
    return max(low, -usual), min(high, max(usual, low + 1.0))
