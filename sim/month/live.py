"""How everybody lives a month: the one loop over customers, which takes the steps in order and adds up what operators
book.

The order, for each person: hear from ties - use and pay - meet the network, a failure, care - be called - feel - leave
involuntarily or pay attention - follow the account, or choose, perhaps at the save desk - settle. Everyone reads last
month's world.
"""

import numpy as np

from agents import draws
from agents.draws import EPOCH, month_key, uniform
from agents.population import ABSENT, Event, State, Traits
from agents.rule import fetch, loop
from agents.tables import Table
from sim.steps.accounts import decides_together, follow_account, speak_for, wish_of_account
from sim.steps.closing import be_seen, begin, close_books, open_books
from sim.steps.contact import be_called, be_called_back, save, threaten
from sim.steps.flags import NOBODY, Flag, has
from sim.steps.moving import (
    age_device,
    be_advised,
    choose,
    gifts_for_joining,
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
from sim.steps.turn import Others, Turn
from sim.steps.usage import keep_second, pay, pay_second, use
from sim.steps.waking import dies_outside, disturbances, forced_out, look_for_one, pay_attention, stay_silent
from sim.steps.weighing import Scratch, best_plan
from sim.world.parameters import Parameters
from sim.world.tables import CHUNK, Month, Offers, Reason, Tally, sums_of

AHEAD = 8  # people ahead whose friends beyond the community are fetched: as long as memory takes


@loop
def draw_local_events(month: Month, params: Parameters) -> None:
    """Draw which operators have a local fault or a local campaign in which community this quarter,
    one bit an operator.
    """
    key = month_key(month.luck_seed, draws.LUCK, 100_000 + (month.number + EPOCH) // 3)
    for number in range(month.communities.shape[0]):
        faults, courted = 0, 0
        for operator in range(month.standings.shape[0]):
            has_fault = uniform(key, draws.LOCAL_FAILURE, number, operator) < params.failure.local_outage
            is_courted = uniform(key, draws.CAMPAIGN, number, operator) < params.campaigns.rate
            faults |= has_fault << operator
            courted |= is_courted << operator
        community = month.communities[number]
        community.faults, community.courted = faults, courted


@loop
def live(
    start: int,
    stop: int,
    traits: Table[Traits],
    state: Table[State],
    events: Table[Event],
    ties: np.ndarray,
    seen: np.ndarray,
    shown: np.ndarray,
    offers: Offers,
    month: Month,
    params: Parameters,
    tally: Tally,
    scratch: Scratch,
) -> None:
    """Let the people start..stop live one month. Long because it is the schedule of the month, in one place.

    Whatever is computed stands in a step. `Customer.step` in sim/objects/customer.py takes the same steps in the same
    order.
    """
    operators, others = offers.terms.shape[0], Others(ties, seen, traits.members)
    people, degree, inside = ties.shape[0], ties.shape[1] if params.has_ties else 0, params.ties.inside
    for chunk in range(start // CHUNK, (stop - 1) // CHUNK + 1):
        sums = sums_of(tally, chunk)
        for number in range(max(start, chunk * CHUNK), min(stop, (chunk + 1) * CHUNK)):
            for tie in range(inside, degree):
                fetch(seen, ties[min(number + AHEAD, people - 1), tie])
            at = Turn(number, traits[number], state[number], events[number], offers, month, params, degree)
            me, plan = at.me, begin(at)
            if plan == ABSENT:
                be_seen(at, NOBODY, False, shown)
                continue
            home = offers.plans.operator[plan] if plan >= 0 else operators
            all_lines = sums.lines[at.who.segment]
            lines = all_lines[home if plan >= 0 else 0]
            flags, same, deals, called, wish = 0, 0, 0, -1, -1
            once, paid, usage, has_deal = 0.0, 0.0, 0.0, False
            forced: int = Reason.NONE
            reason: int = Reason.NONE
            is_silent = plan >= 0 and me.silent > 0
            is_together = decides_together(at, others)
            former = be_called_back(at, home, all_lines)

            if plan >= 0:
                open_books(at, home, sums)
            if is_silent:
                forced = stay_silent(at)
            elif plan >= 0:  # hear, use and pay, meet a failure, be called, feel, look around
                same, heard, friends_left, deals = hear(at, home, others)
                reference = me.reference
                usage = use(at, home, others, sums.traffic)
                paid, reward, flags = pay(at, home, usage * me.wallet, same, lines, sums.margins[home])
                pay_second(at, usage, all_lines)
                flags |= meet_failure(at, home, lines)
                flags |= disturbances(at, paid)
                performed = live_through(at, home, paid, reward, usage * me.wallet, flags)
                called = be_called(at, home, lines)
                if called >= 0:
                    flags |= Flag.CONTACTED
                feel(at, home, paid, performed, heard, flags)
                forced = forced_out(at, paid, reference)
                if forced == Reason.NONE and me.silent == 0:
                    reason = pay_attention(at, home, flags, friends_left, called, former, scratch.hazards)
            elif dies_outside(at):
                me.plan = ABSENT
                be_seen(at, NOBODY, False, shown)
                continue
            else:
                reason = look_for_one(at, former)

            if forced != Reason.NONE:
                leave_without_choice(at, home, forced, paid, flags, sums)
                if forced != Reason.DEATH:
                    close_books(at, 0.0, 0, sums)
                be_seen(at, NOBODY, False, shown)
                continue

            best, new = home, plan
            if is_together and not is_silent:
                wish = wish_of_account(at, others)
            if wish >= 0 and wish != home:
                new = follow_account(at, plan, wish, others, scratch)
                if new != plan:
                    best, reason = wish, Reason.ACCOUNT
            elif reason != Reason.NONE:  # choose, perhaps at the save desk
                best = choose(at, plan, former, others, scratch, sums)
                if plan >= 0:
                    flags |= Flag.ATTENTIVE
                    if best != home:
                        flags |= save(at, home, best, scratch.values, lines)
                        if has(flags, Flag.SAVED):
                            best = home
                if is_together:
                    best = speak_for(at, best, home)
                if best < operators:
                    new = best_plan(at, best, scratch.plans)
            elif plan >= 0 and 0 <= called < offers.calls.shape[0] and offers.calls.advice[called]:
                new = be_advised(at, home, others, scratch)
            elif plan >= 0 and not is_silent:
                flags |= threaten(at, home, lines)

            left = NOBODY  # settle
            if plan >= 0 and best == home:
                has_talked = has(flags, Flag.SAVED | Flag.THREATENED)
                done, gifts = stay(at, new, reason != Reason.NONE, called, has_talked, lines)
                flags, once = flags | done, -gifts
                has_deal = has_deal_for_staying(at, called, flags)
                if not is_silent:
                    take_bundle(at, home, paid)
                    keep_second(at, usage)
            elif best != home:
                sums.ports[home, best] += 1
                if plan >= 0:
                    flags |= Flag.LEFT
                    left = home
                    once = leave_by_choice(at, home, reason, sums)
                if best < operators:
                    origin = home if plan >= 0 else -1
                    flags |= join(at, new, origin, former, others, scratch, all_lines[best])
                    once -= gifts_for_joining(at, former, flags)
                    same = int(scratch.counts[best]) if degree > 0 else 0
                    has_deal = has_deal_for_joining(at)
                    at.event.destination = best
                else:
                    go_without(me, home)
            learn_from_deals(at, has_deal, deals)
            age_device(at)
            at.event.happened, at.event.reason = flags, reason
            close_books(at, once, same, sums)
            be_seen(at, left, has_deal, shown)
