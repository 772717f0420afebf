"""Where every random choice of a training comes from: who draws says what, and no more."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Draws:
    """Source of every random choice of one training.

    Args:
        generator: What the numbers come from. They lie on its device.
    """

    def __init__(self, generator: torch.Generator):
        self.generator = generator

    @property
    def device(self) -> torch.device:
        """Where all that is drawn lies."""
        return self.generator.device

    def integers(self, bound: int, shape: Sequence[int]) -> Tensor:
        """Draw int64 from 0 to ``bound`` - 1, all of them equally probable."""
        return torch.randint(bound, shape, generator=self.generator, device=self.device)

    def uniform(
        self,
        shape: Sequence[int],
        low: float = 0.0,
        high: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Draw uniformly from [low, high)."""
        empty = torch.empty(shape, device=self.device, dtype=dtype)
        return empty.uniform_(low, high, generator=self.generator)

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Draw float32 from the normal distribution of mean 0 and standard deviation 1."""
        return torch.randn(shape, generator=self.generator, device=self.device, dtype=torch.float32)

    def bytes(self, shape: Sequence[int]) -> Tensor:
        """Draw uint8, eight from one random number: on a CPU the cheapest draws that there are."""
        size = torch.Size(shape).numel()
        numbers = torch.empty(-(-size // 8), dtype=torch.int64, device=self.device)
        numbers.random_(torch.iinfo(torch.int64).min, None, generator=self.generator)
        return numbers.view(torch.uint8)[:size].view(shape)

    def order(self, size: int) -> Tensor:
        """Draw an order of 0 to ``size`` - 1, int64."""
        return torch.randperm(size, generator=self.generator, device=self.device)
