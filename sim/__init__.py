"""churnlab: an agent-based laboratory of telecom market competition. The names that stay.

Names are imported when first used, so that the command line answers at once.
"""

from importlib import import_module
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


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name == "__version__":
        from sim.config.versions import churnlab_version

        return churnlab_version()
    raise AttributeError(f"module 'sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*globals(), *_HOME, "__version__"]
