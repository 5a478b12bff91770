"""Deciding together: what an account's head or majority wants, and speaking for an operator in one's account."""

from typing import Any

import numpy as np

from agents.rule import step
from sim.choice import NEVER, best_plan, weigh_plans
from sim.steps.flags import NOBODY, operator_in, vote_in


@step
def decides_together(who: Any, plan: int, members: Any, seen: Any, params: Any) -> bool:
    """Tell whether she decides with her account this month."""
    return params.accounts.together and who.account_size > 1 and plan >= 0 and has_head(who, members, seen, params)


@step
def wish_of_account(operators: int, who: Any, members: Any, seen: Any, params: Any) -> int:
    """Return the operator that her account has decided for, as of last month's votes, or -1: its head's vote, or that
    of more than half of its members.
    """
    first, size, wish = who.account_place, np.int64(who.account_size), -1
    for member in range(1 if params.accounts.by_head else size):
        vote, agree = vote_in(seen[members[first + member]]), 0
        for other in range(size):
            agree += 1 if vote_in(seen[members[first + other]]) == vote else 0
        if vote < operators and (params.accounts.by_head or 2 * agree > size):
            wish = vote
    return wish


@step
def has_head(who: Any, members: Any, seen: Any, params: Any) -> bool:
    """Tell whether somebody can decide for her account: without its head, members are on their own."""
    if not params.accounts.by_head:
        return True
    return operator_in(seen[members[who.account_place]]) != NOBODY


@step
def follow_account(
    i: int,
    wish: int,
    plan: int,
    degree: int,
    who: Any,
    me: Any,
    offers: Any,
    month: Any,
    params: Any,
    ties: Any,
    seen: Any,
    scratch: Any,
) -> int:
    """Return the plan on which she follows her account to the operator it wishes for, or her own where none there is
    for her.
    """
    weigh_plans(i, plan, degree, who, me, offers, month, params, ties, seen, scratch)
    new = best_plan(i, wish, offers, month, params, scratch.plans)
    me.vote = -1
    return new if scratch.plans[new] > NEVER else plan


@step
def speak_for(best: int, j: int, operators: int, me: Any) -> int:
    """Speak in the account for the operator that is best for her, and stay until it has decided; return her own."""
    me.vote = best if best < operators and best != j else -1
    return j
