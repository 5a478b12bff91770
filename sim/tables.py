"""Where `sim.world.tables` lay until it moved; kept for one release, for code outside the repository."""

from sim.world.tables import *  # noqa: F403
