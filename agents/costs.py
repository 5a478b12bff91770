"""What of an operator's common costs stays as it is when a customer comes or goes, and what the rest goes with.

Overhead, brand advertising, running the network and investing in it are sized for a market, not for a customer. Each
has a part that is there whatever happens and a part with a driver of its own; both are of the size that the opening
showed.
"""

from typing import Any, Literal, NamedTuple

import numpy as np

from agents.block import MOST_MONEY, Block, choice, fraction, quantity

Driver = Literal["revenue", "subscribers", "traffic", "gross_adds"]
DRIVERS: tuple[Driver, ...] = ("revenue", "subscribers", "traffic", "gross_adds")
COMMON = ("advertising_cost", "overhead_cost", "operation_cost", "capex")  # lines of the ledger
FIXED = "part that stays as it was at the opening, whatever happens"
LAST = 12  # months of the burn-in whose mean is the opening


def _goes_with(driver: Driver) -> Any:
    return choice(
        driver,
        meaning="what the rest goes with: service revenue, closing subscribers, traffic (GB; the busy hour's share of"
        " it is taken to stay), gross additions",
    )


class CommonCost(Block):
    """A cost that all customers share: how much of it stays, and what the rest goes with."""

    amount: float | None = quantity(
        None,
        meaning="what it is at the opening, at market size; a share of opening service revenue where null",
        unit="currency/month",
        ge=0.0,
        le=1e4 * MOST_MONEY,
    )
    fixed: float
    driver: Driver


class Advertising(CommonCost):
    """Brand advertising: a yearly budget; what is paid for a newcomer is commission and subsidy."""

    fixed: float = fraction(0.9, meaning=FIXED, source="assumption: campaigns are booked by the year")
    driver: Driver = _goes_with("gross_adds")


class Overhead(CommonCost):
    """Staff, buildings and IT; billing and licences go with lines."""

    fixed: float = fraction(
        0.85,
        meaning=FIXED,
        source="assumption: a third of IT and support, some 7 % of revenue (Tefficient), by the line",
    )
    driver: Driver = _goes_with("subscribers")


class Operation(CommonCost):
    """Running the network: sites, energy and upkeep are there for coverage."""

    fixed: float = fraction(0.8, meaning=FIXED, source="assumption: sites outnumber what traffic needs; see capex")
    driver: Driver = _goes_with("traffic")


class Investment(CommonCost):
    """Investment: coverage, renewal and IT against capacity, which follows traffic."""

    fixed: float = fraction(
        0.7,
        meaning=FIXED,
        source="flat while traffic rose sevenfold in four years (Rewheel 2017); what traffic adds is a third to a half"
        " of average cost (pure LRIC against LRAIC+ models of regulators, Analysys Mason 2010)",
    )
    driver: Driver = _goes_with("traffic")


class Costs(Block):
    """How common costs behave. What a customer brings about alone stands in the plans, in care and in levers."""

    advertising: Advertising = Advertising()
    overhead: Overhead = Overhead()
    operation: Operation = Operation()
    capex: Investment = Investment()

    @property
    def by_line(self) -> tuple[CommonCost, ...]:
        """The four costs in the order of COMMON."""
        return self.advertising, self.overhead, self.operation, self.capex


class Opening(NamedTuple):
    """What an operator's month was like at the opening: the four drivers, in the order of DRIVERS. Sums over the
    simulated market.
    """

    revenue: float = 0.0  # currency
    subscribers: float = 0.0
    traffic: float = 0.0  # GB
    gross_adds: float = 0.0  # 0 where no month had been lived


def opening_levels(costs: Costs, shares: tuple[float, ...], opening: Opening, weight: float) -> np.ndarray:
    """Return the four costs at the opening, currency per month of the simulated market, shape (COMMON,).

    shares : of opening service revenue, in the order of COMMON; weight : real lines a simulated person stands for.
    """
    return np.array(
        [
            share * opening.revenue if cost.amount is None else cost.amount / weight
            for cost, share in zip(costs.by_line, shares, strict=True)
        ]
    )


def cost_rates(costs: Costs, shares: tuple[float, ...], levels: np.ndarray, opening: Opening) -> np.ndarray:
    """Return what each cost is a month and what one more of each driver adds to it, shape (COMMON, 1 + DRIVERS).

    A part whose driver the opening had nothing of stays as it was. Who opens without customers has no opening to be
    sized by: its costs are their shares of its revenue as it comes.
    """
    rates = np.zeros((len(COMMON), 1 + len(DRIVERS)))
    for row, (cost, share, level) in enumerate(zip(costs.by_line, shares, levels, strict=True)):
        place = 1 + DRIVERS.index(cost.driver)
        had = opening[place - 1]
        if cost.amount is None and level <= 0.0:
            rates[row, 1] = share
        elif had > 0.0:
            rates[row, 0], rates[row, place] = level * cost.fixed, level * (1.0 - cost.fixed) / had
        else:
            rates[row, 0] = level
    return rates
