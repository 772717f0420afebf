"""Draws that repeat."""

from __future__ import annotations

import torch

from rankdistill.draws.draws import Draws


def seeded_draws(seed: int = 0) -> Draws:
    """Draws on the CPU."""
    return Draws(torch.Generator().manual_seed(seed))
