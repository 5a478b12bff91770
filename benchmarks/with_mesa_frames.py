"""The small market in mesa-frames: people as a Polars frame, ties as columns of row numbers, every rule an expression
over whole columns.
"""

import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF

from benchmarks.small_market import Month, SmallMarket


class People(AgentSetPolars):  # type: ignore[misc]
    """The customers."""

    def __init__(self, model: "World", small: SmallMarket):
        super().__init__(model)
        self.friends = [f"friend_{k}" for k in range(small.ties.shape[1])]
        self += pl.DataFrame(
            {
                "unique_id": np.arange(len(small.plan)),
                "plan": small.plan.astype(np.int8),
                "operator": small.operator[small.plan].astype(np.int8),
                "satisfaction": small.satisfaction.astype(np.float32),
                "expectation": small.expectation.astype(np.float32),
                "sensitivity": small.price_sensitivity.astype(np.float32),
                **{name: small.ties[:, k].astype(np.uint32) for k, name in enumerate(self.friends)},
            }
        )

    def step(self) -> None:
        """Live a month."""
        self.feel()
        self.choose()

    def feel(self) -> None:
        """Hear from ties, meet the network, and feel."""
        small, rng = self.model.small, self.model.random
        with_same = [pl.col("operator").gather(pl.col(friend)) == pl.col("operator") for friend in self.friends]
        told = [
            pl.when(same).then(pl.col("satisfaction").gather(pl.col(friend))).otherwise(0.0)
            for same, friend in zip(with_same, self.friends, strict=True)
        ]
        self.model.was_with = self.agents["operator"]  # ties see last month's world
        frame = self.agents.with_columns(
            pl.sum_horizontal(with_same).alias("same"),
            pl.sum_horizontal(told).alias("told"),
            pl.Series("noise", rng.standard_normal(len(self), dtype=np.float32)),
        )
        quality = pl.lit(pl.Series(small.quality.astype(np.float32))).gather(pl.col("operator").cast(pl.UInt32))
        frame = frame.with_columns((quality + small.noise * pl.col("noise")).clip(0.0, 1.0).alias("performed"))
        gap = pl.col("performed") - pl.col("expectation")
        hearsay = (
            pl.when(pl.col("same") > 0).then(pl.col("told") / pl.col("same") - pl.col("expectation")).otherwise(0.0)
        )
        self.agents = frame.with_columns(
            (
                pl.col("satisfaction")
                + small.weight * (pl.col("performed") + small.disconfirmation * gap - pl.col("satisfaction"))
            )
            .clip(0.0, 1.0)
            .cast(pl.Float32),
            (pl.col("expectation") + small.adaptation * gap + small.hearsay * hearsay).clip(0.0, 1.0).cast(pl.Float32),
        ).drop("same", "told", "noise", "performed")

    def choose(self) -> None:
        """Let the attentive choose, and put what changes back into the frame."""
        model, small, rng = self.model, self.model.small, self.model.random
        awake = self.agents.filter(pl.Series(rng.random(len(self), dtype=np.float32) < small.attention))
        own, leaving = pl.col("operator"), pl.col("sensitivity") * (small.hassle / small.horizon)
        awake = awake.with_columns([model.was_with.gather(awake[friend]).alias(friend) for friend in self.friends])
        awake = awake.with_columns(
            (
                small.social / len(self.friends) * pl.sum_horizontal([pl.col(friend) == j for friend in self.friends])
                + pl.when(own == j)
                .then(small.by_satisfaction * pl.col("satisfaction"))
                .otherwise(small.by_satisfaction * float(reputation) - leaving)
            ).alias(f"pull_{j}")
            for j, reputation in enumerate(model.reputation)
        )
        draws = pl.DataFrame(
            rng.gumbel(size=(len(awake), len(small.fee))).astype(np.float32),
            schema=[f"draw_{p}" for p in range(len(small.fee))],
        )
        utilities = awake.hstack(draws).select(
            (
                float(small.appeal[p])
                - float(small.fee[p]) * pl.col("sensitivity")
                + pl.col(f"pull_{small.operator[p]}")
                + pl.col(f"draw_{p}")
            ).alias(str(p))
            for p in range(len(small.fee))
        )
        plan = utilities.select(pl.concat_list(pl.all()).list.arg_max().alias("best"))["best"]
        look = lambda values: pl.lit(pl.Series(np.asarray(values))).gather(pl.col("best"))  # noqa: E731
        known = pl.lit(pl.Series(np.asarray(model.reputation, np.float32)))
        promised = pl.lit(pl.Series(small.advertised.astype(np.float32)))
        chosen = (
            awake.select("unique_id", "operator", "satisfaction", "expectation")
            .with_columns(plan)
            .with_columns(look(small.operator.astype(np.int8)).alias("new"))
        )
        moves, to = pl.col("new") != pl.col("operator"), pl.col("new").cast(pl.UInt32)
        changed = chosen.select(
            "unique_id",
            pl.col("best").cast(pl.Int8).alias("plan"),
            pl.col("new").alias("operator"),
            pl.when(moves).then(known.gather(to)).otherwise(pl.col("satisfaction")).alias("satisfaction"),
            pl.when(moves)
            .then(0.5 * (known.gather(to) + promised.gather(to)))
            .otherwise(pl.col("expectation"))
            .alias("expectation"),
        )
        model.attentive, model.leavers = len(chosen), int((chosen["new"] != chosen["operator"]).sum())
        self.agents = self.agents.update(changed, on="unique_id")


class World(ModelDF):  # type: ignore[misc]
    """The market."""

    def __init__(self, small: SmallMarket, seed: int):
        super().__init__(seed)
        self.small, self.people = small, People(self, small)
        self.agents += self.people
        self.people = self.get_agents_of_type(People)
        self.attentive = self.leavers = 0
        self.months: list[Month] = []
        self.count()

    def count(self) -> None:
        """Count subscribers and their mean satisfaction, by operator."""
        by = self.people.agents.group_by("operator").agg(pl.len(), pl.col("satisfaction").mean()).sort("operator")
        self.subscribers, self.reputation = by["len"].to_list(), by["satisfaction"].to_list()

    def step(self) -> None:
        """Live a month."""
        self.agents.step()
        self.people = self.get_agents_of_type(People)
        self.count()
        self.months.append(Month(self.subscribers, self.reputation, self.leavers, self.attentive))

    def state(self) -> tuple[np.ndarray, ...]:
        """Plan, satisfaction and expectation of everybody."""
        frame = self.people.agents
        return (
            frame["plan"].to_numpy().astype(np.int64),
            frame["satisfaction"].to_numpy(),
            frame["expectation"].to_numpy(),
        )


def build(market: SmallMarket, seed: int) -> World:
    """Set up the market."""
    return World(market, seed)
