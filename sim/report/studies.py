"""What the report of a study shows: sections of words, figures and tables, made from its tables alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import pandas as pd

from sim.experiments.units import in_one_size
from sim.report.contract import Comparison
from sim.report.drawing import Picture
from sim.report.formats import GAP, Scale, scale_of
from sim.report.tables import Table

if TYPE_CHECKING:
    from sim.experiments.record import Study

MONEY = ("npv", "npv_horizon", "npv_terminal", "ebitda")
WORDS = {
    "npv": "net present value",
    "npv_horizon": "net present value within the horizon",
    "npv_terminal": "value after the horizon",
    "ebitda": "operating profit in all",
    "churn_rate": "churn, % a month",
    "market_share": "market share, %",
    "csat": "satisfaction, 0 to 100",
    "arpu": "revenue a customer",
    "retained": "opening customers still here, %",
    "consumer_surplus": "customers' own gain",
}
PERCENT = ("churn_rate", "market_share", "csat", "retained")
PER_MONTH = ("arpu", "consumer_surplus")  # money of one customer


@dataclass(frozen=True)
class Section:
    """A part of a report: what it is called, what it says, what it shows."""

    title: str
    text: str
    wide: Sequence[Picture] = ()
    panels: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    caption: str = ""


@dataclass(frozen=True)
class Unit:
    """How a measure is written: words with unit, and what a value is multiplied with."""

    words: str
    factor: float
    scale: Scale

    @property
    def title(self) -> str:
        """The words as they begin a line."""
        return f"{self.words[0].upper()}{self.words[1:]}"

    @property
    def name(self) -> str:
        """What is measured, without its unit."""
        return self.words.partition(",")[0]

    def number(self, value: float, signed: bool = False) -> str:
        """Write a value of the simulated market."""
        return Scale(1.0, "", self.scale.decimals).number(value * self.factor, signed)


def unit_of(study: "Study | Comparison", measure: str, values: Sequence[float]) -> Unit:
    """Choose the unit of a measure, money at market size in a magnitude that suits the values."""
    name = measure.removesuffix("_diff")
    gain = ", against the first policy" if measure.endswith("_diff") else ""
    if name in MONEY:
        scale = scale_of([value * study.weight for value in values])
        return Unit(f"{WORDS[name]}{gain}, {scale.unit(study.scenario.currency)}", study.weight / scale.divisor, scale)
    factor = 100.0 if name in PERCENT else 1.0
    scale = scale_of([value * factor for value in values])
    words = WORDS.get(name, name.replace("_", " ")) + (f", {study.scenario.currency} a month" * (name in PER_MONTH))
    return Unit(f"{words}{gain}", factor, Scale(1.0, "", max(scale.decimals, 2)))


def level_cells(unit: Unit, measure: str, mean: float, half: float) -> list[str]:
    """Write a mean and its interval, of a share within 0 and 1."""
    if not math.isfinite(half):
        return [unit.number(mean), GAP]
    low, high = mean - half, mean + half
    low, high = (max(low, 0.0), min(high, 1.0)) if measure in PERCENT else (low, high)
    return [unit.number(mean), f"{unit.number(low)} to {unit.number(high)}"]


def own_rows(study: "Study") -> pd.DataFrame:
    """Rows of the focal operator, sums at the study's weight."""
    own = study.results[study.results["operator"] == study.scenario.focal]
    return in_one_size(own, study.weight)


def sections(study: "Study") -> list[Section]:
    """Return what a study of this kind shows."""
    module = import_module(f"sim.report.of_{study.kind}")
    return list(module.sections(study))


def headline(study: "Study") -> tuple[str, str, str]:
    """Return question, setting and answer of a study, in words."""
    module = import_module(f"sim.report.of_{study.kind}")
    question, setting, answer = module.headline(study)
    return str(question), str(setting), str(answer)
