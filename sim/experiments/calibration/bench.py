"""Where parameters are tried: points of their ranges, simulated in the same worlds, held against targets in units of
standard errors.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sim.config import Scenario
from sim.config.values import with_values
from sim.experiments.calibration.moments import observe
from sim.experiments.design import Design
from sim.experiments.own import Own
from sim.experiments.sampling import Interval, as_values
from sim.experiments.study import Failure, Means, run_design
from sim.experiments.sweep import design_of_rows

DIGITS = 4  # of a parameter, beyond the size of its range
LOST = 100.0  # residual, in standard errors, of a moment that a point does not have: such a point is never best


@dataclass
class Bench:
    """Points are given in shares of their ranges, shape (points, parameters), 0 to 1; all meet the same worlds (common
    random numbers).
    """

    scenario: Scenario
    ranges: Mapping[str, Interval]
    keys: Sequence[str]  # names of all moments, as moments.Moment.key
    worlds: int
    means: Means
    own: Own
    failures: list[Failure] = field(default_factory=list)
    # point, first world, worlds -> (worlds, moments)
    tried: dict[tuple[tuple[float, ...], int, int], np.ndarray] = field(default_factory=dict)
    told: bool = False

    def simulate(self, points: np.ndarray, first: int = 0, worlds: int | None = None) -> np.ndarray:
        """Run points in worlds first, first + 1, ...; return (points, worlds, moments), NaN where a run failed."""
        count = worlds or self.worlds
        wanted = [(tuple(float(x) for x in point), first, count) for point in np.atleast_2d(points)]
        fresh = [name for name in dict.fromkeys(wanted) if name not in self.tried]
        if fresh:
            self._run(fresh, first, count)
        return np.stack([self.tried[name] for name in wanted])

    def mean(self, points: np.ndarray) -> np.ndarray:
        """Moments at points, mean over the worlds of the search, shape (points, moments)."""
        return np.asarray(self.simulate(points).mean(axis=1))

    def values(self, point: Sequence[float] | np.ndarray) -> dict[str, float | int]:
        """Parameters at a point, to some ten-thousandths of their range, so that what is tried can be written down;
        whole numbers are rounded.
        """
        found = {}
        for (key, interval), x in zip(self.ranges.items(), point, strict=True):
            low, high, _ = interval
            value = round(low + float(x) * (high - low), DIGITS - math.floor(math.log10(high - low)))
            found[key] = as_values([min(max(value, low), high)], interval)[0]
        return found

    def point(self, values: Mapping[str, float]) -> np.ndarray:
        """Place of parameters within their ranges; what lies outside is taken to the edge."""
        return np.array(
            [
                min(max((values[key] - interval.low) / (interval.high - interval.low), 0.0), 1.0)
                for key, interval in self.ranges.items()
            ]
        )

    def _run(self, fresh: Sequence[tuple[tuple[float, ...], int, int]], first: int, count: int) -> None:
        base = with_values(self.scenario, {"seed": self.scenario.seed + first})
        rows = [{**self.values(point), "setting": number} for number, (point, _, _) in enumerate(fresh)]
        design: Design = replace(
            design_of_rows(base, rows, list(self.ranges), count), keep=tuple(self.keys), own=self.own
        )
        found = run_design(design, self.means if not self.told else replace(self.means, tell=_in_silence), observe)
        self.told = True
        self.failures.extend(found.failures)
        table = found.table("runs", ["setting", "replication"])
        values = np.full((len(fresh), count, len(self.keys)), np.nan)
        values[table["setting"].to_numpy(), table["replication"].to_numpy()] = table[list(self.keys)].to_numpy(
            dtype=float
        )
        self.tried |= {name: values[number] for number, name in enumerate(fresh)}


def _in_silence(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Fit:
    """What is to be met, and how far simulations are from it; all arrays over the moments of the fit."""

    columns: np.ndarray  # int (moments,), their places among the bench's
    aim: np.ndarray  # values to be met
    error: np.ndarray  # standard error of aim less simulation: weights are its inverse squares

    def residuals(self, means: np.ndarray) -> np.ndarray:
        """Return (simulated - target) / standard error, shape (..., moments)."""
        found = (means[..., self.columns] - self.aim) / self.error
        return np.where(np.isfinite(found), found, LOST)

    def objective(self, means: np.ndarray) -> np.ndarray:
        """Sum of squared residuals, shape (...,)."""
        return np.asarray((self.residuals(means) ** 2).sum(axis=-1))
