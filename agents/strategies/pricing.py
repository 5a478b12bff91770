"""How an operator sets its fees."""

import math
from typing import Any, Literal

from agents.block import choice, fraction, quantity
from agents.strategies.contract import Action, PlanView, Pricing, View


class Fixed(Pricing):
    """Set fees once, at their start changed by a share, and hold them; what a shock does to them stays."""

    kind: Literal["fixed"] = "fixed"
    change: float = quantity(0.0, meaning="lasting change of all fees against their start", unit="share", ge=-0.9, le=5.0)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Return start fees times 1 + change at first, the present fees from then on."""
        if state is None:
            return "set", Action(fees={name: plan.start_fee * (1.0 + self.change) for name, plan in view.own.items()})
        return state, Action(fees={name: plan.fee for name, plan in view.own.items()})


class Periodic(Pricing):
    """A pricing strategy that moves in months phase, phase + every, ..."""

    every: int = quantity(1, meaning="months between moves", unit="months", ge=1, le=120)
    phase: int = quantity(1, meaning="month of the first move", unit="month", ge=1, le=600)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Move in the strategy's own months, otherwise keep the present fees."""
        if view.month < self.phase or (view.month - self.phase) % self.every:
            return state, Action(fees={name: plan.fee for name, plan in view.own.items()})
        state, fees = self.move(state, view)
        return state, Action(fees=fees)

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Return the next state and new fees by plan."""
        raise NotImplementedError(f"{type(self).__name__}.move")


class Match(Periodic):
    """Follow a rival's cut, or the deepest among rivals, in proportion, never below cost; go back up when it does."""

    kind: Literal["match"] = "match"
    rival: str | None = choice(None, meaning="operator watched; all rivals where null")
    follow: float = fraction(1.0, meaning="part of the rival's proportional cut that is followed")

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Scale the fees held at the first move by the lowest ratio of a rival's fee to its start."""
        held = dict(state) if state is not None else {name: plan.fee for name, plan in view.own.items()}
        watched = [plan for plan in view.rivals.values() if plan.start_fee > 0.0 and self.rival in (None, plan.operator)]
        ratio = min((plan.fee / plan.start_fee for plan in watched), default=1.0)
        scale = 1.0 - self.follow * max(0.0, 1.0 - ratio)
        return tuple(held.items()), {name: max(fee * scale, min(fee, view.unit_cost[name])) for name, fee in held.items()}


class Undercut(Periodic):
    """Price one step below the cheapest comparable rival plan while that stays above cost, else reset (Maskin & Tirole 1988)."""

    kind: Literal["undercut"] = "undercut"
    step: float = quantity(1.0, meaning="step below the cheapest rival", unit="currency/month", gt=0.0, le=1000.0)
    floor: Literal["cost"] = choice("cost", meaning="what the fee stays above")
    reset: float | None = quantity(None, meaning="fee returned to when undercutting no longer pays; the start fee where null", unit="currency/month", ge=0.0)

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Undercut plan by plan."""
        return state, {name: self._fee(view, name, plan) for name, plan in view.own.items()}

    def _fee(self, view: View, name: str, plan: PlanView) -> float:
        comparable = [rival.fee for rival in view.rivals.values() if rival.is_prepaid == plan.is_prepaid and rival.allowance >= plan.allowance]
        if not comparable:
            return plan.fee
        target = min(comparable) - self.step
        if target > view.unit_cost[name]:
            return target
        return plan.start_fee if self.reset is None else self.reset


class BestResponse(Periodic):
    """Reply to rivals' last fees so that own profit is highest.

    `exact` differentiates the market's own static choice probabilities; `records` uses an elasticity of subscribers over
    the horizon, learned from the operator's own history with shrinkage to a prior, and moves a bounded step.
    `auto` is exact where everyone chooses every month, records elsewhere: with inertia, one month's demand is so inelastic
    that a static reply explodes.
    """

    kind: Literal["best_response"] = "best_response"
    knowledge: Literal["auto", "exact", "records"] = choice("auto", meaning="what it knows of demand")
    horizon: int = quantity(36, meaning="months over which a price is judged", unit="months", ge=1, le=240)
    prior_elasticity: float = quantity(
        -2.2, meaning="subscribers' elasticity over the horizon before own evidence", unit="1", le=-1.01, ge=-20.0, source="at it the default market's fees are near their optimum"
    )
    prior_strength: float = quantity(0.05, meaning="weight of the prior: sum of squared log price changes that counts as much as it", unit="1", gt=0.0)
    adjustment: float = quantity(0.06, meaning="speed at which a base answers a lasting price change", unit="per month", gt=0.0, le=1.0)
    max_move: float = quantity(0.05, meaning="largest change of a fee in one move", unit="share", gt=0.0, le=1.0)

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Return best replies, exact or estimated."""
        if self.knowledge == "exact" or (self.knowledge == "auto" and view.everyone_chooses):
            return state, view.exact_reply()
        return state, {name: plan.fee * self.move_factor(view) for name, plan in view.own.items()}

    def move_factor(self, view: View) -> float:
        """Factor on all own fees towards the markup that the elasticity calls for: (p' - c) / p' = -1 / elasticity, p' net of costs that rise with revenue."""
        books, subscribers = view.ledger(), math.exp(view.history[-1]["log_subscribers"])
        revenue = books.get("service_revenue", 0.0)
        if revenue <= 0.0:
            return 1.0
        kept = 1.0 - (books["advertising_cost"] + books["overhead_cost"] + books["capex"]) / revenue
        per_subscriber = sum(books[name] for name in ("network_cost", "care_cost", "commission_cost", "subsidy_cost", "bad_debt_cost")) / subscribers
        elasticity = self.elasticity(view)
        target = per_subscriber / max(kept, 0.05) * elasticity / (1.0 + elasticity)
        return min(max(target * subscribers / revenue, 1.0 - self.max_move), 1.0 + self.max_move)

    def elasticity(self, view: View) -> float:
        """Return the elasticity of subscribers over the horizon, from own history, shrunk to the prior; at most -1.05.

        Slope of yearly changes in log subscribers on changes in log relative fee, carried from a year to the horizon by
        partial adjustment: a base answers a lasting price change at the rate `adjustment`.
        """
        lag = 12
        pairs = [
            (now["relative_fee"] - then["relative_fee"], now["log_subscribers"] - then["log_subscribers"]) for then, now in zip(view.history, view.history[lag:], strict=False)
        ]
        carried = (1.0 - math.exp(-self.adjustment * self.horizon)) / (1.0 - math.exp(-self.adjustment * lag))
        xx, xy = sum(x * x for x, _ in pairs) / lag, sum(x * y for x, y in pairs) / lag * carried
        return min(-1.05, (xy + self.prior_strength * self.prior_elasticity) / (xx + self.prior_strength))
