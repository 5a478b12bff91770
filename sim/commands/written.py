"""How a command writes its result, and tells where it is: tables first, and a report that fails costs nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sim.commands.output import say
from sim.results import REPORT, ReportError, save_under

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison
    from sim.experiments.record import Study
    from sim.results import RunResult


class Written(NamedTuple):
    """A results folder, and whether its report is in it."""

    folder: Path
    has_report: bool

    @property
    def report(self) -> Path | None:
        """The report, if there is one."""
        return self.folder / REPORT if self.has_report else None

    @property
    def line(self) -> str:
        """Where to look."""
        return f"Report: {self.report}" if self.has_report else f"Tables: {self.folder}"

    @property
    def code(self) -> int:
        """Exit code."""
        return 0 if self.has_report else 1


def written(result: "RunResult | Comparison | Study", root: Path, csv: bool) -> Written:
    """Write a result into a folder of its own; say so where its report could not be drawn."""
    try:
        return Written(save_under(root, result, csv), True)
    except ReportError as error:
        say(f"churnlab: {error}")
        return Written(error.folder, False)
