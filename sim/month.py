"""How everybody lives a month: the one loop over customers, which takes the steps in order and adds up what operators book.

The order, for each person: hear from ties - use and pay - meet the network, a failure, care - be called - feel - leave
involuntarily or pay attention - follow the account, or choose, perhaps at the save desk - settle. Everyone reads last
month's world.
"""

from typing import Any

import numpy as np

from agents import draws
from agents.draws import month_key, uniform
from agents.population import ABSENT, LONG_AGO, OUTSIDE, RETIRED
from agents.rule import loop
from sim import tables as t
from sim.choice import NEVER, Scratch, best_plan, hassle_of, weigh_plans
from sim.steps.closing import absent, close_person
from sim.steps.contact import be_called, be_courted, book_call_back, save, threaten
from sim.steps.flags import COMPLAINED, FAILED, FORCED_OUT, LEFT, MOVED, NOBODY, SAVED, SHOCKED, THREATENED, WAS_ATTENTIVE, WAS_CONTACTED, WAS_OFFERED
from sim.steps.moving import (
    age_device,
    choose,
    close_line,
    gifts_for_joining,
    gifts_for_staying,
    has_head,
    join,
    keep_payment,
    learn_from_deals,
    leave_for_nothing,
    stay,
    take_bundle,
    wish_of_account,
)
from sim.steps.service import feel, hear, live_through, meet_failure
from sim.steps.usage import keep_second, pay, pay_second, use
from sim.steps.waking import forced_out, look_for_one, pay_attention, stay_silent
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
        who, me, event = traits[i], state[i], events[i]
        c, s, plan = i // t.CHUNK, who.segment, int(me.plan)
        event.happened, event.reason, event.bill, event.usage, event.destination = 0, 0, 0.0, 0.0, -1
        if plan == ABSENT:
            if who.arrival != world.month:
                absent(i, shown, NOBODY)
                continue
            plan = me.plan = OUTSIDE
        j = offers.plans.operator[plan] if plan >= 0 else operators
        lines = tally.lines[c, s, j if plan >= 0 else 0]
        flags, forced, reason, same, deals, called, former, once, paid, usage, got, wish = 0, t.NONE, t.NONE, 0, 0, -1, -1, 0.0, 0.0, 0.0, False, -1
        is_silent = plan >= 0 and me.silent > 0
        is_together = params.accounts_together > 0.0 and who.account_size > 1 and plan >= 0 and has_head(who, traits.members, seen, params)
        if me.since_left < LONG_AGO:
            me.since_left += 1
            if params.attention_win_back > 0.0:
                former = be_courted(i, j, me, offers, world)
                if former >= 0:
                    book_call_back(former, offers, tally.lines[c, s, former])

        if plan >= 0:
            lines[t.OPENING] += 1.0
            tally.tenures[c, j, min(int(me.tenure), t.TENURES - 1), 0] += 1
        if is_silent:
            forced = stay_silent(i, me, world, params)
        elif plan >= 0:  # hear, use and pay, meet a failure, be called, feel
            heard, friends_left = -1.0, 0
            if degree > 0:
                same, heard, friends_left, deals = hear(i, j, ties, seen, params)
            reference = me.reference
            usage = use(i, who, me, world, params)
            tally.traffic[c, who.region, j] += usage * me.wallet
            paid, reward, rewarded = pay(i, plan, j, usage * me.wallet, same, degree, me, event, offers, world, params, lines, tally.margins[c, j])
            if me.second >= 0:
                pay_second(usage, offers, me, tally.lines[c, s, offers.plans.operator[me.second]])
            flags = rewarded | meet_failure(i, j, who, me, offers, world, params, lines)
            if params.attention_bill_shock > 0.0 and paid > params.attention_bill_shock_ratio * reference:
                flags |= SHOCKED
            if params.turnover_move > 0.0 and uniform(world.luck_key, draws.MOVE, i, 0) < params.turnover_move:
                flags |= MOVED
            performed = live_through(i, plan, j, paid, reward, usage * me.wallet, flags, who, me, offers, world, params)
            called = be_called(i, j, me, offers, world, lines, offers.plans.prepaid[plan])
            if called >= 0:
                flags |= WAS_CONTACTED
            feel(j, paid, performed, heard, flags, me, offers, world, params)
            me.since_failure = 0 if flags & FAILED else min(me.since_failure + 1, LONG_AGO)
            me.since_complaint = 0 if flags & COMPLAINED else min(me.since_complaint + 1, LONG_AGO)
            forced = forced_out(i, offers.plans.prepaid[plan], paid, reference, who, me, world, params)
            if forced == t.NONE and me.silent == 0:
                reason = pay_attention(i, j, plan, flags, friends_left, called, former, who, me, offers, world, params, scratch.hazards)
        else:
            if plan == OUTSIDE and params.turnover_exit > 0.0 and uniform(world.luck_key, draws.DEATH, i, 0) < params.turnover_exit:
                me.plan = ABSENT
                absent(i, shown, NOBODY)
                continue
            reason = look_for_one(i, plan, former, world, params)
        if world.inverts and plan >= 0:
            tally.inflow[c, plan, 2] += 1.0

        if forced != t.NONE:  # leave without a choice
            if forced == t.DEFAULT:
                lines[t.BAD_DEBT] += paid
            close_line(plan, j, False, me, offers, params, tally, c, forced, lines)
            by_choice = forced == t.LAPSE or forced == t.HAZARD
            lines[t.VOLUNTARY if by_choice else t.INVOLUNTARY] += 1.0
            tally.ports[c, j, operators] += 1
            if world.inverts:
                tally.inflow[c, plan, 3] += 1.0
            leave_for_nothing(j, me)
            event.happened, event.reason = flags | LEFT | (0 if by_choice else FORCED_OUT), forced
            me.plan = ABSENT if forced == t.DEATH else (RETIRED if forced == t.HAZARD else OUTSIDE)
            if forced == t.DEATH:
                absent(i, shown, j)
                continue
            close_person(i, me, who, offers, world, params, 0.0, 0, degree, tally, c, shown, j, False)
            continue

        best, new = j, plan
        if is_together and not is_silent:
            wish = wish_of_account(operators, who, traits.members, seen, params)
        if wish >= 0 and wish != j:  # follow the account
            weigh_plans(i, plan, degree, who, me, offers, world, params, ties, seen, scratch)
            new = best_plan(i, wish, offers, world, params, scratch.plans)
            if scratch.plans[new] > NEVER:
                best, reason = wish, t.ACCOUNT
            else:
                new = plan
            me.vote = -1
        elif reason != t.NONE:  # choose, perhaps at the save desk
            is_bound = params.has_adoption or (plan >= 0 and params.hazard_kind > 0)
            best = choose(i, plan, j, degree, is_bound, former, ties, seen, who, me, offers, world, params, scratch, tally.inflow[c])
            if plan >= 0:
                flags |= WAS_ATTENTIVE
                lines[t.ATTENTIVE] += 1.0
                if best != j:
                    flags |= save(i, j, best, who, offers, world, params, scratch.values, lines)
                    if flags & SAVED:
                        best = j
            if is_together:  # speak for an operator, and stay until the account has decided
                me.vote = best if best < operators and best != j else -1
                best = j
            if best < operators:
                new = best_plan(i, best, offers, world, params, scratch.plans)
        elif plan >= 0 and 0 <= called < offers.calls.shape[0] and offers.calls.advice[called]:  # be advised on the best plan
            weigh_plans(i, plan, degree, who, me, offers, world, params, ties, seen, scratch)
            keep_payment(plan, offers, scratch.plans)
            new = best_plan(i, j, offers, world, params, scratch.plans)
        elif plan >= 0 and params.deals_threat > 0.0 and offers.plans.prepaid[plan] == 0 and not is_silent:
            flags |= threaten(i, j, me, offers, world, params, lines)

        left_from = NOBODY  # settle
        if plan >= 0 and best == j:
            flags |= stay(plan, new, reason != t.NONE, j, called, flags & (SAVED | THREATENED) != 0, who, me, offers, lines)
            once -= gifts_for_staying(new, called, flags, offers, params)
            got = flags & WAS_OFFERED != 0 or (called >= 0 and me.credit > 0.0)
            if offers.terms.bundle_uptake[j] > 0.0 and me.bundled == 0 and not is_silent:
                take_bundle(i, j, paid, who, me, offers, world, params)
            if params.second_sim_hazard > 0.0 and not is_silent:
                keep_second(i, me.plan, usage, who, me, offers, world, params)
        elif best != j:
            if plan >= 0:
                flags |= LEFT
                once = hassle_of(who, me, offers, world, params)
                once += close_line(plan, j, True, me, offers, params, tally, c, reason, lines)
                lines[t.VOLUNTARY] += 1.0
                left_from = j
            tally.ports[c, j, best] += 1
            if best < operators:
                flags |= join(i, new, j if plan >= 0 else -1, former, ties, seen, degree, who, me, offers, world, params, scratch, tally.lines[c, s, best])
                once -= gifts_for_joining(new, former, flags, who, offers, world, params)
                same = int(scratch.counts[best]) if degree > 0 else 0
                got = offers.plans.subsidy_new[new] > 0.0 or me.promotion_left > 0
                event.destination = best
            else:
                me.plan = OUTSIDE
                leave_for_nothing(j, me)
        if params.deals_learning > 0.0:
            learn_from_deals(got, deals, degree, who, me, params)
        if params.device_hazard > 0.0:
            age_device(i, me, world, params)
        event.happened, event.reason = flags, reason
        close_person(i, me, who, offers, world, params, once, same, degree, tally, c, shown, left_from, got)
