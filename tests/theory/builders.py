"""How a test reads a reference case: inputs and expected numbers found by software that is not ours."""

import json
import math
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"
Case = dict[str, Any]


def case(name: str) -> Case:
    """Read one reference case, named by its full name or its number ("C06")."""
    paths = [path for path in CASES.rglob("*.json") if path.stem == name or path.stem.startswith(f"{name}_")]
    assert len(paths) == 1, f"{name}: {len(paths)} reference cases of that name under {CASES}"
    found: Case = json.loads(paths[0].read_text(encoding="utf-8"))
    return found


def check_names(of: Case, mode: str = "analytic") -> list[str]:
    """Names of the checks of a case that are exact ("analytic") or simulated ("monte_carlo")."""
    return [entry["name"] for entry in of["checks"] if entry["mode"] == mode]


def check(of: Case, name: str, value: float) -> None:
    """Assert that a number of ours agrees with the named check of a case within its tolerance."""
    entries = [entry for entry in of["checks"] if entry["name"] == name]
    assert len(entries) == 1, f"{of['id']}: {len(entries)} checks named '{name}'"
    expected, tolerance = entries[0]["expected"], entries[0]["abs_tol"]
    assert math.isfinite(value), f"{of['id']} {name}: {value}"
    assert abs(value - expected) <= tolerance, f"{of['id']} {name}: {value} where {expected} +- {tolerance} is expected ({entries[0]['basis']})"
