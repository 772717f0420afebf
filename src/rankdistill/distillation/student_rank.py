"""The student's rank of the teacher's items: exact, and estimated from sampled items."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from rankdistill.data.seen_items import SeenItems
from rankdistill.devices import is_near
from rankdistill.distillation.interface import DistillationContext, ScoreRows, StudentScores

_FEW = 64  # scores per row, above which to sort the row is no dearer
_CACHED = 2**20  # comparisons at once, 4 MiB
_COUNTED = 2**24  # single precision counts no further


def ranks_in_rows(score_rows: Tensor, item_ids: Tensor) -> Tensor:
    """Count the items of a row that score strictly above some of its items.

    Args:
        score_rows: (batch, num_items) scores; items outside the candidate set are -inf.
        item_ids: (batch, n) items to rank.

    Returns:
        (batch, n) int64 ranks, 1 for the best.
    """
    return _num_above(score_rows, score_rows.gather(1, item_ids)) + 1


def sampled_ranks(scores: Tensor, sampled_scores: Tensor, num_items: int) -> Tensor:
    """Estimate ranks from the share of sampled items that score strictly above.

    Args:
        scores: (batch, n) scores of the items to rank.
        sampled_scores: (batch, num_samples) scores of items drawn from the catalogue.
        num_items: Size of the catalogue |I|.

    Returns:
        (batch, n) int64: floor(n_above (|I| - 1) / num_samples) + 1.

    Reference:
        Tang and Wang, "Ranking Distillation", KDD 2018, the estimate of the student's rank.
    """
    num_samples = sampled_scores.shape[1]
    return _num_above(sampled_scores, scores) * (num_items - 1) // num_samples + 1


class StudentRank(Protocol):
    """Tells where the student ranks the teacher's items."""

    def prepare(
        self, context: DistillationContext, teacher_items: Tensor, exclude_seen: bool
    ) -> None:
        """Once, before fitting, with the (num_users, K) items whose ranks will be asked for."""
        ...

    def refresh(self, student: ScoreRows) -> None:
        """At the start of every epoch in which ranks will be asked for."""
        ...

    def __call__(self, student: StudentScores, scores: Tensor) -> Tensor:
        """(batch, K) detached scores of the users' teacher items to (batch, K) int64 ranks."""
        ...


class ExactRank:
    """The rank among all candidates, taken for every user at the start of each epoch.

    Candidates are the user's unseen items where the teacher's list leaves out seen ones, else the
    whole catalogue. One pass over users x items an epoch; no work per batch.
    """

    def prepare(
        self, context: DistillationContext, teacher_items: Tensor, exclude_seen: bool
    ) -> None:
        """See StudentRank."""
        self.seen = SeenItems(context.train) if exclude_seen else None
        self.user_block = context.user_block
        self.teacher_items = teacher_items

    @torch.no_grad()
    def refresh(self, student: ScoreRows) -> None:
        """See StudentRank."""
        users = torch.arange(len(self.teacher_items), device=self.teacher_items.device)
        self.ranks = torch.empty_like(self.teacher_items)
        for user_ids in users.split(self.user_block):
            scores = student(user_ids)
            items = self.teacher_items[user_ids]
            if self.seen is not None:
                scores = self.seen.left_out(scores, user_ids)
            self.ranks[user_ids] = ranks_in_rows(scores, items)

    def __call__(self, student: StudentScores, scores: Tensor) -> Tensor:
        """See StudentRank."""
        return self.ranks[student.user_ids]


class SampledRank:
    """The estimate of Tang and Wang from items drawn anew for every instance of every batch.

    Args:
        num_samples: Items drawn per instance, the paper's epsilon. The estimate moves in steps of
            (num_items - 1) / num_samples ranks.
    """

    def __init__(self, num_samples: int = 100):
        if num_samples < 1:
            raise ValueError(f"num_samples must be at least 1, got {num_samples}.")
        self.num_samples = num_samples

    def prepare(
        self, context: DistillationContext, teacher_items: Tensor, exclude_seen: bool
    ) -> None:
        """See StudentRank."""
        self.num_items = context.train.num_items
        self.generator = context.generator

    def refresh(self, student: ScoreRows) -> None:
        """See StudentRank."""

    @torch.no_grad()
    def __call__(self, student: StudentScores, scores: Tensor) -> Tensor:
        """See StudentRank."""
        sampled = torch.randint(
            self.num_items,
            (len(scores), self.num_samples),
            generator=self.generator,
            device=scores.device,
        )
        return sampled_ranks(scores, student.of_items(sampled), self.num_items)


def _num_above(rows: Tensor, scores: Tensor) -> Tensor:
    """(batch, m) values and (batch, n) scores to (batch, n) int64: how many values lie above.

    A search in the sorted row, but for a few scores on a CPU, where comparing them with the whole
    row is cheaper: a seventh for ten of them.
    """
    few = scores.shape[1] <= _FEW and rows.shape[1] <= _COUNTED
    if few and is_near(rows):
        return _num_above_by_comparison(rows, scores)
    return rows.shape[1] - torch.searchsorted(_sorted_rows(rows), scores.contiguous(), right=True)


def _num_above_by_comparison(rows: Tensor, scores: Tensor) -> Tensor:
    """The same in blocks that stay in the caches, with numbers for truth values: they vectorise."""
    (batch, width), num_each = rows.shape, scores.shape[1]
    found = torch.empty(batch, num_each)
    block = max(1, min(batch, _CACHED // (num_each * width)))
    above = torch.empty(block, num_each, width)
    for start in range(0, batch, block):
        some = slice(start, start + block)
        compared = above[: len(rows[some])]
        torch.gt(rows[some].unsqueeze(1), scores[some].unsqueeze(2), out=compared)
        torch.sum(compared, 2, out=found[some])
    return found.long()


def _sorted_rows(values: Tensor) -> Tensor:
    """Each row ascending. On a CPU numpy's vectorised sort is an order of magnitude faster."""
    if is_near(values) and values.dtype == torch.float32:
        return torch.from_numpy(np.sort(values.detach().numpy(), axis=1))
    return values.sort(dim=1).values
