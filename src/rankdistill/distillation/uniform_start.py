"""Where the layers that methods learn begin."""

from __future__ import annotations

import math

import torch
from torch import nn


def uniform_start(
    shape: tuple[int, ...], num_inputs: int, generator: torch.Generator
) -> nn.Parameter:
    """Draw uniformly between -1 / sqrt(num_inputs) and 1 / sqrt(num_inputs).

    Args:
        shape: Of the parameter.
        num_inputs: How many inputs an output adds up.
        generator: Source of the draw; the parameter lies on its device.
    """
    values = torch.empty(shape, device=generator.device)
    bound = 1 / math.sqrt(num_inputs)
    return nn.Parameter(values.uniform_(-bound, bound, generator=generator))
