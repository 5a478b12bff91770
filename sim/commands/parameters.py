"""What every number of a scenario means: key, value, unit, bounds, meaning, source, and the file or override that set
it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sim.config import Policy, Scenario
from sim.config.composition import SHIPPED
from sim.config.meanings import Facts, settings


class Parameter(NamedTuple):
    """One value of a scenario."""

    key: str
    value: Any
    unit: str  # empty for names and switches
    ge: float | None
    gt: float | None
    le: float | None
    meaning: str
    source: str
    set_by: str  # file or override; 'default' where the schema's own holds

    @property
    def bounds(self) -> str:
        """Bounds in short: '0..1', '>= 0', '> 0, <= 240'."""
        if self.ge is not None and self.le is not None:
            return f"{written(self.ge)}..{written(self.le)}"
        sides = ((">=", self.ge), (">", self.gt), ("<=", self.le))
        return ", ".join(f"{sign} {written(bound)}" for sign, bound in sides if bound is not None)


def written(value: Any) -> str:
    """Write a value as it may stand in YAML.

    >>> written(10_000_000.0), written(True), written([22.0, 34.5])
    ('10_000_000', 'true', '[22, 34.5]')
    """
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return f"{value:,.10g}".replace(",", "_")
    if isinstance(value, list):
        return f"[{', '.join(written(item) for item in value)}]"
    return "{}" if value == {} else str(value) or '""'


# --- the files' side -------------------------------------------------------------------------------------------------


def parameters(scenario: Scenario, origin: Mapping[str, str], folder: Path | None = None) -> list[Parameter]:
    """List everything a scenario sets, the numbers of its policies included.

    Parameters
    ----------
    scenario : as resolved
    origin : key path -> file or override, from `compose`
    folder : of the user's own scenario file, where it is one

    """
    found = []
    for key, value, facts in settings(scenario):
        policy, _, rest = key.removeprefix("policies.").partition(".")
        if key == "name":
            continue  # the file's own
        if not key.startswith("policies."):
            found.append(_parameter(key, value, facts, *_origin(key, origin, folder), currency=scenario.currency))
        elif _is_told(rest, value):
            found.append(_parameter(key, value, facts, *_of_policy(policy, rest), currency=scenario.currency))
    return found


def policy_settings(policy: Policy) -> list[Parameter]:
    """List the numbers of one shipped policy."""
    return [
        _parameter(key, value, facts, *_of_policy(policy.name, key))
        for key, value, facts in settings(policy)
        if _is_told(key, value)
    ]


def _is_told(key: str, value: Any) -> bool:
    """Whether a line of a policy says something it does."""
    return key not in ("name", "description") and value not in (None, {})


def _parameter(key: str, value: Any, facts: Facts, set_by: str, remark: str, currency: str = "") -> Parameter:
    unit = facts.unit.replace("currency unit", currency).replace("currency", currency) if currency else facts.unit
    source = "" if set_by.startswith("override") else remark or facts.source
    return Parameter(
        key,
        list(value) if isinstance(value, tuple) else value,
        unit,
        facts.ge,
        facts.gt,
        facts.le,
        facts.meaning,
        source,
        set_by,
    )


def _origin(key: str, origin: Mapping[str, str], folder: Path | None) -> tuple[str, str]:
    """Return who set a value, and the remark beside it there."""
    at = _named(key, origin)
    set_by = origin[at] if at else "default"
    if set_by == "default" or set_by.startswith("override"):
        return set_by, ""
    known = remarks_of_file(set_by, folder)
    remark = known.get(at, known.get(at.partition(".")[2], ""))  # files of a group leave out the group's own key
    return set_by, remark or (known.get("", "") if "/" in set_by else "")


def _of_policy(policy: str, key: str) -> tuple[str, str]:
    """Return the same for a policy's number; of policies side by side, the one that sets it."""
    for name in policy.split("+"):
        known = remarks_of_file(f"policy/{name.strip()}.yaml")
        at = _named(key, known)
        if at:
            return f"policy/{name.strip()}.yaml", known[at]
    return "default", ""


def _named(key: str, known: Mapping[str, str]) -> str:
    """Find a key among those that were set: itself, or its block where that was given as one plain value."""
    parent = key.rpartition(".")[0]
    if key in known:
        return key
    return parent if parent in known and not any(other.startswith(f"{parent}.") for other in known) else ""


@cache
def remarks_of_file(name: str, folder: Path | None = None) -> dict[str, str]:
    """Remark beside each key of a scenario file, the user's own where the folder has it; under '' what its head says of
    the whole.
    """
    own = folder / name if folder is not None else None
    place = own if own is not None and own.is_file() else SHIPPED.joinpath(name)
    if not name.endswith(".yaml") or not place.is_file():
        return {}
    text = place.read_text(encoding="utf-8")
    return {"": head(text), **dict(remarks(text))}


def head(text: str) -> str:
    r"""Return the remark a file begins with.

    >>> head("# @package _global_\n# Three operators.\n# Fees follow tariffs.\nseed: 1  # chosen")
    'Three operators. Fees follow tariffs.'
    """
    lines = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(line.lstrip("# ") for line in lines if not line.startswith("# @"))


def remarks(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield every key path of a YAML text with the remark that holds for it: on its line, behind its braces, or behind
    the name of its block.

    >>> dict(remarks("ties: {inside: 6}  # small world\nattention:  # a month\n  move: 0.5  # guess\nseed: 1"))
    {'ties': 'small world', 'ties.inside': 'small world', 'attention': 'a month', 'attention.move': 'guess', 'seed': ''}
    """
    node = yaml.compose(text)
    if isinstance(node, yaml.MappingNode):
        yield from _remarks_below(node, text.splitlines(), "", "")


def _remarks_below(node: yaml.MappingNode, lines: list[str], path: str, inherited: str) -> Iterator[tuple[str, str]]:
    for key, value in node.value:
        here = f"{path}.{key.value}" if path else str(key.value)
        is_block = isinstance(value, yaml.CollectionNode) and not value.flow_style
        end = key.end_mark if is_block else value.end_mark
        tail = lines[end.line][end.column :].lstrip(" ,:]}") if end.line < len(lines) else ""
        own = tail.lstrip("# ").rstrip() if tail.startswith("#") else ""
        remark = own or (inherited if node.flow_style or isinstance(value, yaml.ScalarNode) else "")
        yield here, remark
        if isinstance(value, yaml.MappingNode):
            yield from _remarks_below(value, lines, here, remark)
