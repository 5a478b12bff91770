"""Do the customers of a file leave in the lab as they left in life? What a run must note for that page of
its report.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.analysis.initial_population import Section, initial_population_page
from sim.analysis.moments import churn_record, read_moments
from sim.commands.output import say
from sim.config import Scenario
from sim.config.currency import notes_on_money
from sim.errors import InputError
from sim.files.customer_file import CustomerFile, read_customers
from sim.files.plausible import fast_churn
from sim.loading import raw_config
from sim.steps.flags import Flag

if TYPE_CHECKING:
    from sim.market import Market

RECENT = 6  # months in which a complaint counts as the file's does


class ImportedBase:
    """The focal operator's customers at month 0, followed to the end of the file's window."""

    def __init__(self, market: "Market", moments_folder: str | None) -> None:
        scenario = market.scenario
        self.scenario = scenario
        self.moments = read_moments(Path(moments_folder), scenario) if moments_folder else None
        self.window = churn_record(scenario).window or scenario.months
        frame = market.customers.to_frame().set_index("customer")
        base = frame[frame["operator"] == scenario.focal]
        self.customers = pd.DataFrame(
            {
                "plan": base["plan"],
                "segment": base["segment"],
                "region": base["region"],
                "tenure": base["tenure"],
                "complaints": (base["since_complaint"] < RECENT).astype(int),
            }
        )

    def watch(self, market: "Market") -> None:
        """Note what these customers are billed and whether they complain in month 1, and who has left at the window's
        end.
        """
        if market.month == 1:
            lived = market.world.events[self.customers.index.to_numpy()]
            self.customers["monthly_charge"] = lived.bill
            self.customers["complained"] = (lived.happened & Flag.COMPLAINT) != 0
        if market.month == self.window:
            now = market.customers.to_frame().set_index("customer")["operator"].reindex(self.customers.index)
            self.customers["churned_sim"] = (now != self.scenario.focal).to_numpy()

    def sections(self, file: CustomerFile) -> list[Section]:
        """Return the page's sections; none where the run ended before the window."""
        if "churned_sim" not in self.customers:
            return []
        return initial_population_page(self.scenario, file, self.customers, self.window, self.moments)


def notes_on_currency(scenario: Scenario) -> list[str]:
    """Say where the market's bills and the shipped amounts of money are not of one currency."""
    return notes_on_money(scenario, raw_config("behaviour/mobile"))


def check_moments(scenario: Scenario, moments_folder: str | None) -> None:
    """Refuse moments that cannot be used, before anything is run."""
    if moments_folder:
        if scenario.customers.file is None:
            raise InputError(
                f"--moments {moments_folder}: there is nothing to set them against without customers.file=PATH"
            )
        read_moments(Path(moments_folder), scenario)


def announce_customers(scenario: Scenario) -> None:
    """Read the customer file of a study and say what must be known of it: its faults are told once, before any process
    is started.
    """
    for note in [*notes_on_currency(scenario), *notes_of(read_customers(scenario), None, scenario.months)]:
        say(f"Note: {note}")


def notes_of(file: CustomerFile | None, window: int | None, months: int) -> list[str]:
    """Say what a reader must know about an imported base."""
    if file is None:
        return []
    notes = [
        f"The opening customers are {file.rows:,} rows of {file.source}"
        + (f"; {file.skipped:,} faulty rows were set aside in {file.rejected}." if file.skipped else "."),
        *(f"In {file.source}: {note}." for note in file.notes),
        *(f"In {file.source}: {fast}." for fast in [fast_churn(file.fields, window)] if fast),
    ]
    if file.missing:
        notes.append(f"The file does not say {_listed(file.missing)}: drawn from the market's own assumptions.")
    if window is not None and window > months:
        notes.append(
            f"The file counts churn over {window} months; this run of {months} is too short to compare with it."
        )
    return notes


def _listed(names: Sequence[str]) -> str:
    words = [name.replace("_", " ") for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
