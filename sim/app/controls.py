"""Inputs that a keyboard, a screen reader and a thumb can use: the browser's own, each under a visible label."""

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import html, ui

Changed = Callable[[], Awaitable[None]]


class Input:
    """One input under its label; `value` is what it holds, `changed` is called when somebody changes it."""

    def __init__(self, label: str, changed: Changed, hint: str = "") -> None:
        self.label, self._changed = label, changed
        self._value: Any = None
        self._source: int | None = None  # element being filled in
        self.field = html.label(title=hint or label).classes("field")
        with self.field:
            html.span(label).classes("name")

    def _box(self, kind: Callable[..., Any], what: str = "value", **props: Any) -> Any:
        """Make the element that is filled in; what: of it is its value."""
        box = kind(**{"aria-label": self.label, **props})
        box.on("change", self._read, js_handler=f"event => emit(event.target.{what})")
        return box

    def _show(self, box: Any, value: Any, what: str = "value") -> None:
        """Let an element show a value, unless it is the one being filled in: an echo would undo what came meanwhile.

        What an element opens with is an attribute (`^value`): a property would be written anew with every update of the
        page, and undo what somebody has filled in.
        """
        if box.id != self._source:
            ui.run_javascript(f"const box = getHtmlElement({box.id}); if (box) box.{what} = {json.dumps(value)}")

    async def _read(self, event: Any) -> None:
        self._source = event.sender.id
        is_taken = self.take(event.args)
        self._source = None
        if is_taken:
            await self._changed()

    def take(self, given: Any) -> bool:
        """Take what was filled in; False where it is nothing that can stand here."""
        raise NotImplementedError


class Number(Input):
    """A number box, and a slider over it where `is_slid`; empty is None."""

    def __init__(
        self,
        label: str,
        value: float | None,
        changed: Changed,
        low: float | None = None,
        high: float | None = None,
        step: float | str = "any",
        is_slid: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__(label, changed, hint)
        bounds: dict[str, Any] = {name: bound for name, bound in (("min", low), ("max", high)) if bound is not None}
        with self.field:
            kinds = ("range", "number") if is_slid else ("number",)
            opening = {**bounds, "^value": _written(value)}
            self._boxes = [self._box(html.input_, type=kind, step=step, **opening) for kind in kinds]
        self._value = value

    @property
    def value(self) -> float | None:
        """The number; None where empty."""
        return None if self._value is None else float(self._value)

    @value.setter
    def value(self, value: float | None) -> None:
        self._value = value
        for box in self._boxes:
            self._show(box, _written(value))

    def take(self, given: Any) -> bool:
        """Take a number, or nothing."""
        try:
            number = float(given) if str(given).strip() else None
        except ValueError:
            return False
        if number is not None and not math.isfinite(number):
            return False
        self.value = number
        return True


class Choice(Input):
    """One of several words, by key."""

    def __init__(self, label: str, options: Mapping[str, str], value: str, changed: Changed, hint: str = "") -> None:
        super().__init__(label, changed, hint)
        self.options = dict(options)
        with self.field:
            self._select = self._box(html.select)
            with self._select:
                for key, words in self.options.items():
                    html.option(words, value=key, **({"^selected": ""} if key == value else {}))
        self._value = value

    @property
    def value(self) -> str:
        """The key chosen."""
        return str(self._value)

    @value.setter
    def value(self, value: str) -> None:
        self._value = value
        self._show(self._select, value)

    def take(self, given: Any) -> bool:
        """Take a key that is among the options."""
        if given not in self.options:
            return False
        self.value = given
        return True


class Switch(Input):
    """On or off."""

    def __init__(self, label: str, value: bool, changed: Changed, hint: str = "") -> None:
        super().__init__(label, changed, hint)
        self.field.classes("switch")
        with self.field:
            self._check = self._box(html.input_, "checked", type="checkbox", **({"^checked": ""} if value else {}))
        self._value = value

    @property
    def value(self) -> bool:
        """Whether it is on."""
        return bool(self._value)

    @value.setter
    def value(self, value: bool) -> None:
        self._value = value
        self._show(self._check, value, "checked")

    def take(self, given: Any) -> bool:
        """Take on or off."""
        self.value = bool(given)
        return True


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"
