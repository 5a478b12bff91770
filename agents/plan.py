"""What an operator sells: a tariff as a scenario tells it."""

from agents.block import MOST_MONEY, Block, Name, choice, entries, fraction, quantity
from agents.population import MOST_SEGMENTS

MOST_PLANS = 60  # of a whole market


class Plan(Block):
    """A tariff."""

    fee: float = quantity(meaning="monthly fee", unit="currency/month", ge=0.0, le=MOST_MONEY)
    allowance: float | None = quantity(
        None, meaning="data included; unlimited where null", unit="GB/month", ge=0.0, le=1e6
    )
    overage: float = quantity(0.0, meaning="price beyond the allowance", unit="currency/GB", ge=0.0, le=MOST_MONEY)
    prepaid: bool = choice(False, meaning="paid in advance: no term, less hassle to leave, may lapse")
    term: int = quantity(0, meaning="minimum term", unit="months", ge=0, le=60)
    etf: float = quantity(
        0.0, meaning="early-termination fee per month left", unit="currency/month", ge=0.0, le=MOST_MONEY
    )
    brand: Name | None = choice(None, meaning="brand it is sold under; the operator's own where null")
    promotion: float = fraction(0.0, meaning="part of the fee that newcomers are spared while the promotion lasts")
    promotion_months: int = quantity(0, meaning="how long it lasts", unit="months", ge=0, le=60)
    device_debt: float = quantity(
        0.0, meaning="owed on the device at the start of a term, due on leaving", unit="currency", ge=0.0, le=MOST_MONEY
    )
    debt_months: int = quantity(
        24, meaning="months over which it is paid off within the bill", unit="months", ge=1, le=60
    )
    subsidy_new: float = quantity(0.0, meaning="device subsidy for joining", unit="currency", ge=0.0, le=MOST_MONEY)
    subsidy_renewal: float = quantity(
        0.0, meaning="device subsidy for renewing an open term", unit="currency", ge=0.0, le=MOST_MONEY
    )
    commission_new: float = quantity(
        0.0, meaning="dealer commission and set-up for a new customer", unit="currency", ge=0.0, le=MOST_MONEY
    )
    commission_renewal: float = quantity(
        0.0, meaning="dealer commission for a renewal", unit="currency", ge=0.0, le=MOST_MONEY
    )
    cost: float = quantity(0.0, meaning="marginal cost", unit="currency/month", ge=0.0, le=MOST_MONEY)
    cost_per_gb: float = quantity(0.0, meaning="marginal cost of traffic", unit="currency/GB", ge=0.0, le=MOST_MONEY)
    appeal: float | None = quantity(
        None, meaning="intercept; inverted from opening shares where null", unit="utils", ge=-1000.0, le=1000.0
    )
    start_mix: float | None = fraction(
        None, meaning="opening share of this plan within the operator; drawn by logit where null"
    )
    segments: tuple[Name, ...] | None = entries(
        None, least=1, most=MOST_SEGMENTS, meaning="segments it is sold to; all where null"
    )
