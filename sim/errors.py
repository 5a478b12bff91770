"""How a fault of the input is told: one message, with what is allowed and the nearest valid name."""

import difflib
from collections.abc import Iterable
from typing import Any

SHOWN, COMPARED = 80, 200  # characters of what was given that are shown, and compared with the names there are


class InputError(ValueError):
    """Something the user gave is wrong. Carries the whole message; the command line prints it and exits with 2."""


class StoppedError(RuntimeError):
    """What was begun came to an end before its time, through no fault of the input. Carries the whole message, with how
    to go on; the command line prints it and exits with 1.
    """


def nearest(given: str, allowed: Iterable[str]) -> str:
    """Return " (did you mean 'X'?)" with the closest valid name, or nothing."""
    close = difflib.get_close_matches(str(given)[:COMPARED], [str(name) for name in allowed], n=1, cutoff=0.5)
    return f" (did you mean '{close[0]}'?)" if close else ""


def shown(given: Any) -> str:
    """Return what was given as a message quotes it, cut short where it is long.

    >>> shown("points"), shown("x" * 1000)[-25:]
    ("'points'", 'xxx... (1,002 characters)')
    """
    text = repr(given)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text):,} characters)"
