"""What readers of a market are told: closed books and what was noted beside them. Nothing here changes what happens."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import overload

import numpy as np
import pandas as pd

from agents.customer.relations import ENDS, PHASES, STAGES
from agents.population import Traits
from agents.tables import Table
from sim.books import measures, panel, relations, rolls
from sim.books.ledger import ledger_frame
from sim.config import Scenario
from sim.world.book import Book
from sim.world.tables import REASONS
from sim.world.world import World


@dataclass(eq=False)
class Books(Sequence[Book]):
    """Closed months, oldest first; prices, rows of the panel, lists of people and assessments noted with them."""

    scenario: Scenario
    traits: Table[Traits]
    members: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # row numbers of people in the panel
    closed: list[Book] = field(default_factory=list)
    fees: list[tuple[int, np.ndarray]] = field(default_factory=list)  # month, fee by plan as customers met it
    panel_rows: list[dict[str, np.ndarray]] = field(default_factory=list)  # of the months reported
    listed: list[rolls.Roll] = field(default_factory=list)  # whom the months reported count, by line
    noted: dict[str, np.ndarray] | None = None  # of panel members, before they live the month
    assessed: list[relations.Relations] = field(default_factory=list)

    @classmethod
    def opened(cls, scenario: Scenario, world: World) -> "Books":
        """Return the books of a world at month 0."""
        members = panel.members(world, scenario.panel.share)
        return cls(scenario, world.traits, members, fees=[(world.month, world.offers.plans.fee.copy())])

    def fork(self) -> "Books":
        """Return books that go on from here by themselves; what is noted is shared."""
        return replace(
            self,
            closed=list(self.closed),
            fees=list(self.fees),
            panel_rows=list(self.panel_rows),
            listed=list(self.listed),
            assessed=list(self.assessed),
        )

    def note_before(self, world: World) -> None:
        """Note panel members as they are before they live the month."""
        if len(self.members) and world.month > 0:
            self.noted = panel.before(world, self.members, self.scenario.panel.truth)

    def note_after(self, world: World) -> None:
        """Note what the month that was lived came to."""
        assert world.last_book is not None
        self.closed.append(world.last_book)
        self.fees.append((world.month, world.offers.plans.fee.copy()))
        if self.noted is not None:
            self.panel_rows.append(panel.after(world, self.noted))
            self.noted = None
        if world.month > 0:
            self.listed += rolls.rolls_of(world, world.last_book)
        if world.month > 0 and world.month % relations.EVERY == 0:
            self.assessed.append(relations.assess(world))

    def __len__(self) -> int:
        return len(self.closed)

    @overload
    def __getitem__(self, place: int) -> Book: ...
    @overload
    def __getitem__(self, place: slice) -> list[Book]: ...
    def __getitem__(self, place: int | slice) -> Book | list[Book]:
        return self.closed[place]


class Tables:
    """The tables of a market, made from its books when they are asked for."""

    books: Books

    def _with_units(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table as readers get it; a market says in `attrs` what its columns are in."""
        return table

    @property
    def operator_names(self) -> list[str]:
        """Names of operators, in the order of their codes."""
        return list(self.books.scenario.operators)

    @property
    def plan_names(self) -> list[str]:
        """Names of plans, in the order of their codes."""
        return list(self.books.scenario.all_plans)

    @property
    def segment_names(self) -> list[str]:
        """Names of segments, in the order of their codes."""
        return list(self.books.scenario.customers.segments)

    @property
    def region_names(self) -> list[str]:
        """Names of region types, in the order of their codes."""
        return list(self.books.scenario.regions)

    @property
    def kpis(self) -> pd.DataFrame:
        """Month, operator, and the measures of measures.KPIS."""
        return self._with_units(
            measures.kpis_frame(self.books, self.operator_names, self.books.scenario.discount_annual)
        )

    @property
    def overview(self) -> pd.DataFrame:
        """Month, and the measures of the whole market."""
        return self._with_units(measures.overview_frame(self.books, self.operator_names))

    @property
    def ledger(self) -> pd.DataFrame:
        """Month, operator, money lines."""
        return self._with_units(ledger_frame(self.books, self.operator_names))

    @property
    def ports(self) -> pd.DataFrame:
        """Month, from, to, count; `outside` both ways."""
        return self._with_units(measures.ports_frame(self.books, self.operator_names))

    @property
    def contacts(self) -> pd.DataFrame:
        """Whom operators called, those who left in the same month too: month, operator, customer."""
        return rolls.roll_frame(self.books.listed, "contacted", self.operator_names)

    @property
    def enrolments(self) -> pd.DataFrame:
        """Who joined operators' points programmes, those who left in the same month too: month, operator, customer."""
        return rolls.roll_frame(self.books.listed, "enrolled", self.operator_names)

    @property
    def exit_reasons(self) -> pd.DataFrame:
        """Why customers left: month, operator, key, value."""
        frame = measures.long_frame(self.books, self.operator_names, "reasons", REASONS)
        return pd.DataFrame(frame[frame["key"] != "none"].reset_index(drop=True))

    @property
    def lifecycle(self) -> pd.DataFrame:
        """Customers by stage of the relation (Dwyer, Schurr & Oh 1987): month, operator, key, value."""
        return measures.long_frame(self.books, self.operator_names, "stages", STAGES)

    @property
    def ended_relations(self) -> pd.DataFrame:
        """Relations ended, by how far they had come: month, operator, key, value."""
        return measures.long_frame(self.books, self.operator_names, "ends", ENDS)

    @property
    def loyalty_phase(self) -> pd.DataFrame:
        """Customers by phase of loyalty (Oliver 1999): month, operator, key, value."""
        return measures.long_frame(self.books, self.operator_names, "phases", PHASES)

    @property
    def loyalty_type(self) -> pd.DataFrame:
        """People by type of loyalty (Dick & Basu 1994), quarterly, from a sample: month, operator, key, value (share of
        the operator's customers; latent: of all people).
        """
        return relations.types_frame(self.books.assessed, self.operator_names)

    @property
    def quadrant(self) -> pd.DataFrame:
        """Customers by who gains from the relation, quarterly, from a sample: month, operator, key, value (share of the
        operator's customers).
        """
        return relations.quadrants_frame(self.books.assessed, self.operator_names)

    @property
    def long_tables(self) -> pd.DataFrame:
        """Exit reasons, lifecycle, ended relations, phases and types of loyalty and quadrants in one: table, month,
        operator, key, value.
        """
        names = ("exit_reasons", "lifecycle", "ended_relations", "loyalty_phase", "loyalty_type", "quadrant")
        tables = [getattr(self, name).assign(table=name) for name in names]
        full = [table for table in tables if len(table)] or tables  # an empty one has no types of columns
        whole = pd.concat(full, ignore_index=True)
        return self._with_units(pd.DataFrame(whole, columns=["table", "month", "operator", "key", "value"]))

    @property
    def plans(self) -> pd.DataFrame:
        """Closing customers by plan and brand: month, operator, brand, plan, subscribers."""
        return self._with_units(measures.plans_frame(self.books, self.books.scenario.all_plans))

    @property
    def retention(self) -> pd.DataFrame:
        """Kaplan-Meier retention by tenure, by operator, over the reported months."""
        return self._with_units(measures.retention_frame(self.books, self.operator_names))

    @property
    def prices(self) -> pd.DataFrame:
        """Month, operator, plan, fee as customers of that month met them; month 0 is the start."""
        owners = [operator for operator, _ in self.books.scenario.all_plans.values()]
        frames = [
            pd.DataFrame({"month": month, "operator": owners, "plan": self.plan_names, "fee": fees})
            for month, fees in self.books.fees
        ]
        return self._with_units(pd.concat(frames, ignore_index=True))

    @property
    def panel(self) -> pd.DataFrame:
        """What an analyst has: sampled customers by month."""
        return self._with_units(panel.panel_frame(self.books.scenario, self.books.traits, self.books.panel_rows))
