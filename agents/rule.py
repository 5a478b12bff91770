"""How a rule of behaviour, written as plain Python, becomes machine code without changing its meaning.

`rule` compiles one scalar function; `loop` compiles a loop that applies rules to a block of customers and keeps the
machine code in a folder named by a hash of every rule source and library version, so that an edited rule is never
answered by old code.
"""

import functools
import gc
import hashlib
import os
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import cgutils, event, types
from numba.core.types.misc import unliteral
from numba.extending import intrinsic, models, register_model

from agents.cache import cache_folder
from agents.kept_code import KeptCode, has_code

Function = TypeVar("Function", bound=Callable[..., Any])
HOUSE = Path(__file__).resolve().parent.parent
IS_PLAIN = bool(numba.config.DISABLE_JIT)  # NUMBA_DISABLE_JIT=1: all runs as the Python it is written in
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}  # of all that is compiled
# a file with one of these shapes the machine code
COMPILED = (b"@rule", b"@loop", b"@step", b"NamedTuple", b"(Block)", b"step(", b": float64")


class _NoCollection(event.Listener):  # type: ignore[misc]
    """Keeps the garbage collector off while machine code is made, which leaves little garbage: a ninth of the time."""

    def __init__(self) -> None:
        self.depth, self.was_on = 0, False

    def on_start(self, event: Any) -> None:
        """Switch it off where the outermost function begins."""
        self.was_on = gc.isenabled() if self.depth == 0 else self.was_on
        self.depth += 1
        gc.disable()

    def on_end(self, event: Any) -> None:
        """Switch it on again where the outermost ends."""
        self.depth -= 1
        if self.depth == 0 and self.was_on:
            gc.enable()


class _Announcement(event.Listener):  # type: ignore[misc]
    """Says once, before the first loop is compiled, what it has been given to say: it will be waited for."""

    def __init__(self) -> None:
        self.say: Callable[[], None] | None = None
        self.is_said = False

    def on_start(self, event: Any) -> None:
        """Say it where a loop begins."""
        if self.say is not None and not self.is_said and getattr(event.data["dispatcher"], "is_loop", False):
            self.is_said = True
            self.say()

    def on_end(self, event: Any) -> None:
        """Nothing more is said."""


_announcement = _Announcement()
event.register("numba:compile", _NoCollection())
event.register("numba:compile", _announcement)


def before_compiling(say: Callable[[], None]) -> None:
    """Have this called once, when the first loop of the process is about to be compiled, whatever is asked later."""
    _announcement.say = say


def sources_hash() -> str:
    """Hash of every source that shapes machine code (rules, loops, the tables and parameters they read) and of the
    compiler, hexadecimal.
    """
    digest = hashlib.sha256(f"{sys.version}{version('numba')}{version('numpy')}".encode())
    for pattern in ("agents/**/*.py", "sim/**/*.py"):
        for path in sorted(HOUSE.glob(pattern)):
            text = path.read_bytes()
            if any(mark in text for mark in COMPILED):
                digest.update(text)
    return digest.hexdigest()[:16]


CACHE_FOLDER = cache_folder(sources_hash())


class _Part(types.Dispatcher):
    """What a loop takes a rule or a step for: compiled once for numbers of a kind, however a call writes one."""

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        """Find, or compile, the code for arguments like these."""
        named = {name: _kind_of(number) for name, number in kws.items()}
        return super().get_call_type(context, tuple(_kind_of(number) for number in args), named)


def _kind_of(number: Any) -> Any:
    """Return what a literal or the member of an enumeration is a number of."""
    return number.dtype if isinstance(number, types.IntEnumMember) else unliteral(number)


register_model(_Part)(models.OpaqueModel)


class _Rule:
    """A rule of behaviour: machine code of its own when called from Python; in a loop, a part of it, without what
    Python would need to call it.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self.part = numba.njit(no_cpython_wrapper=True, **OPTIONS)(function)
        self._numba_type_ = _Part(self.part)  # what a loop takes it for

    @functools.cached_property
    def compiled(self) -> Callable[..., Any]:
        """What Python calls."""
        code: Callable[..., Any] = numba.njit(**OPTIONS)(self.py_func)
        return _keeping(code) if self._is_kept else code

    @property
    def _is_kept(self) -> bool:
        """Whether its code outlives the process: not that of a notebook, nor what was sent from another machine."""
        has_file = os.path.isfile(self.py_func.__code__.co_filename) and self.py_func.__module__ in sys.modules
        return CACHE_FOLDER is not None and has_file

    def __call__(self, *values: Any, **named: Any) -> Any:
        return self.compiled(*values, **named)

    def __reduce__(self) -> str:
        return str(self.py_func.__qualname__)  # another process finds it by its name


def rule(function: Function) -> Function:
    """Compile one scalar rule; as plain Python it is `function.py_func`."""
    return cast(Function, _Rule(function))


def on_columns(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a rule as plain Python, which takes columns of many people as well where it only adds, multiplies and
    raises.
    """
    return cast(_Rule, function).py_func


def loop(function: Function) -> Function:
    """Compile a loop over customers, to be run on one block by one thread.

    A loop allocates nothing, so reference counting is off (`_nrt`): with it, handing tables of arrays from step to step
    costs fifty times the work itself.
    """
    compiled = _keeping(numba.njit(_nrt=False, **OPTIONS)(function))
    compiled.is_loop = True
    return cast(Function, compiled)


def _keeping(compiled: Any) -> Any:
    """Let a compiled function keep its machine code, where there is a folder for it, and it is compiled."""
    if CACHE_FOLDER is not None and hasattr(compiled, "py_func"):
        compiled._cache = KeptCode(compiled.py_func, CACHE_FOLDER)
    return compiled


@intrinsic
def fetch(_: Any, column: Any, row: Any) -> Any:
    """Ask the processor to have an element of an array of one dimension at hand soon; changes nothing,
    in a loop only.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = signature.args[0]
        array = context.make_array(kind)(context, builder, values[0])
        number = context.cast(builder, values[1], signature.args[1], types.intp)
        pointer = builder.bitcast(
            cgutils.get_item_pointer(context, builder, kind, array, [number]), ir.IntType(8).as_pointer()
        )
        flag = ir.IntType(32)
        prefetch = builder.module.declare_intrinsic(
            "llvm.prefetch", [pointer.type], ir.FunctionType(ir.VoidType(), [pointer.type, flag, flag, flag])
        )
        builder.call(prefetch, [pointer, flag(0), flag(3), flag(1)])  # to be read, to be kept, data
        return context.get_dummy_value()

    return types.void(column, row), generate


if IS_PLAIN:  # a debugger may step through a month: nothing is fetched ahead, and hashes wrap round without a word
    fetch = lambda column, row: None  # noqa: E731
    warnings.filterwarnings("ignore", "overflow encountered in scalar", RuntimeWarning)


def is_compiled() -> bool:
    """Tell whether machine code of the month, for the present rules, has been kept by an earlier run, or none is asked
    for.
    """
    return IS_PLAIN or CACHE_FOLDER is not None and has_code("sim.month.live.live", CACHE_FOLDER)


def step(function: Function) -> Function:
    """Compile one step of the loop where a loop calls it: typed once, by itself, then written into the loop by LLVM, so
    that calling it costs nothing.

    Called from Python, it runs as the plain Python it is.
    """
    part = numba.njit(no_cpython_wrapper=True, forceinline=True, _nrt=False, **OPTIONS)(function)
    vars(function).update(part=part, _numba_type_=_Part(part))  # the second: what a loop takes it for
    return function
