"""What processes that this one starts are told of where to look for code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sim.plugins import STANDARD, behind_python


@contextmanager
def safe_path() -> Iterator[None]:
    """Start processes that look for no module in the working folder, unless this one does, and then after Python's own:
    a file random.py that happens to lie there is not theirs to run.
    """
    first = [place for place in sys.path[: behind_python()] if place not in STANDARD]
    _take_out(first)
    sys.path[behind_python() : behind_python()] = first
    try:
        with environment("PYTHONSAFEPATH", "1"):
            yield
    finally:
        _take_out(first)
        sys.path[:0] = first


def _take_out(places: list[str]) -> None:
    for place in places:
        with suppress(ValueError):  # taken out by somebody else
            sys.path.remove(place)


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Set a variable of the environment for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
