"""What a trait's distribution may be."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from agents.block import Block, quantity


class FixedValue(Block):
    """Everyone the same."""

    distribution: Literal["fixed"] = "fixed"
    value: float = quantity(meaning="the value")


class Normal(Block):
    """Normal, untruncated."""

    distribution: Literal["normal"] = "normal"
    mean: float = quantity(meaning="mean")
    sd: float = quantity(meaning="standard deviation", ge=0.0)


class Lognormal(Block):
    """exp of a normal."""

    distribution: Literal["lognormal"] = "lognormal"
    mean_log: float = quantity(meaning="mean of the logarithm")
    sd_log: float = quantity(meaning="standard deviation of the logarithm", ge=0.0)


class Uniform(Block):
    """Uniform between two bounds."""

    distribution: Literal["uniform"] = "uniform"
    low: float = quantity(meaning="lowest value")
    high: float = quantity(meaning="highest value")


class Beta(Block):
    """Beta on 0 to 1."""

    distribution: Literal["beta"] = "beta"
    alpha: float = quantity(meaning="first shape", gt=0.0)
    beta: float = quantity(meaning="second shape", gt=0.0)


class ByTenure(Block):
    """A churn hazard for each month of tenure; the last one holds from then on."""

    distribution: Literal["by_tenure"] = "by_tenure"
    hazards: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...] = Field(
        min_length=1, description="churn hazard in each month of tenure", json_schema_extra={"unit": "per month"}
    )


def _as_distribution(value: Any) -> Any:
    """Read a plain number, or a mapping with only `value`, as a fixed distribution."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"distribution": "fixed", "value": value}
    if isinstance(value, Mapping) and set(value) == {"value"}:
        return {"distribution": "fixed", **value}
    return value


Distribution = Annotated[
    FixedValue | Normal | Lognormal | Uniform | Beta,
    Field(discriminator="distribution"),
    BeforeValidator(_as_distribution),
]
Hazard = Annotated[FixedValue | Beta | ByTenure, Field(discriminator="distribution"), BeforeValidator(_as_distribution)]
