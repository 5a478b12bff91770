"""How a relation with an operator begins and ends, whoever brings it about: she herself, her account, or an experiment.

What each column is then stands beside it, in agents/population.py; here is what depends on more than the column.
"""

from typing import Any

from agents.population import State
from agents.rule import step
from agents.tables import at_occasion
from sim.choice import bill_on, lean, promotion_of, taste_for

begin_columns, end_relation, be_without = (at_occasion(State, occasion) for occasion in ("joins", "leaves", "outside"))


@step
def begin_relation(
    i: int, plan: int, origin: int, former: int, who: Any, me: Any, offers: Any, month: Any, params: Any
) -> None:
    """Begin with a plan's operator as anybody does; origin: operator left for it, former: one that called her back, -1
    for none.
    """
    offer = offers.plans[plan]
    j = offer.operator
    terms = offers.terms[j]
    me.won_back = 1 if me.previous == j else 0
    begin_columns(me)
    if origin >= 0:
        me.previous, me.since_left = origin, 0
    known = month.reputation[who.region, j]
    me.plan = plan
    me.joined, me.months_left = month.number, offer.term
    me.satisfaction, me.expectation = known, 0.5 * (known + terms.advertised)
    me.commitment, me.trust = params.bonds.commitment_start, month.trust[j]
    me.promotion, me.promotion_left = offer.promotion, offer.promotion_months
    if former == j and terms.return_promotion > 0.0:
        me.promotion, me.promotion_left = (
            max(terms.return_promotion, offer.promotion),
            max(terms.return_months, offer.promotion_months),
        )
    me.reference = bill_on(plan, who.usage * me.scale, promotion_of(me), 0.0, offers)
    me.taste = taste_for(i, j, who, month, params)
    lean(i, j, True, who, me, month, params)
    me.debt = offer.device_debt
    if offer.subsidy_new + upgrade_of(j, former, offers) + offer.device_debt > 0.0:
        me.device_age = 0
    if me.second >= 0 and offers.plans.operator[me.second] == j:
        me.second, me.wallet = -1, 1.0


@step
def upgrade_of(operator: int, former: int, offers: Any) -> float:
    """Worth of what a former operator that called adds for coming back, currency."""
    return offers.terms.return_upgrade[operator] if former == operator else 0.0


@step
def go_without(home: int, me: Any) -> None:
    """Be without operator once a relation has ended."""
    be_without(me)
    me.previous, me.since_left = home, 0
