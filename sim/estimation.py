"""Where `sim.analysis.estimation` lay until it moved; kept for one release, for code outside the repository."""

from sim.analysis.estimation import *  # noqa: F403
