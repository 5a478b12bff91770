"""What operators and customers have in common as agents of a Mesa model: they know their market and do not keep it."""

import weakref
from typing import Any, Self

import mesa


class Member(mesa.Agent):
    """An agent of a market, numbered from 1 in the order of entering.

    Mesa's own constructor notes every model in a table of the class, for good, and agents keep their model as their
    model keeps them. A member enters by `register_agent`, which is all that a model needs, and knows its market by a
    weak reference: so a market that nobody asks for any more is free at once.
    """

    unique_id: int
    pos: None = None  # nobody stands anywhere

    def __init__(self, market: mesa.Model):
        self.enter(market)

    def enter(self, market: mesa.Model) -> None:
        """Become an agent of a market."""
        self.model, self.unique_id = market, len(market.agents) + 1
        market.register_agent(self)  # type: ignore[no-untyped-call]

    def copied(self) -> Self:
        """Return a copy, to enter another market."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    @property
    def model(self) -> Any:
        """The market this agent is in."""
        market = self._market()
        if market is None:
            raise ReferenceError("the market of this agent is gone: hold the market itself by a name")
        return market

    @model.setter
    def model(self, market: mesa.Model) -> None:
        self._market = weakref.ref(market)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_market"} | {"model": self.model}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
