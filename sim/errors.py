"""How a fault of the input is told: one message, with what is allowed and the nearest valid name."""

import difflib
from collections.abc import Iterable
from typing import Any

SHOWN, COMPARED = 80, 200  # characters of what was given that are shown, and compared with the names there are
LISTED, TOLD = 400, 2_500  # characters of a list of names, and of a whole message


class InputError(ValueError):
    """Something the user gave is wrong. Carries the whole message; the command line prints it and exits with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(cut(message, TOLD))


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
    return cut(repr(given), SHOWN)


def cut(text: str, most: int) -> str:
    """Cut a text short where it is long, and say how long it is."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def listed(names: Iterable[Any]) -> str:
    """Return the names there are as a message lists them; of very many the first.

    >>> listed(["none", "points"]), listed(range(1000))[-22:]
    ('none, points', '101 ... (1,000 in all)')
    """
    words = [cut(str(name), SHOWN) for name in names]
    text = ", ".join(words)
    if len(text) <= LISTED:
        return text
    return f"{text[: text.rindex(', ', 0, LISTED)]} ... ({len(words):,} in all)"
