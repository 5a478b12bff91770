"""What of the code in use is the user's own: where it lies, a hash of all in it that can change a number, and how it is
sent to where a job runs.

The house's sources are `sim.config.versions`' matter. The user's own classes and functions are told apart by where they
come from: neither from the house, nor from Python, nor from an installed library.
"""

import ast
import hashlib
import io
import pickle
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache, partial
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec, module_from_spec, resolve_name, spec_from_file_location
from itertools import accumulate
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.config.versions import DENIED_LIBRARIES, LIBRARIES
from sim.errors import InputError

if TYPE_CHECKING:
    from sim.objects.customer import Customer

NOT_OWN = {"agents", "sim", "scenarios", *sys.stdlib_module_names, *LIBRARIES, *DENIED_LIBRARIES} - {"__main__"}
STANDARD = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}  # folders of what Python itself brings
STANDARD |= {str(Path(place, "lib-dynload")) for place in STANDARD}
INSTALLED = tuple(Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib"))


def is_own(thing: Any) -> bool:
    """Tell whether a class or a function is the user's own."""
    return str(getattr(thing, "__module__", None)).partition(".")[0] not in NOT_OWN


def own_among(things: Sequence[Any]) -> tuple[Any, ...]:
    """Return the user's own classes and functions among things, also inside partial functions and bound methods."""
    return tuple(dict.fromkeys(part for thing in things for part in _parts(thing) if is_own(part)))


def _parts(thing: Any) -> Iterator[Any]:
    """Yield the classes and functions that a thing consists of."""
    if isinstance(thing, partial):
        for part in (thing.func, *thing.args, *thing.keywords.values()):
            yield from _parts(part)
    elif isinstance(thing, MethodType):
        yield from (thing.__func__, type(thing.__self__))
    elif isinstance(thing, FunctionType | type):
        yield thing
    elif hasattr(thing, "py_func"):  # a rule
        yield thing.py_func
    else:
        yield type(thing)


# --- plug-ins --------------------------------------------------------------------------------------------------------


class Provided(NamedTuple):
    """What plug-ins bring: classes of strategies and shocks, a behaviour of customers, measures of a market."""

    kinds: tuple[type, ...] = ()
    customer: "type[Customer] | None" = None
    measures: Mapping[str, Any] = {}


MEASURES = "MEASURES"  # what a plug-in calls its mapping of measures
_loaded: dict[Path, tuple[tuple[int, int], ModuleType]] = {}  # file -> its time and size when it was read, module


def is_file_name(name: str) -> bool:
    """Tell whether a plug-in is named by its file, not as a module."""
    return name.endswith(".py") or len(Path(name).parts) > 1


def provided(plugins: Sequence[str]) -> Provided:
    """Import plug-ins and return what they bring."""
    whole = Provided()
    for name in plugins:
        one = _provided_by(name, plugin(name))
        if whole.customer is not None and one.customer is not None and whole.customer is not one.customer:
            raise InputError(
                f"plugins: {name}: a second behaviour of customers, {one.customer.__name__} beside"
                f" {whole.customer.__name__}; a market has one"
            )
        kinds = (*whole.kinds, *one.kinds)
        whole = Provided(kinds, whole.customer or one.customer, {**whole.measures, **one.measures})
    return whole


def _provided_by(name: str, module: ModuleType) -> Provided:
    from agents.strategies.contract import Strategy
    from sim.config.shocks import Shock

    classes = [one for one in vars(module).values() if isinstance(one, type) and _lies_in(one, module)]
    kinds = [one for one in classes if issubclass(one, Strategy | Shock) and isinstance(_kind(one), str)]
    measures = getattr(module, MEASURES, {})
    if not isinstance(measures, Mapping):
        raise InputError(f"plugins: {name}: {MEASURES} must be a mapping of names to functions of a market")
    # who subclasses it has imported it
    customers = _customers(classes) if "sim.objects.customer" in sys.modules else []
    if len(customers) > 1:
        named = ", ".join(one.__name__ for one in customers)
        raise InputError(f"plugins: {name}: several behaviours of customers, {named}; a market has one")
    if not (kinds or measures or customers):
        raise InputError(
            f"plugins: {name}: brings nothing; a plug-in has classes of Strategy, Shock or Customer, or {MEASURES} ="
            " {name: function}"
        )
    return Provided(tuple(kinds), customers[0] if customers else None, measures)


def _lies_in(cls: type, module: ModuleType) -> bool:
    """Whether a class is the plug-in's own, or of its package."""
    return cls.__module__ == module.__name__ or cls.__module__.startswith(f"{module.__name__}.")


def _kind(cls: Any) -> Any:
    return cls.model_fields["kind"].default


def _customers(classes: Sequence[type]) -> "list[type[Customer]]":
    """Return the behaviours among classes, without those that others build on."""
    from sim.objects.customer import Customer

    found = [one for one in classes if issubclass(one, Customer)]
    return [one for one in found if not any(other is not one and issubclass(other, one) for other in found)]


def plugin(name: str) -> ModuleType:
    """Import a plug-in, anew where its file has changed since it was read here."""
    if not is_file_name(name):
        try:
            return import_module(name)
        except Exception as error:  # whatever the user's module raises
            raise InputError(f"plugins: {name}: cannot be imported: {type(error).__name__}: {error}") from None
    path = Path(name).resolve()
    if not path.is_file():
        raise InputError(f"plugins: {name}: no such file")
    stamp = (path.stat().st_mtime_ns, path.stat().st_size)
    if path in _loaded and _loaded[path][0] == stamp:
        return _loaded[path][1]
    known = sys.modules.get(path.stem)
    if path not in _loaded and known is not None and _file_of(path.stem) == path:
        return known  # the user has imported it
    _loaded[path] = (stamp, _read(path))
    return _loaded[path][1]


def _read(path: Path) -> ModuleType:
    """Run a plug-in's file as a module; what it imports is looked for beside it, after what Python brings."""
    is_free = path.stem not in NOT_OWN and _file_of(path.stem) in (None, path)
    other = f"plugin_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    own = path.stem if is_free and path.stem.isidentifier() else other
    spec = spec_from_file_location(own, path)
    if spec is None or spec.loader is None:
        raise InputError(f"plugins: {path}: a plug-in is a .py file")
    module = module_from_spec(spec)
    before = sys.modules.get(own)
    sys.modules[own] = module
    sys.path.insert(behind_python(), str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's file raises
        sys.modules.pop(own)
        if before is not None:
            sys.modules[own] = before
        raise InputError(f"plugins: {path}: cannot be read: {type(error).__name__}: {error}") from None
    finally:
        sys.path.remove(str(path.parent))
        if str(path.parent) not in sys.path:
            sys.path.append(str(path.parent))  # for what it imports later, in functions
    return module


def behind_python() -> int:
    """Return the place in Python's path for folders of the user's: behind what Python itself brings, so that
    a file random.py there is not taken for one of them.
    """
    return 1 + max((i for i, place in enumerate(sys.path) if place in STANDARD), default=-1)


# --- modules ---------------------------------------------------------------------------------------------------------


def own_files(things: Sequence[Any]) -> dict[str, Path]:
    """Return the files that own classes and functions come from, with those of the own modules they import, by the
    module's name.
    """
    todo = [str(thing.__module__) for thing in own_among(things)]
    homes = {name.partition(".")[0] for name in todo}
    found: dict[str, Path] = {}
    while todo:
        name = todo.pop()
        path = None if name in found else _file_of(name)
        if path is not None and _is_theirs(name, path, homes):
            found[name] = path
            todo += _imports(name, path)
    return dict(sorted(found.items()))


def _is_theirs(name: str, path: Path, homes: set[str]) -> bool:
    top = name.partition(".")[0]
    return top not in NOT_OWN and (top in homes or not is_installed(path))


def is_installed(path: Path | None) -> bool:
    """Tell whether a file belongs to an installed library."""
    return path is not None and any(path.is_relative_to(place) for place in INSTALLED)


def _file_of(name: str) -> Path | None:
    """Return a module's source file; None where it has none, as a notebook's."""
    if name in sys.modules:
        path = getattr(sys.modules[name], "__file__", None)
    else:
        spec = None
        with suppress(ImportError, ValueError, AttributeError):
            spec = find_spec(name)
        path = None if spec is None else spec.origin
    return Path(path).resolve() if path is not None and path.endswith(".py") and Path(path).is_file() else None


def _imports(name: str, path: Path) -> set[str]:
    """Return what may be modules among the names a module imports, in functions too, with the packages they lie in."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = f"{'.' * node.level}{node.module or ''}"
            with suppress(ImportError):  # a relative import beyond the top, which Python will refuse
                base = resolve_name(start, package) if node.level else start
                found |= {f"{base}.{alias.name}" for alias in node.names}
    return {part for one in found for part in accumulate(one.split("."), lambda above, below: f"{above}.{below}")}


# --- sent by value ---------------------------------------------------------------------------------------------------


def own_modules(things: Sequence[Any]) -> list[ModuleType]:
    """Return the own modules that things need, as far as they are imported."""
    return [sys.modules[name] for name in own_files(things) if name in sys.modules and name != "__main__"]


def packed(value: Any, modules: Sequence[ModuleType]) -> bytes:
    """Write a value so that it can be read where these modules are not: what lies in them is sent along."""
    import cloudpickle

    before = cloudpickle.list_registry_pickle_by_value()
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        file = io.BytesIO()
        _packer()(file).dump(value)
        return file.getvalue()
    finally:
        for module in modules:
            if module.__name__ not in before:
                cloudpickle.unregister_pickle_by_value(module)


@cache
def _packer() -> type:
    import cloudpickle

    from agents.rule import rule

    class Packer(cloudpickle.Pickler):  # type: ignore[misc]
        """Sends own rules as the Python that they are written in, to be compiled there."""

        def reducer_override(self, value: Any) -> Any:
            """Say how to make a value again."""
            if hasattr(value, "py_func") and is_own(value):
                return rule, (value.py_func,)
            return super().reducer_override(value)

    return Packer


# --- hash ------------------------------------------------------------------------------------------------------------


def source_hash(things: Sequence[Any]) -> str:
    """Hash of what classes and functions are, hexadecimal: the house's by name, as its sources have a hash of their own
    (`sim.config.versions`), the user's by source.

    It covers the files that own ones come from and those of the own modules they import. What has no file, as in a
    notebook, counts by its code and the values that this uses. It is made once for each object: a module that is
    imported anew has new ones.
    """
    return _hash_of(tuple(things))


@lru_cache(maxsize=1024)
def _hash_of(things: tuple[Any, ...]) -> str:
    digest, files = hashlib.sha256(), own_files(things)
    for name, path in files.items():
        text = path.read_bytes()
        check_current(name, path, text)
        digest.update(f"\n{name}\n".encode() + text)
    used = (
        {one.partition(".")[0] for name, path in files.items() for one in _imports(name, path)} - set(files) - NOT_OWN
    )
    digest.update(f"{[(name, _version(name)) for name in sorted(used)]}{_told(things, set())}".encode())
    return digest.hexdigest()[:16]


def _version(library: str) -> str:
    """Version of a library that only own code uses; empty where its distribution has another name."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def check_current(name: str, path: Path, text: bytes) -> None:
    """Refuse a module whose file is no longer what was imported: rows would be kept under the hash of other code."""
    module = sys.modules.get(name)
    if module is None or type(getattr(module, "__loader__", None)) is not SourceFileLoader:
        return
    codes = set(_codes(compile(text, str(path), "exec", dont_inherit=True)))
    if any(code not in codes for code in _running(module, path)):
        raise InputError(f"{path} has changed since it was imported: import it again, or start Python anew")


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _running(module: ModuleType, path: Path) -> Iterator[CodeType]:
    """Yield the code of a module's functions and methods, as they are in memory."""
    values = [getattr(value, "py_func", value) for value in vars(module).values()]
    classes = [value for value in values if isinstance(value, type) and value.__module__ == module.__name__]
    for value in (*values, *(method for one in classes for method in vars(one).values())):
        function = getattr(value, "__func__", value)
        if isinstance(function, FunctionType) and Path(function.__code__.co_filename).resolve() == path:
            yield function.__code__


def _told(value: Any, seen: set[int]) -> str:
    """Write what a value is, so that two that may act differently are written differently.

    Own functions are written by their code and what it refers to, own classes by their methods, all others by name.
    What a function of a file finds in its module stands in that file.
    """
    if isinstance(value, CodeType):
        parts = (_told(part, seen) for part in value.co_consts)
        return f"{value.co_code.hex()} {value.co_names} {value.co_varnames} {value.co_freevars} [{', '.join(parts)}]"
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if id(value) in seen:
        return "again"
    seen.add(id(value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(_told(part, seen) for part in value)}]"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(_told(part, seen) for part in value))}}}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_told(key, seen)}: {_told(item, seen)}' for key, item in value.items())}}}"
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, partial):
        return _told([value.func, value.args, value.keywords], seen)
    if isinstance(value, type):
        return _told_class(value, seen)
    function = getattr(value, "py_func", getattr(value, "__func__", getattr(value, "fget", value)))
    if isinstance(function, FunctionType):
        return _told_function(function, seen)
    try:
        return pickle.dumps(value).hex()
    except Exception:  # whatever a value's own pickling raises
        return repr(value)


def _told_class(kind: type, seen: set[int]) -> str:
    name = f"{kind.__module__}.{kind.__qualname__}"
    if not _is_written_out(kind):
        return name
    parts = {
        key: part
        for key, part in vars(kind).items()
        if isinstance(part, FunctionType) or not key.startswith(("__", "_abc"))  # what Python and pydantic note
    }
    return f"{name} {_told(kind.__bases__, seen)} {_told(parts, seen)}"


def _told_function(function: FunctionType, seen: set[int]) -> str:
    name = f"{function.__module__}.{function.__qualname__}"
    if not _is_written_out(function):
        return name
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    used = {} if _file_of(function.__module__) else {name: function.__globals__.get(name) for name in sorted(names)}
    told = [function.__code__, function.__defaults__, function.__kwdefaults__, cells, used]
    return f"{name} {_told(told, seen)}"


def _is_written_out(thing: type | FunctionType) -> bool:
    return is_own(thing) and not is_installed(_file_of(str(thing.__module__)))
