"""How whoever waits is told how far a task is, and that machine code is made first: where somebody sees it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from importlib import import_module
from typing import Any

from agents.rule import CACHE_FOLDER, before_compiling, is_compiled

Advance = Callable[[int, int], None]  # (done, total)
Shown = Advance | bool | None  # a function of one's own; False for nothing; otherwise a bar where somebody sees it

_is_silent: ContextVar[bool] = ContextVar("is_silent", default=False)  # a bar is shown already, or this is one of many

# --- who sees it -----------------------------------------------------------------------------------------------------


def is_watched() -> bool:
    """Tell whether somebody sees what is told: on a terminal, or in a notebook."""
    return not _is_silent.get() and (sys.stderr.isatty() or _in_notebook())


def _in_notebook() -> bool:
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


@contextmanager
def in_silence() -> Iterator[None]:
    """Tell nothing of parts of a task: it is told as a whole."""
    before = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(before)


# --- how far a task is -----------------------------------------------------------------------------------------------


@contextmanager
def progress(label: str, shown: Shown = None) -> Iterator[Advance]:
    """Show how far a long task is, how fast it goes and what is left; yield a function (done, total)."""
    if callable(shown):
        yield shown
        return
    if shown is False or not is_watched():
        yield lambda done, total: None
        return
    with (_in_cell if _in_notebook() else _on_terminal)(label) as draw, in_silence():
        started: list[tuple[float, int]] = []  # what was done before does not count

        def advance(done: int, total: int) -> None:
            started.extend([] if started else [(time.monotonic(), done)])
            draw(done, total, pace(time.monotonic() - started[0][0], done - started[0][1], total - done))

        yield advance


@contextmanager
def _on_terminal(label: str) -> Iterator[Callable[[int, int, str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, pace="")
        yield lambda done, total, told: bar.update(task, completed=done, total=total, pace=told)


@contextmanager
def _in_cell(label: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar below a notebook's cell, which goes when the task is done; rich would need ipywidgets for one."""
    shell: Any = import_module("IPython.display")
    place = shell.display(shell.HTML(escape(label)), display_id=True)

    def draw(done: int, total: int, told: str) -> None:
        bar = f'<progress value="{done}" max="{max(total, 1)}"></progress>'
        place.update(shell.HTML(f"{escape(label)} {bar} {done:,}/{total:,} {escape(told)}"))

    try:
        yield draw
    finally:
        place.update(shell.HTML(""))


def pace(seconds: float, done: int, left: int) -> str:
    """Say how fast a task goes and how long the rest takes.

    >>> pace(10.0, 50, 400), pace(60.0, 3, 20), pace(0.0, 0, 7)
    ('5.0 a second, 1:20 left', '3.0 a minute, 6:40 left', '')
    """
    if not done or seconds <= 0.0:
        return ""
    rate = done / seconds
    minutes, rest = divmod(round(left / rate), 60)
    return (
        f"{rate:.1f} a second" * (rate >= 1.0)
        + f"{60.0 * rate:.1f} a minute" * (rate < 1.0)
        + f", {minutes}:{rest:02d} left"
    )


# --- machine code ----------------------------------------------------------------------------------------------------

COMPILING = "Compiling the rules of behaviour, once (about 20 s); later runs start at once."
COMPILING_ANEW = (
    "Compiling the rules of behaviour (about 20 s), in every run: there is no folder for machine code that is yours"
    " alone; XDG_CACHE_HOME may name one."
)


def announce_compilation(is_asked: bool = False) -> None:
    """Let it be said when the month is compiled, which takes long: always where asked, else where somebody sees it."""
    if is_asked or is_watched():
        before_compiling(_say_so)


def _say_so() -> None:
    if not is_compiled():
        print(COMPILING if CACHE_FOLDER is not None else COMPILING_ANEW, file=sys.stderr, flush=True)
