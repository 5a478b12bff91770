"""Using the line: usage, bill, discounts, rewards, and the second SIM's part."""

from typing import Any

from agents import draws
from agents.customer import line_value, second_sim_gain, share_of_wallet, tops_up
from agents.customer.bonds import enrolment_hazard
from agents.customer.numbers import clip
from agents.draws import bounded_normal, uniform
from agents.rule import step
from sim.choice import bill_on, coverage_of, discount_of, promotion_of, tier_of
from sim.steps.flags import Flag
from sim.tables import MARGIN_BINS, MARGIN_LOW, MARGIN_STEP, Line


@step
def use(i: int, j: int, who: Any, me: Any, members: Any, month: Any, params: Any, traffic: Any) -> float:
    """Let usage fall or a business grow, load the operator's network,
    and return the month's usage over all lines, GB.
    """
    if params.usage_change.fall > 0.0 and uniform(month.luck_key, draws.USAGE_FALL, i, 0) < params.usage_change.fall:
        me.scale *= params.usage_change.fall_to
    if (
        params.usage_change.growth > 0.0
        and who.account_size > 1
        and uniform(month.luck_key, draws.GROWTH, members[who.account_place], 0) < params.usage_change.growth
    ):
        me.scale = max(me.scale, min(me.scale * params.usage_change.growth_factor, params.usage_change.largest))
    usage: float = who.usage * me.scale * month.usage
    if params.experience.usage_sd > 0.0:
        usage *= max(0.0, 1.0 + params.experience.usage_sd * bounded_normal(month.luck_key, draws.USAGE, i, 0))
    traffic[who.region, j] += usage * me.wallet
    return usage


@step
def pay(
    i: int,
    plan: int,
    j: int,
    usage: float,
    same: int,
    degree: int,
    me: Any,
    event: Any,
    offers: Any,
    month: Any,
    params: Any,
    lines: Any,
    margins: Any,
) -> Any:
    """Get the bill for usage on this line, collect rewards; return the mobile bill and the worth of rewards (currency),
    and flags.
    """
    offer, terms = offers.plans[plan], offers.terms[j]
    discount = discount_of(j, float(same), degree, me, offers)
    promotion = promotion_of(me)
    paid = bill_on(plan, usage, promotion, discount, offers)
    fee = offer.fee * (1.0 - promotion) * (1.0 - discount)
    lines[Line.FEES] += fee
    lines[Line.OVERAGE] += paid - fee
    variable = offer.cost + offer.cost_per_gb * usage
    lines[Line.NETWORK_COST] += variable
    margin = paid - variable
    event.bill, event.usage = paid, usage
    if me.bundled:
        lines[Line.FEES] += terms.bundle_fee
        lines[Line.NETWORK_COST] += terms.bundle_cost
        margin += terms.bundle_fee - terms.bundle_cost
        event.bill += terms.bundle_fee
    book_margin(margin, margins)
    me.margin += margin
    me.paid += month.discount * paid * (j == month.focal)
    reward, flags = 0.0, 0
    level = tier_of(j, me, offers)
    if level >= 0:
        reward += offers.tier_perk[j, level]
        book_reward(
            offers.tier_perk[j, level] * terms.tier_cost + offers.tier_care[j, level] * terms.tier_care_cost, lines
        )
    if terms.gift_share > 0.0 and uniform(month.luck_key, draws.GIFT, i, 0) < terms.gift_share:
        reward += terms.gift
        book_reward(terms.gift, lines)
        flags |= Flag.REWARDED
    if me.tenure < terms.welcome_months:
        lines[Line.CONTACT_COST] += terms.welcome_cost
        lines[Line.RETENTION] += terms.welcome_cost
    if terms.points_earn * terms.points_value > 0.0:
        redeemed, is_coerced = collect_points(i, j, paid, me, event, offers, month, params, lines)
        reward += redeemed
        flags |= Flag.COERCED if is_coerced else 0
    return paid, reward, flags


@step
def book_reward(cost: float, lines: Any) -> None:
    """Book a gift or perk."""
    lines[Line.CREDITS_COST] += cost
    lines[Line.RETENTION] += cost


@step
def collect_points(
    i: int, j: int, paid: float, me: Any, event: Any, offers: Any, month: Any, params: Any, lines: Any
) -> Any:
    """Enrol, meet or miss the minimum spend, earn, let expire, redeem; return the worth redeemed (currency) and whether
    she was coerced.
    """
    terms = offers.terms[j]
    if me.member == 0:
        hazard = enrolment_hazard(
            params.enrolment.hazard, me.commitment, paid, params.enrolment.bill_reference, me.proneness
        )
        if terms.points_voluntary == 0 or uniform(month.luck_key, draws.ENROL, i, 0) < hazard:
            me.member = 1
    if me.member == 0:
        return 0.0, False
    stock, spent, is_coerced = me.points, paid, False
    if paid < terms.points_obligation:
        is_coerced = tops_up(terms.points_obligation - paid, stock * terms.points_value)
        if is_coerced:
            spent = terms.points_obligation
            lines[Line.OVERAGE] += spent - paid
            event.bill += spent - paid
        else:
            lines[Line.POINTS_EXPIRED] += stock
            stock = 0.0
    expired = stock * terms.points_expiry
    earned = spent * terms.points_earn
    stock = stock - expired + earned
    lines[Line.POINTS_EXPIRED] += expired
    lines[Line.POINTS_ISSUED] += earned
    cost, worth = terms.points_member_cost, 0.0
    if stock >= terms.points_minimum and uniform(month.luck_key, draws.REDEEM, i, 0) < terms.points_redeem:
        lines[Line.POINTS_REDEEMED] += stock
        worth = stock * terms.points_value
        cost += worth
        stock = 0.0
    lines[Line.POINTS_COST] += cost
    lines[Line.RETENTION] += cost
    me.points = stock
    return worth, is_coerced


@step
def book_margin(margin: float, histogram: Any) -> None:
    """Add a customer's margin of the month to the histogram (bins, 2)."""
    box = min(max(int((margin - MARGIN_LOW) / MARGIN_STEP), 0), MARGIN_BINS - 1)
    histogram[box, 0] += 1.0
    histogram[box, 1] += margin


@step
def pay_second(usage: float, offers: Any, me: Any, all_lines: Any) -> None:
    """Use and pay the second line, if any, as one goes: its part of what it would cost to use it alone. Vouchers are no
    bill: they are booked apart from service revenue.
    """
    if me.second < 0:
        return
    plan, part = me.second, 1.0 - me.wallet
    offer = offers.plans[plan]
    lines = all_lines[offer.operator]
    lines[Line.DEVICE_REVENUE] += part * bill_on(plan, usage, 0.0, 0.0, offers)
    lines[Line.NETWORK_COST] += offer.cost * part + offer.cost_per_gb * usage * part


@step
def worth_of_line(
    i: int, plan: int, usage: float, is_second: bool, who: Any, offers: Any, month: Any, params: Any
) -> float:
    """What a line is worth for use, utils: its coverage where she lives, less what all her usage would cost on it (the
    first line's fee is paid anyway).
    """
    offer = offers.plans[plan]
    j = offer.operator
    extra = bill_on(plan, usage, 0.0, 0.0, offers) - (0.0 if is_second else offer.fee)
    return line_value(
        clip(coverage_of(i, j, who, offers, month, params), 0.0, 1.0),
        extra,
        who.price_sensitivity * month.sensitivity,
        params.second_sim.coverage,
    )


@step
def keep_second(i: int, plan: int, usage: float, who: Any, me: Any, offers: Any, month: Any, params: Any) -> None:
    """Think of a second SIM, shift usage between two, or put the second away."""
    if params.second_sim.hazard <= 0.0:
        return
    u = uniform(month.luck_key, draws.SECOND_SIM, i, 0)
    if me.second < 0 and u >= params.second_sim.hazard:
        return
    here = (
        worth_of_line(i, plan, usage, False, who, offers, month, params)
        + params.second_sim.by_satisfaction * me.satisfaction
    )
    region = who.region
    if me.second >= 0:
        other = offers.plans.operator[me.second]
        there = (
            worth_of_line(i, me.second, usage, True, who, offers, month, params)
            + params.second_sim.by_satisfaction * month.reputation[region, other]
        )
        me.wallet += params.second_sim.drift * (share_of_wallet(here, there) - me.wallet)
        if (
            u < params.second_sim.drop
            or other == offers.plans.operator[plan]
            or offers.eligible[me.second, who.segment] == 0
        ):
            me.second, me.wallet = -1, 1.0
        return
    most, picked, value = 0.0, -1, 0.0
    for p in range(offers.plans.shape[0]):
        k = offers.plans.operator[p]
        if k == offers.plans.operator[plan] or offers.plans.prepaid[p] == 0 or offers.eligible[p, who.segment] == 0:
            continue
        there = (
            worth_of_line(i, p, usage, True, who, offers, month, params)
            + params.second_sim.by_satisfaction * month.reputation[region, k]
        )
        gain = second_sim_gain(here, there, who.price_sensitivity * month.sensitivity, params.second_sim.effort)
        if gain > most:
            most, picked, value = gain, p, there
    if picked >= 0:
        me.second = picked
        me.wallet = 0.5 + 0.5 * share_of_wallet(here, value)  # she starts half-way
