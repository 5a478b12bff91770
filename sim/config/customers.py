"""What a scenario may say of its customers: segments with a distribution for every trait, or a file."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from agents.block import Block, Entries, Line, Name, Text, choice, entries, fraction, quantity
from agents.population import MOST_SEGMENTS
from sim.config.customer_file import Choices, Columns, FileFormat
from sim.config.traits import Between, Distribution, FixedValue

Multiplier = Annotated[Distribution, Between(0.0, 100.0)]
Weight = Annotated[Distribution, Between(0.0, 0.5)]  # care's and price's together leave the network's
Correlation = Annotated[float, Field(ge=-0.99, le=0.99)]


def trait(default: float | None = None, *, meaning: str, unit: str = "1") -> Any:
    """Declare what is drawn for each person: its meaning and unit; everyone has the default where none is given."""
    everyone: Any = ... if default is None else FixedValue(value=default)
    return Field(everyone, description=meaning, json_schema_extra={"unit": unit})


class Segment(Block):
    """A group of customers alike in needs; each trait has a distribution."""

    share: float = fraction(1.0, meaning="share of customers")
    price_sensitivity: Annotated[Distribution, Between(1e-9, 100.0)] = trait(
        meaning="price sensitivity", unit="utils per currency unit and month"
    )
    usage: Annotated[Distribution, Between(0.0, 100_000.0)] = trait(0.0, meaning="mean data usage", unit="GB/month")
    hassle: Multiplier = trait(1.0, meaning="multiplier of the mean hassle of switching")
    attention: Multiplier = trait(1.0, meaning="multiplier of base attention")
    care_weight: Weight = trait(0.20, meaning="weight of care in performance", unit="share")
    price_weight: Weight = trait(0.25, meaning="weight of price fairness in performance", unit="share")
    social: Multiplier = trait(1.0, meaning="multiplier of social influence")
    credit_risk: Multiplier = trait(1.0, meaning="multiplier of the default hazard")
    deal_proneness: Annotated[Distribution, Between(0.0, 1.0)] = trait(0.5, meaning="taste for deals", unit="0 to 1")
    variety: Multiplier = trait(1.0, meaning="variety seeking, multiplier")
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
    segments: dict[Name, Segment] = entries(least=1, most=MOST_SEGMENTS, meaning="segments by name; see below")
    correlations: Annotated[dict[Line, Correlation], Entries] = entries(
        {}, most=200, meaning="correlations between traits of one person, keys 'trait~trait'", unit="1"
    )
    trait_homophily: float = fraction(0.0, meaning="part of a trait's variance shared in a community")
    segment_homophily: float = fraction(0.0, meaning="members who have their community's own segment")
    file: Text | None = choice(None, meaning="CSV file with the focal operator's customers")
    format: FileFormat = FileFormat()
    where: Annotated[dict[Line, Choices], Entries] = entries(
        {},
        most=100,
        meaning="rows of the file that count: column -> the value, or values, it must have there",
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
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"customers.segments: shares sum to {total:.6g}, they must sum to 1")
        dated = [field for field, column in self.columns.mapped.items() if column.date is not None]
        if dated and self.as_of is None:
            raise ValueError(
                f"customers.as_of: needed, to count from it the days of {', '.join(dated)}; e.g. 2024-03-31"
            )
        _check_correlations(self.correlations)
        return self


def _check_correlations(correlations: Mapping[str, float]) -> None:
    """Refuse what is no pair of traits, and correlations that nobody can have together."""
    matrix = np.eye(len(TRAITS))
    for pair, value in correlations.items():
        names = pair.split("~")
        if len(names) != 2 or names[0] == names[1] or any(name not in TRAITS for name in names):
            raise ValueError(f"customers.correlations: '{pair}' is not a pair 'trait~trait' of {', '.join(TRAITS)}")
        first, second = map(TRAITS.index, names)
        if matrix[first, second] not in (0.0, value):
            raise ValueError(
                f"customers.correlations: '{pair}' stands there the other way round too, with another number"
            )
        matrix[first, second] = matrix[second, first] = value
    if np.linalg.eigvalsh(matrix)[0] < 1e-6:
        raise ValueError("customers.correlations: no people can have them all at once; bring some of them nearer to 0")
