"""Which prices are best against given ones, and at which prices nobody gains by changing her own: Bertrand and Nash.

First-order conditions alone do not tell: where some mind prices much and others little, they hold at several prices, of
which one is best and the others are traps. So every reply is searched over all prices at which anybody to speak of
buys, and what is called an equilibrium has been tried by every firm.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from agents.exact import product

FEWEST = 1e-3  # share of people who must still buy: prices that live on fewer are not searched
RUNG = 1.25  # ratio of neighbouring markups on the ladder
HIGHEST = 1e6  # markup, in present fees, beyond which profit is called unbounded
ITERATIONS = 1_000  # of markups
ROUNDS = 8  # of replies to replies
NEAR = 1e-3  # relative change of fees at which they have come to rest, to be refined
GAIN = 1e-7  # relative gain of profit that is none

# Shares of people who buy each plan at given fees, (plans,), and d s_j / d p_k = diag(own) - cross, row j, column k.
Demand = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Game:
    """Firms that set the fees of their plans against a demand."""

    few: Demand  # of a sample, to look around
    everybody: Demand  # to settle
    firm: np.ndarray  # of each plan, (plans,)
    cost: np.ndarray  # marginal cost by plan, currency per subscriber and month
    names: Sequence[str]  # of firms, by code

    @property
    def firms(self) -> list[int]:
        """Codes of the firms that have plans."""
        return sorted(set(self.firm.tolist()))

    def profit(self, firm: int, fees: np.ndarray, shares: np.ndarray) -> float:
        """Profit of a firm at fees that bring these shares, currency per person and month."""
        moves = self.firm == firm
        return float(product(shares[moves], (fees - self.cost)[moves]))


def best_reply(game: Game, firm: int, fees: np.ndarray) -> np.ndarray:
    """Fees of all plans in which one firm's own maximise its profit against the others' as they are, (plans,).

    All markups of its plans together, then of each plan alone, are tried on a ladder up to where fewer than `FEWEST` of
    people buy; the best rungs are refined to where profit has no slope.

    Raises
    ------
    ValueError
        where profit grows with the fee without bound: some do not mind prices

    """
    return _refined(game, game.everybody, firm, _searched(game, firm, fees))


def equilibrium(game: Game, fees: np.ndarray) -> np.ndarray:
    """Fees (plans,) at which no firm gains by any other fees of its own.

    Candidates meet all first-order conditions at once (Morrow & Skerlos 2011), from present fees, from low and from
    high ones; where none of them holds, they are where replies to replies come to rest. Each is tried by every firm.
    Where several are left, the one of the lowest mean fee is returned, and a warning tells the others.

    Raises
    ------
    ValueError
        where no candidate is an equilibrium, or profit is unbounded

    """
    starts = [fees, *_low_and_high(game, fees)]
    tried: list[np.ndarray] = []
    found: list[np.ndarray] = []
    for candidate in _candidates(game, starts, found):
        if candidate is not None and not any(_same(candidate, other) for other in tried):
            tried.append(candidate)
            if not any(_gains(game, firm, candidate) for firm in game.firms):
                found.append(candidate)
    if not found:
        how = "prices met only the first-order conditions" if tried else "no prices met the first-order conditions"
        raise ValueError(f"no Bertrand-Nash prices found: {how}, and some operator gains by leaving them")
    found.sort(key=lambda prices: float(prices.mean()))
    if len(found) > 1:
        listed = "; ".join(", ".join(f"{fee:.4g}" for fee in prices) for prices in found)
        warnings.warn(f"{len(found)} equilibria, of which the first is returned; fees: {listed}", stacklevel=3)
    return found[0]


def first_order_prices(game: Game, fees: np.ndarray) -> np.ndarray | None:
    """Fees (plans,) near given ones at which no firm's profit has a slope (Morrow & Skerlos 2011), None where there are
    none: an equilibrium only where nobody gains by leaving them far behind.
    """
    everyone = np.ones(len(game.firm), bool)
    near = _first_order(game, game.few, fees, everyone)
    return _first_order(game, game.everybody, fees if near is None else near, everyone)


# --- one firm's search -----------------------------------------------------------------------------------------------


def _searched(game: Game, firm: int, fees: np.ndarray) -> np.ndarray:
    """Search a firm's best fees by the demand of a few people."""
    own = game.firm == firm
    best = _best_of(game, firm, [fees, *_summits(game, firm, fees, own)])
    plans = np.flatnonzero(own)
    for _ in range(len(plans) if len(plans) > 1 else 0):
        alone = [rung for plan in plans for rung in _summits(game, firm, best, np.arange(len(own)) == plan)]
        better = _best_of(game, firm, [best, *alone])
        if _profit(game, game.few, firm, better) <= _profit(game, game.few, firm, best) * (1.0 + GAIN):
            break
        best = better
    return best


def _best_of(game: Game, firm: int, starts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the best point that a firm reaches from the most promising starts."""
    promising = sorted(starts, key=lambda start: -_profit(game, game.few, firm, start))[:4]
    ends = [_refined(game, game.few, firm, start) for start in promising]
    return max(ends, key=lambda end: _profit(game, game.few, firm, end))


def _profit(game: Game, demand: Demand, firm: int, fees: np.ndarray) -> float:
    return game.profit(firm, fees, demand(fees)[0])


def _summits(game: Game, firm: int, fees: np.ndarray, moves: np.ndarray) -> list[np.ndarray]:
    """Fees at the local maxima of a firm's profit over a ladder of markups common to the plans that move."""
    scale = float(np.maximum(fees, game.cost)[moves].max()) or 1.0
    markup, rungs, profits = 1e-2 * scale, [], []
    while True:
        tried = np.where(moves, game.cost + markup, fees)
        shares, _, _ = game.few(tried)
        if shares[moves].sum() < FEWEST:
            break
        if markup > HIGHEST * scale:
            raise ValueError(
                f"{game.names[firm]}: profit has no upper bound: more than one person in"
                f" {1.0 / FEWEST:,.0f} buys at any fee"
            )
        rungs.append(tried)
        profits.append(game.profit(firm, tried, shares))
        markup *= RUNG
    heights = np.array([-np.inf, *profits, -np.inf])
    return [rungs[k] for k in range(len(rungs)) if heights[k + 1] >= max(heights[k], heights[k + 2])]


def _refined(game: Game, demand: Demand, firm: int, start: np.ndarray) -> np.ndarray:
    """Return the point without slope that a firm reaches from a start; it never earns less there."""
    moves = game.firm == firm
    end = _first_order(game, demand, start, moves)
    if end is None or _profit(game, demand, firm, end) < _profit(game, demand, firm, start) * (1.0 - GAIN):
        return _climbed(game, demand, firm, start)
    return end


def _climbed(game: Game, demand: Demand, firm: int, start: np.ndarray) -> np.ndarray:
    """Climb a firm's profit from a start (L-BFGS-B; Byrd et al. 1995)."""
    moves = game.firm == firm

    def loss(own_fees: np.ndarray) -> tuple[float, np.ndarray]:
        fees = start.copy()
        fees[moves] = own_fees
        shares, own, cross = demand(fees)
        margin = np.where(moves, fees - game.cost, 0.0)
        slope = shares + own * margin - product(cross.T, margin)
        return -float(product(shares, margin)), -slope[moves]

    low = [(float(cost), None) for cost in game.cost[moves]]
    found: Any = optimize.minimize(loss, np.maximum(start, game.cost)[moves], jac=True, method="L-BFGS-B", bounds=low)
    end = start.copy()
    end[moves] = found.x
    return end


def _first_order(game: Game, demand: Demand, start: np.ndarray, moves: np.ndarray) -> np.ndarray | None:
    """Solve the first-order conditions of the plans that move, by markup iteration (Morrow & Skerlos 2011); None where
    that leads nowhere.
    """
    same = game.firm[:, None] == game.firm[None, :]
    fees, shortest, stuck = start.copy(), np.inf, 0
    for _ in range(ITERATIONS):
        shares, own, cross = demand(fees)
        with np.errstate(all="ignore"):
            markup = (product(same * cross.T, fees - game.cost) - shares) / own
        step = np.where(moves, game.cost + markup - fees, 0.0)
        fees, length = fees + step, float(np.abs(step).max())
        if not np.isfinite(fees).all():
            return None
        if length < 1e-11 * max(1.0, float(np.abs(fees).max())):
            return fees
        stuck = 0 if length < shortest else stuck + 1
        shortest = min(shortest, length)
        if stuck > 50:  # walks about
            return None
    return None


# --- all firms -------------------------------------------------------------------------------------------------------


def _candidates(game: Game, starts: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> Iterator[np.ndarray | None]:
    """Yield fees that may be an equilibrium; replies to replies only where nothing has been found without them."""
    for start in starts:
        yield first_order_prices(game, start)
    if not found:
        rest = _rest(game, starts[0])
        yield None if rest is None else first_order_prices(game, rest)


def _low_and_high(game: Game, fees: np.ndarray) -> list[np.ndarray]:
    """Fees near cost, and the dearest at which profit has a summit."""
    high = fees.copy()
    for firm in game.firms:
        own = game.firm == firm
        for summit in _summits(game, firm, fees, own)[-1:]:
            high[own] = summit[own]
    return [game.cost + 0.1 * np.maximum(np.abs(game.cost), 1e-3 * np.abs(fees)), high]


def _rest(game: Game, start: np.ndarray) -> np.ndarray | None:
    """Fees where firms that reply to one another in turn, each by its best, come to rest; None where they do not."""
    fees = start
    for _ in range(ROUNDS):
        before = fees
        for firm in game.firms:
            fees = _searched(game, firm, fees)
        if _same(fees, before, NEAR):
            return fees
    return None


def _same(fees: np.ndarray, others: np.ndarray, tolerance: float = 1e-6) -> bool:
    return bool(np.allclose(fees, others, rtol=tolerance, atol=1e-9))


def _gains(game: Game, firm: int, fees: np.ndarray) -> bool:
    """Tell whether a firm gains by leaving these fees, by more than `GAIN` of its profit."""
    now, left = (_profit(game, game.everybody, firm, prices) for prices in (fees, _searched(game, firm, fees)))
    return left > now + GAIN * abs(now)
