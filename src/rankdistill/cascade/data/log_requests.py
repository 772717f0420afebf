"""Checks across the rows of a request log, and its order in time."""

from __future__ import annotations

import polars as pl

from rankdistill.quoting import excerpt


def refuse_wrong_requests(frame: pl.DataFrame, source: str) -> None:
    """Refuse a log whose requests cannot be what they say.

    Args:
        frame: The columns "request", "user", "candidate", "time" and "row".
        source: What messages call it.

    Raises:
        ValueError: If a candidate is there twice in a request, or a request has two users, two
            times, or one candidate.
    """
    twice = frame.filter(pl.struct("request", "candidate").is_duplicated())
    if len(twice):
        request, candidate = twice["request"][0], twice["candidate"][0]
        rows = twice.filter((pl.col("request") == request) & (pl.col("candidate") == candidate))[
            "row"
        ]
        raise ValueError(
            f"Rows {rows[0] + 1} and {rows[1] + 1} of {source} both hold the candidate "
            f"{excerpt(candidate)} of the request {excerpt(request)}: leave one of them."
        )
    each = frame.group_by("request", maintain_order=True).agg(
        pl.len().alias("size"),
        *[pl.col(name).first().alias(name) for name in ("user", "time")],
        *[pl.col(name).last().alias(f"last {name}") for name in ("user", "time")],
        *[pl.col(name).n_unique().alias(f"{name}s") for name in ("user", "time")],
    )
    for name in ("user", "time"):
        several = each.filter(pl.col(f"{name}s") > 1)
        if len(several):
            raise ValueError(
                f"The request {excerpt(several['request'][0])} of {source} has "
                f"{several[f'{name}s'][0]} {name}s: a request is of one {name}. Are ids of "
                "requests used again?"
            )
    alone = each.filter(pl.col("size") == 1)
    if len(alone):
        raise ValueError(
            f"The request {excerpt(alone['request'][0])} of {source} has one candidate, which "
            f"leaves nothing to choose: delete such requests ({len(alone):,} of {len(each):,})."
        )


def in_order_of_time(frame: pl.DataFrame) -> pl.DataFrame:
    """Number requests, users and candidates from 0, requests by time, and sort by request.

    Requests of one time, and the rows of a request, keep their order in the file.
    """
    order = (
        frame.group_by("request")
        .agg(pl.col("time").first(), pl.col("row").min())
        .sort("time", "row")
        .select("request", pl.int_range(pl.len(), dtype=pl.Int64).alias("number"))
    )
    return (
        frame.join(order, on="request", how="left")
        .sort("number", "row")
        .with_columns(
            pl.col("number").alias("request"),
            *[pl.col(name).rank("dense").cast(pl.Int64) - 1 for name in ("user", "candidate")],
        )
        .drop("number", "time", "row")
    )
