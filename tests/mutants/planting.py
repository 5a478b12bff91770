"""How a fault is planted in a running process: its functions get the code of the changed source.

Compiling the month anew would take twenty seconds a fault. Objects live their months in plain Python, so a child of the
process in which the model is loaded, warmed-up markets with it, shows a fault in a second. Machine code there is that
of the tree without the fault.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from agents import rule


def name_of(path: Path) -> str:
    """Name of the module at a path within the tree."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def plant(path: Path, text: str) -> None:
    """Give all functions of a loaded module the code of this text; path within the tree."""
    module = sys.modules[name_of(path)]
    codes = dict(_codes(compile(text, str(module.__file__), "exec")))
    for function in _functions(module):
        function.__code__ = codes[function.__qualname__]
    rule._Rule.__call__ = _called  # type: ignore[method-assign]


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """Code of all functions that are not inside others, by their qualified name."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner.co_qualname, inner
            yield from _codes(inner)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """Functions and methods of a module as Python calls them."""
    for value in vars(module).values():
        members = vars(value).values() if isinstance(value, type) and value.__module__ == module.__name__ else [value]
        for member in members:
            function = _plain(member)
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield function


def _plain(member: Any) -> Any:
    """What a rule, a property or a method wraps."""
    for name in ("py_func", "fget", "func", "__func__", "__wrapped__"):
        member = getattr(member, name, None) or member
    return member


def _called(self: Any, *values: Any, **named: Any) -> Any:
    """Run a customer's rule as it is written; draws need the whole numbers of machine code."""
    is_of_customer = self.py_func.__module__.startswith("agents.customer")
    return (self.py_func if is_of_customer else self.compiled)(*values, **named)


def in_a_child(work: Callable[[], str | None]) -> str | None:
    """Return what work says, done in a copy of this process; an error is told like a difference."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            told = work()
        except BaseException as error:
            told = f"{type(error).__name__}: {error}"
        os.write(writing, (told or "").encode()[:4_000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said or None
