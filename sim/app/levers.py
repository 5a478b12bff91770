"""The form of what an operator does: fees, service, and levers with their settings, made from the schema."""

import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

from nicegui import html
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.app.controls import Changed, Choice, Input, Number, Switch
from sim.app.future import DOES
from sim.config.meanings import facts_of
from sim.loading import list_configs, resolve_policies

AS_IS = "as it is"  # key of a choice that leaves things as the scenario has them
LEAST_CHANGE, MOST_CHANGE = -30.0, 30.0  # of fees, per cent


@cache
def shipped(role: Literal["loyalty", "retention", "pricing", "service"]) -> dict[str, Any]:
    """Return what shipped policies do of one kind and nothing else: name of the policy -> block or levers."""
    found = {}
    for name, policy in resolve_policies(list_configs("policy")).items():
        sets = {key: block for key in DOES if (block := getattr(policy, key))}
        if list(sets) == [role] and not (isinstance(sets[role], dict) and len(sets[role]) > 1):
            found[name] = sets[role]
    return found


def title(name: str) -> str:
    """Write a policy's name as words."""
    return name.replace("_", " ")


class Settings:
    """Inputs for every number, switch and choice of a block, made from its schema."""

    def __init__(self, block: BaseModel, currency: str, changed: Changed) -> None:
        self.block = block
        self.inputs: dict[str, Input] = {}
        for name, field in type(block).model_fields.items():
            found = _input(name, field, getattr(block, name), currency, changed)
            if found is not None:
                self.inputs[name] = found

    def written(self) -> dict[str, Any]:
        """Return the block as it would be written, with what stands in the inputs."""
        values = {name: one.value for name, one in self.inputs.items()}  # type: ignore[attr-defined]
        whole = self.block.model_dump()
        return {**whole, **{name: _like(whole[name], value) for name, value in values.items()}}


def _input(name: str, field: FieldInfo, value: Any, currency: str, changed: Changed) -> Input | None:
    facts = facts_of(field)
    kinds = set(_kinds(field.annotation))
    unit = facts.unit.replace("currency unit", currency).replace("currency", currency)
    label = f"{name.replace('_', ' ')}{f', {unit}' if unit not in ('', '1') else ''}"
    hint = f"{facts.meaning}{f' ({facts.source})' if facts.source else ''}"
    words = [word for kind in kinds if typing.get_origin(kind) is Literal for word in typing.get_args(kind)]
    if name == "kind":
        return None
    if words:
        return Choice(label, {str(word): title(str(word)) for word in words}, str(value), changed, hint)
    if bool in kinds:
        return Switch(label, bool(value), changed, hint)
    if kinds & {int, float} and not isinstance(value, Mapping | list | tuple):
        low = facts.ge if facts.ge is not None else facts.gt
        step: float | str = 1 if int in kinds and float not in kinds else "any"
        return Number(label, value, changed, low, facts.le, step, hint=hint)
    return None


def _kinds(annotation: Any) -> Iterator[Any]:
    if typing.get_origin(annotation) is Literal:
        yield annotation
        return
    parts = typing.get_args(annotation)
    if not parts:
        yield annotation
    for part in parts:
        yield from _kinds(part)


def _like(before: Any, value: Any) -> Any:
    """Keep whole numbers whole."""
    whole = isinstance(before, int) and not isinstance(before, bool)
    return int(value) if whole and isinstance(value, float) and value.is_integer() else value


class Lever:
    """A choice among shipped policies of one kind, with the settings of the one chosen."""

    def __init__(self, role: Literal["loyalty", "retention"], label: str, hint: str, currency: str, changed: Changed):
        self.role, self._currency, self._changed = role, currency, changed
        options = {AS_IS: AS_IS, **{name: title(name) for name in shipped(role)}}
        self.choice = Choice(label, options, AS_IS, self._chosen, hint)
        self._place = html.div().classes("settings")
        self._name = ""
        self._settings: Settings | None = None

    def show(self, levers: Mapping[str, BaseModel]) -> None:
        """Show levers as they stand in a policy; one lever is shown."""
        self._place.clear()
        self._name, self._settings = "", None
        for name, block in levers.items():
            kind = getattr(block, "kind", "")
            options = [
                known for known, given in shipped(self.role).items() if name in given and given[name].kind == kind
            ]
            self.choice.value = options[0] if options else AS_IS
            self._name = name
            with self._place:
                self._settings = Settings(block, self._currency, self._changed)
            return
        self.choice.value = AS_IS

    async def _chosen(self) -> None:
        chosen = self.choice.value
        self.show(shipped(self.role).get(chosen, {}))
        self.choice.value = chosen
        await self._changed()

    def written(self) -> dict[str, Any]:
        """Return the lever as a policy would write it."""
        return {self._name: self._settings.written()} if self._settings is not None else {}
