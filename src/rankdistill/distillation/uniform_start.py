"""Where the layers that methods learn begin."""

from __future__ import annotations

import math

from torch import nn

from rankdistill.draws.draws import Draws


def uniform_start(shape: tuple[int, ...], num_inputs: int, draws: Draws) -> nn.Parameter:
    """Draw uniformly between -1 / sqrt(num_inputs) and 1 / sqrt(num_inputs).

    Args:
        shape: Of the parameter.
        num_inputs: How many inputs an output adds up.
        draws: Source of the draw; the parameter lies on its device.
    """
    bound = 1 / math.sqrt(num_inputs)
    return nn.Parameter(draws.uniform(shape, -bound, bound))
