"""Batches of one shape in one place: what a recorded step reads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rankdistill.backbones.interface import Backbone
from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.data.interactions import Interactions
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.stride_users import UsersOfPairs


@dataclass(frozen=True)
class BatchShape:
    """How large a batch is at most.

    Attributes:
        rows: Pairs or users of a job.
        positives: Positives of whole users of all jobs together.
        jobs: Equal parts that a batch has: the jobs of a stack, or 1.
        user_pairs: See BatchScores.of_stride.
    """

    rows: int
    positives: int
    jobs: int = 1
    user_pairs: int | None = None


def largest_batch(
    train: Interactions,
    batch_size: int,
    of_pairs: bool,
    user_pairs: int | None = None,
    jobs: int = 1,
) -> BatchShape:
    """Find how large the batches of a training are at most.

    Args:
        train: The training interactions of one job.
        batch_size: Pairs or users of a job in a batch.
        of_pairs: Whether batches are of pairs.
        user_pairs: See BatchScores.of_stride.
        jobs: Equal parts that a batch has.
    """
    if of_pairs:
        return BatchShape(min(batch_size, train.num_interactions), 0, jobs, user_pairs)
    rows = min(batch_size, int((train.counts > 0).sum()))
    return BatchShape(rows, jobs * int(train.counts.topk(rows).values.sum()), jobs, user_pairs)


class BatchBuffers:
    """Tensors that batches are copied into. What a batch leaves over weighs nothing.

    Losses are means over all rows, or all positives, of the buffers. Weights make up for those
    that are left over, so that the losses and their gradients are those of the batch.

    Args:
        like: A batch of the kind that will come, on the training device.
        shape: How large batches are at most.
        dtype: Of the weights.

    Attributes:
        batch: The buffers, as a batch.
        shares: (rows of all jobs,) what each row weighs in a mean over the batch.
    """

    def __init__(self, like: PairBatch | UserBatch, shape: BatchShape, dtype: torch.dtype):
        self._shape = shape
        self._filled = 0
        device, total = like.contexts.device, shape.jobs * shape.rows

        def ids(*size: int) -> Tensor:
            return torch.zeros(size, dtype=torch.int64, device=device)

        # What is left over are users of their own job: numbers that are not finite stay in it.
        own = like.contexts.user_ids.view(shape.jobs, -1)[:, :1]
        contexts = Contexts(own.repeat(1, shape.rows).flatten())
        self.shares = torch.zeros(total, dtype=dtype, device=device)
        self.batch: PairBatch | UserBatch
        if isinstance(like, UserBatch):
            weights = torch.zeros(shape.positives, dtype=dtype, device=device)
            positives = ids(shape.positives), ids(shape.positives)
            self.batch = UserBatch(contexts, *positives, weights)
        else:
            weights = torch.zeros(total, dtype=dtype, device=device)
            compared = like.compared_items
            items = None if compared is None else ids(total, compared.shape[1])
            self.batch = PairBatch(contexts, ids(total), items, weights)

    def fits(self, batch: PairBatch | UserBatch) -> bool:
        """Tell whether a batch can be copied: it is of users by id, and of the kind told."""
        if type(batch) is not type(self.batch) or batch.contexts.ends is not None:
            return False
        if isinstance(batch, PairBatch) and batch.shared_items is not None:
            return False
        rows, left_over = divmod(len(batch.contexts), self._shape.jobs)
        too_many = isinstance(batch, UserBatch) and len(batch.positive_rows) > self._shape.positives
        return 0 < rows <= self._shape.rows and not left_over and not too_many

    def fill(self, batch: PairBatch | UserBatch) -> None:
        """Copy a batch that fits."""
        rows = len(batch.contexts) // self._shape.jobs
        buffers = self.batch
        self._copy(buffers.contexts.user_ids, batch.contexts.user_ids, rows)
        if rows != self._filled:
            self._by_job(self.shares).zero_()[:, :rows] = 1 / (self._shape.jobs * rows)
        if isinstance(buffers, UserBatch):
            assert isinstance(batch, UserBatch)
            self._fill_positives(buffers, batch, rows)
        else:
            assert isinstance(batch, PairBatch)
            self._fill_pairs(buffers, batch, rows)
        self._filled = rows

    def view(self, backbone: Backbone) -> BatchScores:
        """Make the student's view of the buffers."""
        users, items = self.batch.contexts.user_ids, self.batch.positive_items
        return BatchScores(
            backbone,
            self.batch.contexts,
            items,
            items if isinstance(self.batch, PairBatch) else None,
            self.shares,
            UsersOfPairs(users, self.shares, self._shape.user_pairs),
        )

    def _fill_pairs(self, buffers: PairBatch, batch: PairBatch, rows: int) -> None:
        self._copy(buffers.positive_items, batch.positive_items, rows)
        if buffers.compared_items is not None:
            assert batch.compared_items is not None
            self._copy(buffers.compared_items, batch.compared_items, rows)
        assert buffers.weights is not None
        scale = self._shape.rows / rows
        if batch.weights is not None:
            self._by_job(buffers.weights)[:, rows:] = 0.0
            self._copy(buffers.weights, batch.weights.to(self.shares.dtype) * scale, rows)
        elif rows != self._filled:
            self._by_job(buffers.weights).zero_()[:, :rows] = scale

    def _fill_positives(self, buffers: UserBatch, batch: UserBatch, rows: int) -> None:
        count = len(batch.positive_rows)
        first_rows, each = batch.positive_rows, self._shape.rows
        if rows != each:  # a job's rows begin where its part of the buffers does
            job = first_rows.div(rows, rounding_mode="floor")
            first_rows = first_rows + job * (each - rows)
        buffers.positive_rows[:count] = first_rows
        buffers.positive_items[:count] = batch.positive_items
        assert buffers.weights is not None
        scale = self._shape.positives / max(count, 1)
        buffers.weights[count:] = 0.0
        own = batch.weights
        buffers.weights[:count] = scale if own is None else own.to(self.shares.dtype) * scale

    def _copy(self, buffer: Tensor, values: Tensor, rows: int) -> None:
        """Copy the first rows of every job."""
        self._by_job(buffer)[:, :rows] = values.view(self._shape.jobs, rows, *values.shape[1:])

    def _by_job(self, buffer: Tensor) -> Tensor:
        return buffer.view(self._shape.jobs, self._shape.rows, *buffer.shape[1:])
