"""How an operator sets its fees by a simple rule: hold, follow a schedule, mark up cost, match or undercut rivals."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from agents.block import MOST_MONEY, MOST_MONTHS, Entries, Money, Month, Name, choice, entries, fraction, quantity
from agents.plan import MOST_PLANS
from agents.strategies.contract import Action, PlanView, Pricing, View


class Fixed(Pricing):
    """Set fees once, at their start changed by a share, and hold them; what a shock does to them stays."""

    kind: Literal["fixed"] = "fixed"
    change: float = quantity(
        0.0, meaning="lasting change of all fees against their start", unit="share", ge=-0.9, le=5.0
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Return start fees times 1 + change at first, the present fees from then on."""
        if state is None:
            return "set", Action(fees={name: plan.start_fee * (1.0 + self.change) for name, plan in view.own.items()})
        return state, Action(fees={name: plan.fee for name, plan in view.own.items()})


class BackBook(Pricing):
    """Court newcomers with lower fees and let old customers pay more: the loyalty penalty (CMA 2018)."""

    kind: Literal["back_book"] = "back_book"
    front: float = quantity(-0.08, meaning="change of all fees against their start", unit="share", ge=-0.9, le=5.0)
    premium: float = fraction(0.12, meaning="surcharge on the bill of old customers")
    after: int = quantity(24, meaning="tenure from which a customer counts as old", unit="months", ge=1, le=600)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Set fees once, hold them, and charge old customers the premium."""
        fees = {
            name: plan.start_fee * (1.0 + self.front) if state is None else plan.fee for name, plan in view.own.items()
        }
        return "set", Action(fees=fees, back_book=self)


Factor = Annotated[float, Field(ge=0.0, le=100.0)]
Fees = Annotated[dict[Name, Money], Field(max_length=MOST_PLANS), Entries]
Change = Annotated[
    Annotated[Factor, Tag("[factor]")] | Annotated[Fees, Tag("[fees]")],
    Discriminator(lambda given: "[fees]" if isinstance(given, Mapping) else "[factor]"),
]


class Schedule(Pricing):
    """Set given fees in given months and hold them in between; what a shock does to them stays until the next."""

    kind: Literal["schedule"] = "schedule"
    fees: Annotated[dict[Month, Change], Entries] = entries(
        {},
        most=MOST_MONTHS,
        meaning="month -> a factor on all start fees, or fees by plan (currency/month); other plans keep theirs",
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Lay the month's entry over the present fees; at first, all entries up to now in their order."""
        fees = {name: plan.fee for name, plan in view.own.items()}
        for month in sorted(self.fees):
            if month == view.month or (state is None and month < view.month):
                given = self.fees[month]
                fees |= (
                    given
                    if isinstance(given, dict)
                    else {name: plan.start_fee * given for name, plan in view.own.items()}
                )
        return "set", Action(fees=fees)


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


class CostPlus(Periodic):
    """Mark up unit cost (Hall & Hitch 1939)."""

    kind: Literal["cost_plus"] = "cost_plus"
    markup: float = quantity(1.0, meaning="markup over unit cost", unit="share of unit cost", ge=0.0, le=100.0)

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Return unit cost times 1 + markup, plan by plan."""
        return state, {name: cost * (1.0 + self.markup) for name, cost in view.unit_cost.items()}


class Match(Periodic):
    """Follow a rival's cut, or the deepest among rivals, in proportion, never below cost; go back up when it does."""

    kind: Literal["match"] = "match"
    rival: Name | None = choice(None, meaning="operator watched; all rivals where null")
    follow: float = fraction(1.0, meaning="part of the rival's proportional cut that is followed")

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Scale the fees held at the first move by the lowest ratio of a rival's fee to its start."""
        held = dict(state) if state is not None else {name: plan.fee for name, plan in view.own.items()}
        watched = [
            plan for plan in view.rivals.values() if plan.start_fee > 0.0 and self.rival in (None, plan.operator)
        ]
        ratio = min((plan.fee / plan.start_fee for plan in watched), default=1.0)
        scale = 1.0 - self.follow * max(0.0, 1.0 - ratio)
        return tuple(held.items()), {
            name: max(fee * scale, min(fee, view.unit_cost[name])) for name, fee in held.items()
        }


class Undercut(Periodic):
    """Price one step below the cheapest comparable rival plan while that stays above cost, else reset (Maskin & Tirole
    1988).
    """

    kind: Literal["undercut"] = "undercut"
    step: float = quantity(1.0, meaning="step below the cheapest rival", unit="currency/month", ge=0.001, le=MOST_MONEY)
    floor: Literal["cost"] = choice("cost", meaning="what the fee stays above")
    reset: float | None = quantity(
        None,
        meaning="fee returned to when undercutting no longer pays; the start fee where null",
        unit="currency/month",
        ge=0.0,
        le=MOST_MONEY,
    )

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Undercut plan by plan."""
        return state, {name: self._fee(view, name, plan) for name, plan in view.own.items()}

    def _fee(self, view: View, name: str, plan: PlanView) -> float:
        comparable = [
            rival.fee
            for rival in view.rivals.values()
            if rival.is_prepaid == plan.is_prepaid and rival.allowance >= plan.allowance
        ]
        if not comparable:
            return plan.fee
        target = min(comparable) - self.step
        if target > view.unit_cost[name]:
            return target
        return plan.start_fee if self.reset is None else self.reset
