"""How a person's month begins, and how it is booked: stock, feelings, survey, surplus, relation, and what ties will
see.
"""

import numpy as np

from agents import draws
from agents.customer import survey_answer
from agents.draws import bounded_normal
from agents.population import ABSENT, OUTSIDE, Event, State
from agents.rule import step
from agents.tables import at_occasion, booked
from sim.steps.flags import HIDDEN, NOBODY, pack
from sim.steps.moving import stage_of
from sim.steps.turn import Turn, sensitivity_of, usual_usage
from sim.steps.waking import phase_of
from sim.steps.weighing import held_shock, key_of_tastes, lean_anew, worth_of_home, worth_of_plan
from sim.steps.worth import discount_of
from sim.world.tables import LINES, TENURES, Line, Tally

begin_event, book_state = at_occasion(Event, "opens"), booked(State, LINES)


@step
def begin(at: Turn) -> int:
    """Begin a person's month: nothing has happened, and newcomers come into the market; return her plan, or a code for
    none.
    """
    begin_event(at.event)
    if at.me.plan == ABSENT and at.who.arrival == at.month.number:
        at.me.plan = OUTSIDE
    return np.int64(at.me.plan)  # type: ignore[return-value] # as wide as everywhere: int() keeps the column's width


@step
def open_books(at: Turn, home: int, sums: Tally) -> None:
    """Book a customer at the month's opening."""
    sums.lines[at.who.segment, home, Line.OPENING] += 1.0
    sums.tenures[home, min(int(at.me.tenure), TENURES - 1), 0] += 1
    if at.month.inverts:
        sums.inflow[at.me.plan, 2] += 1.0


@step
def close_books(at: Turn, paid_once: float, same: int, sums: Tally) -> None:
    """Book a person's closing state; paid_once: money and effort of switching less gifts received, currency; same: ties
    with her operator.
    """
    who, me, params = at.who, at.me, at.params
    people = sums.people[who.segment]
    sensitivity, stage = sensitivity_of(at), stage_of(at)
    people[0] += 1.0
    if me.plan < 0:
        people[1] += 1.0
        people[2] -= paid_once
        if params.choice.shock_months > 1 and abs(sensitivity) > 1e-9:
            key, doing_without = key_of_tastes(who.renewal, at.month, params), at.month.standings.shape[0]
            people[2] += held_shock(key, at.number, doing_without) / sensitivity
        sums.stages[sums.stages.shape[0] - 1, stage] += 1
        return
    home = at.offers.plans[me.plan].operator
    lines = sums.lines[who.segment, home]
    lines[Line.CLOSING] += 1.0
    book_state(me, lines)
    lines[Line.SILENT] += me.silent > 0
    sums.plans[me.plan] += 1
    sums.reputation[who.region, home, 0] += me.satisfaction
    sums.reputation[who.region, home, 1] += 1.0
    sums.trust[home] += me.trust
    sums.stages[home, stage] += 1
    sums.phases[home, phase_of(at)] += 1
    sums.scores[home, int(10.0 * answer(at) + 0.5)] += 1
    if me.second >= 0:
        sums.lines[who.segment, at.offers.plans[me.second].operator, Line.SECOND_SIMS] += 1.0
    lean_anew(at, home)
    held = np.int64(me.plan)
    plan = worth_of_plan(at, held, usual_usage(at), discount_of(at, home, float(same)), 0.0)  # type: ignore[arg-type]
    worth = worth_of_home(at, plan, me.taste + me.leaning, float(same))  # with the tastes that she holds
    people[2] += worth / sensitivity - paid_once if abs(sensitivity) > 1e-9 else 0.0


@step
def answer(at: Turn) -> float:
    """Her answer to the operator's survey, 0 to 1."""
    noise = bounded_normal(at.month.luck_key, draws.SURVEY, at.number, 0)
    return survey_answer(at.me.satisfaction, noise, at.params.satisfaction.answer_sd)


@step
def be_seen(at: Turn, left: int, has_deal: bool, shown: np.ndarray) -> None:
    """Show ties what they will see: operator, the operator left this month (NOBODY for none), satisfaction, vote, and
    whether she got a deal.
    """
    me, operator, satisfaction, vote = at.me, NOBODY, 0.0, -1
    if me.plan >= 0:
        operator, satisfaction, vote = at.offers.plans[me.plan].operator, float(me.satisfaction), int(me.vote)
    if me.muted:
        operator, left, satisfaction, has_deal = HIDDEN if me.plan >= 0 else NOBODY, NOBODY, 0.0, False
    has_deal = has_deal and me.plan >= 0
    shown[at.number] = np.uint32(pack(operator, left, satisfaction, vote, has_deal))
