"""What a month costs a customer: bill, discounts, and the price she has come to expect."""

from agents.rule import rule


@rule
def bill(fee: float, promotion: float, allowance: float, overage: float, usage: float, discount: float) -> float:
    """Monthly bill: fee, less a promotion (share of the fee), and traffic beyond the allowance, all less a discount
    (share of the bill; negative for a surcharge), currency.
    """
    beyond = usage - allowance
    return (fee * (1.0 - promotion) + (overage * beyond if beyond > 0.0 else 0.0)) * (1.0 - discount)


@rule
def usage_after_fall(scale: float, left: float) -> float:
    """Usage over the first after a fall that leaves a part of it."""
    return scale * left


@rule
def usage_after_growth(scale: float, factor: float, largest: float) -> float:
    """Usage over the first after a business has grown, up to the largest."""
    return max(scale, min(scale * factor, largest))


@rule
def usage_in_month(usual: float, noise: float, sd: float) -> float:
    """Usage of a month, GB: the usual with relative noise (noise: standard normal), never negative."""
    return usual * max(0.0, 1.0 + sd * noise)


@rule
def tenure_discount(tenure: int, per_year: float, cap: float) -> float:
    """Discount for full years of tenure (months), share of the bill."""
    if per_year == 0.0:
        return 0.0
    granted = per_year * float(tenure // 12)
    return granted if granted < cap else cap


@rule
def group_discount(depth: float, ties_there: float, degree: int) -> float:
    """Discount by the share of her ties who are with the operator: on-net and family tariffs, share of the bill (Shi,
    Chiang & Rhee 2006).
    """
    return depth * ties_there / float(degree) if degree > 0 else 0.0


@rule
def loyalty_penalty(tenure: int, premium: float, after: int) -> float:
    """Surcharge that old customers pay over newcomers once their tenure (months) reaches `after`, share of the bill
    (CMA 2018).
    """
    return premium if premium > 0.0 and tenure >= after else 0.0


@rule
def combined_discount(tenure: float, group: float, bundle: float, penalty: float) -> float:
    """All discounts taken one after the other, less the loyalty penalty, share of the bill."""
    return 1.0 - (1.0 - tenure) * (1.0 - group) * (1.0 - bundle) * (1.0 + penalty)


@rule
def promotion_worth(fee: float, promotion: float, months: int) -> float:
    """What a newcomer's reduced fee saves her while it lasts, currency, once."""
    return fee * promotion * float(months)


@rule
def instalment(debt: float, price: float, months: float) -> float:
    """Part of a device's price paid off with the month's bill, currency; on a plan without device (price 0), of what is
    owed.
    """
    return max(price, debt) / months


@rule
def is_bill_shock(paid: float, reference: float, ratio: float) -> bool:
    """Whether a bill lies so far above the reference price that it shocks."""
    return paid > ratio * reference


@rule
def spared_of_newcomers(promotion: float, months: int, horizon: float) -> float:
    """Share of the fee that a promotion spares newcomers, spread over the horizon (months)."""
    return min(promotion * float(months) / horizon, 1.0)


@rule
def update_reference_price(reference: float, paid: float, adaptation: float) -> float:
    """Let the reference price follow the bill (adaptation-level theory, Helson 1964; Kalyanaram & Winer 1995),
    currency.
    """
    return reference + adaptation * (paid - reference)


@rule
def default_hazard(base: float, economy: float, risk: float, paid: float, reference: float, arrears: float) -> float:
    """Hazard of an unpaid bill that ends in a closed line, per month: this month's economy (multiplier), her credit
    risk, and bills above what she is used to.
    """
    excess = paid / reference - 1.0 if reference > 0.0 else 0.0
    return base * economy * risk * (1.0 + arrears * max(excess, 0.0))
