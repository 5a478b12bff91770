"""What an operator can do: pricing, service, loyalty and retention strategies,
and the unions a scenario chooses from.
"""

from agents.strategies.contract import Action, Loyalty, PlanTerms, Pricing, Records, Retention, Service, Strategy, View
from agents.strategies.learning import QLearning
from agents.strategies.loyalty import (
    Bundle,
    Contract,
    GroupTariff,
    NoContract,
    Points,
    Referral,
    Surprise,
    TenureDiscount,
    Tiers,
)
from agents.strategies.portfolio import Portfolio
from agents.strategies.pricing import BackBook, CostPlus, Fixed, Match, Schedule, Undercut
from agents.strategies.replies import BestResponse, PriceWar, TargetShare
from agents.strategies.retention import (
    DealerCommission,
    FirstContact,
    Onboarding,
    Proactive,
    Recovery,
    SaveDesk,
    WinBack,
)
from agents.strategies.service import BudgetShare, FixedService, TargetSatisfaction, TargetWait

AnyPricing = (
    Fixed | Schedule | CostPlus | BackBook | Match | Undercut | PriceWar | TargetShare | BestResponse | QLearning
)
AnyService = FixedService | BudgetShare | TargetSatisfaction | TargetWait
AnyLoyalty = Points | Tiers | TenureDiscount | Contract | NoContract | Bundle | GroupTariff | Surprise | Referral
AnyRetention = Proactive | SaveDesk | Onboarding | Recovery | FirstContact | WinBack | DealerCommission | Portfolio

__all__ = [
    "Action",
    "AnyLoyalty",
    "AnyPricing",
    "AnyRetention",
    "AnyService",
    "BackBook",
    "BestResponse",
    "BudgetShare",
    "Bundle",
    "Contract",
    "CostPlus",
    "DealerCommission",
    "FirstContact",
    "Fixed",
    "FixedService",
    "GroupTariff",
    "Loyalty",
    "Match",
    "NoContract",
    "Onboarding",
    "PlanTerms",
    "Points",
    "Portfolio",
    "PriceWar",
    "Pricing",
    "Proactive",
    "QLearning",
    "Records",
    "Recovery",
    "Referral",
    "Retention",
    "SaveDesk",
    "Schedule",
    "Service",
    "Strategy",
    "Surprise",
    "TargetSatisfaction",
    "TargetShare",
    "TargetWait",
    "TenureDiscount",
    "Tiers",
    "Undercut",
    "View",
    "WinBack",
]
