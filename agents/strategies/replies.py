"""How an operator answers what it sees: rivals' fees, its share, and the elasticity of its own demand."""

import math
from typing import Any, Literal

from agents.block import choice, fraction, quantity
from agents.costs import COMMON
from agents.strategies.contract import View
from agents.strategies.pricing import Periodic

# what a customer more brings about beside a part of common costs, lines of the ledger
OF_CUSTOMERS = ("network_cost", "care_cost", "commission_cost", "subsidy_cost", "bad_debt_cost")


class PriceWar(Periodic):
    """Hold fees as long as rivals do; punish a cut by cutting deeper, for a time or for ever (Friedman 1971; Green &
    Porter 1984).

    Peace returns once `length` months are over and the rivals' fees are back. Two of these that both cut by more than
    the other tolerates wait for each other, and stay at war.
    """

    kind: Literal["price_war"] = "price_war"
    tolerance: float = fraction(0.05, meaning="fall of a rival plan's fee below its start that is still peace")
    depth: float = fraction(0.20, meaning="cut of own fees in war, never below unit cost")
    length: int | None = quantity(
        12, meaning="months a war lasts at least; for ever where null", unit="months", ge=1, le=600
    )

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Return fees of peace or war; the state is the fees of peace and the month the war began."""
        held, began = state if state is not None else (tuple((name, plan.fee) for name, plan in view.own.items()), None)
        is_provoked = any(plan.fee < (1.0 - self.tolerance) * plan.start_fee for plan in view.rivals.values())
        is_over = began is not None and self.length is not None and view.month >= began + self.length
        if is_over and not is_provoked:
            began = None
        elif began is None and is_provoked:
            began = view.month
        cut = self.depth if began is not None else 0.0
        return (held, began), {name: max(fee * (1.0 - cut), min(fee, view.unit_cost[name])) for name, fee in held}


class TargetShare(Periodic):
    """Lower fees by a bounded step while the share of subscribers lies below its target, raise them while above; never
    below unit cost.
    """

    kind: Literal["target_share"] = "target_share"
    target: float | None = fraction(
        None,
        meaning="share of subscribers aimed at; the share at the first move where null",
        unit="share of subscribers",
    )
    response: float = quantity(
        0.5, meaning="change of fees per proportional gap to the target", unit="1", ge=0.0, le=10.0
    )
    max_move: float = quantity(0.02, meaning="largest change of a fee in one move", unit="share", ge=0.0, le=1.0)

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Scale all fees by 1 + response (share - target) / target, bounded; the state is the target."""
        share = view.shares[view.name]
        target = self.target if self.target is not None else share if state is None else state
        gap = (share - target) / target if target > 0.0 else 0.0
        factor = 1.0 + min(max(self.response * gap, -self.max_move), self.max_move)
        return target, {
            name: max(plan.fee * factor, min(plan.fee, view.unit_cost[name])) for name, plan in view.own.items()
        }


class BestResponse(Periodic):
    """Reply to rivals' last fees so that own profit is highest.

    `exact` differentiates the market's own static choice probabilities; `records` uses an elasticity of subscribers
    over the horizon, learned from the operator's own history with shrinkage to a prior, and moves a bounded step.
    `auto` is exact where everyone chooses every month, records elsewhere: with inertia, one month's demand is so
    inelastic that a static reply explodes.
    """

    kind: Literal["best_response"] = "best_response"
    knowledge: Literal["auto", "exact", "records"] = choice("auto", meaning="what it knows of demand")
    horizon: int = quantity(36, meaning="months over which a price is judged", unit="months", ge=1, le=240)
    prior_elasticity: float = quantity(
        -1.9,
        meaning="subscribers' elasticity over the horizon before own evidence",
        unit="1",
        le=-1.01,
        ge=-20.0,
        source="at it the default market's fees are near their optimum",
    )
    prior_strength: float = quantity(
        0.05,
        meaning="weight of the prior: sum of squared log price changes that counts as much as it",
        unit="1",
        ge=1e-4,
        le=1e4,
    )
    adjustment: float = quantity(
        0.06, meaning="speed at which a base answers a lasting price change", unit="per month", ge=1e-4, le=1.0
    )
    max_move: float = quantity(0.05, meaning="largest change of a fee in one move", unit="share", ge=0.0, le=1.0)

    def move(self, state: Any, view: View) -> tuple[Any, dict[str, float]]:
        """Return best replies, exact or estimated."""
        if self.knowledge == "exact" or (self.knowledge == "auto" and view.everyone_chooses):
            return state, view.exact_reply()
        return state, {name: plan.fee * self.move_factor(view) for name, plan in view.own.items()}

    def move_factor(self, view: View) -> float:
        """Factor on all own fees towards the markup that the elasticity calls for: (p' - c) / p' = -1 / elasticity, p'
        net of costs that rise with revenue; c what a customer more costs, without what is fixed.
        """
        books, subscribers = view.ledger(), math.exp(view.history[-1]["log_subscribers"])
        revenue = books.get("service_revenue", 0.0)
        if revenue <= 0.0:
            return 1.0
        kept = 1.0 - books["costs_of_revenue"] / revenue
        common = sum(books[name] for name in COMMON) - books["fixed_costs"] - books["costs_of_revenue"]
        per_subscriber = (common + sum(books[name] for name in OF_CUSTOMERS)) / subscribers
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
            (now["relative_fee"] - then["relative_fee"], now["log_subscribers"] - then["log_subscribers"])
            for then, now in zip(view.history, view.history[lag:], strict=False)
        ]
        carried = (1.0 - math.exp(-self.adjustment * self.horizon)) / (1.0 - math.exp(-self.adjustment * lag))
        xx, xy = sum(x * x for x, _ in pairs) / lag, sum(x * y for x, y in pairs) / lag * carried
        return min(-1.05, (xy + self.prior_strength * self.prior_elasticity) / (xx + self.prior_strength))
