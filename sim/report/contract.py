"""What the report needs to be given: a comparison of policies, or one run of a market."""

from typing import Any, Protocol

import pandas as pd

from sim.config import Scenario

Extra = tuple[str, pd.DataFrame, str]  # title, table, caption


class Told(Protocol):
    """What both kinds of result have."""

    @property
    def scenario(self) -> Scenario:
        """The market and the question."""

    @property
    def notes(self) -> list[str]:
        """Remarks a reader must know, e.g. what a customer file left to imputation."""

    @property
    def extra(self) -> list[Extra]:
        """Further sections: title, table, caption."""

    @property
    def manifest(self) -> dict[str, Any]:
        """Version, seed, hash, created, versions."""


class Comparison(Told, Protocol):
    """Policies compared in paired futures. Money and counts are of the simulated market; `weight` real lines a
    customer.
    """

    @property
    def policies(self) -> list[str]:
        """Policies in the order given; the first is the baseline."""

    @property
    def replications(self) -> int:
        """How many independent worlds were run."""

    @property
    def focal(self) -> str:
        """The operator that runs the policies."""

    @property
    def weight(self) -> float:
        """Real lines one simulated customer stands for."""

    @property
    def table(self) -> pd.DataFrame:
        """By policy: m, m_diff, m_low, m_high for each measure, and probability_best; rivals respond."""

    @property
    def by_segment(self) -> pd.DataFrame:
        """The same by (policy, segment); measures may be fewer."""

    @property
    def by_response(self) -> pd.DataFrame:
        """The same by (policy, response), response static or responding."""

    @property
    def summary(self) -> pd.DataFrame:
        """By policy: npv_diff, npv_low, npv_high, probability_best, payback_month, npv_downside, churn_rate_diff,
        net_saved, cost_per_saved.
        """

    @property
    def runs(self) -> pd.DataFrame:
        """Columns policy, response, replication, seed, operator, measures."""

    @property
    def segment_runs(self) -> pd.DataFrame:
        """Columns policy, response, replication, segment, measures."""

    @property
    def trajectories(self) -> pd.DataFrame:
        """Columns response, policy, replication, month, operator, subscribers, market_share, churn_rate, arpu, csat,
        ebitda.
        """

    @property
    def flows(self) -> pd.DataFrame:
        """Columns response, policy, replication, month, free_cash_flow: the focal operator's, discounted."""

    @property
    def money(self) -> pd.DataFrame:
        """Columns response, policy, replication, operator, discounted ledger lines, npv_terminal."""

    @property
    def reasons(self) -> pd.DataFrame:
        """Columns response, policy, replication, reason, count: why the focal operator's customers left."""

    def answer(self) -> str:
        """The answer in two sentences."""


class Run(Told, Protocol):
    """One run of a market."""

    @property
    def kpis(self) -> pd.DataFrame:
        """Columns month, operator, subscribers, market_share, churn_rate, arpu, csat, ebitda and others."""

    @property
    def overview(self) -> pd.DataFrame:
        """Columns month, hhi, outside, consumer_surplus, welfare."""

    @property
    def ledger(self) -> pd.DataFrame:
        """Columns month, operator, money lines."""

    @property
    def prices(self) -> pd.DataFrame:
        """Columns month, operator, plan, fee; month 0 is the start."""
