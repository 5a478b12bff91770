"""What one customer does in a month, as an object to be read and subclassed: the twin of the loop in sim/month.py.

Nothing is computed here. A customer calls the steps and rules that the loop calls, in its order, on her own row of the
same tables; so both engines give the same numbers to the last bit, and a behaviour of one's own is a method overridden.
"""

import copy
from dataclasses import dataclass
from typing import Any, Self

import mesa
import numpy as np

from agents.member import Member
from agents.population import ABSENT
from sim.choice import Scratch, best_plan
from sim.rows import Columns
from sim.steps import accounts, closing, contact, moving, relation, service, usage, waking
from sim.steps.flags import NOBODY, Flag, has
from sim.tables import CHUNK, Month, Reason, Tally, sums_of


@dataclass
class Shared:
    """What all customers of a market read and write in a month."""

    traits: Columns
    state: Columns
    events: Columns
    ties: np.ndarray  # (people, ties), row numbers
    degree: int  # ties a person has; 0 where ties are off
    seen: np.ndarray  # uint32 (people,), what ties see of each person: last month's
    shown: np.ndarray  # uint32 (people,), the same for next month
    offers: Any  # sim.tables.Offers, its tables as columns
    month: Month
    params: Any  # sim.parameters.Parameters
    tally: Tally
    scratch: Scratch


class Customer(Member):
    """One person. `step()` is her month, in methods that follow one another as she lives it; override any of them.

    `who` are her lasting traits, `me` her state, `event` what the panel notes of this month: rows of the market's
    tables (agents/population.py names the columns). The attributes below are of the month being lived, and each is
    there once the method that sets it has run. Attributes of your own last, and a fork copies them.
    """

    number: int  # her row
    plan: int  # at the month's opening; negative without operator
    home: int  # operator at the opening; the number of operators where she has none
    is_silent: bool  # a prepaid line that is not used
    is_together: bool  # decides with her account
    flags: int  # what happened, sim.steps.flags
    end: int  # cause of leaving without a choice, sim.tables.REASONS; 0 for none
    cause: int  # cause of looking around, or of leaving; 0 for none
    same: int  # ties on her operator
    heard: float  # their mean report of it, negative for none
    friends_left: int  # ties who left it last month
    deals: int  # ties who got a deal last month
    reference: float  # reference price at the opening, currency per month
    usage: float  # of all lines, GB
    paid: float  # mobile bill, currency
    reward: float  # worth of gifts, perks and points got, currency
    performed: float  # performance, 0 to 1
    called: int  # campaign that called her, -1 for none
    former: int  # former operator that called her, -1 for none
    best: int  # operator she will be with; the number of operators for none
    new: int  # plan she will be on
    once: float  # money and effort of moving, less gifts, currency
    has_deal: bool  # as ties see it
    left: int  # operator she leaves, as ties see it
    sums: Tally  # sums of the chunk of people she is in
    lines: np.ndarray  # her operator's books of her segment, one entry a line of sim.tables.LINES

    shared: Shared  # what all customers read and write this month

    def __init__(self, market: mesa.Model, number: int):
        super().__init__(market)
        self.number = number

    def copied(self) -> Self:
        """Return an independent copy, to enter another market; what a subclass remembers is copied as well."""
        twin = super().copied()
        for name in vars(self).keys() - Customer.__annotations__.keys() - {"_market", "unique_id"}:
            setattr(twin, name, copy.deepcopy(getattr(self, name)))
        return twin

    # --- what she reads ----------------------------------------------------------------------------------------------

    @property
    def who(self) -> Any:
        """Her lasting traits, agents.population.Traits."""
        return self.shared.traits[self.number]

    @property
    def me(self) -> Any:
        """Her state, agents.population.State."""
        return self.shared.state[self.number]

    @property
    def event(self) -> Any:
        """What the panel notes of this month, agents.population.Event."""
        return self.shared.events[self.number]

    @property
    def operators(self) -> int:
        """Number of operators, the code of doing without."""
        return len(self.shared.offers.first) - 1

    @property
    def all_lines(self) -> np.ndarray:
        """All operators' books of her segment, (operators, LINES)."""
        return np.asarray(self.sums.lines[self.who.segment])

    # --- the month ---------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Live one month."""
        if not self.begin():
            return
        self.be_courted()
        if self.is_silent:
            self.stay_silent()
        elif self.plan >= 0:
            self.hear()
            self.use()
            self.pay()
            self.meet_failure()
            self.live_through()
            self.be_called()
            self.feel()
            self.be_forced_out()
            if self.end == Reason.NONE and self.me.silent == 0:
                self.pay_attention()
        elif self.dies_outside():
            return
        else:
            self.look_for_one()
        if self.end != Reason.NONE:
            self.leave_without_choice()
            return
        self.decide()
        self.settle()
        self.close()

    def begin(self) -> bool:
        """Begin the month; tell whether she is in the market."""
        o, me = self.shared, self.me
        self.plan = closing.begin(self.who, me, self.event, o.month)
        if self.plan == ABSENT:
            closing.absent(self.number, o.shown, NOBODY)
            return False
        self.home = int(o.offers.plans.operator[self.plan]) if self.plan >= 0 else self.operators
        self.sums = sums_of(o.tally, self.number // CHUNK)
        self.lines = self.all_lines[self.home if self.plan >= 0 else 0]
        self.is_silent = self.plan >= 0 and me.silent > 0
        self.is_together = accounts.decides_together(self.who, self.plan, o.traits.members, o.seen, o.params)
        self.flags, self.end, self.cause, self.called, self.same, self.deals = 0, Reason.NONE, Reason.NONE, -1, 0, 0
        self.once, self.paid, self.usage, self.has_deal, self.left = 0.0, 0.0, 0.0, False, NOBODY
        self.best, self.new = self.home, self.plan
        return True

    def be_courted(self) -> None:
        """Be called by a former operator, perhaps; then the books open."""
        o = self.shared
        self.former = contact.be_courted(self.number, self.home, self.me, o.offers, o.month, o.params, self.all_lines)
        if self.plan >= 0:
            closing.open_books(self.plan, self.me, self.sums, self.home, o.month, self.lines)

    def hear(self) -> None:
        """Hear from ties."""
        o = self.shared
        self.same, self.heard, self.friends_left, self.deals = service.hear(
            self.number, self.home, o.degree, o.ties, o.seen, o.params
        )

    def use(self) -> None:
        """Use the lines."""
        o = self.shared
        self.reference = self.me.reference
        self.usage = usage.use(
            self.number, self.home, self.who, self.me, o.traits.members, o.month, o.params, self.sums.traffic
        )

    def pay(self) -> None:
        """Pay the bill, collect rewards, pay for the second line."""
        o, me = self.shared, self.me
        self.paid, self.reward, self.flags = usage.pay(
            self.number,
            self.plan,
            self.home,
            self.usage * me.wallet,
            self.same,
            o.degree,
            me,
            self.event,
            o.offers,
            o.month,
            o.params,
            self.lines,
            self.sums.margins[self.home],
        )
        usage.pay_second(self.usage, o.offers, me, self.all_lines)

    def meet_failure(self) -> None:
        """Meet a failure or a wrong bill, perhaps complain; and what else shakes a month."""
        o, me = self.shared, self.me
        self.flags |= service.meet_failure(
            self.number, self.home, self.who, me, o.offers, o.month, o.params, self.lines
        )
        self.flags |= waking.disturbances(self.number, self.paid, me, o.month, o.params)

    def live_through(self) -> None:
        """Judge the month's performance."""
        o, me = self.shared, self.me
        self.performed = service.live_through(
            self.number,
            self.plan,
            self.home,
            self.paid,
            self.reward,
            self.usage * me.wallet,
            self.flags,
            self.who,
            me,
            o.offers,
            o.month,
            o.params,
        )

    def be_called(self) -> None:
        """Be called by the own operator, perhaps."""
        o = self.shared
        self.called = contact.be_called(
            self.number, self.home, self.me, o.offers, o.month, self.lines, o.offers.plans.prepaid[self.plan]
        )
        if self.called >= 0:
            self.flags |= Flag.CONTACTED

    def feel(self) -> None:
        """Update feelings by what the month was like."""
        o = self.shared
        service.feel(self.home, self.paid, self.performed, self.heard, self.flags, self.me, o.offers, o.month, o.params)

    def be_forced_out(self) -> None:
        """Die, default, or let a prepaid line lapse or fall silent."""
        o = self.shared
        self.end = waking.forced_out(
            self.number,
            o.offers.plans.prepaid[self.plan],
            self.paid,
            self.reference,
            self.who,
            self.me,
            o.month,
            o.params,
        )

    def stay_silent(self) -> None:
        """Live a month without using the line."""
        o = self.shared
        self.end = waking.stay_silent(self.number, self.me, o.month, o.params)

    def pay_attention(self) -> None:
        """Look around, perhaps, for a cause."""
        o = self.shared
        self.cause = waking.pay_attention(
            self.number,
            self.home,
            self.plan,
            self.flags,
            self.friends_left,
            self.called,
            self.former,
            self.who,
            self.me,
            o.offers,
            o.month,
            o.params,
            o.scratch.hazards,
        )

    def dies_outside(self) -> bool:
        """Leave the market for good from outside, perhaps."""
        o = self.shared
        dies = waking.dies_outside(self.number, self.plan, o.month, o.params)
        if dies:
            self.me.plan = ABSENT
            closing.absent(self.number, o.shown, NOBODY)
        return dies

    def look_for_one(self) -> None:
        """Look for an operator, perhaps, having none."""
        o = self.shared
        self.cause = waking.look_for_one(self.number, self.plan, self.former, o.month, o.params)

    def leave_without_choice(self) -> None:
        """Leave for a cause that leaves no choice."""
        o = self.shared
        moving.leave_without_choice(
            self.number,
            self.plan,
            self.home,
            self.end,
            self.paid,
            self.flags,
            self.me,
            self.event,
            o.offers,
            o.month,
            o.params,
            self.sums,
            self.lines,
        )
        if self.end == Reason.DEATH:
            closing.absent(self.number, o.shown, NOBODY)
            return
        self.same, self.left = 0, NOBODY
        self.book()

    def decide(self) -> None:
        """Follow the account; or choose, where something made her look around; or be advised; or threaten to leave."""
        o = self.shared
        wish = -1
        if self.is_together and not self.is_silent:
            wish = accounts.wish_of_account(self.operators, self.who, o.traits.members, o.seen, o.params)
        if wish >= 0 and wish != self.home:
            self.follow_account(wish)
        elif self.cause != Reason.NONE:
            self.choose()
        elif self.plan >= 0 and 0 <= self.called < len(o.offers.calls.advice) and o.offers.calls.advice[self.called]:
            self.new = moving.be_advised(
                self.number,
                self.plan,
                self.home,
                o.degree,
                self.who,
                self.me,
                o.offers,
                o.month,
                o.params,
                o.ties,
                o.seen,
                o.scratch,
            )
        elif self.plan >= 0 and not self.is_silent:
            self.flags |= contact.threaten(self.number, self.home, self.me, o.offers, o.month, o.params, self.lines)

    def follow_account(self, wish: int) -> None:
        """Move with her account to the operator it wishes for, if that has a plan for her."""
        o = self.shared
        self.new = accounts.follow_account(
            self.number,
            wish,
            self.plan,
            o.degree,
            self.who,
            self.me,
            o.offers,
            o.month,
            o.params,
            o.ties,
            o.seen,
            o.scratch,
        )
        if self.new != self.plan:
            self.best, self.cause = wish, Reason.ACCOUNT

    def choose(self) -> None:
        """Weigh what is on offer, hear the save desk out, speak in her account; then take the best plan."""
        o = self.shared
        self.weigh()
        if self.plan >= 0:
            self.flags |= Flag.ATTENTIVE
            if self.best != self.home:
                self.meet_save_desk()
        if self.is_together:
            self.best = accounts.speak_for(self.best, self.home, self.operators, self.me)
        if self.best < self.operators:
            self.new = best_plan(self.number, self.best, o.offers, o.month, o.params, o.scratch.plans)

    def weigh(self) -> None:
        """Weigh everything on offer: `shared.scratch.values` of operators, of doing without last, utils; the highest is
        best.
        """
        o = self.shared
        self.best = moving.choose(
            self.number,
            self.plan,
            self.home,
            o.degree,
            self.former,
            o.ties,
            o.seen,
            self.who,
            self.me,
            o.offers,
            o.month,
            o.params,
            o.scratch,
            self.sums.inflow,
            self.lines,
        )

    def meet_save_desk(self) -> None:
        """Talk to the save desk on the way out, perhaps, and stay under its offer, perhaps."""
        o = self.shared
        self.flags |= contact.save(
            self.number, self.home, self.best, self.who, o.offers, o.month, o.params, o.scratch.values, self.lines
        )
        if has(self.flags, Flag.SAVED):
            self.best = self.home

    def settle(self) -> None:
        """Stay, or leave and join; learn from deals; let the device age."""
        o, me = self.shared, self.me
        if self.plan >= 0 and self.best == self.home:
            self.stay()
        elif self.best != self.home:
            self.sums.ports[self.home, self.best] += 1
            if self.plan >= 0:
                self.leave()
            if self.best < self.operators:
                self.join()
            else:
                relation.go_without(self.home, me)
        moving.learn_from_deals(self.has_deal, self.deals, o.degree, self.who, me, o.params)
        moving.age_device(self.number, me, o.month, o.params)

    def stay(self) -> None:
        """Stay with the operator, perhaps on another plan or under a renewed term."""
        o, me = self.shared, self.me
        has_talked = has(self.flags, Flag.SAVED | Flag.THREATENED)
        self.flags |= moving.stay(
            self.plan,
            self.new,
            self.cause != Reason.NONE,
            self.home,
            self.called,
            has_talked,
            self.who,
            me,
            o.offers,
            self.lines,
        )
        self.once = -moving.gifts_for_staying(self.plan, self.new, self.called, self.flags, o.offers, o.params)
        self.has_deal = moving.has_deal_for_staying(self.called, self.flags, me)
        if not self.is_silent:
            moving.take_bundle(self.number, self.home, self.paid, self.who, me, o.offers, o.month, o.params)
            usage.keep_second(self.number, me.plan, self.usage, self.who, me, o.offers, o.month, o.params)

    def leave(self) -> None:
        """Leave the operator by choice, at a cost."""
        o = self.shared
        self.flags |= Flag.LEFT
        self.left = self.home
        self.once = moving.leave_by_choice(
            self.plan, self.home, self.cause, self.who, self.me, o.offers, o.month, o.params, self.sums, self.lines
        )

    def join(self) -> None:
        """Join an operator, with what it gives to newcomers."""
        o, me, origin = self.shared, self.me, self.home if self.plan >= 0 else -1
        self.flags |= moving.join(
            self.number,
            self.new,
            origin,
            self.former,
            o.ties,
            o.seen,
            o.degree,
            self.who,
            me,
            o.offers,
            o.month,
            o.params,
            o.scratch,
            self.all_lines[self.best],
        )
        self.once -= moving.gifts_for_joining(self.new, self.former, self.flags, self.who, o.offers, o.month, o.params)
        self.same = int(o.scratch.counts[self.best]) if o.degree > 0 else 0
        self.has_deal = moving.has_deal_for_joining(self.new, me, o.offers)
        self.event.destination = self.best

    def close(self) -> None:
        """Note what happened, and book the closing state."""
        event = self.event
        event.happened, event.reason = self.flags, self.cause
        self.book()

    def book(self) -> None:
        """Book her closing state, and show it to her ties."""
        o = self.shared
        closing.close_person(
            self.number,
            self.me,
            self.who,
            o.offers,
            o.month,
            o.params,
            self.once,
            self.same,
            o.degree,
            self.sums,
            o.shown,
            self.left,
            self.has_deal,
        )
