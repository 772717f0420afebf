"""What a teacher's ranked lists teach, and how much each weighs in a distillation loss."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.backbones.listed import Listed
from rankdistill.data.interactions import Interactions

_SHORTER = 0.01  # share of the lists that do not shorten what methods read


class TaughtLists(NamedTuple):
    """The lists that teach something.

    Attributes:
        lengths: (num_lists,) int64, items on each list that its user has not seen in training.
        confidences: (num_lists,) float32, not negative: how much to trust each list.
    """

    lengths: Tensor
    confidences: Tensor

    @property
    def shortest_list(self) -> int:
        """How many items a method may read of a list.

        That is the fewest on a list that teaches anything. The shortest one in a hundred, and at
        least one, do not count.
        """
        lengths = self.lengths[self._teaching(1)].sort().values
        return int(lengths[min(max(1, int(_SHORTER * len(lengths))), len(lengths) - 1)])

    def weights(self, list_length: int) -> Tensor:
        """Weigh lists in the loss of a method: (num_lists,) float32.

        A list weighs c over the mean of c, with c the confidence in it; the mean is over the lists
        with at least ``list_length`` unseen items. All others weigh nothing.

        Args:
            list_length: Items of a list that the method reads.
        """
        teaching = self._teaching(list_length)
        return self.confidences * teaching / self.confidences[teaching].mean()

    def _teaching(self, list_length: int) -> Tensor:
        return (self.lengths >= list_length) & (self.confidences > 0)


def taught_lists(teacher: Listed, train: Interactions) -> TaughtLists:
    """Count what the lists of a teacher hold that users have not seen.

    Args:
        teacher: The lists, on the device of the interactions.
        train: The training interactions.

    Raises:
        ValueError: If the lists teach nobody.
    """
    lengths = teacher.offsets.diff()
    lists = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
    pairs = teacher.owners()[lists] * train.num_items + teacher.item_ids
    places = torch.searchsorted(train.keys, pairs).clamp_max(max(train.num_interactions - 1, 0))
    unseen = train.keys[places] != pairs
    lengths = torch.bincount(lists[unseen], minlength=len(lengths))
    if not bool(((lengths > 0) & (teacher.confidences > 0)).any()):
        raise ValueError(
            "No list of the teacher has both an item that its user has not seen in training and a "
            "confidence above 0: nothing is left to teach."
        )
    return TaughtLists(lengths, teacher.confidences)
