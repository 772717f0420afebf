"""Draws of a stack: every job draws from a source of its own, as it would alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.draws.draws import Draws


class StackedDraws(Draws):
    """Gives each job an equal part of the rows, one job after the other.

    Args:
        jobs: The source of every job, on one device.
    """

    def __init__(self, jobs: Sequence[Draws]):
        super().__init__(jobs[0].generator)
        self.of_jobs = jobs
        self._drawn_from = list(jobs)

    @contextmanager
    def by_some(self, draws: Sequence[bool]) -> Iterator[None]:
        """Let some jobs draw while the sources of the others stand still.

        Args:
            draws: Whether each job draws. The rows of the others hold numbers that mean nothing.
        """
        nobodys = Draws(torch.Generator(self.device))
        self._drawn_from = [
            job if is_drawn else nobodys for job, is_drawn in zip(self.of_jobs, draws, strict=True)
        ]
        try:
            yield
        finally:
            self._drawn_from = list(self.of_jobs)

    @override
    def integers(self, bound: int, shape: Sequence[int]) -> Tensor:
        return self._rows(shape, lambda draws, own: draws.integers(bound, own))

    @override
    def uniform(
        self,
        shape: Sequence[int],
        low: float = 0.0,
        high: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        return self._rows(shape, lambda draws, own: draws.uniform(own, low, high, dtype))

    @override
    def normal(self, shape: Sequence[int]) -> Tensor:
        return self._rows(shape, lambda draws, own: draws.normal(own))

    @override
    def bytes(self, shape: Sequence[int]) -> Tensor:
        return self._rows(shape, lambda draws, own: draws.bytes(own))

    @override
    def order(self, size: int) -> Tensor:
        """Draw an order of 0 to ``size`` - 1 for every job: (jobs, size) int64."""
        return torch.stack([draws.order(size) for draws in self._drawn_from])

    def _rows(
        self, shape: Sequence[int], draw: Callable[[Draws, tuple[int, ...]], Tensor]
    ) -> Tensor:
        rows, left_over = divmod(shape[0], len(self.of_jobs))
        if left_over:
            raise ValueError(f"{shape[0]} rows are no equal parts of {len(self.of_jobs)} jobs.")
        return torch.cat([draw(draws, (rows, *shape[1:])) for draws in self._drawn_from])
