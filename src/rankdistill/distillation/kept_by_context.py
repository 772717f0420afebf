"""What a method makes for places in histories: kept within a bound of memory, else made anew."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import torch
from torch import Tensor

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.teacher_rows import BYTES_PER_MIB
from rankdistill.histories.contexts import Contexts

logger = logging.getLogger(__name__)

Made = tuple[Tensor, ...]


class KeptByContext:
    """Tensors of contexts with an end, found by the contexts' numbers.

    A context has a number by arithmetic: a user with n items has the ends 0 to n. Where the tensors
    of all contexts fit into the bound, they are made when one is first asked for: one user after
    the other, so that a teacher that reads a history once does so. Else they are made for every
    batch.

    Args:
        context: What the method was given.
        make: Contexts to tensors that have a row for each.
        row_bytes: What the rows of one context take.
        cache_mib: What the rows of all contexts may take, in MiB.
        method: Name of the method, for the log.
    """

    def __init__(
        self,
        context: DistillationContext,
        make: Callable[[Contexts], Made],
        row_bytes: int,
        cache_mib: float,
        method: str,
    ):
        self._make = make
        self._block = context.user_block
        self._counts = context.train.counts + 1
        self._firsts = self._counts.cumsum(0) - self._counts
        self._num_contexts = context.train.num_interactions + context.train.num_users
        self._needed_mib = self._num_contexts * row_bytes / BYTES_PER_MIB
        self._fits = self._needed_mib <= cache_mib
        self._method = method
        self._is_told = False
        self._tables: Made | None = None

    @torch.no_grad()
    def __call__(self, contexts: Contexts) -> Made:
        """Contexts with ends to tensors that have a row for each."""
        assert contexts.ends is not None
        if not self._fits:
            self._tell_once()
            return self._made(contexts)
        if self._tables is None:
            self._tables = self._made(self._everywhere())
        numbers = self._firsts[contexts.user_ids] + contexts.ends
        return tuple(table.index_select(0, numbers) for table in self._tables)

    def _everywhere(self) -> Contexts:
        """All contexts, by their numbers."""
        users = torch.arange(len(self._counts), device=self._counts.device)
        users = users.repeat_interleave(self._counts, output_size=self._num_contexts)
        numbers = torch.arange(self._num_contexts, device=users.device)
        return Contexts(users, numbers - self._firsts[users])

    def _made(self, contexts: Contexts) -> Made:
        """Make the rows block by block, in tables that are there before.

        Small tensors kept between large ones that are freed would hold the memory of these.
        """
        blocks = contexts.split(self._block)
        first = self._make(blocks[0])
        tables = tuple(part.new_empty(len(contexts), *part.shape[1:]) for part in first)
        start = 0
        for block in blocks:
            parts = first if start == 0 else self._make(block)
            for table, part in zip(tables, parts, strict=True):
                table[start : start + len(block)] = part
            start += len(block)
        return tables

    def _tell_once(self) -> None:
        if not self._is_told:
            logger.info(
                "What is kept for %s places in histories takes more than cache_mib: it is made "
                "anew for every batch. distillation.methods.%s.cache_mib=%d keeps it.",
                f"{self._num_contexts:,}",
                self._method,
                math.ceil(self._needed_mib),
            )
        self._is_told = True
