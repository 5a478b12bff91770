"""How a number is kept within bounds."""

from agents.rule import rule


@rule
def clip(x: float, low: float, high: float) -> float:
    """Keep x within low and high."""
    return low if x < low else (high if x > high else x)
