"""What a market is measured by: each measure defined once, with formula, unit and source.

The market's tables, the report and the documentation call these same functions. A number that cannot be (a negative
count, a score of 11) is an error; a measure of nothing (no subscribers, nobody surveyed) is NaN.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]

# --- concentration and inequality ------------------------------------------------------------------------------------


def hhi(subscribers: ArrayLike) -> float:
    """Measure how concentrated a market is (Herfindahl-Hirschman index), 0 to 1.

    Formula: sum over operators of share^2, share = own subscribers / all subscribers. 1 / hhi is the number of
    operators of equal size that would be as concentrated.
    Unit: 1; times 10,000 on the scale of competition authorities. NaN where nobody subscribes.
    Source: Hirschman (1964); US DoJ & FTC (2010), Horizontal Merger Guidelines.

    >>> round(hhi([30, 30, 20, 20]), 4)
    0.26
    """
    counts = _numbers(subscribers, "subscribers", low=0.0)
    total = counts.sum()
    return float(np.sum((counts / total) ** 2)) if total > 0.0 else float("nan")


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Measure how unequally something is spread over people, 0 (equal) to 1 (one has all).

    Formula: twice the area between the Lorenz curve and the diagonal = 1 - sum_i w_i (L_(i-1) + L_i), with w_i the
    population share of person i in ascending order of value and L_i the cumulative value share. This is the formula
    for a population: no factor n / (n - 1).
    Unit: 1. Values may not be negative. NaN where there is nothing to share.
    Source: Gini (1914); Gastwirth (1972).

    >>> round(gini([1, 1, 1, 5]), 4)
    0.375
    """
    population, value = lorenz(_numbers(values, "values", low=0.0), weights)
    return float(value[-1] - np.sum(np.diff(population) * (value[:-1] + value[1:])))  # the last is 1, or NaN


def lorenz(values: ArrayLike, weights: ArrayLike | None = None) -> tuple[Array, Array]:
    """Draw how much of the value the poorest people hold: points of the Lorenz curve, shares 0 to 1.

    Formula: people in ascending order of value; cumulative share of people, cumulative share of value, both from 0.
    Unit: share. Values may be negative (customers served at a loss: the curve then dips below 0, Storbacka 1997); all
    value shares are NaN where the values do not sum to more than 0.
    Source: Lorenz (1905).

    Parameters
    ----------
    values : (people,)
    weights : (people,), how many people each value stands for; 1 each where left out

    Returns
    -------
    population, value : (people + 1,) each
    """
    value = _numbers(values, "values")
    weight = _weights(weights, value)
    order = np.argsort(value, kind="stable")
    return _cumulative_share(weight[order]), _cumulative_share((weight * value)[order])


def _cumulative_share(parts: Array) -> Array:
    """Shares of the total held by the first 0, 1, 2, ... parts, shape (parts + 1,); NaN unless the total is above 0."""
    sums = np.concatenate(([0.0], np.cumsum(parts)))
    return sums / sums[-1] if sums[-1] > 0.0 else np.full_like(sums, np.nan)


def top_share(values: ArrayLike, share: float, weights: ArrayLike | None = None) -> float:
    """Measure what part of the value the best customers hold, share.

    Formula: 1 - L(1 - share), with L the Lorenz curve, straight between its points: a customer on the boundary counts
    in part. The worst customers hold 1 - top_share(values, 1 - share).
    Unit: share; above 1 where others are served at a loss; NaN where the values do not sum to more than 0.
    Source: Lorenz (1905); the 80/20 rule of Juran (1954).

    >>> round(top_share([1, 1, 1, 1, 16], 0.2), 4)
    0.8
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share: {share} is outside 0..1")
    population, value = lorenz(values, weights)
    return float(1.0 - np.interp(1.0 - share, population, value))


# --- recommendation --------------------------------------------------------------------------------------------------


def nps(scores: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Measure how many more would recommend than warn (net promoter score), -100 to 100.

    Formula: 100 (share of promoters - share of detractors); promoters answer 9 or 10, detractors 6 or less, to "how
    likely is it that you would recommend us", 0 to 10. Its standard error is the standard deviation of the single
    answers' scores (100, 0 or -100) / sqrt(n).
    Unit: points. NaN where nobody was surveyed.
    Source: Reichheld (2003).

    >>> nps([10, 9, 8, 3])
    25.0
    """
    score = _numbers(scores, "scores", low=0.0, high=10.0)
    weight = _weights(weights, score)
    total = weight.sum()
    net = weight[score >= 9.0].sum() - weight[score <= 6.0].sum()
    return float(100.0 * net / total) if total > 0.0 else float("nan")


# --- customer value --------------------------------------------------------------------------------------------------


def clv(
    margin: ArrayLike, retention: ArrayLike, discount: ArrayLike, first: Literal["now", "next"] = "now"
) -> float | Array:
    """Value a customer's expected margins of all time (customer lifetime value), currency.

    Formula: constant margin, retention and discount, endless horizon. first="next": the first margin comes after one
    period if the customer stays, margin retention / (1 + discount - retention). first="now": it comes at once for
    certain, margin (1 + discount) / (1 + discount - retention), one margin more.
    Unit: that of margin, per customer. All rates are per period of the margin. Arrays are broadcast; NaN stays NaN.
    Source: Gupta & Lehmann (2003). With customers who differ, the mean retention understates the mean value (Fader &
    Hardie 2010).

    >>> round(clv(1.0, 0.9, 0.12, first="next"), 2)
    4.09
    """
    if first not in ("now", "next"):
        raise ValueError(f"first: '{first}' is neither 'now' nor 'next'")
    value = np.asarray(margin, dtype=np.float64) * _multiple(retention, discount)
    return _plain(
        value
        if first == "now"
        else value * np.asarray(retention, dtype=np.float64) / (1.0 + np.asarray(discount, dtype=np.float64))
    )


def clv_elasticity(retention: ArrayLike, discount: ArrayLike) -> float | Array:
    """Tell by how many per cent customer lifetime value (first="next") grows with one per cent more retention.

    Formula: d ln clv / d ln retention = (1 + discount) / (1 + discount - retention).
    Unit: 1 (per cent per per cent). Arrays are broadcast; NaN stays NaN.
    Source: Gupta & Lehmann (2003); Gupta, Lehmann & Stuart (2004).

    >>> round(clv_elasticity(0.9, 0.12), 2)
    5.09
    """
    return _plain(_multiple(retention, discount))


def _multiple(retention: ArrayLike, discount: ArrayLike) -> Array:
    """Sum of (retention / (1 + discount))^t over t = 0, 1, ...: what a margin of 1 from now on is worth."""
    stay = np.asarray(retention, dtype=np.float64)
    rate = np.asarray(discount, dtype=np.float64)
    if np.any((stay < 0.0) | (stay > 1.0)):
        raise ValueError(f"retention: {stay} is outside 0..1")
    if np.any((rate < 0.0) | np.isinf(rate)):
        raise ValueError(f"discount: {rate} is not finite and at least 0")
    if np.any(1.0 + rate <= stay):
        raise ValueError("retention 1 with discount 0: the value is infinite")
    return np.asarray((1.0 + rate) / (1.0 + rate - stay))


def going_value(
    customers: ArrayLike,
    margin: ArrayLike,
    churn: ArrayLike,
    joining: ArrayLike,
    outlay: ArrayLike,
    discount: float,
    months: int = 600,
) -> float | Array:
    """Value a business that goes on as it is: customers leave, others are won in their place, and both cost, currency.

    Formula: sum over t = 1..months of (margin customers_t - outlay) / (1 + discount)^t, where customers_t = (1 - churn)
    customers_(t-1) + joining: the base moves towards joining / churn. Outlay is what winning `joining` customers costs
    a period, and what is fixed.
    Unit: that of outlay times periods. All rates are per period. Arrays are broadcast; NaN stays NaN.
    Source: customer equity with acquisition (Gupta, Lehmann & Stuart 2004), at constant rates.

    >>> round(going_value(100.0, 10.0, 0.02, 2.0, 300.0, 0.01), 2)  # the base stays: 700 a month
    69821.24
    """
    lost = np.asarray(churn, dtype=np.float64)
    if np.any((lost <= 0.0) | (lost > 1.0)):
        raise ValueError(f"churn: {lost} is not above 0 and at most 1")
    now, settled = np.asarray(customers, dtype=np.float64), np.asarray(joining, dtype=np.float64) / lost
    lasting, kept = _annuity(1.0 / (1.0 + discount), months), _annuity((1.0 - lost) / (1.0 + discount), months)
    base = settled * lasting + (now - settled) * kept
    return _plain(np.asarray(np.multiply(margin, base) - np.multiply(outlay, lasting), dtype=np.float64))


def _annuity(factor: ArrayLike, months: int) -> Array:
    """Sum of factor^t over t = 1..months."""
    x = np.asarray(factor, dtype=np.float64)
    below = np.where(x < 1.0, x, 0.0)
    return np.asarray(np.where(x < 1.0, below * (1.0 - _power(below, months)) / (1.0 - below), float(months)))


def _power(x: Array, whole: int) -> Array:
    """X to the power of a whole number by squaring: NumPy's power differs in its last bits between processors.

    >>> _power(np.array([0.5, 3.0]), 5).tolist()
    [0.03125, 243.0]
    """
    found = np.ones_like(x)
    while whole:
        found, x, whole = found * x if whole & 1 else found, x * x, whole >> 1
    return found


def churn_of_few(leavers: ArrayLike, exposed: ArrayLike) -> float | Array:
    """Estimate a churn rate that may rest on few leavers or none, share per period, never 0.

    Formula: (leavers + 1/2) / (exposed + 1), the mean of Jeffreys' posterior. A value over such a survival is finite
    at any discount rate: that nobody of fifty left does not show that nobody ever will.
    Unit: share per period of `exposed` (customers, or customer-periods). Arrays are broadcast; NaN where nobody was
    exposed.
    Source: Jeffreys (1946); Brown, Cai & DasGupta (2001).

    >>> round(churn_of_few(0, 50), 4), round(churn_of_few(100, 5000), 4)
    (0.0098, 0.0201)
    """
    left, there = _exposed(leavers, exposed)
    return _plain((left + 0.5) / (there + 1.0))


def churn_interval(leavers: ArrayLike, exposed: ArrayLike, confidence: float = 0.95) -> tuple[Array, Array]:
    """Bound a churn rate that may rest on few leavers or none: interval of Jeffreys' posterior, share per period.

    Formula: quantiles of Beta(leavers + 1/2, exposed - leavers + 1/2).
    Unit: as churn_of_few. NaN where nobody was exposed.
    Source: Brown, Cai & DasGupta (2001), who recommend it for small samples.

    >>> tuple(round(float(end), 4) for end in churn_interval(0, 50))
    (0.0, 0.0488)
    """
    left, there = _exposed(leavers, exposed)
    tail = (1.0 - confidence) / 2.0
    low, high = (special.betaincinv(left + 0.5, there - left + 0.5, share) for share in (tail, 1.0 - tail))
    return np.asarray(low), np.asarray(high)


def _exposed(leavers: ArrayLike, exposed: ArrayLike) -> tuple[Array, Array]:
    """Read who left of how many; both NaN where there was nobody."""
    left, there = np.asarray(leavers, dtype=np.float64), np.asarray(exposed, dtype=np.float64)
    if np.any((left < 0.0) | (left > there)):
        raise ValueError("leavers: not within 0..exposed")
    there = np.where(there > 0.0, there, np.nan)
    return left + 0.0 * there, there


def per(amount: ArrayLike, people: ArrayLike) -> Array:
    """Divide an amount by how many it is of: a mean over people. NaN where there are none, whatever the amount."""
    amounts, counts = np.broadcast_arrays(np.asarray(amount, dtype=np.float64), np.asarray(people, dtype=np.float64))
    return np.asarray(np.divide(amounts, counts, out=np.full(counts.shape, np.nan), where=counts > 0.0))


def mean_of_known(values: ArrayLike) -> Array:
    """Mean over the first axis of what is known (not NaN): months or worlds in which there was somebody to measure. NaN
    where there never was.
    """
    given = np.asarray(values, dtype=np.float64)
    known = np.isfinite(given)
    return per(np.where(known, given, 0.0).sum(axis=0), known.sum(axis=0))


# --- input -----------------------------------------------------------------------------------------------------------


def _plain(value: Array) -> float | Array:
    """Give a number back as a number."""
    return float(value) if value.ndim == 0 else value


def _numbers(given: ArrayLike, name: str, low: float = -np.inf, high: float = np.inf) -> Array:
    """Read one row of finite numbers within bounds, shape (n,)."""
    numbers = np.asarray(given, dtype=np.float64)
    if numbers.ndim != 1:
        raise ValueError(f"{name}: one row of numbers is needed (got shape {numbers.shape})")
    wrong = numbers[~np.isfinite(numbers) | (numbers < low) | (numbers > high)]
    if wrong.size:
        allowed = (
            "finite"
            if low == -np.inf
            else f"within {low:g}..{high:g}"
            if high < np.inf
            else f"finite and at least {low:g}"
        )
        raise ValueError(f"{name}: {wrong[0]:g} is not {allowed}")
    return numbers


def _weights(given: ArrayLike | None, numbers: Array) -> Array:
    """Read how much each number counts, 1 each where nothing is said, shape (n,)."""
    if given is None:
        return np.ones_like(numbers)
    weights = _numbers(given, "weights", low=0.0)
    if weights.shape != numbers.shape:
        raise ValueError(f"weights: {weights.size} given for {numbers.size} numbers")
    return weights
