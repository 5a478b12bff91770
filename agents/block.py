"""What every piece of configuration has in common: frozen, complete, and each number with its unit and source."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

FREE = "free text"  # marks text that may hold anything, such as a sentence or the name of a file
Line = Annotated[str, StringConstraints(max_length=4096)]
Text = Annotated[Line, FREE]
MOST_MONEY = 1e9  # currency units that one amount may be: a device's price in the smallest currencies
MOST_MONTHS = 600
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Money = Annotated[float, Field(ge=0.0, le=MOST_MONEY)]
Month = Annotated[int, Field(ge=1, le=MOST_MONTHS)]


def _in_sight(name: str) -> str:
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name):
        raise PydanticCustomError("name", "Input should be a name without line breaks and signs that cannot be seen")
    return name


Name = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_in_sight)]


class Block(BaseModel):
    """A validated, immutable piece of a scenario. Unknown keys are refused; a number where text is wanted is text."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, coerce_numbers_to_str=True)


def summary_of(kind: type) -> str:
    """Return what a class is for, on one line: the first paragraph of its docstring."""
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split())


def quantity(
    default: Any = ...,
    *,
    meaning: str,
    unit: str = "1",
    source: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
) -> Any:
    """Declare a number of a scenario: its meaning, unit, bounds and where its default comes from."""
    return Field(default, description=meaning, ge=ge, gt=gt, le=le, json_schema_extra={"unit": unit, "source": source})


def fraction(default: Any = ..., *, meaning: str, unit: str = "share", source: str = "") -> Any:
    """Declare a share or probability, 0 to 1."""
    return quantity(default, meaning=meaning, unit=unit, source=source, ge=0.0, le=1.0)


def choice(default: Any = ..., *, meaning: str) -> Any:
    """Declare a name or switch of a scenario by its meaning."""
    return Field(default, description=meaning)


def entries(default: Any = ..., *, meaning: str, most: int, least: int = 0, unit: str = "", source: str = "") -> Any:
    """Declare a list or mapping of a scenario: its meaning, how many entries it may have, and their unit."""
    extra: Any = {"unit": unit, "source": source} if unit else None
    return Field(default, description=meaning, min_length=least or None, max_length=most, json_schema_extra=extra)


def _without_null(value: Any) -> Any:
    """Leave out entries set to null: `name: null` deletes an entry."""
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, Mapping) else value


Entries = BeforeValidator(_without_null)  # of a mapping of numbers, where null could not be a value
