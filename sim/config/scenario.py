"""The whole of a scenario, and what must agree between its parts."""

from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from agents.block import Block, Entries, Line, Name, Share, Text, choice, entries, fraction, quantity
from agents.plan import MOST_PLANS, Plan
from agents.population import MOST_REGIONS
from agents.strategies import Pricing, Schedule
from agents.strategies.contract import check_levers
from sim.config.behaviour import Behaviour
from sim.config.customers import CustomersConfig
from sim.config.operators import OperatorConfig, Policy
from sim.config.rules_of_game import Law
from sim.config.shocks import AnyShock, Entrant, Merger, Outage, TermBan
from sim.errors import listed, nearest, shown

MOST_OPERATORS = 12  # bits and codes of the tables hold some more
MOST_POLICIES = 1_000
Number = Annotated[float, Field(ge=-1e12, le=1e12)]  # of any key
NOTEBOOK = "sim.report.notebook"  # imported when asked for


class Panel(Block):
    """The sample of customers an analyst gets."""

    share: float = fraction(0.0, meaning="customers in the panel; 0 keeps none")
    truth: bool = choice(False, meaning="add what no analyst sees: feelings, traits, failures, attention, utilities")
    survey_sd: float = quantity(0.10, meaning="noise of a surveyed satisfaction", ge=0.0, le=1.0)
    survey_share: float = fraction(0.10, meaning="panel rows with a survey answer")


class Scenario(Block):
    """A whole validated market and the question asked of it."""

    name: Line = choice(meaning="name of the scenario: that of its file")
    question: Text = choice("", meaning="what the scenario asks, in a sentence")
    currency: Text = choice("EUR", meaning="currency of all money")
    seed: int = quantity(1, meaning="seed of the first replication", ge=0, le=2**31 - 1)
    months: int = quantity(60, meaning="reported months", unit="months", ge=1, le=600)
    burn_in: int = quantity(24, meaning="months simulated before the first", unit="months", ge=0, le=600)
    engine: Literal["columns", "objects"] = choice(
        "columns",
        meaning=(
            "what runs customers: machine code over columns, or one Python object a person (slow, the same numbers)"
        ),
    )
    market_size: float = quantity(
        10_000_000.0, meaning="real lines the simulated people stand for", unit="lines", ge=1.0, le=1e10
    )
    discount_annual: float = quantity(0.10, meaning="discount rate", unit="per year", ge=0.0, le=1.0)
    law: Law
    regions: Annotated[dict[Name, Share], Entries, BeforeValidator(lambda regions: regions or {"all": 1.0})] = entries(
        most=MOST_REGIONS, meaning="share of people by region type; one region `all` where empty", unit="share"
    )
    customers: CustomersConfig
    behaviour: Behaviour
    operators: dict[Name, OperatorConfig] = entries({}, most=MOST_OPERATORS, meaning="operators by name; see below")
    focal: Line = choice("", meaning="operator whose policies are compared")
    policy: Line = choice("none", meaning="policy the focal operator runs from month 1; a+b runs two")
    policies: dict[Line, Policy] = entries(
        {},
        most=MOST_POLICIES,
        meaning="policies that are ranked; the others are compared with the first",
    )
    shocks: dict[Name, AnyShock] = entries(
        {}, most=200, meaning="what happens to the market from outside, by name; see below"
    )
    copy_after: int = quantity(
        6,
        meaning="months after which rivals take on the focal operator's policy, where they respond and copy",
        unit="months",
        ge=1,
        le=600,
        source="instalment plans: T-Mobile began in spring 2013, AT&T, Verizon and Sprint answered from July on",
    )
    panel: Panel = Panel()
    plugins: tuple[Line, ...] = entries(
        (),
        most=100,
        meaning="own Python: files, relative to the file that names them, or names of modules; they add up",
    )
    uncertain: Annotated[dict[Line, tuple[Number, Number]], Entries] = entries(
        {},
        most=100,
        meaning=(
            "keys that are known least, with the lowest and highest value to reckon with: what `churnlab robust` varies"
        ),
    )

    @property
    def all_plans(self) -> dict[str, tuple[str, Plan]]:
        """Plans of the whole market in YAML order: name -> (operator, plan)."""
        return {
            name: (operator, plan) for operator, config in self.operators.items() for name, plan in config.plans.items()
        }

    @property
    def appeals_open(self) -> bool:
        """Whether plans' appeals are to be found from opening shares; every plan's or none's."""
        return any(plan.appeal is None for _, plan in self.all_plans.values())

    @property
    def everyone_chooses(self) -> bool:
        """Whether all people choose afresh every month, so that demand is static."""
        behaviour = self.behaviour
        return (
            behaviour.attention.base >= 1.0
            and behaviour.switching_cost.hassle == 0.0
            and behaviour.churn_hazard is None
            and behaviour.adoption is None
        )

    @model_validator(mode="after")
    def _consistent(self) -> "Scenario":
        if not self.operators:
            raise ValueError(
                "operators: a market needs at least one operator (choose a market, e.g. 'market=europe_three')"
            )
        _check_operators(self)
        _check_references(self)
        _check_terms(self)
        _check_uncertain(self)
        return self

    def __repr__(self) -> str:
        return str(import_module(NOTEBOOK).line_of_scenario(self))

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        return str(import_module(NOTEBOOK).html_of_scenario(self))


def _check_operators(scenario: Scenario) -> None:
    """Plan names, opening shares and appeals must fit together."""
    owner: dict[str, str] = {}
    for operator, config in scenario.operators.items():
        for plan in config.plans:
            if plan in owner:
                raise ValueError(
                    f"operators.{operator}.plans.{plan}: the name is taken by operator '{owner[plan]}'; plan names are"
                    " unique over the market"
                )
            owner[plan] = operator
        mixes = [plan.start_mix for plan in config.plans.values()]
        if any(mix is not None for mix in mixes):
            total = sum(mix or 0.0 for mix in mixes)
            if abs(total - 1.0) > 1e-6:
                raise ValueError(
                    f"operators.{operator}.plans: start_mix sums to {total:.6g}, it must sum to 1 over the operator's"
                    " plans"
                )
    if "outside" in scenario.operators:
        raise ValueError("operators.outside: the name 'outside' is kept for people without an operator")
    if len(owner) > MOST_PLANS:
        raise ValueError(f"operators: at most {MOST_PLANS} plans in all (got {len(owner)})")
    total = sum(config.start_share for config in scenario.operators.values())
    if total > 1.0 + 1e-6:
        raise ValueError(f"operators: start_share sums to {total:.6g}, it may not exceed 1")
    open_appeals = [name for name, (_, plan) in scenario.all_plans.items() if plan.appeal is None]
    if open_appeals and len(open_appeals) < len(owner):
        raise ValueError(f"operators: either every plan has an appeal or none has (without: {', '.join(open_appeals)})")
    entrants = {shock.operator for shock in scenario.shocks.values() if isinstance(shock, Entrant)}
    if not scenario.customers.outside:
        _check_everyone_is_served(scenario, entrants)
    idle = [
        name
        for name, config in scenario.operators.items()
        if open_appeals and config.start_share <= 0.0 and name not in entrants
    ]
    if idle:
        raise ValueError(
            f"operators.{idle[0]}.start_share: must be above 0, because appeals are inverted from opening shares; or"
            " give every plan of the market an appeal"
        )
    if abs(sum(scenario.regions.values()) - 1.0) > 1e-6:
        raise ValueError(f"regions: shares sum to {sum(scenario.regions.values()):.6g}, they must sum to 1")


def _check_everyone_is_served(scenario: Scenario, entrants: set[str]) -> None:
    """Without an outside option something must be on sale to every segment from the start."""
    on_sale = [plan for operator, plan in scenario.all_plans.values() if operator not in entrants]
    for segment in scenario.customers.segments:
        if not any(plan.segments is None or segment in plan.segments for plan in on_sale):
            raise ValueError(
                f"customers.outside: false, but nothing is on sale to segment '{segment}'; let a plan name it in"
                " `segments`, or let people do without"
            )


def _check_uncertain(scenario: Scenario) -> None:
    """Ranges must be ranges; that each key is a number of the scenario is checked where they are used, as a later
    change may have taken it away.
    """
    for key, (low, high) in scenario.uncertain.items():
        if not low < high:
            raise ValueError(f"uncertain.{key}: the first number must be below the second (got [{low:g}, {high:g}])")


def known(what: str, given: str, allowed: Mapping[str, Any]) -> None:
    """Refuse a name that is not among those allowed, with the nearest."""
    if given not in allowed:
        raise ValueError(f"{what}: no such name {shown(given)}{nearest(given, allowed)}; known: {listed(allowed)}")


def _check_references(scenario: Scenario) -> None:
    """Whatever names an operator, segment, region or policy must name one that exists."""
    known("focal", scenario.focal, scenario.operators)
    for policy in scenario.policies.values():
        for name, own in scenario.operators.items():
            if name == scenario.focal or own.mirror_after is not None:
                check_levers(
                    {**own.loyalty, **policy.loyalty},
                    {**own.retention, **policy.retention},
                    f"policy '{policy.name}' beside operators.{name}: ",
                )
        _check_pricing(f"policy '{policy.name}': pricing", policy.pricing, scenario.focal, scenario)
    for name, shock in scenario.shocks.items():
        for key in ("operator", "exempt", "like", "into", "absorbed"):
            if getattr(shock, key, None) is not None:
                known(f"shocks.{name}.{key}", getattr(shock, key), scenario.operators)
        if isinstance(shock, Entrant) and scenario.operators[shock.operator].start_share > 0.0:
            raise ValueError(
                f"shocks.{name}.operator: '{shock.operator}' enters the market in month {shock.month}, so its"
                " start_share must be 0"
            )
        if isinstance(shock, Merger) and shock.absorbed == scenario.focal:
            raise ValueError(
                f"shocks.{name}.absorbed: '{scenario.focal}' is the focal operator, whose policies are compared; let it"
                " be `into`, or choose another focal"
            )
        if isinstance(shock, Outage) and shock.region is not None:
            known(f"shocks.{name}.region", shock.region, scenario.regions)
    for operator, config in scenario.operators.items():
        _check_pricing(f"operators.{operator}.pricing", config.pricing, operator, scenario)
        for region in config.network.quality:
            known(f"operators.{operator}.network.quality", region, scenario.regions)
        for plan_name, plan in config.plans.items():
            for segment in plan.segments or ():
                known(f"operators.{operator}.plans.{plan_name}.segments", segment, scenario.customers.segments)


def _check_terms(scenario: Scenario) -> None:
    """No plan and no lever may bind for longer than the law allows, now or after a shock."""
    allowed = [scenario.law.longest_term, *(s.longest for s in scenario.shocks.values() if isinstance(s, TermBan))]
    longest = max((months for months in allowed if months is not None), default=None)
    if longest is None or scenario.law.longest_term is None:
        return
    given: dict[str, Block] = {
        f"operators.{operator}.plans.{name}": plan for name, (operator, plan) in scenario.all_plans.items()
    }
    owners = [(f"operators.{name}", config) for name, config in scenario.operators.items()]
    for where, owner in (*owners, *((f"policy '{name}'", policy) for name, policy in scenario.policies.items())):
        for role in ("loyalty", "retention"):
            for name, lever in getattr(owner, role).items():
                given[f"{where}: {role}.{name}"] = lever
                given |= {f"{where}: {role}.{name}.{key}": one for key, one in getattr(lever, "levers", {}).items()}
    for where, one in given.items():
        term = getattr(one, "term", 0)
        if isinstance(term, int) and term > longest:
            raise ValueError(
                f"{where}: a term of {term} months is longer than the law allows ({longest} months, law.longest_term);"
                " shorten it, or lift the cap with law.longest_term=null"
            )


def _check_pricing(where: str, pricing: Pricing | None, operator: str, scenario: Scenario) -> None:
    """The rival that is watched must exist, and so must the operator's plans that a schedule names."""
    rival = getattr(pricing, "rival", None)
    if rival is not None:
        known(f"{where}.rival", rival, scenario.operators)
    for month, given in pricing.fees.items() if isinstance(pricing, Schedule) else ():
        for plan in given if isinstance(given, dict) else ():
            known(f"{where}.fees.{month}", plan, scenario.operators[operator].plans)
