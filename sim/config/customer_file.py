"""What a scenario may say of a customer file: which columns hold what, how they are written, which rows count."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from agents.block import FREE, Block, Line, Text, choice, quantity
from sim.errors import listed, nearest

Unit = Literal[
    "days",
    "weeks",
    "months",
    "quarters",
    "years",
    "currency",
    "cents",
    "thousands",
    "per_day",
    "per_week",
    "per_quarter",
    "per_year",
]
MONTHS: dict[Unit, float] = {
    "days": 12.0 / 365.25,
    "weeks": 84.0 / 365.25,
    "months": 1.0,
    "quarters": 3.0,
    "years": 12.0,
}
# currency a month, unless it says another time
MONEY: dict[Unit, float] = {
    "currency": 1.0,
    "cents": 0.01,
    "thousands": 1000.0,
    "per_day": 365.25 / 12.0,
    "per_week": 365.25 / 84.0,
    "per_quarter": 1.0 / 3.0,
    "per_year": 1.0 / 12.0,
}
# field -> unit -> what one is in ours
UNITS: dict[str, dict[Unit, float]] = {"tenure": MONTHS, "months_left": MONTHS, "monthly_charge": MONEY}
DATED = ("tenure", "months_left", "churned")  # fields that days may tell
NAMES = ("id", "plan", "region", "segment")  # fields that are names


def _as_words(value: Any) -> Any:
    """Read numbers of a mapping as the words they stand for in a file."""
    if isinstance(value, dict):
        return {_as_words(key): _as_words(item) for key, item in value.items()}
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_list(value: Any) -> Any:
    return [_as_words(item) for item in value] if isinstance(value, list | tuple) else [_as_words(value)]


WORD = {"type": ["string", "number"]}
Words = Annotated[
    dict[Line, Line],
    Field(max_length=10_000),
    BeforeValidator(_as_words),
    WithJsonSchema({"type": "object", "additionalProperties": WORD}),
]
Choices = Annotated[
    tuple[Line, ...],
    FREE,
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=1_000),
    WithJsonSchema({"anyOf": [WORD, {"type": "array", "items": WORD, "minItems": 1}]}),
]


class Column(Block):
    """Where a field of a customer file comes from."""

    column: Choices = choice(meaning="name of the column in the file, or a list of columns that are added up")
    unit: Unit | None = choice(None, meaning="unit of the file's number, in place of a scale")
    scale: float | None = quantity(None, meaning="the file's number times this is ours; 1 where null", ge=1e-9, le=1e9)
    values: Words | None = choice(
        None,
        meaning='the file\'s value -> ours; "" is an empty cell, and where it stands alone all others are as they are',
    )
    date: Literal["ymd", "dmy", "mdy"] | None = choice(
        None, meaning="the column holds days, with year, month and day in this order"
    )

    @property
    def name(self) -> str:
        """Name of the column as messages give it."""
        return " + ".join(self.column)

    def factor(self, field: str) -> float:
        """The file's number times this is ours."""
        return self.scale if self.scale is not None else UNITS[field][self.unit] if self.unit else 1.0

    @property
    def is_said(self) -> bool:
        """Whether the user has said in which unit the file's numbers are."""
        return self.unit is not None or self.scale is not None


def _as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | list | tuple | int) else value


OptionalColumn = Annotated[Column | None, BeforeValidator(_as_column), FREE]


class Columns(Block):
    """Which columns of a customer file hold what; a field left out is imputed from the segment."""

    id: OptionalColumn = None
    plan: OptionalColumn = None
    tenure: OptionalColumn = None
    months_left: OptionalColumn = None
    monthly_charge: OptionalColumn = None
    region: OptionalColumn = None
    segment: OptionalColumn = None
    complaints: OptionalColumn = None
    churned: OptionalColumn = None
    weight: OptionalColumn = None

    @property
    def mapped(self) -> dict[str, Column]:
        """The fields that the file gives, in order."""
        return {field: column for field in Columns.model_fields if (column := getattr(self, field)) is not None}

    @model_validator(mode="after")
    def _sensible(self) -> "Columns":
        for field, column in self.mapped.items():
            _check(f"customers.columns.{field}", field, column)
        return self


def _check(key: str, field: str, column: Column) -> None:
    """Refuse what makes no sense of a field."""
    is_number = field not in (*NAMES, "churned")
    units = UNITS.get(field, {})
    if column.unit is not None and column.unit not in units:
        allowed = f"; known: {listed(units)}" if units else ""
        raise ValueError(f"{key}.unit: {field} is not told in {column.unit}{nearest(str(column.unit), units)}{allowed}")
    if column.unit is not None and column.scale is not None:
        raise ValueError(f"{key}: give unit or scale, not both (got unit {column.unit} and scale {column.scale:g})")
    if column.scale is not None and not is_number:
        raise ValueError(f"{key}.scale: {field} is no number")
    if len(column.column) > 1 and (not is_number or column.date is not None):
        raise ValueError(f"{key}.column: only numbers can be added up (got {len(column.column)} columns)")
    if column.date is not None and field not in DATED:
        raise ValueError(f"{key}.date: {field} is not told by days; {', '.join(DATED)} are")
    if column.date is not None and column.is_said:
        raise ValueError(f"{key}.date: days have no unit or scale")


class FileFormat(Block):
    """How a customer file is written; found out where null."""

    separator: Text | None = choice(None, meaning="between columns; a tab is \\t")
    decimal: Literal[".", ","] | None = choice(None, meaning="decimal mark of its numbers")
    encoding: Text | None = choice(None, meaning="encoding, e.g. utf-8, cp1252, cp1251, gb18030")

    @model_validator(mode="after")
    def _one_mark(self) -> "FileFormat":
        if self.separator is not None and len(self.separator.replace("\\t", "\t")) != 1:
            raise ValueError(f"customers.format.separator: must be one character (got {self.separator!r})")
        return self
