"""A student whose scores are a given matrix, seen through the batches that methods are given."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.batch_scores import BatchScores


def student_of(rows: Tensor) -> MatrixFactorization:
    """A factorisation whose user embeddings are the (num_users, num_items) scores themselves."""
    num_users, num_items = rows.shape
    backbone = MatrixFactorization(num_users, num_items, num_items, init_std=0.1)
    backbone.start_from(rows, torch.eye(num_items), torch.zeros(num_items))
    return backbone


def of_users(backbone: MatrixFactorization, user_ids: list[int]) -> BatchScores:
    """A batch of whole users."""
    return BatchScores(
        backbone, Contexts(torch.tensor(user_ids)), torch.zeros(0, dtype=torch.int64)
    )


def of_pairs(backbone: MatrixFactorization, user_ids: list[int]) -> BatchScores:
    """A batch of training pairs; their items are of no concern here."""
    items = torch.zeros(len(user_ids), dtype=torch.int64)
    return BatchScores(backbone, Contexts(torch.tensor(user_ids)), items, items)


class Recorded(BatchScores):
    """A batch of whole users that remembers which items it was asked for."""

    def __init__(self, backbone: MatrixFactorization, user_ids: list[int]):
        super().__init__(
            backbone, Contexts(torch.tensor(user_ids)), torch.zeros(0, dtype=torch.int64)
        )
        self.asked: list[Tensor] = []

    def heads_and_tails(self, top_k: int) -> tuple[Tensor, Tensor]:
        """(times asked, batch, top_k) items, and those that were asked for beside them."""
        asked = torch.stack(self.asked)
        return asked[..., :top_k], asked[..., top_k:]

    def of_items(self, item_ids: Tensor) -> Tensor:
        """Note the items and score them."""
        self.asked.append(item_ids)
        return super().of_items(item_ids)
