"""Whom an operator calls: churn and uplift models on its own records, and the threshold that meets a depth."""

import numpy as np
from numpy.typing import ArrayLike

from agents.exact import exponential, logarithm, product, solution
from agents.strategies.contract import Records

Weights = tuple[float, ...]  # of FEATURES
LEAST = 20  # records of a kind, below which nothing is learned
STEPS, HALVINGS = 50, 30  # of Newton's search, at most
EXACT = 1e-9  # slope of the misfit a record, at which the search ends


def aim(current: np.ndarray, weights: Weights, depth: float) -> tuple[float, float]:
    """Return the threshold that the share `depth` of the present base passes, and the weight of a uniform draw that
    decides between equal scores.
    """
    if not len(current):
        return float("inf"), 0.0
    scores = np.sort(product(current, weights))
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
    effect = _chances(records.features, control) - _chances(records.features, treated)
    return _logit(records.features, effect > np.quantile(effect, 1.0 - depth)) or (0.0,) * records.features.shape[1]


def _logit(features: np.ndarray, has_left: np.ndarray) -> Weights | None:
    """Log-odds weights by ridge logit: half the sum of squared weights, but the first's, which is the constant's, is
    added to the negative log-likelihood, and Newton's steps, halved where they go too far, find the least.
    """
    if len(has_left) < LEAST or has_left.all() or not has_left.any():
        return None
    x, y, ridge = np.asarray(features, dtype=np.float64), has_left.astype(np.float64), np.ones(features.shape[1])
    ridge[0] = 0.0
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = _chances(x, weights)
        slope = product(x.T, chance - y) + ridge * weights
        if np.abs(slope).max() <= EXACT * len(y):
            break
        step = solution(product((x * (chance * (1.0 - chance))[:, None]).T, x) + np.diag(ridge), slope)
        before = _misfit(x, y, ridge, weights)
        for _ in range(HALVINGS):
            if _misfit(x, y, ridge, weights - step) <= before:
                break
            step = 0.5 * step
        weights = weights - step
    return tuple(weights.tolist())


def _misfit(x: np.ndarray, y: np.ndarray, ridge: np.ndarray, weights: np.ndarray) -> float:
    """Negative log-likelihood of a logit and its ridge."""
    odds = product(x, weights)
    each = np.maximum(odds, 0.0) - y * odds + logarithm(1.0 + exponential(-np.abs(odds)))
    return float(each.sum() + 0.5 * (ridge * weights * weights).sum())


def _chances(features: np.ndarray, weights: ArrayLike) -> np.ndarray:
    """Chance of each person under a logit's weights, 0 to 1."""
    return np.asarray(1.0 / (1.0 + exponential(-product(features, weights))))
