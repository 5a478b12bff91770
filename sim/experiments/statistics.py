"""How sure differences between paired runs are: intervals, how many worlds a precision takes, and whether the best is
the best.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

CONFIDENCE = 0.95
RANKED = "npv_horizon"  # by what policies are ranked: cash within the horizon; what comes after is told beside it
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


def gaps(values: pd.DataFrame, first: str) -> pd.DataFrame:
    """Differences of all columns to one, row by row; dust is nothing."""
    difference = values.sub(values[first], axis=0)
    return difference.where(
        difference.abs() > DUST * float(np.nanmax(np.abs(values.to_numpy()), initial=0.0)), difference * 0.0
    )


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
    difference = gaps(values, first)
    mean, half = difference.mean(), half_width(difference)
    low, high = mean - half, mean + half
    for series in (mean, low, high):
        series[first] = 0.0
    return {name: values.mean(), f"{name}_diff": mean, f"{name}_low": low, f"{name}_high": high}


def chance_interval(share: float, count: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of a chance of which a share of so many trials was seen (Wilson 1927).

    >>> tuple(round(end, 2) for end in chance_interval(1.0, 6))
    (0.61, 1.0)
    """
    z = float(special.ndtri(0.5 + confidence / 2.0)) ** 2
    middle, wide = share + z / (2.0 * count), z * (share * (1.0 - share) / count + z / (4.0 * count**2))
    ends = [float((middle + sign * np.sqrt(wide)) / (1.0 + z / count)) for sign in (-1.0, 1.0)]
    return max(0.0, ends[0]), min(1.0, ends[1])


def event_limits(events: np.ndarray, worlds: np.ndarray, confidence: float = CONFIDENCE) -> tuple[np.ndarray, ...]:
    """Interval of the mean number of events a world, from how many there were in all worlds together: Jeffreys' for a
    Poisson mean (Brown, Cai & DasGupta 2003). It is not empty where there were none.
    """
    tail = (1.0 - confidence) / 2.0
    return tuple(np.asarray(special.gammaincinv(events + 0.5, share) / worlds) for share in (tail, 1.0 - tail))


def lives(saved: pd.DataFrame, lost: pd.DataFrame, first: str) -> dict[str, pd.Series]:
    """Mean numbers of people saved, lost and net of both, against `first`, each with its 95 % interval.

    Where few lives change, most worlds show none, and a t interval is too short or empty. So the interval is at least
    that of events which come singly: event_limits for each number, and for the net their combination (the method of
    variance estimates recovery: Zou & Donner 2008). NaN for a single world.
    """
    known = saved.notna().sum()
    (few, many), (least, most) = (
        (pd.Series(end, index=saved.columns) for end in event_limits(part.sum().to_numpy(), known.to_numpy()))
        for part in (saved, lost)
    )
    up, down = saved.mean(), lost.mean()
    alone = {
        "saved": (few, many),
        "lost": (least, most),
        "net_saved": (
            up - down - np.hypot(up - few, most - down),
            up - down + np.hypot(many - up, down - least),
        ),
    }
    out: dict[str, pd.Series] = {}
    for name, values in (("saved", saved), ("lost", lost), ("net_saved", saved - lost)):
        columns = paired(name, values, first)
        low, high = alone[name]
        least_possible = 0.0 if name != "net_saved" else -np.inf
        columns[f"{name}_low"] = columns[f"{name}_low"].clip(lower=least_possible, upper=low)
        columns[f"{name}_high"] = columns[f"{name}_high"].clip(lower=high)
        for end in ("low", "high"):
            columns[f"{name}_{end}"][first] = 0.0
        out |= columns
    return out


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


class Verdict(NamedTuple):
    """What paired worlds tell of which is best."""

    best: str  # by mean
    in_play: list[str]  # what may be the best, the highest mean first; the best by mean alone where it is told apart
    worlds: int


def verdict(values: pd.DataFrame) -> Verdict:
    """Tell which columns may be the best; see select_best."""
    found = select_best(values)
    order = found["mean"].sort_values(ascending=False, kind="stable").index
    return Verdict(str(order[0]), [str(name) for name in order if found.at[name, "in_play"]], len(values.dropna()))


def values_among(
    runs: pd.DataFrame, operator: str, policies: list[str], measure: str = RANKED, response: str | None = None
) -> pd.DataFrame:
    """Return a measure of an operator by world and policy, under a response of rivals (None: the one run first)."""
    response = runs["response"].iloc[0] if response is None else response
    chosen = runs[(runs["operator"] == operator) & (runs["response"] == response)]
    return chosen.pivot(index="replication", columns="policy", values=measure).reindex(columns=policies)


def select_among(runs: pd.DataFrame, operator: str, policies: list[str]) -> pd.DataFrame:
    """Select the best policy by cash within the horizon, rivals as in what was run first; see select_best."""
    return select_best(values_among(runs, operator, policies))


def select_best(values: pd.DataFrame) -> pd.DataFrame:
    """Compare every column with the best of the others, and say how sure it is that the best by mean is the best.

    Columns: mean; low, high: simultaneous 95 % intervals of the difference to the best of the others (multiple
    comparisons with the best, Hsu 1984; Bonferroni over pairs, so that they hold together); in_play: whether it may
    still be the best, which one world tells of nobody; probability_correct: of the column with the highest mean, at
    least 1 - sum over the others of P(t > their gap / its standard error) (approximate probability of correct
    selection, Chen et al. 2000); NaN elsewhere. Worlds of which a column is not known are left out.
    """
    values = values.dropna()
    names, count = list(values.columns), len(values)
    means = values.mean()
    best = str(means.idxmax())
    rows: list[dict[str, Any]] = []
    for name in names:
        difference = -gaps(values, name).drop(columns=name)  # this one less each of the others
        gap = difference.mean()
        half = half_width(difference, 1.0 - (1.0 - CONFIDENCE) / max(len(names) - 1, 1))
        row = {
            "mean": means[name],
            "low": min(0.0, float((gap - half).min())),
            "high": max(0.0, float((gap + half).min())),
            "in_play": bool((gap + half.fillna(np.inf) >= 0.0).all()),
            "probability_correct": np.nan,
        }
        if name == best and count > 1 and len(names) > 1:
            error = difference.std(ddof=1) / np.sqrt(count)
            with np.errstate(divide="ignore", invalid="ignore"):
                tails = special.stdtr(count - 1, -(gap / error).fillna(0.0))
            row["probability_correct"] = max(0.0, 1.0 - float(np.sum(tails)))
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(names, name=values.columns.name))
