"""`churnlab lesson`: run a lesson and write its page; without a name, list the lessons."""

import hashlib
import re
from argparse import Namespace
from pathlib import Path

from sim.commands.output import print_json, spoken, text_table
from sim.commands.study import fill
from sim.errors import InputError, nearest
from sim.experiments.executor import Executor
from sim.experiments.lesson import lesson_of, run_lesson, shipped, variant
from sim.experiments.study import Means
from sim.files.whole import check_writable
from sim.lessons.lesson import Claim
from sim.report.formats import fixed
from sim.report.lesson import write_lesson
from sim.waiting import announce_compilation, progress

WORDS = ("code", "worlds")


def lesson(arguments: Namespace) -> int:
    """Run one lesson, write the page, say what it shows; or list all."""
    if not arguments.lesson:
        return _list(arguments.json)
    code, worlds = _words(arguments.overrides)
    one, root = lesson_of(arguments.lesson), Path(arguments.out)
    chosen, executor = variant(one, code), Executor(jobs=arguments.jobs)
    executor.check()
    check_writable(root)
    announce_compilation(is_asked=True)
    with progress(one.name) as advance:
        found = run_lesson(one, code, worlds, means=Means(executor, progress=advance))
    told = one.tell(found)
    page = write_lesson(
        one,
        found,
        root / "lessons" / page_name(one.name, chosen.code),
        code,
        None if one.name in shipped() else arguments.lesson,
    )
    if arguments.json:
        print_json(
            {
                "kind": "lesson",
                "name": one.name,
                "code": chosen.code,
                "inputs": chosen.values,
                "seed": chosen.seed,
                "question": one.question,
                "worlds": found.worlds,
                "claims": [
                    {
                        "claim": claim.text,
                        "mean": claim.estimate.mean,
                        "low": claim.estimate.low,
                        "high": claim.estimate.high,
                        "above": claim.above,
                        "holds": claim.holds,
                    }
                    for claim in told.claims
                ],
                "quiz": [
                    {"question": spoken(ask.text), "choices": ask.choices, "answer": spoken(ask.answer)}
                    for ask in told.quiz
                ],
                "page": page,
            }
        )
    else:
        said = [fill(spoken(text)) for text in told.happened]
        print("\n\n".join([one.question, *said, "\n".join(map(_claim, told.claims)), f"Page: {page}"]))
    return 0


def page_name(lesson: str, code: str) -> str:
    """Name a page so that no two class codes share one, nor where a disk takes capitals for small letters.

    >>> page_name("sleeping_dogs", ""), page_name("sleeping_dogs", "mk204"), page_name("sleeping_dogs", "MK204")
    ('sleeping_dogs.html', 'sleeping_dogs-mk204.html', 'sleeping_dogs-MK204-053ad825.html')
    """
    if not code:
        return f"{lesson}.html"
    mark = "" if re.fullmatch(r"[0-9a-z]{1,40}", code) else f"-{hashlib.sha256(code.encode()).hexdigest()[:8]}"
    shown = re.sub(r"\W+", "_", code[:40])
    return f"{lesson}-{shown}{mark}.html"


def _claim(claim: Claim) -> str:
    """Write a statement with its number and whether it holds."""
    mean, low, high = (
        spoken(fixed(number, claim.decimals, True)) for number in claim.estimate.times(claim.factor).numbers
    )
    return fill(
        f"{'Holds' if claim.holds else 'Does not hold here'}: {spoken(claim.text)} ({mean} {claim.unit}, 95 % interval"
        f" {low} to {high})".replace(" ,", ",")
    )


def _words(given: list[str]) -> tuple[str | None, int | None]:
    """Read code= and worlds=."""
    found: dict[str, str] = {}
    for word in given:
        key, sign, value = word.partition("=")
        if not sign or key not in WORDS:
            raise InputError(
                f"'{word}': not understood by churnlab lesson{nearest(key, WORDS)}; known: code=CLASSCODE, worlds=N"
            )
        found[key] = value
    worlds = found.get("worlds")
    if worlds is not None and not (worlds.isdecimal() and len(worlds) <= 5):
        raise InputError(f"worlds={worlds[:80]}: a whole number is needed, from 2 to 99,999")
    return found.get("code"), None if worlds is None else int(worlds)


def _list(as_json: bool) -> int:
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "question": one.question,
                    "moral": one.title,
                    "seconds": one.seconds,
                    "inputs": list(one.variants),
                }
                for one in shipped().values()
            ]
        )
        return 0
    print(text_table(["lesson", "seconds"], [[one.name, str(one.seconds)] for one in shipped().values()]))
    print()
    for one in shipped().values():
        print(fill(f"{one.name}: {one.question}"))
    return 0
