"""Interactions from dense matrices, so that a test can see who has what."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions


def random_matrix(num_users: int, num_items: int, share: float, seed: int) -> Tensor:
    """(num_users, num_items) bool; user 0 has nothing."""
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.rand(num_users, num_items, generator=generator) < share
    matrix[0] = False
    return matrix


def of_matrix(matrix: Tensor) -> Interactions:
    """The pairs that are true."""
    user_ids, item_ids = matrix.nonzero().T
    num_users, num_items = matrix.shape
    return Interactions.from_pairs(user_ids, item_ids, num_users, num_items)
