"""Being spoken to: the operator's campaigns, a former operator's call, the save desk."""

from typing import Any

from agents import draws
from agents.customer import feature, one_off, threat_hazard
from agents.draws import uniform
from agents.population import LONG_AGO
from agents.rule import step
from sim.steps.flags import CALL_NOW, Flag
from sim.tables import Line


@step
def be_called(i: int, j: int, me: Any, offers: Any, month: Any, lines: Any, prepaid: int) -> int:
    """Receive the operator's proactive contact if a campaign aims at her; return the campaign's number, or -1.

    A wrong record is as good as a draw: whoever bears it is called as often as anybody.
    """
    terms = offers.terms[j]
    called = -1
    if me.since_contact == CALL_NOW:
        me.since_contact = 0
        lines[Line.CONTACTED] += 1.0
        return int(offers.calls.shape[0])
    for c in range(offers.calls.shape[0]):
        if offers.calls.operator[c] != j or called >= 0 or me.since_contact < offers.calls.rest[c]:
            continue
        score = (
            offers.calls.lottery[c] * uniform(month.luck_key, draws.TARGET, i, 0)
            if offers.calls.lottery[c] > 0.0
            else 0.0
        )
        for k in range(offers.call_weights.shape[1]):
            weight = offers.call_weights[c, k]
            if weight != 0.0:
                score += weight * feature(
                    k,
                    me.tenure,
                    me.months_left,
                    prepaid == 1,
                    me.reference,
                    me.since_complaint < 6,
                    me.since_contact < 3,
                )
        if offers.calls.oracle[c]:
            score = month.oracle[i]
        threshold = offers.calls.threshold[c]
        if terms.record_error > 0.0 and uniform(month.world_key, draws.RECORD_ERROR, i, j) < terms.record_error:
            score, threshold = uniform(month.luck_key, draws.TARGET, i, 1), 1.0 - offers.calls.depth[c]
        if score > threshold:
            called = c
            lines[Line.CONTACTED] += 1.0
            lines[Line.CONTACT_COST] += offers.calls.cost[c]
            lines[Line.RETENTION] += offers.calls.cost[c]
            me.since_contact = 0
            me.credit = offers.calls.credit[c]
    return called


@step
def be_courted(i: int, home: int, me: Any, offers: Any, month: Any, params: Any, lines: Any) -> int:
    """Return the former operator who calls to win her back, or -1; lines: of all operators, (operators, LINES)."""
    if me.since_left >= LONG_AGO:
        return -1
    me.since_left += 1
    former = int(me.previous)
    if params.attention.win_back <= 0.0 or former < 0 or former == home:
        return -1
    terms = offers.terms[former]
    if me.since_left > terms.return_window or terms.return_reach <= 0.0:
        return -1
    if uniform(month.luck_key, draws.WIN_BACK, i, 0) >= terms.return_reach:
        return -1
    lines[former, Line.CONTACT_COST] += terms.return_cost
    lines[former, Line.ACQUISITION] += terms.return_cost
    return former


@step
def save(i: int, j: int, best: int, who: Any, offers: Any, month: Any, params: Any, values: Any, lines: Any) -> int:
    """Let the save desk try to hold a leaver: choose again, with the same tastes, under its offer; return flags."""
    terms = offers.terms[j]
    if terms.desk_reach <= 0.0 or uniform(month.luck_key, draws.DESK, i, 0) >= terms.desk_reach:
        return 0
    book_desk(j, 0.0, offers, lines)
    lines[Line.REACHED] += 1.0
    flags = Flag.OFFERED if terms.desk_credit > 0.0 else 0
    if (
        values[j] + one_off(who.price_sensitivity * month.sensitivity, terms.desk_credit, params.horizon)
        <= values[best]
    ):
        return flags
    lines[Line.HELD] += 1.0
    lines[Line.CREDITS_COST] += terms.desk_credit
    lines[Line.RETENTION] += terms.desk_credit
    return flags | Flag.SAVED


@step
def threaten(i: int, j: int, me: Any, offers: Any, month: Any, params: Any, lines: Any) -> int:
    """Call the save desk without meaning to leave, as customers trained by deals do; return flags."""
    terms = offers.terms[j]
    if (
        params.deals.threat <= 0.0
        or terms.desk_credit * terms.desk_reach <= 0.0
        or uniform(month.luck_key, draws.THREAT, i, 0) >= threat_hazard(me.proneness, params.deals.threat)
        or offers.plans.prepaid[me.plan] == 1
    ):
        return 0
    book_desk(j, terms.desk_credit, offers, lines)
    lines[Line.THREATS] += 1.0
    return Flag.THREATENED | Flag.OFFERED


@step
def book_desk(j: int, credit: float, offers: Any, lines: Any) -> None:
    """Book a talk at the save desk."""
    terms = offers.terms[j]
    lines[Line.CONTACT_COST] += terms.desk_cost
    lines[Line.CREDITS_COST] += credit
    lines[Line.RETENTION] += terms.desk_cost + credit
