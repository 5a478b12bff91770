"""How a market opens: who is with whom, since when, how satisfied; and which appeals make the opening shares hold.

Appeals that a scenario leaves open are inverted from shares (Berry 1994), twice: once to draw a base sorted by taste,
then, during the burn-in, from expected flows, so that gross additions balance churn and the shares stay.
"""

import math
from typing import Any

import numpy as np

from agents import draws
from agents.customer import damage_left, experience_weight, habit_after, performance, update_satisfaction
from agents.draws import batches, uniforms
from agents.exact import exponential, logarithm
from agents.population import ABSENT, LONG_AGO, Event, State, Traits
from agents.rule import loop
from agents.tables import Table
from sim.analysis.choice import UNTOLD, Weighed, open_choice
from sim.analysis.weighing import refresh_tastes, weigh
from sim.config import Scenario
from sim.config.currency import why_not_held
from sim.errors import InputError
from sim.files.customer_file import CustomerFile
from sim.steps.flags import ALONE, NOBODY, seen_operator
from sim.steps.turn import Turn
from sim.steps.worth import bill_on
from sim.world.parameters import Parameters
from sim.world.tables import Month, Offers
from sim.world.world import World

SAMPLE = 8_192  # people from whom opening appeals are inverted
EVERY = 3  # months of expected flows behind each inversion of appeals
# how an inversion goes about, not where it ends: the part of each step that it takes (whole steps overshoot where plans
# are near substitutes), the most steps, and the relative change of shares at which it rests
DAMPING, STEPS, AT_REST = 0.7, 400, 1e-4
MISSED = 0.05  # of a share, relative, that an inversion may come to stop away from
LEAST = 12  # burn-in months needed to balance flows


def open_market(scenario: Scenario, world: World, file: CustomerFile | None, rows: np.ndarray) -> None:
    """Draw the opening state of everybody present, in place; `rows` are the people of a customer file."""
    quota = None
    if scenario.appeals_open:
        invert_opening(scenario, world)
    else:
        quota = _by_quota(scenario, world.world_key)
    world.state.plan[:] = ABSENT
    world.state.proneness[:] = world.traits.deal_proneness
    for people in batches(scenario.customers.count):
        _settle(world, people, _opening_plans(world, people, None if quota is None else quota[people], rows))
    if file is not None:
        _settle_file(scenario, world, file, rows)
    refresh_view(world)


def refresh_view(world: World) -> None:
    """Rebuild what ties see, reputation and the share of adopters from the state."""
    world.seen[:] = ALONE
    count, total = np.zeros(world.reputation.size, np.int64), np.zeros(world.reputation.size)
    for ids in batches(len(world.state)):
        on = ids[world.state.plan[ids] >= 0]
        operator, satisfaction = world.offers.plans.operator[world.state.plan[on]], world.state.satisfaction[on]
        world.seen[on] = seen_operator(operator, NOBODY, satisfaction)
        cell = world.traits.region[on].astype(np.int64) * len(world.operators) + operator
        count += np.bincount(cell, minlength=len(count))
        total += np.bincount(cell, weights=satisfaction, minlength=len(total))
    np.divide(total, count, out=world.reputation.reshape(-1), where=count > 0)
    world.adopters = float(count.sum()) / max(world.people_present(), 1.0)


def habit_of(tenure: np.ndarray, params: Parameters) -> np.ndarray:
    """Habit of people met after so many months, shape of `tenure`: the rule, on columns."""
    growth, kept = params.bonds.habit_growth, params.opening.habit
    after = np.array([habit_after(months, growth, kept) for months in range(int(tenure.max(initial=0)) + 1)])
    return np.asarray(after[tenure])


def plan_targets(scenario: Scenario) -> np.ndarray:
    """Opening share of people by plan, shape (plans,); NaN within an operator whose mix is drawn by logit."""
    targets = []
    for config in scenario.operators.values():
        for plan in config.plans.values():
            targets.append(
                config.start_share * plan.start_mix
                if plan.start_mix is not None
                else (config.start_share / len(config.plans) if scenario.appeals_open else np.nan)
            )
    return np.array(targets)


@np.errstate(divide="ignore", over="ignore", invalid="ignore")  # shares that cannot be held are told
def invert_opening(scenario: Scenario, world: World) -> None:
    """Find appeals at which people without an operator would choose the opening shares (Berry 1994 contraction).

    People are weighed once: an appeal adds to its plan's utility and changes nothing else.

    Raises
    ------
    InputError
        where no appeals hold the opening shares

    """
    count, targets = scenario.customers.count, plan_targets(scenario)
    # enough to hold the first SAMPLE
    sample = draws.sample(world.world_key, draws.OPENING_STATE, 9, count, 2.0 * SAMPLE / count)
    sample = sample[np.argsort(uniforms(world.world_key, draws.OPENING_STATE, sample, 9), kind="stable")[:SAMPLE]]
    is_sold = world.offers.eligible.any(axis=1)
    aim = np.where(is_sold, np.maximum(targets, 1e-6), 1.0)
    rest = max(1.0 - targets.sum(), 1e-6)
    weighed, added = weigh(world, sample, fresh=True), np.zeros(len(targets))
    for _ in range(STEPS):
        shares = _chances(weighed, added, world.offers.first, world.params.choice.nest).mean(axis=0)
        shares[:-1][~is_sold] = 1.0
        change = logarithm(aim) - logarithm(shares[:-1])
        if scenario.customers.outside:
            change -= (math.log(rest) - logarithm(shares[-1])) * is_sold
        added += DAMPING * change
        if np.abs(change).max() < AT_REST:
            break
    if not np.abs(change).max() <= MISSED:
        wanted, reached = (dict(zip(scenario.all_plans, array, strict=True)) for array in (aim, shares[:-1]))
        if reason := why_not_held(scenario, wanted, reached):
            raise InputError(reason)
    world.offers.plans.appeal[:] += added


def _chances(weighed: Weighed, added: np.ndarray, first: np.ndarray, nest: float) -> np.ndarray:
    """Nested-logit probabilities (people, plans + 1), outside last, of people weighed before something was added to
    plans' utilities, shape (plans,).
    """
    nests = [slice(first[j], first[j + 1]) for j in range(len(first) - 1)]
    inner, values = np.empty((len(weighed.values), len(added))), weighed.values.copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        for j, plans in enumerate(nests):
            inside = weighed.probabilities[:, plans]
            inner[:, plans] = np.nan_to_num(inside / inside.sum(axis=1, keepdims=True)) * exponential(
                added[plans] / nest
            )
            total = inner[:, plans].sum(axis=1)
            values[:, j] += nest * logarithm(total)
            inner[:, plans] = np.nan_to_num(inner[:, plans] / total[:, None])
    outer = exponential(values - values.max(axis=1, keepdims=True))
    outer /= outer.sum(axis=1, keepdims=True)
    for j, plans in enumerate(nests):
        inner[:, plans] *= outer[:, j : j + 1]
    return np.column_stack([inner, outer[:, -1]])


def _opening_plans(world: World, people: np.ndarray, quota: np.ndarray | None, rows: np.ndarray) -> np.ndarray:
    """Draw people's opening plan, -1 for none, shape (people,): from their operator where `quota` gives it, from the
    focal one for `rows` of a customer file.
    """
    out, operator = weigh(world, people, fresh=True).probabilities, world.offers.plans.operator
    if quota is not None:
        out = _among(world, people, out, np.column_stack([operator[None, :] == quota[:, None], quota < 0]))
    elif len(rows):
        in_file = np.isin(people, rows)
        is_there = (operator[None, :] == world.focal) == in_file[:, None]
        out = _among(world, people, out, np.column_stack([is_there, ~in_file]))
    chosen = np.empty(len(people), np.int64)
    open_choice(people, out, world.this_month(), chosen)
    return chosen


def _among(world: World, people: np.ndarray, chances: np.ndarray, meant: np.ndarray) -> np.ndarray:
    """Return chances given that one of those meant is chosen, both (people, plans + 1), outside last.

    Who would take none of them has any that is sold to her, each as likely, or none where that is meant; who is sold
    none of them chooses freely.
    """
    among = chances * meant
    is_sold = np.column_stack([world.offers.eligible[:, world.traits.segment[people]].T, np.ones(len(people))])
    for instead in (meant * is_sold, chances):
        lost = among.sum(axis=1) == 0.0
        among[lost] = instead[lost]
    return np.asarray(among / among.sum(axis=1, keepdims=True))


def _by_quota(scenario: Scenario, world_key: Any) -> np.ndarray:
    """Give each operator exactly its opening share of people, in a keyed order; -1 for none, int8."""
    count = scenario.customers.count
    order = np.argsort(uniforms(world_key, draws.OPENING, np.arange(count), 1), kind="stable")
    bounds = np.round(np.cumsum([config.start_share for config in scenario.operators.values()]) * count).astype(int)
    quota = np.full(count, -1, np.int8)
    for code, (low, high) in enumerate(zip([0, *bounds[:-1]], bounds, strict=True)):
        quota[order[low:high]] = code
    return quota


def _settle(world: World, people: np.ndarray, plan: np.ndarray) -> None:
    """Give people tenure, months left, satisfaction, habit, without echo of a common start."""
    state, traits, offers, params = world.state, world.traits, world.offers, world.params
    state.plan[people] = plan
    on = people[plan >= 0]
    p = state.plan[on]
    mean = np.where(offers.plans.prepaid[p] == 1, params.opening.tenure_prepaid, params.opening.tenure_postpaid)
    u = [
        uniforms(world.world_key, event, on, 0)
        for event in (draws.OPENING_TENURE, draws.OPENING_TERM, draws.OPENING_STATE)
    ]
    tenure = np.minimum(-mean * logarithm(u[0]), 400.0).astype(np.int16)
    state.tenure[on], state.joined[on] = tenure, world.month - tenure
    term = offers.plans.term[p]
    running = (u[1] < params.opening.in_term) & (mean > 0.0)
    state.etf[on] = offers.plans.etf[p]
    state.months_left[on] = np.where(running, np.minimum(1 + (u[2] * term).astype(np.int64), term), 0)
    fill_opening(on, traits, state, UNTOLD, offers, world.this_month(), params)
    state.commitment[on], state.trust[on] = params.bonds.commitment_start, params.trust.start
    state.habit[on] = habit_of(tenure, params)
    _settle_devices(world, on)
    refresh_tastes(world, on)


def _settle_devices(world: World, people: np.ndarray) -> None:
    """Give people a device of the age that their term tells, and what is owed on it."""
    state, plans, params = world.state, world.offers.plans, world.params
    p = state.plan[people]
    term = plans.term[p]
    if params.device.hazard > 0.0:
        age = -logarithm(uniforms(world.world_key, draws.OPENING_STATE, people, 1)) / max(params.device.replaced, 1e-3)
        state.device_age[people] = np.where(term > 0, term - state.months_left[people], np.minimum(age, 240.0))
    state.debt[people] = plans.device_debt[p] * state.months_left[people] / plans.debt_months[p]


def _settle_file(scenario: Scenario, world: World, file: CustomerFile, rows: np.ndarray) -> None:
    """Lay what a customer file says over the drawn state of its people."""
    state, offers, fields = world.state, world.offers, file.fields
    plans = list(scenario.all_plans)
    if "plan" in fields:
        state.plan[rows] = [plans.index(name) for name in fields["plan"]]
    elif "monthly_charge" in fields:
        own = world.plans_of(world.focal)
        state.plan[rows] = own[
            np.abs(offers.plans.fee[own][None, :] - fields["monthly_charge"][:, None]).argmin(axis=1)
        ]
    p = state.plan[rows]
    if "tenure" in fields:
        state.tenure[rows] = np.minimum(fields["tenure"], 30_000)
        state.joined[rows] = -state.tenure[rows]
        state.habit[rows] = habit_of(fields["tenure"], world.params)
    state.etf[rows] = offers.plans.etf[p]
    term = np.maximum(offers.plans.term[p], 1)
    left = offers.plans.term[p] - state.tenure[rows] % term  # a term is renewed when it ends, or it has lapsed
    running = uniforms(world.world_key, draws.IMPORT, rows, 1) < world.params.opening.in_term
    state.months_left[rows] = np.where(
        (offers.plans.term[p] > 0) & (running | (state.tenure[rows] < offers.plans.term[p])), left, 0
    )
    if "months_left" in fields:
        state.months_left[rows] = np.minimum(fields["months_left"], offers.plans.term[p])
    _settle_devices(world, rows)
    if "monthly_charge" in fields:
        beyond = np.maximum(fields["monthly_charge"] - offers.plans.fee[p], 0.0)
        priced = offers.plans.overage[p] > 0.0
        usage = np.where(
            priced & (beyond > 0.0),
            offers.plans.allowance[p] + beyond / np.where(priced, offers.plans.overage[p], 1.0),
            np.minimum(world.traits.usage[rows], offers.plans.allowance[p]),
        )
        world.traits.usage[rows] = usage
    fill_opening(rows, world.traits, state, UNTOLD, offers, world.this_month(), world.params)
    if "monthly_charge" in fields:
        state.reference[rows] = fields["monthly_charge"]
    if "complaints" in fields:
        hurt = rows[fields["complaints"] > 0]
        state.since_complaint[hurt] = state.since_failure[hurt] = 1
        remember_failure(hurt, state, world.params)
    state.since_contact[rows] = LONG_AGO
    refresh_tastes(world, rows)


@loop
def fill_opening(
    people: np.ndarray,
    traits: Table[Traits],
    state: Table[State],
    untold: Table[Event],
    offers: Offers,
    month: Month,
    params: Parameters,
) -> None:
    """Let people open with what a usual month with their operator is like, and the bill they are used to."""
    for row in range(people.shape[0]):
        number = people[row]
        at = Turn(number, traits[number], state[number], untold[0], offers, month, params, 0)
        who, me = at.who, at.me
        operator = offers.plans.operator[me.plan]
        usual = performance(
            offers.quality[who.region, operator],
            offers.terms.care[operator],
            params.experience.fairness,
            who.care_weight,
            who.price_weight,
            0.0,
            0.0,
        )
        me.satisfaction = me.expectation = usual
        me.reference = bill_on(at, me.plan, who.usage, 0.0, 0.0)


@loop
def remember_failure(people: np.ndarray, state: Table[State], params: Parameters) -> None:
    """Let people bear the mark of a large failure last month whose complaint was left unresolved."""
    for row in range(people.shape[0]):
        i = people[row]
        damage = damage_left(
            params.failure.damage_large,
            False,
            1,
            1.0,
            params.failure.recovery,
            params.failure.factor_unresolved,
            1.0,
            1.0,
            1.0,
        )
        weight = experience_weight(
            state.tenure[i],
            params.satisfaction.weight_new,
            params.satisfaction.weight_min,
            params.satisfaction.anchoring,
        )
        satisfaction = state.satisfaction[i]
        state.satisfaction[i] = update_satisfaction(
            satisfaction,
            satisfaction - damage,
            satisfaction,
            weight,
            params.satisfaction.disconfirmation,
            params.satisfaction.loss_aversion,
        )


def shift_satisfaction(world: World, usual: np.ndarray) -> None:
    """Move opening satisfaction and expectation to the level that months of life bring about, by region and operator
    (regions, operators).
    """
    state = world.state
    on = np.flatnonzero(state.plan >= 0)
    cell = (world.traits.region[on], world.offers.plans.operator[state.plan[on]])
    shift = (usual - world.reputation)[cell]
    state.satisfaction[on] = np.clip(state.satisfaction[on] + shift, 0.0, 1.0)
    state.expectation[on] = np.clip(state.expectation[on] + shift, 0.0, 1.0)
    refresh_view(world)


def balance_flows(scenario: Scenario, world: World, sums: np.ndarray, turn: int) -> None:
    """Move appeals so that expected gross additions of each plan balance its expected losses (and close gaps of stock);
    less with every turn, so that noise averages out.

    sums : (plans, 4), expected inflow, moves in from the same operator's other plans, stock, expected outflow, over
        EVERY months.
    """
    inflow, inner, stock, outflow = sums.T
    targets = plan_targets(scenario) * world.people_present()
    opening = world.params.opening
    gap = (targets - stock / EVERY) / opening.balance_gap * EVERY
    wanted = np.maximum(outflow + gap, opening.balance_least * outflow + 1e-9)
    part = opening.balance_step / (1.0 + opening.balance_fade * turn)
    change = np.clip(part * (logarithm(wanted) - logarithm(np.maximum(inflow + inner, 1e-9))), -1.0, 1.0)
    world.offers.plans.appeal[:] += np.where(world.offers.eligible.any(axis=1), change, 0.0)
