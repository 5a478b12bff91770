"""What is measured each month, from the closed books: the tables kpis, overview, ports and the long tables.

A measure of nobody (no subscribers, nobody who joined, complained or was surveyed) is NaN.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from agents.population import State
from agents.tables import lives_of
from sim import kpis
from sim.books.ledger import WHOLE, Part, keeping_margin, ledger_frame, money, month_operator_index
from sim.kpis import per
from sim.world.book import OWN, Book
from sim.world.tables import LINES

FEELINGS = {life.booked: life.measured for life in lives_of(State).values() if life.booked and life.measured}
# measure -> (unit, definition). The documentation and tool tips are made from this.
KPIS: dict[str, tuple[str, str]] = {
    "subscribers": ("customers", "closing subscribers"),
    "second_sims": ("lines", "second SIMs with the operator, of people whose first line is a rival's"),
    "gross_adds": ("customers", "customers who joined"),
    "churn_voluntary": ("customers", "customers who left by choice or let the line lapse"),
    "churn_involuntary": ("customers", "customers lost to default, death or leaving the country"),
    "internal_migrations": ("customers", "plan changes inside the operator"),
    "brand_migrations": ("customers", "of them to another brand of the house"),
    "churn_rate": ("per month", "(voluntary + involuntary churn) / opening subscribers"),
    "market_share": ("share", "closing subscribers / all subscribers"),
    "arpu": ("currency/month", "service revenue / closing subscribers"),
    "ampu": ("currency/month", "(service revenue - network cost - care cost) / closing subscribers"),
    "sac": ("currency", "subsidies, commissions and bonuses for new customers / gross additions"),
    "src": (
        "currency/month",
        "all outlay on keeping (renewals, contacts, credits, points, perks) / closing subscribers",
    ),
    "retention_roi": (
        "1",
        (
            "operator's own claim: (customers held by the save desk x clv - retention outlay) / retention outlay;"
            " naive, see paired futures"
        ),
    ),
    "ebitda": ("currency/month", "revenues - costs"),
    "contribution": ("currency/month", "revenues - all that varies with customers: free cash flow before fixed costs"),
    "points_liability": ("currency", "outstanding points at their worth"),
    "csat": ("0..1", "mean satisfaction of closing subscribers"),
    "nps": ("-100..100", "promoters less detractors among surveyed scores (Reichheld 2003)"),
    "complaint_rate": ("per month", "complaints / opening subscribers"),
    "first_contact_resolution": ("share", "complaints resolved / complaints"),
    "wait": ("minutes", "mean wait in the care queue (Erlang-A)"),
    "attention_rate": ("per month", "customers who considered alternatives / opening subscribers"),
    "clv": (
        "currency",
        (
            "clv(margin, 1 - churn, monthly discount, first='next'), contribution before what winning new customers"
            " costs, per closing subscriber; churn = (leavers + 1/2) / (opening + 1): never 0, though a month may see"
            " no leaver"
        ),
    ),
    "won_back": ("customers", "gross additions who return to the operator they had left"),
    "referred": ("customers", "gross additions whom a tie recommended"),
    "bundles": ("share", "closing subscribers with the second service"),
    "silent_lines": ("share", "closing subscribers whose prepaid line is silent"),
    "share_of_wallet": ("share", "mean share of usage on the operator's line"),
    **{name: ("0..1", f"mean {called} of closing subscribers") for name, called in FEELINGS.items()},
    "threats": ("per month", "customers who called the save desk without meaning to leave / opening subscribers"),
    "failures": ("per month", "service failures and wrong bills / opening subscribers"),
    "morale": ("0..1", "morale of care agents"),
    "load": ("share", "traffic over network capacity, mean over region types"),
    "profit_top20": ("share", "part of all customer margins earned on the best fifth"),
    "profit_bottom30": ("share", "part of all customer margins earned on the worst 30 %"),
}
OVERVIEW: dict[str, tuple[str, str]] = {
    "hhi": ("0..1", "sum of squared subscriber shares"),
    "outside": ("people", "people without an operator"),
    "consumer_surplus": (
        "currency/month",
        (
            "mean over people of the utility of what is held / price sensitivity, less what switching cost them at"
            " once, plus gifts received; tastes held for longer than a month count, a month's fresh draws do not"
        ),
    ),
    "welfare": ("currency/month", "consumer surplus + ebitda of all operators, per person"),
}
# Of one arm of an experiment, in its comparison's tables and in every results table.
COMPARISON: dict[str, tuple[str, str]] = {
    "npv": ("currency", "net present value to the focal operator: npv_horizon + npv_terminal"),
    "npv_horizon": ("currency", "discounted free cash flow of the reported months; month 1 is discounted once"),
    "npv_terminal": (
        "currency",
        (
            "discounted value of what goes on after the horizon, as in the last 24 months: going_value of the closing"
            " base, its margin, churn_of_few(leavers, those there at the starts of these months), newcomers and what"
            " they cost, less fixed costs"
        ),
    ),
    "npv_allocated": (
        "currency",
        (
            "npv_horizon as full costing sees it: fixed costs are charged to revenue at the opening's rate, as if they"
            " grew and shrank with it"
        ),
    ),
    "ebitda": ("currency", "sum over the reported months, not discounted"),
    "contribution": ("currency", "sum over the reported months, not discounted"),
    "churn_rate": ("per month", "mean of the last 12 months"),
    "arpu": ("currency/month", "mean of the last 12 months"),
    "market_share": ("share", "mean of the last 12 months"),
    "csat": ("0..1", "mean satisfaction, mean of the last 12 months"),
    "consumer_surplus": ("currency/month", "of all people, mean of the last 12 months"),
    "kept_margin": (
        "currency/month",
        "contribution before what winning new customers costs, per customer, last 24 months",
    ),
    "months_kept": ("months", "1 / churn_of_few(leavers, those there at the starts of the last 24 months)"),
    "customer_worth": (
        "currency",
        "clv(kept_margin, 1 - 1 / months_kept, monthly discount, first='next'): what one more customer is worth",
    ),
    "retained": ("share", "of the focal operator's customers at month 0: still or again with it at the horizon"),
    "saved": ("customers", "of those customers: with it at the horizon here, not under the first policy"),
    "lost": ("customers", "the reverse"),
    "net_saved": ("customers", "saved - lost"),
    "cost_per_saved": (
        "currency",
        (
            "discounted extra retention outlay and bills forgone on those who stay in both, over net_saved; NaN where"
            " net_saved <= 0"
        ),
    ),
}
# What rates and the terminal value of an arm rest on.
BASIS: dict[str, tuple[str, str]] = {
    "months_measured": (
        "months",
        "of the last 12, those at whose start the operator had customers: what its rates are means of",
    ),
    "leavers": ("customers", "who left the operator in the last 24 months: what npv_terminal rests on"),
    "terminal_low": (
        "currency",
        "npv_terminal at one end of the 95 % interval of churn that so many leavers leave open (churn_interval)",
    ),
    "terminal_high": ("currency", "npv_terminal at the other end"),
}


def monthly_discount(annual: float) -> float:
    """Monthly discount rate: (1 + d)^(1/12) - 1."""
    return float((1.0 + annual) ** (1.0 / 12.0) - 1.0)


def kpis_frame(books: Sequence[Book], operators: Sequence[str], discount_annual: float) -> pd.DataFrame:
    """Return one row a month and operator with the measures of KPIS."""
    columns = list(KPIS)
    if not books:
        return pd.DataFrame(columns=["month", "operator", *columns])
    lines, own = np.stack([book.lines.sum(axis=0) for book in books]), np.stack([book.own for book in books])
    table = rates(lines, own, discount_annual)
    table["nps"] = np.array(
        [[kpis.nps(np.arange(11), row) if row.sum() else np.nan for row in book.scores] for book in books]
    )
    for name in ("wait", "morale", "load"):
        table[name] = own[:, :, OWN.index(name)]
    for name in ("wait", "morale"):  # whom nobody calls has no agents
        table[name] = np.where(lines[..., LINES.index("opening")] > 0.0, table[name], np.nan)
    table["profit_top20"] = np.array([[_profit_share(row, 0.2, top=True) for row in book.margins] for book in books])
    table["profit_bottom30"] = np.array(
        [[_profit_share(row, 0.3, top=False) for row in book.margins] for book in books]
    )
    frame = month_operator_index([book.month for book in books], operators)
    return frame.assign(**{name: table[name].ravel() for name in columns})


def rates(lines: np.ndarray, own: np.ndarray, discount_annual: float, part: Part = WHOLE) -> dict[str, np.ndarray]:
    """Return the measures that are made of sums over people, from lines (months, operators, LINES)."""
    by = dict(zip(LINES, np.moveaxis(lines, -1, 0), strict=True))
    books = money(lines, own, part)
    opening, closing = by["opening"], by["closing"]
    leavers = np.minimum(by["churn_voluntary"] + by["churn_involuntary"], opening)
    clv = np.asarray(
        kpis.clv(
            per(keeping_margin(lines, own, part), closing),
            1.0 - np.asarray(kpis.churn_of_few(leavers, opening)),
            monthly_discount(discount_annual),
            first="next",
        )
    )
    return {
        "subscribers": closing,
        "second_sims": by["second_sims"],
        "gross_adds": by["gross_adds"],
        "churn_voluntary": by["churn_voluntary"],
        "churn_involuntary": by["churn_involuntary"],
        "internal_migrations": by["internal_migrations"],
        "brand_migrations": by["brand_migrations"],
        "churn_rate": per(by["churn_voluntary"] + by["churn_involuntary"], opening),
        "won_back": by["won_back"],
        "referred": by["referred"],
        "threats": per(by["threats"], opening),
        "failures": per(by["failures"], opening),
        "bundles": per(by["bundles"], closing),
        "silent_lines": per(by["silent"], closing),
        "share_of_wallet": per(by["wallet"], closing),
        **{name: per(by[name], closing) for name in FEELINGS},
        "market_share": per(closing, closing.sum(axis=-1, keepdims=True)),
        "arpu": per(books["service_revenue"], closing),
        "ampu": per(books["service_revenue"] - books["network_cost"] - books["care_cost"], closing),
        "sac": per(by["acquisition"], by["gross_adds"]),
        "src": per(by["retention"], closing),
        "retention_roi": per(by["held"] * clv - by["retention"], by["retention"]),
        "ebitda": books["ebitda"],
        "contribution": books["contribution"],
        "points_liability": books["points_liability"],
        "csat": per(by["satisfaction"], closing),
        "complaint_rate": per(by["complaints"], opening),
        "first_contact_resolution": per(by["resolved"], by["complaints"]),
        "attention_rate": per(by["attentive"], opening),
        "clv": clv,
    }


def overview_frame(books: Sequence[Book], operators: Sequence[str]) -> pd.DataFrame:
    """Return one row a month with the measures of the whole market."""
    rows = []
    ledger = ledger_frame(books, operators)
    profit: Any = ledger.groupby("month", sort=False)["ebitda"].sum().to_numpy() if books else []
    for book, ebitda in zip(books, profit, strict=True):
        people, outside, surplus = book.people.sum(axis=0)
        mean = float(per(surplus, people))
        rows.append(
            (
                book.month,
                kpis.hhi(book.line("closing")),
                int(outside),
                mean,
                mean + float(per(ebitda, people)),
            )
        )
    return pd.DataFrame(rows, columns=["month", *OVERVIEW])


def ports_frame(books: Sequence[Book], operators: Sequence[str]) -> pd.DataFrame:
    """Return moves between operators: month, from, to, count; `outside` both ways."""
    names = np.array([*operators, "outside"], dtype=object)
    size = len(names)
    origin, destination = (grid.ravel() for grid in np.meshgrid(np.arange(size), np.arange(size), indexing="ij"))
    keep = origin != destination
    frames = [
        pd.DataFrame(
            {
                "month": book.month,
                "from": names[origin[keep]],
                "to": names[destination[keep]],
                "count": book.ports[origin[keep], destination[keep]],
            }
        )
        for book in books
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["month", "from", "to", "count"])


def long_frame(books: Sequence[Book], operators: Sequence[str], tally: str, keys: Sequence[str]) -> pd.DataFrame:
    """Return counts of customers by kind, one of a book's tables by operator: month, operator, key, value; `outside`
    for people with none, where they are counted.
    """
    if not books:
        return pd.DataFrame(columns=["month", "operator", "key", "value"])
    counts = np.stack([getattr(book, tally)[:, : len(keys)] for book in books])
    months, size, width = counts.shape
    names, each = [*operators, "outside"][:size] * (months * width), list(np.repeat(keys, size)) * months
    return pd.DataFrame(
        {
            "month": np.repeat([book.month for book in books], size * width),
            "operator": names,
            "key": each,
            "value": counts.transpose(0, 2, 1).ravel(),
        }
    )


def plans_frame(books: Sequence[Book], plans: Mapping[str, tuple[str, Any]]) -> pd.DataFrame:
    """Return closing customers by plan: month, operator, brand, plan, subscribers."""
    owners, brands = (
        [operator for operator, _ in plans.values()],
        [plan.brand or operator for operator, plan in plans.values()],
    )
    frames = [
        pd.DataFrame(
            {"month": book.month, "operator": owners, "brand": brands, "plan": list(plans), "subscribers": book.plans}
        )
        for book in books
    ]
    return (
        pd.concat(frames, ignore_index=True)
        if frames
        else pd.DataFrame(columns=["month", "operator", "brand", "plan", "subscribers"])
    )


def retention_frame(books: Sequence[Book], operators: Sequence[str]) -> pd.DataFrame:
    """Return Kaplan-Meier retention by tenure over all months given: operator, key (tenure in months), at_risk, left,
    value (survival; NaN at a tenure that nobody had).
    """
    total: Any = sum(book.tenures for book in books)
    frames = []
    for number, operator in enumerate(operators):
        at_risk, left = total[number].T
        survival = np.cumprod(1.0 - np.nan_to_num(per(left, at_risk)))
        frames.append(
            pd.DataFrame(
                {
                    "operator": operator,
                    "key": np.arange(len(left)),
                    "at_risk": at_risk,
                    "left": left,
                    "value": np.where(at_risk > 0, survival, np.nan),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _profit_share(histogram: np.ndarray, share: float, top: bool) -> float:
    """Part of all margins earned on the best (or worst) share of customers, from counts and sums by margin bin (bins of
    2 currency units); NaN where the margins do not sum to more than 0.
    """
    counts, sums = histogram.T
    if not counts.sum() or sums.sum() <= 0.0:
        return float("nan")
    order = slice(None, None, -1) if top else slice(None)
    people, money_so_far = np.cumsum(counts[order]) / counts.sum(), np.cumsum(sums[order]) / sums.sum()
    return float(np.interp(share, np.concatenate(([0.0], people)), np.concatenate(([0.0], money_so_far))))
