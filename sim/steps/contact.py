"""Being spoken to: the operator's calls, a former operator's call, the save desk."""

import numpy as np

from agents import draws
from agents.customer import feature, one_off, threat_hazard
from agents.draws import uniform
from agents.population import LONG_AGO
from agents.rule import step
from sim.steps.flags import CALL_NOW, Flag
from sim.steps.signing import worth_of_offer
from sim.steps.turn import Turn, sensitivity_of
from sim.world.tables import Line, Terms


@step
def be_called(at: Turn, home: int, lines: np.ndarray) -> int:
    """Receive the operator's proactive contact if a round of calls aims at her; return its number, or -1.

    A wrong record is as good as a draw: whoever bears it is called as often as anybody.
    """
    me, calls, terms = at.me, at.offers.calls, at.offers.terms[home]
    called = -1
    if me.since_contact == CALL_NOW:
        me.since_contact = 0
        lines[Line.CONTACTED] += 1.0
        return int(calls.shape[0])
    for number in range(calls.shape[0]):
        call = calls[number]
        if call.operator != home or called >= 0 or me.since_contact < call.rest:
            continue
        score, threshold = score_of(at, number), call.threshold
        if terms.record_error > 0.0 and is_record_wrong(at, home, terms.record_error):
            score, threshold = uniform(at.month.luck_key, draws.TARGET, at.number, 1), 1.0 - call.depth
        if score > threshold:
            called = number
            lines[Line.CONTACTED] += 1.0
            lines[Line.CONTACT_COST] += call.cost
            lines[Line.RETENTION] += call.cost
            me.since_contact = 0
            me.credit = max(worth_of_offer(at, call.credit, call.term), 0.0)
    return called


@step
def score_of(at: Turn, number: int) -> float:
    """Score by which a round of calls aims, from her record or, for an oracle, from the true effect of a call."""
    me, recent, call = at.me, at.params.recent, at.offers.calls[number]
    is_prepaid = at.offers.plans[me.plan].prepaid == 1
    if call.oracle:
        return at.month.oracle[at.number]  # type: ignore[no-any-return]
    score = (
        call.random_weight * uniform(at.month.luck_key, draws.TARGET, at.number, 0) if call.random_weight > 0.0 else 0.0
    )
    for field in range(at.offers.call_weights.shape[1]):
        weight = at.offers.call_weights[number, field]
        if weight != 0.0:
            has_complained, was_called = me.since_complaint < recent.complaint, me.since_contact < recent.contact
            score += weight * feature(
                field, me.tenure, me.months_left, is_prepaid, me.reference, has_complained, was_called
            )
    return score


@step
def is_record_wrong(at: Turn, home: int, error: float) -> bool:
    """Tell whether what the operator has on record of her is another customer's."""
    return uniform(at.month.world_key, draws.RECORD_ERROR, at.number, home) < error


@step
def be_called_back(at: Turn, home: int, lines: np.ndarray) -> int:
    """Return the former operator who calls to win her back, or -1; lines: of all operators, (operators, LINES)."""
    me = at.me
    if me.since_left >= LONG_AGO:
        return -1
    me.since_left += 1
    former = int(me.previous)
    if at.params.attention.win_back <= 0.0 or former < 0 or former == home:
        return -1
    terms = at.offers.terms[former]
    if me.since_left > terms.win_back.window or terms.win_back.reach <= 0.0:
        return -1
    if uniform(at.month.luck_key, draws.WIN_BACK, at.number, 0) >= terms.win_back.reach:
        return -1
    lines[former, Line.CONTACT_COST] += terms.win_back.contact_cost
    lines[former, Line.ACQUISITION] += terms.win_back.contact_cost
    return former


@step
def save(at: Turn, home: int, best: int, values: np.ndarray, lines: np.ndarray) -> int:
    """Let the save desk try to hold a leaver: choose again, with the same tastes, under its offer; return flags."""
    terms = at.offers.terms[home]
    if terms.save_desk.reach <= 0.0 or uniform(at.month.luck_key, draws.DESK, at.number, 0) >= terms.save_desk.reach:
        return 0
    book_desk(terms, 0.0, lines)
    lines[Line.REACHED] += 1.0
    flags = Flag.OFFERED if terms.save_desk.credit > 0.0 else 0
    gain = worth_of_offer(at, terms.save_desk.credit, terms.save_desk.term)
    if values[home] + one_off(sensitivity_of(at), gain, at.params.horizon) <= values[best]:
        return flags
    lines[Line.HELD] += 1.0
    lines[Line.CREDITS_COST] += terms.save_desk.credit
    lines[Line.RETENTION] += terms.save_desk.credit
    return flags | Flag.SAVED


@step
def threaten(at: Turn, home: int, lines: np.ndarray) -> int:
    """Call the save desk without meaning to leave, as customers trained by deals do; return flags, none where its offer
    is not worth its term.
    """
    terms, threat = at.offers.terms[home], at.params.deals.threat
    if (
        threat <= 0.0
        or terms.save_desk.credit * terms.save_desk.reach <= 0.0
        or uniform(at.month.luck_key, draws.THREAT, at.number, 0) >= threat_hazard(at.me.proneness, threat)
        or at.offers.plans[at.me.plan].prepaid == 1
    ):
        return 0
    takes = worth_of_offer(at, terms.save_desk.credit, terms.save_desk.term) > 0.0
    book_desk(terms, terms.save_desk.credit if takes else 0.0, lines)
    lines[Line.THREATS] += 1.0
    if not takes:
        return 0
    return Flag.THREATENED | Flag.OFFERED


@step
def book_desk(terms: Terms, credit: float, lines: np.ndarray) -> None:
    """Book a talk at the save desk."""
    lines[Line.CONTACT_COST] += terms.save_desk.contact_cost
    lines[Line.CREDITS_COST] += credit
    lines[Line.RETENTION] += terms.save_desk.contact_cost + credit
