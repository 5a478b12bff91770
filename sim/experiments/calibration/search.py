"""How the best parameters are found, and how the objective bends around them: differences over steps wide enough for
simulated moments.

With the same worlds at every point, simulated moments are step functions of the parameters: a person switches, or does
not. Over steps of a thousandth of a range differences are noise; over some per cent they are slopes. So scipy's
trust-region Gauss-Newton (Branch, Coleman & Li 1999) is given a Jacobian of central differences over STEPS of the
ranges, wide first.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import least_squares, lsq_linear

from sim.experiments.calibration.bench import Bench, Fit
from sim.experiments.sampling import Interval, points

STEPS = (0.08, 0.04)  # half-widths of differences, shares of a range
MOST = 12  # steps of each search
# half-width of a local regression, share of a range; its points, for each parameter and the level
BOX, AROUND = 0.15, 8
PROFILE = 7  # points of a profile
APART = 0.25  # of the ranges, in some direction: starts nearer to each other are one


def starts(bench: Bench, samples: int, seed: int, present: np.ndarray | None) -> np.ndarray:
    """Return a space-filling sample of the ranges (Latin hypercube), and the scenario's present values where they lie
    inside, shape (points, parameters).
    """
    sampled = points("lhs", bench.ranges, samples, seed)
    chosen = np.stack(
        [bench.point({str(key): float(value) for key, value in row.items()}) for row in sampled.to_dict("records")]
    )
    return chosen if present is None else np.vstack([present, chosen])


def jacobian(bench: Bench, fit: Fit, point: np.ndarray, step: float) -> np.ndarray:
    """Slopes of the fit's residuals by central differences within the ranges, per whole range, shape (moments,
    parameters).
    """
    pairs, width = _pairs(point, step)
    found = fit.residuals(bench.mean(pairs))
    return np.stack([(found[2 * j] - found[2 * j + 1]) / width[j] for j in range(len(point))], axis=1)


def slopes(bench: Bench, point: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Regress all moments on the parameters over a Latin hypercube around a point.

    Differences of a few points would do for stepping downhill, but their noise adds to the squared slopes, and would
    make standard errors too small.

    Returns
    -------
    level, slope : moments at the point, (moments,), and their slopes per whole range, (moments, parameters), in their
        own units

    """
    box = {str(j): Interval(max(x - BOX, 0.0), min(x + BOX, 1.0)) for j, x in enumerate(point)}
    chosen = points("lhs", box, AROUND * (len(point) + 1), seed).to_numpy()
    found = bench.mean(chosen)
    whole = np.isfinite(found).all(axis=1)
    fitted = np.linalg.lstsq(
        np.column_stack([np.ones(whole.sum()), (chosen - point)[whole]]), found[whole], rcond=None
    )[0]
    return fitted[0], fitted[1:].T


def improved(fit: Fit, point: np.ndarray, level: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Return the best point of the local regression, a line through the steps of the moments; it is held against all
    that were tried, and the lowest is taken.
    """
    low, high = (np.clip(point + side * BOX, 0.0, 1.0) - point for side in (-1.0, 1.0))
    scaled = slope[fit.columns] / fit.error[:, None]
    return np.asarray(point + lsq_linear(scaled, -fit.residuals(level), bounds=(low, np.maximum(high, low + 1e-9))).x)


def _pairs(point: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return points above and below in each direction, and how far they are apart."""
    around = np.repeat(point[None, :], 2 * len(point), axis=0)
    for j in range(len(point)):
        around[2 * j, j], around[2 * j + 1, j] = min(point[j] + step, 1.0), max(point[j] - step, 0.0)
    return around, np.array([around[2 * j, j] - around[2 * j + 1, j] for j in range(len(point))])


def search(bench: Bench, fit: Fit, begun: np.ndarray, count: int) -> np.ndarray:
    """Search from the best starts that lie apart, wide differences first, then from the best so far with narrower ones;
    return the best point tried.
    """
    for start in _chosen(begun, fit.objective(bench.mean(begun)), count):
        _descend(bench, fit, start, STEPS[0])
    for step in STEPS[1:]:
        _descend(bench, fit, best_of(bench, fit), step)
    return best_of(bench, fit)


def _chosen(begun: np.ndarray, objective: np.ndarray, count: int) -> Sequence[np.ndarray]:
    chosen: list[np.ndarray] = []
    for place in np.argsort(objective, kind="stable"):
        if len(chosen) < count and all(np.abs(begun[place] - other).max() >= APART for other in chosen):
            chosen.append(begun[place])
    return chosen


def _descend(bench: Bench, fit: Fit, start: np.ndarray, step: float) -> None:
    """Let scipy step downhill; the bench remembers all that was tried."""
    least_squares(
        lambda x: fit.residuals(bench.mean(x))[0],
        start,
        jac=lambda x: jacobian(bench, fit, x, step),
        bounds=(0.0, 1.0),
        xtol=2e-3,
        ftol=1e-3,
        gtol=1e-6,
        max_nfev=MOST,
    )


def best_of(bench: Bench, fit: Fit) -> np.ndarray:
    """Best point of all that were tried in the worlds of the search: no point tried meets the targets better."""
    tried = [
        (np.array(point), found)
        for (point, first, worlds), found in bench.tried.items()
        if first == 0 and worlds == bench.worlds
    ]
    objective = fit.objective(np.stack([found.mean(axis=0) for _, found in tried]))
    return tried[int(np.argmin(objective))][0]


def profile(
    bench: Bench, fit: Fit, best: np.ndarray, slope: np.ndarray, spread: np.ndarray
) -> list[tuple[int, np.ndarray, float]]:
    """Move each parameter over its range of interest, the others re-fitted by two Gauss-Newton steps with the Jacobian
    of the best point.

    Parameters
    ----------
    slope : (moments, parameters) Jacobian of the residuals
    spread : (parameters,) standard errors, shares of the ranges: three to each side are shown, at least a tenth of the
        range

    Returns
    -------
    (parameter, point, objective) of every place of every profile

    """
    at, centre = [], fit.residuals(bench.mean(best))[0]
    for j in range(len(best)):
        reach = min(max(3.0 * spread[j], 0.1), 1.0) if np.isfinite(spread[j]) else 1.0
        spread_out = np.linspace(max(best[j] - reach, 0.0), min(best[j] + reach, 1.0), PROFILE)
        places = np.sort(np.append(spread_out[np.abs(spread_out - best[j]) > 0.25 * reach / PROFILE], best[j]))
        at += [
            (j, place, _follow(best, centre + slope[:, j] * (place - best[j]), slope, j, float(place)))
            for place in places
        ]
    first = np.stack([point for _, _, point in at])
    residuals = fit.residuals(bench.mean(first))
    second = np.stack(
        [_follow(point, residuals[row], slope, j, float(place)) for row, (j, place, point) in enumerate(at)]
    )
    values = np.stack([(residuals**2).sum(axis=1), fit.objective(bench.mean(second))])
    own = np.where(values[0] <= values[1], 0, 1)
    floor = float((centre**2).sum())
    return [
        (
            j,
            best if place == best[j] else (first, second)[own[row]][row],
            floor if place == best[j] else float(values[own[row], row]),
        )
        for row, (j, place, _) in enumerate(at)
    ]


def _follow(point: np.ndarray, residual: np.ndarray, slope: np.ndarray, fixed: int, place: float) -> np.ndarray:
    """Take one Gauss-Newton step in all parameters but one, which is held at a place."""
    free = [j for j in range(len(point)) if j != fixed]
    moved = point.copy()
    moved[fixed] = place
    if free:
        moved[free] = np.clip(moved[free] - np.linalg.pinv(slope[:, free]) @ residual, 0.0, 1.0)
    return moved
