"""The form of early ranker that learns its cut: which candidates reach the final ranker."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.building import did_you_mean
from rankdistill.cascade.data.examples import ExampleBatch
from rankdistill.cascade.networks.cut_aim import CutAim
from rankdistill.cascade.networks.soft_cut import PENALTIES, RequestCuts, soft_cut_loss
from rankdistill.cascade.networks.teacher_labels import SharedEstimate

_LEAST = 1e-6
"""Probabilities nearer than this to 0 or 1 have no finite log-odds in single precision."""


class LearnedCut(SharedEstimate):
    """Raises the recall of the final ranker's top k among the m candidates that the cut keeps.

    The cut orders candidates as the served score does, by the log-odds of the weighted mean of the
    tasks' probabilities. A log holds few of a request's candidates, so k and m shrink by the share
    of them that has teacher scores, and a request of whose top less than one candidate is to be
    expected among these counts less. The width of the soft step is learned, so that probabilities
    may stay those of what users do.

    Args:
        weight: Weight of the shared form's loss beside the cut; 0: the cut alone.
        cut_weight: Weight of the cut in the loss.
        temperature: Where the width of the soft step begins, in units of log-odds.
        penalty: ``share`` or ``log``; see ``soft_cut_loss``.
    """

    may_weigh_nothing = True

    def __init__(self, weight: float, cut_weight: float, temperature: float, penalty: str):
        super().__init__(weight)
        if cut_weight <= 0 or temperature <= 0:
            raise ValueError(
                f"cut_weight and temperature must be positive, got {cut_weight} and {temperature}."
            )
        if penalty not in PENALTIES:
            raise ValueError(
                f"penalty must be one of {', '.join(PENALTIES)}, got {penalty!r}"
                f"{did_you_mean(penalty, PENALTIES)}"
            )
        self.cut_weight, self.penalty = cut_weight, penalty
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature)))

    @override
    def fit_to(self, width: int, aim: CutAim) -> None:
        super().fit_to(width, aim)
        self.aim = aim
        value = torch.tensor(aim.value)
        self.register_buffer("value", value / value.sum(), persistent=False)
        self.value: Tensor

    @override
    def losses(
        self, batch: ExampleBatch, own: Tensor, logits: Tensor
    ) -> dict[str, tuple[float, Tensor]]:
        cut = {"cut_loss": (self.cut_weight, self._cut_loss(batch, logits))}
        return cut if self.weight == 0 else super().losses(batch, own, logits) | cut

    def _cut_loss(self, batch: ExampleBatch, logits: Tensor) -> Tensor:
        teacher, weights = batch.logged
        known = batch.grid(weights > 0)
        cut = scaled_cut(
            self.aim, known.sum(1), batch.examples_of_requests, batch.candidates_of_requests
        )
        mean = (logits.sigmoid() @ self.value).clamp(_LEAST, 1 - _LEAST)
        return soft_cut_loss(
            batch.grid(mean.logit()) / self.log_temperature.exp(),
            batch.grid(teacher @ self.value),
            known,
            cut,
            temperature=1.0,
            penalty=self.penalty,
        )


def scaled_cut(aim: CutAim, scored: Tensor, examples: Tensor, candidates: Tensor) -> RequestCuts:
    """Shrink k and m to the part of a request's candidates that has scores.

    Args:
        aim: The cut of whole requests.
        scored: (requests,) number of candidates with scores.
        examples: (requests,) number of candidates of the batch, with or without scores, which
            bounds k and m.
        candidates: (requests,) number of all candidates.

    Returns:
        k and m, at least one, and m at least k; and as weights how many candidates of the whole
        request's top k are expected among those with scores, at most one.
    """
    top_k, kept, weights = _shrunk(aim, scored / candidates.clamp(min=1))
    most_top_k, most_kept, _ = _shrunk(aim, examples / candidates.clamp(min=1))
    return RequestCuts(top_k, kept, weights, int(most_top_k.max()), int(most_kept.max()))


def _shrunk(aim: CutAim, share: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    expected = aim.top_k * share
    top_k = expected.round().clamp(min=1).long()
    kept = (aim.kept * share).round().long()
    return top_k, torch.maximum(kept, top_k), expected.clamp(max=1)
