"""How a relation with an operator begins and ends, whoever brings it about: she herself, her account, or an experiment.

What each column is then stands beside it, in agents/population.py; here is what depends on more than the column.
"""

from agents.customer import first_expectation
from agents.population import State
from agents.rule import step
from agents.tables import at_occasion
from sim.steps.signing import dislike_of, signed
from sim.steps.turn import Turn
from sim.steps.weighing import lean, taste_for
from sim.steps.worth import bill_on, promotion_of
from sim.world.tables import Offers

begin_columns, end_relation, be_without = (at_occasion(State, occasion) for occasion in ("joins", "leaves", "outside"))


@step
def begin_relation(at: Turn, plan: int, origin: int, former: int) -> None:
    """Begin with a plan's operator as anybody does; origin: operator left for it, former: one that called her back, -1
    for none.
    """
    who, me, offer = at.who, at.me, at.offers.plans[plan]
    operator = offer.operator
    terms = at.offers.terms[operator]
    me.won_back = 1 if me.previous == operator else 0
    begin_columns(me)
    if origin >= 0:
        me.previous, me.since_left = origin, 0
    known = at.month.places[who.region, operator].reputation
    me.plan = plan
    me.joined, me.etf = at.month.number, offer.etf
    me.months_left, _ = signed(at, plan, 0, offer.subsidy_new, False, dislike_of(at))
    me.satisfaction = known
    me.expectation = first_expectation(known, terms.advertised, at.params.satisfaction.expectation_start)
    me.commitment, me.trust = at.params.bonds.commitment_start, at.month.standings[operator].trust
    me.promotion, me.promotion_left = offer.promotion, offer.promotion_months
    if former == operator and terms.win_back.promotion > 0.0:
        me.promotion = max(terms.win_back.promotion, offer.promotion)
        me.promotion_left = max(terms.win_back.promotion_months, offer.promotion_months)
    me.reference = bill_on(at, plan, who.usage * me.scale, promotion_of(me), 0.0)
    me.taste = taste_for(at, operator)
    lean(at, operator)
    me.debt = offer.device_debt
    if offer.subsidy_new + upgrade_of(at.offers, operator, former) + offer.device_debt > 0.0:
        me.device_age = 0
    if me.second >= 0 and at.offers.plans[me.second].operator == operator:
        me.second, me.wallet = -1, 1.0


@step
def upgrade_of(offers: Offers, operator: int, former: int) -> float:
    """Worth of what a former operator that called adds for coming back, currency."""
    return offers.terms[operator].win_back.upgrade if former == operator else 0.0


@step
def go_without(me: State, home: int) -> None:
    """Be without operator once a relation has ended."""
    be_without(me)
    me.previous, me.since_left = home, 0
