"""Weights of items whose sums over histories come near vectors that users are to have."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.backbones.histories import Histories
from rankdistill.kernels.bags import bag_sums


def fitted_parts(
    histories: Histories, scales: Tensor, vectors: Tensor, num_iterations: int
) -> Tensor:
    """Find P that makes scale_u * (sum of P_j over the history of u) come near each vector.

    Least squares by conjugate gradients from zero. The earlier they are stopped, the smaller P.

    Args:
        histories: One for each user.
        scales: (num_users,) of each sum.
        vectors: (num_users, dim).
        num_iterations: Steps; each passes over the histories twice.

    Returns:
        (num_items, dim).
    """
    had_by = histories.transposed()
    scales = scales.to(vectors.dtype).unsqueeze(1)

    def sums(parts: Tensor) -> Tensor:
        ones = parts.new_ones(len(histories.items))
        return scales * bag_sums(parts, histories.items, histories.offsets, ones)

    def sums_back(of_users: Tensor) -> Tensor:
        ones = of_users.new_ones(len(had_by.items))
        return bag_sums(scales * of_users, had_by.items, had_by.offsets, ones)

    tiny = torch.finfo(vectors.dtype).tiny
    residual = vectors
    gradient = sums_back(residual)
    parts, direction = torch.zeros_like(gradient), gradient
    size = gradient.square().sum(0)
    for _ in range(num_iterations):
        change = sums(direction)
        step = size / change.square().sum(0).clamp_min(tiny)
        parts = parts + step * direction
        residual = residual - step * change
        gradient = sums_back(residual)
        earlier, size = size, gradient.square().sum(0)
        direction = gradient + size / earlier.clamp_min(tiny) * direction
    return parts
