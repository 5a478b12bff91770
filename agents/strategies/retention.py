"""How an operator tries to keep customers who may leave."""

from typing import Any, ClassVar, Literal

import numpy as np

from agents.block import choice, fraction, quantity
from agents.strategies.contract import FEATURES, Action, Contact, Desk, Records, Retention, View

NOTHING = (0.0,) * len(FEATURES)
VALUE = tuple(float(name == "bill_30") for name in FEATURES)  # weights that rank customers by what they pay


class Proactive(Retention):
    """Call part of the base before it asks: random, most valuable or most at risk (by a churn model on own records)."""

    is_repeatable: ClassVar[bool] = True
    kind: Literal["proactive"] = "proactive"
    target: Literal["random", "value", "risk"] = choice("risk", meaning="whom to call: anyone, the best payers, or those a churn model calls at risk")
    depth: float = fraction(0.10, meaning="part of the base aimed at in each campaign")
    every: int = quantity(3, meaning="months between campaigns", unit="months", ge=1, le=120)
    credit: float = quantity(30.0, meaning="credit offered", unit="currency", ge=0.0, le=5000.0)
    term: int = quantity(0, meaning="term agreed to in return, where none runs (postpaid)", unit="months", ge=0, le=60)
    contact_cost: float = quantity(3.0, meaning="cost of a contact", unit="currency", ge=0.0, le=1000.0)
    rest: int = quantity(9, meaning="months before the same customer is called again", unit="months", ge=0, le=100)
    retrain: int = quantity(12, meaning="months between trainings of the churn model", unit="months", ge=1, le=120)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Aim in campaign months; train the model at the start and every `retrain` months."""
        if self.depth == 0.0 or (view.month - 1) % self.every:
            return state, Action()
        model, trained = state if state is not None else (None, None)
        if self.target == "risk" and (trained is None or view.month - trained >= self.retrain):
            learned = risk_weights(view.records())
            model, trained = (learned, view.month) if learned is not None else (model, trained)
        if self.target == "random":
            weights, threshold, random_weight = NOTHING, 1.0 - self.depth, 1.0
        else:
            weights = VALUE if self.target == "value" else tuple(model or NOTHING)  # without records yet, a draw decides
            threshold, random_weight = aim(view.records().current, weights, self.depth)
        contact = Contact(weights, random_weight, threshold, self.credit, self.term, self.contact_cost, self.rest)
        return (model, trained), Action(contacts=(contact,))


class SaveDesk(Retention):
    """Offer a leaver who can be reached a credit to stay."""

    kind: Literal["save_desk"] = "save_desk"
    reach: float = fraction(0.5, meaning="leavers who are reached", unit="share of leavers")
    credit: float = quantity(60.0, meaning="credit for staying", unit="currency", ge=0.0, le=5000.0)
    term: int = quantity(12, meaning="term agreed to in return (postpaid)", unit="months", ge=0, le=60)
    contact_cost: float = quantity(6.0, meaning="cost of a leaver reached", unit="currency", ge=0.0, le=1000.0)

    def decide(self, state: Any, view: View) -> tuple[Any, Action]:
        """Staff the desk."""
        return state, Action(desk=Desk(self.reach, self.credit, self.term, self.contact_cost))


def aim(current: np.ndarray, weights: tuple[float, ...], depth: float) -> tuple[float, float]:
    """Return the threshold that the share `depth` of the present base passes, and the weight of a uniform draw that decides between equal scores."""
    if not len(current):
        return float("inf"), 0.0
    scores = np.sort(current @ np.asarray(weights))
    wanted = depth * len(scores)
    last = float(scores[len(scores) - int(np.ceil(wanted))])
    small = 1e-6 * max(1.0, abs(last))
    above, equal = float((scores > last + small).sum()), float((np.abs(scores - last) <= small).sum())
    return last + small * (1.0 - (wanted - above) / equal), small


def risk_weights(records: Records) -> tuple[float, ...] | None:
    """Log-odds weights of leaving within three months, by ridge logit on own records (Neslin et al. 2006); None where there is too little to learn from."""
    from sklearn.linear_model import LogisticRegression

    if len(records.has_left) < 20 or records.has_left.all() or not records.has_left.any():
        return None
    model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=50).fit(records.features[:, 1:], records.has_left)
    return (float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0]))
