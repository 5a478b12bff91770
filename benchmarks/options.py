"""What the commands `python -m benchmarks.X` have in common: options, messages, and tables written into pages."""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.machine import HOUSE, RESULTS
from sim.errors import InputError, nearest
from sim.files.whole import write_whole
from sim.report.drawing import settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOCS = HOUSE / "docs"


def parse(words: Sequence[str], known: Mapping[str, int | bool]) -> dict[str, int]:
    """Read `--name` and `--name=number` options; `known` holds their defaults, False for a switch.

    >>> parse(["--quick"], {"quick": False, "customers": 200_000})
    {'quick': 1, 'customers': 200000}

    Raises
    ------
    InputError
        where an option is not known or holds no whole number above 0

    """
    values = {name: int(default) for name, default in known.items()}
    for word in words:
        name, is_given, text = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in known:
            raise InputError(
                f"'{word}': no such option{nearest(word, [f'--{one}' for one in known])}; known:"
                f" {', '.join(_spelt(known))}"
            )
        if isinstance(known[name], bool):
            if is_given:
                raise InputError(f"--{name}: takes no value (got '{text}')")
            values[name] = 1
        elif text.replace("_", "").isdecimal() and int(text) > 0:
            values[name] = int(text)
        else:
            raise InputError(f"--{name}: must be a whole number above 0, as in --{name}={values[name]} (got '{text}')")
    return values


def _spelt(known: Mapping[str, int | bool]) -> list[str]:
    return [f"--{name}" if isinstance(default, bool) else f"--{name}={default}" for name, default in known.items()]


def run(main: Callable[[Sequence[str]], None]) -> None:
    """Run a command; a fault of its options is one message, and exit code 2."""
    try:
        main(sys.argv[1:])
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def markdown(frame: pd.DataFrame, columns: Mapping[str, tuple[str, str]]) -> str:
    """Write columns of a table as Markdown: heading -> (column, format); numbers stand right.

    >>> print(markdown(pd.DataFrame({"who": ["a"], "time": [2.0]}), {"name": ("who", "{}"), "ns": ("time", "{:.1f}")}))
    | name | ns |
    | --- | --: |
    | a | 2.0 |
    """
    cells = [[text.format(value) for value in frame[name]] for name, text in columns.values()]
    rules = ["--:" if all(_is_number(cell) for cell in column) else "---" for column in cells]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(columns), rules, *zip(*cells, strict=True)])


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[\d,.]+( %)?|-", text) is not None


def fill(page: Path, name: str, text: str) -> None:
    """Write text between the lines `<!-- name -->` and `<!-- /name -->` of a page.

    Raises
    ------
    InputError
        where the page has no such lines

    """
    whole = page.read_text(encoding="utf-8") if page.is_file() else ""
    pattern = re.compile(rf"(^<!-- {name} -->\n).*?(^<!-- /{name} -->$)", re.MULTILINE | re.DOTALL)
    if not pattern.search(whole):
        raise InputError(f"{page}: has no lines <!-- {name} --> and <!-- /{name} --> to write between")
    write_whole(page, pattern.sub(lambda found: f"{found[1]}{text.strip()}\n{found[2]}", whole))


def read_told(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Read what stands beside a table of results: date, commit, machine, versions."""
    told: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return told


def measured_where(told: Mapping[str, Any]) -> str:
    """Say in a sentence when and on what machine something was measured; nothing where nothing is known."""
    if not told:
        return ""
    machine, versions = told["machine"], told["versions"]
    return (
        f"Measured on {told['measured']} at commit `{told['commit']}`: {machine['processor']}, {machine['cores']}"
        f" cores, {machine['memory']}; Python {machine['python']}, NumPy {versions['numpy']}, Numba"
        f" {versions['numba']}."
    )


def save(path: Path, draw: Callable[[], "Figure"]) -> None:
    """Draw a figure into an SVG file on white, so that it can be read on dark pages too."""
    with settings(path.stem):
        buffer = StringIO()
        draw().savefig(buffer, format="svg", facecolor="white", metadata={"Date": None})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n")
