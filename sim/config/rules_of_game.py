"""What holds for the whole market besides what anybody offers: portability, bans and notices,
the state of the economy.
"""

import math
from dataclasses import dataclass

from agents.block import Block, quantity

NO_CAP = 1_000  # months


class Law(Block):
    """What the law allows contracts to bind to, where the market opens; null for no such rule."""

    longest_term: int | None = quantity(
        meaning="longest term", unit="months", ge=0, le=600, source="Directive (EU) 2018/1972, article 105"
    )
    must_offer: int | None = quantity(
        meaning="term that must be offered beside every longer one, with its part of the subsidy",
        unit="months",
        ge=1,
        le=600,
        source="Directive 2009/136/EC, article 30; German TKG, paragraph 56",
    )
    leaving_fee: float | None = quantity(
        meaning="most that leaving may cost by month left; the debt on a device is due beside it",
        unit="share of the monthly fee",
        ge=0.0,
        le=100.0,
        source="Directive (EU) 2018/1972, article 105: the remaining fees",
    )


@dataclass(frozen=True)
class Rules:
    """The rules of the game and the times; a shock replaces them by others."""

    portability: float  # share of hassle that porting the number takes away
    notice: float = 0.0  # hazard of looking around that a notice at the end of a term brings about, per month
    longest_term: int = NO_CAP  # months
    must_offer: int = 0  # months of the shorter term that every plan with a term must offer beside it, 0 for none
    leaving_fee: float = math.inf  # most that leaving may cost by month left, share of the monthly fee
    back_book_banned: bool = False
    fee_waivers: frozenset[str] = frozenset()  # operators that may not, or do not, ask for termination fees
    sensitivity: float = 1.0  # multiplier of price sensitivity
    arrears: float = 1.0  # multiplier of the default hazard
    usage: float = 1.0  # multiplier of usage
    device_news: float = 0.0  # hazard of looking around that a new device adds, per month
