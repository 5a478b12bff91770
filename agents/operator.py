"""What an operator is: plans, network and care, the state of its strategies;
each month it decides on what it can see.
"""

import copy
import math
from typing import Any, Self

import numpy as np

from agents.care import first_contact, queue, update_morale
from agents.member import Member
from agents.strategies import Fixed, Recovery
from agents.strategies.contract import Action, Strategy, View

SEATS_BUSY_MINUTES = 60.0  # minutes in an hour


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
        self.capex_share = config.network.capex_share
        self.care_share: float | None = None  # of service revenue; staff follows the load where None
        self.wait = self.abandonment = 0.0
        self.morale = 1.0
        self.capacity: np.ndarray | None = None  # GB a month by region; unknown before the first month's traffic
        self.first_capacity, self.first_capex = np.zeros(0), 0.0
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
            self.capacity, self.first_capacity = (
                self.capacity + other.capacity,
                self.first_capacity + other.first_capacity,
            )
            self.first_capex += other.first_capex

    def build_like(self, other: "Operator") -> None:
        """Open a network of another's size, as an entrant must before it has customers; capacity costs what it costs
        the other.
        """
        if other.capacity is not None:
            self.capacity = self.first_capacity = other.capacity.copy()
            self.first_capex = other.first_capex

    def invest(self) -> None:
        """Move network quality towards what investment sustains: reference + response ln(share / reference share)."""
        network = self.config.network
        share = self.action.network_share
        self.capex_share = network.capex_share if share is None else share
        if share is None or network.capex_share <= 0.0:
            target = self.reference_quality
        else:
            target = self.reference_quality + network.response * math.log(max(share, 1e-6) / network.capex_share)
        self.quality = np.clip(self.quality + network.speed * (target - self.quality), 0.0, 1.0)

    def build(self, traffic: np.ndarray, revenue: float) -> None:
        """Wear capacity out and rebuild it from investment, given last month's traffic (regions,) in GB and revenue in
        currency.

        Opening capacity is opening traffic and some headroom; later, investment of the opening's size keeps it.
        """
        network, capex = self.config.network, self.capex_share * revenue
        if self.capacity is None:
            if traffic.sum() <= 0.0:
                return
            self.capacity = self.first_capacity = np.maximum(traffic, 1e-9) * (1.0 + network.headroom)
            self.first_capex = capex
        target = self.first_capacity * (capex / self.first_capex) if self.first_capex > 0.0 else self.first_capacity
        self.capacity = self.capacity + network.renewal * (target - self.capacity)

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
            seats = math.ceil(load + care.slack * math.sqrt(load)) if load > 0.0 else 0.0
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
