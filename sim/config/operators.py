"""What a scenario may say of operators: plans, network, care, strategies; and of policies, which patch strategies."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, SerializeAsAny, model_validator

from agents.block import MOST_MONEY, Block, Entries, Line, Name, Share, choice, entries, fraction, quantity
from agents.costs import Costs
from agents.plan import MOST_PLANS, Plan
from agents.population import MOST_REGIONS
from agents.strategies import (
    AnyLoyalty,
    AnyPricing,
    AnyRetention,
    AnyService,
    Fixed,
    FixedService,
    Loyalty,
    Pricing,
    Retention,
    Service,
)
from agents.strategies.contract import MOST_LEVERS, check_levers
from sim.config.own import shipped_or_own
from sim.errors import InputError


class Care(Block):
    """Customer care: a queue with staff and patience (Garnett, Mandelbaum & Reiman 2002)."""

    contacts: float = quantity(0.0, meaning="ordinary contacts", unit="per subscriber and month", ge=0.0, le=10.0)
    handling_minutes: float = quantity(7.0, meaning="mean handling time", unit="minutes", ge=0.1, le=600.0)
    patience_minutes: float = quantity(6.0, meaning="mean patience", unit="minutes", ge=0.1, le=600.0)
    slack: float = quantity(
        1.0, meaning="staff above offered load, in roots of the load", ge=-5.0, le=20.0, source="Halfin & Whitt 1981"
    )
    wage: float = quantity(3200.0, meaning="cost of an agent seat", unit="currency/month", ge=0.0, le=MOST_MONEY)
    quality: float = fraction(0.72, meaning="care experienced without waiting")
    wait_penalty: float = quantity(
        0.06, meaning="quality lost per minute of waiting", unit="per minute", ge=0.0, le=1.0
    )
    resolved: float = fraction(0.65, meaning="complaints resolved when answered")
    fast: float = fraction(0.45, meaning="resolved complaints resolved fast")
    recalls: float = quantity(
        0.6, meaning="calls that a complaint left unresolved brings next month", unit="per complaint", ge=0.0, le=10.0
    )
    overload: float = quantity(1.0, meaning="offered load a seat above which morale suffers", ge=0.0, le=10.0)
    morale_loss: float = quantity(
        1.0,
        meaning="morale lost per unit of load a seat beyond it, in the long run; 0 for agents without nerves",
        ge=0.0,
        le=10.0,
        source="Deery, Iverson & Walsh 2002",
    )
    morale_speed: float = fraction(0.15, meaning="adjustment of morale", unit="per month")
    training_scale: float = quantity(
        0.4,
        meaning="spend on training and back office that leaves 37 % of what would not be resolved",
        unit="currency/subscriber/month",
        ge=0.001,
        le=MOST_MONEY,
    )
    open_hours: float = quantity(300.0, meaning="hours the centre is open", unit="hours/month", ge=1.0, le=744.0)


class Network(Block):
    """Network quality by region type, and what investment does to it."""

    quality: Annotated[dict[Name, Share], Entries] = entries(
        {}, most=MOST_REGIONS, meaning="mean experience by region type", unit="0 to 1"
    )
    quality_elsewhere: float = fraction(0.78, meaning="mean experience in region types that are not named")
    capex_share: float = fraction(0.0, meaning="usual investment", unit="share of opening service revenue")
    operation_share: float = fraction(
        0.0,
        meaning="running cost of the network beside what plans cost by line and GB: sites, energy, upkeep",
        unit="share of opening service revenue",
    )
    response: float = quantity(
        0.10, meaning="quality gained per e-fold of investment over the usual one", ge=0.0, le=1.0
    )
    speed: float = fraction(0.08, meaning="adjustment of quality", unit="per month")
    headroom: float = quantity(
        0.25, meaning="capacity above traffic that the usual investment keeps, relative", ge=0.0, le=100.0
    )
    renewal: float = fraction(0.02, meaning="capacity worn out and rebuilt", unit="per month")
    process: float = quantity(
        1.0, meaning="multiplier of failure and wrong-bill rates: quality of processes", ge=0.0, le=100.0
    )

    def quality_in(self, region: str) -> float:
        """Mean experience in a region type, 0 to 1."""
        return self.quality.get(region, self.quality_elsewhere)


PricingField = Annotated[
    SerializeAsAny[Annotated[AnyPricing, Field(discriminator="kind")]], shipped_or_own(Pricing, "fixed")
]
ServiceField = Annotated[
    SerializeAsAny[Annotated[AnyService, Field(discriminator="kind")]], shipped_or_own(Service, "fixed")
]
LoyaltyField = Annotated[SerializeAsAny[Annotated[AnyLoyalty, Field(discriminator="kind")]], shipped_or_own(Loyalty)]
RetentionField = Annotated[
    SerializeAsAny[Annotated[AnyRetention, Field(discriminator="kind")]], shipped_or_own(Retention)
]


class OperatorConfig(Block):
    """An operator: what it sells and how it acts."""

    plans: dict[Name, Plan] = entries(
        least=1, most=MOST_PLANS, meaning="plans by name; names are unique over the market"
    )
    start_share: float = fraction(0.0, meaning="opening share of all people")
    advertised: float = fraction(0.78, meaning="quality promised by advertising")
    network: Network = Network()
    care: Care = Care()
    record_error: float = fraction(0.0, meaning="customers whose record is another's: calls hit them blindly")
    mirror_after: int | None = quantity(
        None,
        meaning="months after which it takes on the focal operator's policy, where it may respond; never where null",
        unit="months",
        ge=1,
        le=600,
    )
    advertising_share: float = fraction(0.0, meaning="brand advertising", unit="share of opening service revenue")
    overhead_share: float = fraction(0.0, meaning="overhead", unit="share of opening service revenue")
    costs: Costs = Costs()
    pricing: PricingField = Fixed()
    service: ServiceField = FixedService()
    loyalty: dict[Name, LoyaltyField] = entries(
        {}, most=MOST_LEVERS, meaning="loyalty levers by name, side by side; see below"
    )
    retention: dict[Name, RetentionField] = entries(
        {}, most=MOST_LEVERS, meaning="retention levers by name, side by side; see below"
    )

    @model_validator(mode="after")
    def _levers_agree(self) -> "OperatorConfig":
        check_levers(self.loyalty, self.retention)
        return self


class Policy(Block):
    """A named patch of the focal operator's strategies: what it does in one arm of a comparison."""

    name: Line = choice(meaning="name of the policy: that of its file")
    description: Line = choice(meaning="what it stands for, in a sentence")
    pricing: PricingField | None = None
    service: ServiceField | None = None
    loyalty: dict[Name, LoyaltyField] = entries(
        {}, most=MOST_LEVERS, meaning="loyalty levers by name, side by side; see below"
    )
    retention: dict[Name, RetentionField] = entries(
        {}, most=MOST_LEVERS, meaning="retention levers by name, side by side; see below"
    )

    @model_validator(mode="after")
    def _levers_agree(self) -> "Policy":
        check_levers(self.loyalty, self.retention)
        return self

    def combined(self, other: "Policy") -> "Policy":
        """Run two policies side by side; two values for one key are an error that names both."""
        for key in ("pricing", "service"):
            if getattr(self, key) is not None and getattr(other, key) is not None:
                raise ValueError(f"policies '{self.name}' and '{other.name}' both set {key}")
        for key in ("loyalty", "retention"):
            for lever in getattr(self, key).keys() & getattr(other, key).keys():
                raise ValueError(f"policies '{self.name}' and '{other.name}' both set {key}.{lever}")
        loyalty, retention = {**self.loyalty, **other.loyalty}, {**self.retention, **other.retention}
        check_levers(loyalty, retention, f"policies '{self.name}' and '{other.name}': ")
        return Policy(
            name=f"{self.name}+{other.name}",
            description=f"{self.description} {other.description}",
            pricing=self.pricing or other.pricing,
            service=self.service or other.service,
            loyalty=loyalty,
            retention=retention,
        )


def side_by_side(policies: Sequence[Policy]) -> Policy:
    """Run several policies side by side."""
    whole = policies[0]
    for policy in policies[1:]:
        try:
            whole = whole.combined(policy)
        except ValueError as error:
            raise InputError(str(error)) from None
    return whole
