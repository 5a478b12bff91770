"""What a trait's distribution may be."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from agents.block import MOST_MONTHS, Block, Share, entries, quantity

MOST, LOG_MOST = 1e6, 25.0  # of any trait; each has narrower bounds of its own
LEAST = 1e-9  # median of a lognormal
WIDEST = 3.0  # standard deviation of a logarithm: at three of them e^9, 8,000 times the median


class FixedValue(Block):
    """Everyone the same."""

    distribution: Literal["fixed"] = "fixed"
    value: float = quantity(meaning="the value", ge=-MOST, le=MOST)


class Normal(Block):
    """Normal, untruncated."""

    distribution: Literal["normal"] = "normal"
    mean: float = quantity(meaning="mean", ge=-MOST, le=MOST)
    sd: float = quantity(meaning="standard deviation", ge=0.0, le=MOST)


class Lognormal(Block):
    """exp of a normal."""

    distribution: Literal["lognormal"] = "lognormal"
    mean_log: float = quantity(meaning="mean of the logarithm", ge=-LOG_MOST, le=LOG_MOST)
    sd_log: float = quantity(meaning="standard deviation of the logarithm", ge=0.0, le=WIDEST)


class Uniform(Block):
    """Uniform between two bounds."""

    distribution: Literal["uniform"] = "uniform"
    low: float = quantity(meaning="lowest value", ge=-MOST, le=MOST)
    high: float = quantity(meaning="highest value", ge=-MOST, le=MOST)


class Beta(Block):
    """Beta on 0 to 1."""

    distribution: Literal["beta"] = "beta"
    alpha: float = quantity(meaning="first shape", ge=0.01, le=1e7)
    beta: float = quantity(meaning="second shape", ge=0.01, le=1e7)


class ByTenure(Block):
    """A churn hazard for each month of tenure; the last one holds from then on."""

    distribution: Literal["by_tenure"] = "by_tenure"
    hazards: tuple[Share, ...] = entries(
        least=1, most=MOST_MONTHS, meaning="churn hazard in each month of tenure", unit="per month"
    )


def _as_distribution(value: Any) -> Any:
    """Read a plain number, or a mapping with only `value`, as a fixed distribution."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"distribution": "fixed", "value": value}
    if isinstance(value, Mapping) and set(value) == {"value"}:
        return {"distribution": "fixed", **value}
    if not isinstance(value, Mapping | Block):
        raise PydanticCustomError("distribution", "Input should be a number, or a mapping with `distribution`")
    return value


def _place(drawn: Block, name: str) -> tuple[str, str]:
    return str(type(drawn).model_fields["distribution"].default), name


def _odd(drawn: Block, name: str, allowed: str) -> InitErrorDetails:
    """Tell of a number of a distribution that does not go with the others."""
    fault = PydanticCustomError("beside_others", "Input should be {allowed}", {"allowed": allowed})
    return InitErrorDetails(type=fault, loc=_place(drawn, name), input=getattr(drawn, name))


class Between(NamedTuple):
    """What a trait may be: the numbers of its distribution lie where that is meant. A normal's draws may lie beyond."""

    low: float
    high: float

    def bounds(self, name: str) -> tuple[float, float] | None:
        """Return the bounds of one number of a distribution; none where the shape has its own."""
        if name in ("value", "mean", "low", "high"):
            return self.low, self.high
        if name == "sd":
            return 0.0, self.high - self.low
        if name == "mean_log":
            return round(math.log(max(self.low, LEAST)), 2), round(math.log(self.high), 2)
        return None

    def check(self, drawn: Block) -> Block:
        """Refuse numbers beyond the bounds."""
        faults = [
            InitErrorDetails(
                type=f"{'greater' if side == 'ge' else 'less'}_than_equal",
                loc=_place(drawn, name),
                input=value,
                ctx={side: bound},
            )
            for name, value in drawn
            for side, bound in zip(("ge", "le"), self.bounds(name) or (), strict=False)
            if (value < bound if side == "ge" else value > bound)
        ]
        if isinstance(drawn, Normal) and self.low > 0.0 and drawn.sd > drawn.mean:
            faults.append(_odd(drawn, "sd", f"at most the mean, {drawn.mean:g}, or too many lie below 0"))
        if isinstance(drawn, Uniform) and drawn.low > drawn.high:
            faults.append(_odd(drawn, "low", f"at most `high`, {drawn.high:g}"))
        if faults:
            raise ValidationError.from_exception_data("trait", faults)
        return drawn

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "minimum": self.low, "maximum": self.high}  # of a plain number in its place


Distribution = Annotated[
    FixedValue | Normal | Lognormal | Uniform | Beta,
    Field(discriminator="distribution"),
    BeforeValidator(_as_distribution),
]
Hazard = Annotated[
    FixedValue | Beta | ByTenure,
    Field(discriminator="distribution"),
    BeforeValidator(_as_distribution),
    Between(0.0, 1.0),
]
