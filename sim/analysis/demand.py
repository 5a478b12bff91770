"""What the present market's demand is: probabilities, elasticities, diversion, surplus and Bertrand-Nash prices.

Everything is computed from the same rules that simulate choice. Where people differ in nothing but price sensitivity
the mean over people is a quadrature (exact for the distribution); elsewhere it runs over the people themselves.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from agents import draws
from agents.customer import effective_sensitivity
from agents.draws import uniforms
from agents.exact import product
from agents.population import OUTSIDE, State, Traits, opened
from agents.rule import on_columns
from agents.synthesis import quantile
from agents.tables import Table, table
from sim.analysis import bertrand
from sim.analysis.choice import weigh
from sim.config import Distribution, Scenario
from sim.errors import listed
from sim.world.tables import Offers
from sim.world.world import World

NODES = 400  # of the quadrature, per segment
MOST = 250_000  # people over whom demand is averaged, a keyed sample beyond
FEW = 4_000  # the same where it is averaged at thousands of tariffs
FEWER = 1_000  # the same where best prices are looked for, before everybody decides


class Sample(NamedTuple):
    """People over whom demand is averaged, with weights that sum to 1."""

    rows: np.ndarray
    traits: Table[Traits]
    state: Table[State]
    ties: np.ndarray
    weight: np.ndarray


class Demand:
    """Demand of attentive customers in their present state; reads the world at the moment of each call."""

    def __init__(self, scenario: Scenario, world: World):
        self._scenario, self._world = scenario, world
        self._plans, self._operators = list(scenario.all_plans), list(scenario.operators)

    def probabilities(self) -> pd.Series:
        """Choice probabilities by plan in YAML order, `outside` last, averaged over people."""
        chances, _, sample = self._weigh(self._world.offers.plans.fee)
        return pd.Series(product(sample.weight, chances), index=[*self._plans, "outside"], name="probability")

    def elasticities(self) -> pd.DataFrame:
        """Elasticities of plan shares: row j, column k is d ln s_j / d ln p_k."""
        shares, slopes = self._shares_and_slopes(self._world.offers.plans.fee)
        values = slopes * self._world.offers.plans.fee[None, :] / shares[:, None]
        return pd.DataFrame(values, index=self._plans, columns=self._plans)

    def diversion_ratios(self) -> pd.DataFrame:
        """Of the buyers plan j loses to a small price rise, the part who go to k (row j, column k); the diagonal goes
        outside.
        """
        _, slopes = self._shares_and_slopes(self._world.offers.plans.fee)
        lost = -np.diag(slopes)
        ratios = slopes.T / lost[:, None]
        np.fill_diagonal(ratios, 0.0)
        np.fill_diagonal(ratios, 1.0 - ratios.sum(axis=1))
        return pd.DataFrame(ratios, index=self._plans, columns=self._plans)

    def consumer_surplus(self) -> float:
        """Mean log-sum over price sensitivity, currency per customer and month, without Euler's constant (Small & Rosen
        1981).
        """
        _, logsum, sample = self._weigh(self._world.offers.plans.fee)
        return float(product(sample.weight, logsum / self._sensitivity(sample)))

    def equilibrium(self, owners: Mapping[str, str] | None = None) -> pd.DataFrame:
        """Bertrand-Nash prices and shares by plan, where nobody gains by any other; a merger is owners={"B": "A"}.

        Warns where there are several equilibria; that of the lowest mean price is returned.

        Raises
        ------
        ValueError
            for an unknown operator, where there is no equilibrium, or where profit has no upper bound

        """
        fees = bertrand.equilibrium(self._game(self._firms(owners or {})), self._world.offers.plans.fee)
        return self._priced(fees)

    def first_order_prices(self, owners: Mapping[str, str] | None = None) -> pd.DataFrame:
        """Prices and shares by plan at which no operator's profit has a slope: `equilibrium` without the proof that
        nobody gains by another price far away, for markets whose rules make profit jump (terms that bar cheaper plans).

        Raises
        ------
        ValueError
            for an unknown operator, or where there are no such prices

        """
        fees = bertrand.first_order_prices(self._game(self._firms(owners or {})), self._world.offers.plans.fee)
        if fees is None:
            raise ValueError("no prices met the first-order conditions: demand may be too inelastic for an optimum")
        return self._priced(fees)

    def best_reply(self, operator: int) -> dict[str, float]:
        """Fees that maximise one operator's static profit against the others' present fees, by plan.

        Raises
        ------
        ValueError
            where its profit has no upper bound

        """
        owners, fees = self._world.offers.plans.operator, self._world.offers.plans.fee
        best = bertrand.best_reply(self._game(owners), operator, fees)
        return {name: float(best[p]) for p, name in enumerate(self._plans) if owners[p] == operator}

    def profits(self, tariffs: np.ndarray) -> np.ndarray:
        """Static profit at given fees, currency per person and month, shape (tariffs, operators); fees of all plans in
        each row.
        """
        world, sample = self._world, self._sample(FEW)
        cost, owns = world.unit_cost(), np.eye(len(world.operators))[world.offers.plans.operator]
        found = np.empty((len(tariffs), len(world.operators)))
        for row, fees in enumerate(tariffs):
            chances, _, _ = self._weigh(fees, sample)
            found[row] = product(product(sample.weight, chances[:, :-1]) * (fees - cost), owns)
        return found

    # --- inside ------------------------------------------------------------------------------------------------------

    def _firms(self, owners: Mapping[str, str]) -> np.ndarray:
        """Return the code of the firm that sets the fee of each plan, (plans,)."""
        names = self._operators
        owner = {name: name for name in names}
        for child, parent in owners.items():
            for name in (child, parent):
                if name not in owner:
                    raise ValueError(f"owners: no such operator '{name}'; known: {listed(names)}")
            owner[child] = parent
        return np.array([names.index(owner[names[j]]) for j in self._world.offers.plans.operator])

    def _priced(self, fees: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"price": fees, "share": self._shares(fees)}, index=self._plans)

    def _game(self, firm: np.ndarray) -> bertrand.Game:
        """Return what firms (codes by plan) play in."""

        def demand(sample: Sample) -> bertrand.Demand:
            def shares_and_slopes(fees: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
                chances, _, _ = self._weigh(fees, sample)
                return product(sample.weight, chances[:, :-1]), *self._slope_parts(chances, sample)

            return shares_and_slopes

        few, everybody = demand(self._sample(FEWER)), demand(self._sample())
        return bertrand.Game(few, everybody, firm, self._world.unit_cost(), self._operators)

    def _shares(self, fees: np.ndarray) -> np.ndarray:
        chances, _, sample = self._weigh(fees)
        return np.asarray(product(sample.weight, chances[:, :-1]))

    def _shares_and_slopes(self, fees: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shares, and d s_j / d p_k in row j, column k."""
        chances, _, sample = self._weigh(fees)
        own, cross = self._slope_parts(chances, sample)
        return product(sample.weight, chances[:, :-1]), np.diag(own) - cross

    def _slope_parts(self, chances: np.ndarray, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
        """Split d s_j / d p_k = diag(own) - cross, for nested logit: P_j (1{j=k}/tau + 1{same nest} q_k (1 - 1/tau) -
        P_k)(-a).
        """
        world = self._world
        nest = world.params.choice.nest
        operator = world.offers.plans.operator
        price = -self._sensitivity(sample) * sample.weight
        plans = chances[:, :-1]
        own = (price[:, None] * plans).sum(axis=0) / nest
        cross = product((price[:, None] * plans).T, plans)
        if nest < 1.0:
            within = operator[:, None] == operator[None, :]
            total = product(plans, within)
            inner = np.divide(plans, total, out=np.zeros_like(plans), where=total > 0.0)
            cross -= within * product((price[:, None] * plans).T, inner) * (1.0 - 1.0 / nest)
        return own, cross

    def _sensitivity(self, sample: Sample) -> np.ndarray:
        """Price sensitivity in this month's economy, utils per currency unit, shape (people,)."""
        own = sample.traits.price_sensitivity[sample.rows]
        return np.asarray(on_columns(effective_sensitivity)(own, self._world.rules.sensitivity))

    def _weigh(self, fees: np.ndarray, sample: Sample | None = None) -> tuple[np.ndarray, np.ndarray, Sample]:
        """Choice probabilities (people, plans + 1) and log-sums (people,) at given fees."""
        world, sample = self._world, sample or self._sample()
        offers: Offers = world.offers._replace(plans=world.offers.plans.copy())
        offers.plans.fee[:] = fees
        chances, logsum, _ = weigh(
            sample.rows,
            sample.traits,
            sample.state,
            offers,
            world.this_month(),
            world.params,
            sample.ties,
            world.seen,
            False,
        )
        return chances, logsum, sample

    def _sample(self, most: int = MOST) -> Sample:
        return self._quadrature() if self._is_static() else self._present(most)

    def _present(self, most: int) -> Sample:
        """Everybody present, or a keyed sample of so many."""
        world = self._world
        people = np.flatnonzero(world.state.plan >= OUTSIDE).astype(np.int64)
        if len(people) > most:
            people = people[np.argsort(uniforms(world.world_key, draws.RECORD, people, 1), kind="stable")[:most]]
        return Sample(people, world.traits, world.state, world.ties, np.full(len(people), 1.0 / max(len(people), 1)))

    def _is_static(self) -> bool:
        """Whether people differ in nothing that matters to choice but price sensitivity: whoever is present weighs as
        somebody of her segment and price sensitivity does who has no history, no ties and no other taste.
        """
        if self._scenario.customers.file is not None:  # whose people are not in the segments' shares
            return False
        present, fees = self._present(FEW), self._world.offers.plans.fee
        traits, people = present.traits, present.rows
        likes = self._without_history(traits.segment[people], traits.price_sensitivity[people], present.weight)
        weighed = zip(self._weigh(fees, present)[:2], self._weigh(fees, likes)[:2], strict=True)
        return all(np.allclose(as_she_is, as_anybody, rtol=0.0, atol=1e-9) for as_she_is, as_anybody in weighed)

    def _quadrature(self) -> Sample:
        """One representative person for each node of each segment's distribution of price sensitivity."""
        parts: list[tuple[int, np.ndarray, np.ndarray]] = []
        for code, segment in enumerate(self._scenario.customers.segments.values()):
            values, weight = nodes(segment.price_sensitivity)
            parts.append((code, values, weight * segment.share))
        return self._without_history(
            np.concatenate([np.full(len(values), code, np.uint8) for code, values, _ in parts]),
            np.concatenate([values for _, values, _ in parts]),
            np.concatenate([weight for _, _, weight in parts]),
        )

    def _without_history(self, segment: np.ndarray, price_sensitivity: np.ndarray, weight: np.ndarray) -> Sample:
        """People of given segments and price sensitivities, as they would be without operator, ties and tastes."""
        size, segments = len(segment), self._scenario.customers.segments.values()
        usage = np.array([quantile(one.usage, np.zeros(1))[0] for one in segments], dtype=np.float32)
        traits = table(Traits, size)
        traits.segment, traits.price_sensitivity, traits.usage = segment, price_sensitivity, usage[segment]
        return Sample(np.arange(size), traits, opened(State, size), np.zeros((size, 0), np.int32), weight)


def nodes(distribution: Distribution) -> tuple[np.ndarray, np.ndarray]:
    """Quadrature nodes and weights of a distribution: Gauss-Hermite for the normal family, Gauss-Legendre on quantiles
    else.
    """
    if distribution.distribution == "fixed":
        return np.array([distribution.value]), np.array([1.0])
    if distribution.distribution in ("normal", "lognormal"):
        x, weight = np.polynomial.hermite_e.hermegauss(NODES // 2)
        keep = weight > 0.0
        return quantile(distribution, x[keep]), weight[keep] / weight[keep].sum()
    from scipy import stats

    x, weight = np.polynomial.legendre.leggauss(NODES)
    return quantile(distribution, stats.norm.ppf(0.5 * (x + 1.0))), 0.5 * weight
