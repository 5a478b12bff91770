"""How an operator runs several retention levers under one budget."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from agents.block import Name, entries, quantity
from agents.strategies.contract import MOST_LEVERS, Action, Retention, View, check_levers
from agents.strategies.retention import (
    DealerCommission,
    FirstContact,
    Onboarding,
    Proactive,
    Recovery,
    SaveDesk,
    WinBack,
)

Lever = Annotated[
    Proactive | SaveDesk | Onboarding | Recovery | FirstContact | WinBack | DealerCommission,
    Field(discriminator="kind"),
]


class Portfolio(Retention):
    """Retention levers in order of preference, as many as a budget allows: the last is paused while more than the
    budget has been spent.
    """

    kind: Literal["portfolio"] = "portfolio"
    budget: float = quantity(
        0.5,
        meaning="outlay on retention beyond that of the month before the portfolio began",
        unit="currency/subscriber/month",
        ge=0.0,
        le=1000.0,
    )
    levers: dict[Name, Lever] = entries({}, most=MOST_LEVERS, meaning="levers, the most preferred first")

    @model_validator(mode="after")
    def _levers_agree(self) -> "Portfolio":
        check_levers({}, self.levers)
        return self

    @property
    def sets(self) -> tuple[str, ...]:
        """What its levers set, beside itself."""
        return (self.kind, *(thing for lever in self.levers.values() for thing in lever.sets))

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Run as many levers as the budget has paid for so far: one less while it is overdrawn, one more while a
        month's worth is left.
        """
        if self.budget == 0.0 or not self.levers:
            return state, Action()
        usual, balance, running, states = state if state is not None else (None, 0.0, len(self.levers), {})
        books = view.ledger()
        if books and usual is None:
            usual = books["retention"] / max(books["closing"], 1.0)
        elif books:
            balance += self.budget - (books["retention"] / max(books["closing"], 1.0) - usual)
        if balance < 0.0:
            running = max(running - 1, 0)
        elif balance > self.budget:
            running = min(running + 1, len(self.levers))
        whole, kept = Action(), dict(states)
        for name, lever in list(self.levers.items())[:running]:
            kept[name], action = lever.decide(states.get(name), view)
            whole = whole.beside(action)
        return (usual, balance, running, kept), whole
