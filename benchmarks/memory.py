"""How much memory traffic a customer-month needs at least, and how fast this machine's memory is.

Bytes are counted as in STREAM (McCalpin 1995): what a loop reads and writes once, without the lines a processor fetches
only to overwrite them.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pandas as pd

from agents.population import Event, State, Traits
from agents.tables import table
from sim import Market

LINE = 64  # bytes that memory hands over at a time
SEEN = np.dtype(np.uint32).itemsize  # of what ties see of one person


def row_bytes() -> dict[str, int]:
    """Bytes of one person's row, by table."""
    return {
        name: table(columns, 1).dtype.itemsize
        for name, columns in (("traits", Traits), ("state", State), ("events", Event))
    }


def traffic_of(market: Market) -> pd.DataFrame:
    """Bytes that the loop reads and writes per customer and month: part, read, written.

    Rows and ties are passed through once. Ties inside a community are neighbours in memory, so what is seen of them is
    read with the community; each tie beyond it costs a cache line, as if nobody else had read it. Sums are read and
    written once for each chunk of people."""
    rows, (people, degree) = row_bytes(), market.world.ties.shape
    outside = market.scenario.behaviour.ties.outside if degree else 0
    sums = sum(array.nbytes for array in market.world.tally) / people
    parts = [
        ("traits", rows["traits"], 0.0),
        ("state", rows["state"], rows["state"]),
        ("events", 0.0, rows["events"]),
        ("ties", market.world.ties.itemsize * degree, 0.0),
        ("seen, own community", SEEN * bool(degree), 0.0),
        ("seen, ties beyond it", LINE * outside, 0.0),
        ("shown to ties", 0.0, SEEN),
        ("sums", sums, sums),
    ]
    return pd.DataFrame(
        [(name, float(read), float(written)) for name, read, written in parts], columns=["part", "read", "written"]
    )


@numba.njit(nogil=True, error_model="numpy")  # type: ignore[misc]
def _triad(a: np.ndarray, b: np.ndarray, c: np.ndarray, scalar: float) -> None:
    for i in range(a.shape[0]):
        a[i] = b[i] + scalar * c[i]


def bandwidth(threads: int, megabytes: int = 128, repeats: int = 9) -> float:
    """Memory bandwidth, bytes per second: the best of some triads a = b + s c, each thread on arrays of so many MB
    (McCalpin 1995).
    """
    size = megabytes * 2**20 // 8
    arrays = [(np.zeros(size), np.ones(size), np.ones(size)) for _ in range(threads)]
    best = np.inf
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(repeats + 1):  # the first compiles and touches the pages
            begin = time.perf_counter()
            list(pool.map(lambda three: _triad(*three, 3.0), arrays))
            best = min(best, time.perf_counter() - begin)
    return 24.0 * size * threads / best
