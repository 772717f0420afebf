"""Small request logs, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from rankdistill.cascade.data.logged_requests import LoggedRequests
from rankdistill.cascade.data.made_log import write_made_log
from rankdistill.cascade.data.request_log import LogTable, RequestLog
from tests.from_conf import settings_in


def small_log() -> pl.DataFrame:
    """Three requests of two users with two or three candidates, the latest request first."""
    return pl.DataFrame(
        {
            "request": ["c", "c", "a", "a", "a", "b", "b"],
            "user": [1, 1, 1, 1, 1, 2, 2],
            "candidate": ["x", "y", "x", "y", "z", "z", "x"],
            "time": [30, 30, 10, 10, 10, 20, 20],
            "label_click": [0, 1, 1, 0, 0, 1, 0],
            "final_click": [0.2, 0.7, 0.9, 0.4, None, 0.5, 0.1],
            "age": [40, 40, 40, 40, 40, None, None],
            "topic": ["news", "music", "news", "music", "music", "music", "news"],
            "distance": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
        }
    )


def reader(path: Path, **changed: Any) -> RequestLog:
    """A reader with the settings of conf/."""
    return RequestLog(**{**settings_in("data/request_log"), "path": str(path), **changed})


def read(frame: pl.DataFrame, folder: Path, **changed: Any) -> LogTable:
    """Write a log and read it."""
    frame.write_parquet(folder / "log.parquet")
    return reader(folder / "log.parquet", **changed).load()


def made_requests(folder: Path, requests: int = 60, candidates: int = 12) -> LoggedRequests:
    """The example log, small, read and split."""
    path = folder / "made.parquet"
    write_made_log(path, requests, candidates)
    return LoggedRequests.of(reader(path).load(), (0.2, 0.2), rare=2)
