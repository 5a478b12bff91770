"""How people are drawn: segments, communities, accounts, traits; every draw is keyed by person."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from agents import draws
from agents.draws import WORLD, batches, month_key, uniforms
from agents.exact import cholesky, exponential
from agents.population import Traits
from agents.tables import Table, table


class Recipe(NamedTuple):
    """What synthesis needs to know, all plain: shares, distributions, correlations, sizes."""

    seed: int
    people: int  # rows, arrivals included
    present: int  # of them there from the start
    months: int  # over which the others arrive
    first_month: int
    shares: Sequence[float]  # of segments
    distributions: Sequence[Mapping[str, Any]]  # trait -> distribution, one mapping a segment
    traits: Sequence[str]
    correlations: Mapping[str, float]
    trait_homophily: float
    segment_homophily: float
    regions: Sequence[float]
    community: int  # people
    account_sizes: Sequence[int]
    mean_hassle: float  # currency
    prepaid_taste_sd: float
    hazard: Any  # distribution or None
    shock_months: int  # for which taste shocks are held


def synthesise(recipe: Recipe, given: Mapping[str, np.ndarray] | None = None) -> Table[Traits]:
    """Draw everybody's fixed traits; every draw is keyed by person, so one more person changes nobody else.

    Parameters
    ----------
    recipe : what to draw from
    given : segment and region codes of people who come from a file, with their row numbers under "rows"

    """
    key, ids = np.uint64(month_key(recipe.seed, WORLD, 0)), np.arange(recipe.people, dtype=np.int64)
    community = ids // recipe.community
    segment = _segments(recipe, key, ids, community)
    region = _codes(uniforms(key, draws.REGION, community, 0), recipe.regions)
    if given is not None:
        for name, codes in (("segment", segment), ("region", region)):
            if name in given:
                codes[given["rows"]] = given[name]
    traits = table(Traits, recipe.people)
    traits.segment, traits.region, traits.community = segment, region, community
    traits.account_size, traits.account_place, traits.members = account_members(_accounts(recipe, segment, ids))
    for batch in batches(recipe.people):
        _draw_traits(recipe, key, batch, traits[batch[0] : batch[-1] + 1])
    return traits


def _draw_traits(recipe: Recipe, key: Any, ids: np.ndarray, traits: Table[Traits]) -> None:
    """Draw what some people are like, given segment and community, in place."""
    normal = _correlated_normals(recipe, key, ids, traits.community)
    for code, distributions in enumerate(recipe.distributions):
        rows = np.flatnonzero(traits.segment == code)
        for number, trait in enumerate(recipe.traits):
            traits[trait][rows] = quantile(distributions[trait], normal[number][rows])
    for name in ("usage", "hassle", "attention", "social", "credit_risk", "variety"):
        traits[name] = np.maximum(traits[name], 0.0)
    for name, most in (("care_weight", 0.5), ("price_weight", 0.5), ("deal_proneness", 1.0)):
        traits[name] = np.clip(traits[name], 0.0, most)
    traits.hassle *= recipe.mean_hassle
    traits.prepaid_taste = recipe.prepaid_taste_sd * special.ndtri(uniforms(key, draws.PREPAID_TASTE, ids, 0))
    if recipe.hazard is not None:
        traits.hazard = quantile(recipe.hazard, special.ndtri(uniforms(key, draws.BETA_HAZARD, ids, 0)))
    traits.arrival, traits.renewal = _arrivals(recipe, key, ids), draws.turns(ids, recipe.shock_months)


def quantile(distribution: Any, normal: np.ndarray) -> np.ndarray:
    """Value of a distribution at the normal scores given: a Gaussian copula keeps any marginal."""
    kind = distribution.distribution
    if kind == "fixed":
        return np.full(len(normal), float(distribution.value))
    if kind == "normal":
        return np.asarray(distribution.mean + distribution.sd * normal)
    if kind == "lognormal":
        return exponential(distribution.mean_log + distribution.sd_log * normal)
    share = special.ndtr(normal)
    if kind == "uniform":
        return np.asarray(distribution.low + (distribution.high - distribution.low) * share)
    if kind == "beta":
        return np.asarray(special.betaincinv(distribution.alpha, distribution.beta, share))
    return np.zeros(len(normal))  # by_tenure: read from its table, month by month


def _codes(u: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Category of each uniform draw."""
    return np.minimum(np.searchsorted(np.cumsum(shares), u, side="right"), len(shares) - 1).astype(np.uint8)


def _segments(recipe: Recipe, key: Any, ids: np.ndarray, community: np.ndarray) -> np.ndarray:
    """Own segment, or with some probability the community's: shares stay as given, neighbours become alike."""
    own = _codes(uniforms(key, draws.SEGMENT, ids, 0), recipe.shares)
    if recipe.segment_homophily == 0.0 or len(recipe.shares) == 1:
        return own
    shared = _codes(uniforms(key, draws.COMMUNITY_SEGMENT, community, 0), recipe.shares)
    return np.where(uniforms(key, draws.SEGMENT, ids, 1) < recipe.segment_homophily, shared, own).astype(np.uint8)


def _correlated_normals(recipe: Recipe, key: Any, ids: np.ndarray, community: np.ndarray) -> np.ndarray:
    """Normal scores, shape (traits, people): correlated within a person, shared in part within a community."""
    size = len(recipe.traits)
    correlation = np.eye(size)
    for pair, value in recipe.correlations.items():
        first, second = (recipe.traits.index(name) for name in pair.split("~"))
        correlation[first, second] = correlation[second, first] = value
    root = cholesky(correlation)
    drawn = [
        trait
        for trait in range(size)
        if any(mapping[recipe.traits[trait]].distribution != "fixed" for mapping in recipe.distributions)
    ]
    scores = np.zeros((size, len(ids)))
    needed = set(drawn) | {int(other) for trait in drawn for other in np.flatnonzero(root[trait])}
    for trait in sorted(needed):
        own = special.ndtri(uniforms(key, draws.TRAIT, ids, trait))
        if recipe.trait_homophily > 0.0:
            shared = special.ndtri(uniforms(key, draws.COMMUNITY_TRAIT, community, trait))
            own = np.sqrt(recipe.trait_homophily) * shared + np.sqrt(1.0 - recipe.trait_homophily) * own
        scores[trait] = own
    return np.array(
        [sum((part * scores[other] for other, part in enumerate(row) if part), scores[0] * 0.0) for row in root]
    )


def _accounts(recipe: Recipe, segment: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Company accounts: consecutive members of one segment, in groups of the segment's size."""
    account = ids.astype(np.int32)
    for code, size in enumerate(recipe.account_sizes):
        if size > 1:
            rows = np.flatnonzero(segment == code)
            rank = np.arange(len(rows))
            account[rows] = rows[rank - rank % size]
    return account


def account_members(account: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Size of each person's account, where its members begin, and everybody in the order of accounts, shape (people,)
    each.
    """
    members = np.argsort(account, kind="stable")
    _, first, code, count = np.unique(account[members], return_index=True, return_inverse=True, return_counts=True)
    size, place = np.empty(len(account), np.uint16), np.empty(len(account), np.int32)
    size[members], place[members] = count[code], first[code]
    return size, place, members.astype(np.int32)


def _arrivals(recipe: Recipe, key: Any, ids: np.ndarray) -> np.ndarray:
    """Month of arrival: before everything for those present, spread evenly for newcomers (keyed,
    the same in all arms).
    """
    month = recipe.first_month + (uniforms(key, draws.ARRIVAL, ids, 0) * max(recipe.months, 1)).astype(np.int64)
    return np.where(ids < recipe.present, -32_000, month).astype(np.int16)
