"""How sure differences between paired runs are: intervals, how many worlds a precision takes, and whether the best is
the best.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

CONFIDENCE = 0.95
DUST = 1e-9  # of the size of numbers: a difference below it is what adding in another order leaves, and means nothing


def moves(values: np.ndarray, size: float | None = None) -> bool:
    """Whether known values differ by more than dust; size: of the numbers they are differences of, their own where
    None.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return False
    return bool(np.ptp(known) > DUST * max(float(np.abs(known).max()), size or 0.0))


def is_best(values: np.ndarray, axis: int = 1) -> np.ndarray:
    """Whether each value is the highest along an axis, up to dust; nowhere where one is not known."""
    top = values.max(axis=axis, keepdims=True)
    return np.asarray(values >= top - DUST * np.abs(values).max(axis=axis, keepdims=True))


def half_width(values: pd.DataFrame, confidence: float = CONFIDENCE) -> pd.Series:
    """Half the width of the t interval of each column's mean, in the column's unit; NaN for a single row."""
    count = values.notna().sum()
    half: pd.Series = (
        special.stdtrit((count - 1).clip(lower=1), 0.5 + confidence / 2.0)
        * values.std(ddof=1)
        / np.sqrt(count.clip(lower=1))
    )
    return half


def ratio_of_means(above: np.ndarray, below: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Ratio of two means over the same worlds, and its interval (Fieller 1954): all ratios r at which the mean of above
    - r below may be 0.

    Where the mean below may itself be 0, the interval has no bounds; NaN where there is nothing to tell from.
    """
    count, mean, under = (
        len(above),
        float(np.mean(above)) if len(above) else np.nan,
        float(np.mean(below)) if len(below) else np.nan,
    )
    if count < 1 or under == 0.0:
        return np.nan, np.nan, np.nan
    if count < 2:
        return mean / under, np.nan, np.nan
    quantile = float(special.stdtrit(count - 1, 0.5 + confidence / 2.0)) ** 2 / count
    covariance = np.cov(above, below)
    # (mean - r under)^2 <= quantile (v11 - 2 r v12 + r^2 v22), a quadratic a r^2 - 2 b r + c <= 0
    a, b, c = (
        first * second - quantile * float(spread)
        for first, second, spread in (
            (under, under, covariance[1, 1]),
            (mean, under, covariance[0, 1]),
            (mean, mean, covariance[0, 0]),
        )
    )
    inside = b * b - a * c
    if a <= 0.0 or inside < 0.0:
        return mean / under, -np.inf, np.inf
    return mean / under, (b - np.sqrt(inside)) / a, (b + np.sqrt(inside)) / a


def paired(name: str, values: pd.DataFrame, first: str) -> dict[str, pd.Series]:
    """Mean and paired difference of one measure, with its interval; the first column's own difference is exactly 0."""
    difference = values.sub(values[first], axis=0)
    mean, half = difference.mean(), half_width(difference)
    low, high = mean - half, mean + half
    for series in (mean, low, high):
        series[first] = 0.0
    return {name: values.mean(), f"{name}_diff": mean, f"{name}_low": low, f"{name}_high": high}


def worlds_for(values: pd.DataFrame, first: str, precision: float) -> int:
    """How many rows it takes until every paired difference to `first` is known to within `precision` of the first's
    mean.

    From the spread of the rows there are, and the normal quantile: n = (z sd / (precision |mean|))^2 (Law 2015, section
    9.4).
    """
    spread = values.sub(values[first], axis=0).drop(columns=first).std(ddof=1).max()
    aim = precision * abs(float(values[first].mean()))
    quantile = float(special.ndtri(0.5 + CONFIDENCE / 2.0))
    return int(np.ceil((quantile * float(spread) / aim) ** 2)) if aim > 0.0 and np.isfinite(spread) else len(values)


def relative_half_width(values: pd.DataFrame, first: str) -> float:
    """Widest half interval of a paired difference to `first`, as a share of the first's mean."""
    half = half_width(values.sub(values[first], axis=0)).drop(first, errors="ignore").max()
    mean = abs(float(values[first].mean()))
    return float(half) / mean if mean > 0.0 else float("inf")


def select_among(runs: pd.DataFrame, operator: str, policies: list[str]) -> pd.DataFrame:
    """Select the best policy by net present value, under the response of rivals that was run first; see select_best."""
    chosen = runs[(runs["operator"] == operator) & (runs["response"] == runs["response"].iloc[0])]
    return select_best(chosen.pivot(index="replication", columns="policy", values="npv")[policies])


def select_best(values: pd.DataFrame) -> pd.DataFrame:
    """Compare every column with the best of the others, and say how sure it is that the best by mean is the best.

    Columns: mean; low, high: simultaneous 95 % intervals of the difference to the best of the others (multiple
    comparisons with the best, Hsu 1984; Bonferroni over pairs, so that they hold together); in_play: whether it may
    still be the best; probability_correct: of the column with the highest mean, at least 1 - sum over the others of P(t
    > their gap / its standard error) (approximate probability of correct selection, Chen et al. 2000); NaN elsewhere.
    """
    names, count = list(values.columns), len(values)
    means = values.mean()
    best = str(means.idxmax())
    rows: list[dict[str, Any]] = []
    for name in names:
        difference = values.drop(columns=name).rsub(values[name], axis=0)  # this one less each of the others
        gaps = difference.mean()
        half = half_width(difference, 1.0 - (1.0 - CONFIDENCE) / max(len(names) - 1, 1))
        row = {
            "mean": means[name],
            "low": min(0.0, float((gaps - half).min())),
            "high": max(0.0, float((gaps + half).min())),
            "in_play": bool((gaps + half > 0.0).all()),
            "probability_correct": np.nan,
        }
        if name == best and count > 1 and len(names) > 1:
            error = difference.std(ddof=1) / np.sqrt(count)
            with np.errstate(divide="ignore", invalid="ignore"):
                tails = special.stdtr(count - 1, -(gaps / error).fillna(0.0))
            row["probability_correct"] = max(0.0, 1.0 - float(np.sum(tails)))
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(names, name=values.columns.name))
