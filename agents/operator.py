"""What an operator is: plans, network and care, the state of its strategies; each month it decides on what it can see."""

import copy
import math
from typing import Any

import mesa
import numpy as np

from agents.care import queue
from agents.strategies import Fixed
from agents.strategies.contract import Action, Strategy, View

SEATS_BUSY_MINUTES = 60.0  # minutes in an hour


class Operator(mesa.Agent):  # type: ignore[misc]
    """An operator. `config` holds what it starts from; everything that changes is copied by a fork."""

    def __init__(self, model: Any, name: str, config: Any, regions: list[str]):
        super().__init__(model)
        self.name, self.config = name, config
        self.pricing: Strategy = config.pricing
        self.service: Strategy = config.service
        self.loyalty: dict[str, Strategy] = dict(config.loyalty)
        self.retention: dict[str, Strategy] = dict(config.retention)
        self.state: dict[str, Any] = {}
        self.fees = {plan: spec.fee for plan, spec in config.plans.items()}
        self.start_fees = dict(self.fees)
        self.reference_quality = np.array([config.network.quality.get(region, 0.78) for region in regions])
        self.quality = self.reference_quality.copy()
        self.capex_share = config.network.capex_share
        self.care_share: float | None = None  # of service revenue; staff follows the load where None
        self.seats_per_subscriber: float | None = None
        self.wait = self.abandonment = 0.0
        self.history: tuple[dict[str, float], ...] = ()
        self.action = Action()

    def copied(self, model: Any) -> "Operator":
        """Return an independent copy inside another market; strategies are frozen and shared, their states are not."""
        twin = copy.copy(self)
        mesa.Agent.__init__(twin, model)
        twin.state = copy.deepcopy(self.state)
        twin.fees, twin.quality = dict(self.fees), self.quality.copy()
        twin.loyalty, twin.retention = dict(self.loyalty), dict(self.retention)
        return twin

    def adopt(self, policy: Any) -> None:
        """Take on a policy in place of any other: its strategies beside the configured ones; each that changes starts afresh."""
        before, config = self.strategies(), self.config
        self.pricing, self.service = policy.pricing or config.pricing, policy.service or config.service
        self.loyalty, self.retention = {**config.loyalty, **policy.loyalty}, {**config.retention, **policy.retention}
        after = self.strategies()
        for name in before:
            if after.get(name) != before[name]:
                self.state.pop(name, None)

    def hold(self) -> None:
        """Respond to nothing from now on: fees stay as they are, budgets and levers go on unchanged."""
        self.pricing = Fixed()
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

    def staff(self, subscribers: float, complaints: float, revenue: float) -> float:
        """Staff the care centre for the month and let the queue form (Erlang-A); return its cost, currency.

        All at market size: subscribers and complaints in lines, revenue in currency per month. Staff follows the load by
        the square-root rule unless a budget share is set.
        """
        care = self.config.care
        calls = care.contacts * subscribers + complaints
        minutes = care.open_hours * SEATS_BUSY_MINUTES
        load = calls * care.handling_minutes / minutes
        if self.action.care_share is not None:
            seats = self.action.care_share * revenue / care.wage if care.wage > 0.0 else load
        else:
            seats = math.ceil(load + care.slack * math.sqrt(load)) if load > 0.0 else 0.0
        if calls <= 0.0:
            self.wait = self.abandonment = 0.0
            return 0.0
        _, self.abandonment, self.wait, _ = queue(calls / minutes, care.handling_minutes, care.patience_minutes, seats)
        return float(seats * care.wage)

    @property
    def care_quality(self) -> float:
        """Care met this month, 0 to 1: full quality less what waiting takes."""
        return max(0.0, float(self.config.care.quality - self.config.care.wait_penalty * self.wait))

    @property
    def resolved(self) -> float:
        """Share of complaints resolved: an abandoned call resolves nothing."""
        return float(self.config.care.resolved * (1.0 - self.abandonment))
