"""What an operator means to one person in money and coverage: tier, bill, discounts, and what leaving would cost."""

from agents import draws
from agents.customer import (
    bill,
    combined_discount,
    coverage_felt,
    group_discount,
    hassle_left,
    loyalty_penalty,
    switching_cost,
    tenure_discount,
)
from agents.draws import bounded_normal
from agents.population import State
from agents.rule import step
from sim.steps.turn import Turn


@step
def tier_of(at: Turn, operator: int) -> int:
    """Highest level of the operator's club that her spend grants, -1 for none; thresholds rise."""
    reached = -1
    for level in range(at.offers.terms[operator].levels):
        if at.me.reference >= at.offers.tier_threshold[operator, level]:
            reached = level
    return reached


@step
def perks_of(at: Turn, operator: int, paid: float) -> float:
    """Worth of next month's points and of the tier's perks, currency per month. The unredeemed stock counts as a
    switching cost, not here.
    """
    terms = at.offers.terms[operator]
    worth = 0.0
    if at.me.member:
        worth += paid * terms.points.earn * terms.points.value
    level = tier_of(at, operator)
    return worth + (at.offers.tier_perk[operator, level] if level >= 0 else 0.0)


@step
def fee_of(at: Turn, plan: int) -> float:
    """Fee of a plan as it is offered to her now, currency per month. Steps read it nowhere else."""
    fee: float = at.offers.plans[plan].fee
    return fee


@step
def bill_on(at: Turn, plan: int, usage: float, promotion: float, discount: float) -> float:
    """Bill of a plan as it is offered to her now, for a usage (GB), less a promotion (share of the fee) and a discount
    (share of the bill), currency per month.
    """
    offer = at.offers.plans[plan]
    return bill(fee_of(at, plan), promotion, offer.allowance, offer.overage, usage, discount)


@step
def promotion_of(me: State) -> float:
    """Share of the fee that she is spared as long as a newcomer's promotion lasts."""
    return me.promotion if me.promotion_left > 0 else 0.0


@step
def coverage_of(at: Turn, operator: int) -> float:
    """Network experience of an operator where she lives: its region's, and the lasting difference of her home."""
    coverage: float = at.offers.quality[at.who.region, operator]
    if at.params.experience.home_sd > 0.0:
        difference = bounded_normal(at.month.world_key, draws.HOME, at.number, operator)
        coverage = coverage_felt(coverage, difference, at.params.experience.home_sd)
    return coverage


@step
def discount_of(at: Turn, operator: int, ties_there: float) -> float:
    """Share of the bill that she is spared by her operator now; negative where she pays a loyalty penalty."""
    me, terms = at.me, at.offers.terms[operator]
    return combined_discount(
        tenure_discount(me.tenure, terms.tenure_discount.per_year, terms.tenure_discount.cap),
        group_discount(terms.group_tariff.discount, ties_there, at.degree),
        terms.bundle.discount if me.bundled else 0.0,
        loyalty_penalty(me.tenure, terms.back_book.premium, terms.back_book.after),
    )


@step
def hassle_of(at: Turn) -> float:
    """Effort of leaving the present plan, currency."""
    is_prepaid = at.offers.plans[at.me.plan].prepaid == 1
    return hassle_left(at.who.hassle, at.month.portability, is_prepaid, at.params.switching_cost.prepaid, at.me.wallet)


@step
def bundle_effort(at: Turn) -> float:
    """Effort of taking her bundle apart, currency; 0 where she has none."""
    return at.params.bundle_hassle if at.me.bundled else 0.0


@step
def etf_of(at: Turn) -> float:
    """Her termination fee, currency per month left: what she has agreed to, or less where no more is asked for now."""
    return min(at.me.etf, at.offers.plans[at.me.plan].etf)


@step
def leaving_cost(at: Turn) -> float:
    """Switching cost of a customer now, currency."""
    me, offer = at.me, at.offers.plans[at.me.plan]
    return switching_cost(
        hassle_of(at),
        etf_of(at),
        max(me.months_left, 0),
        me.debt,
        me.points * at.offers.terms[offer.operator].points.value,
        bundle_effort(at),
    )
