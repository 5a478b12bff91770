"""How a CSV as people have it becomes a header and rows: encoding, separator, remarks and title lines are found out,
and what cannot be told is refused in words.

One reader for customers, targets, designs and moments. Every fault names line and column.
"""

import contextlib
import csv
import io
import itertools
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sim.errors import InputError, nearest
from sim.files.written_numbers import COMMA, POINT, decimal_among, decimal_of, is_missing, number_of

SHOWN = 20  # faults told at once
SEPARATORS = ",;\t|"
HEADER_WITHIN = 30  # records among which the header is looked for: titles may stand above it
SAMPLE = 100  # records from which the separator is told
LOOKED_AT = 4 * SAMPLE  # lines that hold them
REMARK = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
MOST_NAMES = 60  # columns that a message lists
FOREIGN = {  # how a file begins that is no text
    b"PK\x03\x04": "a spreadsheet or zip file",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x1f\x8b": "a gzip file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF file",
}
WESTERN_SIGNS = "\u00a0€£¥§°²³µ·«»–—…‘’“”•™®©"  # that stand beside each other in Western text too
BYTE_ORDER = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Fault(NamedTuple):
    """One thing wrong in one row."""

    line: int  # of the file
    column: str  # empty where the whole row is at fault
    text: str

    def __str__(self) -> str:
        """Say where, then what."""
        column = f", column '{self.column}'" if self.column else ""
        return f"line {self.line}{column}: {self.text}"


def told(faults: Iterable[Fault], where: str, advice: str) -> str:
    """Tell the first faults in the order of the file, and how many there are."""
    ordered = sorted(faults, key=lambda fault: fault.line)
    lines = [f"  {fault}" for fault in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        lines.append(f"  and {len(ordered) - SHOWN} more")
    return f"{where}: {len(ordered)} fault{'s' if len(ordered) > 1 else ''}; {advice}\n" + "\n".join(lines)


def words_of(name: str) -> str:
    """Reduce a name to its words, so that blanks, hyphens and capitals do not matter.

    >>> words_of("Call  Failure"), words_of("Month-to-month"), words_of("Kündigung")
    ('call_failure', 'month_to_month', 'kündigung')
    """
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFC", name).casefold()).strip("_")


class Numbers(NamedTuple):
    """A column that is read as numbers."""

    name: str
    texts: Sequence[str]
    words: Container[str] = ()  # that stand for something else


@dataclass(frozen=True)
class CsvFile:
    """A CSV whose header has been found."""

    where: str  # how messages name the file
    header: tuple[str, ...]
    body: str  # the text below the header
    line: int  # of the file at which `body` begins
    separator: str
    remarks: tuple[str, ...]  # lines that begin with #, where they may stand
    notes: tuple[str, ...]  # what was guessed or passed over

    @property
    def columns(self) -> str:
        """Names of its columns, as messages list them."""
        names = [" ".join(name.split())[:60] for name in self.header[:MOST_NAMES]]
        more = len(self.header) - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "")

    def place(self, name: str) -> int | None:
        """Find a column by its name, or else by its words; None where the file has none.

        Raises
        ------
        InputError
            where the name fits several columns

        """
        for spelled in (str, words_of):
            places = [place for place, other in enumerate(self.header) if spelled(other) == spelled(name)]
            names = sorted({self.header[place] for place in places})
            if len(places) == 1:
                return places[0]
            if len(names) == 1:
                raise InputError(f"{self.where}: column '{names[0]}' stands {len(places)} times in the header")
            if names:
                raise InputError(
                    f"{self.where}: '{name}' may be column '" + "' or '".join(names) + "'; write it as the file does"
                )
        return None

    def rows(self, faults: list[Fault], places: Sequence[int] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of every row that is not blank, the cells at some places or all; a row of another length
        than the header is a fault.
        """
        width = len(self.header)
        for line, cells in self.records():
            if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
                del cells[width:]  # spreadsheets write separators behind the last column
            if len(cells) != width:
                if any(cell.strip() for cell in cells):
                    faults.append(Fault(line, "", self._ragged(cells)))
                continue
            wanted = [cell.strip() for cell in (cells if places is None else [cells[place] for place in places])]
            if any(wanted) or any(cell.strip() for cell in cells):
                yield line, wanted

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of every record below the header as it stands."""
        line = self.line
        try:
            for line, cells in _records(self.body, self.separator, self.line, strict=True):
                yield line, cells
        except csv.Error as error:
            raise InputError(
                f"{self.where}: line {line} or after it: {error}; is a quotation mark left open?"
            ) from None

    def decimal_mark(self, lines: Sequence[int], columns: Sequence["Numbers"], advice: str) -> str:
        """Find the decimal mark of the file's numbers.

        Parameters
        ----------
        lines : of the rows
        columns : those that are read as numbers
        advice : how the user says which mark it is

        Raises
        ------
        InputError
            where numbers may be read in two ways and nothing in the file tells in which

        """
        distinct = [[text for text in dict.fromkeys(one.texts) if text not in one.words] for one in columns]
        mark, either = decimal_among(itertools.chain.from_iterable(distinct))
        if either and not mark:
            mark = self._mark_elsewhere()
        for one, texts in zip(columns, distinct, strict=True) if either and not mark else ():
            if either in texts:
                read = sorted(number for mark in (POINT, COMMA) if (number := number_of(either, mark)) is not None)
                raise InputError(
                    f"{self.where}: line {lines[one.texts.index(either)]}, column '{one.name}': '{either}' may be"
                    f" {read[0]:,.10g} or {read[1]:,.10g}; {advice}"
                )
        return mark or POINT

    def _mark_elsewhere(self) -> str:
        """Find the decimal mark that the file's other columns of numbers show."""
        sample = [cells for _, cells in itertools.islice(self.rows([]), SAMPLE)]
        numbers = [
            [text for text in texts if not is_missing(text)]
            for texts in map(list, zip(*sample, strict=True))
            if all(is_missing(text) or decimal_of(text) or text.isdigit() for text in texts)
        ]
        return decimal_among(text for texts in numbers for text in texts)[0]

    def _ragged(self, cells: Sequence[str]) -> str:
        commas = self.separator == "," and len(cells) > len(self.header)
        hint = "; is there a comma within a number or a name? It needs quotation marks around it" if commas else ""
        given = self.separator.join(cells)[:60]
        return f"{len(cells)} cell{'s' * (len(cells) != 1)}, the header has {len(self.header)}{hint} (got {given!r})"


def read_csv(
    path: Path,
    where: str,
    known: Callable[[str], bool],
    *,
    separator: str = "",
    encoding: str = "",
    remarks: bool = False,
) -> CsvFile:
    """Read a CSV file.

    Parameters
    ----------
    path : of the file
    where : how messages name it
    known : whether a cell is the name of a column that is looked for: where most of them stand is the header
    separator, encoding : as the user says; found out where empty
    remarks : whether lines that begin with # are none of the table

    """
    text, guessed = _decoded(_bytes_of(path, where), path.name, where, encoding)
    return read_text(text, where, known, separator=separator, remarks=remarks, notes=[guessed] if guessed else [])


def read_text(
    text: str,
    where: str,
    known: Callable[[str], bool],
    *,
    separator: str = "",
    remarks: bool = False,
    notes: Sequence[str] = (),
) -> CsvFile:
    """Find separator and header in the text of a CSV; parameters as `read_csv`."""
    text, said = text.replace("\r\n", "\n").replace("\r", "\n"), []
    if remarks:
        said, text = REMARK.findall(text), REMARK.sub("", text)
    *head, rest = [*text.split("\n", LOOKED_AT), ""][: LOOKED_AT + 1]
    top = next((number for number, line in enumerate(head) if line.strip()), None)
    if top is None:
        raise InputError(f"{where}: the file is empty")
    if mark := re.fullmatch(r'"?sep=(\\t|.)"?[;,\t]*', head[top].strip(" "), re.IGNORECASE):  # as spreadsheets write it
        separator, head[top] = mark[1].replace("\\t", "\t"), ""
    separator, begin, end, header = _header("\n".join(head), separator, known, where)
    above = sum(1 for line in head[: begin - 1] if line.strip(f" {separator}"))
    passed = f"{above} line{'s' * (above > 1)} above the header {'were' if above > 1 else 'was'} passed over"
    body = "\n".join([*head[end:], rest])
    return CsvFile(where, header, body, end + 1, separator, tuple(said), (*notes, passed) if above else tuple(notes))


# --- from bytes to text ----------------------------------------------------------------------------------------------


def _bytes_of(path: Path, where: str) -> bytes:
    try:
        path = _as_spelled(path)
        if not (stat.S_ISREG(path.stat().st_mode) or path.is_dir()):
            raise InputError(f"{where}: is no file, but a device or a pipe")
        content = path.read_bytes()
    except FileNotFoundError:
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"{where}: no such file{nearest(path.name, beside)}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{where}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    for begin, kind in FOREIGN.items():
        if content.startswith(begin):
            raise InputError(f"{where}: this is {kind}; unpack it, or save it as 'CSV UTF-8' first")
    return content


def _as_spelled(path: Path) -> Path:
    """Find a file whose name is the same to a reader: an umlaut may be one character or two."""
    if path.exists() or not path.parent.is_dir():
        return path
    wanted = unicodedata.normalize("NFC", path.name)
    return next((entry for entry in path.parent.iterdir() if unicodedata.normalize("NFC", entry.name) == wanted), path)


def _decoded(content: bytes, name: str, where: str, encoding: str) -> tuple[str, str]:
    """Return the text, and what was guessed of its encoding."""
    try:
        if encoding:
            return content.decode(encoding).removeprefix("\ufeff"), ""
        for mark, marked in BYTE_ORDER.items():
            if content.startswith(mark):
                return _without_zeros(content.decode(marked), where), ""
        if half := _wide(content):
            return _without_zeros(content.decode(half), where), "the file is read as UTF-16"
        return _without_zeros(content.decode("utf-8"), where), ""
    except LookupError:
        raise InputError(f"{where}: no such encoding '{encoding}'; e.g. utf-8, cp1252, cp1251, gb18030") from None
    except UnicodeDecodeError as error:
        fault = error
    is_marked = any(content.startswith(mark) for mark in BYTE_ORDER)
    if not encoding and not is_marked and (text := _western(content)) is not None:
        return text, "the file is not UTF-8: it is read as Windows-1252 (Western European)"
    line = content.count(b"\n", 0, fault.start) + 1
    raise InputError(
        f"{where}: wrong encoding, not {encoding or 'UTF-8'}: byte 0x{content[fault.start]:02X} at position"
        f" {fault.start}, line {line}; say which it is (customers.format.encoding), convert it, e.g. `iconv -f"
        f" WINDOWS-1251 -t UTF-8 {name} > utf8.csv`, or save it as 'CSV UTF-8' from the spreadsheet"
    )


def _wide(content: bytes) -> str:
    """Tell UTF-16 without a byte-order mark by its zeros: every other byte of plain letters."""
    head = content[:2000]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 3 and head[first::2].count(0) > 0.4 * len(head) / 2 and head[1 - first :: 2].count(0) == 0:
            return name
    return ""


def _western(content: bytes) -> str | None:
    """Decode Windows-1252; None where its letters come in rows, as other alphabets do when read so."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    runs = [len(run) for run in re.findall(r"[^\x00-\x7f]+", re.sub(f"[{WESTERN_SIGNS}]", " ", text))]
    return None if runs and (max(runs) > 3 or sum(runs) > 1.5 * len(runs)) else text


def _without_zeros(text: str, where: str) -> str:
    if "\x00" in text:
        raise InputError(f"{where}: holds zero bytes: not a text file")
    return text


# --- from text to records --------------------------------------------------------------------------------------------


def _records(text: str, separator: str, line: int = 1, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every record."""
    first = line
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict, skipinitialspace=True)
    for row in reader:
        yield line, row
        line = first + reader.line_num


def _header(
    begun: str, separator: str, known: Callable[[str], bool], where: str
) -> tuple[str, int, int, tuple[str, ...]]:
    """Return separator, first and last line of the header, and its names: the record that holds most of the names
    looked for; where none is found, the first that is as long as most others.
    """
    best: tuple[int, float, int] = (-1, 0.0, 0)  # names found; then share of records alike; width
    found: tuple[str, int, int, tuple[str, ...]] | None = None
    for mark in separator or SEPARATORS:
        records: list[tuple[int, list[str]]] = []
        with contextlib.suppress(csv.Error):  # told when rows are read
            for line, cells in itertools.islice(_records(begun, mark), SAMPLE):
                records.append((line, [cell.strip() for cell in cells]))
        ends = {line: after - 1 for (line, _), (after, _) in itertools.pairwise(records)}
        filled = [(line, cells) for line, cells in records if any(cells)][:HEADER_WITHIN]
        widths = Counter(len(cells) for _, cells in filled)
        usual = max(widths, key=lambda width: (widths[width], width), default=0)
        for line, cells in filled:
            names = len({words_of(cell) for cell in cells if cell and known(cell)})
            alike = widths[usual] / len(filled) if len(cells) == usual > 1 else 0.0
            if (place := (names, 0.0 if names else alike, len(cells))) > best:
                last = max(place for place, cell in enumerate(cells) if cell)
                best, found = place, (mark, line, ends.get(line, line), tuple(cells[: last + 1]))
    if found is None:
        raise InputError(f"{where}: no header among the first {LOOKED_AT} lines")
    return found
