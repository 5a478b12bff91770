"""What one customer does in a month, as an object to be read and subclassed: the twin of the loop in sim/month/live.py.

Nothing is computed here. A customer calls the steps and rules that the loop calls, in its order, on her own row of the
same tables; so both engines give the same numbers to the last bit, and a behaviour of one's own is a method overridden.
"""

import copy
from dataclasses import dataclass
from typing import Self

import mesa
import numpy as np

from agents.member import Member
from agents.population import ABSENT, Event, State, Traits
from sim.steps import accounts, closing, contact, moving, relation, service, usage, waking
from sim.steps.flags import NOBODY, Flag, has
from sim.steps.turn import Others, Turn
from sim.steps.weighing import Scratch, best_plan
from sim.world.parameters import Parameters
from sim.world.rows import Columns
from sim.world.tables import CHUNK, Month, Offers, Reason, Tally, sums_of


@dataclass
class Shared:
    """What all customers of a market read and write in a month."""

    traits: Columns
    state: Columns
    events: Columns
    others: Others  # ties, and what they see of each person: last month's
    degree: int  # ties a person has; 0 where ties are off
    shown: np.ndarray  # uint32 (people,), what ties will see of each person next month
    offers: Offers  # its tables as columns
    month: Month
    params: Parameters
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
    forced: int  # reason of leaving without a choice, sim.world.tables.REASONS; 0 for none
    reason: int  # of looking around, or of leaving; 0 for none
    same: int  # ties on her operator
    heard: float  # their mean report of it, negative for none
    friends_left: int  # ties who left it last month
    deals: int  # ties who got a deal last month
    reference: float  # reference price at the opening, currency per month
    usage: float  # of all lines, GB
    paid: float  # mobile bill, currency
    reward: float  # worth of gifts, perks and points got, currency
    performed: float  # performance, 0 to 1
    called: int  # round of calls that reached her, -1 for none
    former: int  # former operator that called her, -1 for none
    best: int  # operator she will be with; the number of operators for none
    new: int  # plan she will be on
    once: float  # money and effort of moving, less gifts, currency
    has_deal: bool  # as ties see it
    left: int  # operator she leaves, as ties see it
    sums: Tally  # sums of the chunk of people she is in
    lines: np.ndarray  # her operator's books of her segment, one entry a line of sim.world.tables.LINES

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
    def at(self) -> Turn:
        """Her month as a step takes it."""
        o = self.shared
        return Turn(self.number, self.who, self.me, self.event, o.offers, o.month, o.params, o.degree)

    @property
    def who(self) -> Traits:
        """Her lasting traits."""
        found: Traits = self.shared.traits[self.number]
        return found

    @property
    def me(self) -> State:
        """Her state."""
        found: State = self.shared.state[self.number]
        return found

    @property
    def event(self) -> Event:
        """What the panel notes of this month."""
        found: Event = self.shared.events[self.number]
        return found

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
        self.be_called_back()
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
            if self.forced == Reason.NONE and self.me.silent == 0:
                self.pay_attention()
        elif self.dies_outside():
            return
        else:
            self.look_for_one()
        if self.forced != Reason.NONE:
            self.leave_without_choice()
            return
        self.decide()
        self.settle()
        self.close()

    def begin(self) -> bool:
        """Begin the month; tell whether she is in the market."""
        o, at = self.shared, self.at
        self.plan = closing.begin(at)
        if self.plan == ABSENT:
            closing.be_seen(at, NOBODY, False, o.shown)
            return False
        self.home = int(o.offers.plans.operator[self.plan]) if self.plan >= 0 else self.operators
        self.sums = sums_of(o.tally, self.number // CHUNK)
        self.lines = self.all_lines[self.home if self.plan >= 0 else 0]
        self.is_silent = self.plan >= 0 and self.me.silent > 0
        self.is_together = accounts.decides_together(at, o.others)
        self.flags, self.forced, self.reason, self.called, self.same, self.deals = 0, Reason.NONE, Reason.NONE, -1, 0, 0
        self.once, self.paid, self.usage, self.has_deal, self.left = 0.0, 0.0, 0.0, False, NOBODY
        self.best, self.new = self.home, self.plan
        return True

    def be_called_back(self) -> None:
        """Be called by a former operator, perhaps; then the books open."""
        self.former = contact.be_called_back(self.at, self.home, self.all_lines)
        if self.plan >= 0:
            closing.open_books(self.at, self.home, self.sums)

    def hear(self) -> None:
        """Hear from ties."""
        self.same, self.heard, self.friends_left, self.deals = service.hear(self.at, self.home, self.shared.others)

    def use(self) -> None:
        """Use the lines."""
        self.reference = self.me.reference
        self.usage = usage.use(self.at, self.home, self.shared.others, self.sums.traffic)

    def pay(self) -> None:
        """Pay the bill, collect rewards, pay for the second line."""
        margins = self.sums.margins[self.home]
        self.paid, self.reward, self.flags = usage.pay(
            self.at, self.home, self.usage * self.me.wallet, self.same, self.lines, margins
        )
        usage.pay_second(self.at, self.usage, self.all_lines)

    def meet_failure(self) -> None:
        """Meet a failure or a wrong bill, perhaps complain; and what else shakes a month."""
        self.flags |= service.meet_failure(self.at, self.home, self.lines)
        self.flags |= waking.disturbances(self.at, self.paid)

    def live_through(self) -> None:
        """Judge the month's performance."""
        on_this_line = self.usage * self.me.wallet
        self.performed = service.live_through(self.at, self.home, self.paid, self.reward, on_this_line, self.flags)

    def be_called(self) -> None:
        """Be called by the own operator, perhaps."""
        self.called = contact.be_called(self.at, self.home, self.lines)
        if self.called >= 0:
            self.flags |= Flag.CONTACTED

    def feel(self) -> None:
        """Update feelings by what the month was like."""
        service.feel(self.at, self.home, self.paid, self.performed, self.heard, self.flags)

    def be_forced_out(self) -> None:
        """Die, default, or let a prepaid line lapse or fall silent."""
        self.forced = waking.forced_out(self.at, self.paid, self.reference)

    def stay_silent(self) -> None:
        """Live a month without using the line."""
        self.forced = waking.stay_silent(self.at)

    def pay_attention(self) -> None:
        """Look around, perhaps, for a reason."""
        self.reason = waking.pay_attention(
            self.at,
            self.home,
            self.flags,
            self.friends_left,
            self.called,
            self.former,
            self.shared.scratch.hazards,
        )

    def dies_outside(self) -> bool:
        """Leave the market for good from outside, perhaps."""
        dies = waking.dies_outside(self.at)
        if dies:
            self.me.plan = ABSENT
            closing.be_seen(self.at, NOBODY, False, self.shared.shown)
        return dies

    def look_for_one(self) -> None:
        """Look for an operator, perhaps, having none."""
        self.reason = waking.look_for_one(self.at, self.former)

    def leave_without_choice(self) -> None:
        """Leave for a reason that leaves no choice."""
        moving.leave_without_choice(self.at, self.home, self.forced, self.paid, self.flags, self.sums)
        if self.forced != Reason.DEATH:
            closing.close_books(self.at, self.once, 0, self.sums)
        closing.be_seen(self.at, NOBODY, False, self.shared.shown)

    def decide(self) -> None:
        """Follow the account; or choose, where something made her look around; or be advised; or threaten to leave."""
        o, wish = self.shared, -1
        if self.is_together and not self.is_silent:
            wish = accounts.wish_of_account(self.at, o.others)
        if wish >= 0 and wish != self.home:
            self.follow_account(wish)
        elif self.reason != Reason.NONE:
            self.choose()
        elif self.plan >= 0 and 0 <= self.called < len(o.offers.calls.advice) and o.offers.calls.advice[self.called]:
            self.new = moving.be_advised(self.at, self.home, o.others, o.scratch)
        elif self.plan >= 0 and not self.is_silent:
            self.flags |= contact.threaten(self.at, self.home, self.lines)

    def follow_account(self, wish: int) -> None:
        """Move with her account to the operator it wishes for, if that has a plan for her."""
        self.new = accounts.follow_account(self.at, self.plan, wish, self.shared.others, self.shared.scratch)
        if self.new != self.plan:
            self.best, self.reason = wish, Reason.ACCOUNT

    def choose(self) -> None:
        """Weigh what is on offer, hear the save desk out, speak in her account; then take the best plan."""
        self.weigh()
        if self.plan >= 0:
            self.flags |= Flag.ATTENTIVE
            if self.best != self.home:
                self.meet_save_desk()
        if self.is_together:
            self.best = accounts.speak_for(self.at, self.best, self.home)
        if self.best < self.operators:
            self.new = best_plan(self.at, self.best, self.shared.scratch.plans)

    def weigh(self) -> None:
        """Weigh everything on offer: `shared.scratch.values` of operators, of doing without last, utils; the highest is
        best.
        """
        o = self.shared
        self.best = moving.choose(self.at, self.plan, self.former, o.others, o.scratch, self.sums)

    def meet_save_desk(self) -> None:
        """Talk to the save desk on the way out, perhaps, and stay under its offer, perhaps."""
        self.flags |= contact.save(self.at, self.home, self.best, self.shared.scratch.values, self.lines)
        if has(self.flags, Flag.SAVED):
            self.best = self.home

    def settle(self) -> None:
        """Stay, or leave and join; learn from deals; let the device age."""
        if self.plan >= 0 and self.best == self.home:
            self.stay()
        elif self.best != self.home:
            self.sums.ports[self.home, self.best] += 1
            if self.plan >= 0:
                self.leave()
            if self.best < self.operators:
                self.join()
            else:
                relation.go_without(self.me, self.home)
        moving.learn_from_deals(self.at, self.has_deal, self.deals)
        moving.age_device(self.at)

    def stay(self) -> None:
        """Stay with the operator, perhaps on another plan or under a renewed term."""
        has_talked = has(self.flags, Flag.SAVED | Flag.THREATENED)
        has_chosen = self.reason != Reason.NONE
        flags, gifts = moving.stay(self.at, self.new, has_chosen, self.called, has_talked, self.lines)
        self.flags, self.once = self.flags | flags, -gifts
        self.has_deal = moving.has_deal_for_staying(self.at, self.called, self.flags)
        if not self.is_silent:
            moving.take_bundle(self.at, self.home, self.paid)
            usage.keep_second(self.at, self.usage)

    def leave(self) -> None:
        """Leave the operator by choice, at a cost."""
        self.flags |= Flag.LEFT
        self.left = self.home
        self.once = moving.leave_by_choice(self.at, self.home, self.reason, self.sums)

    def join(self) -> None:
        """Join an operator, with what it gives to newcomers."""
        o, lines = self.shared, self.all_lines[self.best]
        origin = self.home if self.plan >= 0 else -1
        self.flags |= moving.join(self.at, self.new, origin, self.former, o.others, o.scratch, lines)
        self.once -= moving.gifts_for_joining(self.at, self.former, self.flags)
        self.same = int(o.scratch.counts[self.best]) if o.degree > 0 else 0
        self.has_deal = moving.has_deal_for_joining(self.at)
        self.event.destination = self.best

    def close(self) -> None:
        """Note what happened, book the closing state, and show it to ties."""
        self.event.happened, self.event.reason = self.flags, self.reason
        closing.close_books(self.at, self.once, self.same, self.sums)
        closing.be_seen(self.at, self.left, self.has_deal, self.shared.shown)
