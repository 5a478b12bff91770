"""How work ends before its time: a signal ends it as Ctrl-C does, and workers do not outlive the process that they work
for, however that ended.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
SAME_WISH = 2.0  # seconds in which further signals say the same: systems send two or three when a session ends
LOOK = 1.0  # seconds between two looks at whether the parent is there
PR_SET_PDEATHSIG = 1  # of Linux


# --- this process ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def interruptible() -> Iterator[list[int]]:
    """Let every signal that asks this process to end raise KeyboardInterrupt, and note it in the list given: one that
    falls into a callback of the compiler comes out as another error, or not at all.

    What was to be ignored, as the end of the session under `nohup`, still is.
    """
    noted: list[int] = []
    last = 0.0

    def note(number: int, _: FrameType | None) -> None:
        nonlocal last
        is_first, last = time.monotonic() - last > SAME_WISH or not noted, time.monotonic()
        noted.append(number)
        if is_first:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield noted
        return
    before, unraisable = {number: signal.getsignal(number) for number in ENDING}, sys.unraisablehook
    for number in ENDING:
        if number == signal.SIGINT or before[number] is not signal.SIG_IGN:
            signal.signal(number, note)
    sys.unraisablehook = lambda fault: None if isinstance(fault.exc_value, KeyboardInterrupt) else unraisable(fault)
    try:
        yield noted
    finally:
        sys.unraisablehook = unraisable
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(noted: list[int]) -> int:
    """Exit code of a process that was asked to end, as shells know it: 130 after Ctrl-C, 143 SIGTERM, 129 SIGHUP."""
    return 128 + (noted[0] if noted else signal.SIGINT)


# --- workers ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Start processes deaf to Ctrl-C and to the end of the session, and loky's watcher of semaphores without its
    warnings.

    This process hears the interrupt and ends the workers, so that none prints a traceback of its own; the watcher would
    warn, after our last word, of semaphores that the ended workers held, which it then cleans up.
    """
    from sim.experiments.children import environment

    quiet, given = "ignore:resource_tracker", os.environ.get("PYTHONWARNINGS")
    hears = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _deaf_to()} if hears else {}
    try:
        with environment("PYTHONWARNINGS", f"{given},{quiet}" if given else quiet):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def hushed_threads() -> Iterator[None]:
    """Let threads fail without a word while workers are ended: loky's own may find the work gone that they hand out."""
    before = threading.excepthook
    threading.excepthook = lambda _: None
    try:
        yield
    finally:
        threading.excepthook = before


def _deaf_to() -> list[signal.Signals]:
    return [number for number in ENDING if number != signal.SIGTERM]


def follow(parent: int, is_from_main: bool) -> None:
    """End this worker where the process that it works for ends, even if nobody could tell it: run first in a worker.

    Linux is asked to do it; it does where the thread that started the worker ends, so only where that was the main
    one. A thread that looks every second does it elsewhere.

    Parameters
    ----------
    parent : number of the process that it works for
    is_from_main : whether that process's main thread starts it

    """
    for number in _deaf_to():
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux" and is_from_main:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)
