"""How an operator sets what it spends on its network and on care."""

from typing import Any, Literal

from agents.block import fraction, quantity
from agents.strategies.contract import Action, Service, View

MOST = 1.0  # share of service revenue a budget may rise to


class FixedService(Service):
    """Keep network and staff as they are."""

    kind: Literal["fixed"] = "fixed"

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Change nothing."""
        return state, Action()


class BudgetShare(Service):
    """Spend a share of opening service revenue on the network and a share of service revenue on care."""

    kind: Literal["budget_share"] = "budget_share"
    network: float | None = fraction(
        None, meaning="network investment; unchanged where null", unit="share of opening service revenue"
    )
    care: float | None = fraction(None, meaning="care staff; unchanged where null", unit="share of service revenue")

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Return the two budget shares."""
        return state, Action(network_share=self.network, care_share=self.care)


class TargetSatisfaction(Service):
    """Raise network and care budgets while the own survey lies below a target, lower them while above, by bounded
    steps.
    """

    kind: Literal["target_satisfaction"] = "target_satisfaction"
    target: float = fraction(0.70, meaning="mean satisfaction aimed at in its own survey", unit="0..1")
    response: float = quantity(
        0.5, meaning="change of a budget per unit of satisfaction missing", unit="share of the budget", ge=0.0, le=100.0
    )
    network_move: float = fraction(
        0.02,
        meaning="largest change of network investment in a month; left as it is where 0",
        unit="share of the budget",
    )
    care_move: float = fraction(
        0.02, meaning="largest change of care staff in a month; left as it is where 0", unit="share of the budget"
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Move both budgets from where they are; the state is the two shares."""
        network, care = state if state is not None else (network_budget(view), budget(view, "care_cost"))
        gap = 0.0 if view.satisfaction is None else self.target - view.satisfaction
        network = stepped(network, self.response * gap, self.network_move)
        care = stepped(care, self.response * gap, self.care_move)
        started = None if network is None and care is None else (network, care)
        return started, Action(network_share=network, care_share=care)


class TargetWait(Service):
    """Staff care so that the mean wait of last month's callers meets a target; the network gets a share of its own.

    Of callers with exponential patience the share mean wait / patience gives up, so a minute of waiting says that staff
    is short of its load by 1 / patience (Garnett, Mandelbaum & Reiman 2002): the default response, with six minutes'
    patience.
    """

    kind: Literal["target_wait"] = "target_wait"
    target: float = quantity(0.5, meaning="mean wait aimed at", unit="minutes", ge=0.0, le=600.0)
    response: float = quantity(
        0.17,
        meaning="change of staff per minute of wait off target",
        unit="share of staff per minute",
        ge=0.0,
        le=100.0,
    )
    care_move: float = fraction(0.10, meaning="largest change of care staff in a month", unit="share of the budget")
    network: float | None = fraction(
        None, meaning="network investment; unchanged where null", unit="share of opening service revenue"
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Move the care budget from where the books have it; the state is its share of service revenue."""
        care = state if state is not None else budget(view, "care_cost")
        care = stepped(care, self.response * (view.wait - self.target), self.care_move)
        return care, Action(network_share=self.network, care_share=care)


def network_budget(view: View) -> float | None:
    """What it invests, share of opening service revenue; None where that is nothing, and before there are books."""
    return view.network_share if view.ledger() and view.network_share > 0.0 else None


def budget(view: View, line: str) -> float | None:
    """Last month's spending on one line of the books, share of service revenue; None where there was none."""
    books = view.ledger()
    revenue = books.get("service_revenue", 0.0)
    return books[line] / revenue if revenue > 0.0 and books[line] > 0.0 else None


def stepped(share: float | None, change: float, most: float) -> float | None:
    """Change a budget in proportion, by at most so much; None, which leaves it as it is, where there is none or it may
    not move.
    """
    if share is None or most == 0.0:
        return None
    return min(share * (1.0 + min(max(change, -most), most)), MOST)
