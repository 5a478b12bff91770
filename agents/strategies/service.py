"""How an operator sets what it spends on its network and on care."""

from typing import Any, Literal

from agents.block import fraction
from agents.strategies.contract import Action, Service, View


class FixedService(Service):
    """Keep network and staff as they are."""

    kind: Literal["fixed"] = "fixed"

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Change nothing."""
        return state, Action()


class BudgetShare(Service):
    """Spend a share of service revenue on the network and a share on care."""

    kind: Literal["budget_share"] = "budget_share"
    network: float | None = fraction(None, meaning="network investment; unchanged where null", unit="share of service revenue")
    care: float | None = fraction(None, meaning="care staff; unchanged where null", unit="share of service revenue")

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Return the two budget shares."""
        return state, Action(network_share=self.network, care_share=self.care)
