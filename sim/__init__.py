"""churnlab: an agent-based laboratory of telecom market competition. The names that stay.

Names are imported when first used, so that the command line answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.config.shocks import Shock
    from sim.customer import Customer
    from sim.errors import InputError
    from sim.experiments.calibrate import calibrate
    from sim.experiments.compare import compare
    from sim.experiments.sweep import sweep
    from sim.loading import load_scenario
    from sim.market import Market

__all__ = ["Customer", "InputError", "Market", "calibrate", "compare", "Shock", "load_scenario", "sweep"]
_HOME = {
    "Customer": "sim.customer",
    "InputError": "sim.errors",
    "Market": "sim.market",
    "Shock": "sim.config.shocks",
    "calibrate": "sim.experiments.calibrate",
    "compare": "sim.experiments.compare",
    "load_scenario": "sim.loading",
    "sweep": "sim.experiments.sweep",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")
