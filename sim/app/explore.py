"""The page Explore: move a lever, and see the market answer beside its twin in which nothing new was done."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode

from nicegui import html, ui

from sim.app import charts
from sim.app.controls import Choice, Number, Switch
from sim.app.engines import Engines, Latest, RefusedError
from sim.app.frame import page
from sim.app.future import MOST_MONTHS, MOST_PEOPLE, SWITCHES, Future
from sim.app.levers import LEAST_CHANGE, MOST_CHANGE, Lever, title
from sim.app.seen import Seen
from sim.errors import InputError
from sim.loading import list_configs, load_scenario
from sim.report.formats import money, percent

PATH, PATIENCE = "/explore", 0.3  # seconds after which the page says that it computes


def sentence(seen: Seen) -> str:
    """Say in words what this future brings over its twin: cash and share, as `churnlab compare` has them."""
    cash, share = seen.difference("npv_horizon"), seen.difference("market_share")
    months, who = seen.future.months, seen.focal
    if not seen.future.does:
        return (
            f"This is {who} doing nothing new. Move a lever: a twin, with the same people and the same luck, goes on"
            " like this."
        )
    earns = f"earns {money(abs(cash), seen.currency)} {'more' if cash > 0 else 'less'}" if cash else "earns the same"
    points = percent(abs(share), 1).replace("%", "points").strip()
    wins = f"{'wins' if share > 0 else 'loses'} {points} of the market" if share else "keeps its share of the market"
    return (
        f"Against its twin, which does nothing new, {who} {wins} and {earns} within {months} months (cash, discounted)."
        " One world: luck is shared with the twin, but is not averaged out; Compare runs several."
    )


class Explore:
    """One open page: its inputs, and what they ask for. All that matters is in the address."""

    def __init__(self, engines: Engines, future: Future, is_projected: bool) -> None:
        self.engines, self.future = engines, future
        self.size = charts.LARGE if is_projected else charts.SMALL
        self.is_projected = is_projected
        self.latest = Latest(self._answer)
        with html.div().classes("explore"):
            with html.form(onsubmit="return false", **{"aria-label": "levers"}).classes("form") as self.form:
                self._make_form()
            with html.section(**{"aria-label": "what happens"}):
                self.words, self.state = (_status(name) for name in ("answer", "state"))
                self.charts = html.div().classes("charts")
                self._make_charts()
                html.h2("The same numbers on the command line")
                self.command = ui.label().classes("command").props("id=command")

    # --- the form ----------------------------------------------------------------------------------------------------

    def _make_form(self) -> None:
        self.form.clear()
        future = self.future
        scenario = as_shipped(future.scenario)
        focal, currency = future.focal or scenario.focal, scenario.currency
        policy, change = future.policy, self._changed
        with self.form:
            with html.fieldset():
                html.legend("Market")
                names = {name: title(name) for name in runnable()}
                self.scenario = Choice("Scenario", names, future.scenario, self._moved, scenario.question)
                operators = {name: name for name in scenario.operators}
                self.focal = Choice("Operator that acts", operators, focal, self._moved)
                rivals = {"responding": "respond, as their strategies say", "static": "hold prices and service"}
                self.rivals = Choice("Rivals", rivals, future.rivals, change)
            with html.fieldset():
                html.legend(f"What {focal} does from month 1")
                fees = getattr(policy.pricing, "change", 0.0) if policy.pricing is not None else 0.0
                hint = "all its fees against their start"
                self.fees = Number("Fees, % change", 100 * fees, change, LEAST_CHANGE, MOST_CHANGE, 1, True, hint)
                self.loyalty = Lever("loyalty", "Loyalty lever", "rewards for staying", currency, change)
                self.loyalty.show(policy.loyalty)
                self.retention = Lever(
                    "retention", "Retention lever", "offers to those who may leave", currency, change
                )
                self.retention.show(policy.retention)
                service = policy.service
                network, care = (getattr(service, name, None) for name in ("network", "care"))
                hint = "share of service revenue; empty: as the market has it"
                self.network = Number("Network, % of revenue", _percent(network), change, 0, 60, hint=hint)
                self.care = Number("Care, % of revenue", _percent(care), change, 0, 60, hint=hint)
            with html.details():
                html.summary("Shocks")
                self.shocks = {
                    name: Switch(title(name), name in future.shocks, change) for name in list_configs("shock")
                }
            with html.details():
                html.summary("How people behave: switch parts off")
                self.off = {name: Switch(name, name not in future.off, change) for name in SWITCHES}
            with html.fieldset():
                html.legend("Run")
                self.months = Number("Months", future.months, change, 6, MOST_MONTHS, 1, True)
                sizes = {"2000": "2,000 (quick)", "5000": "5,000", f"{MOST_PEOPLE}": f"{MOST_PEOPLE:,} (less luck)"}
                sizes.setdefault(str(future.people), f"{future.people:,}")
                self.people = Choice("People simulated", sizes, str(future.people), change)
                self.seed = Number("Seed", future.seed, change, 0, 2**31 - 1, 1, hint="another number: another luck")
            with html.div().classes("buttons"):
                html.button("Reset", type="button").classes("quiet").on("click", self._reset)
                html.button("Copy link", type="button").classes("quiet").on(
                    "click", js_handler="() => navigator.clipboard && navigator.clipboard.writeText(location.href)"
                )

    def read(self) -> dict[str, Any]:
        """Return what the form asks for."""
        policy: dict[str, Any] = {"loyalty": self.loyalty.written(), "retention": self.retention.written()}
        if self.fees.value:
            policy["pricing"] = {"kind": "fixed", "change": round(self.fees.value / 100.0, 6)}
        budgets = {"network": self.network.value, "care": self.care.value}
        given = {name: round(value / 100.0, 6) for name, value in budgets.items() if value is not None}
        if given:
            policy["service"] = {"kind": "budget_share", **given}
        scenario, focal = self.scenario.value, self.focal.value
        own = as_shipped(scenario)
        return {
            "scenario": scenario,
            "focal": focal if focal in own.operators and focal != own.focal else "",
            "policy": policy,
            "rivals": self.rivals.value,
            "off": tuple(name for name, switch in self.off.items() if not switch.value),
            "shocks": tuple(name for name, switch in self.shocks.items() if switch.value),
            "months": self.months.value,
            "people": self.people.value,
            "seed": self.seed.value,
        }

    async def _moved(self) -> None:
        """Another market or another operator: the form is made anew."""
        try:
            self.future = Future.of(self.read())
        except InputError as error:
            self._say(str(error), is_bad=True)
            return
        self._make_form()
        await self._ask()

    async def _changed(self) -> None:
        try:
            self.future = Future.of(self.read())
        except InputError as error:
            self._say(str(error), is_bad=True)
            return
        await self._ask()

    async def _reset(self) -> None:
        self.future = Future(scenario=self.future.scenario)
        self._make_form()
        await self._ask()

    # --- what is asked and seen --------------------------------------------------------------------------------------

    async def _ask(self) -> None:
        query = self.future.to_query() | ({"projector": "1"} if self.is_projected else {})
        ui.navigate.history.replace(f"{PATH}?{urlencode(query)}" if query else PATH)
        await self.latest.ask(self.future)

    async def first(self) -> None:
        """Answer what the address asks for."""
        if not self.engines.is_ready:
            self._say("Preparing: the model is compiled once, which takes about half a minute on a new machine.")
        await self.latest.ask(self.future)

    async def _answer(self, future: Future) -> None:
        telling = asyncio.create_task(self._tell_later())
        try:
            seen = await self.engines.seen(future)
        except (InputError, RefusedError) as error:
            self._say(str(error), is_bad=True)
            return
        finally:
            telling.cancel()
        self._say("")
        self.show(seen)

    async def _tell_later(self) -> None:
        await asyncio.sleep(PATIENCE)
        if self.engines.is_ready:
            before = self.engines.waiting - 1
            self._say(f"Computing, {before} before you ..." if before > 1 else "Computing ...")
        self.charts.classes("old")

    def _say(self, text: str, is_bad: bool = False) -> None:
        self.state.text = text
        self.state.classes("bad") if is_bad else self.state.classes(remove="bad")
        if is_bad or not text:
            self.charts.classes(remove="old")

    # --- charts ------------------------------------------------------------------------------------------------------

    def _make_charts(self) -> None:
        self.plots: dict[str, tuple[Any, Any]] = {}
        with self.charts:
            for line in charts.LINES:
                self._chart(line.measure, line.title, charts.definition(line.measure))
            self._chart("cash", "Cash gained over the twin", "discounted free cash flow, added up, at market size")
            self._chart("reasons", "Why customers left", "over all months, thousand customers at market size")
            self._chart(
                "loyalty", "Types of loyalty at the end", "Dick & Basu (1994); share of the operator's customers"
            )
            self._chart("flows", "Who moved where", "over all months, thousand customers at market size")

    def _chart(self, name: str, heading: str, meaning: str) -> None:
        with html.figure(id=f"chart-{name}").classes("chart"):
            html.h2(heading, title=meaning)
            plot = ui.echart({}, renderer="svg").classes("plot")
            plot.props.update({"role": "img", "aria-label": f"{heading}: {meaning}; the table below says the same"})
            with html.details():
                html.summary("Numbers")
                rows = ui.html("", sanitize=False).classes("rows")
                rows.props["tabindex"] = "0"
        self.plots[name] = plot, rows

    def show(self, seen: Seen) -> None:
        """Redraw everything."""
        self.words.text = sentence(seen)
        self.command.text = seen.future.command
        size = self.size
        for line in charts.LINES:
            self._draw(line.measure, charts.months_chart(seen, line, size), charts.months_table(seen, line))
        reasons, loyalty = charts.reasons_rows(seen), charts.loyalty_rows(seen)
        self._draw("cash", charts.cash_chart(seen, size), charts.cash_table(seen))
        self.plots["reasons"][0].style(f"height: {charts.height_of(reasons, size)}px")
        self._draw("reasons", charts.bars_chart(reasons, "thousand", size), charts.bars_table(reasons, "cause"))
        self._draw("loyalty", charts.bars_chart(loyalty, "%", size), charts.bars_table(loyalty, "type, %"))
        self._draw("flows", charts.flows_chart(seen, size), charts.flows_table(seen))

    def _draw(self, name: str, options: dict[str, Any], table: charts.Table) -> None:
        plot, rows = self.plots[name]
        plot.options.clear()
        plot.options.update(options)
        plot.update()
        rows.content = str(charts.as_html(table, name.replace("_", " ")))


def _status(name: str) -> ui.label:
    """Make a line that is read aloud when it changes."""
    return ui.label().classes(name).props(f"role=status aria-live=polite id={name}")


as_shipped = cache(load_scenario)  # read once, not at every move of a lever


@cache
def runnable() -> list[str]:
    """Names of the shipped scenarios that have operators and need no file of the user's."""
    found = []
    for name in list_configs():
        try:
            scenario = as_shipped(name)
        except InputError:
            continue
        if scenario.customers.file is None and scenario.focal:
            found.append(name)
    return found


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100.0 * share, 6)


def explore_page(engines: Engines) -> Callable[..., Any]:
    """Return the page."""

    async def explore(request: Any) -> None:
        query = dict(request.query_params)
        is_projected = query.pop("projector", "") == "1"
        try:
            future, wrong = Future.of_query(query), ""
            future.load()
        except InputError as error:
            future, wrong = Future(), f"{error}\nThe page opened with the default instead."
        with page("Explore a market", PATH, is_projected):
            if wrong:
                ui.label(wrong).classes("state bad").props("role=alert id=notice")
            opened = Explore(engines, future, is_projected)
        await ui.context.client.connected()
        await opened.first()

    return explore
