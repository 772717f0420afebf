"""Ranked lists that a test can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from rankdistill.backbones.listed import Listed, RankedLists
from rankdistill.backbones.placed_lists import PlacedLists


def ranked_lists(
    lists: Sequence[Mapping[int, float]], confidences: Sequence[float] | None = None, **tables
) -> RankedLists:
    """The lists of users 0, 1, ...: scores by item, best first."""
    lengths = [len(each) for each in lists]
    return RankedLists(
        torch.tensor([0, *torch.tensor(lengths).cumsum(0).tolist()]),
        torch.tensor([item for each in lists for item in each], dtype=torch.int64),
        torch.tensor([score for each in lists for score in each.values()]),
        torch.ones(len(lists)) if confidences is None else torch.tensor(confidences),
        num_bytes=100,
        **tables,
    )


def placed(num_items: int, lists: Mapping[tuple[int, int], Mapping[int, float]]) -> PlacedLists:
    """A teacher of lists by user and end, of as many users as there are."""
    users, ends = (torch.tensor(each) for each in zip(*sorted(lists), strict=True))
    teacher = PlacedLists(int(users.max()) + 1, num_items)
    made = ranked_lists([lists[place] for place in sorted(lists)])
    teacher.take(made._replace(users=users, ends=ends))
    return teacher


def listed(
    num_items: int,
    lists: Sequence[Mapping[int, float]],
    confidences: Sequence[float] | None = None,
) -> Listed:
    """A teacher of such lists."""
    teacher = Listed(len(lists), num_items)
    teacher.take(ranked_lists(lists, confidences))
    return teacher
