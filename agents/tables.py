"""How typed classes become tables: annotations tell mypy what a row holds, and NumPy how it lies in memory.

Such a class is never made. `State` with `plan: int16` types the row `me.plan` as an int, and `table(State, 1000)` keeps
a thousand of them in two bytes each. Where a column has a life, `column(...)` declares it once, and `at_occasion` makes
the step that gives a row what its columns say.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from types import SimpleNamespace
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    NamedTuple,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

import numpy as np

from agents.block import Block
from agents.rule import step

Row = TypeVar("Row")
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

KEPT = None  # what a column says of an occasion that leaves it alone
WORKED_OUT = "worked out"  # what it says where its value depends on more than the row

if TYPE_CHECKING:

    class Table(Generic[Row]):
        """Rows of one kind: `state.plan` is a column, `state[i]` a row; a NumPy record array."""

        dtype: Any
        shape: tuple[int, ...]
        nbytes: int

        def __len__(self) -> int: ...
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...
        @overload
        def __getitem__(self, number: int | tuple[int, ...]) -> Row: ...
        @overload
        def __getitem__(self, number: str) -> np.ndarray: ...
        @overload
        def __getitem__(self, number: np.ndarray | slice) -> "Table[Row]": ...
        def __getitem__(self, number: Any) -> Any: ...
        def __setitem__(self, number: Any, value: Any) -> None: ...
else:
    Table = np.recarray


class Column(NamedTuple):
    """The life of a column of people: its value on each occasion, KEPT or WORKED_OUT, and where it is shown."""

    opens: Any  # before there is a relation
    joins: Any  # when one begins
    leaves: Any  # when one ends
    outside: Any  # when nothing follows it
    moves: Any  # when a merger hands the relation over
    booked: str | None  # line of the closing books that adds it up
    measured: str | None  # what its mean over customers is called, where that is a measure by itself, 0 to 1
    panel: str | None  # "plain" is seen by an analyst, "truth" only where the panel tells the truth


def column(
    *,
    opens: Any = 0,
    joins: Any = KEPT,
    leaves: Any = KEPT,
    outside: Any = KEPT,
    moves: Any = KEPT,
    booked: str | None = None,
    measured: str | None = None,
    panel: str | None = None,
) -> Any:
    """Declare the life of a column."""
    return Column(opens, joins, leaves, outside, moves, booked, measured, panel)


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


def room_in(rows: type, column: str) -> int:
    """Return how many codes, from 0 on, a column of whole numbers can tell apart."""
    return int(np.iinfo(kinds_of(rows)[column]).max) + 1


def table(rows: type[Row], count: int | tuple[int, ...]) -> "Table[Row]":
    """Return an empty table: its columns are read by name (`table.plan`), its rows lie together in memory, the widest
    columns first.
    """
    kinds = kinds_of(rows)
    places, end = dict.fromkeys(kinds, 0), 0
    for name, kind in sorted(kinds.items(), key=lambda item: -item[1].alignment):
        places[name], end = end, end + kind.itemsize
    widest = max(kind.alignment for kind in kinds.values())
    layout: Any = {"names": list(kinds), "formats": list(kinds.values()), "offsets": list(places.values())}
    layout["itemsize"] = -(-end // widest) * widest
    made: Table[Row] = np.zeros(count, np.dtype(layout, align=True)).view(np.recarray)  # type: ignore[assignment]
    return made


def lives_of(rows: type) -> dict[str, Column]:
    """Return the columns of a class of rows that have a life, with it."""
    return {name: life for name, life in vars(rows).items() if isinstance(life, Column)}


def values_on(rows: type, occasion: str) -> dict[str, Any]:
    """Return what columns say of an occasion, where it is a number."""
    values = {name: getattr(life, occasion) for name, life in lives_of(rows).items()}
    return {name: value for name, value in values.items() if value is not KEPT and value is not WORKED_OUT}


def at_occasion(rows: type[Row], occasion: str) -> Callable[[Row], None]:
    """Make the step that gives a row what its columns say of an occasion."""
    lines = [f"    row.{name} = {value!r}" for name, value in values_on(rows, occasion).items()]
    made: Callable[[Row], None] = _made(["def give(row):", *lines])
    return made


def booked_lines(rows: type) -> dict[str, str]:
    """Return the columns that are added up in the books, with the line each names."""
    return {name: life.booked for name, life in lives_of(rows).items() if life.booked is not None}


def booked(rows: type[Row], lines: Sequence[str]) -> Callable[[Row, np.ndarray], None]:
    """Make the step that adds a row to the books, each column to the line it names."""
    additions = [f"    books[{lines.index(line)}] += row.{name}" for name, line in booked_lines(rows).items()]
    made: Callable[[Row, np.ndarray], None] = _made(["def give(row, books):", *additions])
    return made


def shown(rows: type, where: str) -> tuple[str, ...]:
    """Return the columns that a panel shows, "plain" or with the "truth"."""
    return tuple(name for name, life in lives_of(rows).items() if life.panel == where)


def _made(lines: list[str]) -> Any:
    """Make a step from its source, as NumPy or dataclasses make theirs from declarations."""
    scope: dict[str, Any] = {}
    exec("\n".join(lines), scope)
    return step(scope["give"])


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
