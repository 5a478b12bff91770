"""What an econometrician estimates from the panel: price sensitivity, switching cost and attention from choices; retention from a cohort."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, sparse, special

from sim.errors import InputError

UNITS = {"price_sensitivity": -1, "sensitivity_sd": -1, "switching_cost": 1}  # powers of currency
NODES = 9  # of the quadrature over price sensitivity


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


def fit_choices(data: Choices, attention: bool = True, heterogeneity: bool = True) -> Estimates:
    """Fit a logit of choices with switching cost, latent attention and a normally distributed price sensitivity.

    A person with price sensitivity a values operator j at u_j = appeal_j - a (price_j + cost [j is not hers]) (McFadden 1974).
    She looks at prices in a month with probability `attention` and stays otherwise, so that she is seen to stay with
    probability (1 - attention) + attention P(own), and to take another with attention P(other) (Hortacsu, Madanizadeh &
    Puller 2017). Her months share one sensitivity: the likelihood is that of her whole history, by Gauss-Hermite quadrature
    over sensitivities (Train 2009, chapter 6). Opening operators must not depend on tastes.

    Parameters
    ----------
    data : choices
    attention : whether attention is estimated; otherwise everybody looks every month
    heterogeneity : whether sensitivities differ; otherwise all are alike, and this is a conditional logit

    Returns
    -------
    Estimates
        price_sensitivity (mean, utils per currency unit), sensitivity_sd, switching_cost (currency per month: what is paid
        once, over the horizon), attention (share of months), and appeal_1 ... of the operators after the first, utils

    """
    names = ["price_sensitivity", "switching_cost", *(f"appeal_{number}" for number in range(1, data.prices.shape[1]))]
    names += ["sensitivity_sd"] * heterogeneity + ["attention"] * attention
    scale = float(data.prices.mean())  # in units of it, all parameters are of the order of 1
    likelihood = _Likelihood(data._replace(prices=data.prices / scale), names)
    start = {"price_sensitivity": 2.0, "switching_cost": 0.2, "sensitivity_sd": 0.6}  # attention: a half
    best = optimize.minimize(likelihood, np.array([start.get(name, 0.0) for name in names]), jac=True, method="BFGS", options={"gtol": 1e-6})
    values, errors = best.x.copy(), np.sqrt(np.diag(np.linalg.inv(_curvature(likelihood, best.x)) / likelihood.rows))
    for place, name in enumerate(names):
        if name == "attention":
            values[place] = special.expit(best.x[place])
            errors[place] *= values[place] * (1.0 - values[place])
        elif name in UNITS:
            values[place] = abs(values[place]) * scale ** UNITS[name] if name == "sensitivity_sd" else values[place] * scale ** UNITS[name]
            errors[place] *= scale ** UNITS[name]
    return Estimates(pd.Series(values, names), pd.Series(errors, names), -float(best.fun) * likelihood.rows)


class _Likelihood:
    """Negative mean log-likelihood and its gradient. Rows with the same prices, present and chosen operator are computed once."""

    def __init__(self, data: Choices, names: list[str]):
        self.names, self.rows = names, len(data.chosen)
        cells, cell = np.unique(np.column_stack([data.prices, data.current, data.chosen]), axis=0, return_inverse=True)
        people, person = np.unique(data.person, return_inverse=True)
        self.prices, self.current, self.chosen = cells[:, :-2], cells[:, -2].astype(int), cells[:, -1].astype(int)
        self.counts = sparse.csr_matrix((np.ones(self.rows), (person, cell.ravel())), shape=(len(people), len(cells)))
        self.is_other = (np.arange(self.prices.shape[1])[None, :] != self.current[:, None]).astype(float)
        self.is_chosen = (np.arange(self.prices.shape[1])[None, :] == self.chosen[:, None]).astype(float)
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES if "sensitivity_sd" in names else 1)
        self.nodes, self.weights = nodes, weights / weights.sum()

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        given = dict(zip(self.names, parameters, strict=True))
        parts = [self._of_node(given, float(node)) for node in self.nodes]
        logs = np.stack([self.counts @ log for log, _ in parts], axis=1) + np.log(self.weights)  # (people, nodes)
        total = special.logsumexp(logs, axis=1)
        share = np.exp(logs - total[:, None])
        gradient = sum((share[:, place] @ (self.counts @ slope) for place, (_, slope) in enumerate(parts)), start=np.zeros(len(parameters)))
        return -float(total.sum()) / self.rows, -gradient / self.rows

    def _of_node(self, given: dict[str, float], node: float) -> tuple[np.ndarray, np.ndarray]:
        """Return log-likelihood by cell, shape (cells,), and its slopes, shape (cells, parameters), at one price sensitivity."""
        cost, looks = given["switching_cost"], special.expit(given["attention"]) if "attention" in given else 1.0
        sensitivity = given["price_sensitivity"] + node * given.get("sensitivity_sd", 0.0)
        appeals = np.array([0.0, *(value for name, value in given.items() if name.startswith("appeal_"))])
        paid = self.prices + cost * self.is_other
        chance = special.softmax(appeals - sensitivity * paid, axis=1)
        taken, stays = (chance * self.is_chosen).sum(axis=1), (self.current == self.chosen).astype(float)
        seen = np.maximum((1.0 - looks) * stays + looks * taken, 1e-300)
        pull = (looks * taken / seen)[:, None] * (self.is_chosen - chance)  # slope by utility, (cells, operators)
        by_sensitivity = -(pull * paid).sum(axis=1)
        slopes: dict[str, Any] = {
            "price_sensitivity": by_sensitivity, "sensitivity_sd": node * by_sensitivity, "switching_cost": -sensitivity * (pull * self.is_other).sum(axis=1),
            "attention": (taken - stays) / seen * looks * (1.0 - looks), **{f"appeal_{number}": pull[:, number] for number in range(1, pull.shape[1])},
        }  # fmt: skip
        return np.log(seen), np.stack([slopes[name] for name in self.names], axis=1)


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
    """Fit the shifted-beta-geometric law of a cohort: hazards are constant in time and Beta distributed over people (Fader & Hardie 2007).

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
