"""Score all users, file by file, in blocks over threads, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch

from rankdistill.serving.block_ranker import BlockRanker
from rankdistill.serving.score_folder import ScorePart, write_part
from rankdistill.serving.scored_users import ScoredUsers

_BYTES_OF_ENTRY = 64
"""Most bytes that an item of a list takes, from its score to its file."""


@dataclass(frozen=True)
class BatchLimits:
    """How much a batch may do at once.

    Attributes:
        users_at_once: Users of a block.
        threads: Blocks at a time, each on a thread of its own.
    """

    users_at_once: int
    threads: int


def batch_limits(
    ranker: BlockRanker, users_per_file: int, limit: int, threads: int, memory_gib: float
) -> BatchLimits:
    """Choose how many users a block has, so that all blocks and a file fit into memory.

    Args:
        ranker: The arithmetic.
        users_per_file: Users whose lists are held until their file is written.
        limit: Items of a list.
        threads: Blocks at a time.
        memory_gib: What lists and blocks may take, beside the model and the histories.

    Raises:
        ValueError: If not even one user a thread fits.
    """
    of_file = users_per_file * limit * _BYTES_OF_ENTRY
    left = memory_gib * 2**30 - of_file
    fitting = int(left // (threads * ranker.bytes_of_user))
    if fitting < 1:
        needed = (of_file + threads * ranker.bytes_of_user) / 2**30
        raise ValueError(
            f"memory_gib={memory_gib:g} is too little for files of {users_per_file:,} users, which "
            f"take about {needed:.2g} GiB: give more, or a smaller users_per_file=..."
        )
    return BatchLimits(min(fitting, ranker.users_at_once), threads)


def write_scores(
    ranker: BlockRanker,
    users: ScoredUsers,
    item_ids: pl.Series,
    parts: Iterable[ScorePart],
    limits: BatchLimits,
) -> Iterator[ScorePart]:
    """Score the users of each file and write it.

    Yields:
        Each file once it is there.

    Raises:
        ValueError: If scores are not finite.
        OSError: If a file cannot be written.
    """
    with _one_thread_each(), ThreadPoolExecutor(limits.threads) as pool:
        for part in parts:
            starts = range(part.start, part.end, limits.users_at_once)
            ends = [min(start + limits.users_at_once, part.end) for start in starts]
            blocks = list(pool.map(ranker.rank, starts, ends))
            items = np.concatenate([block.items.numpy().astype(np.uint32) for block in blocks])
            scores = np.concatenate([block.scores.numpy() for block in blocks])
            write_part(part, users.ids[part.start : part.end], item_ids, items, scores)
            yield part


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let an operation of PyTorch use the thread that calls it, and no others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
