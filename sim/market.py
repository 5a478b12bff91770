"""How a market runs: operators decide, customers live, books close; forked, it runs again with one thing changed."""

import copy
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal

import mesa
import numpy as np
import pandas as pd

from agents import draws
from agents.draws import LUCK, WORLD, month_key, uniform
from agents.operator import Operator
from agents.population import ABSENT, LONG_AGO, OUTSIDE, Customers, Recipe, blank_events, blank_state, synthesise
from agents.strategies.contract import PlanView, View
from agents.ties import make_ties, ties_frame
from sim import measures, opening, panel, records
from sim.choice import fill_leanings, fill_tastes, leaving_costs, scratch_for, weigh
from sim.config import TRAITS, Outage, Policy, Portability, PriceChange, Scenario
from sim.customer_file import read_customers
from sim.demand import Demand
from sim.errors import InputError, nearest
from sim.ledger import Book, check_identities, close_book, ledger_frame, money
from sim.loading import combine
from sim.month import CALL_NOW, NOBODY, draw_local_events, live
from sim.offers import blank_offers, with_calls, write_offers
from sim.tables import CHUNK, World, blank_tally, parameters_of

Response = Literal["responding", "static"]
NEWCOMERS = 1.15  # rows kept for arrivals, over the expected number


class Market(mesa.Model):  # type: ignore[misc]
    """A market of one scenario. `step()` is a month; `fork()` makes an independent copy that differs in one thing.

    Parameters
    ----------
    scenario : a validated scenario
    seed : of this world and its luck; `scenario.seed` where None
    threads : of the loop over customers; never changes a number
    block : customers a thread takes at a time, a multiple of 4,096; never changes a number

    """

    def __init__(self, scenario: Scenario, seed: int | None = None, threads: int = 1, block: int = 16 * CHUNK):
        if threads < 1 or block < CHUNK or block % CHUNK:
            raise InputError(f"threads must be at least 1 and block a multiple of {CHUNK} (got {threads}, {block})")
        self.world_seed = self.luck_seed = scenario.seed if seed is None else int(seed)
        super().__init__(rng=self.world_seed)
        self.scenario, self.threads, self.block = scenario, threads, block
        self.month = -scenario.burn_in
        self.operator_names, self.plan_names = list(scenario.operators), list(scenario.all_plans)
        self.segment_names, self.region_names = list(scenario.customers.segments), list(scenario.regions)
        self.params = parameters_of(scenario.behaviour, scenario.customers.outside)
        self.portability = scenario.behaviour.switching_cost.portability
        self.books: list[Book] = []
        self.fees_by_month: list[tuple[int, np.ndarray]] = []
        self.panel_rows: list[dict[str, np.ndarray]] = []
        self.snapshots: list[records.Snapshot] = []
        self.intervened = False
        self.inverts = False
        self.operators = [Operator(self, name, config, self.region_names) for name, config in scenario.operators.items()]
        self._focal_index = self.operator_names.index(scenario.focal)
        self._people()
        self.appeals_open = any(plan.appeal is None for _, plan in scenario.all_plans.values())
        self.offers = blank_offers(scenario)
        for number, operator in enumerate(self.operators):
            write_offers(self.offers, number, operator)
        opening.open_market(self, self.file, self.file_people)
        self.panel_members = panel.members(self) if scenario.panel.share > 0.0 else np.zeros(0, np.int64)
        self.record_people = records.sampled_people(self)
        self._burn_in()
        self.operators[self._focal_index].adopt(self._policy(scenario.policy))

    # --- building ----------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        """Draw people, ties and empty state; take in the customer file where there is one."""
        scenario, customers, params = self.scenario, self.scenario.customers, self.params
        self.file = read_customers(scenario)
        count = customers.count
        if self.file is not None:
            if scenario.burn_in:
                raise InputError(f"burn_in: must be 0 with a customer file (got {scenario.burn_in}): its people are as the file says at month 0, a burn-in would replace them")
            share = scenario.operators[scenario.focal].start_share
            if share <= 0.0:
                raise InputError(f"operators.{scenario.focal}.start_share: must be above 0 for a customer file")
            count = max(round(self.file.rows / share), self.file.rows)
        self.count = count
        months = scenario.burn_in + scenario.months
        newcomers = int(np.ceil(count * params.turnover_exit * months * NEWCOMERS)) if params.turnover_exit > 0.0 else 0
        arriving = int(round(newcomers / NEWCOMERS))
        people = count + arriving
        segments = list(customers.segments.values())
        recipe = Recipe(
            seed=self.world_seed, people=people, present=count, months=months, first_month=1 - scenario.burn_in, shares=[segment.share for segment in segments],
            distributions=[{trait: getattr(segment, trait) for trait in TRAITS} for segment in segments], traits=TRAITS, correlations=customers.correlations,
            trait_homophily=customers.trait_homophily, segment_homophily=customers.segment_homophily, regions=list(scenario.regions.values()),
            community=int(params.ties_community), account_sizes=[segment.account_size for segment in segments], mean_hassle=params.switching_cost_hassle,
            prepaid_taste_sd=params.choice_prepaid_taste_sd, hazard=scenario.behaviour.churn_hazard,
        )  # fmt: skip
        communities, size = (people - 1) // recipe.community + 1, len(self.operators)
        self._faults, self._courted = np.zeros(communities, np.uint16), np.zeros(communities, np.uint16)
        self._tally = blank_tally(people, len(segments), size, len(self.region_names), len(self.plan_names))
        self.reputation = np.full((len(self.region_names), size), 0.72)
        self._outage = np.ones((len(self.region_names), size))
        hazard = scenario.behaviour.churn_hazard
        self._hazards = np.array(hazard.hazards if hazard is not None and hazard.distribution == "by_tenure" else [0.0])
        self.adopters = 0.0
        self.file_people = self._people_of_file(recipe)
        self.traits = synthesise(recipe, self._given())
        ties = scenario.behaviour.ties
        inside, outside = (ties.inside, ties.outside) if params.has_ties else (0, 0)
        self.ties_array = make_ties(self.traits, self.world_seed, inside, outside, ties.community, ties.rewire, ties.region_homophily)
        self.state, self.events = blank_state(people), blank_events(people)
        self.seen, self._shown = np.full(people, NOBODY | (NOBODY << 8), np.uint32), np.zeros(people, np.uint32)

    def _people_of_file(self, recipe: Recipe) -> np.ndarray:
        """Choose who gets the file's rows: those who lean most to the focal operator, as its customers do."""
        if self.file is None:
            return np.zeros(0, np.int64)
        blank = synthesise(recipe, None)
        leaning, operators = np.empty(recipe.present), self.scenario.operators.values()
        weights = np.log([max(operator.start_share, 1e-6) for operator in operators])
        fill_leanings(self._focal_index, weights, blank, self.world(), self.params, leaning)
        return np.sort(np.argsort(-leaning, kind="stable")[: self.file.rows]).astype(np.int64)

    def _given(self) -> dict[str, np.ndarray] | None:
        """Codes of segment and region from the customer file."""
        if self.file is None:
            return None
        given: dict[str, np.ndarray] = {"rows": self.file_people}
        for name, names in (("segment", self.segment_names), ("region", self.region_names)):
            if name in self.file.fields:
                given[name] = np.array([names.index(value) for value in self.file.fields[name]], dtype=np.uint8)
        return given

    def _burn_in(self) -> None:
        """Run the months before the first; balance appeals with flows where the scenario leaves them open."""
        burn_in = self.scenario.burn_in
        if self.appeals_open:
            if burn_in >= opening.LEAST:
                self._run_balancing(burn_in)
            else:
                scratch = self.fork()
                scratch.month = -opening.LEAST
                scratch._run_balancing(opening.LEAST)
                self.offers.appeal[:] = scratch.offers.appeal
                opening.shift_satisfaction(self, scratch.reputation)
                scratch.release()
                for _ in range(burn_in):
                    self._live_month()
        else:
            for _ in range(burn_in):
                self._live_month()
        self.month = 0
        self.books.clear()
        self.panel_rows.clear()
        self.fees_by_month = [(0, self.offers.fee.copy())]
        self.state.paid[:] = 0.0

    def _run_balancing(self, months: int) -> None:
        sums, self.inverts = np.zeros((len(self.plan_names), 4)), True
        for number in range(1, months + 1):
            self._live_month()
            sums += self._tally.inflow.sum(axis=0)
            if number % opening.EVERY == 0:
                opening.balance_flows(self, sums)
                sums[:] = 0.0
        self.inverts = False

    # --- the month ---------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Live one reported month."""
        self._live_month()

    def run(self) -> "Market":
        """Run to the scenario's last month; return the market."""
        while self.month < self.scenario.months:
            self.step()
        return self

    def _live_month(self) -> None:
        """One month, in this order.

        1. Shocks due change the world.
        2. Operators decide, all at once, on what they saw last month.
        3. Customers live, everyone reading last month's world.
        4. The population turns over (inside the same pass: exits and arrivals are keyed, the same in all arms).
        5. Books close: identities are checked, panel and records noted, the view for next month refreshed.
        """
        self.month += 1
        self._shock()
        self._decide()
        noted = panel.before(self) if len(self.panel_members) and self.month > 0 else None
        own = self._run_service()
        self._live()
        self._close(own, noted)

    def _shock(self) -> None:
        self._outage[:] = 1.0
        factor = self.params.failure_region_factor
        if self.params.failure_region_outage > 0.0:
            for region in range(len(self.region_names)):
                for number in range(len(self.operators)):
                    if uniform(self.luck_key, draws.REGION_OUTAGE, region, number) < self.params.failure_region_outage:
                        self._outage[region, number] = factor
        if self.month < 1:
            return
        for shock in self.scenario.shocks.values():
            if isinstance(shock, Portability) and self.month == shock.month:
                self.portability = shock.portability
            elif isinstance(shock, PriceChange):
                operator = self.operators[self.operator_names.index(shock.operator)]
                if self.month == shock.month:
                    operator.fees = {plan: fee * (1.0 + shock.change) for plan, fee in operator.fees.items()}
                elif self.month == shock.month + shock.months:
                    operator.fees = {plan: fee / (1.0 + shock.change) for plan, fee in operator.fees.items()}
            elif isinstance(shock, Outage) and shock.month <= self.month < shock.month + shock.months:
                regions = slice(None) if shock.region is None else self.region_names.index(shock.region)
                self._outage[regions, self.operator_names.index(shock.operator)] = shock.factor

    def _decide(self) -> None:
        """Let all operators decide on the same view, then put their offers in the shops."""
        views = self._views()
        for operator, view in zip(self.operators, views, strict=True):
            operator.decide(view)
        for number, operator in enumerate(self.operators):
            operator.invest()
            write_offers(self.offers, number, operator)
        self.offers = with_calls(self.offers, self.operators)

    def _views(self) -> list[View]:
        book = self.books[-1] if self.books else None
        start_fees = {plan: fee for operator in self.operators for plan, fee in operator.start_fees.items()}
        plans = {
            plan: PlanView(operator.name, fee, start_fees[plan], float(self.offers.allowance[self.plan_names.index(plan)]), bool(self.offers.prepaid[self.plan_names.index(plan)]))
            for operator in self.operators for plan, fee in operator.fees.items()
        }  # fmt: skip
        subscribers = book.line("closing") if book else self._subscribers()
        total = max(float(subscribers.sum()), 1.0)
        shares = {name: float(count) / total for name, count in zip(self.operator_names, subscribers, strict=True)}
        unit_cost = self.unit_cost()
        mean_fee = [float(np.mean(list(operator.fees.values()))) for operator in self.operators]
        views = []
        for number, operator in enumerate(self.operators):
            own = {plan: float(unit_cost[p]) for p, plan in enumerate(self.plan_names) if self.offers.operator[p] == number}
            operator.history = (*operator.history, _history_row(number, mean_fee, float(subscribers[number])))
            views.append(View(
                month=self.month, name=operator.name, plans=plans, unit_cost=own, shares=shares, ledger=partial(self._own_ledger, number), history=operator.history,
                records=partial(records.records_of, self, number), everyone_chooses=self.scenario.everyone_chooses,
                exact_reply=partial(self.demand.best_reply, number),
            ))  # fmt: skip
        return views

    def _own_ledger(self, number: int) -> dict[str, float]:
        """An operator's books of last month; empty before the first."""
        if not self.books:
            return {}
        book = self.books[-1]
        return {name: float(value[number]) for name, value in money(book.lines.sum(axis=0), book.own).items()}

    def _run_service(self) -> np.ndarray:
        """Run the care centres at market size; return what only operators know this month, shape (operators, OWN)."""
        own = np.zeros((len(self.operators), 6))
        book = self.books[-1] if self.books else None
        subscribers = book.line("closing") if book else self._subscribers()
        complaints = book.line("complaints") if book else np.zeros(len(self.operators))
        revenue = book.line("fees") + book.line("overage") if book else np.zeros(len(self.operators))
        for number, operator in enumerate(self.operators):
            cost = operator.staff(subscribers[number] * self.weight, complaints[number] * self.weight, revenue[number] * self.weight)
            self.offers.care[number], self.offers.resolved[number] = operator.care_quality, operator.resolved
            own[number] = (
                cost / self.weight, operator.config.advertising_share, operator.config.overhead_share, operator.capex_share, operator.wait, self.offers.points_value[number],
            )  # fmt: skip
        return own

    def _live(self) -> None:
        self._tally.clear()
        world = self.world()
        if self.params.failure_local_outage > 0.0 or self.params.campaigns_rate > 0.0:
            draw_local_events(world, self.params)
        people = len(self.state.plan)
        starts = range(0, people, self.block)

        def block(start: int) -> None:
            live(
                start, min(start + self.block, people), self.traits, self.state, self.events, self.ties_array, self.seen, self._shown, self.offers, world, self.params,
                self._tally, scratch_for(self.offers),
            )  # fmt: skip

        if self.threads == 1 or len(starts) == 1:
            for start in starts:
                block(start)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(block, starts))
        self.seen, self._shown = self._shown, self.seen

    def _close(self, own: np.ndarray, noted: dict[str, np.ndarray] | None) -> None:
        book = close_book(self.month, self._tally, own)
        check_identities(book, self.books[-1] if self.books else None, self.intervened)
        self.intervened = False
        self.books.append(book)
        sums = self._tally.reputation.sum(axis=0)
        np.divide(sums[:, :, 0], sums[:, :, 1], out=self.reputation, where=sums[:, :, 1] > 0.0)
        people, outside = book.people[:, :2].sum(axis=0)
        self.adopters = float(1.0 - outside / people) if people else 0.0
        self.fees_by_month.append((self.month, self.offers.fee.copy()))
        if noted is not None:
            self.panel_rows.append(panel.after(self, noted))
        if self.month % records.EVERY == 0 and self.month >= -records.EVERY:
            self.snapshots = [*self.snapshots[-2:], records.snapshot(self)]

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

    def world(self) -> World:
        """What everybody shares this month."""
        discount = (1.0 + measures.monthly_discount(self.scenario.discount_annual)) ** -self.month if self.month > 0 else 0.0
        return World(
            self.month, self.world_key, self.luck_key, self.luck_seed, self._focal_index, discount, self.portability, self.adopters, self.inverts, self._outage, self._faults,
            self._courted, self.reputation, self._hazards,
        )  # fmt: skip

    def unit_cost(self) -> np.ndarray:
        """Marginal cost by plan at mean usage, currency per subscriber and month."""
        return np.asarray(self.offers.cost + self.offers.cost_per_gb * float(self.traits.usage.mean()))

    def people_present(self) -> float:
        """People in the market now."""
        return float((self.state.plan != ABSENT).sum())

    def _subscribers(self) -> np.ndarray:
        plans = self.state.plan[self.state.plan >= 0]
        return np.bincount(self.offers.operator[plans], minlength=len(self.operators)).astype(float)

    def weigh(self, people: np.ndarray, fresh: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Choice probabilities (people, plans + 1), outside last, and log-sums of people now; fresh: as if without operator."""
        return weigh(people, self.traits, self.state, self.offers, self.world(), self.params, self.ties_array, self.seen, fresh)

    def refresh_tastes(self, people: np.ndarray) -> None:
        """Note the lasting taste of people for the operator they are with."""
        fill_tastes(people.astype(np.int64), self.traits, self.state, self.offers, self.world(), self.params)

    def refresh_view(self) -> None:
        """Rebuild what ties see, reputation and the share of adopters from the state."""
        on = np.flatnonzero(self.state.plan >= 0)
        operator = self.offers.operator[self.state.plan[on]]
        self.seen[:] = NOBODY | (NOBODY << 8)
        self.seen[on] = operator | (NOBODY << 8) | ((255.0 * self.state.satisfaction[on] + 0.5).astype(np.uint32) << 16)
        size = len(self.operators)
        cell = self.traits.region[on].astype(np.int64) * size + operator
        count = np.bincount(cell, minlength=self.reputation.size).reshape(self.reputation.shape)
        total = np.bincount(cell, weights=self.state.satisfaction[on], minlength=self.reputation.size).reshape(self.reputation.shape)
        np.divide(total, count, out=self.reputation, where=count > 0)
        self.adopters = len(on) / max(self.people_present(), 1.0)

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
        """Month, operator, key, value."""
        return measures.reasons_frame(self.books, self.operator_names)

    @property
    def retention(self) -> pd.DataFrame:
        """Kaplan-Meier retention by tenure, by operator, over the reported months."""
        return measures.retention_frame(self.books, self.operator_names)

    @property
    def prices(self) -> pd.DataFrame:
        """Month, operator, plan, fee as customers of that month met them; month 0 is the start."""
        owners = [operator for operator, _ in self.scenario.all_plans.values()]
        frames = [pd.DataFrame({"month": month, "operator": owners, "plan": self.plan_names, "fee": fees}) for month, fees in self.fees_by_month]
        return pd.concat(frames, ignore_index=True)

    @property
    def panel(self) -> pd.DataFrame:
        """What an analyst has: sampled customers by month."""
        return panel.panel_frame(self, self.panel_rows)

    @property
    def customers(self) -> Customers:
        """Everybody's columns."""
        labels = {"operator": self.operator_names, "plan": self.plan_names, "segment": self.segment_names, "region": self.region_names}
        return Customers(self.traits, self.state, labels, self.offers.operator, self._leaving_costs)

    def _leaving_costs(self) -> np.ndarray:
        out = np.zeros((len(self.state.plan), 3))
        leaving_costs(self.traits, self.state, self.offers, self.world(), self.params, out)
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
        self, policy: str | None = None, seed: int | None = None, set_operator: Mapping[int, str] | None = None, contact: Sequence[int] = (), response: Response = "responding"
    ) -> "Market":
        """Return an independent copy from here on, which shares every draw with this one.

        Parameters
        ----------
        policy : the focal operator takes it on (a name among `scenario.policies`; `a+b` runs two)
        seed : new luck, the same people
        set_operator : people moved by hand, number -> operator or "outside"
        contact : people the operator calls next month
        response : "static" makes rivals hold prices and service from here on

        """
        twin: Market = copy.copy(self)
        twin.__dict__.pop("step", None)  # Mesa wraps the bound method; the copy needs its own
        mesa.Model.__init__(twin, rng=self.world_seed)
        twin.scenario, twin.operators = self.scenario, [operator.copied(twin) for operator in self.operators]
        twin.state, twin.seen, twin._shown = self.state.copied(), self.seen.copy(), self._shown.copy()
        twin.events = type(self.events)(*(column.copy() for column in self.events))
        twin.offers = type(self.offers)(*(column.copy() for column in self.offers))
        twin.reputation, twin._outage, twin._faults, twin._courted = self.reputation.copy(), self._outage.copy(), self._faults.copy(), self._courted.copy()
        twin._tally = type(self._tally)(*(column.copy() for column in self._tally))
        twin.books, twin.fees_by_month, twin.panel_rows, twin.snapshots = list(self.books), list(self.fees_by_month), list(self.panel_rows), list(self.snapshots)
        if seed is not None:
            twin.luck_seed = int(seed)
        if response == "static":
            for operator in twin.operators:
                if operator.name != self.scenario.focal:
                    operator.hold()
        if policy is not None:
            twin.operators[self._focal_index].adopt(self._policy(policy))
        twin._intervene(set_operator or {}, contact)
        return twin

    def release(self) -> None:
        """Let go of what Mesa keeps of every model, so that many markets can be made in one process."""
        ids = getattr(mesa.Agent, "_ids", None)
        if ids is not None:
            ids.pop(self, None)
        self.remove_all_agents()

    def _policy(self, name: str) -> Policy:
        parts = []
        for part in name.split("+"):
            if name in self.scenario.policies:
                return self.scenario.policies[name]
            if part not in self.scenario.policies:
                raise InputError(f"policy '{part}': the scenario does not name it{nearest(part, self.scenario.policies)}; it names: {', '.join(self.scenario.policies)}")
            parts.append(self.scenario.policies[part])
        return combine(parts)

    def _intervene(self, moves: Mapping[int, str], contact: Sequence[int]) -> None:
        """Move or call people by hand."""
        for person, name in moves.items():
            if name != "outside" and name not in self.operator_names:
                raise InputError(f"set_operator: no such operator '{name}'{nearest(name, self.operator_names)}; known: {', '.join(self.operator_names)}, outside")
            if not 0 <= person < len(self.state.plan):
                raise InputError(f"set_operator: no such person {person}; there are {len(self.state.plan)}")
            self._move(int(person), name)
        if moves:
            self.intervened = True
        if len(contact):
            self.state.since_contact[np.asarray(contact, dtype=np.int64)] = CALL_NOW

    def _move(self, person: int, name: str) -> None:
        state = self.state
        old = int(self.offers.operator[state.plan[person]]) if state.plan[person] >= 0 else NOBODY
        state.points[person], state.member[person], state.months_left[person], state.credit[person] = 0.0, 0, 0, 0.0
        state.since_failure[person] = state.since_complaint[person] = state.since_contact[person] = LONG_AGO
        if old != NOBODY:
            state.previous[person] = old
        if name == "outside":
            state.plan[person] = OUTSIDE
            self.seen[person] = NOBODY | (old << 8)
            return
        number = self.operator_names.index(name)
        plans = np.flatnonzero(self.offers.operator == number)
        row = np.array([person])
        out, _ = self.weigh(row, fresh=True)
        plan = int(plans[out[0, plans].argmax()])
        known = self.reputation[self.traits.region[person], number]
        state.plan[person], state.tenure[person], state.joined[person] = plan, 0, self.month
        state.months_left[person] = self.offers.term[plan]
        state.satisfaction[person], state.expectation[person] = known, 0.5 * (known + self.offers.advertised[number])
        state.commitment[person], state.habit[person] = self.params.bonds_commitment_start, 0.0
        state.reference[person] = self.offers.fee[plan]
        self.refresh_tastes(row)
        self.seen[person] = number | (old << 8) | (int(255.0 * known + 0.5) << 16)


def _history_row(number: int, mean_fee: list[float], subscribers: float) -> dict[str, float]:
    """What an operator notes of a month: log subscribers, and log of its mean fee over its rivals'."""
    rivals = [fee for other, fee in enumerate(mean_fee) if other != number]
    relative = mean_fee[number] / np.mean(rivals) if rivals and min(*rivals, mean_fee[number], 1.0) > 0.0 else 1.0
    return {"log_subscribers": float(np.log(max(subscribers, 1.0))), "relative_fee": float(np.log(max(relative, 1e-9)))}
