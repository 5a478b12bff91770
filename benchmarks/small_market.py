"""The small market as plain numbers: what every rival starts from, computes by, and is compared by. Needs NumPy only;
churnlab draws it.

A month, for everybody at once on last month's world:

1. Hear: the mean satisfaction H of the ties on her own operator.
2. Meet the network: P = clip(quality + noise z). Satisfaction A += weight (P + disconfirmation (P - E) - A).
   Expectation E += adaptation (P - E) + hearsay (H - E), without the last where no tie is on her operator. Both stay in
   0..1.
3. With probability `attention`, choose: the plan with the highest appeal - a fee + social x share of ties on its
   operator + by_satisfaction x (her own A with her operator, the operator's reputation elsewhere) - (a hassle / horizon
   elsewhere) + a standard Gumbel draw.
4. Who joins an operator starts with A = its reputation and E = (reputation + advertised) / 2. Reputation: mean A of its
   customers last month.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sim import Market

SCENARIO = "small_market"


class SmallMarket(NamedTuple):
    """Opening and parameters of the small market."""

    plan: np.ndarray  # (people,) int64
    satisfaction: np.ndarray  # (people,) 0 to 1
    expectation: np.ndarray  # (people,) 0 to 1
    price_sensitivity: np.ndarray  # (people,) utils per currency unit
    ties: np.ndarray  # (people, degree) int32
    fee: np.ndarray  # (plans,) currency per month
    appeal: np.ndarray  # (plans,) utils
    operator: np.ndarray  # (plans,) int64
    quality: np.ndarray  # (operators,) 0 to 1
    advertised: np.ndarray  # (operators,) 0 to 1
    noise: float  # sd of the network's quality by month
    weight: float  # of a month's experience
    disconfirmation: float
    adaptation: float  # per month
    hearsay: float  # per month
    attention: float  # probability per month
    by_satisfaction: float  # utils
    social: float  # utils when all ties are there
    hassle: float  # currency, once
    horizon: float  # months

    def save(self, path: Path) -> Path:
        """Write to one file."""
        np.savez(path, **self._asdict())
        return path

    @classmethod
    def load(cls, path: Path) -> "SmallMarket":
        """Read what `save` has written."""
        with np.load(path) as file:
            found: dict[str, Any] = {name: file[name] if file[name].ndim else float(file[name]) for name in cls._fields}
        return cls(**found)

    @classmethod
    def of(cls, market: "Market") -> "SmallMarket":
        """Take the opening of a churnlab market of scenario `small_market`."""
        state, offers, behaviour = market.state, market.offers, market.scenario.behaviour
        return cls(
            state.plan.astype(np.int64),
            state.satisfaction.astype(float),
            state.expectation.astype(float),
            market.traits.price_sensitivity.astype(float),
            market.world.ties.copy(),
            offers.plans.fee.copy(),
            offers.plans.appeal.copy(),
            offers.plans.operator.astype(np.int64),
            offers.quality[0].copy(),
            offers.terms.advertised.copy(),
            behaviour.experience.network_sd,
            behaviour.satisfaction.weight_min,
            behaviour.satisfaction.disconfirmation,
            behaviour.satisfaction.expectation_adaptation,
            behaviour.satisfaction.expectation_social,
            behaviour.attention.base,
            behaviour.choice.satisfaction,
            behaviour.choice.social,
            behaviour.switching_cost.hassle,
            behaviour.horizon,
        )


class Month(NamedTuple):
    """What every framework counts in a month."""

    subscribers: Sequence[float] | np.ndarray  # at its end, by operator
    satisfaction: Sequence[float] | np.ndarray  # mean of them, by operator
    leavers: int  # who changed operator
    attentive: int

    def figures(self) -> list[float]:
        """Return market shares, mean satisfaction, churn and attention, all in 0..1."""
        people = float(sum(self.subscribers))
        return [
            *(count / people for count in self.subscribers),
            *(float(mean) for mean in self.satisfaction),
            self.leavers / people,
            self.attentive / people,
        ]


def figure_names(operators: Sequence[str]) -> list[str]:
    """Name the figures of a month."""
    return [
        *(f"share of {name}" for name in operators),
        *(f"satisfaction, {name}" for name in operators),
        "churn",
        "attention",
    ]


def portrait(
    market: SmallMarket, plan: np.ndarray, satisfaction: np.ndarray, expectation: np.ndarray
) -> dict[str, float]:
    """Describe who is where and feels what: shares of plans, spread of feelings, and how alike ties are."""
    operator = market.operator[plan]
    shares = np.bincount(plan, minlength=len(market.fee)) / len(plan)
    centred = satisfaction - market.quality[operator]
    return {
        **{f"share of plan {number}": float(share) for number, share in enumerate(shares)},
        "spread of satisfaction": float(centred.std()),
        "mean expectation": float(expectation.mean()),
        "spread of expectation": float(expectation.std()),
        "ties on one's operator": float((operator[market.ties] == operator[:, None]).mean()),
        "satisfaction and ties' expectation": float(
            np.corrcoef(centred, (expectation - market.quality[operator])[market.ties].mean(axis=1))[0, 1]
        ),
        "price sensitivity and fee": float(np.corrcoef(market.price_sensitivity, market.fee[plan])[0, 1]),
    }
