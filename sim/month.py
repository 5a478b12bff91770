"""How everybody lives a month: the one loop over customers, which takes the steps in order and adds up what operators
book.

The order, for each person: hear from ties - use and pay - meet the network, a failure, care - be called - feel - leave
involuntarily or pay attention - follow the account, or choose, perhaps at the save desk - settle. Everyone reads last
month's world.
"""

from typing import Any

import numpy as np

from agents import draws
from agents.draws import EPOCH, month_key, uniform
from agents.population import ABSENT
from agents.rule import fetch, loop
from sim.choice import Scratch, best_plan
from sim.steps.accounts import decides_together, follow_account, speak_for, wish_of_account
from sim.steps.closing import absent, begin, close_person, open_books
from sim.steps.contact import be_called, be_courted, save, threaten
from sim.steps.flags import NOBODY, Flag, has
from sim.steps.moving import (
    age_device,
    be_advised,
    choose,
    gifts_for_joining,
    gifts_for_staying,
    has_deal_for_joining,
    has_deal_for_staying,
    join,
    learn_from_deals,
    leave_by_choice,
    leave_without_choice,
    stay,
    take_bundle,
)
from sim.steps.relation import go_without
from sim.steps.service import feel, hear, live_through, meet_failure
from sim.steps.usage import keep_second, pay, pay_second, use
from sim.steps.waking import dies_outside, disturbances, forced_out, look_for_one, pay_attention, stay_silent
from sim.tables import CHUNK, Month, Offers, Reason, Tally, sums_of

AHEAD = 8  # people ahead whose friends beyond the community are fetched: as long as memory takes


@loop
def draw_local_events(month: Month, params: Any) -> None:
    """Draw which operators have a local fault or a local campaign in which community this quarter,
    one bit an operator.
    """
    key = month_key(month.luck_seed, draws.LUCK, 100_000 + (month.number + EPOCH) // 3)
    for community in range(month.faults.shape[0]):
        faults, courted = 0, 0
        for j in range(month.reputation.shape[1]):
            faults |= (uniform(key, draws.LOCAL_FAILURE, community, j) < params.failure.local_outage) << j
            courted |= (uniform(key, draws.CAMPAIGN, community, j) < params.campaigns.rate) << j
        month.faults[community], month.courted[community] = faults, courted


@loop
def live(
    start: int,
    stop: int,
    traits: Any,
    state: Any,
    events: Any,
    ties: np.ndarray,
    seen: np.ndarray,
    shown: np.ndarray,
    offers: Offers,
    month: Month,
    params: Any,
    tally: Tally,
    scratch: Scratch,
) -> None:
    """Let the people start..stop live one month. Long because it is the schedule of the month, in one place.

    Whatever is computed stands in a step. `Customer.step` in sim/customer.py takes the same steps in the same order.
    """
    operators = offers.first.shape[0] - 1
    people, degree, inside = ties.shape[0], ties.shape[1] if params.has_ties else 0, params.ties.inside
    for c in range(start // CHUNK, (stop - 1) // CHUNK + 1):
        sums = sums_of(tally, c)
        for i in range(max(start, c * CHUNK), min(stop, (c + 1) * CHUNK)):
            for k in range(inside, degree):
                fetch(seen, ties[min(i + AHEAD, people - 1), k])
            who, me, event = traits[i], state[i], events[i]
            s, plan = who.segment, begin(who, me, event, month)
            if plan == ABSENT:
                absent(i, shown, NOBODY)
                continue
            j = offers.plans.operator[plan] if plan >= 0 else operators
            lines = sums.lines[s, j if plan >= 0 else 0]
            flags, same, deals, called, wish = 0, 0, 0, -1, -1
            once, paid, usage, got = 0.0, 0.0, 0.0, False
            forced: int = Reason.NONE
            reason: int = Reason.NONE
            is_silent = plan >= 0 and me.silent > 0
            is_together = decides_together(who, plan, traits.members, seen, params)
            former = be_courted(i, j, me, offers, month, params, sums.lines[s])

            if plan >= 0:
                open_books(plan, me, sums, j, month, lines)
            if is_silent:
                forced = stay_silent(i, me, month, params)
            elif plan >= 0:  # hear, use and pay, meet a failure, be called, feel, look around
                same, heard, friends_left, deals = hear(i, j, degree, ties, seen, params)
                reference = me.reference
                usage = use(i, j, who, me, traits.members, month, params, sums.traffic)
                paid, reward, flags = pay(
                    i,
                    plan,
                    j,
                    usage * me.wallet,
                    same,
                    degree,
                    me,
                    event,
                    offers,
                    month,
                    params,
                    lines,
                    sums.margins[j],
                )
                pay_second(usage, offers, me, sums.lines[s])
                flags |= meet_failure(i, j, who, me, offers, month, params, lines)
                flags |= disturbances(i, paid, me, month, params)
                performed = live_through(
                    i, plan, j, paid, reward, usage * me.wallet, flags, who, me, offers, month, params
                )
                called = be_called(i, j, me, offers, month, lines, offers.plans.prepaid[plan])
                if called >= 0:
                    flags |= Flag.CONTACTED
                feel(j, paid, performed, heard, flags, me, offers, month, params)
                forced = forced_out(i, offers.plans.prepaid[plan], paid, reference, who, me, month, params)
                if forced == Reason.NONE and me.silent == 0:
                    reason = pay_attention(
                        i, j, plan, flags, friends_left, called, former, who, me, offers, month, params, scratch.hazards
                    )
            elif dies_outside(i, plan, month, params):
                me.plan = ABSENT
                absent(i, shown, NOBODY)
                continue
            else:
                reason = look_for_one(i, plan, former, month, params)

            if forced != Reason.NONE:
                leave_without_choice(i, plan, j, forced, paid, flags, me, event, offers, month, params, sums, lines)
                if forced == Reason.DEATH:
                    absent(i, shown, NOBODY)
                else:
                    close_person(i, me, who, offers, month, params, 0.0, 0, degree, sums, shown, NOBODY, False)
                continue

            best, new = j, plan
            if is_together and not is_silent:
                wish = wish_of_account(operators, who, traits.members, seen, params)
            if wish >= 0 and wish != j:
                new = follow_account(i, wish, plan, degree, who, me, offers, month, params, ties, seen, scratch)
                if new != plan:
                    best, reason = wish, Reason.ACCOUNT
            elif reason != Reason.NONE:  # choose, perhaps at the save desk
                best = choose(
                    i, plan, j, degree, former, ties, seen, who, me, offers, month, params, scratch, sums.inflow, lines
                )
                if plan >= 0:
                    flags |= Flag.ATTENTIVE
                    if best != j:
                        flags |= save(i, j, best, who, offers, month, params, scratch.values, lines)
                        if has(flags, Flag.SAVED):
                            best = j
                if is_together:
                    best = speak_for(best, j, operators, me)
                if best < operators:
                    new = best_plan(i, best, offers, month, params, scratch.plans)
            elif plan >= 0 and 0 <= called < offers.calls.shape[0] and offers.calls.advice[called]:
                new = be_advised(i, plan, j, degree, who, me, offers, month, params, ties, seen, scratch)
            elif plan >= 0 and not is_silent:
                flags |= threaten(i, j, me, offers, month, params, lines)

            left_from = NOBODY  # settle
            if plan >= 0 and best == j:
                has_talked = has(flags, Flag.SAVED | Flag.THREATENED)
                flags |= stay(plan, new, reason != Reason.NONE, j, called, has_talked, who, me, offers, lines)
                once = -gifts_for_staying(plan, new, called, flags, offers, params)
                got = has_deal_for_staying(called, flags, me)
                if not is_silent:
                    take_bundle(i, j, paid, who, me, offers, month, params)
                    keep_second(i, me.plan, usage, who, me, offers, month, params)
            elif best != j:
                sums.ports[j, best] += 1
                if plan >= 0:
                    flags |= Flag.LEFT
                    left_from = j
                    once = leave_by_choice(plan, j, reason, who, me, offers, month, params, sums, lines)
                if best < operators:
                    flags |= join(
                        i,
                        new,
                        j if plan >= 0 else -1,
                        former,
                        ties,
                        seen,
                        degree,
                        who,
                        me,
                        offers,
                        month,
                        params,
                        scratch,
                        sums.lines[s, best],
                    )
                    once -= gifts_for_joining(new, former, flags, who, offers, month, params)
                    same = int(scratch.counts[best]) if degree > 0 else 0
                    got = has_deal_for_joining(new, me, offers)
                    event.destination = best
                else:
                    go_without(j, me)
            learn_from_deals(got, deals, degree, who, me, params)
            age_device(i, me, month, params)
            event.happened, event.reason = flags, reason
            close_person(i, me, who, offers, month, params, once, same, degree, sums, shown, left_from, got)
