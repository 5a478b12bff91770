"""Random small markets as fuzzed inputs: each is a scenario file that is loaded, run, checked, and run otherwise."""

import random
import shutil
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from sim import Market, load_scenario
from tests.fuzz.trials import BrokenError, Trial
from tests.properties.blocks import Tree
from tests.properties.markets import market_file, small_markets
from tests.properties.soundness import WAYS, broken, differing_ways, differing_when_loaded

FOLDER, FILE = Path("market"), "market/market.yaml"
LARGE = 0.02  # of them have people for more than one chunk
SAVED = 0.02  # of them are saved with their report, and read back


def markets(luck: random.Random, count: int) -> list[Trial]:
    """So many markets."""
    return [_trial(luck, tree) for tree in _trees(luck.randrange(2**31), count)]


def _trees(number: int, count: int) -> list[Tree]:
    """Trees that hypothesis draws, in the order drawn."""
    found: list[Tree] = []

    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(small_markets())
    def collect(tree: Tree) -> None:
        found.append(tree)

    collect()
    return found


def _trial(luck: random.Random, tree: Tree) -> Trial:
    chance, ways = luck.random(), list(WAYS)
    if chance < LARGE:
        tree = {**tree, "months": 2, "customers": {**tree["customers"], "count": luck.randint(4_097, 9_000)}}
        ways.remove("customers as objects")  # slow
    FOLDER.mkdir(exist_ok=True)
    content = market_file(FOLDER, tree).read_bytes()
    return Trial("markets", lambda _: _lived(ways, chance > 1.0 - SAVED), files={FILE: content})


def _lived(ways: list[str], is_saved: bool) -> None:
    """Run a market; stop where something does not hold of it, or another way gives other tables."""
    market = Market(load_scenario(FILE)).run()
    found = [*broken(market), *differing_ways(market, ways)]
    if is_saved:
        shutil.rmtree("saved", ignore_errors=True)
        found += differing_when_loaded(market, Path("saved"))
    if found:
        raise BrokenError("; ".join(found))
