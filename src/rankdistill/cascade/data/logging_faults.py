"""Faults of scores on their way into a log: not sampled, stale, corrupted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.building import did_you_mean

CORRUPTIONS = ("marked", "unmarked", "stale")


class LoggedScores(NamedTuple):
    """Scores as a log holds them.

    Attributes:
        probabilities: (n, tasks), some of them wrong.
        is_logged: (n,) bool, which rows have scores.
        is_proper: (n,) bool, which scores the log marks as properly logged.
    """

    probabilities: Tensor
    is_logged: Tensor
    is_proper: Tensor


@dataclass(frozen=True)
class Logging:
    """Logs the final ranker's scores.

    Args:
        share: Share of the impressions that are logged.
        corrupted: Share of the logged rows whose scores are wrong.
        corruption: What is wrong. ``marked``: random scores, which the log marks as not properly
            logged. ``unmarked``: NaN or a number outside [0, 1], which the log does not mark.
            ``stale``: the probabilities of another impression, which look like proper ones.
        rescore: Number of candidates a request that were not shown, and that the final ranker
            scores offline.
        stretches: Number of stretches of time. 1: the final ranker logs what it was trained on.
            More: a final ranker for each stretch but the first, which is not logged, is trained on
            what came before, and logs the stretch.
    """

    share: float
    corrupted: float
    corruption: str
    rescore: int
    stretches: int

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or not 0 <= self.corrupted <= 1:
            raise ValueError(
                "share must lie in (0, 1] and corrupted in [0, 1], got "
                f"{self.share} and {self.corrupted}."
            )
        if self.rescore < 0 or self.stretches < 1:
            raise ValueError(
                "rescore must be at least 0 and stretches at least 1, got "
                f"{self.rescore} and {self.stretches}."
            )
        if self.corruption not in CORRUPTIONS:
            raise ValueError(
                f"corruption must be one of {', '.join(CORRUPTIONS)}, got {self.corruption!r}"
                f"{did_you_mean(self.corruption, CORRUPTIONS)}"
            )

    def __call__(self, probabilities: Tensor, generator: torch.Generator) -> LoggedScores:
        """Log the scores of impressions.

        Args:
            probabilities: (n, tasks) of the final ranker.
            generator: On the CPU. The rows of a smaller share are among those of a larger one.
        """
        lots = torch.rand(len(probabilities), generator=generator)
        faults = torch.rand(len(probabilities), generator=generator)
        others = torch.randperm(len(probabilities), generator=generator)
        is_logged = lots < self.share
        is_corrupted = is_logged & (faults < self.corrupted)
        logged = probabilities.clone()
        if self.corruption == "stale":
            logged[is_corrupted] = probabilities[others][is_corrupted]
        elif self.corruption == "unmarked":
            nonsense = torch.where(faults < self.corrupted / 2, torch.nan, 1 + lots)
            logged[is_corrupted] = nonsense[is_corrupted, None].expand(-1, logged.shape[1])
        else:
            logged[is_corrupted] = torch.rand(
                int(is_corrupted.sum()), logged.shape[1], generator=generator
            )
        is_proper = is_logged & ~is_corrupted if self.corruption == "marked" else is_logged
        return LoggedScores(logged, is_logged, is_proper)
