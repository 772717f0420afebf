"""Whom a teacher's ranked lists teach, and how much each list weighs in a distillation loss."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.backbones.listed import Listed
from rankdistill.data.interactions import Interactions

_SHORTER = 0.01  # share of the users with a list whose lists do not shorten what methods read


class TaughtUsers(NamedTuple):
    """The lists that teach something.

    Attributes:
        lengths: (num_users,) int64, items on each list that the user has not seen in training.
        confidences: (num_users,) float32, not negative: how much to trust each list.
    """

    lengths: Tensor
    confidences: Tensor

    @property
    def shortest_list(self) -> int:
        """How many items a method may read of a list.

        That is the fewest on a list that teaches anything. The one user in a hundred, and at least
        one, whose lists are the shortest do not count.
        """
        lengths = self.lengths[self._teaching(1)].sort().values
        return int(lengths[min(max(1, int(_SHORTER * len(lengths))), len(lengths) - 1)])

    def weights(self, list_length: int) -> Tensor:
        """Weigh users in the loss of a method: (num_users,) float32.

        A user weighs c over the mean of c, with c the confidence in the list; the mean is over the
        users with at least ``list_length`` unseen items on their lists. All others weigh nothing.

        Args:
            list_length: Items of a list that the method reads.
        """
        teaching = self._teaching(list_length)
        return self.confidences * teaching / self.confidences[teaching].mean()

    def _teaching(self, list_length: int) -> Tensor:
        return (self.lengths >= list_length) & (self.confidences > 0)


def taught_users(teacher: Listed, train: Interactions) -> TaughtUsers:
    """Count what the lists of a teacher hold that users have not seen.

    Args:
        teacher: The lists, on the device of the interactions.
        train: The training interactions.

    Raises:
        ValueError: If the lists teach nobody.
    """
    lengths = teacher.offsets.diff()
    users = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
    pairs = users * train.num_items + teacher.item_ids
    places = torch.searchsorted(train.keys, pairs).clamp_max(max(train.num_interactions - 1, 0))
    unseen = train.keys[places] != pairs
    lengths = torch.bincount(users[unseen], minlength=len(lengths))
    if not bool(((lengths > 0) & (teacher.confidences > 0)).any()):
        raise ValueError(
            "No list of the teacher has both an item that its user has not seen in training and a "
            "confidence above 0: nothing is left to teach."
        )
    return TaughtUsers(lengths, teacher.confidences)
