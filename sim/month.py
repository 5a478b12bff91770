"""How everybody lives a month: the one loop over customers, which takes the steps in order and adds up what operators book.

The order, for each person: use and pay - meet the network, a failure, care - hear from ties - feel - be called - leave
involuntarily or pay attention - choose, perhaps at the save desk - settle. Everyone reads last month's world.
"""

from typing import Any

import numpy as np

from agents import draws
from agents.customer import (
    hassle_left,
)  # fmt: skip
from agents.draws import month_key, uniform
from agents.population import ABSENT, LONG_AGO, OUTSIDE, RETIRED
from agents.rule import loop
from sim import tables as t
from sim.choice import Scratch, best_plan
from sim.steps import (
    COMPLAINED,
    FAILED,
    FORCED_OUT,
    LEFT,
    MOVED,
    NOBODY,
    SAVED,
    SHOCKED,
    WAS_ATTENTIVE,
    WAS_CONTACTED,
    absent,
    be_called,
    choose,
    close_line,
    close_person,
    feel,
    forced_out,
    hear,
    join,
    live_through,
    look_for_one,
    meet_failure,
    pay,
    pay_attention,
    save,
    stay,
)  # fmt: skip
from sim.tables import Offers, Tally, World


@loop
def draw_local_events(world: World, params: Any) -> None:
    """Draw which operators have a local fault or a local campaign in which community this quarter, one bit an operator."""
    key = month_key(world.luck_seed, draws.LUCK, 100_000 + (world.month + 6000) // 3)
    for community in range(world.faults.shape[0]):
        faults, courted = 0, 0
        for j in range(world.reputation.shape[1]):
            faults |= (uniform(key, draws.LOCAL_FAILURE, community, j) < params.failure_local_outage) << j
            courted |= (uniform(key, draws.CAMPAIGN, community, j) < params.campaigns_rate) << j
        world.faults[community], world.courted[community] = faults, courted


@loop
def live(
    start: int, stop: int, traits: Any, state: Any, events: Any, ties: np.ndarray, seen: np.ndarray, shown: np.ndarray, offers: Offers, world: World, params: Any, tally: Tally,
    scratch: Scratch,
) -> None:  # fmt: skip
    """Let the people start..stop live one month. Long because it is the schedule of the month, in one place."""
    operators = offers.first.shape[0] - 1
    degree = ties.shape[1] if params.has_ties else 0
    for i in range(start, stop):
        c, s, plan = i // t.CHUNK, traits.segment[i], int(state.plan[i])
        events.flags[i], events.reason[i], events.bill[i], events.usage[i], events.destination[i] = 0, 0, 0.0, 0.0, -1
        if plan == ABSENT:
            if traits.arrival[i] != world.month:
                absent(i, shown, NOBODY)
                continue
            plan = state.plan[i] = OUTSIDE
        j = offers.operator[plan] if plan >= 0 else operators
        lines = tally.lines[c, s, j if plan >= 0 else 0]
        flags, forced, reason, same, called, once, paid = 0, t.NONE, t.NONE, 0, -1, 0.0, 0.0

        if plan >= 0:  # use and pay, meet a failure, hear, be called, feel
            lines[t.OPENING] += 1.0
            tally.tenures[c, j, min(int(state.tenure[i]), t.TENURES - 1), 0] += 1
            reference = state.reference[i]
            paid = pay(i, plan, j, traits, state, events, offers, world, params, lines, tally.margins[c, j])
            flags = meet_failure(i, j, traits, state, offers, world, params, lines)
            if params.attention_bill_shock > 0.0 and paid > params.attention_bill_shock_ratio * reference:
                flags |= SHOCKED
            if params.turnover_move > 0.0 and uniform(world.luck_key, draws.MOVE, i, 0) < params.turnover_move:
                flags |= MOVED
            performed = live_through(i, j, paid, flags, traits, state, offers, world, params)
            heard, friends_left = -1.0, 0
            if degree > 0:
                same, heard, friends_left = hear(i, j, ties, seen)
            called = be_called(i, j, state, offers, world, lines, offers.prepaid[plan])
            if called >= 0:
                flags |= WAS_CONTACTED
            feel(i, j, paid, performed, heard, flags, state, offers, params)
            state.since_failure[i] = 0 if flags & FAILED else min(state.since_failure[i] + 1, LONG_AGO)
            state.since_complaint[i] = 0 if flags & COMPLAINED else min(state.since_complaint[i] + 1, LONG_AGO)
            forced = forced_out(i, offers.prepaid[plan], traits, state, world, params)
            if forced == t.NONE:
                reason = pay_attention(i, j, plan, flags, friends_left, called, traits, state, offers, world, params, scratch.hazards)
        else:
            if plan == OUTSIDE and params.turnover_exit > 0.0 and uniform(world.luck_key, draws.DEATH, i, 0) < params.turnover_exit:
                state.plan[i] = ABSENT
                absent(i, shown, NOBODY)
                continue
            reason = look_for_one(i, plan, traits, world, params)
        if world.inverts and plan >= 0:
            tally.inflow[c, plan, 2] += 1.0

        if forced != t.NONE:  # leave without a choice
            if forced == t.DEFAULT:
                lines[t.BAD_DEBT] += paid
            close_line(i, plan, j, False, state, offers, tally, c, forced, lines)
            by_choice = forced == t.LAPSE or forced == t.HAZARD
            lines[t.VOLUNTARY if by_choice else t.INVOLUNTARY] += 1.0
            tally.ports[c, j, operators] += 1
            if world.inverts:
                tally.inflow[c, plan, 3] += 1.0
            state.previous[i], state.months_left[i], state.credit[i] = j, 0, 0.0
            events.flags[i], events.reason[i] = flags | LEFT | (0 if by_choice else FORCED_OUT), forced
            state.plan[i] = ABSENT if forced == t.DEATH else (RETIRED if forced == t.HAZARD else OUTSIDE)
            if forced == t.DEATH:
                absent(i, shown, j)
                continue
            close_person(i, state, traits, offers, world, params, 0.0, 0, degree, tally, c, shown, j)
            continue

        best, new = j, plan
        if reason != t.NONE:  # choose, perhaps at the save desk
            is_bound = params.has_adoption or (plan >= 0 and params.hazard_kind > 0)
            best = choose(i, plan, j, degree, is_bound, ties, seen, traits, state, offers, world, params, scratch, tally.inflow[c])
            if plan >= 0:
                flags |= WAS_ATTENTIVE
                lines[t.ATTENTIVE] += 1.0
                if best != j:
                    flags |= save(i, j, best, traits, offers, world, params, scratch.values, lines)
                    if flags & SAVED:
                        best = j
            if best < operators:
                new = best_plan(i, best, offers, world, params, scratch.plans)

        left_from = NOBODY  # settle
        if plan >= 0 and best == j:
            flags |= stay(i, plan, new, reason != t.NONE, j, called, flags & SAVED != 0, state, offers, lines)
        elif best != j:
            if plan >= 0:
                flags |= LEFT
                once = hassle_left(traits.hassle[i], world.portability, offers.prepaid[plan] == 1, params.switching_cost_prepaid)
                once += close_line(i, plan, j, True, state, offers, tally, c, reason, lines)
                lines[t.VOLUNTARY] += 1.0
                left_from = j
            tally.ports[c, j, best] += 1
            if best < operators:
                join(i, new, j if plan >= 0 else -1, traits, state, offers, world, params, tally.lines[c, s, best])
                same = int(scratch.counts[best]) if degree > 0 else 0
                events.destination[i] = best
            else:
                state.plan[i], state.previous[i], state.months_left[i], state.credit[i] = OUTSIDE, j, 0, 0.0
        events.flags[i], events.reason[i] = flags, reason
        close_person(i, state, traits, offers, world, params, once, same, degree, tally, c, shown, left_from)
