"""What an operator can do: pricing, service, loyalty and retention strategies, and the unions a scenario chooses from."""

from agents.strategies.contract import Action, Loyalty, Pricing, Records, Retention, Service, Strategy, View
from agents.strategies.loyalty import Bundle, Contract, GroupTariff, Points, Referral, Surprise, TenureDiscount, Tiers
from agents.strategies.portfolio import Portfolio
from agents.strategies.pricing import BestResponse, Fixed, Match, Undercut
from agents.strategies.retention import DealerCommission, FirstContact, Onboarding, Proactive, Recovery, SaveDesk, WinBack
from agents.strategies.service import BudgetShare, FixedService

AnyPricing = Fixed | Match | Undercut | BestResponse
AnyService = FixedService | BudgetShare
AnyLoyalty = Points | Tiers | TenureDiscount | Contract | Bundle | GroupTariff | Surprise | Referral
AnyRetention = Proactive | SaveDesk | Onboarding | Recovery | FirstContact | WinBack | DealerCommission | Portfolio

__all__ = [
    "Action",
    "AnyLoyalty",
    "AnyPricing",
    "AnyRetention",
    "AnyService",
    "BestResponse",
    "BudgetShare",
    "Bundle",
    "Contract",
    "DealerCommission",
    "FirstContact",
    "Fixed",
    "FixedService",
    "GroupTariff",
    "Loyalty",
    "Match",
    "Onboarding",
    "Points",
    "Portfolio",
    "Pricing",
    "Proactive",
    "Records",
    "Recovery",
    "Referral",
    "Retention",
    "SaveDesk",
    "Service",
    "Strategy",
    "Surprise",
    "TenureDiscount",
    "Tiers",
    "Undercut",
    "View",
    "WinBack",
]
