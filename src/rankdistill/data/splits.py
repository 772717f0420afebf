"""Splits into training, validation and test: at random, by time, by user, a few of each user."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import (
    TEST,
    VALIDATION,
    Split,
    check_counts,
    check_shares,
    last_few_of_each_user,
    last_of_each_user,
    last_shares,
    last_shares_of_each_user,
    log_kept_whole,
    parted,
    rounded,
)
from rankdistill.data.ties import (
    check_ties,
    order_of_time,
    ties_of_each_user,
    ties_of_everybody,
)


@dataclass(frozen=True)
class RandomSplit:
    """Hold out pairs at random.

    Args:
        validation: Share of the pairs.
        test: Share of the pairs.
        per_user: Hold out these shares of every user's items, rounded; a user with too few items
            for that keeps them all in training.
    """

    validation: float
    test: float
    per_user: bool

    def __post_init__(self) -> None:
        check_shares(self.validation, self.test)

    def __call__(self, interactions: Interactions, generator: torch.Generator) -> Split:
        """Split with a CPU generator; the same state gives the same split."""
        order = torch.randperm(interactions.num_interactions, generator=generator)
        if not self.per_user:
            return parted(interactions, last_shares(order, self.validation, self.test), self)
        parts = last_shares_of_each_user(interactions, order, self.validation, self.test)
        return parted(interactions, parts, self)


@dataclass(frozen=True)
class UserHalvesSplit:
    """Hold out a share of every user's items; some users are for validation, the others for test.

    The protocol of the unbiased-distillation literature on MovieLens 1M: no user is both chosen
    on and reported, so that nothing but training items is masked.

    Args:
        held_out: Share of a user's items, rounded; a user with too few keeps them all in training.
        validation_users: Share of the users whose held-out items are for validation.
    """

    held_out: float
    validation_users: float

    def __post_init__(self) -> None:
        for name in ("held_out", "validation_users"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {getattr(self, name)!r}.")

    @property
    def validation(self) -> float:
        """Share of all pairs that is for validation."""
        return self.held_out * self.validation_users

    @property
    def test(self) -> float:
        """Share of all pairs that is for test."""
        return self.held_out - self.validation

    def __call__(self, interactions: Interactions, generator: torch.Generator) -> Split:
        """Split with a CPU generator; the same state gives the same split."""
        order = torch.randperm(interactions.num_interactions, generator=generator)
        users = torch.randperm(interactions.num_users, generator=generator)
        for_test = users >= int(rounded(torch.tensor(len(users)), self.validation_users))
        held_out = rounded(interactions.counts, self.held_out)
        too_few = (held_out == 0) | (held_out >= interactions.counts)
        log_kept_whole(interactions.counts, too_few, f"a share of {self.held_out:g}")
        none = torch.zeros_like(held_out)
        parts = last_of_each_user(interactions, order, none, held_out * ~too_few)
        parts[(parts == TEST) & ~for_test[interactions.user_ids]] = VALIDATION
        return parted(interactions, parts, self)


@dataclass(frozen=True)
class TemporalSplit:
    """Hold out the latest pairs of all: training ends before validation, and that before test.

    Args:
        validation: Share of the pairs.
        test: Share of the pairs.
        ties: What comes first of pairs of one time: "random", by the generator, or "file", what
            comes first in the file.
    """

    validation: float
    test: float
    ties: str

    def __post_init__(self) -> None:
        check_shares(self.validation, self.test)
        check_ties(self.ties)

    def __call__(self, interactions: Interactions, generator: torch.Generator) -> Split:
        """Split by timestamp; the generator breaks ties."""
        order = order_of_time(interactions, "temporal", self.ties, generator)
        parts = last_shares(order, self.validation, self.test)
        ties = ties_of_everybody(interactions, parts >= VALIDATION, parts == TEST, self.ties)
        ties.tell(interactions.file_rows is not None)
        return parted(interactions, parts, self, ties)


@dataclass(frozen=True)
class LeaveRandomOut:
    """Hold out a few items of each user, drawn at random.

    A user with no more items than are held out keeps them all in training.

    Args:
        validation: Items of a user for validation.
        test: Items of a user for test.
    """

    validation: int
    test: int

    def __post_init__(self) -> None:
        check_counts(self.validation, self.test)

    def __call__(self, interactions: Interactions, generator: torch.Generator) -> Split:
        """Split with a CPU generator; the same state gives the same split."""
        order = torch.randperm(interactions.num_interactions, generator=generator)
        parts = last_few_of_each_user(interactions, order, self.validation, self.test)
        return parted(interactions, parts, self)


@dataclass(frozen=True)
class LeaveLastOut:
    """Hold out each user's latest items.

    A user with no more items than are held out keeps them all in training.

    Args:
        validation: Items of a user before the test items.
        test: The very last items of a user.
        ties: What comes first of a user's items of one time: "random", by the generator, or
            "file", what comes first in the file.
    """

    validation: int
    test: int
    ties: str

    def __post_init__(self) -> None:
        check_counts(self.validation, self.test)
        check_ties(self.ties)

    def __call__(self, interactions: Interactions, generator: torch.Generator) -> Split:
        """Split by timestamp; the generator breaks ties."""
        order = order_of_time(interactions, "leave-last-out", self.ties, generator)
        parts = last_few_of_each_user(interactions, order, self.validation, self.test)
        ties = ties_of_each_user(interactions, parts >= VALIDATION, parts == TEST, self.ties)
        ties.tell(interactions.file_rows is not None)
        return parted(interactions, parts, self, ties)
