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
    of all contexts fit into the bound, each is made when it is first asked for, and kept. Else they
    are made for every batch.

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
        self._offsets = context.train.offsets
        self._num_contexts = context.train.num_interactions + context.train.num_users
        self._needed_mib = self._num_contexts * row_bytes / BYTES_PER_MIB
        self._fits = self._needed_mib <= cache_mib
        self._method = method
        self._is_told = False
        self._tables: Made | None = None
        self._is_made: Tensor | None = None

    @torch.no_grad()
    def __call__(self, contexts: Contexts) -> Made:
        """Contexts with ends to tensors that have a row for each."""
        if not self._fits:
            self._tell_once()
            return self._made(contexts)
        assert contexts.ends is not None
        numbers = self._offsets[contexts.user_ids] + contexts.user_ids + contexts.ends
        if self._is_made is None:
            self._is_made = torch.zeros(
                self._num_contexts, dtype=torch.bool, device=contexts.device
            )
        missing = (~self._is_made[numbers]).nonzero().squeeze(1)
        if len(missing):
            self._keep(numbers[missing], self._made(contexts[missing]))
        assert self._tables is not None
        return tuple(table.index_select(0, numbers) for table in self._tables)

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

    def _keep(self, numbers: Tensor, made: Made) -> None:
        assert self._is_made is not None
        if self._tables is None:
            self._tables = tuple(
                rows.new_empty(self._num_contexts, *rows.shape[1:]) for rows in made
            )
        for table, rows in zip(self._tables, made, strict=True):
            table[numbers] = rows
        self._is_made[numbers] = True

    def _made(self, contexts: Contexts) -> Made:
        blocks = [self._make(block) for block in contexts.split(self._block)]
        return tuple(map(torch.cat, zip(*blocks, strict=True)))
