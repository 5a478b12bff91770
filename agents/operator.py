"""What an operator is: plans, network and care, the state of its strategies;
each month it decides on what it can see.
"""

import copy
import math
from typing import Any, Self

import numpy as np

from agents.care import first_contact, queue, update_morale
from agents.costs import COMMON, Opening, cost_rates, opening_levels
from agents.costs import LAST as OPENING_MONTHS
from agents.member import Member
from agents.strategies import Fixed, Recovery
from agents.strategies.contract import Action, Strategy, View

SEATS_BUSY_MINUTES = 60.0  # minutes in an hour
CAPEX = COMMON.index("capex")


class Operator(Member):
    """An operator. `config` holds what it starts from; everything that changes is copied by a fork."""

    def __init__(self, name: str, config: Any, regions: list[str]):
        self.name, self.config = name, config
        self.pricing: Strategy = config.pricing
        self.service: Strategy = config.service
        self.loyalty: dict[str, Strategy] = dict(config.loyalty)
        self.retention: dict[str, Strategy] = dict(config.retention)
        self.state: dict[str, Any] = {}
        self.fees = {plan: spec.fee for plan, spec in config.plans.items()}
        self.start_fees = dict(self.fees)
        self.reference_quality = np.array([config.network.quality_in(region) for region in regions])
        self.quality = self.reference_quality.copy()
        self.openings: tuple[Opening, ...] = ()  # months of the burn-in lived last
        self.opening, self.levels = Opening(), np.zeros(len(COMMON))  # common costs at the opening, currency/month
        self.care_share: float | None = None  # of service revenue; staff follows the load where None
        self.wait = self.abandonment = 0.0
        self.morale = 1.0
        self.capacity: np.ndarray | None = None  # GB a month by region; unknown before the first month's traffic
        self.mirror_after: int | None = config.mirror_after
        self.history: tuple[dict[str, float], ...] = ()
        self.action = Action()

    def copied(self) -> Self:
        """Return an independent copy, to enter another market; strategies are frozen and shared, states are not."""
        twin = super().copied()
        twin.state = copy.deepcopy(self.state)
        twin.fees, twin.quality = dict(self.fees), self.quality.copy()
        twin.loyalty, twin.retention = dict(self.loyalty), dict(self.retention)
        return twin

    def adopt(self, policy: Any) -> None:
        """Take on a policy in place of any other: its strategies beside the configured ones; each that changes starts
        afresh.
        """
        before, config = self.strategies(), self.config
        self.pricing, self.service = policy.pricing or config.pricing, policy.service or config.service
        self.loyalty, self.retention = {**config.loyalty, **policy.loyalty}, {**config.retention, **policy.retention}
        after = self.strategies()
        for name in before:
            if after.get(name) != before[name]:
                self.state.pop(name, None)

    def hold(self) -> None:
        """Respond to nothing from now on: fees stay as they are, budgets and levers go on unchanged."""
        self.pricing, self.mirror_after = Fixed(), None
        self.state["pricing"] = "set"

    def strategies(self) -> dict[str, Strategy]:
        """All strategies by the name their state is kept under."""
        named: dict[str, Strategy] = {"pricing": self.pricing, "service": self.service}
        named.update({f"loyalty.{name}": strategy for name, strategy in self.loyalty.items()})
        named.update({f"retention.{name}": strategy for name, strategy in self.retention.items()})
        return named

    def decide(self, view: View) -> Action:
        """Let every strategy decide; combine what they want."""
        whole = Action()
        for name, strategy in self.strategies().items():
            self.state[name], action = strategy.decide(self.state.get(name), view)
            whole = whole.beside(action)
        self.action = whole
        self.fees.update(whole.fees)
        return whole

    def take_over(self, other: "Operator") -> None:
        """Join another's network to this one: the better coverage in each region, both capacities."""
        self.reference_quality = np.maximum(self.reference_quality, other.reference_quality)
        if self.capacity is not None and other.capacity is not None:
            self.capacity = self.capacity + other.capacity
        self.levels, other.levels = self.levels + other.levels, np.zeros(len(COMMON))
        self.opening, other.opening = Opening(*np.add(self.opening, other.opening)), Opening()

    def build_like(self, other: "Operator") -> None:
        """Open a network of another's size, as an entrant must before it has customers."""
        if other.capacity is not None:
            self.capacity = other.capacity.copy()

    # --- common costs ------------------------------------------------------------------------------------------------

    def note_opening(self, month: Opening, weight: float, is_lived: bool) -> None:
        """Size common costs by a month of the opening: by the mean of those lived last, or by what is expected of the
        first where none was; weight: real lines a simulated person stands for.
        """
        self.openings = (*self.openings, month)[-OPENING_MONTHS:] if is_lived else ()
        self.opening = Opening(*np.mean(self.openings or (month,), axis=0))
        self.levels = opening_levels(self.config.costs, self._usual_shares, self.opening, weight)

    @property
    def _usual_shares(self) -> tuple[float, ...]:
        """Shares of opening service revenue that common costs are where nobody decides otherwise, as in COMMON."""
        config = self.config
        return (
            config.advertising_share,
            config.overhead_share,
            config.network.operation_share,
            config.network.capex_share,
        )

    @property
    def usual_investment(self) -> float:
        """What it invests where nobody decides otherwise, share of opening service revenue."""
        if self.opening.revenue > 0.0:
            return float(self.levels[CAPEX] / self.opening.revenue)
        return float(self.config.network.capex_share)

    @property
    def network_share(self) -> float:
        """What it sets out to invest, share of opening service revenue."""
        share = self.action.network_share
        return self.usual_investment if share is None else share

    @property
    def invested(self) -> float:
        """What it sets out to invest over what it usually would; 1 where that is nothing."""
        return self.network_share / self.usual_investment if self.usual_investment > 0.0 else 1.0

    def cost_rates(self) -> np.ndarray:
        """What each common cost is this month and what one more of each driver adds to it, (COMMON, 1 + DRIVERS)."""
        shares, levels = (*self._usual_shares[:CAPEX], self.network_share), self.levels.copy()
        levels[CAPEX] = (
            levels[CAPEX] * self.invested if levels[CAPEX] > 0.0 else self.network_share * self.opening.revenue
        )
        return cost_rates(self.config.costs, shares, levels, self.opening)

    # --- network and care --------------------------------------------------------------------------------------------

    def invest(self) -> None:
        """Move network quality towards what investment sustains: reference + response ln(investment / usual one)."""
        network = self.config.network
        target = self.reference_quality + network.response * math.log(max(self.invested, 1e-6))
        self.quality = np.clip(self.quality + network.speed * (target - self.quality), 0.0, 1.0)

    def build(self, traffic: np.ndarray) -> None:
        """Wear capacity out and rebuild it, given last month's traffic (regions,) in GB.

        The usual investment keeps capacity some headroom above traffic, wherever that goes; a budget above or below it
        builds more or less in proportion. What coverage, renewal and IT cost builds no capacity.
        """
        network = self.config.network
        wanted = np.maximum(traffic, 1e-9) * (1.0 + network.headroom)
        if self.capacity is None:
            if traffic.sum() <= 0.0:
                return
            self.capacity = wanted
        self.capacity = self.capacity + network.renewal * (wanted * self.invested - self.capacity)

    def load(self, traffic: np.ndarray) -> np.ndarray:
        """Traffic over capacity by region, shape (regions,)."""
        return np.zeros(len(traffic)) if self.capacity is None else np.asarray(traffic / self.capacity)

    def staff(self, subscribers: float, complaints: float, unresolved: float, revenue: float) -> float:
        """Staff the care centre for the month and let the queue form (Erlang-A); return its cost with training,
        currency.

        All at market size: subscribers, complaints and unresolved ones of last month in lines, revenue in currency per
        month. Staff follows the load by the square-root rule unless a budget share is set.
        """
        care = self.config.care
        training = self.action.training * subscribers
        if isinstance(self.action.recovery, Recovery):
            training += self.action.recovery.cost * subscribers
        calls = care.contacts * subscribers + complaints + care.recalls * unresolved
        minutes = care.open_hours * SEATS_BUSY_MINUTES
        load = calls * care.handling_minutes / minutes
        if self.action.care_share is not None:
            seats = self.action.care_share * revenue / care.wage if care.wage > 0.0 else load
        else:
            seats = max(math.ceil(load + care.slack * math.sqrt(load)), 0) if load > 0.0 else 0.0
        if calls <= 0.0:
            self.wait = self.abandonment = 0.0
            return training
        _, self.abandonment, self.wait, _ = queue(calls / minutes, care.handling_minutes, care.patience_minutes, seats)
        self.morale = update_morale(self.morale, load, seats, care.overload, care.morale_loss, care.morale_speed)
        return float(seats * care.wage + training)

    @property
    def care_quality(self) -> float:
        """Care met this month, 0 to 1: full quality less what waiting takes."""
        return max(0.0, float(self.config.care.quality - self.config.care.wait_penalty * self.wait))

    @property
    def resolved(self) -> float:
        """Share of complaints resolved."""
        care = self.config.care
        return float(
            first_contact(care.resolved, self.action.training, care.training_scale, self.morale, self.abandonment)
        )

    @property
    def fast(self) -> float:
        """Share of resolved complaints that are resolved fast."""
        recovery, fast = self.action.recovery, float(self.config.care.fast)
        return fast + recovery.fast * (1.0 - fast) if isinstance(recovery, Recovery) else fast
