"""What an econometrician estimates from the panel: price sensitivity, switching cost and attention from choices;
retention from a cohort.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, sparse, special

from sim.errors import InputError

UNITS = {"price_sensitivity": -1, "sensitivity_sd": -1, "switching_cost": 1}  # powers of currency
NODES = 9  # of the quadrature over price sensitivity
POINTS = 511  # of the sequence over tastes: all of the first 512 but 0


class Choices(NamedTuple):
    """Who chose what when, one row a person and month. Alternatives are operators with one plan each."""

    prices: np.ndarray  # (rows, operators) currency per month
    current: np.ndarray  # (rows,) operator at the start of the month
    chosen: np.ndarray  # (rows,) operator at its end
    person: np.ndarray  # (rows,)


@dataclass(frozen=True)
class Estimates:
    """Estimates by maximum likelihood, with standard errors from the curvature of the log-likelihood."""

    values: pd.Series
    errors: pd.Series
    log_likelihood: float

    def table(self, **truth: float) -> pd.DataFrame:
        """Set estimates beside the truth, where it is given: estimate, error, truth, distance in standard errors."""
        found = pd.DataFrame({"estimate": self.values, "error": self.errors})
        if truth:
            found["truth"] = pd.Series(truth)
            found["distance"] = (found["estimate"] - found["truth"]) / found["error"]
        return found


# --- choices ---------------------------------------------------------------------------------------------------------


def choices_of(panel: pd.DataFrame, prices: pd.DataFrame) -> Choices:
    """Read choices from the panel and the fees that customers met (`market.panel`, `market.prices`).

    Raises
    ------
    InputError
        an operator has several plans, or somebody has left for none

    """
    fees = prices.pivot_table(index="month", columns="operator", values="fee", aggfunc=["mean", "count"], sort=False)
    names = list(panel["operator"].cat.categories)
    if (fees["count"] > 1).to_numpy().any():
        raise InputError("choices: operators with one plan each are needed")
    code = {name: number for number, name in enumerate(names)}
    end = panel["operator"].astype(str).where(~panel["churned"], panel["destination"].astype(str)).map(code)
    if end.isna().any():
        raise InputError("choices: somebody is with no operator afterwards; use a market with customers.outside=false")
    met = fees["mean"].loc[panel["month"], names].to_numpy(dtype=float)
    return Choices(met, panel["operator"].cat.codes.to_numpy(), end.to_numpy(dtype=int), panel["customer"].to_numpy())


def fit_choices(
    data: Choices, attention: bool = True, heterogeneity: bool = True, tastes: Sequence[int] = (), opening: bool = False
) -> Estimates:
    """Fit a logit of choices with switching cost, latent attention, and people who differ in price sensitivity and in
    tastes for operators.

    A person with price sensitivity a and tastes b values operator j at u_j = appeal_j + b_j - a (price_j + cost [j is
    not hers]) (McFadden 1974). She looks at prices in a month with probability `attention` and stays otherwise, so that
    she is seen to stay with probability (1 - attention) + attention P(own), and to take another with attention P(other)
    (Hortacsu, Madanizadeh & Puller 2017). Her months share one sensitivity and one taste for each operator, all normal
    and independent: the likelihood is that of her whole history, by Gauss-Hermite quadrature over sensitivities alone
    (Train 2009, chapter 6), or at Sobol points where there are tastes (chapter 9). Opening operators must not depend on
    tastes, unless `opening` is estimated.

    Parameters
    ----------
    data : choices
    attention : whether attention is estimated; otherwise everybody looks every month
    heterogeneity : whether sensitivities differ; otherwise all are alike, and this is a conditional logit
    tastes : operators for which people have lasting tastes, each with a spread of its own; all of them only where there
        are three or more
    opening : whether mean tastes depend on the operator a person is first seen with (Wooldridge 2005)

    Returns
    -------
    Estimates
        price_sensitivity (mean, utils per currency unit), sensitivity_sd, switching_cost (currency per month: what is
        paid once, over the horizon), attention (share of months), appeal_1 ... of the operators after the first, utils,
        taste_sd_0 ... (utils), and opening, what the operator a person is first seen with has over others, utils

    Raises
    ------
    InputError
        tastes name an operator that is not there

    """
    operators = data.prices.shape[1]
    if strange := set(tastes) - set(range(operators)):
        raise InputError(f"tastes: no such operator {min(strange)}; there are 0 to {operators - 1}")
    names = ["price_sensitivity", "switching_cost", *(f"appeal_{number}" for number in range(1, operators))]
    names += (
        ["sensitivity_sd"] * heterogeneity
        + ["attention"] * attention
        + [f"taste_sd_{number}" for number in tastes]
        + ["opening"] * opening
    )
    scale = float(data.prices.mean())  # in units of it, all parameters are of the order of 1
    likelihood = _Likelihood(data._replace(prices=data.prices / scale), names, _nodes(operators, tastes, heterogeneity))
    start = {"price_sensitivity": 2.0, "switching_cost": 0.2, "sensitivity_sd": 0.6}  # attention: a half
    start |= {f"taste_sd_{number}": 1.0 for number in tastes}
    best = optimize.minimize(
        likelihood, np.array([start.get(name, 0.0) for name in names]), jac=True, method="BFGS", options={"gtol": 1e-6}
    )
    values, errors = best.x.copy(), np.sqrt(np.diag(np.linalg.inv(_curvature(likelihood, best.x)) / likelihood.rows))
    for place, name in enumerate(names):
        if name == "attention":
            values[place] = special.expit(best.x[place])
            errors[place] *= values[place] * (1.0 - values[place])
        elif name in UNITS:
            values[place] *= scale ** UNITS[name]
            errors[place] *= scale ** UNITS[name]
        if "_sd" in name:  # either sign is as likely
            values[place] = abs(values[place])
    return Estimates(pd.Series(values, names), pd.Series(errors, names), -float(best.fun) * likelihood.rows)


class _Likelihood:
    """Negative mean log-likelihood and its gradient. Situations alike, in prices, present operator and, where it
    matters, first operator, are computed once.
    """

    def __init__(self, data: Choices, names: list[str], nodes: tuple[np.ndarray, np.ndarray]):
        self.names, self.rows, operators = names, len(data.chosen), data.prices.shape[1]
        people, first, person = np.unique(data.person, return_index=True, return_inverse=True)
        opened = data.current[first][person] if "opening" in names else np.zeros(self.rows)
        cells, cell = np.unique(np.column_stack([data.prices, data.current, opened]), axis=0, return_inverse=True)
        place = cell.ravel() * operators + data.chosen
        # of choices, by person
        self.counts = sparse.csr_matrix(
            (np.ones(self.rows), (person, place)), shape=(len(people), len(cells) * operators)
        )
        self.prices = cells[:, :operators, None]  # this and what follows: (situations, operators, nodes)
        self.is_own, self.is_first = (
            (np.arange(operators) == cells[:, column, None]).astype(float)[:, :, None]
            for column in (operators, operators + 1)
        )
        (*self.tastes, self.sensitivity), self.weights = nodes

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        given, shape = (
            dict(zip(self.names, parameters, strict=True)),
            (len(self.prices), self.prices.shape[1], len(self.weights)),
        )
        looks = special.expit(given["attention"]) if "attention" in given else 1.0
        sensitivity = given["price_sensitivity"] + given.get("sensitivity_sd", 0.0) * self.sensitivity
        appeals, sds = (
            np.array([given.get(f"{name}_{number}", 0.0) for number in range(shape[1])])[:, None]
            for name in ("appeal", "taste_sd")
        )
        paid = self.prices + given["switching_cost"] * (1.0 - self.is_own)
        chance = special.softmax(
            appeals + sds * self.tastes + given.get("opening", 0.0) * self.is_first - sensitivity * paid, axis=1
        )
        seen = np.maximum((1.0 - looks) * self.is_own + looks * chance, 1e-300)
        logs = self.counts @ np.log(seen).reshape(-1, shape[2]) + np.log(self.weights)  # (people, nodes)
        total = special.logsumexp(logs, axis=1)
        expected = (self.counts.T @ np.exp(logs - total[:, None])).reshape(
            shape
        ) / seen  # choices at each node, over their chances
        taken = looks * chance * expected
        pull = taken - chance * taken.sum(axis=1, keepdims=True)  # slope by utility
        by_sensitivity, by_operator = -(pull * paid).sum(axis=(0, 1)), pull.sum(axis=0)
        slopes: dict[str, Any] = {
            "price_sensitivity": by_sensitivity.sum(),
            "sensitivity_sd": self.sensitivity @ by_sensitivity,
            "switching_cost": (pull * self.is_own).sum(axis=(0, 1)) @ sensitivity,
            "attention": looks * (1.0 - looks) * (expected * (chance - self.is_own)).sum(),
            "opening": (pull * self.is_first).sum(),
            **{f"appeal_{number}": by_operator[number].sum() for number in range(shape[1])},
            **{f"taste_sd_{number}": self.tastes[number] @ by_operator[number] for number in range(shape[1])},
        }
        return -float(total.sum()) / self.rows, -np.array([slopes[name] for name in self.names]) / self.rows


def _nodes(operators: int, tastes: Sequence[int], heterogeneity: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return standard normal nodes of tastes for operators and, last, of price sensitivity, shape (operators + 1,
    nodes), and their weights, shape (nodes,).
    """
    if not tastes:
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES if heterogeneity else 1)
        return np.vstack([np.zeros((operators, len(nodes))), nodes]), weights / weights.sum()
    from SALib.sample import sobol_sequence  # takes a quarter of a second

    rows = [*tastes, *[operators] * heterogeneity]
    points = np.zeros((operators + 1, POINTS))
    points[rows] = special.ndtri(sobol_sequence.sample(POINTS + 1, len(rows))[1:].T)  # the first is 0
    return points, np.full(POINTS, 1.0 / POINTS)


def _curvature(function: Any, at: np.ndarray) -> np.ndarray:
    """Second derivatives by central differences of the gradient, shape (parameters, parameters)."""
    columns = []
    for place in range(len(at)):
        step = np.zeros(len(at))
        step[place] = 1e-5 * max(1.0, abs(at[place]))
        columns.append((function(at + step)[1] - function(at - step)[1]) / (2.0 * step[place]))
    found = np.stack(columns)
    return np.asarray(0.5 * (found + found.T))


# --- cohorts ---------------------------------------------------------------------------------------------------------


def fit_retention(leavers: np.ndarray, survivors: float) -> Estimates:
    """Fit the shifted-beta-geometric law of a cohort: hazards are constant in time and Beta distributed over people
    (Fader & Hardie 2007).

    P(leaves in period t) = B(alpha + 1, beta + t - 1) / B(alpha, beta), survival B(alpha, beta + t) / B(alpha, beta).

    Parameters
    ----------
    leavers : people who left in period 1, 2, ..., shape (periods,)
    survivors : people still there after the last

    Returns
    -------
    Estimates
        alpha, beta

    """
    age, people = np.arange(1, len(leavers) + 1), float(leavers.sum() + survivors)

    def misfit(logs: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        left = special.betaln(alpha + 1.0, beta + age - 1.0) - special.betaln(alpha, beta)
        stayed = special.betaln(alpha, beta + len(age)) - special.betaln(alpha, beta)
        return -float(leavers @ left + survivors * stayed) / people

    def with_slope(logs: np.ndarray) -> tuple[float, np.ndarray]:
        return misfit(logs), optimize.approx_fprime(logs, misfit, 1e-6)

    best = optimize.minimize(misfit, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    values = pd.Series(np.exp(best.x), ["alpha", "beta"])
    errors = values * np.sqrt(np.diag(np.linalg.inv(_curvature(with_slope, best.x))) / people)
    return Estimates(values, errors, -float(best.fun) * people)


def survival_of(fit: Estimates, periods: int) -> np.ndarray:
    """Return the survival of a fitted cohort after 1, 2, ... periods, shape (periods,)."""
    alpha, beta = fit.values["alpha"], fit.values["beta"]
    return np.asarray(np.exp(special.betaln(alpha, beta + np.arange(1, periods + 1)) - special.betaln(alpha, beta)))
