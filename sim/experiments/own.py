"""What of the user's own goes into every world of a study: a behaviour of customers, and measures of a market."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.config import Scenario
from sim.errors import InputError, nearest
from sim.plugins import provided

if TYPE_CHECKING:
    from sim.market import Market
    from sim.objects.customer import Customer

Measure = Callable[["Market"], Any]  # a market -> one number, or one for each operator by its name
OWN_TITLE = "Measures of your own"  # of the section of a report that shows them
BESIDE = ("arm", "gain", "hash", "job", "operator", "point", "policy", "replication", "response", "rival_policy", "row")
TAKEN = (*BESIDE, "seed", "setting", "spend", "weight")  # by columns that stand beside measures


@dataclass(frozen=True)
class Own:
    """What of the user's own every world of a study has."""

    customer: "type[Customer] | None" = None  # what everybody is, see `Market`
    measures: Mapping[str, Measure] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[Any, ...]:
        """All classes and functions."""
        return (*(() if self.customer is None else (self.customer,)), *self.measures.values())


def own_of(
    scenario: Scenario, customer: "type[Customer] | None" = None, measures: Mapping[str, Measure] | None = None
) -> Own:
    """Put what a study is given and what its scenario's plug-ins bring together, and check it."""
    from sim.books.measures import KPIS, OVERVIEW
    from sim.experiments.outcome import MEASURED, MONEY
    from sim.world.tables import LINES

    brought = provided(scenario.plugins)
    customer, measures = customer or brought.customer, {**brought.measures, **(measures or {})}
    if customer is not None:
        from sim.objects.engine import check_customer

        check_customer(customer, "objects")
    for name, measure in measures.items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise InputError(f"measures: '{name}' is no name for a measure; write letters, digits and underscores")
        if name in (*TAKEN, *MEASURED, *MONEY, *KPIS, *OVERVIEW, *LINES):
            raise InputError(f"measures: the name '{name}' is taken; call it own_{name}, for instance")
        if not callable(measure):
            raise InputError(f"measures: '{name}' must be a function of a market (got {measure!r})")
    return Own(customer, measures)


def measured(market: "Market", measures: Mapping[str, Measure]) -> dict[str, np.ndarray]:
    """Take own measures of a market; one number a measure and operator, NaN where a measure says nothing of it.

    Raises
    ------
    RuntimeError
        naming the measure that could not be taken, and why

    """
    return {name: _by_operator(name, measure, market) for name, measure in measures.items()}


def own_table(sections: Sequence[tuple[str, pd.DataFrame, str]]) -> pd.DataFrame | None:
    """Find the table of own measures among a result's sections."""
    return next((table for title, table, _ in sections if title == OWN_TITLE), None)


def _by_operator(name: str, measure: Measure, market: "Market") -> np.ndarray:
    operators = market.operator_names
    try:
        value = measure(market)
    except Exception as error:
        raise RuntimeError(f"measure '{name}': {type(error).__name__}: {error}") from error
    try:
        if not isinstance(value, Mapping | pd.Series):
            return np.full(len(operators), float(value))
        told = {str(key): float(number) for key, number in value.items()}
    except (TypeError, ValueError):
        raise RuntimeError(
            f"measure '{name}': must return a number, or a number for each operator by name (got"
            f" {type(value).__name__})"
        ) from None
    for key in told:
        if key not in operators:
            raise RuntimeError(f"measure '{name}': no such operator '{key}'{nearest(key, operators)}")
    return np.array([told.get(operator, np.nan) for operator in operators])
