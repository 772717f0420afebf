"""Gumbel noise: what is added to log weights so that the largest sum is a draw by the weights."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.draws.draws import Draws


def gumbel_noise(shape: torch.Size, draws: Draws) -> Tensor:
    """Standard Gumbel noise, finite, float32 on the device of its draws."""
    # Several times faster on a CPU than exponential_.
    uniform = draws.uniform(shape)
    # Draws go from 0, which is lifted here, to below 1: both logarithms are finite.
    exponential = uniform.clamp_min_(torch.finfo(uniform.dtype).tiny).log_().neg_()
    return exponential.log_().neg_()
