"""Measures early rankers on the candidates that a request log holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rankdistill.cascade.config import CascadeEvaluation
from rankdistill.cascade.data.examples import Examples
from rankdistill.cascade.data.logged_requests import LoggedRequests
from rankdistill.cascade.evaluation.assessment import (
    PerRequest,
    assess_labels,
    request_losses,
    user_means,
)
from rankdistill.cascade.evaluation.cross_entropy import cross_entropy
from rankdistill.cascade.evaluation.cuts import recall_of_chosen, recall_of_final_top
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.runs.bench import HELD_OUT, Measured
from rankdistill.cascade.runs.scoring import example_probabilities

CHOICE = "recall_of_choice"
"""What is measured where a log tells the final ranker's choice and not its scores."""


@dataclass(frozen=True, eq=False)
class CandidateGrid:
    """Rows of a part that the final ranker scored, a request a row.

    Attributes:
        request_ids: (requests,) int64.
        is_scored: (n,) bool, the rows of the part in the grid.
        rows: (scored,) int64 row of each.
        columns: (scored,) int64 column of each.
    """

    request_ids: Tensor
    is_scored: Tensor
    rows: Tensor
    columns: Tensor

    @classmethod
    def of(cls, examples: Examples) -> CandidateGrid:
        """Lay out the scored rows of a part."""
        assert examples.teacher_weights is not None
        is_scored = examples.teacher_weights > 0
        request_ids, rows, counts = examples.request_ids[is_scored].unique_consecutive(
            return_inverse=True, return_counts=True
        )
        starts = counts.cumsum(0) - counts
        return cls(request_ids, is_scored, rows, torch.arange(len(rows)) - starts[rows])

    @property
    def sizes(self) -> Tensor:
        """(requests,) int64 candidates of each request."""
        return torch.bincount(self.rows, minlength=len(self.request_ids))

    def filled(self, values: Tensor) -> Tensor:
        """(requests, most candidates) of (n,) values; zero where there is no candidate."""
        grid = values.new_zeros(len(self.request_ids), int(self.sizes.max()))
        grid[self.rows, self.columns] = values[self.is_scored]
        return grid


class LogBench:
    """Measures early rankers: what their cut keeps, and how well they know users.

    A request counts for the top k of the final ranker if it has more than k candidates with final
    scores; for its choice, if some of them were chosen and some were not.

    Args:
        data: The log.
        evaluation: What to measure at which cuts.
        value: Weight of each task's probability in what the rankers sort by.

    Raises:
        ValueError: If a held-out part leaves nothing to measure.
    """

    def __init__(
        self, data: LoggedRequests, evaluation: CascadeEvaluation, value: dict[str, float] | None
    ):
        self.data = data
        self.block = evaluation.user_block
        tasks = data.table.tasks
        self.value = torch.tensor(
            [1.0 if value is None else value.get(each, 0.0) for each in tasks]
        )
        self.grids = {name: CandidateGrid.of(data.examples[name]) for name in HELD_OUT}
        largest = max(int(grid.sizes.max()) for grid in self.grids.values())
        self.kept = [kept for kept in evaluation.kept if kept < largest]
        if not self.kept:
            raise ValueError(
                f"No held-out request has more than {largest} candidates with final scores, and "
                f"evaluation.kept begins with {evaluation.kept[0]}: type smaller numbers that the "
                "early ranker keeps."
            )
        self.top_k = evaluation.top_k if data.table.has_scores else []
        for name in HELD_OUT:
            for k in self.top_k:
                if not bool((self.grids[name].sizes > k).any()):
                    raise ValueError(
                        f"No {name} request has more than {k} candidates with final scores: type "
                        "smaller numbers in evaluation.top_k and evaluation.monitor."
                    )

    @property
    def measures(self) -> list[str]:
        """What is measured at every cut, named before it."""
        return [f"recall_of_final@{k}_in" for k in self.top_k] or [f"{CHOICE}_in"]

    def measure(self, ranker: EarlyRanker) -> Measured:
        """Measure an early ranker on both held-out parts."""
        metrics: dict[str, float] = {}
        per_user: dict[str, np.ndarray] = {}
        for name, prefix in HELD_OUT.items():
            examples, grid = self.data.examples[name], self.grids[name]
            probabilities = example_probabilities(ranker.logits, examples, self.block)
            recalls = self._recalls(examples, grid, probabilities)
            _, means = user_means(recalls, self.data.user_ids[grid.request_ids])
            found = {key: float(values.nanmean()) for key, values in means.items()}
            found |= self._label_measures(examples, grid, probabilities)
            metrics |= {f"{prefix}/{key}": value for key, value in found.items()}
            per_user = self._per_user(recalls, grid, examples, probabilities)  # test comes last
        known = {key: value for key, value in metrics.items() if np.isfinite(value)}
        return Measured(known, per_user)

    def final_cross_entropy(self) -> float | None:
        """Cross-entropy of the final ranker on what users saw in the test part, if it scored."""
        examples = self.data.examples["test"]
        both = _seen(examples) & self.grids["test"].is_scored
        if not self.data.table.has_scores or not bool(both.any()):
            return None
        assert examples.teacher is not None
        return float(cross_entropy(examples.teacher[both], examples.labels[both]).mean())

    def _recalls(
        self, examples: Examples, grid: CandidateGrid, probabilities: Tensor
    ) -> PerRequest:
        assert examples.teacher is not None
        early = grid.filled(probabilities @ self.value)
        final = grid.filled(examples.teacher @ self.value)
        candidates = grid.filled(torch.ones(len(examples), dtype=torch.bool))
        blocks = zip(*(each.split(self.block) for each in (final, early, candidates)), strict=True)
        if not self.top_k:
            recall = torch.cat(
                [recall_of_chosen((f > 0) & c, e, c, self.kept) for f, e, c in blocks]
            )
            recall[((final > 0) & candidates).sum(1) == grid.sizes] = torch.nan
            return {f"{CHOICE}_in_{kept}": recall[:, n] for n, kept in enumerate(self.kept)}
        recall = torch.cat(
            [recall_of_final_top(f, e, c, self.top_k, self.kept) for f, e, c in blocks]
        )
        is_open = grid.sizes[:, None] > torch.tensor(self.top_k)
        recall = recall.where(is_open[:, :, None], torch.nan)
        return {
            f"recall_of_final@{k}_in_{kept}": recall[:, row, column]
            for row, k in enumerate(self.top_k)
            for column, kept in enumerate(self.kept)
        }

    def _label_measures(
        self, examples: Examples, grid: CandidateGrid, probabilities: Tensor
    ) -> dict[str, float]:
        assert examples.teacher is not None
        seen, scored = _seen(examples), grid.is_scored
        theirs = cross_entropy(probabilities[scored], examples.teacher[scored])
        measures = assess_labels(probabilities[seen], examples.labels[seen], self.data.table.tasks)
        return measures | {"teacher_ce": float(theirs.mean())}

    def _per_user(
        self, recalls: PerRequest, grid: CandidateGrid, examples: Examples, probabilities: Tensor
    ) -> dict[str, np.ndarray]:
        """Values of test users for paired tests: of the recalls, and of the cross-entropy."""
        seen = _seen(examples)
        request_ids = examples.request_ids[seen]
        losses = request_losses(probabilities[seen], examples.labels[seen], request_ids)
        every = examples.request_ids.unique()
        values = {"ce": _placed(losses, request_ids.unique(), every)}
        values |= {key: _placed(each, grid.request_ids, every) for key, each in recalls.items()}
        users, means = user_means(values, self.data.user_ids[every])
        return {key: each.numpy() for key, each in means.items()} | {"user_ids": users.numpy()}


def _seen(examples: Examples) -> Tensor:
    """(n,) bool, which rows a user saw."""
    if examples.label_weights is None:
        return torch.ones(len(examples), dtype=torch.bool)
    return examples.label_weights > 0


def _placed(values: Tensor, request_ids: Tensor, every: Tensor) -> Tensor:
    """Values of some requests among all of a part; NaN elsewhere."""
    placed = torch.full((len(every),), torch.nan, dtype=torch.float64)
    placed[torch.searchsorted(every, request_ids)] = values.double()
    return placed
