"""How long a caller waits for care, and who gives up: the queue in front of an operator's agents.

Calls arrive at random, take an exponential time to handle, and callers' patience is exponential (M/M/n+M, Erlang A);
without patience limits it is Erlang C, without a queue Erlang B. Waiting is very non-linear near a load of one call per
agent, so service levels come from the queue itself and not from a curve. Time is in whatever unit the inputs share.
"""

import math
from typing import NamedTuple

from agents.rule import rule

NEGLIGIBLE = 1e-30  # states less likely than this, relative to the likeliest, are left out


class Waiting(NamedTuple):
    """What callers meet in the long run."""

    wait_probability: float  # share of callers who find every agent busy
    abandonment: float  # share of callers who give up
    mean_wait: float  # of all callers, answered or not, in the unit of handling time
    utilisation: float  # share of agents' time spent on calls


@rule
def erlang_b(load: float, agents: int) -> float:
    """Probability that a caller finds every agent busy and is turned away, 0 to 1.

    Formula: B(0) = 1, B(n) = load B(n-1) / (n + load B(n-1)), with load in erlang (calls arriving during one handling
    time). Source: Erlang (1917); the M/M/n/n limit of Garnett, Mandelbaum & Reiman (2002) where nobody waits.
    """
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


@rule
def erlang_c(load: float, agents: int) -> float:
    """Probability that a caller waits if nobody gives up, 0 to 1; 1 where the queue grows without end.

    Formula: C = n B / (n - load (1 - B)) for load < n, with B from `erlang_b`; the mean wait is C handling / (n -
    load). Source: Erlang (1917); the limit of Garnett, Mandelbaum & Reiman (2002) for endless patience.
    """
    if load >= agents:
        return 1.0
    blocked = erlang_b(load, agents)
    return agents * blocked / (agents - load * (1.0 - blocked))


@rule
def exits(calls: int, handling: float, patience: float, agents: int) -> float:
    """Rate at which calls end, handled or given up, when so many are present, per unit of time."""
    return min(calls, agents) / handling + max(calls - agents, 0) / patience


@rule
def erlang_a(arrivals: float, handling: float, patience: float, agents: int) -> Waiting:
    """Waiting, giving up and utilisation of a queue whose callers have limited patience (probabilities, time, share).

    `arrivals` is calls per unit of time, `handling` and `patience` are mean times. Formula: the stationary law of the
    birth-death chain of calls present, p(k) = p(k-1) arrivals / exits(k), found from its mode outwards; callers see
    that law, abandonment = E[queue] / (arrivals patience), mean wait = E[queue] / arrivals.
    Edges: without calls nobody waits; without agents everyone waits until patience ends; with patience 0 everyone who
    finds all busy gives up; with endless patience it is Erlang C, and where that overflows the wait is infinite and
    the share given up is what cannot be handled.
    Source: Palm (1957); Garnett, Mandelbaum & Reiman (2002).
    """
    if agents <= 0:
        return Waiting(1.0, 1.0, float(patience), 0.0)
    if arrivals <= 0.0 or handling <= 0.0:
        return Waiting(0.0, 0.0, 0.0, 0.0)
    load = arrivals * handling
    if patience <= 0.0:
        blocked = erlang_b(load, agents)
        return Waiting(blocked, blocked, 0.0, load * (1.0 - blocked) / agents)
    if math.isinf(patience):
        if load >= agents:
            return Waiting(1.0, 1.0 - agents / load, math.inf, 1.0)
        waits = erlang_c(load, agents)
        return Waiting(waits, 0.0, waits * handling / (agents - load), load / agents)

    mode = math.floor(load) if load < agents else agents + math.floor((load - agents) * patience / handling)
    calls, weight = mode, 1.0  # weights are relative to the mode's, so that none overflows
    while calls > 0 and weight > NEGLIGIBLE:
        weight *= exits(calls, handling, patience, agents) / arrivals
        calls -= 1
    total = waiting = queue_length = busy = 0.0
    while calls <= mode or weight > NEGLIGIBLE:
        total += weight
        busy += weight * min(calls, agents)
        if calls >= agents:
            waiting += weight
            queue_length += weight * (calls - agents)
        calls += 1
        weight *= arrivals / exits(calls, handling, patience, agents)
    mean_wait = queue_length / total / arrivals
    return Waiting(waiting / total, mean_wait / patience, mean_wait, busy / total / agents)


@rule
def queue(arrivals: float, handling: float, patience: float, agents: float) -> Waiting:
    """Erlang A for a number of agents that need not be whole (probabilities, time, share).

    A part-time agent is there for that part of the time: waiting and giving up are interpolated between the whole
    numbers around, and so is the number of busy agents: utilisation = arrivals handling (1 - abandonment) / agents.
    Source: Garnett, Mandelbaum & Reiman (2002).
    """
    whole = math.floor(max(agents, 0.0))
    part = max(agents, 0.0) - whole
    low = erlang_a(arrivals, handling, patience, whole)
    if part == 0.0:
        return low
    high = erlang_a(arrivals, handling, patience, whole + 1)
    return Waiting(
        (1.0 - part) * low.wait_probability + part * high.wait_probability,
        (1.0 - part) * low.abandonment + part * high.abandonment,
        (1.0 - part) * low.mean_wait + part * high.mean_wait,
        ((1.0 - part) * whole * low.utilisation + part * (whole + 1) * high.utilisation) / agents,
    )


@rule
def update_morale(morale: float, load: float, seats: float, bearable: float, loss: float, speed: float) -> float:
    """Let agents' morale follow how overloaded they are, 0 to 1 (Deery, Iverson & Walsh 2002).

    load: calls arriving during one handling time (erlang); bearable: load a seat that leaves morale whole; loss: morale
    lost per unit of load a seat beyond it, in the long run.
    """
    if seats <= 0.0:
        return morale
    excess = load / seats - bearable
    target = 1.0 - loss * excess if excess > 0.0 else 1.0
    return morale + speed * (max(target, 0.0) - morale)


@rule
def first_contact(resolved: float, spend: float, scale: float, morale: float, abandonment: float) -> float:
    """Share of complaints resolved: training and a back office that works for the front take away part of the failures
    to resolve (Heskett et al. 1994).

    An abandoned call resolves nothing, and tired agents resolve less.
    """
    return (1.0 - (1.0 - resolved) * math.exp(-spend / scale)) * morale * (1.0 - abandonment)
