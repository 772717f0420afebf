"""Where every random choice of a training comes from: who draws says what, and no more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from rankdistill.draws.split_mix import GAMMA, mixed

_HALF = 2.0**-24  # float32 tells as many parts of [0, 1) apart
_WHOLE = 2.0**-53  # float64 does
_BOUND = 2**31


SAMPLES, ORDERS = range(2)
"""The sources of one training: of what losses and methods draw, and of the order of batches."""


class Draws:
    """Source of every random choice of a training, or of several that go on side by side.

    A number is a function of the training's seed and of how many were drawn before, computed by
    operations on tensors: the same on a CPU and on a GPU, alone and side by side. Of rows that
    are drawn for several trainings, each gets an equal part, one training after the other.

    Args:
        seeds: The seed of each training.
        device: Where all that is drawn lies.
        source: ``SAMPLES`` or ``ORDERS``, which share no draws.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device, source: int = SAMPLES):
        keys = mixed(torch.tensor(seeds, dtype=torch.int64, device=device)[:, None].add(1) * GAMMA)
        self._keys = mixed(keys + source)
        self.drawn = torch.zeros_like(self._keys)
        self._does_draw: Tensor | None = None

    @classmethod
    def side_by_side(cls, sources: Sequence[Draws]) -> Draws:
        """Join sources, each of which goes on from where it stands."""
        joined = cls([], sources[0].device)
        joined._keys = torch.cat([source._keys for source in sources])
        joined.drawn = torch.cat([source.drawn for source in sources])
        return joined

    def of(self, positions: Sequence[int]) -> Draws:
        """Take the sources of some trainings out of those of all."""
        part = Draws([], self.device)
        part._keys, part.drawn = self._keys[positions], self.drawn[positions]
        return part

    @property
    def device(self) -> torch.device:
        """Where all that is drawn lies."""
        return self._keys.device

    @contextmanager
    def by_some(self, does_draw: Tensor) -> Iterator[None]:
        """Let some trainings draw while the sources of the others stand still.

        Args:
            does_draw: (trainings,) bool. The rows of the others hold numbers that mean nothing.
        """
        self._does_draw = does_draw[:, None]
        try:
            yield
        finally:
            self._does_draw = None

    def integers(self, bound: int, shape: Sequence[int]) -> Tensor:
        """Draw int64 from 0 to ``bound`` - 1, equally probable to ``bound`` parts in 2**32.

        Raises:
            ValueError: If ``bound`` is above 2**31.
        """
        if bound > _BOUND:
            raise ValueError(f"{bound} numbers are more than the {_BOUND} that can be drawn from.")
        halves = self._halves(shape).long().bitwise_and_(0xFFFFFFFF)
        return halves.mul_(bound).bitwise_right_shift_(32)

    def uniform(
        self,
        shape: Sequence[int],
        low: float = 0.0,
        high: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Draw uniformly from [low, high)."""
        if dtype == torch.float64:
            numbers = self._numbers(self._size(shape)).bitwise_and_(2**53 - 1).reshape(*shape)
            shares = numbers.to(dtype).mul_(_WHOLE)
        else:
            shares = self._halves(shape).bitwise_and_(2**24 - 1).to(dtype).mul_(_HALF)
        return shares if (low, high) == (0.0, 1.0) else shares.mul_(high - low).add_(low)

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Draw float32 from the normal distribution of mean 0 and standard deviation 1.

        Box and Muller: of two uniform draws one gives the length, the other the angle.
        """
        lengths = self.uniform(shape).neg_().add_(1.0).log_().mul_(-2.0).sqrt_()
        return self.uniform(shape).mul_(2.0 * math.pi).cos_().mul_(lengths)

    def bytes(self, shape: Sequence[int]) -> Tensor:
        """Draw uint8, eight from one random number: on a CPU the cheapest draws that there are."""
        size = self._size(shape)
        return self._numbers(-(-size // 8)).view(torch.uint8)[:, :size].reshape(*shape)

    def order(self, size: int) -> Tensor:
        """Draw an order of 0 to ``size`` - 1 for the only training: (size,) int64."""
        return self.orders(size).squeeze(0)

    def orders(self, size: int) -> Tensor:
        """Draw an order of 0 to ``size`` - 1 for every training: (trainings, size) int64."""
        keys = self._halves((len(self._keys), size))
        return keys.argsort(dim=1, stable=True)

    def _size(self, shape: Sequence[int]) -> int:
        """How many values each training gets of a shape."""
        trainings = len(self._keys)
        if trainings > 1 and shape[0] % trainings:
            raise ValueError(f"{shape[0]} rows are no equal parts of {trainings} trainings.")
        return math.prod(shape) // trainings

    def _halves(self, shape: Sequence[int]) -> Tensor:
        """Draw int32 of a shape, two from one number."""
        size = self._size(shape)
        return self._numbers(-(-size // 2)).view(torch.int32)[:, :size].reshape(*shape)

    def _numbers(self, size: int) -> Tensor:
        """Draw (trainings, size) int64, all bits of which are drawn."""
        places = torch.arange(1, size + 1, device=self.device)
        numbers = (self.drawn + places).mul_(GAMMA).add_(self._keys)
        self.drawn += size if self._does_draw is None else size * self._does_draw
        return mixed(numbers)
