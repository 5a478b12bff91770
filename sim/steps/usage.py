"""Using the line: usage, bill, discounts, rewards, and the second SIM's part."""

import numpy as np

from agents import draws
from agents.customer import (
    clip,
    enrolment_hazard,
    first_wallet,
    line_value,
    points_earned,
    points_expired,
    second_sim_gain,
    share_of_wallet,
    tops_up,
    update_wallet,
    usage_after_fall,
    usage_after_growth,
    usage_in_month,
)
from agents.draws import bounded_normal, uniform
from agents.rule import step
from sim.steps.flags import Flag
from sim.steps.turn import Others, Turn, sensitivity_of, usual_usage
from sim.steps.worth import bill_on, coverage_of, discount_of, fee_of, promotion_of, tier_of
from sim.world.tables import MARGIN_BINS, MARGIN_LOW, MARGIN_STEP, Line


@step
def use(at: Turn, home: int, others: Others, traffic: np.ndarray) -> float:
    """Let usage fall or a business grow, load the operator's network,
    and return the month's usage over all lines, GB.
    """
    who, me, key, change = at.who, at.me, at.month.luck_key, at.params.usage_change
    if change.fall > 0.0 and uniform(key, draws.USAGE_FALL, at.number, 0) < change.fall:
        me.scale = usage_after_fall(me.scale, change.fall_to)
    if (
        change.growth > 0.0
        and who.account_size > 1
        and uniform(key, draws.GROWTH, others.members[who.account_place], 0) < change.growth
    ):
        me.scale = usage_after_growth(me.scale, change.growth_factor, change.largest)
    usage, sd = usual_usage(at), at.params.experience.usage_sd
    if sd > 0.0:
        usage = usage_in_month(usage, bounded_normal(key, draws.USAGE, at.number, 0), sd)
    traffic[who.region, home] += usage * me.wallet
    return usage


@step
def pay(
    at: Turn, home: int, usage: float, same: int, lines: np.ndarray, margins: np.ndarray
) -> tuple[float, float, int]:
    """Get the bill for usage on this line, collect rewards; return the mobile bill and the worth of rewards (currency),
    and flags.
    """
    me, event, offer, terms = at.me, at.event, at.offers.plans[at.me.plan], at.offers.terms[home]
    discount = discount_of(at, home, float(same))
    promotion = promotion_of(me)
    paid = bill_on(at, me.plan, usage, promotion, discount)
    fee = fee_of(at, me.plan) * (1.0 - promotion) * (1.0 - discount)
    lines[Line.FEES] += fee
    lines[Line.OVERAGE] += paid - fee
    variable = offer.cost + offer.cost_per_gb * usage
    lines[Line.NETWORK_COST] += variable
    lines[Line.TRAFFIC] += usage
    margin = paid - variable
    event.bill, event.usage = paid, usage
    if me.bundled:
        lines[Line.FEES] += terms.bundle.fee
        lines[Line.NETWORK_COST] += terms.bundle.cost
        margin += terms.bundle.fee - terms.bundle.cost
        event.bill += terms.bundle.fee
    book_margin(margin, margins)
    me.margin += margin
    me.paid += at.month.discount * paid * (home == at.month.focal)
    reward, flags = 0.0, 0
    level = tier_of(at, home)
    if level >= 0:
        perk, care = at.offers.tier_perk[home, level], at.offers.tier_care[home, level]
        reward += perk
        book_reward(perk * terms.tiers.perk_cost + care * terms.tiers.care_cost, lines)
    if terms.surprise.share > 0.0 and uniform(at.month.luck_key, draws.GIFT, at.number, 0) < terms.surprise.share:
        reward += terms.surprise.gift
        book_reward(terms.surprise.gift, lines)
        flags |= Flag.REWARDED
    if me.tenure < terms.onboarding.months:
        lines[Line.CONTACT_COST] += terms.onboarding.cost
        lines[Line.RETENTION] += terms.onboarding.cost
    if terms.points.earn * terms.points.value > 0.0:
        redeemed, happened = collect_points(at, home, paid, lines)
        reward += redeemed
        flags |= happened
    return paid, reward, flags


@step
def book_reward(cost: float, lines: np.ndarray) -> None:
    """Book a gift or perk."""
    lines[Line.CREDITS_COST] += cost
    lines[Line.RETENTION] += cost


@step
def collect_points(at: Turn, home: int, paid: float, lines: np.ndarray) -> tuple[float, int]:
    """Enrol, meet or miss the minimum spend, earn, let expire, redeem; return the worth redeemed (currency) and
    flags.
    """
    flags = 0
    me, terms, key, enrolment = at.me, at.offers.terms[home], at.month.luck_key, at.params.enrolment
    if me.member == 0:
        hazard = enrolment_hazard(
            enrolment.hazard,
            me.commitment,
            enrolment.commitment,
            paid,
            enrolment.bill_reference,
            enrolment.bill_most,
            me.proneness,
            enrolment.indifferent,
        )
        if not terms.points.voluntary or uniform(key, draws.ENROL, at.number, 0) < hazard:
            me.member = 1
            lines[Line.ENROLLED] += 1.0
            flags |= Flag.ENROLLED
    if me.member == 0:
        return 0.0, flags
    stock, spent = me.points, paid
    if paid < terms.points.obligation:
        if tops_up(terms.points.obligation - paid, stock * terms.points.value):
            flags |= Flag.COERCED
            spent = terms.points.obligation
            lines[Line.OVERAGE] += spent - paid
            at.event.bill += spent - paid
        else:
            lines[Line.POINTS_EXPIRED] += stock
            stock = 0.0
    expired = points_expired(stock, terms.points.expiry)
    earned = points_earned(spent, terms.points.earn)
    stock = stock - expired + earned
    lines[Line.POINTS_EXPIRED] += expired
    lines[Line.POINTS_ISSUED] += earned
    cost, worth = terms.points.member_cost, 0.0
    if stock >= terms.points.minimum and uniform(key, draws.REDEEM, at.number, 0) < terms.points.redeem:
        lines[Line.POINTS_REDEEMED] += stock
        worth = stock * terms.points.value
        cost += worth
        stock = 0.0
    lines[Line.POINTS_COST] += cost
    lines[Line.RETENTION] += cost
    me.points = stock
    return worth, flags


@step
def book_margin(margin: float, histogram: np.ndarray) -> None:
    """Add a customer's margin of the month to the histogram (bins, 2)."""
    box = min(max(int((margin - MARGIN_LOW) / MARGIN_STEP), 0), MARGIN_BINS - 1)
    histogram[box, 0] += 1.0
    histogram[box, 1] += margin


@step
def pay_second(at: Turn, usage: float, all_lines: np.ndarray) -> None:
    """Use and pay the second line, if any, as one goes: its part of what it would cost to use it alone. Vouchers are no
    bill: they are booked apart from service revenue.
    """
    me = at.me
    if me.second < 0:
        return
    offer, part = at.offers.plans[me.second], 1.0 - me.wallet
    lines = all_lines[offer.operator]
    lines[Line.DEVICE_REVENUE] += part * bill_on(at, me.second, usage, 0.0, 0.0)
    lines[Line.NETWORK_COST] += offer.cost * part + offer.cost_per_gb * usage * part


@step
def worth_of_line(at: Turn, plan: int, usage: float, is_second: bool) -> float:
    """What a line is worth for use, utils: its coverage where she lives, less what all her usage would cost on it (the
    first line's fee is paid anyway), and her satisfaction with it or, of a second line, what is known of it.
    """
    offer, second = at.offers.plans[plan], at.params.second_sim
    extra = bill_on(at, plan, usage, 0.0, 0.0) - (0.0 if is_second else fee_of(at, plan))
    coverage = clip(coverage_of(at, offer.operator), 0.0, 1.0)
    satisfaction = at.month.places[at.who.region, offer.operator].reputation if is_second else at.me.satisfaction
    return line_value(coverage, extra, satisfaction, second.coverage, sensitivity_of(at), second.by_satisfaction)


@step
def keep_second(at: Turn, usage: float) -> None:
    """Think of a second SIM, shift usage between two, or put the second away."""
    who, me, plans, second = at.who, at.me, at.offers.plans, at.params.second_sim
    if second.hazard <= 0.0:
        return
    draw = uniform(at.month.luck_key, draws.SECOND_SIM, at.number, 0)
    if me.second < 0 and draw >= second.hazard:
        return
    home, here = plans.operator[me.plan], worth_of_line(at, np.int64(me.plan), usage, False)  # type: ignore[arg-type]
    if me.second >= 0:
        there = worth_of_line(at, np.int64(me.second), usage, True)  # type: ignore[arg-type]
        me.wallet = update_wallet(me.wallet, share_of_wallet(here, there), second.drift)
        is_sold = at.offers.eligible[me.second, who.segment] == 1
        if draw < second.drop or plans.operator[me.second] == home or not is_sold:
            me.second, me.wallet = -1, 1.0
        return
    most, picked, value = 0.0, -1, 0.0
    for plan in range(plans.shape[0]):
        if plans.operator[plan] == home or plans.prepaid[plan] == 0 or at.offers.eligible[plan, who.segment] == 0:
            continue
        there = worth_of_line(at, plan, usage, True)
        gain = second_sim_gain(here, there, sensitivity_of(at), second.effort)
        if gain > most:
            most, picked, value = gain, plan, there
    if picked >= 0:
        me.second = picked
        me.wallet = first_wallet(share_of_wallet(here, value), second.start)
