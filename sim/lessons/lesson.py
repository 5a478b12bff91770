"""What a lesson is: a question, an experiment in worlds of the lab, and what is told of its result.

Every number that a lesson tells is computed from its run; every statement that it makes is a `Claim`, tested over
paired worlds.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from sim.config import Scenario
from sim.experiments.statistics import half_width
from sim.report.facts import Estimate
from sim.report.tables import Table

if TYPE_CHECKING:
    from sim.market import Market

Values = Mapping[str, Any]  # inputs by name: keys of the scenario, and a lesson's own words
Measured = dict[str, "float | pd.Series[float]"]  # of one world: numbers, and courses by what they run over
Experiment = Callable[[Scenario, int, Values], Measured]


class Ask(NamedTuple):
    """A question to the class and its answer; without choices, the answer is a number with its unit."""

    text: str
    answer: str
    choices: tuple[str, ...] = ()  # the answer is one of them
    why: str = ""


class Claim(NamedTuple):
    """A statement about the lab that its worlds must bear out: the mean of a number is above a bound."""

    text: str
    values: "pd.Series[float]"  # one number a world, of paired futures where it is a difference
    unit: str = ""
    above: float = 0.0
    factor: float = 1.0  # from the number to how it is written
    decimals: int = 1

    @property
    def estimate(self) -> Estimate:
        """Mean over worlds with its 95 % t interval."""
        return estimate(self.values)

    @property
    def holds(self) -> bool:
        """Whether the whole interval lies above the bound."""
        return self.estimate.low > self.above


class Bars(NamedTuple):
    """A figure of rows: a mean and its interval each."""

    title: str
    axis: str
    rows: "Mapping[str, pd.Series[float]]"  # label -> one number a world
    decimals: int = 1


class Lines(NamedTuple):
    """A figure of courses: a mean and its band each."""

    title: str
    across: str
    lines: Mapping[str, pd.DataFrame]  # name -> what runs across as index, a column a world


class Told(NamedTuple):
    """All that a lesson says of one run."""

    scene: str  # what the lab does, with the numbers of this variant
    prediction: Ask
    happened: Sequence[str]  # paragraphs
    figures: Sequence[Bars | Lines]
    table: Table
    claims: Sequence[Claim]
    quiz: Sequence[Ask]


class Found(NamedTuple):
    """What the worlds of one run came to."""

    scenario: Scenario
    values: Values
    worlds: pd.DataFrame  # a row a world, a column a number
    courses: Mapping[str, pd.DataFrame]  # name -> what it runs over as index, a column a world

    def mean(self, name: str) -> float:
        """Mean of a number over worlds."""
        return float(self.worlds[name].mean())


class Lesson(NamedTuple):
    """One lesson. `variants` holds the values among which a class code picks, the default first."""

    name: str
    title: str  # its moral in a line
    question: str
    scenario: str
    overrides: tuple[str, ...]
    variants: Mapping[str, tuple[Any, ...]]  # a key of the scenario (with a dot) or a word of the lesson -> values
    worlds: int  # paired replications
    seconds: int  # about, on two cores once compiled
    experiment: Experiment
    tell: Callable[[Found], Told]
    literature: tuple[str, ...]
    assumes: tuple[str, ...]
    vary: tuple[str, ...] = ()  # command lines to go on with


def own(market: "Market", table: str) -> pd.DataFrame:
    """Rows of the focal operator in one of a market's tables (`kpis`, `ledger` ...), reported months as index."""
    whole: pd.DataFrame = getattr(market, table)
    return whole[(whole["operator"] == market.scenario.focal) & (whole["month"] > 0)].set_index("month")


def forked(market: "Market", policy: str, months: int) -> "Market":
    """Return the future of a market under a policy, so many months on."""
    twin = market.fork(policy=policy)
    for _ in range(months):
        twin.step()
    return twin


def estimate(values: "pd.Series[float]") -> Estimate:
    """Mean over worlds with its 95 % t interval."""
    mean, half = float(values.mean()), float(half_width(values.to_frame("value"))["value"])
    return Estimate(mean, mean - half, mean + half)
