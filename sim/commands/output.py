"""How commands speak: text tables and JSON on standard output, notes and progress on standard error."""

import json
import math
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from sim.report.tables import Table

HEADING = 18  # characters of a line of a heading


def say(text: str) -> None:
    """Tell a person something that is not the result."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Print a result for machines; tables become lists of rows, what is not a number null."""
    print(json.dumps(plain(value), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """Turn tables, NumPy numbers and paths into what JSON knows.

    >>> plain({"gain": float("nan"), "policies": ("none", "points")})
    {'gain': None, 'policies': ['none', 'points']}
    """
    if hasattr(value, "to_dict"):
        frame = value.reset_index() if value.index.names != [None] else value
        return plain(frame.to_dict("records"))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def spoken(text: str) -> str:
    r"""Write a sentence of the report for a terminal: names in quotes, plain spaces and minus signs.

    >>> spoken("Run \u2068points\u2069: EUR\u00a0\u22121.2\u00a0m")
    "Run 'points': EUR -1.2 m"
    """
    return text.translate(
        {
            0x2068: "'",
            0x2069: "'",
            0xA0: " ",
            0x2212: "-",
            0x2013: "-",
            0x2026: "...",
            0x201C: '"',
            0x201D: '"',
            0xB1: "+/-",
        }
    )


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    r"""Set a table in columns: the first to the left, the others to the right; headings may have several lines, and a
    row of one cell stands over all columns.

    >>> print(text_table(["operator", "churn\n%"], [["alpha", "1.6"], ["beta", "12.0"]]))
    operator  churn
                  %
    alpha       1.6
    beta       12.0
    """
    heads = [title.split("\n") for title in header]
    depth = max(map(len, heads))
    lines: list[list[str]] = [[head[line] if line < len(head) else "" for head in heads] for line in range(depth)]
    lines += [list(row) for row in rows]
    whole = [line for line in lines if len(line) == len(header)]
    widths = [max(len(line[column]) for line in whole) for column in range(len(header))]
    placed = [
        [
            cell.rjust(width) if column else cell.ljust(width) if len(line) == len(header) else cell
            for column, (cell, width) in enumerate(zip(line, widths, strict=False))
        ]
        for line in lines
    ]
    return "\n".join("  ".join(line).rstrip() for line in placed)


def shown_table(table: "Table") -> str:
    """Set a table of the report for a terminal, without its caption."""
    header = [textwrap.fill(spoken(title), HEADING, break_long_words=False) for title in table.header]
    return text_table(header, [[spoken(cell) for cell in row] for row in table.rows])


def own_text(table: "pd.DataFrame | None") -> str:
    r"""Set own measures in a table, with a blank line below; nothing where there are none.

    >>> import pandas as pd
    >>> own_text(pd.DataFrame({"operator": ["alpha"], "gini": [0.25], "left": [1234.5]}))
    'Measures of your own\n\noperator  gini   left\nalpha     0.25  1,234\n\n'
    """
    if table is None:
        return ""
    rows = [
        [f"{cell:,.4g}" if isinstance(cell, float) else str(cell) for cell in row] for row in table.to_numpy(object)
    ]
    return f"Measures of your own\n\n{text_table([str(name) for name in table.columns], rows)}\n\n"
