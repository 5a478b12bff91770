"""How a value of a scenario is found by its dotted key, and what the schema has there."""

import types
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel

from agents.block import FREE
from sim.config.scenario import Scenario
from sim.errors import InputError, listed, nearest


def path_of(key: str, place: Any) -> list[str]:
    """Split a dotted key into names; a name that holds dots itself is found as it stands.

    >>> path_of("operators.A.plans.M 5.0.fee", {"operators": {"A": {"plans": {"M 5.0": {}}}}})
    ['operators', 'A', 'plans', 'M 5.0', 'fee']
    """
    known = dict(place) if isinstance(place, BaseModel | Mapping) else {}
    fitting = [name for name in map(str, known) if key == name or key.startswith(f"{name}.")]
    name = max(fitting, key=len, default=key.partition(".")[0])
    return [name] if name == key else [name, *path_of(key[len(name) + 1 :], known.get(name))]


@cache
def text_at(key: str) -> Literal["", "name", "free", "mixed"]:
    """Say whether the schema has text at a key: a name, free text, which may hold anything, or that or a block of it.

    >>> text_at("customers.file"), text_at("customers.columns.id"), text_at("focal"), text_at("months")
    ('free', 'mixed', 'name', '')
    """
    found = _found_at(key)
    kinds = {kind for kind, _ in found} - {types.NoneType}
    if any(is_free for _, is_free in found):
        return "free" if kinds == {str} else "mixed"
    return "name" if kinds == {str} else ""


def _found_at(key: str) -> list[tuple[Any, bool]]:
    """Return all kinds that the schema allows at a key, and whether each is marked as free text."""
    found: list[tuple[Any, bool]] = [(Scenario, False)]
    for name in key.split("."):
        found = [below for block, _ in found for below in _below(block, name)]
    return found


def choices_at(key: str) -> list[str]:
    """Return what the schema lets one choose from at a key; nothing where that is no choice.

    >>> choices_at("panel.truth"), choices_at("operators.alpha.pricing.kind")[:2], choices_at("months")
    (['true', 'false'], ['fixed', 'schedule'], [])
    """
    words: list[str] = []
    for kind, _ in _found_at(key):
        words += (
            ["true", "false"]
            if kind is bool
            else map(str, typing.get_args(kind))
            if typing.get_origin(kind) is Literal
            else []
        )
    return words


def _below(block: Any, name: str) -> list[tuple[Any, bool]]:
    """Return what a block or mapping may hold under a name, and whether that is marked as free text."""
    if isinstance(block, type) and issubclass(block, BaseModel):
        field = block.model_fields.get(name)
        return [] if field is None else list(_parts(field.annotation, FREE in field.metadata))
    return list(_parts(typing.get_args(block)[1])) if typing.get_origin(block) is dict else []


def _parts(annotation: Any, is_free: bool = False) -> Iterator[tuple[Any, bool]]:
    """Take an annotation apart into the kinds it allows."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        yield from _parts(inner[0], is_free or FREE in inner[1:])
    elif origin in (types.UnionType, typing.Union):
        for kind in inner:
            yield from _parts(kind, is_free)
    else:
        yield annotation, is_free


def value_at(block: BaseModel, key: str) -> Any:
    """Return what a scenario has at a key.

    Raises
    ------
    InputError
        naming what there is instead

    """
    place: Any = block
    for depth, name in enumerate(path := path_of(key, block), start=1):
        known = {str(of): value for of, value in dict(place).items()} if isinstance(place, BaseModel | Mapping) else {}
        if name not in known:
            there = f"; known: {listed(known)}" if known else "; there is nothing below it"
            raise InputError(f"{'.'.join(path[:depth])}: no such key{nearest(name, known)}{there}")
        place = known[name]
    return place


def number_at(block: BaseModel, key: str) -> int | float:
    """Return the number a scenario has at a key."""
    value = value_at(block, key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(
            f"{key}: is not a number in this scenario (it is"
            f" {'a block' if isinstance(value, BaseModel | Mapping) else repr(value)})"
        )
    return value
