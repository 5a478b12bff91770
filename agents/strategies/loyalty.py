"""How an operator rewards staying."""

import math
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import model_validator

from agents.block import MOST_MONEY, Money, Share, choice, entries, fraction, quantity
from agents.plan import Plan
from agents.strategies.contract import Action, Loyalty, PlanTerms, View


class Points(Loyalty):
    """Points on every bill, redeemed later; unredeemed stock is given up by leaving."""

    kind: Literal["points"] = "points"
    earn: float = quantity(1.0, meaning="points earned", unit="points per currency unit billed", ge=0.0, le=1000.0)
    value: float = quantity(0.03, meaning="worth of a point", unit="currency/point", ge=0.0, le=MOST_MONEY)
    expiry: float = fraction(0.02, meaning="stock that expires", unit="share/month")
    redeem: float = fraction(0.08, meaning="members with enough points who redeem", unit="share/month")
    minimum: float = quantity(100.0, meaning="points needed to redeem", unit="points", ge=0.0, le=1e12)
    obligation: float = quantity(
        0.0,
        meaning=(
            "spend a month without which the stock is lost: members who hold enough top their bill up, and feel coerced"
        ),
        unit="currency/month",
        ge=0.0,
        le=MOST_MONEY,
    )
    member_cost: float = quantity(0.15, meaning="running cost", unit="currency/member/month", ge=0.0, le=MOST_MONEY)
    voluntary: bool = choice(True, meaning="customers enrol themselves; all are members where false")

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Run the programme on its terms."""
        return state, Action(points=self)


MOST_LEVELS = 3


class Tiers(Loyalty):
    """A club of up to three levels by monthly spend, with perks and better care."""

    kind: Literal["tiers"] = "tiers"
    thresholds: tuple[Money, ...] = entries(
        (22.0, 34.0), most=MOST_LEVELS, meaning="monthly spend from which each level is granted", unit="currency/month"
    )
    perks: tuple[Money, ...] = entries(
        (0.8, 2.0), most=MOST_LEVELS, meaning="worth of each level's perks to the member", unit="currency/month"
    )
    care_bonus: tuple[Share, ...] = entries(
        (0.02, 0.05), most=MOST_LEVELS, meaning="added to the care each level meets", unit="0 to 1"
    )
    care_cost: float = quantity(
        10.0, meaning="cost of care better by its whole scale", unit="currency/member/month", ge=0.0, le=MOST_MONEY
    )
    perk_cost: float = quantity(0.7, meaning="cost of one currency unit of perk", unit="1", ge=0.0, le=10.0)

    @model_validator(mode="after")
    def _levels_agree(self) -> "Tiers":
        if not len(self.thresholds) == len(self.perks) == len(self.care_bonus):
            raise ValueError("tiers: thresholds, perks and care_bonus need one entry a level")
        if list(self.thresholds) != sorted(self.thresholds):
            raise ValueError("tiers: thresholds must rise")
        return self

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Run the club on its terms."""
        return state, Action(tiers=self)

    def levels(self) -> Iterator[tuple[float, float, float]]:
        """Yield each level's threshold, perks and added care; one that gives nothing is out of reach."""
        for threshold, perks, care in zip(self.thresholds, self.perks, self.care_bonus, strict=True):
            yield threshold if perks > 0.0 or care > 0.0 else math.inf, perks, care


class TenureDiscount(Loyalty):
    """A discount that grows with every year stayed."""

    kind: Literal["tenure_discount"] = "tenure_discount"
    per_year: float = fraction(0.02, meaning="discount for each full year of tenure", unit="share of the bill/year")
    cap: float = fraction(0.10, meaning="largest discount", unit="share of the bill")

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Grant the discount."""
        return state, Action(tenure_discount=self)


class Contract(PlanTerms):
    """A term with a device subsidy, beside the plans' own terms, for postpaid customers.

    Terms and termination fees count where they exceed the plan's own; subsidies are added to the plan's own.
    """

    kind: Literal["contract"] = "contract"
    term: int = quantity(24, meaning="term", unit="months", ge=0, le=60)
    etf: float = quantity(
        12.0, meaning="early-termination fee per month left", unit="currency/month", ge=0.0, le=MOST_MONEY
    )
    subsidy_new: float = quantity(
        40.0, meaning="extra device subsidy for new customers", unit="currency", ge=0.0, le=MOST_MONEY
    )
    subsidy_renewal: float = quantity(
        60.0, meaning="extra device subsidy for renewals", unit="currency", ge=0.0, le=MOST_MONEY
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Offer the contract."""
        return state, Action(contract=self)

    def changed(self, plan: Plan) -> dict[str, float]:
        """Return the longer term and the dearer exit of the two, and both subsidies."""
        return {
            "term": max(plan.term, self.term),
            "etf": max(plan.etf, self.etf if self.term else 0.0),
            "subsidy_new": plan.subsidy_new + self.subsidy_new,
            "subsidy_renewal": plan.subsidy_renewal + self.subsidy_renewal,
        }


class NoContract(PlanTerms):
    """Abolish terms and termination fees, also running ones; devices are paid off in instalments, and what is left of
    them is due on leaving.

    Plans keep their fees and what they give towards a device; there is no renewal, because nothing ends.
    """

    kind: Literal["no_contract"] = "no_contract"
    debt: float = quantity(
        240.0, meaning="owed on the device by who joins, due on leaving", unit="currency", ge=0.0, le=MOST_MONEY
    )
    debt_months: int = quantity(
        24, meaning="months over which it is paid off within the bill", unit="months", ge=1, le=60
    )
    pays: float = quantity(
        0.0,
        meaning="paid to who joins, towards the termination fee of the rival that is left",
        unit="currency",
        ge=0.0,
        le=MOST_MONEY,
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Let everybody go who wants to."""
        return state, Action(contract=self)

    def changed(self, plan: Plan) -> dict[str, float]:
        """Return a plan without term, its device on instalments."""
        return {
            "term": 0,
            "etf": 0.0,
            "subsidy_new": plan.subsidy_new + self.pays,
            "device_debt": self.debt,
            "debt_months": self.debt_months,
        }


class Bundle(Loyalty):
    """Sell mobile customers a second service, cheaper together: one bill, and twice the trouble of leaving."""

    kind: Literal["bundle"] = "bundle"
    fee: float = quantity(20.0, meaning="fee of the second service", unit="currency/month", ge=0.0, le=MOST_MONEY)
    cost: float = quantity(14.0, meaning="its marginal cost", unit="currency/month", ge=0.0, le=MOST_MONEY)
    discount: float = fraction(0.10, meaning="discount on the mobile bill for who has both", unit="share of the bill")
    uptake: float = fraction(
        0.008, meaning="content customers who take it, where it costs what is usual", unit="per month"
    )
    usual: float = quantity(
        20.0, meaning="what the second service costs elsewhere", unit="currency/month", ge=0.0, le=MOST_MONEY
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Offer the bundle; where nobody is offered it there is none."""
        return state, Action(bundle=self if self.uptake > 0.0 else None)


class GroupTariff(Loyalty):
    """A discount by the share of her ties who are customers too: family, team and on-net tariffs."""

    kind: Literal["group_tariff"] = "group_tariff"
    discount: float = fraction(0.15, meaning="discount for who has all ties there", unit="share of the bill")

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Grant the discount."""
        return state, Action(group_tariff=self)


class Surprise(Loyalty):
    """Gifts that nobody expects, to customers drawn by lot."""

    kind: Literal["surprise"] = "surprise"
    share: float = fraction(0.05, meaning="customers who get one", unit="share/month")
    gift: float = quantity(6.0, meaning="worth of a gift", unit="currency", ge=0.0, le=MOST_MONEY)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Send the gifts."""
        return state, Action(surprise=self if self.share * self.gift > 0.0 else None)


class Referral(Loyalty):
    """Reward customers who bring a friend, and the friend."""

    kind: Literal["referral"] = "referral"
    new: float = quantity(20.0, meaning="reward for who is brought", unit="currency", ge=0.0, le=MOST_MONEY)
    old: float = quantity(20.0, meaning="reward for who brings", unit="currency", ge=0.0, le=MOST_MONEY)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Offer the rewards."""
        return state, Action(referral=self if self.new + self.old > 0.0 else None)
