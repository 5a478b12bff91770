"""What `key=value` says: values by Hydra's grammar of overrides, plain text where the schema wants text.

The key is everything before the first `=`, so that names may hold what they like. Letters and signs that the grammar
does not know pass through it in a disguise; what it gives a meaning (blanks before a bracket, brackets, braces, commas,
quotation marks) is plain text for a key that holds free text, such as the name of a file.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, IntervalSweep, Override, Quote, QuotedString, RangeSweep
from hydra.core.override_parser.types import Sweep as Several
from hydra.errors import HydraException

from sim.config.composition import GROUPS
from sim.config.paths import text_at
from sim.errors import InputError, shown

LONGEST, DEEPEST, MOST_VALUES = 20_000, 20, 10_000  # characters of an override, brackets in brackets, values of a list
UNKNOWN = re.compile(r"[^\t\x20-\x7e]|[&#;!<>^`~]")  # what Hydra's grammar does not take outside quotation marks
DISGUISED, NOTHING = re.compile(r"_0x(10[0-9a-f]{4}|[0-9a-f]{1,5})_"), "_0x_"
KEY = re.compile(r"([{,]\s*)(?=[^{}()\[\],:'\"\s][^{}()\[\],:'\"]*:)")  # where a key of a mapping begins
LOOKALIKE = re.compile(r"_(?=0x[0-9a-f]*_)")
PUNCTUATION = re.compile(r"[^\w.+-]|_(?=0x)", re.ASCII)  # what a key of a mapping may not hold as it stands
WORDS = ("null", "true", "false", "inf", "nan")
PLAIN_TEXT = re.compile(r"[A-Za-z_][\w.+-]*", re.ASCII)


class Given(NamedTuple):
    """One override."""

    text: str  # as given
    key: str  # dotted
    value: Any
    is_deletion: bool = False


class Sweep(NamedTuple):
    """Several values of a key, or a range."""

    key: str
    values: list[Any]
    interval: tuple[float, float] | None = None


def split(text: str) -> tuple[str, str, str | None]:
    """Return mark, key and value of an override as they stand; no value where there is no `=`.

    >>> split("+months=3"), split("~shocks"), split("customers.file=a=b.csv")
    (('+', 'months', '3'), ('~', 'shocks', None), ('', 'customers.file', 'a=b.csv'))
    """
    key, sign, value = text.partition("=")
    bare = key.strip().lstrip("+").removeprefix("~")
    return key.strip()[: len(key.strip()) - len(bare)], bare, value if sign else None


def read(text: str) -> Given:
    """Return what an override says.

    Raises
    ------
    InputError
        where it is not understood, or says several values

    """
    mark, key, value = split(text)
    if not key or (value is None and mark != "~") or mark not in ("", "+", "++", "~"):
        raise InputError(f"override {shown(text)}: not understood; write key=value, e.g. customers.count=50_000")
    if mark == "~":
        return Given(text, key, None, is_deletion=True)
    return Given(text, key, value_of(key, str(value), text))


def value_of(key: str, given: str, text: str = "") -> Any:
    """Return the value that stands behind `key=`; `text` is the whole override, as a message names it."""
    text, given = text or f"{key}={given}", given.strip()
    said, kind = parsed(given), "name" if key in GROUPS else text_at(key)
    quoted = len(given) > 1 and given[0] == given[-1] and given[0] in "'\""
    if said is not None and (given.lower() == "null" or (quoted and not said.is_sweep_override())):
        return plain(said)
    if kind == "mixed" and said is not None and isinstance(said.value(), list | dict):
        return plain(said)
    if kind in ("free", "mixed") or (kind and (said is None or isinstance(said.value(), str | int | float))):
        return given
    if said is None:
        raise InputError(
            f"override {shown(text)}: the value is not understood; put text with brackets, commas or quotation marks"
            f" into quotation marks of its own, e.g. '{key}=\"a (b)\"'"
        )
    if said.is_sweep_override():
        raise InputError(
            f"override {shown(text)}: several values make a sweep; use `churnlab sweep`, or put one text with a comma"
            " into quotation marks of its own"
        )
    return plain(said)


def sweep_of(text: str) -> Sweep | None:
    """Return several values or a range, where an override says them; none where it says one value, or nothing."""
    mark, key, value = split(text)
    said = parsed(value) if value is not None and mark != "~" else None
    if said is None or not said.is_sweep_override():
        return None
    if said.is_interval_sweep():
        interval = said.value()
        assert isinstance(interval, IntervalSweep)
        if interval.start is None or interval.end is None:
            raise InputError(f"override {shown(text)}: a range has two ends, e.g. {key}=interval(0,1)")
        return Sweep(key, [], (float(interval.start), float(interval.end)))
    return Sweep(key, listed(said, text))


def listed(said: Override, text: str) -> list[Any]:
    """Return the values that an override lists, each in plain Python."""
    value = said.value()
    if isinstance(value, Glob):
        raise InputError(f"override {shown(text)}: patterns are not looked up; name each value, or give a list")
    if isinstance(value, IntervalSweep):
        raise InputError(f"override {shown(text)}: a list is expected here, not a range")
    if isinstance(value, RangeSweep):
        _check_range(value, text)
    if not said.is_sweep_override():
        return plain(said) if isinstance(value, list) else [plain(said)]
    return [_undisguised(item) for item in said.sweep_iterator()]


def _check_range(value: RangeSweep, text: str) -> None:
    """Refuse a range that has no end, or too many values to list."""
    if value.start is None or value.stop is None or not value.step:
        raise InputError(f"override {shown(text)}: a range needs two ends and a step other than 0, e.g. range(0,10,2)")
    count = (value.stop - value.start) / value.step
    if not count <= MOST_VALUES:
        raise InputError(f"override {shown(text)}: a range of {count:,.0f} values; at most {MOST_VALUES:,} are listed")


def parsed(given: str) -> Override | None:
    """Parse a value by Hydra's grammar; none where that does not understand it."""
    if len(given) > LONGEST or _depth(given) > DEEPEST:
        return None
    disguised = KEY.sub(rf"\g<1>{NOTHING}", UNKNOWN.sub(_disguise, given))
    try:
        return OverridesParser.create().parse_override(f"x={disguised}")
    except (HydraException, ValueError):
        return None


def plain(said: Override) -> Any:
    """Return an override's value in plain Python."""
    return _undisguised(said.value())


def in_words(value: Any) -> str:
    """Write a value so that `value_of` reads it back.

    >>> in_words(["a (b)", 3, "points+save_desk", {"c": None}])
    '["a (b)", 3, points+save_desk, {c: null}]'
    """
    if isinstance(value, Mapping):
        return (
            f"{{{', '.join(f'{PUNCTUATION.sub(_disguise, str(key))}: {in_words(of)}' for key, of in value.items())}}}"
        )
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_words, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    text = LOOKALIKE.sub(_disguise, str(value))
    is_word = text == value and PLAIN_TEXT.fullmatch(text) and text.lower() not in WORDS
    return text if is_word else QuotedString(text, Quote.double).with_quotes()


def _depth(given: str) -> int:
    depth = deepest = 0
    for sign in given:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _disguise(sign: re.Match[str]) -> str:
    return f"_0x{ord(sign[0]):x}_"


def _undisguised(value: Any) -> Any:
    """Turn what the grammar gives into plain Python, with the signs that were disguised."""
    if isinstance(value, QuotedString):
        value = value.text
    if isinstance(value, Glob | Several):
        raise InputError("a range or a pattern stands by itself, not within a list or mapping; name each value there")
    if isinstance(value, list):
        return [_undisguised(item) for item in value]
    if isinstance(value, dict):
        return {str(_undisguised(key)): _undisguised(item) for key, item in value.items()}
    if isinstance(value, str):
        return DISGUISED.sub(lambda found: chr(int(found[1], 16)), value.replace(NOTHING, ""))
    return value
