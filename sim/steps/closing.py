"""How a person's month is booked: stock, feelings, survey, surplus, relation, and what ties will see."""

from typing import Any

import numpy as np

from agents import draws
from agents.customer import bill, bond_utility, clip, plan_utility, satiation, social_utility
from agents.draws import bounded_normal
from agents.rule import step
from sim import tables as t
from sim.choice import discount_of, perks_of
from sim.steps.flags import ALONE, HIDDEN, NO_VOTE, NOBODY
from sim.steps.moving import stage_of, vote_code
from sim.steps.waking import phase_of


@step
def close_person(
    i: int, state: Any, traits: Any, offers: Any, world: Any, params: Any, once: float, same: int, degree: int, tally: Any, c: int, shown: Any, left: int, got: bool
) -> None:
    """Book a person's closing state, and note what ties will see."""
    s, r, plan = traits.segment[i], traits.region[i], state.plan[i]
    tally.people[c, s, 0] += 1.0
    a = traits.price_sensitivity[i] * world.sensitivity
    spread = once / params.horizon
    stage = stage_of(i, state)
    if plan < 0:
        tally.people[c, s, 1] += 1.0
        tally.people[c, s, 2] -= spread
        tally.stages[c, tally.stages.shape[1] - 1, stage] += 1
        shown[i] = np.uint32(ALONE if state.muted[i] else NOBODY | (left << 8) | (NO_VOTE << 24))
        return
    j = offers.plans.operator[plan]
    satisfaction = state.satisfaction[i]
    lines = tally.lines[c, s, j]
    lines[t.CLOSING] += 1.0
    lines[t.SATISFACTION] += satisfaction
    lines[t.EXPECTATION] += state.expectation[i]
    lines[t.COMMITMENT] += state.commitment[i]
    lines[t.TRUST] += state.trust[i]
    lines[t.HABIT] += state.habit[i]
    lines[t.PRONENESS] += state.proneness[i]
    lines[t.WALLET] += state.wallet[i]
    lines[t.BUNDLES] += state.bundled[i]
    lines[t.SILENT] += state.silent[i] > 0
    lines[t.OUTSTANDING] += state.points[i]
    tally.plans[c, plan] += 1
    tally.reputation[c, r, j, 0] += satisfaction
    tally.reputation[c, r, j, 1] += 1.0
    tally.trust[c, j] += state.trust[i]
    tally.stages[c, j, stage] += 1
    tally.phases[c, j, phase_of(i, state, params)] += 1
    answer = clip(satisfaction + 0.1 * bounded_normal(world.luck_key, draws.SURVEY, i, 0), 0.0, 1.0)
    tally.scores[c, j, int(10.0 * answer + 0.5)] += 1
    if state.second[i] >= 0:
        tally.lines[c, s, offers.plans.operator[state.second[i]], t.SECONDS] += 1.0
    discount = discount_of(i, j, float(same), degree, state, offers)
    monthly = bill(offers.plans.fee[plan], offers.plans.allowance[plan], offers.plans.overage[plan], traits.usage[i] * state.scale[i] * world.usage * state.wallet[i], discount)
    perks = perks_of(i, j, monthly, state, offers)
    utility = plan_utility(offers.plans.appeal[plan], a, monthly - perks, 0.0, params.horizon, traits.prepaid_taste[i] if offers.plans.prepaid[plan] else 0.0)
    utility += state.taste[i] + bond_utility(
        satisfaction, state.commitment[i], state.trust[i], state.habit[i], params.choice_satisfaction, params.choice_commitment, params.trust_weight, params.choice_habit
    )
    if params.variety_weight > 0.0:
        utility -= satiation(state.tenure[i], traits.variety[i], params.variety_weight, params.variety_rate)
    if degree > 0:
        utility += social_utility(same, degree, params.choice_social * traits.social[i])
    tally.people[c, s, 2] += utility / a - spread if abs(a) > 1e-9 else 0.0
    seen = j | (left << 8) | (int(255.0 * satisfaction + 0.5) << 16) | (vote_code(state.vote[i]) << 24) | ((1 if got else 0) << 28)
    shown[i] = np.uint32(HIDDEN | (NOBODY << 8) | (vote_code(state.vote[i]) << 24) if state.muted[i] else seen)


@step
def absent(i: int, shown: Any, left_from: int) -> None:
    """Be seen by nobody; ties may notice which operator she left."""
    shown[i] = np.uint32(NOBODY | (left_from << 8) | (NO_VOTE << 24))
