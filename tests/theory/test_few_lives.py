"""Where few lives change: intervals of people saved hold the mean as often as they say, also where most worlds show
none; what is equal up to rounding is equal.
"""

import numpy as np
import pandas as pd
import pytest

from sim.experiments.statistics import chance_interval, event_limits, gaps, is_best, lives, moves, paired, verdict

pytestmark = pytest.mark.theory

STUDIES = 2_000


def drawn(mean: float, worlds: int, seed: int, size: int) -> pd.DataFrame:
    """People saved (or lost) by chance, in groups of a size: a column for each study of so many worlds."""
    numbers = size * np.random.default_rng(seed).poisson(mean / size, (worlds, STUDIES))
    return pd.DataFrame(numbers.astype(float)).assign(none=0.0)


def coverage(saved: float, lost: float, worlds: int, name: str, size: int = 1, is_t: bool = False) -> float:
    """Share of studies whose interval holds the true mean."""
    up, down = drawn(saved, worlds, 5, size), drawn(lost, worlds, 6, size)
    values, true = {"saved": (up, saved), "lost": (down, lost), "net_saved": (up - down, saved - lost)}[name]
    found = paired(name, values, "none") if is_t else lives(up, down, "none")
    held = (found[f"{name}_low"] <= true) & (true <= found[f"{name}_high"])
    return float(held.drop("none").mean())


@pytest.mark.parametrize("worlds", [3, 6, 20])
@pytest.mark.parametrize(("saved", "lost"), [(0.1, 0.05), (0.4, 0.4), (3.0, 1.0), (60.0, 20.0)])
@pytest.mark.parametrize("name", ["saved", "net_saved"])
def test_intervals_of_lives_hold_the_mean(name: str, saved: float, lost: float, worlds: int) -> None:
    """Of 2,000 studies a share of 0.95 has a standard error of half a point."""
    assert coverage(saved, lost, worlds, name) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / STUDIES)


def test_a_t_interval_alone_would_not() -> None:
    assert coverage(0.1, 0.05, 6, "saved", is_t=True) < 0.6 < 0.93 < coverage(0.1, 0.05, 6, "saved")


def test_households_that_move_together_are_held_too() -> None:
    assert coverage(3.0, 1.0, 10, "net_saved", size=3) >= 0.92


def test_no_event_is_not_no_chance_of_one() -> None:
    low, high = event_limits(np.array([0.0]), np.array([6.0]))
    assert low[0] == pytest.approx(0.0, abs=1e-3) and 0.3 < high[0] < 0.5


def test_six_of_six_worlds_are_not_certainty() -> None:
    assert chance_interval(1.0, 6) == pytest.approx((0.6097, 1.0), abs=1e-4)
    assert chance_interval(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


WORLDS = pd.DataFrame(
    {"none": [10.0, 12.0, 11.0, 9.0], "points": [10.0, 12.0, 11.0, 9.0], "desk": [20.0, 23.0, 21.5, 19.0]}
)


def test_rounding_is_no_difference() -> None:
    noise = WORLDS.assign(points=WORLDS["points"] * (1.0 + 3e-15), none=WORLDS["none"])
    assert (gaps(noise, "none")["points"] == 0.0).all() and not moves(noise["points"].to_numpy() - WORLDS["none"], 12.0)
    assert is_best(noise[["none", "points"]].to_numpy()).all()
    assert set(verdict(noise[["none", "points"]]).in_play) == {"none", "points"}


def test_the_best_is_named_only_where_worlds_tell_it_apart() -> None:
    assert verdict(WORLDS).in_play == ["desk"]
    near = WORLDS.assign(points=[20.5, 22.0, 22.5, 18.0])
    assert sorted(verdict(near).in_play) == ["desk", "points"]
    assert set(verdict(WORLDS.head(1)).in_play) == {"none", "points", "desk"}  # one world tells nothing


def test_worlds_with_nobody_are_left_out() -> None:
    found = verdict(WORLDS.assign(desk=[20.0, 23.0, np.nan, 19.0]))
    assert found.worlds == 3 and found.best == "desk"
