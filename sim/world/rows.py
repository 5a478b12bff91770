"""How plain Python reads and writes one person's row of a table,
with numbers that compute as they do in machine code.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from sim.errors import nearest


class Single(np.float32):
    """A number of single precision, as the tables of people keep most of what they hold.

    In machine code two such numbers make another, and one with any other number makes a number of double precision.
    NumPy would make a single of one and a Python float, and so round where machine code does not.
    """


def _operation(name: str) -> Callable[[Any, Any], Any]:
    """Return an operation on a single and another number."""
    single, double = getattr(np.float32, name), getattr(float, name)

    def operation(self: Any, other: Any) -> Any:
        if type(other) is not Single:
            return double(float(self), float(other))
        result = single(self, other)
        return Single(result) if isinstance(result, np.float32) else result

    return operation


for _name in ("add", "sub", "mul", "truediv", "radd", "rsub", "rmul", "rtruediv", "lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Single, f"__{_name}__", _operation(f"__{_name}__"))
setattr(Single, "__neg__", lambda self: Single(-np.float32(self)))  # noqa: B010 # mypy knows no other way
setattr(Single, "__hash__", np.float32.__hash__)  # noqa: B010


class Columns:
    """The columns of a table by name, e.g. `plans.fee` of shape (plans,), and its rows by number."""

    def __init__(self, table: Any):
        self.shape = table.shape
        self.columns: dict[str, tuple[Any, bool]] = {
            name: (Columns(table[name]) if kind.names else np.asarray(table[name]), kind == np.float32)
            for name, kind in ((name, table.dtype[name]) for name in table.dtype.names)
        }
        for name, (column, _) in self.columns.items():
            setattr(self, name, column)

    def __getattr__(self, name: str) -> Any:
        raise _unknown(name, self.__dict__.get("columns", ()))

    def __getitem__(self, number: int) -> Any:
        return Row(self.columns, number)

    item = __getitem__  # what a column of numbers answers to, for one that is a table itself


class Row:
    """One row of a table: `me.satisfaction` reads a number, `me.satisfaction = 0.5` writes it into the table, rounded
    as the table keeps it.
    """

    __slots__ = ("_columns", "_number")

    def __init__(self, columns: dict[str, tuple[Any, bool]], number: int):
        object.__setattr__(self, "_columns", columns)
        object.__setattr__(self, "_number", number)

    def __getattr__(self, name: str) -> Any:
        try:
            column, is_single = self._columns[name]
        except KeyError:
            raise _unknown(name, self._columns) from None
        value = column.item(self._number)
        return Single(value) if is_single else value

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._columns:
            raise _unknown(name, self._columns)
        self._columns[name][0][self._number] = value

    def __reduce__(self) -> Any:
        return Row, (self._columns, self._number)


def _unknown(name: str, columns: Iterable[str]) -> AttributeError:
    return AttributeError(f"no column '{name}'{nearest(name, columns)}; there are: {', '.join(columns)}")
