"""What comes of one fuzzed input? A right answer, a refusal in words, or a fault: an exception that is no refusal, an
exit code other than 0 and 2, a message that nobody reads, an identity that does not hold.
"""

import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from sim import InputError

RIGHT, REFUSED = "right", "refused"
LONGEST, MOST_LINES = 1_000, 60  # characters of a sentence, and sentences of a list of faults
TIME = 40.0  # seconds of processor time after which something is endless


class BrokenError(AssertionError):
    """Something that must hold does not."""


class KnownError(Exception):
    """An outcome that whoever reads the input has found out."""

    def __init__(self, outcome: "Outcome") -> None:
        super().__init__(outcome.verdict)
        self.outcome = outcome


def kept(claim: str, holds: bool | np.bool_) -> None:
    """Stop where what must hold does not."""
    if not holds:
        raise BrokenError(claim)


@dataclass(frozen=True)
class Trial:
    """One input: files it finds, words it says, and how it is read."""

    kind: str
    read: Callable[[list[str]], object]
    words: list[str] = field(default_factory=list)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came of an input: right, refused, or a fault told by its place."""

    verdict: str
    story: str = ""


def attempt(trial: Trial) -> Outcome:
    """Give an input to the house, in the present folder."""
    for name, content in trial.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)
    before = signal.signal(signal.SIGVTALRM, _endless)
    signal.setitimer(signal.ITIMER_VIRTUAL, TIME)
    try:
        trial.read(list(trial.words))
    except InputError as error:
        return told(str(error))
    except KnownError as error:
        return error.outcome
    except BrokenError as error:
        return Outcome(f"broken: {str(error)[:LONGEST]}")
    except Exception as error:  # of whatever kind: that is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, {place.name}"
        return Outcome(f"{type(error).__name__} in {where}", "".join(traceback.format_exception(error))[-3_000:])
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)
    return Outcome(RIGHT)


def told(message: str) -> Outcome:
    """A refusal, where its message is one that a person reads."""
    lines = message.splitlines() or [""]
    if not message.strip():
        return Outcome("no word", message)
    if "Traceback" in message or "errors.pydantic.dev" in message or "full_key" in message:
        return Outcome("words of a library", message)
    if len(lines) > MOST_LINES or max(map(len, lines)) > LONGEST:
        return Outcome("message too long", f"{len(message):,} characters, {len(lines)} lines: {message[:300]}")
    return Outcome(REFUSED, message)


def _endless(*_: Any) -> None:
    raise TimeoutError(f"more than {TIME:g} seconds")


# --- the smallest that fails -----------------------------------------------------------------------------------------


def reduced(trial: Trial, verdict: str, seconds: float = 60.0) -> Trial:
    """Leave out words and lines, with what is indented below them, as long as the fault stays the same."""
    end = time.monotonic() + seconds
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(trial):
            if time.monotonic() > end:
                return trial
            if attempt(candidate).verdict == verdict:
                trial, smaller = candidate, True
                break
    return trial


def _candidates(trial: Trial) -> Iterator[Trial]:
    """Trials with one thing less, the largest things first."""
    for name, content in trial.files.items():
        lines = content.splitlines(keepends=True)
        blocks = sorted({(_below(lines, first), first) for first in range(len(lines))}, reverse=True)
        halves = [(len(lines) // 2, 0), (len(lines) - len(lines) // 2, len(lines) // 2)] if len(lines) > 8 else []
        for size, first in (*halves, *blocks):
            less = b"".join(lines[:first] + lines[first + size :])
            yield replace(trial, files={**trial.files, name: less})
    for place in range(len(trial.words)):
        yield replace(trial, words=trial.words[:place] + trial.words[place + 1 :])


def _below(lines: list[bytes], first: int) -> int:
    """How many lines a line and what is indented below it are."""
    depth = len(lines[first]) - len(lines[first].lstrip(b" "))
    size = 1
    while first + size < len(lines) and len(lines[first + size]) - len(lines[first + size].lstrip(b" ")) > depth:
        size += 1
    return size
