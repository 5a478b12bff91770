"""How a person's month begins, and how it is booked: stock, feelings, survey, surplus, relation, and what ties will
see.
"""

from typing import Any

import numpy as np

from agents import draws
from agents.customer import bond_utility, clip, plan_utility, satiation, social_utility
from agents.draws import bounded_normal
from agents.population import ABSENT, OUTSIDE, Event, State
from agents.rule import step
from agents.tables import at_occasion, booked
from sim.choice import bill_on, discount_of, held_shock, key_of_tastes, lean, perks_of, promotion_of
from sim.steps.flags import HIDDEN, NOBODY, pack
from sim.steps.moving import stage_of
from sim.steps.waking import phase_of
from sim.tables import TENURES, Line

begin_event, book_state = at_occasion(Event, "opens"), booked(State, Line)


@step
def begin(who: Any, me: Any, event: Any, month: Any) -> int:
    """Begin a person's month: nothing has happened, and newcomers come into the market; return her plan, or a code for
    none.
    """
    begin_event(event)
    if me.plan == ABSENT and who.arrival == month.number:
        me.plan = OUTSIDE
    return int(me.plan)


@step
def open_books(plan: int, me: Any, sums: Any, j: int, month: Any, lines: Any) -> None:
    """Book a customer at the month's opening."""
    lines[Line.OPENING] += 1.0
    sums.tenures[j, min(int(me.tenure), TENURES - 1), 0] += 1
    if month.inverts:
        sums.inflow[plan, 2] += 1.0


@step
def close_person(
    i: int,
    me: Any,
    who: Any,
    offers: Any,
    month: Any,
    params: Any,
    paid_once: float,
    same: int,
    degree: int,
    sums: Any,
    shown: Any,
    left: int,
    got: bool,
) -> None:
    """Book a person's closing state, and note what ties will see; paid_once: money and effort of switching less gifts
    received, currency.
    """
    s, r, plan = who.segment, who.region, me.plan
    sums.people[s, 0] += 1.0
    a = who.price_sensitivity * month.sensitivity
    stage = stage_of(me)
    if plan < 0:
        sums.people[s, 1] += 1.0
        sums.people[s, 2] -= paid_once
        if params.choice.shock_months > 1 and abs(a) > 1e-9:
            sums.people[s, 2] += held_shock(key_of_tastes(who, month, params), i, month.reputation.shape[1]) / a
        sums.stages[sums.stages.shape[0] - 1, stage] += 1
        shown[i] = np.uint32(pack(NOBODY, NOBODY if me.muted else left, 0.0, -1, False))
        return
    j = offers.plans.operator[plan]
    satisfaction = me.satisfaction
    lines = sums.lines[s, j]
    lines[Line.CLOSING] += 1.0
    book_state(me, lines)
    lines[Line.SILENT] += me.silent > 0
    sums.plans[plan] += 1
    sums.reputation[r, j, 0] += satisfaction
    sums.reputation[r, j, 1] += 1.0
    sums.trust[j] += me.trust
    sums.stages[j, stage] += 1
    sums.phases[j, phase_of(me, params)] += 1
    answer = clip(satisfaction + 0.1 * bounded_normal(month.luck_key, draws.SURVEY, i, 0), 0.0, 1.0)
    sums.scores[j, int(10.0 * answer + 0.5)] += 1
    if me.second >= 0:
        sums.lines[s, offers.plans.operator[me.second], Line.SECOND_SIMS] += 1.0
    discount = discount_of(j, float(same), degree, me, offers)
    monthly = bill_on(plan, who.usage * me.scale * month.usage * me.wallet, promotion_of(me), discount, offers)
    perks = perks_of(j, monthly, me, offers)
    utility = plan_utility(
        offers.plans.appeal[plan],
        a,
        monthly - perks,
        0.0,
        params.horizon,
        who.prepaid_taste * offers.plans.prepaid[plan],
    )
    lean(i, j, False, who, me, month, params)
    utility += (
        me.taste
        + me.leaning
        + bond_utility(
            satisfaction,
            me.commitment,
            me.trust,
            me.habit,
            params.choice.satisfaction,
            params.choice.commitment,
            params.trust.weight,
            params.choice.habit,
        )
    )
    if params.variety.weight > 0.0:
        utility -= satiation(me.tenure, who.variety, params.variety.weight, params.variety.rate)
    if degree > 0:
        utility += social_utility(same, degree, params.choice.social * who.social)
    sums.people[s, 2] += utility / a - paid_once if abs(a) > 1e-9 else 0.0
    shown[i] = np.uint32(
        pack(HIDDEN, NOBODY, 0.0, me.vote, False) if me.muted else pack(j, left, satisfaction, me.vote, got)
    )


@step
def absent(i: int, shown: Any, left_from: int) -> None:
    """Be seen by nobody; ties may notice which operator she left."""
    shown[i] = np.uint32(pack(NOBODY, left_from, 0.0, -1, False))
