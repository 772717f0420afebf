"""Differentiable draws of one choice among several, which harden as training goes on."""

from __future__ import annotations

import torch
from torch import Tensor

FINAL_TEMPERATURE = 1e-10
"""Where annealing ends, as published."""


def annealed_temperature(epoch: int, anneal_epochs: int) -> float:
    """Temperature of the draws: exponentially from 1 down to 1e-10, where it stays.

    Args:
        epoch: From 0.
        anneal_epochs: Epochs that the fall takes; positive.

    Raises:
        ValueError: If ``anneal_epochs`` is not positive.

    Reference:
        Kang et al., CIKM 2020.
    """
    if anneal_epochs < 1:
        raise ValueError(f"anneal_epochs must be at least 1, got {anneal_epochs}.")
    return FINAL_TEMPERATURE ** min(epoch / anneal_epochs, 1.0)


def gumbel_softmax(logits: Tensor, noise: Tensor, temperature: float) -> Tensor:
    """A differentiable draw of one expert per row, the closer to one-hot the lower the temperature.

    Args:
        logits: (n, num_experts) log probabilities, up to a constant per row.
        noise: (n, num_experts) standard Gumbel noise.
        temperature: Positive.

    Returns:
        (n, num_experts) shares, each row summing to one; finite at any temperature.

    Raises:
        ValueError: If the shapes differ, so that rows would share their noise.
    """
    if logits.shape != noise.shape:
        raise ValueError(
            f"noise {tuple(noise.shape)} does not fit logits {tuple(logits.shape)}: "
            "expected equal shapes."
        )
    # Float32 log odds are no finer than 1e-7: a lower temperature only blows up gradients of ties.
    return torch.softmax((logits + noise) / max(temperature, 1e-6), dim=1)
