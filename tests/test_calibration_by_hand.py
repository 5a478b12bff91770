"""What targets weigh, and where a straight line of the past leads, worked out on paper."""

import math

import numpy as np
import pytest

from sim.experiments.calibrate import _fit
from sim.experiments.calibration.forecast import forecasts
from sim.experiments.calibration.moments import Moment
from sim.experiments.calibration.targets import Target


def target(first: int, last: int, value: float, use: str = "fit", se: float = math.nan) -> Target:
    """A number of operator A's bills in months first to last."""
    return Target(Moment("arpu", "A", "", "", first, last), f"{first}-{last}", value, se, use, "")


def test_a_target_without_an_error_counts_the_real_market_as_one_more_world() -> None:
    """Worlds differ by 2 and four are simulated: 4 + 4 / 4 = 5 where the file is silent, 9 + 1 = 10 where it has 3."""
    fit = _fit([target(1, 1, 20.0), target(2, 2, 30.0, se=3.0)], np.array([2.0, 2.0]), 4)
    assert fit.error**2 == pytest.approx([5.0, 10.0]) and fit.aim.tolist() == [20.0, 30.0]


def test_a_straight_line_is_read_at_the_middle_of_a_period() -> None:
    """10 at 1.5 and 14 at 3.5 are 2 a month: 20 at 6.5, the middle of months 5 to 8."""
    targets = [target(1, 2, 10.0), target(3, 4, 14.0), target(5, 8, 21.0, "hold")]
    found = forecasts(targets, [11.0, 13.0, 18.0], [1.0, 1.0, 1.0]).iloc[0]
    assert found["trend"] == pytest.approx(20.0)
    assert found["last"] == 14.0 and found["anchored"] == 14.0 + 18.0 - 13.0  # the last value, and the model's change
