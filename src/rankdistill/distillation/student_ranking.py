"""The student's ranking: its best unseen items, of all users or of some contexts."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import ScoreRows
from rankdistill.distillation.teacher_ranking import put_seen_below
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.best_of_rows import best_of_rows


@torch.no_grad()
def student_heads(
    student: ScoreRows, train: Interactions, top_k: int, user_block: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Rank the unseen items of all users, block by block; memory is user_block x num_items.

    Args:
        student: Its scores.
        train: Training interactions, on the student's device. Where a user has fewer than
            ``top_k`` unseen items, the seen ones stand below them.
        top_k: Length of the head that is kept.
        user_block: Users scored at once.

    Yields:
        (block,) user ids, ascending over all blocks, and (block, top_k) int64 items, best first.
    """
    users = torch.arange(train.num_users, device=train.item_ids.device)
    for user_ids in users.split(user_block):
        yield user_ids, student_head(student, train, top_k, Contexts(user_ids))


@torch.no_grad()
def student_head(student: ScoreRows, train: Interactions, top_k: int, contexts: Contexts) -> Tensor:
    """Rank the unseen items for some contexts: (batch, top_k) int64, best first.

    Args:
        student: Its scores.
        train: Training interactions, which count as seen whatever the end of a context is.
        top_k: Length of the head that is kept.
        contexts: Scored at once.
    """
    scores = student(contexts)
    put_seen_below(scores, train, contexts.user_ids, top_k)
    return best_of_rows(scores, top_k)


def ranks_in_heads(heads: Tensor, item_ids: Tensor, num_items: int) -> Tensor:
    """Look items up in the heads of rankings.

    Args:
        heads: (batch, n) item ids, best first, each at most once in a row.
        item_ids: (batch, m) items to look up.
        num_items: Size of the catalogue; memory is batch x num_items int32.

    Returns:
        (batch, m) int64 ranks, 1 for the best; n + 1 for every item that is not in the head.
    """
    length = heads.shape[1]
    ranks = torch.arange(1, length + 1, dtype=torch.int32, device=heads.device)
    table = ranks.new_full((len(heads), num_items), length + 1)
    table.scatter_(1, heads, ranks.expand_as(heads))
    return table.gather(1, item_ids).long()
