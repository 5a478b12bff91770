"""How a fault of the input is told: one message, with what is allowed and the nearest valid name."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Something the user gave is wrong. Carries the whole message; the command line prints it and exits with 2."""


def nearest(given: str, allowed: Iterable[str]) -> str:
    """Return " (did you mean 'X'?)" with the closest valid name, or nothing."""
    close = difflib.get_close_matches(str(given), [str(name) for name in allowed], n=1, cutoff=0.5)
    return f" (did you mean '{close[0]}'?)" if close else ""
