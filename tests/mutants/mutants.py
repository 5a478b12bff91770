"""Which faults are planted, and which tests should see each."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("mutants.toml")
BY_HAND = "tests/properties/test_money_by_hand.py"
# Part -> tests that should see its faults, as pytest is asked for them, the quick ones first; the golden runs come
# before all of them.
PARTS: dict[str, tuple[str, ...]] = {
    "rules": ("tests/test_customer.py", BY_HAND),
    "steps": (BY_HAND, "tests/properties/test_identities.py"),
    "choice": ("tests/theory/test_surplus.py", BY_HAND),
    "books": (BY_HAND, "tests/test_kpis.py", "tests/test_compare.py"),
    "strategies": (
        "tests/contract/test_next_fee.py",
        "tests/contract/test_strategies.py",
        "tests/contract/test_levers.py",
    ),
    "operators": ("tests/test_costs.py", BY_HAND),
    "opening": ("tests/scenarios/test_scenarios.py",),
    "facts": ("tests/facts/test_measures.py",),
    "calibration": (
        "tests/test_calibration_by_hand.py",
        "tests/test_calibrate.py -k 'not known_parameters and not command'",
    ),
}


@dataclass(frozen=True)
class Mutant:
    """A fault: text that is replaced, wherever in agents/ and sim/ it stands."""

    part: str
    means: str
    old: str
    new: str

    def planted(self, text: str) -> str:
        """A source with the fault in it."""
        return text.replace(self.old, self.new)


MUTANTS = [Mutant(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]]


@cache
def sources(house: Path = HOUSE) -> dict[Path, str]:
    """All sources of the model, by their path within a tree."""
    paths = sorted(path for folder in ("agents", "sim") for path in (house / folder).rglob("*.py"))
    return {path.relative_to(house): path.read_text(encoding="utf-8") for path in paths}
