"""What may happen to a market from outside."""

from typing import Annotated, Literal

from pydantic import Field

from agents.block import Block, choice, fraction, quantity


class PriceChange(Block):
    """An operator changes all its fees by a share, against its start, whatever its pricing strategy then does with them."""

    kind: Literal["price_change"] = "price_change"
    operator: str = choice(meaning="operator it happens to")
    change: float = quantity(meaning="change of all fees", unit="share", ge=-0.95, le=10.0)
    month: int = quantity(1, meaning="first month", unit="month", ge=1, le=600)
    months: int = quantity(600, meaning="how long it lasts", unit="months", ge=1, le=600)


class Portability(Block):
    """Number portability is introduced or withdrawn."""

    kind: Literal["portability"] = "portability"
    portability: float = fraction(meaning="part of the hassle it takes away")
    month: int = quantity(1, meaning="first month", unit="month", ge=1, le=600)


class Outage(Block):
    """An operator's network is down in a region type, or everywhere."""

    kind: Literal["outage"] = "outage"
    operator: str = choice(meaning="operator it happens to")
    region: str | None = choice(None, meaning="region type; everywhere where null")
    factor: float = quantity(10.0, meaning="multiplier of the failure rate", ge=0.0, le=1000.0)
    month: int = quantity(1, meaning="first month", unit="month", ge=1, le=600)
    months: int = quantity(1, meaning="how long it lasts", unit="months", ge=1, le=600)


Shock = Annotated[PriceChange | Portability | Outage, Field(discriminator="kind")]
