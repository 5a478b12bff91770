"""What may happen to a market from outside, and how the rules of the game may change."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SerializeAsAny, model_validator

from agents.block import Block, Name, choice, fraction, quantity
from sim.config.own import shipped_or_own
from sim.config.rules_of_game import Rules


class Event(Block):
    """Something that happens in a month."""

    month: int = quantity(1, meaning="first month", unit="month", ge=1, le=600)


class Spell(Event):
    """Something that lasts from a month on."""

    months: int = quantity(600, meaning="how long it lasts", unit="months", ge=1, le=600)

    def is_on(self, month: int) -> bool:
        """Tell whether it lasts in a month."""
        return self.month <= month < self.month + self.months


class PriceChange(Spell):
    """An operator changes all its fees by a share, against its start, whatever its pricing strategy then does with
    them.
    """

    kind: Literal["price_change"] = "price_change"
    operator: Name = choice(meaning="operator it happens to")
    change: float = quantity(meaning="change of all fees", unit="share", ge=-0.95, le=10.0)


class TariffRise(Spell):
    """All operators but one change all their fees by a share."""

    kind: Literal["tariff_rise"] = "tariff_rise"
    exempt: Name | None = choice(None, meaning="operator that does not; nobody where null")
    change: float = quantity(0.10, meaning="change of all fees", unit="share", ge=-0.95, le=10.0)


class PriceWar(Event):
    """All operators but one cut their fees again and again, and none goes back."""

    kind: Literal["price_war"] = "price_war"
    exempt: Name | None = choice(None, meaning="operator that does not; nobody where null")
    cut: float = quantity(0.05, meaning="cut of all fees in each round", unit="share", ge=0.0, le=0.95)
    rounds: int = quantity(4, meaning="rounds", ge=1, le=100)
    every: int = quantity(3, meaning="months between rounds", unit="months", ge=1, le=120)


class Portability(Event):
    """Number portability is introduced, withdrawn, or made slower or quicker."""

    kind: Literal["portability"] = "portability"
    portability: float = fraction(meaning="part of the hassle it takes away, were it done at once")
    days: float = quantity(0.0, meaning="how long porting takes", unit="days", ge=0.0, le=365.0)
    patience: float = quantity(
        5.0,
        meaning="delay that halves its worth",
        unit="days",
        ge=0.01,
        le=365.0,
        source="Lyons 2006: porting works within about five days",
    )


class Outage(Spell):
    """An operator's network is down in a region type, or everywhere."""

    kind: Literal["outage"] = "outage"
    operator: Name = choice(meaning="operator it happens to")
    region: Name | None = choice(None, meaning="region type; everywhere where null")
    factor: float = quantity(10.0, meaning="multiplier of the failure rate", ge=0.0, le=1000.0)
    months: int = quantity(1, meaning="how long it lasts", unit="months", ge=1, le=600)


class Breach(Spell):
    """Customers' data leak from an operator: trust breaks, and for some months the news makes customers look around."""

    kind: Literal["breach"] = "breach"
    operator: Name = choice(meaning="operator it happens to")
    loss: float = fraction(0.5, meaning="part of trust lost at once")
    news: float = fraction(0.05, meaning="its customers who look around because of it", unit="per month")
    months: int = quantity(3, meaning="how long it is news", unit="months", ge=1, le=600)


class Entrant(Event):
    """An operator that is configured with start_share 0 opens its shops in this month."""

    kind: Literal["entrant"] = "entrant"
    operator: Name = choice(meaning="operator that enters")
    like: Name = choice(meaning="operator whose plans' appeal it starts from, plan by plan of the nearest fee")
    handicap: float = quantity(0.3, meaning="utility it lacks, being unknown", unit="utils", ge=-100.0, le=100.0)

    @model_validator(mode="after")
    def _two_operators(self) -> "Entrant":
        if self.operator == self.like:
            raise ValueError(
                f"entrant: '{self.operator}' cannot start from its own plans' appeal; let it be like an operator that"
                " is there"
            )
        return self


class Merger(Event):
    """One operator takes over another: its customers go to the plan of nearest fee, its shops close, networks are
    joined.
    """

    kind: Literal["merger"] = "merger"
    into: Name = choice(meaning="operator that takes over")
    absorbed: Name = choice(meaning="operator that is taken over")
    rise: float = quantity(0.0, meaning="change of all fees of the merged operator", unit="share", ge=-0.95, le=10.0)

    @model_validator(mode="after")
    def _two_operators(self) -> "Merger":
        if self.into == self.absorbed:
            raise ValueError(f"merger: '{self.into}' cannot take itself over")
        return self


class DeviceLaunch(Spell):
    """A coveted device comes out, at first with one operator only; afterwards all have it."""

    kind: Literal["device_launch"] = "device_launch"
    operator: Name = choice(meaning="operator that has it first")
    appeal: float = quantity(
        0.5, meaning="utility of its postpaid plans while it has the device alone", unit="utils", ge=0.0, le=100.0
    )
    news: float = fraction(
        0.03, meaning="everybody's hazard of looking around in those months, outside a term", unit="per month"
    )
    months: int = quantity(12, meaning="how long it has it alone", unit="months", ge=1, le=600)


class Recession(Spell):
    """Money is short: prices count more, bills are left unpaid, usage falls."""

    kind: Literal["recession"] = "recession"
    sensitivity: float = quantity(1.25, meaning="multiplier of price sensitivity", ge=0.01, le=10.0)
    arrears: float = quantity(1.8, meaning="multiplier of the default hazard", ge=0.0, le=100.0)
    usage: float = quantity(0.95, meaning="multiplier of usage", ge=0.0, le=10.0)
    months: int = quantity(18, meaning="how long it lasts", unit="months", ge=1, le=600)


class Notices(Spell):
    """Operators must write to customers whose term is about to end (EU 2018/1972, article 105)."""

    kind: Literal["notices"] = "notices"
    hazard: float = fraction(0.75, meaning="customers who look around in the month their term ends")


class TermBan(Spell):
    """The law on contracts changes: how long they may bind, also those agreed to on the telephone, and what leaving may
    cost; running ones end as agreed.
    """

    kind: Literal["term_ban"] = "term_ban"
    longest: int = quantity(12, meaning="longest term", unit="months", ge=0, le=600)
    must_offer: int | None = quantity(
        None, meaning="term that must be offered beside a longer one; as before where null", unit="months", ge=1, le=600
    )
    leaving_fee: float | None = quantity(
        None,
        meaning="most that leaving may cost by month left; as before where null",
        unit="share of the monthly fee",
        ge=0.0,
        le=100.0,
    )


class BackBookBan(Spell):
    """Old customers may not be charged more than new ones: no loyalty penalty, and no promotion for newcomers only (FCA
    PS21/5 for insurance).
    """

    kind: Literal["back_book_ban"] = "back_book_ban"


class FeeWaiver(Spell):
    """Termination fees are waived, by one operator or by all."""

    kind: Literal["fee_waiver"] = "fee_waiver"
    operator: Name | None = choice(None, meaning="operator that waives them; all where null")


class Shock(Spell):
    """A shock of the user's own: a subclass with a `kind`, which overrides one of the two methods, or both."""

    role: ClassVar[str] = "shocks"
    kind: str

    def change_rules(self, rules: Rules, month: int) -> Rules:
        """Return the rules of the game while it lasts: `dataclasses.replace(rules, ...)`."""
        return rules

    def strike(self, world: Any) -> None:
        """Change the `World` of sim/world/world.py at the start of a month, before operators decide.

        Called every month from its first on; `self.is_on(world.month)` tells whether it lasts.
        """


ShippedShock = Annotated[
    PriceChange
    | TariffRise
    | PriceWar
    | Portability
    | Outage
    | Breach
    | Entrant
    | Merger
    | DeviceLaunch
    | Recession
    | Notices
    | TermBan
    | BackBookBan
    | FeeWaiver,
    Field(discriminator="kind"),
]
AnyShock = Annotated[SerializeAsAny[ShippedShock], shipped_or_own(Shock)]
