"""Draws of ranked items with a probability that falls with the rank."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.distillation.gumbel import gumbel_noise
from rankdistill.draws.draws import Draws


def draw_positions(log_weights: Tensor, num_draws: int, draws: Draws) -> Tensor:
    """Draw positions without replacement, each next one in proportion to its weight.

    The largest values of log weight plus Gumbel noise are such a draw, all rows at once.

    Args:
        log_weights: (batch, n) or (1, n) log of unnormalised weights; -inf is never drawn while
            something else is left.
        num_draws: Positions per row, at most n.
        draws: Source of the noise, on the same device.

    Returns:
        (batch, num_draws) int64 positions in the order of the draw.

    Raises:
        ValueError: If there are fewer than ``num_draws`` positions.
    """
    if not 1 <= num_draws <= log_weights.shape[1]:
        raise ValueError(
            f"{num_draws} positions cannot be drawn from {log_weights.shape[1]} without repeats."
        )
    noise = gumbel_noise(log_weights.shape, draws)
    return (log_weights + noise).topk(num_draws, dim=1).indices


def decaying_log_weights(num_positions: int, temperature: float) -> Tensor:
    """(num_positions,) float32 log weights -r / temperature of the ranks r = 1, 2, ...

    Args:
        num_positions: Length of the ranking.
        temperature: Ranks over which the weight falls by 1/e; positive.

    Raises:
        ValueError: If ``temperature`` is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}.")
    return -torch.arange(1, num_positions + 1, dtype=torch.float32) / temperature


def positions_at(quantiles: Tensor, num_positions: Tensor, temperature: float) -> Tensor:
    """Invert the distribution p ~ exp(-r / temperature) over the first positions of a ranking.

    Uniform quantiles give draws with replacement at a cost that does not depend on the ranking's
    length.

    Args:
        quantiles: Float32 in [0, 1] of any shape.
        num_positions: Int64 that broadcasts with ``quantiles``: how long each ranking is. Where it
            is zero the answer is zero.
        temperature: Ranks over which the probability falls by 1/e; positive.

    Returns:
        Int64 zero-based positions, r - 1, in the broadcast shape.

    Raises:
        ValueError: If ``temperature`` is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}.")
    mass = -torch.expm1(num_positions / -temperature)
    positions = torch.log1p(-quantiles * mass) * -temperature
    last = (num_positions - 1).clamp_min(0).to(positions.dtype)
    return positions.minimum(last).long()  # the last one also where rounding leads to infinity
