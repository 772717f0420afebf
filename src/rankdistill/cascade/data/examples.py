"""Impressions as training examples: tensors on one device, in batches of whole requests."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.cascade.data.features import UserFeatures

_COLUMNS = (
    "item_ids",
    "pairs",
    "labels",
    "label_weights",
    "teacher",
    "teacher_weights",
    "candidates",
)
_BATCHES_AT_ONCE = 16
"""Batches whose examples are gathered together: a batch alone is a small piece of work."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Impressions with their features and labels, sorted by request.

    Attributes:
        users: Features of all requests of the data.
        request_ids: (n,) int64, ascending.
        item_ids: (n,) int64.
        pairs: (n, num_pair_features) float32; without columns where no ranker reads them.
        labels: (n, tasks) float32 user labels.
        label_weights: (n,) float32, zero where nobody saw the item; None: all one.
        teacher: (n, tasks) float32, probabilities of the final ranker; None without a log.
        teacher_weights: (n,) float32; None without a log.
        candidates: (n,) float32 number of candidates of each example's request, seen or not; None
            where every candidate is an example.
    """

    users: UserFeatures
    request_ids: Tensor
    item_ids: Tensor
    pairs: Tensor
    labels: Tensor
    label_weights: Tensor | None = None
    teacher: Tensor | None = None
    teacher_weights: Tensor | None = None
    candidates: Tensor | None = None

    def __len__(self) -> int:
        return len(self.request_ids)

    def with_teacher(self, probabilities: Tensor, weights: Tensor) -> Examples:
        """Add the labels of a log."""
        return replace(self, teacher=probabilities, teacher_weights=weights)

    def where(self, chosen: Tensor) -> Examples:
        """The examples that a (n,) bool tensor marks."""
        rows = {
            name: value[chosen]
            for name, value in vars(self).items()
            if name != "users" and value is not None
        }
        return replace(self, **rows)

    def to(self, device: torch.device | str) -> Examples:
        """Copy the examples to a device."""
        moved = {
            name: None if value is None else value.to(device) for name, value in vars(self).items()
        }
        return replace(self, **moved)


class ExampleBatch(NamedTuple):
    """Examples of some requests.

    Attributes:
        users: Features of the batch's requests.
        rows: (n,) int64 place of each example's request in ``users``.
        columns: (n,) int64 place of each example within its request.
        item_ids: (n,) int64.
        pairs: (n, num_pair_features) float32.
        labels: (n, tasks) float32.
        label_weights: (n,) float32, or None.
        teacher: (n, tasks) float32, or None.
        teacher_weights: (n,) float32, or None.
        candidates: (n,) float32, or None.
    """

    users: UserFeatures
    rows: Tensor
    columns: Tensor
    item_ids: Tensor
    pairs: Tensor
    labels: Tensor
    label_weights: Tensor | None = None
    teacher: Tensor | None = None
    teacher_weights: Tensor | None = None
    candidates: Tensor | None = None

    @property
    def logged(self) -> tuple[Tensor, Tensor]:
        """The teacher's labels and their weights; a ValueError where there are none."""
        if self.teacher is None or self.teacher_weights is None:
            raise ValueError("This early ranker learns from the final ranker's log, and has none.")
        return self.teacher, self.teacher_weights

    @property
    def label_weight(self) -> float:
        """How many examples have user labels, each by its weight."""
        return len(self.labels) if self.label_weights is None else float(self.label_weights.sum())

    @property
    def examples_of_requests(self) -> Tensor:
        """(requests,) float32 number of examples of each request."""
        return torch.bincount(self.rows, minlength=len(self.users.dense)).float()

    @property
    def candidates_of_requests(self) -> Tensor:
        """(requests,) float32 number of candidates of each request, seen or not."""
        if self.candidates is None:
            return self.examples_of_requests
        return self.examples_of_requests.index_copy(0, self.rows, self.candidates)

    def grid(self, values: Tensor) -> Tensor:
        """(n, ...) values of examples as (requests, most examples of one, ...), padded with 0.

        Rankers multiply whole requests with their candidates. Padding costs less than copying the
        user for each candidate.
        """
        num_requests = len(self.users.dense)
        width = int(self.columns.max()) + 1
        padded = values.new_zeros((num_requests * width, *values.shape[1:]))
        placed = padded.index_copy(0, self.rows * width + self.columns, values)
        return placed.unflatten(0, (num_requests, width))

    def ungrid(self, padded: Tensor) -> Tensor:
        """(n, ...) values of examples from a grid."""
        places = self.rows * padded.shape[1] + self.columns
        return padded.flatten(0, 1).index_select(0, places)


class ExampleBatches:
    """Passes over all examples in batches of whole requests, so that each user is described once.

    Args:
        examples: On the training device.
        batch_size: Requests in a batch.
        generator: Source of a new order at each pass, on that device; None: ascending order.
    """

    def __init__(
        self, examples: Examples, batch_size: int, generator: torch.Generator | None = None
    ):
        self.examples = examples
        self.batch_size = batch_size
        self.generator = generator
        self.request_ids, self.counts = examples.request_ids.unique_consecutive(return_counts=True)
        self.starts = self.counts.cumsum(0) - self.counts

    def __len__(self) -> int:
        return math.ceil(len(self.request_ids) / self.batch_size)

    def __iter__(self) -> Iterator[ExampleBatch]:
        size, device = len(self.request_ids), self.request_ids.device
        order = (
            torch.arange(size, device=device)
            if self.generator is None
            else torch.randperm(size, generator=self.generator, device=device)
        )
        for chosen in order.split(self.batch_size * _BATCHES_AT_ONCE):
            yield from self._batches(chosen)

    def _batches(self, chosen: Tensor) -> Iterator[ExampleBatch]:
        """Gather the examples of some requests at once, and cut them into batches."""
        counts, device = self.counts[chosen], chosen.device
        rows = torch.arange(len(chosen), device=device).repeat_interleave(counts)
        numbers = torch.arange(len(rows), device=device)
        columns = numbers - (counts.cumsum(0) - counts)[rows]
        places = self.starts[chosen][rows] + columns
        sizes = torch.stack([each.sum() for each in counts.split(self.batch_size)]).tolist()
        gathered = {"rows": rows % self.batch_size, "columns": columns}
        for name in _COLUMNS:
            values = getattr(self.examples, name)
            if values is not None:
                gathered[name] = values[places]
        pieces = zip(*(values.split(sizes) for values in gathered.values()), strict=True)
        users = self.examples.users.take(self.request_ids[chosen]).split(self.batch_size)
        for known, piece in zip(users, pieces, strict=True):
            yield ExampleBatch(known, **dict(zip(gathered, piece, strict=True)))
