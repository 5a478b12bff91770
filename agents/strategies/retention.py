"""How an operator tries to keep customers who may leave, and to bring back those who left."""

from typing import Any, ClassVar, Literal

from agents.block import MOST_MONEY, choice, fraction, quantity
from agents.plan import Plan
from agents.strategies.contract import FEATURES, Action, Contact, Retention, View
from agents.strategies.targeting import aim, risk_weights, uplift_weights

NOTHING = (0.0,) * len(FEATURES)
VALUE = tuple(float(name == "bill_30") for name in FEATURES)  # weights that rank customers by what they pay


class Proactive(Retention):
    """Call part of the base before it asks.

    Whom: anyone, the best payers, those a churn model calls at risk, those whom a call is expected to keep (by a model
    of a randomised pilot that is paid for), or, for teaching, those whom it would in truth keep. What: a credit, a
    device upgrade under a term, or advice on the best plan.
    """

    is_repeatable: ClassVar[bool] = True
    kind: Literal["proactive"] = "proactive"
    target: Literal["random", "value", "risk", "uplift", "oracle"] = choice(
        "risk",
        meaning=(
            "whom to call: anyone, the best payers, those a churn model calls at risk, those a pilot says a call keeps,"
            " or (oracle) those it would keep"
        ),
    )
    offer: Literal["credit", "upgrade", "advice"] = choice(
        "credit", meaning="what to offer: a credit, a device of that worth under a term, or advice on the best plan"
    )
    depth: float = fraction(0.10, meaning="part of the base aimed at in each round of calls")
    every: int = quantity(3, meaning="months between rounds of calls", unit="months", ge=1, le=120)
    credit: float = quantity(
        30.0, meaning="credit, or worth of the device, offered", unit="currency", ge=0.0, le=MOST_MONEY
    )
    term: int = quantity(0, meaning="term agreed to in return, where none runs (postpaid)", unit="months", ge=0, le=60)
    contact_cost: float = quantity(3.0, meaning="cost of a contact", unit="currency", ge=0.0, le=MOST_MONEY)
    rest: int = quantity(9, meaning="months before the same customer is called again", unit="months", ge=0, le=100)
    retrain: int = quantity(12, meaning="months between trainings of the churn model", unit="months", ge=1, le=120)
    pilot: float = fraction(0.20, meaning="part of the base called at random in the pilot from which uplift is learned")

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Aim in the months of a round of calls; train the model at the start and every `retrain` months."""
        if self.depth == 0.0 or (view.month - 1) % self.every:
            return state, Action()
        model, trained = state if state is not None else (None, None)
        if self.target == "uplift":
            return self._by_uplift(model, trained, view)
        if self.target == "risk" and (trained is None or view.month - trained >= self.retrain):
            learned = risk_weights(view.records())
            model, trained = (learned, view.month) if learned is not None else (model, trained)
        if self.target == "oracle":
            effects = view.true_effects(0.0 if self.offer == "advice" else self.credit, self.term)
            threshold = (
                float(effects[min(int(self.depth * len(effects)), len(effects) - 1)]) if len(effects) else float("inf")
            )
            return (model, trained), Action(contacts=(self._contact(NOTHING, 0.0, threshold, self.depth),))
        if self.target == "random":
            return (model, trained), Action(contacts=(self._contact(NOTHING, 1.0, 1.0 - self.depth, self.depth),))
        weights = VALUE if self.target == "value" else tuple(model or NOTHING)  # without records yet, a draw decides
        threshold, random_weight = aim(view.records().current, weights, self.depth)
        return (model, trained), Action(contacts=(self._contact(weights, random_weight, threshold, self.depth),))

    def _by_uplift(self, model: Any, piloted: int | None, view: View) -> tuple[Any, Action]:
        """Run the pilot first, learn from it three months later, then aim at those whom a call keeps."""
        if piloted is None:
            return (None, view.month), Action(contacts=(self._contact(NOTHING, 1.0, 1.0 - self.pilot, self.pilot),))
        if model is None and view.month - piloted >= 3:
            model = uplift_weights(view.records(), self.depth)
        if model is None:
            return (None, piloted), Action()
        threshold, random_weight = aim(view.records().current, model, self.depth)
        return (model, piloted), Action(contacts=(self._contact(model, random_weight, threshold, self.depth),))

    def _contact(self, weights: tuple[float, ...], random_weight: float, threshold: float, depth: float) -> Contact:
        return Contact(
            weights=weights,
            random_weight=random_weight,
            threshold=threshold,
            credit=0.0 if self.offer == "advice" else self.credit,
            term=self.term,
            cost=self.contact_cost,
            rest=self.rest,
            depth=depth,
            advice=self.offer == "advice",
            upgrade=self.offer == "upgrade",
            oracle=self.target == "oracle",
        )


class SaveDesk(Retention):
    """Offer a leaver who can be reached a credit to stay."""

    kind: Literal["save_desk"] = "save_desk"
    reach: float = fraction(0.5, meaning="leavers who are reached", unit="share of leavers")
    credit: float = quantity(60.0, meaning="credit for staying", unit="currency", ge=0.0, le=MOST_MONEY)
    term: int = quantity(12, meaning="term agreed to in return (postpaid)", unit="months", ge=0, le=60)
    contact_cost: float = quantity(6.0, meaning="cost of a leaver reached", unit="currency", ge=0.0, le=MOST_MONEY)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Staff the desk."""
        return state, Action(save_desk=self)


class Onboarding(Retention):
    """Look after newcomers in their first months, when relations are most often broken off."""

    kind: Literal["onboarding"] = "onboarding"
    months: int = quantity(
        11, meaning="months of tenure in which newcomers are looked after", unit="months", ge=0, le=60
    )
    care: float = fraction(0.10, meaning="added to the care they meet", unit="0 to 1")
    habit: float = quantity(1.3, meaning="multiplier of the growth of their habit", ge=1.0, le=10.0)
    cost: float = quantity(0.6, meaning="cost", unit="currency/newcomer/month", ge=0.0, le=MOST_MONEY)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Look after newcomers."""
        return state, Action(onboarding=self if self.months else None)


class Recovery(Retention):
    """Promise an answer in time to who complains, and compensate where something has failed."""

    kind: Literal["recovery"] = "recovery"
    fast: float = fraction(0.6, meaning="part of slow resolutions that the promise makes fast")
    compensated: float = fraction(0.5, meaning="resolved complaints that are compensated")
    compensation: float = quantity(10.0, meaning="compensation", unit="currency/complaint", ge=0.0, le=MOST_MONEY)
    cost: float = quantity(
        0.05, meaning="cost of keeping the promise", unit="currency/subscriber/month", ge=0.0, le=MOST_MONEY
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Keep the promise."""
        acts = self.fast > 0.0 or self.compensated > 0.0
        return state, Action(recovery=self if acts else None)


class FirstContact(Retention):
    """Train care agents, and let the back office work for them,
    so that complaints are resolved at the first contact.
    """

    kind: Literal["first_contact"] = "first_contact"
    spend: float = quantity(
        0.25, meaning="spend on training and back office", unit="currency/subscriber/month", ge=0.0, le=MOST_MONEY
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Spend it."""
        return state, Action(training=self.spend)


class WinBack(Retention):
    """Call former customers and offer a lower fee for some months, a device, or both (Kumar, Bhagwat & Zhang 2015)."""

    kind: Literal["win_back"] = "win_back"
    window: int = quantity(12, meaning="months after leaving in which they may be called", unit="months", ge=1, le=99)
    reach: float = fraction(0.10, meaning="of them called", unit="share/month")
    promotion: float = fraction(0.20, meaning="part of the fee they are spared")
    promotion_months: int = quantity(6, meaning="how long", unit="months", ge=0, le=60)
    upgrade: float = quantity(0.0, meaning="worth of the device offered", unit="currency", ge=0.0, le=MOST_MONEY)
    contact_cost: float = quantity(4.0, meaning="cost of a call", unit="currency", ge=0.0, le=MOST_MONEY)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Call them."""
        return state, Action(win_back=self if self.reach > 0.0 else None)


class DealerCommission(Retention):
    """Pay dealers more, for new customers and for renewals: they sell what they are paid to sell."""

    kind: Literal["dealer_commission"] = "dealer_commission"
    new: float = quantity(
        20.0, meaning="commission on top of the plan's own, for a new customer", unit="currency", ge=0.0, le=MOST_MONEY
    )
    renewal: float = quantity(
        20.0, meaning="commission on top of the plan's own, for a renewal", unit="currency", ge=0.0, le=MOST_MONEY
    )

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Pay it."""
        return state, Action(dealer_commission=self if self.new + self.renewal > 0.0 else None)

    def changed(self, plan: Plan) -> dict[str, float]:
        """Return what dealers get for a plan instead of its own commission."""
        return {
            "commission_new": plan.commission_new + self.new,
            "commission_renewal": plan.commission_renewal + self.renewal,
        }
