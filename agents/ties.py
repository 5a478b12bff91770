"""Who talks to whom: households, accounts and friends, in a small world of communities (Watts & Strogatz 1998)."""

import numpy as np
import pandas as pd

from agents import draws
from agents.draws import WORLD, month_key, uniforms
from agents.population import Traits, account_of
from agents.tables import Table

KINDS = ("friend", "household", "account")


def make_ties(
    traits: Table[Traits], seed: int, inside: int, outside: int, community: int, rewire: float, region_homophily: float
) -> np.ndarray:
    """Draw everybody's ties, shape (people, inside + outside), int32.

    Inside the community a ring lattice with random rewiring; beyond it a random person, mostly of the same region type.
    """
    people = len(traits.segment)
    ids = np.arange(people, dtype=np.int64)
    key = np.uint64(month_key(seed, WORLD, 0))
    ties = np.empty((people, inside + outside), np.int32)
    start = ids // community * community
    size = np.minimum(community, people - start)
    for column in range(inside):
        step = column // 2 + 1 if column % 2 == 0 else -(column // 2 + 1)
        neighbour = start + (ids - start + step) % size
        other = start + (uniforms(key, draws.TIE, ids, 2 * column) * size).astype(np.int64)
        ties[:, column] = np.where(uniforms(key, draws.TIE, ids, 2 * column + 1) < rewire, other, neighbour)
    order = np.argsort(traits.region, kind="stable")
    first = np.searchsorted(traits.region[order], np.arange(traits.region.max() + 2) if people else [0])
    for column in range(outside):
        u = uniforms(key, draws.TIE, ids, 100 + column)
        low, high = first[traits.region], first[traits.region + 1]
        near = order[low + (u * (high - low)).astype(np.int64)]
        same = uniforms(key, draws.TIE, ids, 200 + column) < region_homophily
        ties[:, inside + column] = np.where(same, near, (u * people).astype(np.int64))
    return ties


def ties_frame(ties: np.ndarray, traits: Table[Traits], seed: int, household: float) -> pd.DataFrame:
    """Return ties as a table: customer, friend, kind (household, account or friend)."""
    people, degree = ties.shape
    customer = np.repeat(np.arange(people), degree)
    friend = ties.ravel()
    homes = households(people, seed, household)
    kind = np.zeros(len(friend), np.int8)
    account = account_of(traits)
    kind[account[customer] == account[friend]] = 2
    kind[homes[customer] == homes[friend]] = 1
    return pd.DataFrame(
        {"customer": customer, "friend": friend, "kind": pd.Categorical.from_codes(kind, pd.Index(KINDS))}
    )


def households(people: int, seed: int, mean_size: float) -> np.ndarray:
    """Household number of each person: consecutive people share one, geometric sizes with the given mean."""
    if mean_size <= 1.0:
        return np.arange(people)
    begins = (
        uniforms(np.uint64(month_key(seed, WORLD, 0)), draws.HOUSEHOLD, np.arange(people, dtype=np.int64), 0)
        < 1.0 / mean_size
    )
    return np.cumsum(begins)
