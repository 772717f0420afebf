"""Draws that repeat."""

from __future__ import annotations

import torch

from rankdistill.draws.draws import Draws


def seeded_draws(*seeds: int) -> Draws:
    """Draws of trainings on the CPU; of one with seed 0 where none is given."""
    return Draws(seeds or [0], torch.device("cpu"))
