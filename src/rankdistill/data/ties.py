"""Ties in time: how a split breaks them, and how many users' held-out items hung on one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions

logger = logging.getLogger(__name__)

TIES = ("random", "file")


@dataclass(frozen=True)
class Ties:
    """Users whose held-out items were chosen among items of one time.

    Attributes:
        users: Users with held-out items.
        tied_users: Those of whom an item of the same time as a held-out one went to another part.
        tied_test_users: Those of whom a test item could as well have gone to another part.
        broken_by: What decided: "random" or "file".
    """

    users: int
    tied_users: int
    tied_test_users: int
    broken_by: str

    def sentence(self) -> str | None:
        """Say how many they are; None where there are none."""
        if self.tied_users == 0:
            return None
        how = "the split's seed" if self.broken_by == "random" else "the order of the file"
        return (
            f"Held-out items of {self.tied_users:,} of {self.users:,} users (test items of "
            f"{self.tied_test_users:,}) were chosen among items of one time; {how} decided."
        )

    def tell(self, has_file_order: bool) -> None:
        """Log how many they are; warn where they are most users.

        Args:
            has_file_order: Whether the order of the file could decide.
        """
        text = self.sentence()
        if text is None:
            return
        if 2 * self.tied_users <= self.users:
            logger.info(text)
            return
        in_file = " split.ties=file takes the order of a file that is in order of time;"
        choice = in_file if has_file_order and self.broken_by == "random" else ""
        logger.warning("%s Time says little here:%s split=random uses no times.", text, choice)


def check_ties(ties: str) -> None:
    """Raise a ValueError unless it names a way to break ties."""
    if ties not in TIES:
        raise ValueError(f"split.ties must be 'random' or 'file', got {ties!r}.")


def order_of_time(
    interactions: Interactions, split: str, ties: str, generator: torch.Generator
) -> Tensor:
    """Order all pairs by time: (num_interactions,) int64 positions, the earliest first.

    Args:
        interactions: What is split.
        split: The name of the split, for messages.
        ties: "random": pairs of one time come in an order that is drawn; "file": in the file's.
        generator: What random ties are drawn with; a CPU generator.

    Raises:
        ValueError: If there are no timestamps, or no order of a file where it is asked for.
    """
    times = interactions.timestamps
    if times is None:
        raise ValueError(
            f"A {split} split needs timestamps, and these interactions have none: name them with "
            "data.timestamp_column=..., or use split=random."
        )
    if ties == "random":
        before = torch.randperm(len(times), generator=generator)
    elif interactions.file_rows is not None:
        before = torch.argsort(interactions.file_rows)
    else:
        raise ValueError(
            "split.ties=file needs data that keep the order of their file, as data=delimited does; "
            "use split.ties=random."
        )
    return before[torch.argsort(times[before], stable=True)]


def ties_of_each_user(
    interactions: Interactions, held_out: Tensor, tested: Tensor, broken_by: str
) -> Ties:
    """Count ties where each user's latest pairs are held out.

    Args:
        interactions: With timestamps.
        held_out: (num_interactions,) bool, the validation and test pairs.
        tested: (num_interactions,) bool, the test pairs.
        broken_by: What decided: "random" or "file".
    """
    users, times = interactions.user_ids, _times(interactions)

    def are_tied(later: Tensor) -> Tensor:
        size = interactions.num_users
        first_later = -_latest(users, -times, later, size)
        last_earlier = _latest(users, times, ~later, size)
        has_both = _with_any(users, later, size) & _with_any(users, ~later, size)
        return has_both & (first_later == last_earlier)

    return _count(interactions, held_out, tested, broken_by, are_tied)


def ties_of_everybody(
    interactions: Interactions, held_out: Tensor, tested: Tensor, broken_by: str
) -> Ties:
    """Count ties where the latest pairs of all are held out.

    Args:
        interactions: With timestamps.
        held_out: (num_interactions,) bool, the validation and test pairs.
        tested: (num_interactions,) bool, the test pairs.
        broken_by: What decided: "random" or "file".
    """
    times = _times(interactions)

    def are_tied(later: Tensor) -> Tensor:
        if not bool(later.any()) or bool(later.all()):
            return torch.zeros(interactions.num_users, dtype=torch.bool)
        cut = times[later].min()
        at_the_cut = later & (times == cut) & (times[~later].max() == cut)
        return _with_any(interactions.user_ids, at_the_cut, interactions.num_users)

    return _count(interactions, held_out, tested, broken_by, are_tied)


def _count(
    interactions: Interactions,
    held_out: Tensor,
    tested: Tensor,
    broken_by: str,
    are_tied: Callable[[Tensor], Tensor],
) -> Ties:
    """Count the users that ``are_tied``, (num_users,) bool, for either cut between parts."""
    of_test = are_tied(tested)
    of_any = of_test | are_tied(held_out)
    users = _with_any(interactions.user_ids, held_out, interactions.num_users)
    return Ties(int(users.sum()), int(of_any.sum()), int(of_test.sum()), broken_by)


def _times(interactions: Interactions) -> Tensor:
    assert interactions.timestamps is not None
    return interactions.timestamps


def _with_any(users: Tensor, mask: Tensor, num_users: int) -> Tensor:
    """(num_users,) bool: has a pair where mask is true."""
    return torch.bincount(users[mask], minlength=num_users) > 0


def _latest(users: Tensor, times: Tensor, mask: Tensor, num_users: int) -> Tensor:
    """(num_users,) the latest of each user's times where mask is true; 0 where there is none."""
    latest = times.new_zeros(num_users)
    return latest.scatter_reduce(0, users[mask], times[mask], "amax", include_self=False)
