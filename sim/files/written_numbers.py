"""What a number or a day means as people write it: decimal commas, marks of thousands, three orders of a day's parts.

22.900 may be 22.9 or 22,900: it is read only where the rest of the file, or the user, says which mark is the decimal.
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import cache

POINT, COMMA = ".", ","
GROUPS = " \u00a0\u2009\u202f'’"  # besides the other mark
MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "\\n", "?", "-", "--", ".", "(blank)", "missing")
ORDERS = {"ymd": "2024-03-31", "dmy": "31.03.2024", "mdy": "03/31/2024"}  # order of a day's parts -> example
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@cache
def _pattern(decimal: str) -> re.Pattern[str]:
    """Numbers with this decimal mark: digits in thousands by one mark (or as India groups them), or ungrouped."""
    group = f"([{GROUPS}{COMMA if decimal == POINT else POINT}])"
    grouped = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}}(?:\1\d{{3}})*)|[1-9]\d?(?:{group}\d\d(?:\2\d\d)*\2\d{{3}})"
    mark = re.escape(decimal)
    return re.compile(rf"[+-]?(?:(?:{grouped}|\d+)(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?")


def number_of(text: str, decimal: str = POINT) -> float | None:
    """Read a number; None where it is none.

    >>> number_of("1.234,5", ","), number_of("1 234.5"), number_of("1,23,456"), number_of("-.5"), number_of("3,5")
    (1234.5, 1234.5, 123456.0, -0.5, None)
    """
    plain = plain_of(text, decimal)
    return None if plain is None else float(plain)


def plain_of(text: str, decimal: str) -> str | None:
    """Write a number as programs do; None where it is none.

    >>> plain_of("1.234,50", ",")
    '1234.50'
    """
    if not _pattern(decimal).fullmatch(text):
        return None
    return re.sub(f"[{GROUPS}{COMMA if decimal == POINT else POINT}]", "", text).replace(decimal, POINT)


def decimal_of(text: str) -> str:
    """Return the decimal mark a number shows, "" where it shows none, "?" where it may be either.

    >>> [decimal_of(text) for text in ("12.5", "12,5", "22.900", "0.900", "1.234.567", "1,234.5", "17", "x")]
    ['.', ',', '?', '.', ',', '.', '', '']
    """
    with_point, with_comma = number_of(text, POINT), number_of(text, COMMA)
    if with_point == with_comma:
        return ""
    if with_point is None or with_comma is None:
        return COMMA if with_point is None else POINT
    return "?"


def decimal_among(texts: Iterable[str]) -> tuple[str, str]:
    """Return the decimal mark of most numbers of a file ("" where no number shows one), and a number that may be read
    in two ways ("" where there is none).

    >>> decimal_among(["22.900", "7"]), decimal_among(["22.900", "7,5"])
    (('', '22.900'), (',', '22.900'))
    """
    counts = {POINT: 0, COMMA: 0}
    either = ""
    for text in texts:
        mark = decimal_of(text)
        if mark == "?":
            either = either or text
        elif mark:
            counts[mark] += 1
    mark = POINT if counts[POINT] >= counts[COMMA] else COMMA
    return mark if counts[mark] else "", either


def why_no_number(text: str, decimal: str) -> str:
    """Say how a number would have to be written, where that can be told from what was given."""
    other = COMMA if decimal == POINT else POINT
    if number_of(text, other) is not None:
        return f"; write a decimal {'point' if decimal == POINT else 'comma'} and no thousands separator"
    bare = re.sub(r"[^\d.,'’ +-]", "", text).strip()
    if number_of(bare, decimal) is not None or number_of(bare, other) is not None:
        return "; write the number without a sign or unit"
    return ""


def is_missing(text: str) -> bool:
    """Whether a cell is empty, or holds what programs write for nothing.

    >>> is_missing(""), is_missing("NA"), is_missing("0")
    (True, True, False)
    """
    return text.casefold() in MISSING


# --- days ------------------------------------------------------------------------------------------------------------


def day_of(text: str, order: str, latest: int) -> date | None:
    """Read a day, written in this order, with or without a time behind it; None where it is none.

    Parameters
    ----------
    text : as 2024-03-31, 20240331, 31.3.24, 31-Mar-2024, March 31, 2024, 31/03/2024 14:05
    order : ymd, dmy or mdy
    latest : year up to which two digits are of this century

    >>> day_of("31.3.24", "dmy", 2050), day_of("Mar 31, 2024", "mdy", 2050), day_of("31.02.2024", "dmy", 2050)
    (datetime.date(2024, 3, 31), datetime.date(2024, 3, 31), None)
    >>> day_of("\u00b2024-03-31", "ymd", 2050)  # a raised 2 is a digit, and no number
    """
    given = re.sub(r"[T ]+\d{1,2}:\d\d.*$", "", text.strip())
    if order == "ymd" and re.fullmatch(r"\d{8}", given):
        given = f"{given[:4]}-{given[4:6]}-{given[6:]}"
    parts = [part for part in re.split(r"[-/. ,]+", given) if part]
    if len(parts) != 3:
        return None
    written = dict(zip(order, parts, strict=True))
    month = written["m"].casefold()[:3]
    if month in MONTHS:
        written["m"] = str(MONTHS.index(month) + 1)
    if not all(part.isdecimal() for part in written.values()) or len(written["y"]) not in (2, 4):
        return None
    year = int(written["y"])
    if len(written["y"]) == 2:
        year += 2000 if 2000 + year <= latest else 1900
    try:
        return date(year, int(written["m"]), int(written["d"]))
    except ValueError:
        return None


def months_between(first: date, last: date) -> int:
    """Full months from one day to another, negative where the other came first.

    >>> months_between(date(2024, 1, 31), date(2024, 3, 1)), months_between(date(2024, 3, 1), date(2024, 1, 31))
    (1, -2)
    """
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
