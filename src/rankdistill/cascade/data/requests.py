"""Requests: moments at which a user is shown items, cut from ratings in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions


@dataclass(frozen=True, eq=False)
class Requests:
    """Requests in order of user and time, and the ratings that they are cut from.

    A request is a page of successive ratings of one visit. The rankers choose at the time of its
    first rating; the ratings of the page are the user's response. Its history is the user's
    ratings before it, all strictly earlier.

    Attributes:
        user_ids: (requests,) int64.
        times: (requests,) int64 seconds.
        parts: (requests,) int64, TRAIN, VALIDATION or TEST.
        history_starts: (requests,) int64 place of the user's first rating.
        starts: (requests + 1,) int64; request r has the ratings ``starts[r]:starts[r + 1]``, its
            history is ``history_starts[r]:starts[r]``.
        item_ids: (num_ratings,) int64, in order of user and time.
        ratings: (num_ratings,) float32.
        rating_times: (num_ratings,) int64 seconds.
        num_items: Size of the catalogue.
    """

    user_ids: Tensor
    times: Tensor
    parts: Tensor
    history_starts: Tensor
    starts: Tensor
    item_ids: Tensor
    ratings: Tensor
    rating_times: Tensor
    num_items: int

    def __len__(self) -> int:
        return len(self.user_ids)

    def of_part(self, part: int) -> Tensor:
        """(n,) int64 ids of the requests of a part."""
        return (self.parts == part).nonzero().squeeze(1)

    def rated(self, request_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Find the ratings of some requests.

        Args:
            request_ids: (batch,) int64.

        Returns:
            (n,) row in the batch and (n,) place of the rating, both int64.
        """
        return _spans(self.starts[request_ids], self.starts[request_ids + 1])

    def before(self, request_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Find the histories of some requests; returns as ``rated``."""
        return _spans(self.history_starts[request_ids], self.starts[request_ids])

    @cached_property
    def histories(self) -> Tensor:
        """(requests,) int64 length of each request's history."""
        return self.starts[:-1] - self.history_starts


def cut_requests(parts: Sequence[Interactions], page: int, visit_gap: float) -> Requests:
    """Cut ratings that are split by time into requests.

    A page ends after ``page`` ratings, at a pause, and where a part ends. Ratings of one second
    stay on one page, which may thus become longer.

    Args:
        parts: Training, validation and test interactions, with ratings and timestamps.
        page: Number of ratings of a page, at least 1.
        visit_gap: Pause in hours that ends a visit.

    Raises:
        ValueError: If ratings or timestamps are missing, a rating is not positive, or the parts
            are not split by time.
    """
    if page < 1 or visit_gap <= 0:
        raise ValueError(
            "requests.page must be at least 1 and requests.visit_gap positive, got "
            f"{page} and {visit_gap}."
        )
    times, ratings = _times_and_ratings(parts)
    part_of = np.repeat(np.arange(len(parts)), [part.num_interactions for part in parts])
    users = torch.cat([part.user_ids for part in parts]).numpy()
    items = torch.cat([part.item_ids for part in parts]).numpy()
    order = np.lexsort((items, part_of, times, users))
    users, items, times, ratings, part_of = (
        column[order] for column in (users, items, times, ratings, part_of)
    )
    places = np.arange(len(users))
    other_user = _changes(users)
    new_second = other_user | _changes(times)
    # A second that the split has cut in two belongs to the part in which it begins.
    seconds = np.maximum.accumulate(np.where(new_second, places, 0))
    part_of = part_of[seconds]
    pause = np.r_[True, np.diff(times) > 3600 * visit_gap]
    new_visit = other_user | pause | _changes(part_of)
    visits = np.maximum.accumulate(np.where(new_visit, places, 0))
    begins = new_visit | _changes((seconds - visits) // page)
    first = np.flatnonzero(begins)
    user_starts = np.maximum.accumulate(np.where(other_user, places, 0))
    return Requests(
        user_ids=torch.from_numpy(users[first]),
        times=torch.from_numpy(times[first]),
        parts=torch.from_numpy(part_of[first]),
        history_starts=torch.from_numpy(user_starts[first]),
        starts=torch.from_numpy(np.r_[first, len(users)]),
        item_ids=torch.from_numpy(items),
        ratings=torch.from_numpy(ratings),
        rating_times=torch.from_numpy(times),
        num_items=parts[0].num_items,
    )


def _times_and_ratings(parts: Sequence[Interactions]) -> tuple[np.ndarray, np.ndarray]:
    times, ratings = [], []
    for part in parts:
        if part.timestamps is None or part.ratings is None:
            raise ValueError(
                "A cascade needs ratings and timestamps: use a MovieLens release, or "
                "data.rating_column=... data.timestamp_column=... of your own data."
            )
        if not bool((part.ratings > 0).all()):
            raise ValueError(
                "A cascade needs positive ratings, such as stars, because 0 stands for an item "
                f"that was passed by; the smallest rating here is {float(part.ratings.min()):g}."
            )
        times.append(part.timestamps.floor().long().numpy())  # requests count whole seconds
        ratings.append(part.ratings.numpy())
    for earlier, later in pairwise(times):
        if len(earlier) and len(later) and earlier.max() > later.min():
            raise ValueError(
                "A cascade is trained on the past and tested on the future: use split=temporal."
            )
    return np.concatenate(times), np.concatenate(ratings)


def _changes(values: np.ndarray) -> np.ndarray:
    """Where a value differs from the one before it; true for the first."""
    return np.r_[True, values[1:] != values[:-1]]


def _spans(starts: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    counts = ends - starts
    rows = torch.arange(len(starts), device=starts.device).repeat_interleave(counts)
    shift = starts - (counts.cumsum(0) - counts)
    return rows, torch.arange(len(rows), device=starts.device) + shift[rows]
