"""Measures of a cascade, by request on the catalogue and on impressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rankdistill.cascade.data.tasks import TASKS
from rankdistill.cascade.evaluation.calibration import calibration_ratio, expected_calibration_error
from rankdistill.cascade.evaluation.cross_entropy import (
    alignment_ratio,
    cross_entropy,
    normalised_entropy,
)
from rankdistill.cascade.evaluation.cuts import recall_of_final_top
from rankdistill.cascade.evaluation.rank_agreement import kendall_tau, pair_accuracy
from rankdistill.cascade.evaluation.two_stage import (
    final_alone,
    two_stages,
)


@dataclass(frozen=True)
class Cuts:
    """Cut-offs of the measures.

    Attributes:
        top_k: Cut-offs of the final ranking.
        kept: Numbers of candidates that the early ranker keeps.
        agreement: Number of survivors whose order is compared.
    """

    top_k: Sequence[int]
    kept: Sequence[int]
    agreement: int


@dataclass(frozen=True, eq=False)
class Shown:
    """Requests to rank for.

    Attributes:
        candidates: (requests, num_items) bool.
        relevant: (requests, num_items) bool.
        request_block: Requests measured at once.
    """

    candidates: Tensor
    relevant: Tensor
    request_block: int

    def blocks(self, *scores: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """Blocks of (candidates, relevant, *scores)."""
        columns = (self.candidates, self.relevant, *scores)
        return zip(*(column.split(self.request_block) for column in columns), strict=True)


PerRequest = dict[str, Tensor]
"""(requests,) values by name; NaN where a request has none."""


def assess_alone(values: Tensor, shown: Shown, cuts: Cuts) -> PerRequest:
    """Measure NDCG@k and recall@k of one ranker that ranks every candidate."""

    def measure(candidates: Tensor, relevant: Tensor, scores: Tensor) -> PerRequest:
        recall, ndcg = final_alone(scores, candidates, relevant, cuts.top_k)
        return _named("ndcg@{}", cuts.top_k, ndcg) | _named("recall@{}", cuts.top_k, recall)

    return _gathered(measure, shown.blocks(values))


def assess_cut(final: Tensor, early: Tensor, shown: Shown, cuts: Cuts) -> PerRequest:
    """Measure how much of the final ranker's top k the early ranker's cut keeps."""

    def measure(candidates: Tensor, relevant: Tensor, final: Tensor, early: Tensor) -> PerRequest:
        recall = recall_of_final_top(final, early, candidates, cuts.top_k, cuts.kept)
        return _crossed("recall_of_final@{}_in_{}", cuts, recall)

    return _gathered(measure, shown.blocks(final, early))


def assess_cascade(final: Tensor, early: Tensor, shown: Shown, cuts: Cuts) -> PerRequest:
    """Measure the hits of both stages together, and how far they agree on the survivors."""

    def measure(candidates: Tensor, relevant: Tensor, final: Tensor, early: Tensor) -> PerRequest:
        joint, ndcg = two_stages(final, early, candidates, relevant, cuts.top_k, cuts.kept)
        depth = cuts.agreement
        return {
            **_crossed("joint_recall@{}_after_{}", cuts, joint),
            **_crossed("ndcg@{}_after_{}", cuts, ndcg),
            f"kendall_tau_in_{depth}": kendall_tau(final, early, candidates, depth),
            f"pair_accuracy_in_{depth}": pair_accuracy(final, early, candidates, depth),
        }

    return _gathered(measure, shown.blocks(final, early))


def assess_liked(final: Tensor, early: Tensor, liked: Shown, cuts: Cuts) -> PerRequest:
    """Measure the share of liked items that survive both stages."""

    def measure(candidates: Tensor, liked: Tensor, final: Tensor, early: Tensor) -> PerRequest:
        joint = two_stages(final, early, candidates, liked, cuts.top_k, cuts.kept).recall
        return _crossed("joint_recall_liked@{}_after_{}", cuts, joint)

    return _gathered(measure, liked.blocks(final, early))


def assess_labels(
    probabilities: Tensor, labels: Tensor, tasks: Sequence[str] = TASKS
) -> dict[str, float]:
    """Measure cross-entropy, its normalised form and calibration against (n, tasks) user labels."""
    losses = cross_entropy(probabilities, labels)
    return {
        "ce": float(losses.mean()),
        **_by_task("ce", losses, tasks),
        **_by_task("normalised_entropy", normalised_entropy(probabilities, labels), tasks),
        **_by_task("calibration", calibration_ratio(probabilities, labels), tasks),
        **_by_task("calibration_error", expected_calibration_error(probabilities, labels), tasks),
    }


def request_losses(probabilities: Tensor, labels: Tensor, request_ids: Tensor) -> Tensor:
    """Compute the cross-entropy of each request, the mean over its impressions and the tasks.

    Args:
        probabilities: (n, tasks).
        labels: (n, tasks).
        request_ids: (n,) int64, ascending.

    Returns:
        (requests,) float64 for the requests that occur, in ascending order.
    """
    chances = probabilities.double().clamp(1e-7, 1 - 1e-7)
    losses = torch.nn.functional.binary_cross_entropy(chances, labels.double(), reduction="none")
    _, rows, counts = request_ids.unique_consecutive(return_inverse=True, return_counts=True)
    sums = torch.zeros(len(counts), dtype=torch.float64).index_add_(0, rows, losses.mean(1))
    return sums / counts


def assess_alignment(final: Tensor, early: Tensor, labels: Tensor) -> dict[str, float]:
    """Measure cross-entropy of the early ranker against the final one, and the alignment ratio."""
    losses = cross_entropy(early, final)
    return {
        "teacher_ce": float(losses.mean()),
        **_by_task("teacher_ce", losses, TASKS),
        **_by_task("alignment_ratio", alignment_ratio(final, early, labels), TASKS),
    }


def user_means(values: PerRequest, user_ids: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Average over each user's requests that have a value.

    Args:
        values: (requests,) each.
        user_ids: (requests,) int64.

    Returns:
        (users,) int64 ids, ascending, and (users,) float64 by name; NaN where no request has one.
    """
    users, rows = user_ids.unique(return_inverse=True)
    means = {}
    for name, column in values.items():
        known = column.isfinite()
        sums = torch.zeros(len(users), dtype=torch.float64)
        sums.index_add_(0, rows[known], column[known].double())
        means[name] = sums / torch.bincount(rows[known], minlength=len(users))
    return users, means


def _gathered(
    measure: Callable[..., PerRequest], blocks: Iterator[tuple[Tensor, ...]]
) -> PerRequest:
    each = [measure(*block) for block in blocks]
    return {name: torch.cat([block[name] for block in each]) for name in each[0]}


def _named(pattern: str, cut_offs: Sequence[int], values: Tensor) -> PerRequest:
    return {pattern.format(k): values[:, n] for n, k in enumerate(cut_offs)}


def _crossed(pattern: str, cuts: Cuts, values: Tensor) -> PerRequest:
    return {
        pattern.format(k, m): values[:, row, column]
        for row, k in enumerate(cuts.top_k)
        for column, m in enumerate(cuts.kept)
    }


def _by_task(name: str, values: Tensor, tasks: Sequence[str]) -> dict[str, float]:
    return {f"{name}_{task}": float(v) for task, v in zip(tasks, values, strict=True)}
