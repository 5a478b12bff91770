"""What a fact is: where it was published, what number must come out, and how that number is measured in the lab."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from sim.facts.lab import Lab

Kind = Literal["band", "sign", "report"]


class Check(NamedTuple):
    """One number of a fact. It holds between `low` and `high`, both inside for a band, both outside for a sign or an
    order.
    """

    name: str
    unit: str
    kind: Kind
    low: float = float("-inf")
    high: float = float("inf")

    def holds(self, value: float) -> bool:
        """Whether a number is where it was published to be; NaN is not.

        >>> Check("churn", "% a month", "band", 1.0, 2.0).holds(1.0)
        True
        >>> Check("change", "points", "sign", low=0.0).holds(0.0)
        False
        """
        if self.kind == "report":
            return True
        return self.low <= value <= self.high if self.kind == "band" else self.low < value < self.high

    def fails(self, low: float, high: float) -> bool:
        """Whether no number from low to high is where it was published to be.

        >>> Check("change", "points", "sign", low=0.0).fails(-2.0, 0.0)
        True
        >>> Check("ratio", "1", "sign", -0.5, 0.5).fails(-1.0, 5.0)
        False
        """
        if self.kind == "report":
            return False
        return high < self.low or low > self.high if self.kind == "band" else high <= self.low or low >= self.high

    @property
    def asked(self) -> str:
        """What is asked of the number, in words.

        >>> Check("churn", "% a month", "band", 1.0, 2.0).asked, Check("change", "points", "sign", low=0.0).asked
        ('1 to 2', 'above 0')
        """
        if self.kind == "report":
            return "reported"
        if self.low == self.high:
            return f"{self.low:g}"
        if self.low == float("-inf"):
            return f"below {self.high:g}"
        return f"above {self.low:g}" if self.high == float("inf") else f"{self.low:g} to {self.high:g}"


class Fact(NamedTuple):
    """A published fact. `measure` takes a Lab and returns a number for every check, by name; NaN where the lab has
    nothing to measure. Whatever the title claims is among the checks: where they are met, it is true of the lab.
    """

    number: str
    title: str
    published: str
    source: str
    confidence: Literal["H", "M", "L"]
    how: str  # the measurement, in words
    checks: tuple[Check, ...]
    measure: Callable[["Lab"], dict[str, float]]
    is_tuned: bool = False  # the default market was calibrated to it
