"""What an operator can do: pricing, service, loyalty and retention strategies, and the unions a scenario chooses from."""

from agents.strategies.contract import Action, Loyalty, Pricing, Records, Retention, Service, Strategy, View
from agents.strategies.learning import QLearning
from agents.strategies.loyalty import Contract, Points, TenureDiscount, Tiers
from agents.strategies.pricing import CostPlus, Fixed, Match, Schedule, Undercut
from agents.strategies.replies import BestResponse, PriceWar, TargetShare
from agents.strategies.retention import Proactive, SaveDesk
from agents.strategies.service import BudgetShare, FixedService, TargetSatisfaction, TargetWait

AnyPricing = Fixed | Schedule | CostPlus | Match | Undercut | PriceWar | TargetShare | BestResponse | QLearning
AnyService = FixedService | BudgetShare | TargetSatisfaction | TargetWait
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
    "CostPlus",
    "Fixed",
    "FixedService",
    "Loyalty",
    "Match",
    "Points",
    "PriceWar",
    "Pricing",
    "Proactive",
    "QLearning",
    "Records",
    "Retention",
    "SaveDesk",
    "Schedule",
    "Service",
    "Strategy",
    "TargetSatisfaction",
    "TargetShare",
    "TargetWait",
    "TenureDiscount",
    "Tiers",
    "Undercut",
    "View",
]
