"""CSVs as people have them: one table in every dress is one table; what may be read in two ways is refused."""

import io
import itertools
import os
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.files.csv_file import CsvFile, Fault, Numbers, read_csv, read_text
from sim.files.written_numbers import day_of, number_of, plain_of

HEADER = ["Kunde", "Monate", "Rechnung, EUR", "Straße"]
ROWS = [["K1", "20", "1234.5", "Am Weg 3"], ["K2", "7", "22.25", 'Hof "Nord"'], ["K3", "31", "9.95", "Ähre; 4|5"]]


def known(cell: str) -> bool:
    return cell in HEADER[:3]


def read(path: Path) -> tuple[CsvFile, list[list[str]], list[Fault]]:
    """The file, its rows and faults."""
    faults: list[Fault] = []
    file = read_csv(path, "base.csv", known)
    return file, [cells for _, cells in file.rows(faults)], faults


def written(rows: list[list[str]], separator: str, quoting: int = 0, ends: str = "\n") -> str:
    import csv

    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=ends).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


TITLES = ("", "Bericht vom 31.3.2024\n\n", "Kunden\nalle Regionen;Stand 3/2024\n;;;\n")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_one_table_in_every_dress_is_one_table(separator: str, tmp_path: Path) -> None:
    """1,440 files: separators, hint lines, titles, line ends, quotation marks, encodings, blank rows and columns."""
    path, count = tmp_path / "base.csv", 0
    dresses = itertools.product(
        ("", f"sep={separator}\n"),
        TITLES,
        ("\n", "\r\n", "\r"),
        (0, 1),
        ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"),
        (False, True),
    )
    for hint, title, ends, quoting, encoding, padded in dresses:
        table = [[*row, "", ""] for row in (HEADER, *ROWS)] if padded else [HEADER, *ROWS]
        body = written([*table[:2], [""] * len(table[0]), *table[2:]], separator, quoting, ends)
        path.write_bytes(((hint + title).replace("\n", ends) + body).encode(encoding))
        file, rows, faults = read(path)
        assert (list(file.header), rows, faults, file.separator) == (HEADER, ROWS, [], separator), (
            hint,
            title,
            encoding,
        )
        assert (encoding != "cp1252") or "Windows-1252" in file.notes[0]
        count += 1
    assert count == 360


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Kunde;Monate\nПривет;3\n".encode("cp1251"), "wrong encoding, not UTF-8: byte 0xCF at position 13, line 2"),
        ("Kunde;Monate\nОрёл;3\n".encode("cp1251"), "wrong encoding, not UTF-8"),
        ("Kunde;Monate\nда;3\nнет;4\n".encode("cp1251"), "wrong encoding, not UTF-8"),
        ("Kunde;Monate\nΚαλημέρα;3\n".encode("iso8859-7"), "wrong encoding, not UTF-8"),
        ("Kunde;Monate\n今日は;3\n".encode("shift-jis"), "wrong encoding, not UTF-8"),
        (b"Kunde,Monate\n\x00\x01,3\n", "holds zero bytes"),
        (b"\x1f\x8b\x08\x00", "this is a gzip file"),
        (b"PAR1....", "this is a Parquet file"),
        (b"\n \r\n", "the file is empty"),
    ],
)
def test_what_is_no_such_text_is_told(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^base\.csv: ") as caught:
        read(path)
    assert expected in str(caught.value)


def test_western_text_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_bytes(
        "Kunde;Monate;Notiz\nMüller-Lüdenscheidt;3;12,71\u00a0€ – „né“\nGonçalves;4;créée\n".encode("cp1252")
    )
    file, rows, _ = read(path)
    assert rows[0][0] == "Müller-Lüdenscheidt" and "Windows-1252" in file.notes[0]


def test_another_alphabet_is_read_where_its_encoding_is_said(tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_bytes("Клиент;Monate\nПривет;3\n".encode("cp1251"))
    assert read_csv(path, "", known, encoding="cp1251").header == ("Клиент", "Monate")
    with pytest.raises(InputError, match="no such encoding 'latin-99'"):
        read_csv(path, "base.csv", known, encoding="latin-99")


@pytest.mark.parametrize(
    "name", ["customers (1).csv", "Kunden März.csv", "A&B 50%.csv", "a,b;c.csv", "[x] {y}$.csv", "ñ 名.csv"]
)
def test_files_are_found_by_the_names_people_give_them(name: str, tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", name)).write_text(written([HEADER, *ROWS], ";"), encoding="utf-8")
    assert read(tmp_path / unicodedata.normalize("NFC", name))[1] == ROWS


def test_a_pipe_or_device_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        with pytest.raises(InputError, match="is no file, but a device or a pipe"):
            read(path)


def test_a_name_is_found_by_its_words_and_refused_where_it_may_be_two() -> None:
    file = read_text("Call  Failure,call_failure,TENURE\n1,2,3\n", "f", known)
    assert file.place("Call  Failure") == 0 and file.place("tenure") == 2 and file.place("fee") is None
    with pytest.raises(InputError, match="'call failure' may be column 'Call  Failure' or 'call_failure'"):
        file.place("call failure")


def test_every_row_of_another_length_is_told_by_its_line() -> None:
    faults: list[Fault] = []
    rows = list(read_text('Kunde,Monate\n1,"a\nb"\n2\n\n3,4,5\n6,7\n', "f", known).rows(faults))
    assert [line for line, _ in rows] == [2, 7] and [fault.line for fault in faults] == [4, 6]


# --- numbers ---------------------------------------------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(
    st.decimals(min_value=0, max_value=10**9, places=2).filter(lambda number: number == 0 or number >= 1),
    st.sampled_from(
        [(".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (",", "\u00a0"), (",", "\u202f"), (".", "'")]
    ),
)
def test_a_number_means_the_same_however_it_is_written(number: object, marks: tuple[str, str]) -> None:
    decimal, group = marks
    text = f"{number:,.2f}".replace(",", "g").replace(".", decimal).replace("g", group)
    assert number_of(text, decimal) == float(str(number))


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="0123456789.,'e+- %€", max_size=12))
@example("1.2.3")
def test_what_is_read_as_a_number_is_one_to_python_too(text: str) -> None:
    for decimal in ".,":
        plain = plain_of(text, decimal)
        assert plain is None or (number_of(text, decimal) == float(plain) and set(plain) <= set("0123456789.e+-E"))


def column(*texts: str, beside: str = "") -> str:
    """The decimal mark found for numbers in a file with another column beside."""
    file = read_text("fee;other\n" + "".join(f"{text};{beside}\n" for text in texts), "f", lambda cell: cell == "fee")
    return file.decimal_mark(range(2, 2 + len(texts)), [Numbers("fee", texts)], "say which")


def test_three_digits_behind_a_mark_are_refused_unless_the_file_tells() -> None:
    assert column("12.5", "22.900") == "." and column("12,5", "22.900") == "," and column("1.234.567", "22.900") == ","
    assert column("22.900", beside="0.5") == "." and column("22.900", beside="0,5") == "," and column("7", "8") == "."
    for text in ("22.900", "22,900", "1.000", "999,999"):
        with pytest.raises(InputError, match=f"line 2, column 'fee': '{text}' may be .* or .*; say which"):
            column(text, text, beside="31.12.2024")


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2024-03-01", "ymd", date(2024, 3, 1)),
        ("20240301", "ymd", date(2024, 3, 1)),
        ("2024/3/1 14:05:00", "ymd", date(2024, 3, 1)),
        ("2024-03-01T00:00:00Z", "ymd", date(2024, 3, 1)),
        ("1.3.24", "dmy", date(2024, 3, 1)),
        ("01-Mar-2024", "dmy", date(2024, 3, 1)),
        ("March 1, 2024", "mdy", date(2024, 3, 1)),
        ("03/01/2024 00:00", "mdy", date(2024, 3, 1)),
        ("31.2.2024", "dmy", None),
        ("13/13/2024", "mdy", None),
        ("2024-03", "ymd", None),
        ("0000-00-00", "ymd", None),
        ("1.3.99", "dmy", date(1999, 3, 1)),
    ],
)
def test_a_day_is_read_in_the_order_that_is_said(text: str, order: str, day: date | None) -> None:
    assert day_of(text, order, 2044) == day
