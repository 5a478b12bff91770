"""churnlab: an agent-based laboratory of telecom market competition. The names that stay.

Names are imported when first used, so that the command line answers at once.
"""

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.config.shocks import Shock
    from sim.errors import InputError
    from sim.experiments.calibrate import calibrate
    from sim.experiments.compare import compare
    from sim.experiments.executor import Executor
    from sim.experiments.optimise import optimise
    from sim.experiments.robust import robust
    from sim.experiments.sampling import Interval
    from sim.experiments.store import Store
    from sim.experiments.study import Means
    from sim.experiments.sweep import sweep
    from sim.experiments.wargame import wargame
    from sim.loading import load_scenario
    from sim.market import Market
    from sim.objects.customer import Customer
    from sim.results import load

    __version__: str

_HOME = {
    "Customer": "sim.objects.customer",
    "Executor": "sim.experiments.executor",
    "InputError": "sim.errors",
    "Interval": "sim.experiments.sampling",
    "Market": "sim.market",
    "Means": "sim.experiments.study",
    "Shock": "sim.config.shocks",
    "Store": "sim.experiments.store",
    "calibrate": "sim.experiments.calibrate",
    "compare": "sim.experiments.compare",
    "load": "sim.results",
    "load_scenario": "sim.loading",
    "optimise": "sim.experiments.optimise",
    "robust": "sim.experiments.robust",
    "sweep": "sim.experiments.sweep",
    "wargame": "sim.experiments.wargame",
}
__all__ = [
    "Customer",
    "Executor",
    "InputError",
    "Interval",
    "Market",
    "Means",
    "Shock",
    "Store",
    "calibrate",
    "compare",
    "load",
    "load_scenario",
    "optimise",
    "robust",
    "sweep",
    "wargame",
]
_HOUSE = Path(__file__).resolve().parent.parent


def _leave_working_folder() -> None:
    """Look for no module in the working folder where this is `python -m sim`: the command `churnlab` does not either,
    and what lies there may have a library's name.
    """
    is_asked = sys.argv[:1] == ["-m"] and sys.orig_argv[-len(sys.argv)].removeprefix("-m").split(".")[0] == "sim"
    if is_asked and not sys.flags.safe_path and Path(sys.path[0]).resolve() != _HOUSE:
        del sys.path[0]


def _take_own(name: str) -> None:
    """Import the house's package of a name that a file of the user's may have as well."""
    place = _HOUSE / name / "__init__.py"
    if name not in sys.modules:
        spec = spec_from_file_location(name, place)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    found = getattr(sys.modules[name], "__file__", None)
    if found is None or Path(found).resolve() != place:
        raise ImportError(f"'{name}' is a package of churnlab, but {found or 'another'} was imported: rename that file")


_leave_working_folder()
_take_own("agents")


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name == "__version__":
        from sim.config.versions import churnlab_version

        return churnlab_version()
    raise AttributeError(f"module 'sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*globals(), *_HOME, "__version__"]
