"""How a value of a scenario is found by its dotted key."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from sim.errors import InputError, nearest


def value_at(block: BaseModel, key: str) -> Any:
    """Return what a scenario has at a key.

    Raises
    ------
    InputError
        naming what there is instead

    """
    place: Any = block
    for depth, name in enumerate(path := key.split("."), start=1):
        known = dict(place) if isinstance(place, BaseModel | Mapping) else {}
        if name not in known:
            there = f"; known: {', '.join(map(str, known))}" if known else "; there is nothing below it"
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
