"""The list of planted faults does not rot: each is still there to be planted, once, and means something."""

import ast

import pytest

from tests.mutants.mutants import MUTANTS, PARTS, Mutant, sources

pytestmark = pytest.mark.properties


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.means for mutant in MUTANTS])
def test_a_fault_can_be_planted_where_it_was(mutant: Mutant) -> None:
    places = [(path, text) for path, text in sources().items() if mutant.old in text]
    assert [text.count(mutant.old) for _, text in places] == [1], (
        f"'{mutant.old}' stands in {[str(path) for path, _ in places]}; it must stand once in agents/ and sim/:"
        " refresh tests/mutants/mutants.toml"
    )
    assert mutant.new != mutant.old
    ast.parse(mutant.planted(places[0][1]))


def test_every_part_has_its_faults_and_no_fault_is_there_twice() -> None:
    assert {mutant.part for mutant in MUTANTS} == set(PARTS)
    assert len(MUTANTS) >= 60 and len({mutant.means for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)
