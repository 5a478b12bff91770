"""What a scenario may say of its customers: segments with a distribution for every trait, or a file."""

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from agents.block import Block, Entries, Text, choice, fraction, quantity
from sim.config.customer_file import Choices, Columns, FileFormat
from sim.config.traits import Distribution, FixedValue


class Segment(Block):
    """A group of customers alike in needs; each trait has a distribution."""

    share: float = fraction(1.0, meaning="share of customers")
    price_sensitivity: Distribution = Field(
        description="price sensitivity", json_schema_extra={"unit": "utils per currency unit and month"}
    )
    usage: Distribution = Field(
        FixedValue(value=0.0), description="mean data usage", json_schema_extra={"unit": "GB/month"}
    )
    hassle: Distribution = Field(
        FixedValue(value=1.0), description="multiplier of the mean hassle of switching", json_schema_extra={"unit": "1"}
    )
    attention: Distribution = Field(
        FixedValue(value=1.0), description="multiplier of base attention", json_schema_extra={"unit": "1"}
    )
    care_weight: Distribution = Field(
        FixedValue(value=0.20), description="weight of care in performance", json_schema_extra={"unit": "share"}
    )
    price_weight: Distribution = Field(
        FixedValue(value=0.25),
        description="weight of price fairness in performance",
        json_schema_extra={"unit": "share"},
    )
    social: Distribution = Field(
        FixedValue(value=1.0), description="multiplier of social influence", json_schema_extra={"unit": "1"}
    )
    credit_risk: Distribution = Field(
        FixedValue(value=1.0), description="multiplier of the default hazard", json_schema_extra={"unit": "1"}
    )
    deal_proneness: Distribution = Field(
        FixedValue(value=0.5), description="taste for deals", json_schema_extra={"unit": "0 to 1"}
    )
    variety: Distribution = Field(
        FixedValue(value=1.0), description="variety seeking, multiplier", json_schema_extra={"unit": "1"}
    )
    account_size: int = quantity(1, meaning="members of a company account", unit="customers", ge=1, le=1000)


TRAITS = (
    "price_sensitivity",
    "usage",
    "hassle",
    "attention",
    "care_weight",
    "price_weight",
    "social",
    "credit_risk",
    "deal_proneness",
    "variety",
)


class CustomersConfig(Block):
    """Who the customers are."""

    count: int = quantity(20_000, meaning="simulated people at the start", unit="people", ge=1, le=200_000_000)
    outside: bool = choice(True, meaning="people may do without an operator")
    segments: dict[str, Segment]
    correlations: Annotated[dict[str, float], Entries] = Field(
        default_factory=dict,
        description="correlations between traits of one person, keys 'trait~trait'",
        json_schema_extra={"unit": "-1 to 1"},
    )
    trait_homophily: float = fraction(0.0, meaning="part of a trait's variance shared in a community")
    segment_homophily: float = fraction(0.0, meaning="members who have their community's own segment")
    file: Text | None = choice(None, meaning="CSV file with the focal operator's customers")
    format: FileFormat = FileFormat()
    where: Annotated[dict[str, Choices], Entries] = Field(
        default_factory=dict,
        description="rows of the file that count: column -> the value, or values, it must have there",
    )
    as_of: date | None = choice(None, meaning="day of month 0, from which days in the file are counted")
    columns: Columns = Columns()
    churn_window: int | None = quantity(
        None,
        meaning="months over which the file's churn column counts; the length of the run where null",
        unit="months",
        ge=1,
        le=600,
    )
    skip_bad_rows: bool = choice(False, meaning="set bad rows aside in a file and import the rest")

    @model_validator(mode="after")
    def _consistent(self) -> "CustomersConfig":
        total = sum(segment.share for segment in self.segments.values())
        if not self.segments:
            raise ValueError("customers.segments: at least one segment is needed")
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"customers.segments: shares sum to {total:.6g}, they must sum to 1")
        dated = [field for field, column in self.columns.mapped.items() if column.date is not None]
        if dated and self.as_of is None:
            raise ValueError(
                f"customers.as_of: needed, to count from it the days of {', '.join(dated)}; e.g. 2024-03-31"
            )
        for pair, value in self.correlations.items():
            names = pair.split("~")
            if len(names) != 2 or any(name not in TRAITS for name in names):
                raise ValueError(f"customers.correlations: '{pair}' is not a pair 'trait~trait' of {', '.join(TRAITS)}")
            if not -1.0 < value < 1.0:
                raise ValueError(f"customers.correlations.{pair}: {value} is outside -1..1")
        return self
