"""What being bound costs a person before she is: which term she signs, and which offers with a term she takes."""

from agents import draws
from agents.customer import binding_cost, own_dislike, own_doubt, reckoned_fee
from agents.draws import bounded_normal
from agents.rule import step
from sim.steps.turn import Turn
from sim.steps.worth import fee_of


@step
def dislike_of(at: Turn) -> float:
    """Her dislike of being bound, share of a month's fee for each month; drawn, not stored."""
    binding = at.params.binding
    if binding.dislike <= 0.0:
        return 0.0
    draw = bounded_normal(at.month.world_key, draws.BINDING, at.number, 0) if binding.dislike_sd > 0.0 else 0.0
    return own_dislike(binding.dislike, binding.dislike_sd, draw)


@step
def doubt_of(at: Turn) -> float:
    """Hazard with which she expects to want to leave, per month."""
    return own_doubt(at.params.binding.doubt, at.who.attention)


@step
def running_of(at: Turn) -> int:
    """Months of her term that are left after this one."""
    return max(at.me.months_left - 1, 0)


@step
def cost_of_binding(at: Turn, plan: int, running: int, months: int, dislike: float) -> float:
    """What being bound to a plan for so many months costs her, who is bound for those that run, currency, once."""
    etf, fee, doubt = at.offers.plans[plan].etf, fee_of(at, plan), doubt_of(at)
    whole = binding_cost(months, fee, dislike, reckoned_fee(etf, months, doubt))
    return whole - binding_cost(running, fee, dislike, reckoned_fee(etf, running, doubt))


@step
def part_of_term(at: Turn, plan: int, months: int) -> float:
    """Part of a plan's subsidy that so many months bring: in proportion to its term; all of it where it has none."""
    term = at.offers.plans[plan].term
    return months / term if term > 0 else 1.0


@step
def gain_of_signing(at: Turn, plan: int, running: int, months: int, subsidy: float, dislike: float) -> float:
    """Worth of signing for so many months of a plan, currency, once: the subsidy's part for those beyond the months
    that run, less what being bound costs, less what she reckons to owe on the device when she leaves.
    """
    offer = at.offers.plans[plan]
    gain = subsidy * part_of_term(at, plan, months - running)
    gain -= cost_of_binding(at, plan, running, months, dislike)
    if offer.device_debt > 0.0:
        gain -= reckoned_fee(offer.device_debt / offer.debt_months, int(offer.debt_months), doubt_of(at))
    return gain


@step
def signed(at: Turn, plan: int, running: int, subsidy: float, may_decline: bool, dislike: float) -> tuple[int, float]:
    """Months of a plan that she would sign for, given its subsidy (currency) and the months that run, and what that is
    worth, currency, once: the term, or the shorter one that the law has offered beside it; nothing where she may
    decline, being there already, and both are a loss.
    """
    offer = at.offers.plans[plan]
    best, most = int(offer.term), gain_of_signing(at, plan, running, offer.term, subsidy, dislike)
    if offer.short_term > running:
        gain = gain_of_signing(at, plan, running, offer.short_term, subsidy, dislike)
        if gain > most:
            best, most = int(offer.short_term), gain
    return (0, 0.0) if may_decline and most <= 0.0 else (best, most)


@step
def worth_of_offer(at: Turn, credit: float, term: int) -> float:
    """Worth of an offer to stay on her plan, currency, once: its credit, less what the months cost by which its term
    binds her longer. She takes it where that is above 0.
    """
    plan, running = at.me.plan, running_of(at)
    if term <= running or at.offers.plans[plan].prepaid == 1:
        return credit
    return credit - cost_of_binding(at, plan, running, term, dislike_of(at))
