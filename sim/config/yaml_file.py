"""How YAML is read: bounded in size and depth, and as the person meant it who wrote it.

Words are words (YAML 1.2): `Yes`, `no`, `on` and `1:30` are text, only `true` and `false` are truth values; fields that
are switches take yes and no too. A number remembers how it was written, so that `01` can be the name of a plan and
still count as 1. Keys are text as they stand.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from sim.errors import InputError, shown

Tree = dict[str, Any]
MOST_CHARACTERS, MOST_VALUES, DEEPEST = 2_000_000, 100_000, 30
LONGEST_NUMBER = 100  # characters
NULL, TRUE, FALSE = ("", "~", "null", "Null", "NULL"), ("true", "True", "TRUE"), ("false", "False", "FALSE")
WHOLE = re.compile(r"[-+]?\d+(_\d+)*")
BASED = re.compile(r"[-+]?0(x[\da-fA-F]+|o[0-7]+|b[01]+)")
REAL = re.compile(r"[-+]?(\d+(_\d+)*(\.[\d_]*)?|\.\d[\d_]*)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
TAG = "tag:yaml.org,2002:"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # read through libyaml where it is there: ten times faster


class _Written:
    """What remembers how it was written."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def __getnewargs__(self) -> Any:
        return (self.text,)


class Whole(_Written, int):
    """A whole number as it was written."""

    def __new__(cls, text: str) -> "Whole":
        """Read `10_000`, `007` or `0x1F`."""
        self = super().__new__(cls, int(text, 0) if BASED.fullmatch(text) else int(text))
        self.text = text
        return self


class Real(_Written, float):
    """A number as it was written."""

    def __new__(cls, text: str) -> "Real":
        """Read `0.5`, `1_000.0` or `1e-3`."""
        self = super().__new__(cls, text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
        self.text = text
        return self


@dataclass
class _Open:
    """A mapping or list that is being read."""

    value: Any
    anchor: str | None
    key: str | None = None  # whose value comes next
    below: list[Any] = field(default_factory=list)  # mappings that `<<` lays this one over
    size: int = 1  # values, itself included
    height: int = 1


def read_yaml(text: str, where: str) -> Any:
    """Return what a YAML text says, in plain dicts, lists, text, numbers, truth values and None.

    >>> read_yaml("{Yes: no, 01: 007, on: [1_000, 1:30, true, ~]}", "example")
    {'Yes': 'no', '01': 007, 'on': [1_000, '1:30', True, None]}

    Raises
    ------
    InputError
        naming the place

    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"{where}: too long for a file of settings ({len(text):,} of {MOST_CHARACTERS:,} characters)")
    try:
        return _Reading(where).of(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise InputError(f"{where}: {': '.join(filter(None, (error.context, error.problem)))}{place}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{where}: {' '.join(str(error).split())}") from None


class _Reading:
    """One text on its way from libyaml's events to plain values, without recursion."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.open: list[_Open] = []
        self.anchored: dict[str, tuple[Any, int, int]] = {}  # value, size, height
        self.root: Any = None
        self.documents = 0
        self.mark: Any = None

    def of(self, text: str) -> Any:
        """Read a text that holds one document."""
        for event in yaml.parse(text, Loader=LOADER):
            self.mark = event.start_mark
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise self._fault("a second document begins (---); one is expected")
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(str(event.anchor))
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._end()
        return self.root

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", f"{TAG}{'map' if is_mapping else 'seq'}"):
            raise self._fault(f"the tag {shown(event.tag)} means nothing here")
        if self._wants_key():
            raise self._fault("a key must be a word or a number, not a list or mapping")
        self.open.append(_Open({} if is_mapping else [], event.anchor))
        self._check_depth(0)

    def _end(self) -> None:
        done = self.open.pop()
        for base in done.below:
            done.value = {**base, **done.value}
        self._place(done.value, done.size, done.height, done.anchor)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text, is_plain = event.value, bool(event.implicit[0])
        if self._wants_key():
            if event.anchor is not None:
                self.anchored[event.anchor] = (text, 1, 0)
            self._key(text, is_plain)
            return
        tag = (event.tag or "").removeprefix(TAG)
        if is_plain or tag in ("int", "float", "bool", "null"):
            value = _plain(text)
        elif tag in ("", "!", "str"):
            value = text
        else:
            raise self._fault(f"the tag {shown(event.tag)} means nothing here")
        self._place(value, 1, 0, event.anchor)

    def _alias(self, name: str) -> None:
        if any(holder.anchor == name for holder in self.open):
            raise self._fault(f"*{name} stands within what it stands for")
        if name not in self.anchored:
            raise self._fault(f"*{name}: nothing is marked &{name}")
        value, size, height = self.anchored[name]
        if self._wants_key():
            if isinstance(value, dict | list):
                raise self._fault("a key must be a word or a number, not a list or mapping")
            self._key(str(value), False)
            return
        self._check_depth(height)
        self._place(value, size, height, None)

    def _wants_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key is None

    def _key(self, text: str, is_plain: bool) -> None:
        holder = self.open[-1]
        if text in holder.value or (text == "<<" and holder.below):
            raise self._fault(f"the key {shown(text)} stands there twice")
        holder.key = text
        if text == "<<" and is_plain:
            holder.below.append(None)  # its value comes next

    def _place(self, value: Any, size: int, height: int, anchor: str | None) -> None:
        """Put a finished value into what is open."""
        if anchor is not None:
            self.anchored[anchor] = (value, size, height)
        if not self.open:
            self.root = value
            return
        holder = self.open[-1]
        holder.size += size
        holder.height = max(holder.height, height + 1)
        if holder.size > MOST_VALUES:
            raise self._fault(f"too much for a file of settings: more than {MOST_VALUES:,} values, aliases counted")
        if isinstance(holder.value, list):
            holder.value.append(value)
            return
        key, holder.key = str(holder.key), None
        if holder.below and holder.below[-1] is None:
            holder.below[-1:] = value if isinstance(value, list) else [value]
            if not all(isinstance(base, dict) for base in holder.below):
                raise self._fault("<< takes a mapping, or a list of mappings")
        else:
            holder.value[key] = value

    def _check_depth(self, height: int) -> None:
        if len(self.open) + height > DEEPEST:
            raise self._fault(f"nested deeper than {DEEPEST} levels")

    def _fault(self, what: str) -> InputError:
        return InputError(f"{self.where}: {what} (line {self.mark.line + 1}, column {self.mark.column + 1})")


def _plain(text: str) -> Any:
    """Return what an unquoted word stands for."""
    if text in NULL:
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    if len(text) <= LONGEST_NUMBER:
        if WHOLE.fullmatch(text) or BASED.fullmatch(text):
            return Whole(text)
        if REAL.fullmatch(text):
            return Real(text)
    return text
