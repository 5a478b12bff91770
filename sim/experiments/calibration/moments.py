"""What a market is held to: one number of one month or period, named so that it can be stored, and computed from a
market that has run.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.moments import parse_bin
from sim.books.ledger import MONEY, POINTS, Part, money
from sim.books.measures import KPIS, OVERVIEW, rates
from sim.errors import InputError, listed, nearest
from sim.experiments.design import Job
from sim.experiments.own import measured
from sim.experiments.worlds import opened
from sim.kpis import mean_of_known
from sim.world.book import OWN
from sim.world.tables import LINES, TENURES

if TYPE_CHECKING:
    from sim.config import Scenario
    from sim.market import Market

MARKET = "market"  # in place of an operator: all of them together
# of a period's last month
STOCKS = ("subscribers", "market_share", "second_sims", "points_liability", "hhi", "outside")
# summed over a period
COUNTS = tuple(name for name, (unit, _) in KPIS.items() if unit == "customers" and name != "subscribers")
SUMMED = tuple(dict.fromkeys((*MONEY, *POINTS, *LINES)))  # what a fraction may be made of
ONLY_OPERATORS = (
    "market_share",
    "ampu",
    "retention_roi",
    "points_liability",
    "clv",
    "wait",
    "morale",
    "load",
    "nps",
    "profit_top20",
    "profit_bottom30",
)
# not told by segment
ONLY_WHOLE = ("wait", "morale", "load", "nps", "profit_top20", "profit_bottom30", "retention_roi")
GROUPS: dict[str, tuple[str, ...]] = {  # by -> measures; none named: all that are made of sums over people
    "tenure": ("churn_rate",),
    "segment": (),
    "plan": ("churn_rate", "arpu"),
    "region": ("churn_rate", "arpu"),
    "payment": ("churn_rate", "arpu"),
    "term": ("churn_rate", "arpu"),
}
PANEL = ("plan", "region", "payment", "term")  # groups that need the panel
FIXED_GROUPS = {"payment": ("prepaid", "postpaid"), "term": ("running", "none")}


class Moment(NamedTuple):
    """A measure of an operator, or of one group of its customers, over months `first` to `last`.

    A stock is that of the last month, a count or a sum of money is summed (at market size), everything else is a mean
    over months.
    """

    measure: str
    operator: str
    by: str
    group: str
    first: int
    last: int

    @property
    def key(self) -> str:
        """Name in a stored table."""
        return f"{self.series}|{self.first}|{self.last}"

    @property
    def series(self) -> str:
        """Name without the months."""
        return "|".join(self[:4])

    @property
    def words(self) -> str:
        """Whose it is, for people."""
        return f"{self.operator}, {self.by} {self.group}" if self.by else self.operator


def moment_of(key: str) -> Moment:
    """Read a moment's name.

    >>> moment_of(Moment("churn_rate", "alpha", "tenure", "0-12", 1, 3).key).group
    '0-12'
    """
    measure, operator, by, group, first, last = key.split("|")
    return Moment(measure, operator, by, group, int(first), int(last))


def parts_of(measure: str) -> tuple[list[str], list[str]]:
    """Names above and below the line of a measure.

    >>> parts_of("acquisition+retention/service_revenue")
    (['acquisition', 'retention'], ['service_revenue'])
    """
    above, _, below = measure.partition("/")
    return above.split("+"), below.split("+") if below else []


def check_moment(moment: Moment, scenario: "Scenario", own: Collection[str] = ()) -> None:
    """Refuse a moment that the scenario's market cannot have; `own` are measures of the user's."""
    known = dict.fromkeys((*KPIS, *OVERVIEW, *SUMMED, *own))
    above, below = parts_of(moment.measure)
    is_plain = not below and len(above) == 1
    for name in (*above, *below):
        if name not in (known if is_plain else SUMMED):
            rest = "" if is_plain else " (a sum or fraction is made of money lines and counts)"
            raise InputError(
                f"measure: no such measure '{name}'{nearest(name, known if is_plain else SUMMED)}{rest};"
                " docs/measures.md lists them"
            )
    if moment.operator != MARKET and moment.operator not in scenario.operators:
        raise InputError(
            f"operator: no such operator '{moment.operator}'{nearest(moment.operator, scenario.operators)}; known:"
            f" {', '.join(scenario.operators)}, {MARKET}"
        )
    if moment.measure in OVERVIEW and moment.operator != MARKET:
        raise InputError(
            f"operator: {moment.measure} is of the whole market; write '{MARKET}' (got '{moment.operator}')"
        )
    if moment.measure in ONLY_OPERATORS and moment.operator == MARKET:
        raise InputError(f"operator: {moment.measure} is of one operator; known: {listed(scenario.operators)}")
    if moment.by or moment.group:
        _check_group(moment, scenario, is_plain and moment.measure not in own)


def _check_group(moment: Moment, scenario: "Scenario", is_plain: bool) -> None:
    if moment.by not in GROUPS:
        raise InputError(f"by: must be one of {', '.join(GROUPS)}{nearest(moment.by, GROUPS)} (got '{moment.by}')")
    told = GROUPS[moment.by]
    if (
        not is_plain
        or moment.measure in OVERVIEW
        or moment.measure in ONLY_WHOLE
        or moment.measure not in (told or KPIS)
    ):
        raise InputError(
            f"measure: {moment.measure} is not told by {moment.by};"
            f" {', '.join(told) if told else 'measures of customers'} is"
        )
    if moment.by == "tenure":
        low, high = parse_bin(moment.group)
        if low >= TENURES or (high is not None and high >= TENURES - 1):
            raise InputError(
                f"group: tenures are told apart up to {TENURES - 2} months; write e.g. 61+ for longer ones (got"
                f" '{moment.group}')"
            )
        return
    plans = scenario.all_plans if moment.operator == MARKET else scenario.operators[moment.operator].plans
    known: Mapping[str, Any] = {"segment": scenario.customers.segments, "plan": plans, "region": scenario.regions}.get(
        moment.by, dict.fromkeys(FIXED_GROUPS.get(moment.by, ()))
    )
    if moment.group not in known:
        raise InputError(
            f"group: no such {moment.by} '{moment.group}'{nearest(moment.group, known)}; known: {listed(known)}"
        )


# --- from a market to its moments ------------------------------------------------------------------------------------


def observe(job: Job) -> dict[str, pd.DataFrame]:
    """Run one market and measure the moments that the job is to keep: the table `runs`, one row, a column a moment."""
    moments, own = [moment_of(key) for key in job.keep], job.own.measures
    market = opened(job.scenario(), job.seed, job.own)
    told: dict[Moment, float] = {}
    while market.month < market.scenario.months:
        market.step()
        due = [moment for moment in moments if moment.measure in own and moment.last == market.month]
        taken = measured(market, {moment.measure: own[moment.measure] for moment in due})
        told |= {moment: _own_value(market, moment, taken[moment.measure]) for moment in due}
    others = [moment for moment in moments if moment.measure not in own]
    told |= dict(zip(others, values_of(market, others), strict=True))
    return {"runs": pd.DataFrame({"arm": [0], **{moment.key: [told[moment]] for moment in moments}})}


def _own_value(market: "Market", moment: Moment, taken: np.ndarray) -> float:
    """Pick an operator's number of an own measure; the market's, where it tells all operators the same."""
    if moment.operator != MARKET:
        return float(taken[market.operator_names.index(moment.operator)])
    if len(set(taken.tolist())) > 1:
        raise RuntimeError(f"measure '{moment.measure}' is of one operator; give its name, not '{MARKET}'")
    return float(taken[0])


def values_of(market: "Market", moments: Sequence[Moment]) -> list[float]:
    """Compute moments of a market that has run; NaN where there is nobody to measure."""
    books = [book for book in market.books if book.month > 0]
    read = _Read(
        market,
        np.stack([book.lines for book in books]),
        np.stack([book.own for book in books]),
        np.stack([book.tenures for book in books]),
        {},
    )
    return [read.value(moment) for moment in moments]


class _Read(NamedTuple):
    """What a market's books say, by month first; `cache` holds monthly tables and the panel."""

    market: "Market"
    lines: np.ndarray  # (months, segments, operators, LINES)
    own: np.ndarray  # (months, operators, OWN)
    tenures: np.ndarray  # (months, operators, TENURES, 2)
    cache: dict[str, Any]

    def value(self, moment: Moment) -> float:
        """One number."""
        months = slice(moment.first - 1, moment.last)
        above, below = parts_of(moment.measure)
        if moment.by == "tenure":
            return self._churn_by_tenure(moment, months)
        if moment.by in PANEL:
            return self._of_panel(moment)
        if below or len(above) > 1 or (moment.measure not in KPIS and moment.measure not in OVERVIEW):
            total = self._sum(moment.operator, above, months)
            return _ratio(total, self._sum(moment.operator, below, months)) if below else total * self.market.weight
        path = self._path(moment)[months]
        if moment.measure in STOCKS:
            value = float(path[-1])
            return (
                value * self.market.weight
                if moment.measure in ("subscribers", "second_sims", "points_liability", "outside")
                else value
            )
        is_sum = moment.measure in COUNTS or moment.measure == "ebitda"
        return float(path.sum()) * self.market.weight if is_sum else float(mean_of_known(path))

    def _columns(self, operator: str) -> slice:
        if operator == MARKET:
            return slice(None)
        number = self.market.operator_names.index(operator)
        return slice(number, number + 1)

    def _sum(self, operator: str, names: Sequence[str], months: slice) -> float:
        """Sum of money lines and counts over months, operators and segments."""
        lines, columns = self.lines[months].sum(axis=1), self._columns(operator)
        books = {**dict(zip(LINES, np.moveaxis(lines, -1, 0), strict=True)), **money(lines, self.own[months])}
        return float(sum(books[name][:, columns].sum() for name in names))

    def _path(self, moment: Moment) -> np.ndarray:
        """Return a measure by month."""
        name = "market" if moment.operator == MARKET else moment.group if moment.by == "segment" else ""
        if moment.measure in OVERVIEW:
            return np.asarray(self._table("overview", lambda: self.market.overview)[moment.measure], dtype=float)
        if moment.operator == MARKET or moment.by == "segment":
            table = self._table(f"{name}|{moment.by}|{moment.group}", lambda: self._rates(moment))
            return np.asarray(
                table[moment.measure][
                    :, 0 if moment.operator == MARKET else self.market.operator_names.index(moment.operator)
                ]
            )
        kpis = self._table(
            "kpis", lambda: {name: part for name, part in self.market.kpis.groupby("operator", sort=False)}
        )
        return np.asarray(kpis[moment.operator][moment.measure], dtype=float)

    def _table(self, name: str, make: Any) -> Any:
        if name not in self.cache:
            self.cache[name] = make()
        return self.cache[name]

    def _rates(self, moment: Moment) -> dict[str, np.ndarray]:
        """Return measures by month of a segment, or of all operators together."""
        whole = self.lines.sum(axis=1)
        part = self.lines[:, self.market.segment_names.index(moment.group)] if moment.by == "segment" else whole
        opening = LINES.index("opening")
        share = np.divide(
            part[..., opening], whole[..., opening], out=np.zeros(part.shape[:-1]), where=whole[..., opening] > 0.0
        )
        annual = self.market.scenario.discount_annual
        if moment.operator != MARKET:
            return rates(part, self.own, annual, Part(share, share[:1]))
        found = rates(part.sum(axis=1, keepdims=True), np.zeros((len(part), 1, len(OWN))), annual)
        return {**found, "ebitda": money(part, self.own, Part(share, share[:1]))["ebitda"].sum(axis=1, keepdims=True)}

    def _churn_by_tenure(self, moment: Moment, months: slice) -> float:
        low, high = parse_bin(moment.group)
        counts = self.tenures[months, self._columns(moment.operator), low : None if high is None else high + 1].sum(
            axis=(0, 1, 2)
        )
        return _ratio(float(counts[1]), float(counts[0]))

    def _of_panel(self, moment: Moment) -> float:
        """Churn or mean bill of a group of the panel: customer-months of the period."""
        panel = self._table("panel", lambda: self.market.panel)
        column = {
            "payment": panel["prepaid"].map({True: "prepaid", False: "postpaid"}),
            "term": (panel["months_left"] > 0).map({True: "running", False: "none"}),
        }
        inside = panel["month"].between(moment.first, moment.last) & (
            column.get(moment.by, panel.get(moment.by)) == moment.group
        )
        rows = panel[inside if moment.operator == MARKET else inside & (panel["operator"] == moment.operator)]
        return (
            float(rows["churned" if moment.measure == "churn_rate" else "bill"].mean()) if len(rows) else float("nan")
        )


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")


# --- periods ---------------------------------------------------------------------------------------------------------


def months_of(period: str, start: int | None) -> tuple[int, int]:
    """Return the first and last month of a period: `7`, `4-6`, `2011-05`, `2011Q2`, `2011`.

    start : month 1 as year * 12 + month - 1, for periods of the calendar; None where the file does not say it

    >>> months_of("4-6", None), months_of("2011Q2", 2011 * 12), months_of("2010Q4", 2011 * 12)
    ((4, 6), (4, 6), (-2, 0))
    """
    if match := re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", period):
        first, last = int(match[1]), int(match[2] or match[1])
    elif match := re.fullmatch(r"(\d{4})(?:-(\d\d)|Q([1-4]))?", period):
        if start is None:
            raise InputError(
                f"period: '{period}' is of the calendar; say above the header which month is month 1, e.g. '# start:"
                " 2011-01'"
            )
        length = 1 if match[2] else 3 if match[3] else 12
        month = int(match[2] or 1) if not match[3] else 3 * int(match[3]) - 2
        first = int(match[1]) * 12 + month - 1 - start + 1
        last = first + length - 1
        if not 1 <= month <= 12:
            raise InputError(f"period: '{period}' is no month of the calendar")
    else:
        raise InputError(
            f"period: must be a month (7), months (4-6), or of the calendar (2011-05, 2011Q2, 2011) (got '{period}')"
        )
    if first > last:
        raise InputError(f"period: must end after it begins (got '{period}')")
    return first, last
