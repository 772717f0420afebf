"""Scores of ranked lists without ties, so that every way of sorting them keeps their order."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.kernels.ordered_keys import turned_bits

_APART = 1 << 34
"""More than the keys of any two scores and the length of any list lie apart."""


def without_ties(scores: Tensor, list_ids: Tensor, positions: Tensor) -> Tensor:
    """Lower scores that do not lie below the one before them to the next number below it.

    Args:
        scores: (n,) float32, of magnitude below 1e30, list after list, each best first.
        list_ids: (n,) int64 below 2^28, ascending: the list of each score.
        positions: (n,) int64 below 2^31: the position of each score in its list, from 0.

    Returns:
        (n,) float32 that fall within a list. A score that lies below all before it is unchanged.
    """
    keys = turned_bits((scores + 0.0).view(torch.int32)).long()  # -0.0 + 0.0 is 0.0
    keys = keys + (keys < 0).long()  # -0.0 is no number below 0.0
    apart = positions - list_ids * _APART
    keys = (keys + apart).cummin(0).values - apart
    return turned_bits((keys - (keys < 0).long()).int()).view(torch.float32)
