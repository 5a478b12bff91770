"""How a market runs: operators decide, customers live, books close; forked, it runs again with one thing changed."""

import copy
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Literal

import mesa
import numpy as np
import pandas as pd

from agents.operator import Operator
from agents.population import Customers, State, Traits
from agents.tables import Table
from agents.ties import ties_frame
from sim.analysis.demand import Demand
from sim.analysis.weighing import leaving_costs
from sim.books.books import Books, Tables
from sim.books.collector import Collector
from sim.config import Scenario
from sim.config.values import with_values
from sim.errors import InputError
from sim.files.customer_file import read_customers
from sim.month import futures
from sim.month.schedule import Loop, live_month
from sim.objects.customer import Customer
from sim.objects.engine import check_customer, share
from sim.start import building
from sim.world.parameters import Parameters
from sim.world.tables import CHUNK, Offers

Response = Literal["responding", "static", "copying"]
# imported by name when asked for: a market knows nothing of figures, screens and studies
NOTEBOOK, WAITING, UNITS = "sim.report.notebook", "sim.waiting", "sim.experiments.units"


class Market(Tables, mesa.Model):
    """A market of one scenario. `step()` is a month; `fork()` makes an independent copy that differs in one thing.

    `scenario` is what was asked for, `world` all that the next month needs, `books` what readers are told.

    Parameters
    ----------
    scenario : a validated scenario
    seed : of this world and its luck; `scenario.seed` where None
    threads : of the loop over customers; never changes a number
    block : customers a thread takes at a time, a multiple of 4,096; never changes a number
    customer : subclass of `Customer` that everybody is, where `scenario.engine` is `objects`
    policy : the focal operator takes it on in month 1, in place of `scenario.policy` (a name among `scenario.policies`)
    values : keys of the scenario that differ, e.g. ``**{"customers.count": 500}``; so `mesa.batch_run` can vary them

    """

    _collector: mesa.DataCollector | None = None

    def __init__(
        self,
        scenario: Scenario,
        seed: int | None = None,
        threads: int = 1,
        block: int = 16 * CHUNK,
        customer: type[Customer] | None = None,
        policy: str | None = None,
        **values: Any,
    ):
        if not isinstance(scenario, Scenario):
            raise InputError(
                f"scenario: must be what load_scenario returns (got {type(scenario).__name__}); mesa.batch_run takes it"
                " in a list, {'scenario': [scenario]}"
            )
        scenario = with_values(scenario, values)
        policy = scenario.policy if policy is None else policy
        futures.named_policy(scenario, policy)  # a wrong name is told before the burn-in
        if threads < 1 or block < CHUNK or block % CHUNK:
            raise InputError(f"threads must be at least 1 and block a multiple of {CHUNK} (got {threads}, {block})")
        check_customer(customer, scenario.engine)
        import_module(WAITING).announce_compilation()
        self.loop, self.file = Loop(threads, block), read_customers(scenario)
        self.scenario = building.with_people_of(scenario, self.file)
        self.world = building.open_world(self.scenario, scenario.seed if seed is None else int(seed), self.file)
        self._become_model()
        if scenario.engine == "objects":
            self._make_objects(customer or Customer)
        building.burn_in(self.scenario, self.world, self.loop)
        self.books = Books.opened(self.scenario, self.world)
        futures.take_on(self.scenario, self.world, policy)

    # --- as a Mesa model ---------------------------------------------------------------------------------------------

    def _become_model(self) -> None:
        """Set up what Mesa keeps of a model: random numbers, which nothing here draws, and sets of agents.

        Mesa would wrap the `step` it finds in one that counts, both bound to this market: a circle, in which a market
        that nobody asks for any more would wait for the collector, which counts objects and not bytes. So it finds one
        that is bound to nothing, and `step` counts itself.
        """
        self.__dict__["step"] = None
        mesa.Model.__init__(self, rng=self.world.world_seed)
        del self.__dict__["step"]
        for agent in (*self.world.operators, *self.world.people):
            agent.enter(self)
        self._count()

    def _make_objects(self, kind: type[Customer]) -> None:
        """Make an object of everybody."""
        self.world.people = [kind(self, number) for number in range(len(self.world.state))]
        share(self.world, self.world.this_month())

    @property
    def datacollector(self) -> mesa.DataCollector:
        """Mesa's collector, filled from the books when it is read; a subclass may set one of its own."""
        if self._collector is None:
            self._collector = Collector(self.books)
        if isinstance(self._collector, Collector):
            self._collector.collect()
        return self._collector

    @datacollector.setter
    def datacollector(self, collector: mesa.DataCollector) -> None:
        self._collector = collector

    def _count(self) -> None:
        """Tell Mesa how many steps were taken, and whether there are more to come."""
        self.steps = max(self.month, 0)
        self.running = self.month < self.scenario.months

    # --- the month ---------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Live one reported month: see `live_month` in sim/month/schedule.py."""
        live_month(self.scenario, self.world, self.books, self.loop)
        self._count()

    def run(self, progress: Callable[[int, int], None] | bool | None = None) -> "Market":
        """Run to the scenario's last month; return the market.

        Parameters
        ----------
        progress : called with (months lived, all); False for no bar, which else is shown on a terminal and in a
            notebook

        """
        with import_module(WAITING).progress(f"{self.scenario.name}: months", progress) as advance:
            while self.month < self.scenario.months:
                self.step()
                advance(self.month, self.scenario.months)
        return self

    # --- in a notebook -----------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return str(import_module(NOTEBOOK).line_of_market(self))

    def _repr_html_(self) -> str:
        return str(import_module(NOTEBOOK).html_of_market(self))

    def plot(self, measure: str = "market_share") -> Any:
        """Draw how a measure of `kpis` or `overview` develops, a line an operator; a matplotlib Figure."""
        return import_module(NOTEBOOK).plot_course(self, measure)

    # --- what is read ------------------------------------------------------------------------------------------------

    def _with_units(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with the units of its columns in `attrs`, as it is read back from a results folder."""
        told: pd.DataFrame = import_module(UNITS).with_units(table, self.scenario.currency, self.weight)
        return told

    @property
    def month(self) -> int:
        """Month lived last; 0 at the start."""
        return self.world.month

    @property
    def operators(self) -> list[Operator]:
        """The operators, in the order of their codes."""
        return self.world.operators

    @property
    def focal_index(self) -> int:
        """Code of the focal operator."""
        return self.world.focal

    @property
    def policy(self) -> str:
        """Name of the policy that the focal operator has taken on."""
        return self.world.policy

    @property
    def count(self) -> int:
        """People present at the start."""
        return self.scenario.customers.count

    @property
    def weight(self) -> float:
        """Real lines a simulated person stands for."""
        return self.scenario.market_size / self.count

    @property
    def portability(self) -> float:
        """Share of hassle that porting the number takes away now."""
        return self.world.rules.portability

    @property
    def state(self) -> Table[State]:
        """What the next month needs of everybody, one row a person."""
        return self.world.state

    @property
    def traits(self) -> Table[Traits]:
        """What never changes of everybody, one row a person."""
        return self.world.traits

    @property
    def offers(self) -> Offers:
        """What operators offer."""
        return self.world.offers

    @property
    def params(self) -> Parameters:
        """Every number of `behaviour`, as the loop over customers reads it."""
        return self.world.params

    @property
    def customers(self) -> Customers:
        """Everybody's columns."""
        labels = {
            "operator": self.operator_names,
            "plan": self.plan_names,
            "segment": self.segment_names,
            "region": self.region_names,
        }
        world = self.world
        return Customers(world.traits, world.state, labels, world.offers.plans.operator, lambda: leaving_costs(world))

    @property
    def ties(self) -> pd.DataFrame:
        """Customer, friend, kind."""
        world = self.world
        return ties_frame(world.ties, world.traits, world.world_seed, self.scenario.behaviour.ties.household)

    @property
    def demand(self) -> Demand:
        """Demand of attentive customers in their present state."""
        return Demand(self.scenario, self.world)

    def people_present(self) -> float:
        """People in the market now."""
        return self.world.people_present()

    def customers_of(self, operator: int) -> np.ndarray:
        """Row numbers of an operator's customers, int64."""
        return self.world.customers_of(operator)

    # --- futures -----------------------------------------------------------------------------------------------------

    def fork(
        self,
        policy: str | None = None,
        seed: int | None = None,
        set_operator: Mapping[int, str] | None = None,
        contact: Sequence[int] = (),
        response: Response = "responding",
        mute: Sequence[int] = (),
        customer: type[Customer] | None = None,
    ) -> "Market":
        """Return an independent copy from here on, which shares every draw with this one.

        Parameters
        ----------
        policy : the focal operator takes it on (a name among `scenario.policies`; `a+b` runs two)
        seed : new luck, the same people
        set_operator : people moved by hand, number -> operator or "outside"
        contact : people the operator calls next month
        response : "static" makes rivals hold prices and service from here on; under "copying" they respond, and take
            the focal operator's policy on after the scenario's `copy_after` months
        mute : people whom none of their ties sees or hears from here on
        customer : subclass of `Customer` that everybody is from here on, whatever the engine was

        """
        twin: Market = copy.copy(self)
        twin.world, twin.books, twin._collector = self.world.fork(), self.books.fork(), None
        if seed is not None:
            twin.world.luck_seed = int(seed)
        if customer is not None:
            check_customer(customer, "objects")
            twin.scenario, twin.world.people = self.scenario.model_copy(update={"engine": "objects"}), []
        twin._become_model()
        if customer is not None:
            twin._make_objects(customer)
        elif twin.world.people:
            share(twin.world, twin.world.this_month())
        if response == "static":
            for operator in twin.operators:
                if operator.name != self.scenario.focal:
                    operator.hold()
        if policy is not None:
            futures.take_on(twin.scenario, twin.world, policy)
        if response == "copying":
            futures.let_copy(twin.scenario, twin.world)
        futures.intervene(twin.world, set_operator or {}, contact, mute)
        return twin

    def release(self) -> None:
        """Do nothing: a market is free with the last name for it. Kept for programs from when it was not."""
