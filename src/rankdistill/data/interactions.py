"""Interactions: which user interacted with which item, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from rankdistill.data.user_traits import UserTraits
from rankdistill.kernels.ragged_rows import entries_of_rows
from rankdistill.kernels.sorting import argsort_rows, sort_rows


@dataclass(frozen=True, eq=False)
class Labels:
    """Names and descriptions that the source gives, indexed by our consecutive ids.

    Attributes:
        users: (num_users,) str, the source's user ids.
        items: (num_items,) str, the source's item ids.
        titles: (num_items,) str, what a person would call the item, or None.
        genres: (num_items,) str, an item's genres separated by ``|``, or None.
        traits: Age, gender and occupation of the users, or None.
    """

    users: np.ndarray
    items: np.ndarray
    titles: np.ndarray | None = None
    genres: np.ndarray | None = None
    traits: UserTraits | None = None


_OF_EACH_PAIR = ("ratings", "timestamps", "file_rows", "weights")


@dataclass(frozen=True, eq=False)
class Interactions:
    """Unique (user, item) pairs, sorted by user and then by item, in CSR form.

    Attributes:
        offsets: (num_users + 1,) int64; user u has ``item_ids[offsets[u]:offsets[u + 1]]``.
        item_ids: (num_interactions,) int64, ascending within a user.
        num_items: Size of the catalogue; ids are 0 .. num_items - 1.
        ratings: (num_interactions,) float32, or None.
        timestamps: (num_interactions,) int64, or float64 where some are fractions, seconds as a
            rule; or None.
        file_rows: (num_interactions,) int32, the row of the source's file that each pair comes
            from; or None where the order of the source is not known.
        weights: (num_interactions,) float32, positive: how much each pair counts in a ranking
            loss, such as a quantity; or None where all count one.
        labels: The source's names of users and items, or None.
    """

    offsets: Tensor
    item_ids: Tensor
    num_items: int
    ratings: Tensor | None = None
    timestamps: Tensor | None = None
    file_rows: Tensor | None = None
    weights: Tensor | None = None
    labels: Labels | None = None

    @classmethod
    def from_pairs(
        cls,
        user_ids: Tensor,
        item_ids: Tensor,
        num_users: int,
        num_items: int,
        ratings: Tensor | None = None,
        timestamps: Tensor | None = None,
        file_rows: Tensor | None = None,
        weights: Tensor | None = None,
        labels: Labels | None = None,
    ) -> Interactions:
        """Sort pairs that come in any order.

        Args:
            user_ids: (num_interactions,) int64 in [0, num_users).
            item_ids: (num_interactions,) int64 in [0, num_items).
            num_users: Number of users; those without a pair are kept.
            num_items: Size of the catalogue.
            ratings: (num_interactions,) float32, in the order of the pairs.
            timestamps: (num_interactions,) int64 or float64, in the order of the pairs.
            file_rows: (num_interactions,) int32, in the order of the pairs.
            weights: (num_interactions,) float32, in the order of the pairs.
            labels: Names of users and items.

        Raises:
            ValueError: If ids are out of range or a pair occurs twice.
        """
        if user_ids.shape != item_ids.shape or user_ids.dim() != 1:
            raise ValueError(
                f"user_ids {tuple(user_ids.shape)} and item_ids {tuple(item_ids.shape)} "
                "must be vectors of one length."
            )
        for name, ids, size in (("user", user_ids, num_users), ("item", item_ids, num_items)):
            if len(ids) and (int(ids.min()) < 0 or int(ids.max()) >= size):
                raise ValueError(
                    f"{name} ids must lie in [0, {size}), got {int(ids.min())} to {int(ids.max())}."
                )
        keys = user_ids.long() * num_items + item_ids.long()
        counts = torch.bincount(user_ids, minlength=num_users)
        offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        columns = {
            "ratings": ratings,
            "timestamps": timestamps,
            "file_rows": file_rows,
            "weights": weights,
        }
        columns = {name: column for name, column in columns.items() if column is not None}
        if not bool((keys[1:] > keys[:-1]).all()):  # most releases are in order already
            if columns:
                order = argsort_rows(keys)
                keys = keys[order]
                columns = {name: column[order] for name, column in columns.items()}
            else:
                keys = sort_rows(keys)
            if bool((repeated := keys[1:] == keys[:-1]).any()):
                raise ValueError(f"{int(repeated.sum())} (user, item) pairs occur more than once.")
            item_ids = keys % num_items
        return cls(offsets, item_ids.long(), num_items, labels=labels, **columns)

    @property
    def num_users(self) -> int:
        """Number of users, those without interactions included."""
        return len(self.offsets) - 1

    @property
    def num_interactions(self) -> int:
        """Number of (user, item) pairs."""
        return len(self.item_ids)

    @cached_property
    def counts(self) -> Tensor:
        """(num_users,) int64, interactions per user."""
        return self.offsets.diff()

    @cached_property
    def user_ids(self) -> Tensor:
        """(num_interactions,) int64, the user of each pair."""
        users = torch.arange(self.num_users, device=self.offsets.device)
        return users.repeat_interleave(self.counts, output_size=self.num_interactions)

    @cached_property
    def keys(self) -> Tensor:
        """(num_interactions,) int64, ``user * num_items + item``, ascending: for binary search."""
        return self.user_ids * self.num_items + self.item_ids

    @cached_property
    def relative_weights(self) -> Tensor | None:
        """(num_interactions,) float32, the weights with a mean of one; None where all are one."""
        if self.weights is None:
            return None
        return (self.weights / self.weights.double().mean()).float()

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with any pair, id, size or weight, not with ratings."""
        digest = hashlib.sha256(f"{self.num_users} {self.num_items} ".encode())
        for tensor in (self.offsets, self.item_ids):
            digest.update(tensor.cpu().numpy().astype("<i8").tobytes())
        if self.weights is not None:
            digest.update(self.weights.cpu().numpy().astype("<f4").tobytes())
        if self.labels is not None:
            digest.update("\n".join([*self.labels.users, *self.labels.items]).encode())
        return digest.hexdigest()[:16]

    def select(self, mask: Tensor) -> Interactions:
        """Keep the pairs where mask (num_interactions,) is true; users, items and ids stay."""
        counts = torch.bincount(self.user_ids[mask], minlength=self.num_users)
        return replace(
            self,
            offsets=torch.cat([counts.new_zeros(1), counts.cumsum(0)]),
            item_ids=self.item_ids[mask],
            **self._of_each_pair(lambda column: column[mask]),
        )

    def union(self, other: Interactions) -> Interactions:
        """Join two disjoint sets of pairs; ratings are left behind, and what one does not have."""
        weighted = self.weights is not None or other.weights is not None
        return Interactions.from_pairs(
            torch.cat([self.user_ids, other.user_ids]),
            torch.cat([self.item_ids, other.item_ids]),
            self.num_users,
            self.num_items,
            timestamps=_joined(self.timestamps, other.timestamps),
            file_rows=_joined(self.file_rows, other.file_rows),
            weights=torch.cat([self._weights(), other._weights()]) if weighted else None,
            labels=self.labels,
        )

    def pairs_of(self, user_ids: Tensor, total: int | None = None) -> tuple[Tensor, Tensor]:
        """Find the pairs of some users.

        Args:
            user_ids: (batch,) int64, in any order.
            total: Pairs of these users together; None: it is read from the device.

        Returns:
            (n,) row of each pair, the user's position in ``user_ids``, and (n,) its item.
        """
        rows, positions = self.positions_of(user_ids, total)
        return rows, self.item_ids.index_select(0, positions)

    def positions_of(self, user_ids: Tensor, total: int | None = None) -> tuple[Tensor, Tensor]:
        """Find where the pairs of some users stand.

        Args:
            user_ids: (batch,) int64, in any order.
            total: See pairs_of.

        Returns:
            (n,) row of each pair, the user's position in ``user_ids``, and (n,) the position of the
            pair among all pairs.
        """
        return entries_of_rows(self.offsets, user_ids, total)

    def transposed(self) -> Interactions:
        """Swap users and items; only the pairs remain."""
        return Interactions.from_pairs(self.item_ids, self.user_ids, self.num_items, self.num_users)

    def to(self, device: torch.device | str) -> Interactions:
        """Move the tensors to a device."""
        return replace(
            self,
            offsets=self.offsets.to(device),
            item_ids=self.item_ids.to(device),
            **self._of_each_pair(lambda column: column.to(device)),
        )

    def _weights(self) -> Tensor:
        """(num_interactions,) float32, ones where there are none."""
        ones = torch.ones(self.num_interactions, device=self.item_ids.device)
        return ones if self.weights is None else self.weights

    def _of_each_pair(self, change: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
        """Apply a change to every tensor that has a value for each pair."""
        columns = {name: getattr(self, name) for name in _OF_EACH_PAIR}
        return {name: change(column) for name, column in columns.items() if column is not None}


def _joined(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    return None if first is None or second is None else torch.cat([first, second])
