"""Measures all rankers of a cascade on equal requests, cuts and weights of the tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from rankdistill.cascade.config import CascadeEvaluation
from rankdistill.cascade.data.cascade_data import PARTS, CascadeData
from rankdistill.cascade.data.impressions import ratings_of_candidates
from rankdistill.cascade.data.labels import relevant
from rankdistill.cascade.data.tasks import TASKS
from rankdistill.cascade.evaluation.assessment import (
    Cuts,
    PerRequest,
    Shown,
    assess_alignment,
    assess_alone,
    assess_cascade,
    assess_cut,
    assess_labels,
    assess_liked,
    request_losses,
    user_means,
)
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.cascade.runs.scoring import (
    Scorer,
    catalogue_values,
    early_scorer,
    example_probabilities,
    final_scorer,
)

HELD_OUT = {"validation": "val", "test": "test"}


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a ranker, by the name of the part.

    Attributes:
        values: (requests, num_items) float32, what it sorts the catalogue by.
        probabilities: (n, tasks) float32 of the part's impressions.
    """

    values: dict[str, Tensor]
    probabilities: dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Measured:
    """The metrics of a ranker.

    Attributes:
        metrics: Values such as "test/ndcg@10"; a metric without a value is left out.
        per_user: (num_users,) test values by metric, and ``user_ids`` beside them, ascending.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    per_user: dict[str, np.ndarray] = field(default_factory=dict)


class Bench:
    """Measures rankers.

    Args:
        data: Requests and impressions.
        evaluation: What to measure at which cuts.
        value: Weight of each task's probability in what the rankers sort by; 0 for other tasks.
        device: Where rankers score.

    Raises:
        ValueError: If a held-out part has nothing to find.
    """

    def __init__(
        self,
        data: CascadeData,
        evaluation: CascadeEvaluation,
        value: dict[str, float],
        device: torch.device,
    ):
        self.data = data
        self.cuts = Cuts(evaluation.top_k, evaluation.kept, evaluation.agreement)
        self.block = evaluation.user_block
        self.value = torch.tensor([value.get(task, 0.0) for task in TASKS])
        self.device = device
        self.requests = {name: data.requests.of_part(PARTS[name]) for name in HELD_OUT}
        self.shown = {name: self._shown(ids) for name, ids in self.requests.items()}
        self.liked = self._shown(self.requests["test"], "like")

    def _shown(self, request_ids: Tensor, task: str = "watch") -> Shown:
        requests = self.data.requests
        candidates = torch.cat(
            [self.data.catalogue.candidates(requests, b) for b in request_ids.split(self.block)]
        )
        ratings = ratings_of_candidates(requests, candidates, request_ids)
        found = relevant(ratings, task)
        if not bool(found.any()):
            raise ValueError(
                f"No item that could be shown has a label for {task} at the requests of a held-out "
                "part: there is nothing to measure; use more data."
            )
        return Shown(candidates, found, self.block)

    @property
    def candidates_per_request(self) -> float:
        """Mean over the test requests."""
        return float(self.shown["test"].candidates.sum(1).float().mean())

    def score_final(self, ranker: FinalRanker) -> Scores:
        """Score with the final ranker; training impressions too, to be logged."""
        ranker = ranker.to(self.device)
        return self._scores(ranker, final_scorer(ranker.network, self.data, self.device), PARTS)

    def score_early(self, ranker: EarlyRanker) -> Scores:
        """Score with an early ranker."""
        ranker = ranker.to(self.device)
        return self._scores(ranker, early_scorer(ranker.network, self.data, self.device), HELD_OUT)

    def _scores(self, ranker: ImpressionRanker, scorer: Scorer, parts: Iterable[str]) -> Scores:
        values = {
            name: catalogue_values(scorer, self.data, ids, self.value, self.block, self.device)
            for name, ids in self.requests.items()
        }
        probabilities = {
            name: example_probabilities(
                ranker.logits, self.data.examples[name].to(self.device), self.block
            )
            for name in parts
        }
        return Scores(values, probabilities)

    def measure_final(self, final: Scores) -> Measured:
        """Measure the final ranker by itself."""
        return self._measured({name: self._alone(name, final) for name in HELD_OUT}, final, None)

    def measure_early(self, final: Scores, early: Scores, whole: bool) -> Measured:
        """Measure an early ranker before the final one.

        Args:
            final: Scores of the final ranker.
            early: Scores of the early ranker.
            whole: Whether to measure both stages together and the early ranker's own ranking too,
                and not the cut alone.
        """
        by_request = {}
        for name in HELD_OUT:
            shown, values = self.shown[name], (final.values[name], early.values[name])
            by_request[name] = assess_cut(*values, shown, self.cuts) | self._losses(name, early)
            if whole:
                by_request[name] |= self._alone(name, early)
        if whole:
            values = (final.values["test"], early.values["test"])
            by_request["test"] |= assess_cascade(*values, self.shown["test"], self.cuts)
            by_request["test"] |= assess_liked(*values, self.liked, self.cuts)
        return self._measured(by_request, early, final)

    def _alone(self, name: str, scores: Scores) -> PerRequest:
        return assess_alone(scores.values[name], self.shown[name], self.cuts) | self._losses(
            name, scores
        )

    def _losses(self, name: str, scores: Scores) -> PerRequest:
        examples = self.data.examples[name]
        losses = request_losses(scores.probabilities[name], examples.labels, examples.request_ids)
        every = torch.full((len(self.requests[name]),), torch.nan, dtype=torch.float64)
        places = torch.searchsorted(self.requests[name], examples.request_ids.unique())
        every[places] = losses
        return {"ce": every}

    def _measured(
        self, by_request: dict[str, PerRequest], scores: Scores, final: Scores | None
    ) -> Measured:
        metrics: dict[str, float] = {}
        per_user: dict[str, np.ndarray] = {}
        for name, prefix in HELD_OUT.items():
            labels = self.data.examples[name].labels
            user_ids = self.data.requests.user_ids[self.requests[name]]
            users, means = user_means(by_request[name], user_ids)
            found = {key: float(values.nanmean()) for key, values in means.items()}
            found |= assess_labels(scores.probabilities[name], labels)  # by impression, not user
            if final is not None:
                theirs = final.probabilities[name]
                found |= assess_alignment(theirs, scores.probabilities[name], labels)
            metrics |= {f"{prefix}/{key}": value for key, value in found.items()}
            per_user = {key: values.numpy() for key, values in means.items()}  # test comes last
            per_user["user_ids"] = users.numpy()
        known = {key: value for key, value in metrics.items() if np.isfinite(value)}
        return Measured(known, per_user)
