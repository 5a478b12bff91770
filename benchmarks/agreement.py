"""Do two contenders live the same market? Figures of many worlds with different luck are compared, and told apart only
where luck cannot explain a difference.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

RISK = 0.001  # of calling two that agree different, over all figures compared


class Verdict(NamedTuple):
    """Whether a rival agrees with churnlab."""

    agrees: bool
    figures: int  # compared
    worst: str  # the figure farthest away
    p_value: float  # of it; agreement is refused below RISK / figures

    def told(self) -> str:
        """Say it in a cell of a table."""
        return "yes" if self.agrees else f"no: {self.worst} (p = {self.p_value:.0e})"


def samples(found: Mapping[str, Any], names: Sequence[str]) -> dict[str, np.ndarray]:
    """Figures of each world: mean over months and last month of what is counted monthly, and the portrait of the end;
    each of shape (worlds,).
    """
    monthly = np.asarray(found["figures"])
    table = {f"{name}, mean": monthly[:, :, k].mean(axis=1) for k, name in enumerate(names)}
    table |= {f"{name}, last month": monthly[:, -1, k] for k, name in enumerate(names)}
    return table | {name: np.array([one[name] for one in found["portraits"]]) for name in found["portraits"][0]}


def compare_worlds(ours: Mapping[str, Any], theirs: Mapping[str, Any], names: Sequence[str]) -> Verdict:
    """Compare the worlds of two contenders figure by figure by Welch's t test, held to RISK over all (Bonferroni)."""
    left, right = samples(ours, names), samples(theirs, names)
    values = {
        name: (
            float(stats.ttest_ind(left[name], right[name], equal_var=False).pvalue)
            if np.ptp([*left[name], *right[name]]) > 0.0
            else 1.0
        )
        for name in left
    }
    return _verdict(values)


def compare_runs(
    ours: Sequence[Sequence[float]],
    theirs: Sequence[Sequence[float]],
    worlds: Mapping[str, Any],
    people: int,
    watched: int,
    names: Sequence[str],
) -> Verdict:
    """Compare one run each of many people, month by month, with the spread of small worlds scaled by the root of the
    number of people.

    ours, theirs : (months, figures)
    worlds : of `watched` people each, see `samples`
    """
    # of the difference of two runs, (months, figures)
    spread = np.asarray(worlds["figures"]).std(axis=0, ddof=1) * np.sqrt(2.0 * watched / people)
    months = min(len(ours), len(theirs), len(spread))
    t = np.abs(np.asarray(ours)[:months] - np.asarray(theirs)[:months]) / spread[:months]
    p = 2.0 * stats.t.sf(t, len(worlds["figures"]) - 1)
    return _verdict(
        {f"{name}, month {month + 1}": float(p[month, k]) for month in range(months) for k, name in enumerate(names)}
    )


def _verdict(values: Mapping[str, float]) -> Verdict:
    worst = min(values, key=lambda name: values[name])
    return Verdict(values[worst] >= RISK / len(values), len(values), worst, values[worst])
