"""How long it takes to rank the catalogue for everybody, models in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import torch

from rankdistill.backbones.interface import Backbone
from rankdistill.data.batches import EvaluationBlocks
from rankdistill.data.datamodule import InteractionsDataModule


@torch.inference_mode()
def seconds_to_rank_all(
    backbones: Sequence[Backbone],
    datamodule: InteractionsDataModule,
    device: torch.device,
    top_k: int = 10,
    repetitions: int = 7,
) -> list[float]:
    """Score, mask what was seen, and keep the best items of every user with test items.

    The models take turns in every repetition, so that a drift of the machine's speed meets all.

    Args:
        backbones: The models to time.
        datamodule: Its data, set up.
        device: Where to rank.
        top_k: Items kept per user.
        repetitions: Turns per model after one that is not counted.

    Returns:
        The median seconds of each model.
    """
    split = datamodule.on_device(device)
    seen = datamodule.seen_at_test(device)
    blocks = list(EvaluationBlocks(seen, split.test, datamodule.user_block))
    for backbone in backbones:
        backbone.eval().to(device)
    times: list[list[float]] = [[] for _ in backbones]
    for _ in range(repetitions + 1):
        for backbone, taken in zip(backbones, times, strict=True):
            start = time.perf_counter()
            for block in blocks:
                scores = backbone.score_rows(block.user_ids)
                scores[block.seen_rows, block.seen_items] = -torch.inf
                scores.topk(top_k, dim=1)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken[1:]) for taken in times]
