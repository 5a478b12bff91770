"""Which parameters the targets identify: standard errors, the J statistic, and the directions in which the fit hardly
changes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

WIDE = 0.15  # of the range: half the standard deviation (0.29) of somebody who knows the range and no more
LOADING = 0.5  # from which a parameter is part of a direction
MISS = 0.05  # probability below which a J is not put down to chance
EDGE = 0.01  # of the range: nearer to its end, an estimate is at the end


class Identification(NamedTuple):
    """What the slopes at the best point tell. Parameters in shares of their ranges."""

    covariance: np.ndarray  # (parameters, parameters), sandwich
    se: np.ndarray  # (parameters,)
    misfit: float  # factor on standard errors where the model misses its targets by more than chance, at least 1
    directions: np.ndarray  # (parameters, parameters), a column a direction, the weakest first
    spreads: np.ndarray  # (parameters,), standard error along each direction, of the weights alone
    condition: float  # of the Jacobian in standard errors per range
    j: float  # objective at the best point
    degrees: int  # moments less parameters
    p: float  # of so large a J by chance

    @property
    def wide(self) -> np.ndarray:
        """Standard errors with the misfit in."""
        return self.se * self.misfit


def identify(slope: np.ndarray, residual: np.ndarray, covariance: np.ndarray) -> Identification:
    """Judge a fit by simulated moments with diagonal weights.

    Parameters
    ----------
    slope : (moments, parameters), Jacobian A of the residuals per whole range, in units of standard errors
    residual : (moments,), in units of standard errors
    covariance : (moments, moments), S of the residuals: their errors need be neither independent nor of variance 1

    Notes
    -----
    Sandwich (A'A)^-1 A'SA (A'A)^-1 (McFadden 1989; Pakes & Pollard 1989). J = r'r is, as weights are diagonal and
    moments correlated, a weighted sum of chi-squares: its p comes from a scaled chi-square of the same mean and
    variance (Satterthwaite 1946). Where chance does not explain J (p below MISS), standard errors are widened by the
    root of J over its expectation (Birge 1932): the model misses its targets, and its parameters are known no better
    than that.

    """
    count, parameters = slope.shape
    inverse = np.linalg.pinv(slope.T @ slope)
    sandwich = inverse @ slope.T @ covariance @ slope @ inverse
    left = (np.eye(count) - slope @ inverse @ slope.T) @ covariance
    j, degrees = float(residual @ residual), count - parameters
    first, second = float(np.trace(left)), float(np.trace(left @ left))
    p = float(stats.chi2.sf(j * first / second, first**2 / second)) if second > 0.0 and degrees > 0 else float("nan")
    values, directions = np.linalg.eigh(slope.T @ slope)
    with np.errstate(divide="ignore"):
        spreads = 1.0 / np.sqrt(np.maximum(values, 0.0))
    condition = float(np.sqrt(values[-1] / values[0])) if values[0] > 0.0 else float("inf")
    known = np.diag(slope.T @ slope) > 0.0  # a parameter that moves nothing has no standard error
    se = np.where(known, np.sqrt(np.maximum(np.diag(sandwich), 0.0)), np.inf)
    misfit = max(1.0, float(np.sqrt(j / first))) if p < MISS else 1.0
    return Identification(sandwich, se, misfit, directions, spreads, condition, j, degrees, p)


def verdicts(found: Identification, point: np.ndarray) -> list[str]:
    """Say of each parameter why it is not identified; empty where it is.

    Identified: the estimate is not at an end of its range, its standard error (misfit in) is at most WIDE of the range,
    and it is no part (loading above LOADING) of a direction along which the standard error exceeds that.
    """
    words = []
    weak = found.spreads * found.misfit > WIDE
    for k, x in enumerate(point):
        if min(x, 1.0 - x) < EDGE:
            words.append("at the end of its range")
        elif not found.wide[k] <= WIDE:
            words.append("standard error too wide")
        elif (np.abs(found.directions[k, weak]) > LOADING).any():
            words.append("moves with others")
        else:
            words.append("")
    return words


def direction_in_words(loadings: np.ndarray, names: Sequence[str]) -> str:
    """Say what moves together along a direction, the strongest first, four at most.

    >>> direction_in_words(np.array([0.8, -0.6, 0.05]), ["hassle", "base", "rate"])
    'hassle up with base down (0.80, -0.60)'
    """
    order = [k for k in np.argsort(-np.abs(loadings), kind="stable") if abs(loadings[k]) >= 0.3][:4]
    sign = 1.0 if loadings[order[0]] >= 0.0 else -1.0
    moves = [f"{names[k]} {'up' if sign * loadings[k] > 0.0 else 'down'}" for k in order]
    numbers = ", ".join(f"{sign * loadings[k]:.2f}" for k in order)
    return f"{moves[0]}{' with ' if len(moves) > 1 else ''}{' and '.join(moves[1:])} ({numbers})"
