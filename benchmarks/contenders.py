"""Who is measured: churnlab in three markets, and its rivals in the smallest; and in which environment each lives."""

from typing import NamedTuple


class Contender(NamedTuple):
    """One way to live a market's months."""

    title: str
    module: str  # under benchmarks/
    guess: float  # nanoseconds per customer-month: from this the months of a run are set
    builder: str = "build"
    needs: tuple[str, ...] = ()  # what is installed in an environment of its own; empty: churnlab's
    pinned: bool = True  # together with constraints.txt
    scenario: str = "small_market"
    overrides: tuple[str, ...] = ()
    threads: int = 1  # 0: one a core
    most: int = 10**9  # people; more only with --full

    @property
    def is_churnlab(self) -> bool:
        """Tell churnlab from rivals."""
        return self.module == "with_churnlab"

    @property
    def package(self) -> str:
        """Name of the package whose environment this is, empty for churnlab's."""
        return self.needs[0].partition("==")[0] if self.needs else ""


REFERENCE = "churnlab"
AMBR = ("ambr==0.5.2", "polars==2.1.0")
CONTENDERS = {
    REFERENCE: Contender("churnlab, small market", "with_churnlab", 250),
    "churnlab_cores": Contender("churnlab, small market, all cores", "with_churnlab", 150, threads=0),
    "numpy": Contender("NumPy by hand", "by_hand", 100),
    "numba": Contender("Numba by hand", "with_numba", 50),
    "mesa": Contender("Mesa", "with_mesa", 3_000),
    "ambr": Contender("AMBER, views", "with_ambr", 300, needs=AMBR),
    "ambr_arrays": Contender("AMBER, arrays", "with_ambr", 100, "build_arrays", AMBR),
    # Polars of mesa-frames' day; with the newest of version 1 it is no faster.
    "mesa_frames": Contender(
        "mesa-frames",
        "with_mesa_frames",
        600,
        needs=("mesa-frames==0.1.0a0", "polars==1.5.0", "numpy==1.26.4", "pandas==2.3.3"),
        pinned=False,
    ),
    "starsim": Contender("Starsim", "with_starsim", 150, needs=("starsim==3.7.2",)),
    "agentpy": Contender("AgentPy", "with_agentpy", 5_000, needs=("agentpy==0.1.5",), most=100_000),
    "churnlab_textbook": Contender(
        "churnlab, `behaviour=textbook`: everybody chooses every month",
        "with_churnlab",
        600,
        overrides=("behaviour=textbook",),
    ),
    "churnlab_full": Contender(
        "churnlab, `europe_three`: everything on, 8 ties", "with_churnlab", 350, scenario="europe_three"
    ),
    "churnlab_full_cores": Contender(
        "churnlab, `europe_three`, all cores", "with_churnlab", 250, scenario="europe_three", threads=0
    ),
}


def months_for(contender: Contender, people: int, seconds: float) -> int:
    """Months that take about so many seconds: 3 to 240."""
    return int(min(max(seconds * 1e9 / (contender.guess * people), 3), 240))
