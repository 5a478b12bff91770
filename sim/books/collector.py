"""What a Mesa user's tools find of a market: Mesa's own collector, filled from the market's books when it is read."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import mesa
import pandas as pd

from agents.operator import Operator
from sim.books.books import Books, Tables
from sim.books.ledger import MONEY, POINTS, ledger_frame
from sim.books.measures import KPIS, OVERVIEW, kpis_frame, overview_frame

TABLES = (
    "kpis",
    "overview",
    "ledger",
    "ports",
    "prices",
    "plans",
    "exit_reasons",
    "lifecycle",
    "ended_relations",
    "loyalty_phase",
    "loyalty_type",
    "quadrant",
    "retention",
    "panel",
)


class Collector(mesa.DataCollector):
    """Mesa's collector of a market. Nothing is collected while months are lived: they stand in the books.

    Model variables are the month and the measures of `market.overview`; agent variables are those of `market.kpis` and
    the lines of `market.ledger`, of operators only; tables are the market's, each made when it is asked for. Mesa's
    steps count from 0: step 0 is month 1.
    """

    def __init__(self, books: Books):
        measures = ("operator", *dict.fromkeys((*KPIS, *MONEY, *POINTS)))
        super().__init__(  # type: ignore[no-untyped-call]
            model_reporters={name: name for name in ("month", *OVERVIEW)},
            agent_reporters={name: name for name in measures},
            agenttype_reporters={Operator: {name: name for name in measures}},
        )
        self.books, self.months = books, 0
        self.tables: Any = AskedFor(books)

    def collect(self, model: Any = None) -> None:
        """Take the months over that have been lived since."""
        for month in months_of(self.books, self.months):
            self.months += 1
            super().collect(month)  # type: ignore[no-untyped-call]

    def get_model_vars_dataframe(self) -> pd.DataFrame:
        """Return the measures of the whole market, one row a month."""
        self.collect()
        return pd.DataFrame(super().get_model_vars_dataframe())  # type: ignore[no-untyped-call]

    def get_agent_vars_dataframe(self) -> pd.DataFrame:
        """Return the measures and money lines of operators, one row a month and operator."""
        self.collect()
        return pd.DataFrame(super().get_agent_vars_dataframe())  # type: ignore[no-untyped-call]

    def get_agenttype_vars_dataframe(self, agent_type: type[mesa.Agent]) -> pd.DataFrame:
        """Return the same, for `Operator`."""
        self.collect()
        return pd.DataFrame(super().get_agenttype_vars_dataframe(agent_type))  # type: ignore[no-untyped-call]


class AskedFor(Mapping[str, pd.DataFrame]):
    """The tables of a market by name, made when one is asked for."""

    def __init__(self, books: Books):
        self.market = Tables()
        self.market.books = books

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in TABLES:
            raise KeyError(name)
        table: pd.DataFrame = getattr(self.market, name)
        return table

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def months_of(books: Books, since: int) -> Iterator[SimpleNamespace]:
    """Yield months of the books, from the one after `since` on, as the model that a collector would have met."""
    closed, operators = books[since:], list(books.scenario.operators)
    if not closed:
        return
    kpis = rows_of(kpis_frame(closed, operators, books.scenario.discount_annual))
    lines = rows_of(ledger_frame(closed, operators))
    for place, overview in enumerate(rows_of(overview_frame(closed, operators))):
        month = SimpleNamespace(steps=since + place, agent_types=[Operator], **overview)
        first = place * len(operators)
        month.agents = [
            SimpleNamespace(model=month, unique_id=number + 1, **{**lines[first + number], **kpis[first + number]})
            for number in range(len(operators))
        ]
        month.agents_by_type = {Operator: month.agents}
        yield month


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, column by name."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
