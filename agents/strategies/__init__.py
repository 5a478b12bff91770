"""What an operator can do: pricing, service, loyalty and retention strategies, and the unions a scenario chooses from."""

from agents.strategies.contract import Action, Loyalty, Pricing, Records, Retention, Service, Strategy, View
from agents.strategies.loyalty import Contract, Points, TenureDiscount, Tiers
from agents.strategies.pricing import BestResponse, Fixed, Match, Undercut
from agents.strategies.retention import Proactive, SaveDesk
from agents.strategies.service import BudgetShare, FixedService

AnyPricing = Fixed | Match | Undercut | BestResponse
AnyService = FixedService | BudgetShare
AnyLoyalty = Points | Tiers | TenureDiscount | Contract
AnyRetention = Proactive | SaveDesk

__all__ = [
    "Action",
    "AnyLoyalty",
    "AnyPricing",
    "AnyRetention",
    "AnyService",
    "BestResponse",
    "BudgetShare",
    "Contract",
    "Fixed",
    "FixedService",
    "Loyalty",
    "Match",
    "Points",
    "Pricing",
    "Proactive",
    "Records",
    "Retention",
    "SaveDesk",
    "Service",
    "Strategy",
    "TenureDiscount",
    "Tiers",
    "Undercut",
    "View",
]
