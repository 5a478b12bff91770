"""How one customer weighs everything on offer: the alternatives' utilities, from the rules, for choosing and for demand."""

import math
from typing import Any, NamedTuple

import numpy as np

from agents import draws
from agents.customer import bill, bond_utility, hassle_left, inclusive_value, one_off, operator_taste, plan_utility, social_utility, switching_cost, tenure_discount
from agents.draws import bounded_normal, gumbel, mix, month_key, uniform
from agents.rule import loop, step
from sim.tables import Offers, World

NEVER = -1e30  # utility of what cannot be had


@step
def taste_for(i: int, operator: int, traits: Any, world: Any, params: Any) -> float:
    """Lasting taste of person i for an operator, utils; drawn, not stored."""
    if params.choice_taste_sd == 0.0:
        return 0.0
    own = bounded_normal(world.world_key, draws.TASTE, i, operator)
    shared = bounded_normal(world.world_key, draws.COMMUNITY_TASTE, traits.community[i], operator)
    return operator_taste(own, shared, params.choice_taste_sd, params.choice_taste_community)


@step
def tier_of(i: int, operator: int, state: Any, offers: Any) -> int:
    """Highest level of the operator's club that person i's spend grants, -1 for none; thresholds rise."""
    reached = -1
    for level in range(offers.tier_threshold.shape[1]):
        if state.reference[i] >= offers.tier_threshold[operator, level]:
            reached = level
    return reached


@step
def perks_of(i: int, operator: int, paid: float, state: Any, offers: Any) -> float:
    """Worth of next month's points and of the tier's perks, currency per month. The unredeemed stock counts as a switching cost, not here."""
    worth = 0.0
    if state.member[i]:
        worth += paid * offers.points_earn[operator] * offers.points_value[operator]
    level = tier_of(i, operator, state, offers)
    return worth + (offers.tier_perk[operator, level] if level >= 0 else 0.0)


@step
def leaving_cost(i: int, traits: Any, state: Any, offers: Any, world: Any, params: Any) -> float:
    """Switching cost of customer i now, currency."""
    plan = state.plan[i]
    worth = state.points[i] * offers.points_value[offers.operator[plan]]
    return switching_cost(traits.hassle[i], world.portability, offers.prepaid[plan] == 1, params.switching_cost_prepaid, offers.etf[plan], max(state.months_left[i], 0), worth)


@step
def value_plans(i: int, own: int, traits: Any, state: Any, offers: Any, params: Any, plans: Any) -> None:
    """Fill systematic utilities of all plans for person i (own: her plan, or negative), shape (plans,)."""
    a = traits.price_sensitivity[i]
    home = offers.operator[own] if own >= 0 else -1
    open_term = state.months_left[i] <= 1
    for p in range(offers.fee.shape[0]):
        operator = offers.operator[p]
        once, perks, discount = 0.0, 0.0, 0.0
        if operator == home:
            discount = tenure_discount(state.tenure[i], offers.discount_year[operator], offers.discount_cap[operator])
            if offers.term[p] > 0 and open_term:
                once += offers.subsidy_renewal[p]
            if p != own:
                once -= params.choice_plan_change
        else:
            once += offers.subsidy_new[p]
        monthly = bill(offers.fee[p], offers.allowance[p], offers.overage[p], traits.usage[i], discount)
        if operator == home:
            perks = perks_of(i, operator, monthly, state, offers)
        plans[p] = plan_utility(offers.appeal[p], a, monthly - perks, once, params.horizon, traits.prepaid_taste[i] if offers.prepaid[p] else 0.0)
        barred = operator == home and p != own and not open_term and offers.fee[p] < offers.fee[own]
        if offers.eligible[p, traits.segment[i]] == 0 or barred:
            plans[p] = NEVER


@step
def value_operators(i: int, own: int, counts: Any, ties: int, traits: Any, state: Any, offers: Any, world: Any, params: Any, plans: Any, nests: Any, values: Any) -> None:
    """Fill inclusive values (operators,) and values of operators and, last, of doing without (operators + 1,), shocks apart, utils."""
    a, operators = traits.price_sensitivity[i], values.shape[0] - 1
    home = offers.operator[own] if own >= 0 else -1
    leaving = one_off(a, leaving_cost(i, traits, state, offers, world, params), params.horizon) if own >= 0 else 0.0
    for j in range(operators):
        top, total = NEVER, 0.0
        for p in range(offers.first[j], offers.first[j + 1]):
            top = max(top, plans[p])
        if top == NEVER:
            nests[j], values[j] = NEVER, NEVER
            continue
        for p in range(offers.first[j], offers.first[j + 1]):
            total += math.exp((plans[p] - top) / params.choice_nest)
        nests[j] = inclusive_value(top, total, params.choice_nest)
        value = nests[j] + taste_for(i, j, traits, world, params) + social_utility(counts[j], ties, params.choice_social * traits.social[i])
        if j == home:
            value += bond_utility(state.satisfaction[i], state.commitment[i], state.habit[i], params.choice_satisfaction, params.choice_commitment, params.choice_habit)
            value += one_off(a, state.credit[i], params.horizon)
        else:
            value += params.choice_satisfaction * world.reputation[traits.region[i], j] - leaving
            if (world.courted[traits.community[i]] >> j) & 1:
                value += one_off(a, params.campaigns_bonus, params.horizon)
        values[j] = value
    values[operators] = -leaving if params.has_outside else NEVER


@step
def held_shock(i: int, alternative: int, world: Any, params: Any) -> float:
    """Gumbel taste shock for an operator, held for `shock_months`, staggered by person."""
    hold = int(params.choice_shock_months)
    if hold <= 1:
        return gumbel(world.luck_key, draws.OPERATOR_SHOCK, i, alternative)
    stagger = int(mix(np.uint64(i)) % np.uint64(hold))
    epoch = (world.month + 6000 + stagger) // hold
    return gumbel(month_key(world.luck_seed, draws.LUCK, epoch), draws.OPERATOR_SHOCK, i, alternative)


@step
def best_plan(i: int, operator: int, offers: Any, world: Any, params: Any, plans: Any) -> int:
    """Plan with the highest utility and fresh shock within an operator."""
    best, most = int(offers.first[operator]), NEVER
    for p in range(offers.first[operator], offers.first[operator + 1]):
        value = plans[p] + params.choice_nest * gumbel(world.luck_key, draws.PLAN_SHOCK, i, p)
        if value > most and plans[p] > NEVER:
            best, most = p, value
    return best


@step
def probabilities_of(plans: Any, nests: Any, values: Any, offers: Any, params: Any, out: Any) -> None:
    """Nested-logit choice probabilities from filled utilities, shape (plans + 1,), outside last."""
    operators = nests.shape[0]
    top, total = NEVER, 0.0
    for j in range(operators + 1):
        top = max(top, values[j])
    for j in range(operators + 1):
        total += math.exp(values[j] - top)
    for p in range(plans.shape[0]):
        j = offers.operator[p]
        out[p] = math.exp(values[j] - top) / total * math.exp((plans[p] - nests[j]) / params.choice_nest)
    out[plans.shape[0]] = math.exp(values[operators] - top) / total


@step
def count_ties(i: int, ties: Any, seen: Any, counts: Any) -> None:
    """Count ties by operator as they stood last month, shape (operators,)."""
    counts[:] = 0.0
    for k in range(ties.shape[1]):
        operator = int(seen[ties[i, k]] & np.uint32(255))
        if operator < counts.shape[0]:
            counts[operator] += 1.0


class Scratch(NamedTuple):
    """Working space of one thread: alternatives' values and the like."""

    plans: np.ndarray  # (plans,) systematic utilities
    nests: np.ndarray  # (operators,) inclusive values
    values: np.ndarray  # (operators + 1,) values of operators, of doing without last
    counts: np.ndarray  # (operators,) ties there
    hazards: np.ndarray  # (causes of attention,)
    chances: np.ndarray  # (plans + 1,)


def scratch_for(offers: Offers) -> Scratch:
    """Working space for a market with these offers."""
    operators, plans = len(offers.first) - 1, len(offers.fee)
    return Scratch(np.empty(plans), np.empty(operators), np.empty(operators + 1), np.zeros(operators), np.zeros(9), np.empty(plans + 1))


@loop
def fill_chances(
    people: np.ndarray, traits: Any, state: Any, offers: Offers, world: World, params: Any, ties: np.ndarray, seen: np.ndarray, fresh: bool, scratch: Scratch, out: np.ndarray,
    surplus: np.ndarray,
) -> None:  # fmt: skip
    """Fill choice probabilities (people, plans + 1) and log-sums in utils (people,) of attentive people in their present state."""
    plans, nests, values, counts = scratch.plans, scratch.nests, scratch.values, scratch.counts
    for row in range(people.shape[0]):
        i = people[row]
        own = -1 if fresh else int(state.plan[i])
        if params.has_ties:
            count_ties(i, ties, seen, counts)
        value_plans(i, own, traits, state, offers, params, plans)
        value_operators(i, own, counts, ties.shape[1], traits, state, offers, world, params, plans, nests, values)
        probabilities_of(plans, nests, values, offers, params, out[row])
        top, total = NEVER, 0.0
        for j in range(values.shape[0]):
            top = max(top, values[j])
        for j in range(values.shape[0]):
            total += math.exp(values[j] - top)
        surplus[row] = inclusive_value(top, total, 1.0)


@loop
def fill_values(
    people: np.ndarray, traits: Any, state: Any, offers: Offers, world: World, params: Any, ties: np.ndarray, seen: np.ndarray, scratch: Scratch, out: np.ndarray
) -> None:
    """Fill the value of each operator and, last, of doing without, shocks apart, utils, shape (people, operators + 1)."""
    for row in range(people.shape[0]):
        i = people[row]
        if params.has_ties:
            count_ties(i, ties, seen, scratch.counts)
        value_plans(i, int(state.plan[i]), traits, state, offers, params, scratch.plans)
        value_operators(i, int(state.plan[i]), scratch.counts, ties.shape[1], traits, state, offers, world, params, scratch.plans, scratch.nests, out[row])


def weigh(people: np.ndarray, traits: Any, state: Any, offers: Offers, world: World, params: Any, ties: np.ndarray, seen: np.ndarray, fresh: bool) -> tuple[np.ndarray, np.ndarray]:
    """Choice probabilities (people, plans + 1), outside last, and log-sums in utils (people,) of attentive people; fresh: as if without operator."""
    out, surplus = np.empty((len(people), len(offers.fee) + 1)), np.empty(len(people))
    fill_chances(people, traits, state, offers, world, params, ties, seen, fresh, scratch_for(offers), out, surplus)
    return out, surplus


@loop
def leaving_costs(traits: Any, state: Any, offers: Offers, world: World, params: Any, out: np.ndarray) -> None:
    """Fill what leaving costs everybody now, currency, shape (people, 3): in all, of it effort, of it termination fee; 0 without operator."""
    for i in range(out.shape[0]):
        plan = state.plan[i]
        if plan >= 0:
            out[i, 0] = leaving_cost(i, traits, state, offers, world, params)
            out[i, 1] = hassle_left(traits.hassle[i], world.portability, offers.prepaid[plan] == 1, params.switching_cost_prepaid)
            out[i, 2] = offers.etf[plan] * max(state.months_left[i], 0)


@loop
def open_choice(people: np.ndarray, probabilities: np.ndarray, world: World, chosen: np.ndarray) -> None:
    """Draw everybody's opening plan from given probabilities (people, plans + 1); the last means none."""
    for row in range(people.shape[0]):
        u, total, picked = uniform(world.world_key, draws.OPENING, people[row], 0), 0.0, -1
        for p in range(probabilities.shape[1] - 1):
            total += probabilities[row, p]
            if u < total:
                picked = p
                break
        chosen[row] = picked


@loop
def fill_tastes(people: np.ndarray, traits: Any, state: Any, offers: Offers, world: World, params: Any) -> None:
    """Note the lasting taste of people for the operator they are with."""
    for row in range(people.shape[0]):
        i = people[row]
        state.taste[i] = taste_for(i, offers.operator[state.plan[i]], traits, world, params) if state.plan[i] >= 0 else 0.0


@loop
def fill_leanings(home: int, weights: np.ndarray, traits: Any, world: World, params: Any, out: np.ndarray) -> None:
    """Fill how much each person prefers one operator to the best other, utils, from lasting tastes, log shares and a fresh shock."""
    for i in range(out.shape[0]):
        best = NEVER
        for j in range(weights.shape[0]):
            value = weights[j] + taste_for(i, j, traits, world, params) + gumbel(world.world_key, draws.IMPORT, i, j)
            if j == home:
                out[i] = value
            else:
                best = max(best, value)
        out[i] -= best
