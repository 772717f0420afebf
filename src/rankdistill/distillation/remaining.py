"""The softmax of score rows that some items are left out of."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.devices import is_near


def shares_of_remaining(remaining: Tensor) -> tuple[Tensor, Tensor]:
    """The softmax of rows, and from it their log sum exp: its largest is exp(largest - lse).

    One pass gives both, and the shares are the gradient of the log sum exp.

    Args:
        remaining: (batch, num_items) without gradient, -inf where an item is left out.

    Returns:
        (batch, num_items) shares, zeros where nothing remains, and (batch,), -inf there.
    """
    largest = remaining.amax(1)
    shares = torch.softmax(remaining, 1)
    normalizers = largest - shares.amax(1).log()
    empty = largest == -torch.inf
    if not is_near(empty) or bool(empty.any()):  # no other device is asked and waited for
        shares.masked_fill_(empty[:, None], 0.0)
        normalizers.masked_fill_(empty, -torch.inf)
    return shares, normalizers
