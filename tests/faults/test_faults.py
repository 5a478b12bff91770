"""The quick part of `make faults` that no other test shows: every file of a study's folders, damaged in every way."""

import re

import pytest

from tests.faults.__main__ import main


def test_damage_is_made_good_or_told(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--quick", "--only", "damage", "--jobs", "1"])
    told = capsys.readouterr().out
    assert code == 0, told
    assert re.search(r"^sweep results +\d\d+ tried +0 ", told, re.MULTILINE) and "0 not as it should be" in told
