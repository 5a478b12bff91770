"""How typed classes become tables: annotations tell mypy what a row holds, and NumPy how it lies in memory.

Such a class is never made. `State` with `plan: int16` types the row `me.plan` as an int, and `table(State, 1000)` keeps
a thousand of them in two bytes each.
"""

from enum import IntEnum
from types import SimpleNamespace
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

import numpy as np

from agents.block import Block

int8: TypeAlias = Annotated[int, np.int8]
int16: TypeAlias = Annotated[int, np.int16]
int32: TypeAlias = Annotated[int, np.int32]
int64: TypeAlias = Annotated[int, np.int64]
uint8: TypeAlias = Annotated[int, np.uint8]
uint16: TypeAlias = Annotated[int, np.uint16]
uint32: TypeAlias = Annotated[int, np.uint32]
float32: TypeAlias = Annotated[float, np.float32]
float64: TypeAlias = Annotated[float, np.float64]
NUMBERS: dict[Any, Any] = {float: np.float64, int: np.int64, bool: np.bool_}  # of a configuration


class Record(np.record):  # type: ignore[misc] # final only in NumPy's stubs
    """A row by itself whose fields come before NumPy's methods: `failure.repeat` is a number, nothing that repeats."""

    def __getattribute__(self, name: str) -> Any:
        fields = np.void.__getattribute__(self, "dtype").fields
        return self[name] if fields is not None and name in fields else super().__getattribute__(name)


def names_of(codes: type[IntEnum]) -> tuple[str, ...]:
    """Return the names of all codes, as tables show them, in order."""
    return tuple(code.name.lower() for code in codes)


def kinds_of(rows: type) -> dict[str, np.dtype[Any]]:
    """Return the columns of a class of rows: its annotated fields, or the numbers and parts of a configuration."""
    hints: dict[str, Any] = (
        {name: field.annotation for name, field in rows.model_fields.items()}
        if issubclass(rows, Block)
        else get_type_hints(rows, include_extras=True)
    )
    kinds: dict[str, np.dtype[Any]] = {}
    for name, hint in hints.items():
        if get_origin(hint) is Annotated:
            kinds[name] = np.dtype(get_args(hint)[1])
        elif hint in NUMBERS:
            kinds[name] = np.dtype(NUMBERS[hint])
        elif isinstance(hint, type) and issubclass(hint, Block):
            kinds[name] = dtype_of(hint)
    return kinds


def dtype_of(block: type[Block]) -> np.dtype[Any]:
    """Return how a configuration's numbers lie in memory: in their order, each where its width wants it."""
    layout: Any = list(kinds_of(block).items())
    kind: np.dtype[Any] = np.dtype(layout, align=True)
    return kind


def record_of(block: Block) -> Any:
    """Return a configuration's numbers as a row: what is no number stays behind."""
    row = np.zeros(1, np.dtype((Record, dtype_of(type(block)))))[0]
    fill_record(row, block)
    return row


def fill_record(row: Any, block: Any) -> None:
    """Write a configuration's numbers into a row of its kind, in place."""
    for name in row.dtype.names:
        value = getattr(block, name)
        if isinstance(value, Block):
            fill_record(row[name], value)
        else:
            row[name] = value


def plain(row: Any) -> SimpleNamespace:
    """Return a row by itself as a namespace of Python's own numbers."""
    parts = {name: row[name] for name in row.dtype.names}
    return SimpleNamespace(**{name: plain(part) if part.dtype.names else part.item() for name, part in parts.items()})
