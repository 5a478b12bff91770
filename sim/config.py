"""What a scenario may say: every key under scenarios/, with its meaning, unit, bounds and source."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationInfo, WrapValidator, model_validator

from agents.block import Block, fraction, quantity
from agents.strategies import AnyLoyalty, AnyPricing, AnyRetention, AnyService, Fixed, FixedService, Loyalty, Pricing, Retention, Service

# --- distributions of traits -----------------------------------------------------------------------------------------


class FixedValue(Block):
    """Everyone the same."""

    distribution: Literal["fixed"] = "fixed"
    value: float


class Normal(Block):
    """Normal, untruncated."""

    distribution: Literal["normal"] = "normal"
    mean: float
    sd: float = quantity(meaning="standard deviation", ge=0.0)


class Lognormal(Block):
    """exp of a normal."""

    distribution: Literal["lognormal"] = "lognormal"
    mean_log: float
    sd_log: float = quantity(meaning="standard deviation of the logarithm", ge=0.0)


class Uniform(Block):
    """Uniform between two bounds."""

    distribution: Literal["uniform"] = "uniform"
    low: float
    high: float


class Beta(Block):
    """Beta on 0 to 1."""

    distribution: Literal["beta"] = "beta"
    alpha: float = quantity(meaning="first shape", gt=0.0)
    beta: float = quantity(meaning="second shape", gt=0.0)


class ByTenure(Block):
    """A churn hazard for each month of tenure; the last one holds from then on."""

    distribution: Literal["by_tenure"] = "by_tenure"
    hazards: tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...] = Field(min_length=1)


def _as_distribution(value: Any) -> Any:
    """Read a plain number, or a mapping with only `value`, as a fixed distribution."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"distribution": "fixed", "value": value}
    if isinstance(value, Mapping) and set(value) == {"value"}:
        return {"distribution": "fixed", **value}
    return value


Distribution = Annotated[FixedValue | Normal | Lognormal | Uniform | Beta, Field(discriminator="distribution"), BeforeValidator(_as_distribution)]
Hazard = Annotated[FixedValue | Beta | ByTenure, Field(discriminator="distribution"), BeforeValidator(_as_distribution)]

# --- customers -------------------------------------------------------------------------------------------------------


class Segment(Block):
    """A group of customers alike in needs; each trait has a distribution."""

    share: float = fraction(1.0, meaning="share of customers")
    price_sensitivity: Distribution = Field(description="price sensitivity", json_schema_extra={"unit": "utils per currency unit and month"})
    usage: Distribution = Field(FixedValue(value=0.0), description="mean data usage", json_schema_extra={"unit": "GB/month"})
    hassle: Distribution = Field(FixedValue(value=1.0), description="multiplier of the mean hassle of switching", json_schema_extra={"unit": "1"})
    attention: Distribution = Field(FixedValue(value=1.0), description="multiplier of base attention", json_schema_extra={"unit": "1"})
    care_weight: Distribution = Field(FixedValue(value=0.20), description="weight of care in performance", json_schema_extra={"unit": "share"})
    price_weight: Distribution = Field(FixedValue(value=0.25), description="weight of price fairness in performance", json_schema_extra={"unit": "share"})
    social: Distribution = Field(FixedValue(value=1.0), description="multiplier of social influence", json_schema_extra={"unit": "1"})
    credit_risk: Distribution = Field(FixedValue(value=1.0), description="multiplier of the default hazard", json_schema_extra={"unit": "1"})
    deal_proneness: Distribution = Field(FixedValue(value=0.5), description="taste for deals", json_schema_extra={"unit": "0 to 1"})
    account_size: int = quantity(1, meaning="members of a company account", unit="customers", ge=1, le=1000)


TRAITS = ("price_sensitivity", "usage", "hassle", "attention", "care_weight", "price_weight", "social", "credit_risk", "deal_proneness")


class Column(Block):
    """Where a field of a customer file comes from."""

    column: str
    scale: float = quantity(1.0, meaning="the file's number times this is ours", gt=0.0)
    values: dict[str, str] | None = None


def _as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Columns(Block):
    """Which columns of a customer file hold what; a field left out is imputed from the segment."""

    id: Annotated[Column | None, BeforeValidator(_as_column)] = None
    plan: Annotated[Column | None, BeforeValidator(_as_column)] = None
    tenure: Annotated[Column | None, BeforeValidator(_as_column)] = None
    monthly_charge: Annotated[Column | None, BeforeValidator(_as_column)] = None
    region: Annotated[Column | None, BeforeValidator(_as_column)] = None
    segment: Annotated[Column | None, BeforeValidator(_as_column)] = None
    complaints: Annotated[Column | None, BeforeValidator(_as_column)] = None
    churned: Annotated[Column | None, BeforeValidator(_as_column)] = None


class CustomersConfig(Block):
    """Who the customers are."""

    count: int = quantity(20_000, meaning="simulated people at the start", unit="people", ge=1, le=200_000_000)
    outside: bool = True
    segments: dict[str, Segment]
    correlations: dict[str, float] = Field(default_factory=dict, description="correlations between traits of one person, keys 'trait~trait'")
    trait_homophily: float = fraction(0.0, meaning="part of a trait's variance shared in a community")
    segment_homophily: float = fraction(0.0, meaning="members who have their community's own segment")
    file: str | None = None
    columns: Columns = Columns()
    churn_window: int | None = quantity(None, meaning="months over which the file's churn column counts; the length of the run where null", unit="months", ge=1, le=600)
    skip_bad_rows: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "CustomersConfig":
        total = sum(segment.share for segment in self.segments.values())
        if not self.segments:
            raise ValueError("customers.segments: at least one segment is needed")
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"customers.segments: shares sum to {total:.6g}, they must sum to 1")
        for pair, value in self.correlations.items():
            names = pair.split("~")
            if len(names) != 2 or any(name not in TRAITS for name in names):
                raise ValueError(f"customers.correlations: '{pair}' is not a pair 'trait~trait' of {', '.join(TRAITS)}")
            if not -1.0 < value < 1.0:
                raise ValueError(f"customers.correlations.{pair}: {value} is outside -1..1")
        return self


# --- behaviour -------------------------------------------------------------------------------------------------------


class Choice(Block):
    """Nested-logit choice among all eligible plans (McFadden 1978)."""

    nest: float = quantity(meaning="scale of plan shocks within an operator; 1 is plain logit", gt=0.0, le=1.0, source="Cardell 1997")
    shock_months: int = quantity(meaning="months an operator's taste shock is held", unit="months", ge=1, le=120)
    satisfaction: float = quantity(meaning="utility of satisfaction (own) or reputation (rivals), full scale", unit="utils", ge=0.0, le=100.0)
    commitment: float = quantity(meaning="utility of full affective commitment", unit="utils", ge=0.0, le=100.0)
    habit: float = quantity(meaning="utility of full habit", unit="utils", ge=0.0, le=100.0)
    social: float = quantity(meaning="utility when all ties are with the operator", unit="utils", ge=0.0, le=100.0)
    plan_change: float = quantity(meaning="hassle of changing plan inside the operator, once", unit="currency", ge=0.0, le=10_000.0)
    taste_sd: float = quantity(meaning="standard deviation of the lasting taste for an operator", unit="utils", ge=0.0, le=100.0)
    taste_community: float = fraction(meaning="correlation of lasting tastes with the community's")
    prepaid_taste_sd: float = quantity(meaning="standard deviation of the lasting taste for prepaid", unit="utils", ge=0.0, le=100.0)


class SwitchingCost(Block):
    """Money and effort of leaving; no feelings in it (Burnham, Frels & Mahajan 2003)."""

    hassle: float = quantity(meaning="mean search, paperwork and number loss, once", unit="currency", ge=0.0, le=1e9, source="Weiergraeber 2022: 47-178 USD in all")
    portability: float = fraction(meaning="part of the hassle that number portability takes away")
    prepaid: float = quantity(meaning="multiplier of the hassle for prepaid customers", ge=0.0, le=10.0)


class Attention(Block):
    """Monthly hazards of considering alternatives, by cause (Hortacsu, Madanizadeh & Puller 2017)."""

    base: float = fraction(meaning="curiosity", unit="per month")
    prospect: float = fraction(meaning="someone without an operator looks for one", unit="per month")
    in_term: float = quantity(meaning="multiplier of base and dissatisfaction while more than two months of term are left", ge=0.0, le=10.0)
    prepaid: float = quantity(meaning="multiplier of base for prepaid customers", ge=0.0, le=100.0)
    term_end: float = fraction(meaning="the month the term ends", unit="per month")
    term_near: float = fraction(meaning="each of the two months before", unit="per month")
    failure_silent: float = fraction(meaning="large failure suffered in silence", unit="per month")
    failure_unresolved: float = fraction(meaning="large failure, complaint unresolved", unit="per month")
    failure_resolved: float = fraction(meaning="large failure, resolved", unit="per month")
    failure_fast: float = fraction(meaning="large failure, resolved fast", unit="per month")
    failure_small: float = quantity(meaning="multiplier for small failures", ge=0.0, le=10.0)
    bill_shock: float = fraction(meaning="bill above bill_shock_ratio times the reference", unit="per month")
    bill_shock_ratio: float = quantity(meaning="bill over reference that shocks", ge=1.0, le=100.0)
    move: float = fraction(meaning="in a month of moving house", unit="per move")
    friend_left: float = fraction(meaning="each tie who left the operator last month", unit="per tie and month")
    campaign: float = fraction(meaning="reached by a rival's local campaign", unit="per month")
    contact: float = fraction(meaning="woken by the operator's own contact", unit="per contact", source="Ascarza, Iyengar & Schleicher 2016")
    dissatisfaction: float = quantity(meaning="hazard per unit of satisfaction below the level", unit="per month", ge=0.0, le=1.0)
    dissatisfaction_level: float = fraction(meaning="satisfaction below which dissatisfaction wakes")


class Experience(Block):
    """What a month with the operator is like."""

    network_sd: float = quantity(meaning="monthly noise of network experience", ge=0.0, le=1.0)
    home_sd: float = quantity(meaning="lasting difference of coverage by home and operator", ge=0.0, le=1.0)
    usage_sd: float = quantity(meaning="monthly noise of usage, relative", ge=0.0, le=1.0)
    fairness: float = fraction(meaning="perceived fairness of a bill at the reference price")
    fairness_slope: float = quantity(meaning="loss of fairness per relative excess of the bill", ge=0.0, le=10.0)
    reference_adaptation: float = fraction(meaning="adaptation of the reference price", unit="per month")


class Satisfaction(Block):
    """Expectation-disconfirmation with loss aversion (Oliver 1980; Mittal, Ross & Baldasare 1998; Bolton 1998)."""

    disconfirmation: float = quantity(meaning="weight of the felt gap beside the level of performance", ge=0.0, le=10.0)
    loss_aversion: float = quantity(meaning="weight of a loss over a gain", ge=1.0, le=10.0, source="Mittal, Ross & Baldasare 1998")
    weight_new: float = fraction(meaning="weight of this month for a new customer", source="Bolton 1998")
    weight_min: float = fraction(meaning="floor of that weight")
    anchoring: float = quantity(meaning="how fast the weight falls with tenure", unit="per month", ge=0.0, le=10.0)
    expectation_adaptation: float = fraction(meaning="expectation moves towards performance", unit="per month")
    expectation_advertised: float = fraction(meaning="expectation moves towards what is advertised", unit="per month")
    expectation_social: float = fraction(meaning="expectation moves towards what ties experience", unit="per month")


class Bonds(Block):
    """Affective commitment and habit."""

    commitment_growth: float = fraction(meaning="adaptation of commitment to satisfaction", unit="per month")
    commitment_loss: float = fraction(meaning="commitment lost on a failure")
    commitment_start: float = fraction(meaning="commitment of a newcomer: its stationary value")
    commitment_neutral: float = fraction(meaning="satisfaction at which commitment starts to grow")
    commitment_slope: float = quantity(meaning="commitment per unit of satisfaction above neutral", ge=0.0, le=10.0)
    habit_growth: float = fraction(meaning="habit grows towards one", unit="per month stayed")
    habit_break: float = fraction(meaning="part of habit lost by contact, move or bill shock")


class Failure(Block):
    """Service failures and what comes of them (Hirschman 1970; TARP; Knox & van Oest 2014)."""

    rate: float = fraction(meaning="failures", unit="per customer and month")
    region_outage: float = fraction(meaning="region and operator in outage", unit="per month")
    region_factor: float = quantity(meaning="multiplier of the rate in an outage", ge=0.0, le=1000.0)
    local_outage: float = fraction(meaning="community and operator with a local fault", unit="per quarter")
    local_factor: float = quantity(meaning="multiplier of the rate at a local fault", ge=0.0, le=1000.0)
    large: float = fraction(meaning="failures that are large")
    damage_large: float = fraction(meaning="performance lost by a large failure")
    damage_small: float = fraction(meaning="performance lost by a small failure")
    repeat: float = quantity(meaning="multiplier of damage for a second failure within six months", ge=0.0, le=10.0)
    factor_unresolved: float = quantity(meaning="part of the damage left after an unresolved complaint", ge=-1.0, le=1.0)
    factor_resolved: float = quantity(meaning="part left after a resolved complaint", ge=-1.0, le=1.0)
    factor_fast: float = quantity(meaning="part left after a fast resolution", ge=-1.0, le=1.0)
    voice_large: float = fraction(meaning="complaints per large failure before commitment", source="TARP")
    voice_small: float = fraction(meaning="complaints per small failure before commitment", source="TARP")
    voice_commitment: float = quantity(meaning="added by full commitment", ge=0.0, le=1.0)


class Turnover(Block):
    """How people come and go for reasons outside the market."""

    default: float = fraction(meaning="unpaid bill, line closed", unit="per month")
    exit: float = fraction(meaning="death or leaving the country; replaced by newcomers", unit="per month")
    prepaid_lapse: float = fraction(meaning="prepaid line falls silent and is closed", unit="per month")
    move: float = fraction(meaning="moves house", unit="per month")


class Campaigns(Block):
    """Rivals' local campaigns: a community is courted by an operator for a quarter."""

    rate: float = fraction(meaning="communities courted", unit="per operator and quarter")
    bonus: float = quantity(meaning="bonus for joining", unit="currency", ge=0.0, le=5000.0)


class Ties(Block):
    """Who talks to whom: a small world inside communities (Watts & Strogatz 1998)."""

    enabled: bool = True
    inside: int = quantity(meaning="ties inside the community", ge=0, le=20)
    outside: int = quantity(meaning="ties beyond it", ge=0, le=20)
    community: int = quantity(meaning="people in a community", unit="people", ge=2, le=10_000)
    rewire: float = fraction(meaning="inside ties that are random")
    region_homophily: float = fraction(meaning="outside ties within the same region type")
    household: float = quantity(meaning="mean size of a household", unit="people", ge=1.0, le=6.0)


class Enrolment(Block):
    """Joining a voluntary loyalty programme: the satisfied, the big spenders and the deal-prone enrol first (Leenheer et al. 2007)."""

    hazard: float = fraction(meaning="enrolment of an average committed customer", unit="per month")
    bill_reference: float = quantity(meaning="bill at which the hazard is as stated", unit="currency/month", gt=0.0)


class Opening(Block):
    """The state a market opens in, drawn so that nothing echoes: tenure, months left, habit."""

    tenure_postpaid: float = quantity(meaning="mean tenure (exponential)", unit="months", ge=0.0, le=600.0)
    tenure_prepaid: float = quantity(meaning="mean tenure (exponential)", unit="months", ge=0.0, le=600.0)
    in_term: float = fraction(meaning="customers of term plans whose term still runs")


class Adoption(Block):
    """Bass diffusion from outside: entry with probability 1 - exp(-(p + q F)) (Bass 1969)."""

    innovation: float = quantity(meaning="p", unit="per month", ge=0.0, le=10.0)
    imitation: float = quantity(meaning="q", unit="per month", ge=0.0, le=10.0)


class Behaviour(Block):
    """How customers behave. A mechanism is off where its leading number is 0."""

    horizon: float = quantity(meaning="months over which one-off sums are spread", unit="months", gt=0.0, le=240.0)
    choice: Choice
    switching_cost: SwitchingCost
    attention: Attention
    experience: Experience
    satisfaction: Satisfaction
    bonds: Bonds
    failure: Failure
    turnover: Turnover
    campaigns: Campaigns
    ties: Ties
    enrolment: Enrolment
    opening: Opening
    churn_hazard: Hazard | None = None
    adoption: Adoption | None = None


# --- operators -------------------------------------------------------------------------------------------------------


class Plan(Block):
    """A tariff."""

    fee: float = quantity(meaning="monthly fee", unit="currency/month", ge=0.0, le=1e6)
    allowance: float | None = quantity(None, meaning="data included; unlimited where null", unit="GB/month", ge=0.0)
    overage: float = quantity(0.0, meaning="price beyond the allowance", unit="currency/GB", ge=0.0, le=1e4)
    prepaid: bool = False
    term: int = quantity(0, meaning="minimum term", unit="months", ge=0, le=60)
    etf: float = quantity(0.0, meaning="early-termination fee per month left", unit="currency/month", ge=0.0, le=1e4)
    subsidy_new: float = quantity(0.0, meaning="device subsidy for joining", unit="currency", ge=0.0, le=1e5)
    subsidy_renewal: float = quantity(0.0, meaning="device subsidy for renewing an open term", unit="currency", ge=0.0, le=1e5)
    commission_new: float = quantity(0.0, meaning="dealer commission and set-up for a new customer", unit="currency", ge=0.0, le=1e5)
    commission_renewal: float = quantity(0.0, meaning="dealer commission for a renewal", unit="currency", ge=0.0, le=1e5)
    cost: float = quantity(0.0, meaning="marginal cost", unit="currency/month", ge=0.0, le=1e6)
    cost_per_gb: float = quantity(0.0, meaning="marginal cost of traffic", unit="currency/GB", ge=0.0, le=1e4)
    appeal: float | None = Field(None, description="intercept; inverted from opening shares where null", json_schema_extra={"unit": "utils"})
    start_mix: float | None = fraction(None, meaning="opening share of this plan within the operator; drawn by logit where null")
    segments: tuple[str, ...] | None = None


class Care(Block):
    """Customer care: a queue with staff and patience (Garnett, Mandelbaum & Reiman 2002)."""

    contacts: float = quantity(0.0, meaning="ordinary contacts", unit="per subscriber and month", ge=0.0, le=10.0)
    handling_minutes: float = quantity(7.0, meaning="mean handling time", unit="minutes", gt=0.0, le=600.0)
    patience_minutes: float = quantity(6.0, meaning="mean patience", unit="minutes", gt=0.0, le=600.0)
    slack: float = quantity(1.0, meaning="staff above offered load, in roots of the load", ge=-5.0, le=20.0, source="Halfin & Whitt 1981")
    wage: float = quantity(3200.0, meaning="cost of an agent seat", unit="currency/month", ge=0.0, le=1e6)
    quality: float = fraction(0.72, meaning="care experienced without waiting")
    wait_penalty: float = quantity(0.06, meaning="quality lost per minute of waiting", unit="per minute", ge=0.0, le=1.0)
    resolved: float = fraction(0.65, meaning="complaints resolved when answered")
    fast: float = fraction(0.45, meaning="resolved complaints resolved fast")
    open_hours: float = quantity(300.0, meaning="hours the centre is open", unit="hours/month", gt=0.0, le=744.0)


class Network(Block):
    """Network quality by region type, and what investment does to it."""

    quality: dict[str, Annotated[float, Field(ge=0.0, le=1.0)]] = Field(default_factory=dict, description="mean experience by region type; 0.78 where not named")
    capex_share: float = fraction(0.0, meaning="reference investment", unit="share of service revenue")
    response: float = quantity(0.10, meaning="quality gained per e-fold of investment over the reference", ge=0.0, le=1.0)
    speed: float = fraction(0.08, meaning="adjustment of quality", unit="per month")


def _shipped_or_extra(role: type) -> WrapValidator:
    """Accept a shipped kind, or one of the user's own strategy classes of this role (validation context)."""

    def validate(value: Any, handler: Any, info: ValidationInfo) -> Any:
        extras = [cls for cls in (info.context or {}).get("strategies", ()) if issubclass(cls, role)]
        if isinstance(value, role):
            return value
        if isinstance(value, Mapping):
            value = {"kind": "fixed", **value} if role in (Pricing, Service) else value
            for cls in extras:
                if value.get("kind") == cls.model_fields["kind"].default:
                    return cls.model_validate(value)
        return handler(value)

    return WrapValidator(validate)


PricingField = Annotated[SerializeAsAny[Annotated[AnyPricing, Field(discriminator="kind")]], _shipped_or_extra(Pricing)]
ServiceField = Annotated[SerializeAsAny[Annotated[AnyService, Field(discriminator="kind")]], _shipped_or_extra(Service)]
LoyaltyField = Annotated[SerializeAsAny[Annotated[AnyLoyalty, Field(discriminator="kind")]], _shipped_or_extra(Loyalty)]
RetentionField = Annotated[SerializeAsAny[Annotated[AnyRetention, Field(discriminator="kind")]], _shipped_or_extra(Retention)]


class OperatorConfig(Block):
    """An operator: what it sells and how it acts."""

    plans: dict[str, Plan] = Field(min_length=1)
    start_share: float = fraction(0.0, meaning="opening share of all people")
    advertised: float = fraction(0.78, meaning="quality promised by advertising")
    network: Network = Network()
    care: Care = Care()
    advertising_share: float = fraction(0.0, meaning="advertising", unit="share of service revenue")
    overhead_share: float = fraction(0.0, meaning="overhead", unit="share of service revenue")
    pricing: PricingField = Fixed()
    service: ServiceField = FixedService()
    loyalty: dict[str, LoyaltyField] = Field(default_factory=dict)
    retention: dict[str, RetentionField] = Field(default_factory=dict)


class Policy(Block):
    """A named patch of the focal operator's strategies: what it does in one arm of a comparison."""

    name: str
    description: str
    pricing: PricingField | None = None
    service: ServiceField | None = None
    loyalty: dict[str, LoyaltyField] = Field(default_factory=dict)
    retention: dict[str, RetentionField] = Field(default_factory=dict)

    def combined(self, other: "Policy") -> "Policy":
        """Run two policies side by side; two values for one key are an error that names both."""
        for key in ("pricing", "service"):
            if getattr(self, key) is not None and getattr(other, key) is not None:
                raise ValueError(f"policies '{self.name}' and '{other.name}' both set {key}")
        for key in ("loyalty", "retention"):
            for lever in getattr(self, key).keys() & getattr(other, key).keys():
                raise ValueError(f"policies '{self.name}' and '{other.name}' both set {key}.{lever}")
        return Policy(
            name=f"{self.name}+{other.name}", description=f"{self.description} {other.description}",
            pricing=self.pricing or other.pricing, service=self.service or other.service,
            loyalty={**self.loyalty, **other.loyalty}, retention={**self.retention, **other.retention},
        )  # fmt: skip


# --- shocks ----------------------------------------------------------------------------------------------------------


class PriceChange(Block):
    """An operator changes all its fees by a share, against its start, whatever its pricing strategy then does with them."""

    kind: Literal["price_change"] = "price_change"
    operator: str
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
    operator: str
    region: str | None = None
    factor: float = quantity(10.0, meaning="multiplier of the failure rate", ge=0.0, le=1000.0)
    month: int = quantity(1, meaning="first month", unit="month", ge=1, le=600)
    months: int = quantity(1, meaning="how long it lasts", unit="months", ge=1, le=600)


Shock = Annotated[PriceChange | Portability | Outage, Field(discriminator="kind")]

# --- the scenario ----------------------------------------------------------------------------------------------------


class Panel(Block):
    """The sample of customers an analyst gets."""

    share: float = fraction(0.0, meaning="customers in the panel; 0 keeps none")
    truth: bool = False
    survey_sd: float = quantity(0.10, meaning="noise of a surveyed satisfaction", ge=0.0, le=1.0)
    survey_share: float = fraction(0.10, meaning="panel rows with a survey answer")


class Scenario(Block):
    """A whole validated market and the question asked of it."""

    name: str
    question: str = ""
    currency: str = "EUR"
    seed: int = quantity(1, meaning="seed of the first replication", ge=0, le=2**31 - 1)
    months: int = quantity(60, meaning="reported months", unit="months", ge=1, le=600)
    burn_in: int = quantity(24, meaning="months simulated before the first", unit="months", ge=0, le=600)
    market_size: float = quantity(10_000_000.0, meaning="real lines the simulated people stand for", unit="lines", gt=0.0)
    discount_annual: float = quantity(0.10, meaning="discount rate", unit="per year", ge=0.0, le=1.0)
    regions: Annotated[dict[str, float], BeforeValidator(lambda regions: regions or {"all": 1.0})] = Field(description="share of people by region type")
    customers: CustomersConfig
    behaviour: Behaviour
    operators: dict[str, OperatorConfig] = Field(default_factory=dict)
    focal: str = ""
    policy: str = "none"
    policies: dict[str, Policy] = Field(default_factory=dict)
    shocks: dict[str, Shock] = Field(default_factory=dict)
    panel: Panel = Panel()

    @property
    def all_plans(self) -> dict[str, tuple[str, Plan]]:
        """Plans of the whole market in YAML order: name -> (operator, plan)."""
        return {name: (operator, plan) for operator, config in self.operators.items() for name, plan in config.plans.items()}

    @property
    def everyone_chooses(self) -> bool:
        """Whether all people choose afresh every month, so that demand is static."""
        behaviour = self.behaviour
        return behaviour.attention.base >= 1.0 and behaviour.switching_cost.hassle == 0.0 and behaviour.churn_hazard is None and behaviour.adoption is None

    @model_validator(mode="after")
    def _consistent(self) -> "Scenario":
        if not self.operators:
            raise ValueError("operators: a market needs at least one operator (choose a market, e.g. 'market=europe_three')")
        _check_operators(self)
        _check_references(self)
        return self


def _check_operators(scenario: Scenario) -> None:
    """Plan names, opening shares and appeals must fit together."""
    owner: dict[str, str] = {}
    for operator, config in scenario.operators.items():
        for plan in config.plans:
            if plan in owner:
                raise ValueError(f"operators.{operator}.plans.{plan}: the name is taken by operator '{owner[plan]}'; plan names are unique over the market")
            owner[plan] = operator
        mixes = [plan.start_mix for plan in config.plans.values()]
        if any(mix is not None for mix in mixes):
            total = sum(mix or 0.0 for mix in mixes)
            if abs(total - 1.0) > 1e-6:
                raise ValueError(f"operators.{operator}.plans: start_mix sums to {total:.6g}, it must sum to 1 over the operator's plans")
    if "outside" in scenario.operators:
        raise ValueError("operators.outside: the name 'outside' is kept for people without an operator")
    if len(scenario.operators) > 12 or len(owner) > 60:
        raise ValueError(f"operators: at most 12 operators and 60 plans (got {len(scenario.operators)} and {len(owner)})")
    total = sum(config.start_share for config in scenario.operators.values())
    if total > 1.0 + 1e-6:
        raise ValueError(f"operators: start_share sums to {total:.6g}, it may not exceed 1")
    open_appeals = [name for name, (_, plan) in scenario.all_plans.items() if plan.appeal is None]
    if open_appeals and len(open_appeals) < len(owner):
        raise ValueError(f"operators: either every plan has an appeal or none has (without: {', '.join(open_appeals)})")
    idle = [name for name, config in scenario.operators.items() if open_appeals and config.start_share <= 0.0]
    if idle:
        raise ValueError(f"operators.{idle[0]}.start_share: must be above 0, because appeals are inverted from opening shares; or give every plan of the market an appeal")
    if abs(sum(scenario.regions.values()) - 1.0) > 1e-6:
        raise ValueError(f"regions: shares sum to {sum(scenario.regions.values()):.6g}, they must sum to 1")


def _check_references(scenario: Scenario) -> None:
    """Whatever names an operator, segment, region or policy must name one that exists."""
    from sim.errors import nearest

    def known(what: str, given: str, allowed: Mapping[str, Any]) -> None:
        if given not in allowed:
            raise ValueError(f"{what}: no such name '{given}'{nearest(given, allowed)}; known: {', '.join(allowed)}")

    known("focal", scenario.focal, scenario.operators)
    for name, shock in scenario.shocks.items():
        if isinstance(shock, PriceChange | Outage):
            known(f"shocks.{name}.operator", shock.operator, scenario.operators)
        if isinstance(shock, Outage) and shock.region is not None:
            known(f"shocks.{name}.region", shock.region, scenario.regions)
    for operator, config in scenario.operators.items():
        rival = getattr(config.pricing, "rival", None)
        if rival is not None:
            known(f"operators.{operator}.pricing.rival", rival, scenario.operators)
        for region in config.network.quality:
            known(f"operators.{operator}.network.quality", region, scenario.regions)
        for plan_name, plan in config.plans.items():
            for segment in plan.segments or ():
                known(f"operators.{operator}.plans.{plan_name}.segments", segment, scenario.customers.segments)
