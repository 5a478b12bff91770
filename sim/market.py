"""How a market runs: operators decide, customers live, books close; forked, it runs again with one thing changed."""

import copy
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import mesa
import numpy as np
import pandas as pd

from agents import draws
from agents.customer.relations import ENDS, PHASES, STAGES
from agents.draws import LUCK, WORLD, month_key
from agents.operator import Operator
from agents.population import ABSENT, Customers, Event, State, Traits, copy_of, operator_of
from agents.tables import Table
from agents.ties import ties_frame
from sim import building, decisions, futures, measures, opening, panel, records, relations, shocks
from sim.choice import Weighed, fill_tastes, leaving_costs, renewal_of, scratch_for, weigh
from sim.config import Scenario
from sim.customer import Customer
from sim.customer_file import CustomerFile
from sim.demand import Demand
from sim.errors import InputError
from sim.ledger import Book, check_identities, close_book, ledger_frame
from sim.month import draw_local_events, live
from sim.objects import Objects, check_customer
from sim.offers import blank_offers, copied, with_calls, write_offers
from sim.parameters import parameters_of
from sim.rules_of_game import Rules
from sim.steps.flags import ALONE, NOBODY, seen_operator
from sim.tables import CHUNK, REASONS, Month, Tally

Response = Literal["responding", "static"]


class Market(mesa.Model):  # type: ignore[misc]
    """A market of one scenario. `step()` is a month; `fork()` makes an independent copy that differs in one thing.

    Parameters
    ----------
    scenario : a validated scenario
    seed : of this world and its luck; `scenario.seed` where None
    threads : of the loop over customers; never changes a number
    block : customers a thread takes at a time, a multiple of 4,096; never changes a number
    customer : subclass of `Customer` that everybody is, where `scenario.engine` is `objects`

    """

    # What building.draw_people fills: people, what they see of each other, and what the loop adds up in.
    count: int
    file: CustomerFile | None
    file_people: np.ndarray
    traits: Table[Traits]
    state: Table[State]
    events: Table[Event]
    ties_array: np.ndarray
    seen: np.ndarray
    shown: np.ndarray
    tally: Tally
    reputation: np.ndarray
    outage: np.ndarray
    faults: np.ndarray
    courted: np.ndarray
    hazards: np.ndarray
    adopters: float
    process: np.ndarray
    breach: np.ndarray
    breach_news: np.ndarray
    trust: np.ndarray
    oracle: np.ndarray
    load: np.ndarray
    objects: Objects | None = None

    def __init__(
        self,
        scenario: Scenario,
        seed: int | None = None,
        threads: int = 1,
        block: int = 16 * CHUNK,
        customer: type[Customer] | None = None,
    ):
        if threads < 1 or block < CHUNK or block % CHUNK:
            raise InputError(f"threads must be at least 1 and block a multiple of {CHUNK} (got {threads}, {block})")
        check_customer(customer, scenario.engine)
        self.world_seed = self.luck_seed = scenario.seed if seed is None else int(seed)
        self._become_model()
        self.scenario, self.threads, self.block = scenario, threads, block
        self.month = -scenario.burn_in
        self.operator_names, self.plan_names = list(scenario.operators), list(scenario.all_plans)
        self.segment_names, self.region_names = list(scenario.customers.segments), list(scenario.regions)
        self.params = parameters_of(scenario.behaviour, scenario.customers.outside)
        self.rules: Rules = shocks.rules_in(scenario, 0)
        self.policy = "none"  # that the focal operator has taken on
        self.books: list[Book] = []
        self.last_book: Book | None = None  # also of the burn-in, whose months are not reported
        self.fees_by_month: list[tuple[int, np.ndarray]] = []
        self.panel_rows: list[dict[str, np.ndarray]] = []
        self.snapshots: list[records.Snapshot] = []
        self.relations: list[relations.Relations] = []
        self.intervened = False
        self.inverts = False
        self.operators = [Operator(name, config, self.region_names) for name, config in scenario.operators.items()]
        for operator in self.operators:
            operator.enter(self)
        self.focal_index = self.operator_names.index(scenario.focal)
        self.offers = blank_offers(scenario)
        self.appeals_open = any(plan.appeal is None for _, plan in scenario.all_plans.values())
        for number, operator in enumerate(self.operators):
            write_offers(self.offers, number, operator, self.rules)
        building.draw_people(self)
        self.mean_usage = float(self.traits.usage.mean())
        building.close_shops(self)
        opening.open_market(self, self.file, self.file_people)
        self.panel_members = panel.members(self) if scenario.panel.share > 0.0 else np.zeros(0, np.int64)
        self.record_people = records.sampled_people(self)
        if scenario.engine == "objects":
            self.objects = Objects.of(self, customer)
        building.burn_in(self)
        futures.take_on(self, scenario.policy)
        self._count()

    def _become_model(self) -> None:
        """Set up what Mesa keeps of a model: random numbers, which nothing here draws, and sets of agents.

        Mesa would wrap the `step` it finds in one that counts, both bound to this market: a circle, in which a market
        that nobody asks for any more would wait for the collector, which counts objects and not bytes. So it finds one
        that is bound to nothing, and `step` counts itself.
        """
        self.__dict__["step"] = None
        super().__init__(rng=self.world_seed)
        del self.__dict__["step"]

    def _count(self) -> None:
        """Tell Mesa how many steps were taken, and whether there are more to come."""
        self.steps, self.running = self.month, self.month < self.scenario.months

    # --- the month ---------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Live one reported month."""
        self.live_month()
        self._count()

    def run(self) -> "Market":
        """Run to the scenario's last month; return the market."""
        while self.month < self.scenario.months:
            self.step()
        return self

    def live_month(self) -> None:
        """One month, in this order.

        1. Shocks due change the world and the rules of the game.
        2. Rivals that mirror the focal operator take on its policy; operators decide, all at once, on what they saw
           last month.
        3. Networks and care centres run under last month's load.
        4. Customers live, everyone reading last month's world: usage, experience, attention, choice, accounts, second
           SIMs.
        5. The population turns over (inside the same pass: exits and arrivals are keyed, the same in all arms).
        6. Books close: identities are checked, panel and records noted, relations assessed, the view for next month
           refreshed.
        """
        self.month += 1
        shocks.shock_market(self)
        futures.mirror(self)
        self._decide()
        noted = panel.before(self) if len(self.panel_members) and self.month > 0 else None
        decisions.run_networks(self)
        own = decisions.run_service(self)
        self._live()
        self._close(own, noted)

    def _decide(self) -> None:
        """Let all operators decide on the same view, then put their offers in the shops."""
        views = decisions.views(self)
        for operator, view in zip(self.operators, views, strict=True):
            operator.decide(view)
        for number, operator in enumerate(self.operators):
            operator.invest()
            write_offers(self.offers, number, operator, self.rules)
        self.offers = with_calls(self.offers, self.operators, self.rules)

    def _live(self) -> None:
        self.tally.clear()
        month = self.this_month()
        if self.params.failure.local_outage > 0.0 or self.params.campaigns.rate > 0.0:
            draw_local_events(month, self.params)
        if self.objects is not None:
            self.objects.live(self, month)
        else:
            self._live_in_columns(month)
        self.seen, self.shown = self.shown, self.seen

    def _live_in_columns(self, month: Month) -> None:
        people = len(self.state.plan)
        fair = (
            -(-people // (4 * self.threads * CHUNK)) * CHUNK
        )  # four blocks a thread, so that none waits long for the others
        size = min(self.block, fair) if self.threads > 1 else self.block
        starts = range(0, people, size)

        def block(start: int) -> None:
            live(
                start,
                min(start + size, people),
                self.traits,
                self.state,
                self.events,
                self.ties_array,
                self.seen,
                self.shown,
                self.offers,
                month,
                self.params,
                self.tally,
                scratch_for(self.offers),
            )

        if self.threads == 1 or len(starts) == 1:
            for start in starts:
                block(start)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(block, starts))

    def _close(self, own: np.ndarray, noted: dict[str, np.ndarray] | None) -> None:
        book = close_book(self.month, self.tally, own)
        check_identities(book, self.last_book, self.intervened)
        self.intervened = False
        self.last_book = book
        self.books.append(book)
        sums = self.tally.reputation.sum(axis=0)
        np.divide(sums[:, :, 0], sums[:, :, 1], out=self.reputation, where=sums[:, :, 1] > 0.0)
        trust = self.tally.trust.sum(axis=0)
        np.divide(trust, book.line("closing"), out=self.trust, where=book.line("closing") > 0.0)
        records.note_calls(self)
        people, outside = book.people[:, :2].sum(axis=0)
        self.adopters = float(1.0 - outside / people) if people else 0.0
        self.fees_by_month.append((self.month, self.offers.plans.fee.copy()))
        if noted is not None:
            self.panel_rows.append(panel.after(self, noted))
        if self.month % records.EVERY == 0 and self.month >= -records.EVERY:
            self.snapshots = [*self.snapshots[-2:], records.snapshot(self)]
        if self.month > 0 and self.month % relations.EVERY == 0:
            self.relations.append(relations.assess(self))

    # --- what is read ------------------------------------------------------------------------------------------------

    @property
    def world_key(self) -> Any:
        """Key of draws of a lifetime."""
        return np.uint64(month_key(self.world_seed, WORLD, 0))

    @property
    def luck_key(self) -> Any:
        """Key of this month's draws."""
        return np.uint64(month_key(self.luck_seed, LUCK, self.month))

    @property
    def weight(self) -> float:
        """Real lines a simulated person stands for."""
        return self.scenario.market_size / self.count

    def this_month(self) -> Month:
        """What everybody shares this month."""
        discount = (
            (1.0 + measures.monthly_discount(self.scenario.discount_annual)) ** -self.month if self.month > 0 else 0.0
        )
        rules = self.rules
        return Month(
            self.month,
            self.world_key,
            self.luck_key,
            self.luck_seed,
            self.focal_index,
            discount,
            rules.portability,
            rules.notice,
            rules.sensitivity,
            rules.arrears,
            rules.usage,
            rules.device_news,
            float(self.offers.plans.commission_new.mean()),
            renewal_of(self.month, self.params.choice.shock_months),
            self.adopters,
            self.inverts,
            self.outage,
            self.process,
            self.breach,
            self.breach_news,
            self.trust,
            self.oracle,
            self.faults,
            self.courted,
            self.reputation,
            self.hazards,
        )

    def unit_cost(self) -> np.ndarray:
        """Marginal cost by plan at mean usage, currency per subscriber and month."""
        return np.asarray(self.offers.plans.cost + self.offers.plans.cost_per_gb * self.mean_usage)

    def people_present(self) -> float:
        """People in the market now."""
        return float((self.state.plan != ABSENT).sum())

    def subscribers(self) -> np.ndarray:
        """Subscribers by operator, counted from the people, shape (operators,)."""
        plans = self.state.plan[self.state.plan >= 0]
        return np.bincount(self.offers.plans.operator[plans], minlength=len(self.operators)).astype(float)

    @property
    def portability(self) -> float:
        """Share of hassle that porting the number takes away now."""
        return self.rules.portability

    def customers_of(self, operator: int) -> np.ndarray:
        """Row numbers of an operator's customers, int64."""
        return np.flatnonzero(operator_of(self.state.plan, self.offers.plans.operator) == operator)

    def weigh(self, people: np.ndarray, fresh: bool = False) -> Weighed:
        """What people would weigh now, choice probabilities above all; fresh: as if without operator."""
        return weigh(
            people,
            self.traits,
            self.state,
            self.offers,
            self.this_month(),
            self.params,
            self.ties_array,
            self.seen,
            fresh,
        )

    def refresh_tastes(self, people: np.ndarray) -> None:
        """Note the tastes of people for the operator they are with, lasting and held."""
        fill_tastes(people.astype(np.int64), self.traits, self.state, self.offers, self.this_month(), self.params)

    def refresh_view(self) -> None:
        """Rebuild what ties see, reputation and the share of adopters from the state."""
        self.seen[:] = ALONE
        count, total = np.zeros(self.reputation.size, np.int64), np.zeros(self.reputation.size)
        for ids in draws.batches(len(self.state)):
            on = ids[self.state.plan[ids] >= 0]
            operator, satisfaction = self.offers.plans.operator[self.state.plan[on]], self.state.satisfaction[on]
            self.seen[on] = seen_operator(operator, NOBODY, satisfaction)
            cell = self.traits.region[on].astype(np.int64) * len(self.operators) + operator
            count += np.bincount(cell, minlength=len(count))
            total += np.bincount(cell, weights=satisfaction, minlength=len(total))
        np.divide(total, count, out=self.reputation.reshape(-1), where=count > 0)
        self.adopters = float(count.sum()) / max(self.people_present(), 1.0)

    @property
    def kpis(self) -> pd.DataFrame:
        """Month, operator, and the measures of measures.KPIS."""
        return measures.kpis_frame(self.books, self.operator_names, self.scenario.discount_annual)

    @property
    def overview(self) -> pd.DataFrame:
        """Month, and the measures of the whole market."""
        return measures.overview_frame(self.books, self.operator_names)

    @property
    def ledger(self) -> pd.DataFrame:
        """Month, operator, money lines."""
        return ledger_frame(self.books, self.operator_names)

    @property
    def ports(self) -> pd.DataFrame:
        """Month, from, to, count; `outside` both ways."""
        return measures.ports_frame(self.books, self.operator_names)

    @property
    def exit_reasons(self) -> pd.DataFrame:
        """Why customers left: month, operator, key, value."""
        frame = measures.long_frame(self.books, self.operator_names, "reasons", REASONS)
        return pd.DataFrame(frame[frame["key"] != "none"].reset_index(drop=True))

    @property
    def lifecycle(self) -> pd.DataFrame:
        """Customers by stage of the relation (Dwyer, Schurr & Oh 1987): month, operator, key, value."""
        return measures.long_frame(self.books, self.operator_names, "stages", STAGES)

    @property
    def ended_relations(self) -> pd.DataFrame:
        """Relations ended, by how far they had come: month, operator, key, value."""
        return measures.long_frame(self.books, self.operator_names, "ends", ENDS)

    @property
    def loyalty_phase(self) -> pd.DataFrame:
        """Customers by phase of loyalty (Oliver 1999): month, operator, key, value."""
        return measures.long_frame(self.books, self.operator_names, "phases", PHASES)

    @property
    def loyalty_type(self) -> pd.DataFrame:
        """People by type of loyalty (Dick & Basu 1994), quarterly, from a sample: month, operator, key, value (share of
        the operator's customers; latent: of all people).
        """
        return relations.types_frame(self.relations, self.operator_names)

    @property
    def quadrant(self) -> pd.DataFrame:
        """Customers by who gains from the relation, quarterly, from a sample: month, operator, key, value (share of the
        operator's customers).
        """
        return relations.quadrants_frame(self.relations, self.operator_names)

    @property
    def long_tables(self) -> pd.DataFrame:
        """Exit reasons, lifecycle, ended relations, phases and types of loyalty and quadrants in one: table, month,
        operator, key, value.
        """
        names = ("exit_reasons", "lifecycle", "ended_relations", "loyalty_phase", "loyalty_type", "quadrant")
        whole = pd.concat([getattr(self, name).assign(table=name) for name in names], ignore_index=True)
        return pd.DataFrame(whole, columns=["table", "month", "operator", "key", "value"])

    @property
    def plans(self) -> pd.DataFrame:
        """Closing customers by plan and brand: month, operator, brand, plan, subscribers."""
        return measures.plans_frame(self.books, self.scenario.all_plans)

    @property
    def retention(self) -> pd.DataFrame:
        """Kaplan-Meier retention by tenure, by operator, over the reported months."""
        return measures.retention_frame(self.books, self.operator_names)

    @property
    def prices(self) -> pd.DataFrame:
        """Month, operator, plan, fee as customers of that month met them; month 0 is the start."""
        owners = [operator for operator, _ in self.scenario.all_plans.values()]
        frames = [
            pd.DataFrame({"month": month, "operator": owners, "plan": self.plan_names, "fee": fees})
            for month, fees in self.fees_by_month
        ]
        return pd.concat(frames, ignore_index=True)

    @property
    def panel(self) -> pd.DataFrame:
        """What an analyst has: sampled customers by month."""
        return panel.panel_frame(self, self.panel_rows)

    @property
    def customers(self) -> Customers:
        """Everybody's columns."""
        labels = {
            "operator": self.operator_names,
            "plan": self.plan_names,
            "segment": self.segment_names,
            "region": self.region_names,
        }
        return Customers(self.traits, self.state, labels, self.offers.plans.operator, self.leaving_costs)

    def leaving_costs(self, people: np.ndarray | None = None) -> np.ndarray:
        """What leaving costs people (everybody where None) now, currency, shape (people, 5): in all, of it effort,
        termination fee, device debt, bundle.
        """
        ids = np.arange(len(self.state.plan), dtype=np.int64) if people is None else people.astype(np.int64)
        out = np.zeros((len(ids), 5))
        leaving_costs(ids, self.traits, self.state, self.offers, self.this_month(), self.params, out)
        return out

    @property
    def ties(self) -> pd.DataFrame:
        """Customer, friend, kind."""
        return ties_frame(self.ties_array, self.traits, self.world_seed, self.scenario.behaviour.ties.household)

    @property
    def demand(self) -> Demand:
        """Demand of attentive customers in their present state."""
        return Demand(self)

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
        response : "static" makes rivals hold prices and service from here on
        mute : people whom none of their ties sees or hears from here on
        customer : subclass of `Customer` that everybody is from here on, whatever the engine was

        """
        twin: Market = copy.copy(self)
        twin._become_model()
        twin._count()
        twin.operators = [operator.copied() for operator in self.operators]
        for operator in twin.operators:
            operator.enter(twin)
        twin.state, twin.seen, twin.shown = copy_of(self.state), self.seen.copy(), self.shown.copy()
        twin.events = copy_of(self.events)
        twin.offers = copied(self.offers)
        twin.reputation, twin.outage, twin.faults, twin.courted = (
            self.reputation.copy(),
            self.outage.copy(),
            self.faults.copy(),
            self.courted.copy(),
        )
        twin.process, twin.breach, twin.breach_news, twin.trust = (
            self.process.copy(),
            self.breach.copy(),
            self.breach_news.copy(),
            self.trust.copy(),
        )
        twin.oracle, twin.load = self.oracle.copy(), self.load.copy()
        twin.tally = type(self.tally)(*(column.copy() for column in self.tally))
        twin.books, twin.fees_by_month, twin.panel_rows, twin.snapshots = (
            list(self.books),
            list(self.fees_by_month),
            list(self.panel_rows),
            list(self.snapshots),
        )
        twin.relations = list(self.relations)
        if customer is not None:
            check_customer(customer, "objects")
            twin.scenario = self.scenario.model_copy(update={"engine": "objects"})
            twin.objects = Objects.of(twin, customer)
        elif self.objects is not None:
            twin.objects = self.objects.copied(twin)
        if seed is not None:
            twin.luck_seed = int(seed)
        if response == "static":
            for operator in twin.operators:
                if operator.name != self.scenario.focal:
                    operator.hold()
        if policy is not None:
            futures.take_on(twin, policy)
        futures.intervene(twin, set_operator or {}, contact, mute)
        return twin

    def release(self) -> None:
        """Do nothing: a market is free with the last name for it. Kept for programs from when it was not."""
