"""How what was found becomes a scenario that others can run: a small YAML file that builds on the scenario it was
fitted to.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.config import Scenario
from sim.errors import InputError
from sim.experiments.sweep import Source
from sim.loading import load_scenario

NAME = "calibrated.yaml"
# not laid over the base: the file's own name, policies by name, and what was only looked at
KEPT = ("name", "policies", "panel")


def files_of(source: Source, scenario: Scenario, parameters: pd.DataFrame, facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of the scenario found, by name: calibrated.yaml, and the file it builds on where that is the
    user's own.
    """
    base = Path(source) if not isinstance(source, Scenario) else Path(scenario.name)
    own = {base.name: base.read_text(encoding="utf-8")} if base.suffix == ".yaml" else {}
    try:
        changes = differences(
            load_scenario(source if not isinstance(source, Scenario) else scenario.name).model_dump(mode="json"),
            scenario.model_dump(mode="json"),
        )
    except InputError:  # a scenario made in Python has no file to build on
        changes = {}
    tree: dict[str, Any] = {key: value for key, value in changes.items() if key not in KEPT}
    notes: dict[str, str] = {}
    for row in parameters.to_dict("records"):
        key, value = str(row["parameter"]), row["estimate"]
        sure = "identified" if row["identified"] else f"not identified: {row['why_not']}"
        notes[key] = (
            f"fitted by churnlab calibrate: standard error {_number(row['se_wide'])}, {sure}; was"
            f" {_number(row['present'])}"
        )
        _lay(tree, key, value)
        low, high = max(row["low"], row["estimate_low"]), min(row["high"], row["estimate_high"])
        if low < high:
            tree.setdefault("uncertain", {})[key] = [float(f"{low:.4g}"), float(f"{high:.4g}")]
    lines = [
        (
            f"# {scenario.name}, fitted by simulated moments: J = {facts['j']:.1f} on {facts['degrees']} degrees of"
            " freedom. Made by churnlab calibrate; the folder's"
        ),
        "# report tells what was met and how surely. `uncertain` holds the 95 % intervals found, for churnlab robust.",
        "defaults:",
        f"  - {base.stem}",
        "  - _self_",
        *_lines(tree, notes, "", 0),
    ]
    return {NAME: "\n".join(lines) + "\n", **own}


def differences(base: Any, changed: Any) -> Any:
    """Return what must be laid over a tree of plain values to get another; a block whose kind changes is told whole,
    one that is gone is null.

    >>> differences({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 1, "b": {"c": 4}})
    {'b': {'c': 4, 'd': None}}
    """
    found: dict[str, Any] = {}
    for key, value in changed.items():
        old = base.get(key)
        if value == old and key in base:
            continue
        is_same_kind = (
            isinstance(value, dict)
            and isinstance(old, dict)
            and all(value.get(tag) == old.get(tag) for tag in ("kind", "distribution"))
        )
        found[key] = differences(old, value) if is_same_kind else value
    return found | {key: None for key in base if key not in changed}


def _lay(tree: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    for name in path:
        tree = tree.setdefault(name, {})
    tree[last] = value


def _lines(tree: Mapping[str, Any], notes: Mapping[str, str], path: str, depth: int) -> list[str]:
    """Write a tree as YAML, a remark beside each value that was found."""
    lines = []
    for name, value in tree.items():
        here = f"{path}.{name}" if path else str(name)
        if isinstance(value, dict) and value and path != "uncertain":
            lines += [f"{'  ' * depth}{name}:", *_lines(value, notes, here, depth + 1)]
        else:
            note = f"   # {notes[here]}" if here in notes else ""
            lines.append(f"{'  ' * depth}{name}: {_scalar(value)}{note}")
    return lines


def _scalar(value: Any) -> str:
    """Write one value in YAML's flow style.

    >>> _scalar([0.00002, "a: b", None, True])
    '[0.00002, "a: b", null, true]'
    """
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float):
        return np.format_float_positional(value, trim="0")
    if isinstance(value, list | tuple):
        return f"[{', '.join(_scalar(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_scalar(str(key))}: {_scalar(item)}' for key, item in value.items())}}}"
    return str(value) if isinstance(value, int) else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "unknown"
