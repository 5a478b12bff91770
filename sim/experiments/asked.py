"""What a study was asked when it was called from Python: told by its result, so that it can be asked again."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import pandas as pd

from sim.experiments.sampling import Interval
from sim.files.own_path import own_path

# what a result tells otherwise, or what changes no number
MEANS = ("scenario", "overrides", "jobs", "progress", "means")


@dataclass(kw_only=True)
class Result:
    """What a study returns: it can tell what was asked, and be saved."""

    asked: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: str | Path, csv: bool = False) -> Path:
        """Write tables, manifest and report into a new folder; `sim.load` reads them back."""
        path: Path = import_module("sim.results").save(self, Path(folder), csv)  # which knows all kinds of results
        return path


Asked = ParamSpec("Asked")


class Remembers(Protocol):
    """What can tell what was asked."""

    asked: dict[str, Any]


Answer = TypeVar("Answer", bound=Remembers)
Find = Callable[[str, str], Any]  # module, name -> class or function
Place = Callable[[str], Path]  # path as it was -> where the file is now


def remembered(study: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Let the results of a study tell what it was asked."""

    @wraps(study)
    def asked(*values: Asked.args, **named: Asked.kwargs) -> Answer:
        result = study(*values, **named)
        given = signature(study).bind(*values, **named).arguments
        words = {name: _told(name, value) for name, value in given.items() if name not in MEANS and value is not None}
        result.asked = {"study": study.__name__, **words}
        return result

    return asked


def _told(name: str, value: Any) -> Any:
    """Write an argument as JSON can hold it."""
    if name == "customer":
        return [value.__module__, value.__qualname__]
    if name == "measures":
        return {key: [measure.__module__, measure.__qualname__] for key, measure in value.items()}
    if isinstance(value, pd.DataFrame):
        return value.to_dict("list")
    if name == "values":
        return {
            key: {"interval": list(of)} if isinstance(of, Interval) else _told(key, of) for key, of in value.items()
        }
    if isinstance(value, Path) or name == "targets":
        return str(own_path(value).resolve())
    if isinstance(value, Mapping):
        return {str(key): _told(key, item) for key, item in value.items()}
    return [_told("", item) for item in value] if isinstance(value, list | tuple) else value


def code_asked(asked: Mapping[str, Any]) -> list[Any]:
    """Own classes and functions that a study was given, as far as they can be found by their names."""
    named = [*([asked["customer"]] if "customer" in asked else []), *asked.get("measures", {}).values()]
    return [getattr(sys.modules[module], name) for module, name in named if hasattr(sys.modules.get(module), name)]


def files_asked(asked: Mapping[str, Any]) -> list[Path]:
    """Files that a study was given."""
    targets = asked.get("targets")
    return [Path(targets)] if isinstance(targets, str) else []


def arguments_of(asked: Mapping[str, Any], find: Find, place: Place) -> dict[str, Any]:
    """Return the arguments with which a study is asked again, but for its scenario."""
    words = {name: value for name, value in asked.items() if name != "study"}
    if "customer" in words:
        words["customer"] = find(*words["customer"])
    if "measures" in words:
        words["measures"] = {name: find(*measure) for name, measure in words["measures"].items()}
    if "values" in words:
        words["values"] = {
            key: Interval(*of["interval"]) if isinstance(of, Mapping) else of for key, of in words["values"].items()
        }
    if "targets" in words:
        targets = words["targets"]
        words["targets"] = place(targets) if isinstance(targets, str) else pd.DataFrame(targets)
    return words
