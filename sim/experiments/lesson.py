"""How a lesson is found, given its variant, and run: its worlds are the jobs of a design on the one pipeline."""

import hashlib
import importlib.util
import pkgutil
import sys
from collections.abc import Mapping
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from sim import lessons
from sim.config.values import with_values
from sim.errors import InputError, listed, nearest
from sim.experiments.design import RUN, Design, Job
from sim.experiments.study import Means, run_design
from sim.lessons.lesson import Experiment, Found, Lesson
from sim.loading import load_scenario
from sim.start.building import with_count

LEAST_WORLDS = 2  # an interval needs them
LEAST_PEOPLE = 500
SEEDS = 1_000_000  # among which a class code picks its first world


class Variant(NamedTuple):
    """The inputs of one class: what its code picks."""

    code: str
    values: Mapping[str, Any]
    seed: int  # of the first world


@cache
def shipped() -> dict[str, Lesson]:
    """Return the lessons of the package by name: every module of `sim.lessons` that has a LESSON."""
    modules = (import_module(f"{lessons.__name__}.{found.name}") for found in pkgutil.iter_modules(lessons.__path__))
    found = [module.LESSON for module in modules if hasattr(module, "LESSON")]
    return {lesson.name: lesson for lesson in found}


def lesson_of(name: str) -> Lesson:
    """Return a lesson by its name or by the path of a file that has a LESSON."""
    path = Path(name)
    if path.suffix == ".py" or len(path.parts) > 1:
        return _from_file(path)
    if name not in shipped():
        raise InputError(
            f"'{name}': no such lesson{nearest(name, shipped())}; known: {listed(shipped())}, or the path of a .py"
            " file of your own"
        )
    return shipped()[name]


def _from_file(path: Path) -> Lesson:
    if not path.is_file():
        raise InputError(f"{path}: no such lesson file")
    own = f"lesson_in_{path.stem}"  # its file may be called as a module is
    spec = importlib.util.spec_from_file_location(own, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: a lesson is a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[own] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path} cannot be read: {type(error).__name__}: {error}") from None
    lesson = getattr(module, "LESSON", None)
    if not isinstance(lesson, Lesson):
        raise InputError(f"{path}: a lesson file must set LESSON = Lesson(...), as those of sim/lessons do")
    return lesson


def variant(lesson: Lesson, code: str | None = None) -> Variant:
    """Pick the inputs of a class by a hash of its code, whatever its case; the first of each, and seed 1, where there
    is none.
    """
    if code is None:
        return Variant("", {key: options[0] for key, options in lesson.variants.items()}, 1)
    said = code.strip().casefold()
    if not said:
        raise InputError("code=: a class code is needed, e.g. code=MK204")
    values = {key: options[_hash(said, lesson.name, key) % len(options)] for key, options in lesson.variants.items()}
    return Variant(code.strip(), values, 2 + _hash(said, lesson.name, "seed") % SEEDS)


def _hash(*words: str) -> int:
    return int.from_bytes(hashlib.sha256("\n".join(words).encode()).digest()[:8], "big")


def run_lesson(
    lesson: Lesson, code: str | None = None, worlds: int | None = None, size: float = 1.0, means: Means | None = None
) -> Found:
    """Run the experiment of a lesson in its worlds.

    Parameters
    ----------
    lesson : as `lesson_of` returns it
    code : of the class; it picks other inputs and other worlds
    worlds : paired replications, at least 2; as the lesson says where None
    size : of each world, as a share of the lesson's; a quick look at a smaller one
    means : executor and store of finished rows

    """
    count = lesson.worlds if worlds is None else worlds
    if count < LEAST_WORLDS:
        raise InputError(f"worlds: at least {LEAST_WORLDS}, or there is no interval (got {count})")
    chosen = variant(lesson, code)
    scenario = with_values(
        load_scenario(lesson.scenario, lesson.overrides),
        {key: value for key, value in chosen.values.items() if "." in key},
    )
    scenario = with_count(scenario, max(LEAST_PEOPLE, round(size * scenario.customers.count)))
    table = pd.DataFrame(
        [("none", "responding", number, chosen.seed + number) for number in range(count)], columns=list(RUN)
    )
    design = Design(table, (scenario,), [0] * count)
    found = run_design(design, means or Means(), partial(_live, lesson.experiment, chosen.values))
    if found.failures:
        raise RuntimeError(f"lesson {lesson.name}: {found.failures[0]['error']}")
    numbers = found.table("runs", ()).drop(columns=["arm"], errors="ignore")
    points = found.table("courses", ("replication",))
    courses = (
        {
            str(name): part.pivot(index="at", columns="replication", values="value")
            for name, part in points.groupby("name", sort=False)
        }
        if len(points)
        else {}
    )
    return Found(scenario, chosen.values, numbers, courses)


def _live(experiment: Experiment, values: Mapping[str, Any], job: Job) -> dict[str, pd.DataFrame]:
    """Live one world of a lesson; return its numbers as a row, its courses as points."""
    measured = experiment(job.scenario(), job.seed, values)
    numbers = {name: float(value) for name, value in measured.items() if not isinstance(value, pd.Series)}
    courses = [
        pd.DataFrame({"arm": 0, "name": name, "at": value.index, "value": value.to_numpy(float)})
        for name, value in measured.items()
        if isinstance(value, pd.Series)
    ]
    return {
        "runs": pd.DataFrame({"arm": [0], **numbers}),
        **({"courses": pd.concat(courses, ignore_index=True)} if courses else {}),
    }
