"""Whom an operator calls: churn and uplift models on its own records, and the threshold that meets a depth."""

import numpy as np

from agents.strategies.contract import Records

Weights = tuple[float, ...]  # of FEATURES
LEAST = 20  # records of a kind, below which nothing is learned


def aim(current: np.ndarray, weights: Weights, depth: float) -> tuple[float, float]:
    """Return the threshold that the share `depth` of the present base passes, and the weight of a uniform draw that
    decides between equal scores.
    """
    if not len(current):
        return float("inf"), 0.0
    scores = np.sort(current @ np.asarray(weights))
    wanted = depth * len(scores)
    last = float(scores[len(scores) - int(np.ceil(wanted))])
    small = 1e-6 * max(1.0, abs(last))
    above, equal = float((scores > last + small).sum()), float((np.abs(scores - last) <= small).sum())
    return last + small * (1.0 - (wanted - above) / equal), small


def risk_weights(records: Records) -> Weights | None:
    """Log-odds weights of leaving within three months, by ridge logit on own records (Neslin et al. 2006); None where
    there is too little to learn from.
    """
    return _logit(records.features, records.has_left)


def uplift_weights(records: Records, depth: float) -> Weights | None:
    """Log-odds weights of being among the share `depth` whose chance of leaving a call lowers most; None where there is
    too little to learn from.

    Two churn models, one of those called in the pilot and one of the others (T-learner: Kunzel et al. 2019; uplift in
    retention: Ascarza 2018). Their difference is not linear in the features, as the score of a call is: the score is
    fitted to who will be called, not to effects far from the margin. All weights are 0 where a call does the same to
    everybody.
    """
    called = records.was_called
    treated, control = (
        _logit(records.features[called], records.has_left[called]),
        _logit(records.features[~called], records.has_left[~called]),
    )
    if treated is None or control is None:
        return None
    chances = [1.0 / (1.0 + np.exp(-(records.features @ np.asarray(weights)))) for weights in (control, treated)]
    effect = chances[0] - chances[1]
    return _logit(records.features, effect > np.quantile(effect, 1.0 - depth)) or (0.0,) * records.features.shape[1]


def _logit(features: np.ndarray, has_left: np.ndarray) -> Weights | None:
    """Log-odds weights by ridge logit."""
    from sklearn.linear_model import LogisticRegression

    if len(has_left) < LEAST or has_left.all() or not has_left.any():
        return None
    model = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=50).fit(features[:, 1:], has_left)
    return (float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0]))
