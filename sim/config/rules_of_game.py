"""What holds for the whole market besides what anybody offers: portability, bans and notices,
the state of the economy.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """The rules of the game and the times; a shock replaces them by others."""

    portability: float  # share of hassle that porting the number takes away
    notice: float = 0.0  # hazard of looking around that a notice at the end of a term brings about, per month
    longest_term: int = 1_000  # months
    back_book_banned: bool = False
    fee_waivers: frozenset[str] = frozenset()  # operators that may not, or do not, ask for termination fees
    sensitivity: float = 1.0  # multiplier of price sensitivity
    arrears: float = 1.0  # multiplier of the default hazard
    usage: float = 1.0  # multiplier of usage
    device_news: float = 0.0  # hazard of looking around that a new device adds, per month
