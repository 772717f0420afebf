"""What the final rankers of a seed scored, and the logs that students learn from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.examples import Examples
from rankdistill.cascade.data.further_candidates import (
    FurtherCandidates,
    draw_further,
    with_further,
)
from rankdistill.cascade.data.score_log import LogCounts, are_probabilities, read_log, write_log
from rankdistill.cascade.data.stretches import before_stretch, stretches_of
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.runs.bench import Scores
from rankdistill.cascade.runs.final_ranker_store import Past
from rankdistill.cascade.runs.models import make_logging
from rankdistill.cascade.runs.scoring import example_probabilities, pair_probabilities

SCORE_LOG = "score_log.parquet"

Obtain = Callable[[Past], FinalRanker]
"""Finds or trains the final ranker of a stretch of time."""


class TeacherLog:
    """Logs the scores of a seed's final ranker.

    Args:
        cfg: The configuration of the seed.
        data: Requests, features and impressions.
        final: The final ranker, trained on all of the training part.
        scores: Its scores.
        device: Where rankers score.

    Attributes:
        rescoring: Number of ``requests`` and of their further ``candidates`` that the final ranker
            scored, and ``seconds`` that it took; empty if it scored none.
    """

    def __init__(
        self,
        cfg: CascadeConfig,
        data: CascadeData,
        final: FinalRanker,
        scores: Scores,
        device: torch.device,
    ):
        self.cfg, self.data, self.final, self.device = cfg, data, final, device
        self._walked = {1: scores.probabilities["train"]}
        self._of_validation = scores.probabilities["validation"]
        self._further: tuple[FurtherCandidates, Tensor] | None = None
        self.rescoring: dict[str, float] = {}

    def walk(self, number: int, obtain: Obtain) -> None:
        """Score each stretch of time but the first by a ranker that was trained on the past.

        Args:
            number: Number of stretches, at least 2.
            obtain: Finds or trains these rankers.
        """
        examples, times = self.data.examples["train"], self.data.requests.times
        of_stretch = stretches_of(examples, times, number)
        probabilities = torch.full_like(self._walked[1], torch.nan)
        for stretch in range(1, number):
            past = Past(number, stretch, *before_stretch(examples, times, number, stretch))
            ranker, is_in = obtain(past).to(self.device), of_stretch == stretch
            probabilities[is_in] = example_probabilities(
                ranker.logits, examples.where(is_in).to(self.device), self.cfg.evaluation.user_block
            )
        self._walked[number] = probabilities

    def examples(self, folder: Path, changes: Mapping[str, Any]) -> tuple[Examples, LogCounts]:
        """Write a log, and read from it what a student learns.

        Args:
            folder: Where the log goes.
            changes: Settings of logging that differ from the main ones.

        Returns:
            Training examples with teacher labels, and the counts of the log.
        """
        logging, shown = make_logging(self.cfg, changes), self.data.shown["train"]
        probabilities = self._walked[logging.stretches]
        scores = logging(probabilities, torch.Generator().manual_seed(self.cfg.seed.sampling))
        scores = scores._replace(is_logged=scores.is_logged & ~probabilities.isnan().any(1))
        user_ids = self.data.requests.user_ids[shown.request_ids]
        path = folder / SCORE_LOG
        write_log(path, shown, user_ids, self.data.pair_columns("train"), scores)
        *teacher, counts = read_log(path, shown)
        examples = self.data.examples["train"].with_teacher(*teacher)
        if logging.rescore:
            examples = with_further(examples, *self._rescored(logging.rescore))
        return examples, counts

    def validation(self, changes: Mapping[str, Any]) -> Examples:
        """Log what was shown in validation, which chooses the epoch of a student.

        Args:
            changes: Settings of logging that differ from the main ones.
        """
        generator = torch.Generator().manual_seed(self.cfg.seed.sampling)
        scores = make_logging(self.cfg, changes)(self._of_validation, generator)
        usable = scores.is_logged & scores.is_proper & are_probabilities(scores.probabilities)
        examples = self.data.examples["validation"]
        return examples.with_teacher(scores.probabilities, usable.float())

    def _rescored(self, number: int) -> tuple[FurtherCandidates, Tensor]:
        """Further candidates, and the final ranker's (n, tasks) probabilities of them."""
        if self._further is None:
            data, start = self.data, time.perf_counter()
            generator = torch.Generator().manual_seed(self.cfg.seed.sampling)
            further = draw_further(
                data.requests, data.catalogue, data.shown["train"], number, generator
            )
            probabilities = pair_probabilities(
                self.final, data, further.request_ids, further.item_ids, self.device
            )
            self._further = further, probabilities
            self.rescoring = {
                "candidates": len(further),
                "requests": len(further.request_ids.unique_consecutive()),
                "seconds": time.perf_counter() - start,
            }
        return self._further
