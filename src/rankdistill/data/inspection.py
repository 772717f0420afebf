"""What interactions are like in numbers: density, times, and what each split leaves unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import torch

from rankdistill.data.datamodule import SplitFunction
from rankdistill.data.interactions import Interactions
from rankdistill.data.unseen import find_unseen

_YEARS_OF_SECONDS = (1e8, 1e10)  # 1973 to 2286: numbers between are dates, in seconds


@dataclass(frozen=True)
class SplitReport:
    """What a split would leave for the test.

    Attributes:
        unknown_users: Share of the test users without a training item.
        unknown_items: Share of the test items without a training user.
        tied_users: Share of users whose held-out items hang on a tie in time.
        test_users: Users with test items.
        fault: Why it cannot be made, or None.
    """

    unknown_users: float = 0.0
    unknown_items: float = 0.0
    tied_users: float = 0.0
    test_users: int = 0
    fault: str | None = None


def density(interactions: Interactions) -> float:
    """The share of all (user, item) pairs that are there."""
    return interactions.num_interactions / (interactions.num_users * interactions.num_items)


def time_span(interactions: Interactions) -> tuple[str, str] | None:
    """The first and the last time, as dates where the numbers can be such; None without times."""
    if interactions.timestamps is None:
        return None
    first, last = float(interactions.timestamps.min()), float(interactions.timestamps.max())
    return _date_or_number(first), _date_or_number(last)


def share_at_one_time(interactions: Interactions) -> float:
    """The share of pairs whose user has another pair of the same time; timestamps are needed."""
    times = interactions.timestamps
    assert times is not None
    order = torch.argsort(times, stable=True)
    order = order[torch.argsort(interactions.user_ids[order], stable=True)]
    users, times = interactions.user_ids[order], times[order]
    as_next = (users[1:] == users[:-1]) & (times[1:] == times[:-1])
    none = torch.zeros(1, dtype=torch.bool)
    tied = torch.cat([none, as_next]) | torch.cat([as_next, none])
    return float(tied.double().mean())


def report_splits(
    interactions: Interactions, splitters: Mapping[str, SplitFunction], seed: int
) -> dict[str, SplitReport]:
    """Measure what each split would leave for the test, by its name.

    Args:
        interactions: What would be split.
        splitters: By name.
        seed: Of the splits.
    """
    return {name: _report(interactions, split, seed) for name, split in splitters.items()}


def _report(interactions: Interactions, splitter: SplitFunction, seed: int) -> SplitReport:
    try:
        split = splitter(interactions, torch.Generator().manual_seed(seed))
    except ValueError as error:
        return SplitReport(fault=str(error))
    unseen = find_unseen(split, split.test)
    ties = split.ties
    return SplitReport(
        unseen.unseen_users / max(1, unseen.users),
        unseen.unseen_items / max(1, unseen.items),
        0.0 if ties is None else ties.tied_users / max(1, ties.users),
        unseen.users,
    )


def _date_or_number(time: float) -> str:
    low, high = _YEARS_OF_SECONDS
    for scale in (1, 1e3, 1e6, 1e9):
        if low <= time / scale < high:
            return f"{datetime.fromtimestamp(time / scale, UTC):%Y-%m-%d %H:%M:%S}"
    return f"{time:g}"
