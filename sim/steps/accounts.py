"""Deciding together: what an account's head or majority wants, and speaking for an operator in one's account."""

import numpy as np

from agents.rule import step
from sim.steps.flags import NOBODY, operator_in, vote_in
from sim.steps.turn import Others, Turn
from sim.steps.weighing import NEVER, Scratch, best_plan, weigh_plans


@step
def decides_together(at: Turn, others: Others) -> bool:
    """Tell whether she decides with her account this month."""
    return at.params.accounts.together and at.who.account_size > 1 and at.me.plan >= 0 and has_head(at, others)


@step
def wish_of_account(at: Turn, others: Others) -> int:
    """Return the operator that her account has decided for, as of last month's votes, or -1: its head's vote, or that
    of more than half of its members.
    """
    seen, members, by_head = others.seen, others.members, at.params.accounts.by_head
    first, size, wish = at.who.account_place, np.int64(at.who.account_size), -1
    for member in range(1 if by_head else size):
        vote, agree = vote_in(seen[members[first + member]]), 0
        for other in range(size):
            agree += 1 if vote_in(seen[members[first + other]]) == vote else 0
        if vote < at.offers.terms.shape[0] and (by_head or 2 * agree > size):
            wish = vote
    return wish


@step
def has_head(at: Turn, others: Others) -> bool:
    """Tell whether somebody can decide for her account: without its head, members are on their own."""
    if not at.params.accounts.by_head:
        return True
    return operator_in(others.seen[others.members[at.who.account_place]]) != NOBODY


@step
def follow_account(at: Turn, plan: int, wish: int, others: Others, scratch: Scratch) -> int:
    """Return the plan on which she follows her account to the operator it wishes for, or her own where none there is
    for her.
    """
    weigh_plans(at, plan, others, scratch)
    new = best_plan(at, wish, scratch.plans)
    at.me.vote = -1
    return new if scratch.plans[new] > NEVER else plan


@step
def speak_for(at: Turn, best: int, home: int) -> int:
    """Speak in the account for the operator that is best for her, and stay until it has decided; return her own."""
    at.me.vote = best if best < at.offers.terms.shape[0] and best != home else -1
    return home
