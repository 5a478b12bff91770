"""What happens to one person in a month, step by step: each step reads tables, calls the rules, and books what comes of it."""

from typing import Any

import numpy as np

from agents import draws
from agents.customer import (
    adoption_probability,
    bill,
    bond_utility,
    clip,
    complains,
    curiosity_hazard,
    damage_left,
    dissatisfaction_hazard,
    enrolment_hazard,
    experience_weight,
    failure_hazard,
    fairness,
    feature,
    one_off,
    performance,
    plan_utility,
    social_utility,
    tenure_discount,
    term_hazard,
    update_commitment,
    update_expectation,
    update_habit,
    update_reference_price,
    update_satisfaction,
)  # fmt: skip
from agents.draws import bounded_normal, uniform
from agents.population import LONG_AGO, OUTSIDE
from agents.rule import step
from sim import tables as t
from sim.choice import NEVER, count_ties, held_shock, perks_of, probabilities_of, taste_for, tier_of, value_operators, value_plans

FAILED, LARGE, COMPLAINED, WAS_RESOLVED, WAS_FAST, WAS_CONTACTED, WAS_OFFERED, WAS_ATTENTIVE, LEFT, FORCED_OUT, CHANGED_PLAN, SHOCKED, MOVED, SAVED, RENEWED = (
    1 << bit for bit in range(15)
)
CREDIT_MONTHS = 3  # how long an offered credit speaks for staying
CALL_NOW = -1  # in since_contact: to be called this month, by experiment
NOBODY = 255  # operator code of someone without one, as ties see it


@step
def pay(i: int, plan: int, j: int, traits: Any, state: Any, events: Any, offers: Any, world: Any, params: Any, lines: Any, margins: Any) -> float:
    """Use the line, get the bill, collect points; return the bill, currency."""
    usage = float(traits.usage[i])
    if params.experience_usage_sd > 0.0:
        usage *= max(0.0, 1.0 + params.experience_usage_sd * bounded_normal(world.luck_key, draws.USAGE, i, 0))
    discount = tenure_discount(state.tenure[i], offers.discount_year[j], offers.discount_cap[j])
    paid = bill(offers.fee[plan], offers.allowance[plan], offers.overage[plan], usage, discount)
    fee = offers.fee[plan] * (1.0 - discount)
    lines[t.FEES] += fee
    lines[t.OVERAGE] += paid - fee
    variable = offers.cost[plan] + offers.cost_per_gb[plan] * usage
    lines[t.NETWORK] += variable
    book_margin(paid - variable, margins)
    events.bill[i], events.usage[i] = paid, usage
    if j == world.focal:
        state.paid[i] += world.discount * paid
    level = tier_of(i, j, state, offers)
    if level >= 0:
        cost = offers.tier_perk[j, level] * offers.tier_cost[j]
        lines[t.CREDITS] += cost
        lines[t.RETENTION] += cost
    collect_points(i, j, paid, traits, state, offers, world, params, lines)
    return paid


@step
def collect_points(i: int, j: int, paid: float, traits: Any, state: Any, offers: Any, world: Any, params: Any, lines: Any) -> None:
    """Enrol, earn, let expire, redeem."""
    if offers.points_earn[j] * offers.points_value[j] == 0.0:
        return
    if state.member[i] == 0:
        hazard = enrolment_hazard(params.enrolment_hazard, state.commitment[i], paid, params.enrolment_bill_reference, traits.deal_proneness[i])
        if offers.points_voluntary[j] == 0 or uniform(world.luck_key, draws.ENROL, i, 0) < hazard:
            state.member[i] = 1
    if state.member[i] == 0:
        return
    expired = state.points[i] * offers.points_expiry[j]
    earned = paid * offers.points_earn[j]
    stock = state.points[i] - expired + earned
    lines[t.EXPIRED] += expired
    lines[t.ISSUED] += earned
    cost = offers.points_member_cost[j]
    if stock >= offers.points_minimum[j] and uniform(world.luck_key, draws.REDEEM, i, 0) < offers.points_redeem[j]:
        lines[t.REDEEMED] += stock
        cost += stock * offers.points_value[j]
        stock = 0.0
    lines[t.POINTS] += cost
    lines[t.RETENTION] += cost
    state.points[i] = stock


@step
def book_margin(margin: float, histogram: Any) -> None:
    """Add a customer's margin of the month to the histogram (bins, 2)."""
    box = min(max(int((margin - t.MARGIN_LOW) / t.MARGIN_STEP), 0), t.MARGIN_BINS - 1)
    histogram[box, 0] += 1.0
    histogram[box, 1] += margin


@step
def meet_failure(i: int, j: int, traits: Any, state: Any, offers: Any, world: Any, params: Any, lines: Any) -> int:
    """Draw a failure, voice and recovery; return this month's flags of it."""
    rate = params.failure_rate * world.outage[traits.region[i], j]
    if (world.faults[traits.community[i]] >> j) & 1:
        rate *= params.failure_local_factor
    if rate <= 0.0 or uniform(world.luck_key, draws.FAILURE, i, 0) >= rate:
        return 0
    flags = FAILED
    lines[t.FAILURES] += 1.0
    if uniform(world.luck_key, draws.LARGE, i, 0) < params.failure_large:
        flags |= LARGE
    voice = complains(flags & LARGE != 0, state.commitment[i], params.failure_voice_large, params.failure_voice_small, params.failure_voice_commitment)
    if uniform(world.luck_key, draws.VOICE, i, 0) < voice:
        flags |= COMPLAINED
        lines[t.COMPLAINTS] += 1.0
        if uniform(world.luck_key, draws.RESOLVED, i, 0) < offers.resolved[j]:
            flags |= WAS_RESOLVED
            lines[t.RESOLVED] += 1.0
            if uniform(world.luck_key, draws.FAST, i, 0) < offers.fast[j]:
                flags |= WAS_FAST
    return flags


@step
def voice_of(flags: int) -> int:
    """0 silent, 1 unresolved, 2 resolved, 3 resolved fast."""
    if flags & COMPLAINED == 0:
        return 0
    return 1 + (flags & WAS_RESOLVED != 0) + (flags & WAS_FAST != 0)


@step
def live_through(i: int, j: int, paid: float, flags: int, traits: Any, state: Any, offers: Any, world: Any, params: Any) -> float:
    """Return the month's performance, 0 to 1."""
    network = offers.quality[traits.region[i], j]
    if params.experience_home_sd > 0.0:
        network += params.experience_home_sd * bounded_normal(world.world_key, draws.HOME, i, j)
    if params.experience_network_sd > 0.0:
        network += params.experience_network_sd * bounded_normal(world.luck_key, draws.NETWORK, i, 0)
    level = tier_of(i, j, state, offers)
    care = offers.care[j] + (offers.tier_care[j, level] if level >= 0 else 0.0)
    damage = 0.0
    if flags & FAILED:
        damage = damage_left(
            flags & LARGE != 0, state.since_failure[i] < 6, voice_of(flags), params.failure_damage_large, params.failure_damage_small, params.failure_repeat,
            params.failure_factor_unresolved, params.failure_factor_resolved, params.failure_factor_fast,
        )  # fmt: skip
    fair = fairness(paid, state.reference[i], params.experience_fairness, params.experience_fairness_slope)
    return performance(clip(network, 0.0, 1.0), clip(care, 0.0, 1.0), fair, traits.care_weight[i], traits.price_weight[i], damage)


@step
def hear(i: int, j: int, ties: Any, seen: Any) -> Any:
    """Return ties on the same operator, their mean satisfaction (negative for none), and ties who left it last month."""
    same, left, total = 0, 0, 0
    for k in range(ties.shape[1]):
        friend = seen[ties[i, k]]
        is_same = 1 if int(friend & np.uint32(255)) == j else 0
        same += is_same
        total += is_same * int((friend >> np.uint32(16)) & np.uint32(255))
        left += 1 if int((friend >> np.uint32(8)) & np.uint32(255)) == j else 0
    return same, (float(total) / (255.0 * same) if same > 0 else -1.0), left


@step
def feel(i: int, j: int, paid: float, performed: float, heard: float, flags: int, state: Any, offers: Any, params: Any) -> None:
    """Update satisfaction, expectation, commitment, habit and the reference price."""
    weight = experience_weight(state.tenure[i], params.satisfaction_weight_new, params.satisfaction_weight_min, params.satisfaction_anchoring)
    satisfaction = update_satisfaction(state.satisfaction[i], performed, state.expectation[i], weight, params.satisfaction_disconfirmation, params.satisfaction_loss_aversion)
    state.expectation[i] = update_expectation(
        state.expectation[i], performed, offers.advertised[j], heard, params.satisfaction_expectation_adaptation, params.satisfaction_expectation_advertised,
        params.satisfaction_expectation_social,
    )  # fmt: skip
    state.satisfaction[i] = satisfaction
    state.commitment[i] = update_commitment(
        state.commitment[i], satisfaction, flags & FAILED != 0, params.bonds_commitment_growth, params.bonds_commitment_loss, params.bonds_commitment_neutral,
        params.bonds_commitment_slope,
    )  # fmt: skip
    is_broken = flags & (SHOCKED | MOVED | WAS_CONTACTED) != 0
    state.habit[i] = update_habit(state.habit[i], params.bonds_habit_growth, is_broken, params.bonds_habit_break)
    state.reference[i] = update_reference_price(state.reference[i], paid, params.experience_reference_adaptation)


@step
def be_called(i: int, j: int, state: Any, offers: Any, world: Any, lines: Any, prepaid: int) -> int:
    """Receive the operator's proactive contact if a campaign aims at her; return the campaign's number, or -1."""
    called = -1
    if state.since_contact[i] == CALL_NOW:
        state.since_contact[i] = 0
        lines[t.CONTACTED] += 1.0
        return int(offers.call_operator.shape[0])
    for c in range(offers.call_operator.shape[0]):
        if offers.call_operator[c] != j or called >= 0 or state.since_contact[i] < offers.call_rest[c]:
            continue
        score = offers.call_random[c] * uniform(world.luck_key, draws.TARGET, i, 0) if offers.call_random[c] > 0.0 else 0.0
        for k in range(offers.call_weights.shape[1]):
            weight = offers.call_weights[c, k]
            if weight != 0.0:
                score += weight * feature(k, state.tenure[i], state.months_left[i], prepaid == 1, state.reference[i], state.since_complaint[i] < 6, state.since_contact[i] < 3)
        if score > offers.call_threshold[c]:
            called = c
            lines[t.CONTACTED] += 1.0
            lines[t.CONTACT_COST] += offers.call_cost[c]
            lines[t.RETENTION] += offers.call_cost[c]
            state.since_contact[i] = 0
            state.credit[i] = offers.call_credit[c]
    return called


@step
def forced_out(i: int, prepaid: int, traits: Any, state: Any, world: Any, params: Any) -> int:
    """Return the cause of leaving without a choice, or 0."""
    if params.hazard_kind == 1 and uniform(world.luck_key, draws.HAZARD, i, 0) < traits.hazard[i]:
        return t.HAZARD
    if params.hazard_kind == 2 and uniform(world.luck_key, draws.HAZARD, i, 0) < world.hazards[min(int(state.tenure[i]), world.hazards.shape[0] - 1)]:
        return t.HAZARD
    u = uniform(world.luck_key, draws.DEATH, i, 0)  # one draw for the three: deaths are the same in all arms
    if u < params.turnover_exit:
        return t.DEATH
    u -= params.turnover_exit
    default = params.turnover_default * traits.credit_risk[i]
    if u < default:
        return t.DEFAULT
    if prepaid == 1 and u - default < params.turnover_prepaid_lapse:
        return t.LAPSE
    return t.NONE


@step
def pay_attention(i: int, j: int, plan: int, flags: int, friends_left: int, called: int, traits: Any, state: Any, offers: Any, world: Any, params: Any, hazards: Any) -> int:
    """Return the cause that makes her look around, or 0.

    Causes act independently; one draw walks them in the order of REASONS, which is the law of 'the first that fires'.
    """
    left, prepaid = state.months_left[i], offers.prepaid[plan] == 1
    hazards[0] = term_hazard(left, offers.term[plan] > 0, params.attention_term_end, params.attention_term_near)
    hazards[1] = params.attention_bill_shock if flags & SHOCKED else 0.0
    hazards[2] = 0.0
    if flags & FAILED:
        hazards[2] = failure_hazard(
            flags & LARGE != 0, voice_of(flags), params.attention_failure_silent, params.attention_failure_unresolved, params.attention_failure_resolved,
            params.attention_failure_fast, params.attention_failure_small,
        )  # fmt: skip
    hazards[3] = min(1.0, params.attention_friend_left * friends_left)
    hazards[4] = params.attention_campaign if world.courted[traits.community[i]] & ~(1 << j) else 0.0
    hazards[5] = params.attention_contact if called >= 0 else 0.0
    hazards[6] = params.attention_move if flags & MOVED else 0.0
    hazards[7] = dissatisfaction_hazard(state.satisfaction[i], params.attention_dissatisfaction, params.attention_dissatisfaction_level, left, params.attention_in_term)
    hazards[8] = curiosity_hazard(params.attention_base, traits.attention[i], prepaid, params.attention_prepaid, left, params.attention_in_term)
    u, asleep = uniform(world.luck_key, draws.ATTENTION, i, 0), 1.0
    for cause in range(9):
        asleep *= 1.0 - hazards[cause]
        if u > asleep:
            return cause + 1
    return t.NONE


@step
def join(i: int, plan: int, origin: int, traits: Any, state: Any, offers: Any, world: Any, params: Any, lines: Any) -> None:
    """Start with a new operator: its costs, her fresh state."""
    j = offers.operator[plan]
    bonus = params.campaigns_bonus if (world.courted[traits.community[i]] >> j) & 1 else 0.0
    lines[t.ADDS] += 1.0
    lines[t.SUBSIDY] += offers.subsidy_new[plan]
    lines[t.COMMISSION] += offers.commission_new[plan] + bonus
    lines[t.ACQUISITION] += offers.subsidy_new[plan] + offers.commission_new[plan] + bonus
    if origin >= 0:
        state.previous[i] = origin
    known = world.reputation[traits.region[i], j]
    state.plan[i] = plan
    state.joined[i], state.tenure[i], state.months_left[i] = world.month, 0, offers.term[plan]
    state.satisfaction[i], state.expectation[i] = known, 0.5 * (known + offers.advertised[j])
    state.commitment[i], state.habit[i] = params.bonds_commitment_start, 0.0
    state.reference[i] = bill(offers.fee[plan], offers.allowance[plan], offers.overage[plan], traits.usage[i], 0.0)
    state.taste[i] = taste_for(i, j, traits, world, params)
    state.points[i], state.member[i], state.credit[i] = 0.0, 0, 0.0
    state.since_failure[i], state.since_complaint[i], state.since_contact[i] = LONG_AGO, LONG_AGO, LONG_AGO


@step
def close_line(i: int, plan: int, j: int, etf: bool, state: Any, offers: Any, tally: Any, c: int, reason: int, lines: Any) -> float:
    """Leave an operator: termination fee to it, points lost; return what she paid for leaving, currency."""
    fee = offers.etf[plan] * max(state.months_left[i], 0) if etf else 0.0
    lines[t.DEVICE] += fee
    lines[t.EXPIRED] += state.points[i]
    state.points[i], state.member[i] = 0.0, 0
    tally.reasons[c, j, reason] += 1
    tally.tenures[c, j, min(int(state.tenure[i]), t.TENURES - 1), 1] += 1
    return fee


@step
def stay(i: int, old: int, new: int, chose: bool, j: int, called: int, desk: bool, state: Any, offers: Any, lines: Any) -> int:
    """Stay with the operator, perhaps on another plan or under a renewed term; return flags."""
    flags = 0
    term = 0
    if chose and state.months_left[i] <= 1 and offers.term[new] > 0:
        term = offers.term[new]
        lines[t.SUBSIDY] += offers.subsidy_renewal[new]
        lines[t.COMMISSION] += offers.commission_renewal[new]
        lines[t.RETENTION] += offers.subsidy_renewal[new] + offers.commission_renewal[new]
        flags |= RENEWED
    if new != old:
        flags |= CHANGED_PLAN
        lines[t.INTERNAL] += 1.0
        state.plan[i] = new
    promised = offers.desk_term[j] if desk else 0
    if 0 <= called < offers.call_operator.shape[0]:
        promised = max(promised, offers.call_term[called])
        lines[t.CREDITS] += offers.call_credit[called]
        lines[t.RETENTION] += offers.call_credit[called]
    if promised > 0 and offers.prepaid[new] == 0:
        term = max(term, promised)
    state.tenure[i] = min(state.tenure[i] + 1, 30_000)
    state.months_left[i] = max(state.months_left[i] - 1, term, 0)
    state.since_contact[i] = min(state.since_contact[i] + 1, LONG_AGO)
    if state.since_contact[i] >= CREDIT_MONTHS:
        state.credit[i] = 0.0
    return flags


@step
def expect_flows(plan: int, home: int, out: Any, offers: Any, sums: Any) -> None:
    """Add expected flows of an attentive person to the tally from which appeals are inverted."""
    for p in range(sums.shape[0]):
        if offers.operator[p] != home:
            sums[p, 0] += out[p]
        elif p != plan:
            sums[p, 1] += out[p]
    if plan >= 0:
        sums[plan, 3] += 1.0 - out[plan]


@step
def close_person(i: int, state: Any, traits: Any, offers: Any, world: Any, params: Any, once: float, same: int, degree: int, tally: Any, c: int, shown: Any, left: int) -> None:
    """Book a person's closing state: stock, satisfaction, survey, surplus, and what ties will see."""
    s, r, plan = traits.segment[i], traits.region[i], state.plan[i]
    tally.people[c, s, 0] += 1.0
    a = traits.price_sensitivity[i]
    spread = once / params.horizon
    if plan < 0:
        tally.people[c, s, 1] += 1.0
        tally.people[c, s, 2] -= spread
        shown[i] = np.uint32(NOBODY | (left << 8))
        return
    j = offers.operator[plan]
    satisfaction = state.satisfaction[i]
    lines = tally.lines[c, s, j]
    lines[t.CLOSING] += 1.0
    lines[t.SATISFACTION] += satisfaction
    lines[t.OUTSTANDING] += state.points[i]
    tally.reputation[c, r, j, 0] += satisfaction
    tally.reputation[c, r, j, 1] += 1.0
    answer = clip(satisfaction + 0.1 * bounded_normal(world.luck_key, draws.SURVEY, i, 0), 0.0, 1.0)
    tally.scores[c, j, int(10.0 * answer + 0.5)] += 1
    discount = tenure_discount(state.tenure[i], offers.discount_year[j], offers.discount_cap[j])
    monthly = bill(offers.fee[plan], offers.allowance[plan], offers.overage[plan], traits.usage[i], discount)
    perks = perks_of(i, j, monthly, state, offers)
    utility = plan_utility(offers.appeal[plan], a, monthly - perks, 0.0, params.horizon, traits.prepaid_taste[i] if offers.prepaid[plan] else 0.0)
    utility += state.taste[i] + bond_utility(satisfaction, state.commitment[i], state.habit[i], params.choice_satisfaction, params.choice_commitment, params.choice_habit)
    if degree > 0:
        utility += social_utility(same, degree, params.choice_social * traits.social[i])
    tally.people[c, s, 2] += utility / a - spread if abs(a) > 1e-9 else 0.0
    shown[i] = np.uint32(j | (left << 8) | (int(255.0 * satisfaction + 0.5) << 16))


@step
def choose(
    i: int, plan: int, j: int, degree: int, is_bound: bool, ties: Any, seen: Any, traits: Any, state: Any, offers: Any, world: Any, params: Any, scratch: Any, inflow: Any
) -> int:  # fmt: skip
    """Weigh everything on offer; return the best operator, or the number of operators for doing without. Fills scratch.values with shocks in."""
    values = scratch.values
    operators = values.shape[0] - 1
    if degree > 0:
        count_ties(i, ties, seen, scratch.counts)
    value_plans(i, plan, traits, state, offers, params, scratch.plans)
    value_operators(i, plan, scratch.counts, degree, traits, state, offers, world, params, scratch.plans, scratch.nests, values)
    if is_bound:
        values[operators] = NEVER
    if world.inverts:
        probabilities_of(scratch.plans, scratch.nests, values, offers, params, scratch.chances)
        expect_flows(plan, j, scratch.chances, offers, inflow)
    best, most = int(operators), NEVER
    for k in range(operators + 1):
        if values[k] > NEVER:
            values[k] += held_shock(i, k, world, params)
        if values[k] > most:
            best, most = k, values[k]
    return best


@step
def save(i: int, j: int, best: int, traits: Any, offers: Any, world: Any, params: Any, values: Any, lines: Any) -> int:
    """Let the save desk try to hold a leaver: choose again, with the same tastes, under its offer; return flags."""
    if offers.desk_reach[j] <= 0.0 or uniform(world.luck_key, draws.DESK, i, 0) >= offers.desk_reach[j]:
        return 0
    lines[t.REACHED] += 1.0
    lines[t.CONTACT_COST] += offers.desk_cost[j]
    lines[t.RETENTION] += offers.desk_cost[j]
    flags = WAS_OFFERED if offers.desk_credit[j] > 0.0 else 0
    if values[j] + one_off(traits.price_sensitivity[i], offers.desk_credit[j], params.horizon) <= values[best]:
        return flags
    lines[t.HELD] += 1.0
    lines[t.CREDITS] += offers.desk_credit[j]
    lines[t.RETENTION] += offers.desk_credit[j]
    return flags | SAVED


@step
def absent(i: int, shown: Any, left_from: int) -> None:
    """Be seen by nobody; ties may notice which operator she left."""
    shown[i] = np.uint32(NOBODY | (left_from << 8))


@step
def look_for_one(i: int, plan: int, traits: Any, world: Any, params: Any) -> int:
    """Return the cause that makes someone without an operator look for one, or 0."""
    if plan != OUTSIDE:
        return t.NONE
    u = uniform(world.luck_key, draws.ATTENTION, i, 0)
    if params.has_adoption:
        return t.ADOPTION if u < adoption_probability(world.adopters, params.adoption_innovation, params.adoption_imitation) else t.NONE
    return t.PROSPECT if u < max(params.attention_prospect, params.attention_base) else t.NONE
