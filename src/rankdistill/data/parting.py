"""Which part each pair of a split goes to, and the checks that all splitters share."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.data.ties import Ties

logger = logging.getLogger(__name__)

TRAIN, VALIDATION, TEST, OF_HISTORY = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class Split:
    """Parts of one set of users and items that share no (user, item) pair.

    Attributes:
        train: What models learn from.
        validation: What choices are made on.
        test: What is reported.
        ties: Whose held-out items hung on a tie in time; None where time did not decide.
        history: What users have had of whom training sees nothing, where all users with held-out
            items are such; None where models are measured on users that they were trained on.
    """

    train: Interactions
    validation: Interactions
    test: Interactions
    ties: Ties | None = None
    history: Interactions | None = None

    def __post_init__(self) -> None:
        sizes = {(part.num_users, part.num_items) for part in self.parts}
        assert len(sizes) == 1, f"parts of different users or items: {sizes}"
        if self.history is not None:
            new = self.history.counts > 0
            assert not bool((new & (self.train.counts > 0)).any()), "training knows a new user"
            held_out = self.validation.counts + self.test.counts > 0
            assert bool(new[held_out].all()), "a user with held-out items has no history"

    @property
    def parts(self) -> tuple[Interactions, Interactions, Interactions]:
        """Training, validation and test."""
        return self.train, self.validation, self.test

    @cached_property
    def told(self) -> Interactions:
        """What models are told of users to rank for them: their training items, or a history."""
        return self.train if self.history is None else self.train.union(self.history)

    @property
    def everything(self) -> Interactions:
        """All parts, joined."""
        return self.told.union(self.validation).union(self.test)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with any pair or part."""
        parts = self.parts if self.history is None else (*self.parts, self.history)
        text = " ".join(part.fingerprint for part in parts)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to(self, device: torch.device | str) -> Split:
        """Move the tensors to a device."""
        train, validation, test = (part.to(device) for part in self.parts)
        history = None if self.history is None else self.history.to(device)
        return Split(train, validation, test, history=history)


def all_for_training(split: Split) -> Split:
    """Join all parts into one that is trained on; nothing is held out."""
    everything = split.everything
    nothing = everything.select(torch.zeros(everything.num_interactions, dtype=torch.bool))
    return Split(everything, nothing, nothing)


class Splitter(Protocol):
    """Divides interactions; a part whose share is not zero must not come out empty."""

    @property
    def validation(self) -> float:
        """Share or number held out for validation."""
        ...

    @property
    def test(self) -> float:
        """Share or number held out for test."""
        ...

    def __call__(self, interactions: Interactions, generator: torch.Generator) -> Split:
        """Split with a CPU generator; the same state gives the same split."""
        ...


def check_shares(validation: float, test: float) -> None:
    """Raise a ValueError unless both are shares and leave something for training."""
    for name, share in (("validation", validation), ("test", test)):
        if not 0 <= share < 1:
            raise ValueError(f"{name} must be a share in [0, 1), got {share!r}.")
    if not 0 < validation + test < 1:
        raise ValueError(
            f"validation and test must sum to more than 0 and less than 1, "
            f"got {validation!r} and {test!r}."
        )


def check_counts(validation: int, test: int) -> None:
    """Raise a ValueError unless both are numbers of a user's items, and one of them is positive."""
    for name, value in (("validation", validation), ("test", test)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"{name} must be a whole number of items, got {value!r}.")
    if validation + test == 0:
        raise ValueError("validation and test are both 0: nothing would be held out.")


def rounded(counts: Tensor, share: float) -> Tensor:
    """Shares of counts, halves rounded up."""
    return (counts.double() * share + 0.5 + 1e-9).floor().long()


def last_shares(order: Tensor, validation: float, test: float) -> Tensor:
    """The part of each pair, when the last shares of an order of all pairs are held out."""
    num_pairs = torch.tensor(len(order))
    test_start = len(order) - int(rounded(num_pairs, test))
    validation_start = test_start - int(rounded(num_pairs, validation))
    parts = torch.full((len(order),), TRAIN, dtype=torch.int8)
    parts[order[validation_start:test_start]] = VALIDATION
    parts[order[test_start:]] = TEST
    return parts


def last_of_each_user(
    interactions: Interactions, order: Tensor, validation: Tensor, test: Tensor
) -> Tensor:
    """Assign each pair to a part; the last pairs of each user, in an order, are held out.

    Args:
        interactions: What is split.
        order: (num_interactions,) positions of all pairs, in any order of users.
        validation: (num_users,) pairs held out before the test pairs.
        test: (num_users,) pairs held out at the end.

    Returns:
        (num_interactions,) int8 of TRAIN, VALIDATION and TEST.
    """
    users = interactions.user_ids
    grouped = order[torch.argsort(users[order], stable=True)]
    from_the_end = interactions.offsets[1:][users] - 1 - torch.arange(len(users))
    parts = torch.full((len(users),), TRAIN, dtype=torch.int8)
    parts[grouped[from_the_end < (validation + test)[users]]] = VALIDATION
    parts[grouped[from_the_end < test[users]]] = TEST
    return parts


def last_few_of_each_user(
    interactions: Interactions, order: Tensor, validation: int, test: int
) -> Tensor:
    """Hold out a few pairs of each user, the last in an order, where others are left to train on.

    Args:
        interactions: What is split.
        order: (num_interactions,) positions of all pairs, in any order of users.
        validation: Pairs of a user held out before the test pairs.
        test: Pairs of a user held out at the end.

    Returns:
        (num_interactions,) int8 of TRAIN, VALIDATION and TEST.
    """
    held_out = validation + test
    enough = interactions.counts > held_out
    log_kept_whole(interactions.counts, ~enough, f"{held_out} held-out items")
    return last_of_each_user(interactions, order, validation * enough, test * enough)


def last_shares_of_each_user(
    interactions: Interactions, order: Tensor, validation: float, test: float
) -> Tensor:
    """Hold out shares of each user's pairs, rounded, the last in an order.

    A user with too few pairs for that keeps them all in training.

    Args:
        interactions: What is split.
        order: (num_interactions,) positions of all pairs, in any order of users.
        validation: Share of a user's pairs before the test pairs.
        test: Share of a user's pairs at the end.

    Returns:
        (num_interactions,) int8 of TRAIN, VALIDATION and TEST.
    """
    counts = interactions.counts
    for_validation, for_test = rounded(counts, validation), rounded(counts, test)
    held_out = for_validation + for_test
    too_few = (held_out == 0) | (held_out >= counts)
    log_kept_whole(counts, too_few, f"shares of {validation:g} and {test:g}")
    return last_of_each_user(interactions, order, for_validation * ~too_few, for_test * ~too_few)


def parted(
    interactions: Interactions, parts: Tensor, splitter: Splitter, ties: Ties | None = None
) -> Split:
    """The split that (num_interactions,) parts describe; a ValueError where a part is empty."""
    train, validation, test = (
        interactions.select(parts == part) for part in (TRAIN, VALIDATION, TEST)
    )
    of_new = parts == OF_HISTORY
    history = interactions.select(of_new) if bool(of_new.any()) else None
    split = Split(train, validation, test, ties, history)
    for name, wanted, part in (
        ("training", 1, split.train),
        ("validation", splitter.validation, split.validation),
        ("test", splitter.test, split.test),
    ):
        if wanted and part.num_interactions == 0:
            raise ValueError(
                f"{splitter} leaves the {name} part of {interactions.num_interactions} "
                f"interactions of {interactions.num_users} users empty; change its shares."
            )
    return split


def log_kept_whole(counts: Tensor, too_few: Tensor, needed: str) -> None:
    """Tell how many users, by (num_users,) bool, have too few items to hold any out."""
    kept_whole = int((too_few & (counts > 0)).sum())
    if kept_whole:
        logger.info(
            "%d of %d users have too few items for %s and stay wholly in training.",
            kept_whole,
            len(counts),
            needed,
        )
