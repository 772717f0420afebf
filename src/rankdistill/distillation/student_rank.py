"""The student's rank of the teacher's items: exact, and estimated from sampled items."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.seen_items import SeenItems
from rankdistill.distillation.in_place import in_place_of
from rankdistill.distillation.interface import DistillationContext, ScoreRows, StudentScores
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.ranks import num_above


def ranks_in_rows(score_rows: Tensor, item_ids: Tensor) -> Tensor:
    """Count the items of a row that score strictly above some of its items.

    Args:
        score_rows: (batch, num_items) scores; items outside the candidate set are -inf.
        item_ids: (batch, n) items to rank.

    Returns:
        (batch, n) int64 ranks, 1 for the best.
    """
    return num_above(score_rows, score_rows.gather(1, item_ids)) + 1


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
    return num_above(sampled_scores, scores) * (num_items - 1) // num_samples + 1


class StudentRank(Protocol):
    """Tells where the student ranks the teacher's items.

    Attributes:
        samples: Whether a batch needs random numbers.
    """

    samples: bool

    @property
    def of_all_users(self) -> Tensor | None:
        """(num_users, n) int64 ranks for a whole epoch; None where each batch finds its own."""
        ...

    def prepare(
        self, context: DistillationContext, teacher_items: Tensor | None, exclude_seen: bool
    ) -> None:
        """Once, before fitting.

        Args:
            context: What the method was given.
            teacher_items: (num_users, n) the items whose ranks will be asked for; None where all
                batches are of places in histories.
            exclude_seen: Whether these are unseen items alone.
        """
        ...

    def refresh(self, student: ScoreRows) -> None:
        """At the start of every epoch in which ranks will be asked for."""
        ...

    def __call__(
        self, student: StudentScores, scores: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        """Rank the items of a batch.

        Args:
            student: The student's view of the batch.
            scores: (batch, K) its detached scores of the items.
            positions: (batch, K) where in the teacher's lists the items are, from 0; None where
                they are the whole lists.

        Returns:
            (batch, K) int64, 1 for the best.
        """
        ...


class ExactRank(StudentRank):
    """The rank among all candidates, taken for every user at the start of each epoch.

    Candidates are the user's unseen items where the teacher's list leaves out seen ones, else the
    whole catalogue. One pass over users x items an epoch; no work per batch. For places in
    histories each batch finds the ranks in its whole rows.
    """

    samples = False
    _ranks: Tensor | None = None

    @property
    @override
    def of_all_users(self) -> Tensor | None:
        return self._ranks

    @override
    def prepare(
        self, context: DistillationContext, teacher_items: Tensor | None, exclude_seen: bool
    ) -> None:
        self.seen = SeenItems(context.train) if exclude_seen else None
        self.user_block = context.user_block
        self.teacher_items = teacher_items

    @override
    @torch.no_grad()
    def refresh(self, student: ScoreRows) -> None:
        if self.teacher_items is None:
            return
        users = Contexts.of_all_users(len(self.teacher_items), self.teacher_items.device)
        ranks = torch.empty_like(self.teacher_items)
        for some in users.split(self.user_block):
            scores = student(some)
            if self.seen is not None:
                scores = scores + self.seen.shift(some.user_ids)
            ranks[some.user_ids] = ranks_in_rows(scores, self.teacher_items[some.user_ids])
        self._ranks = in_place_of(self._ranks, ranks)

    @override
    def __call__(
        self, student: StudentScores, scores: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        if student.contexts.ends is not None:
            return self._ranks_in_batch(student, scores)
        assert self._ranks is not None
        ranks = self._ranks.index_select(0, student.contexts.user_ids)
        return ranks if positions is None else ranks.gather(1, positions)

    def _ranks_in_batch(self, student: StudentScores, scores: Tensor) -> Tensor:
        rows = student.rows().detach()
        if self.seen is not None:
            rows = rows + self.seen.shift(student.contexts.user_ids)
        return num_above(rows, scores) + 1


class SampledRank(StudentRank):
    """The estimate of Tang and Wang from items drawn anew for every instance of every batch.

    Args:
        num_samples: Items drawn per instance, the paper's epsilon. The estimate moves in steps of
            (num_items - 1) / num_samples ranks.
    """

    samples = True

    def __init__(self, num_samples: int):
        if num_samples < 1:
            raise ValueError(f"num_samples must be at least 1, got {num_samples}.")
        self.num_samples = num_samples

    @property
    @override
    def of_all_users(self) -> None:
        return None

    @override
    def prepare(
        self, context: DistillationContext, teacher_items: Tensor | None, exclude_seen: bool
    ) -> None:
        self.num_items = context.train.num_items
        self.draws = context.draws

    @override
    def refresh(self, student: ScoreRows) -> None:
        pass

    @override
    @torch.no_grad()
    def __call__(
        self, student: StudentScores, scores: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        sampled = self.draws.integers(self.num_items, (len(scores), self.num_samples))
        return sampled_ranks(scores, student.of_items(sampled), self.num_items)
