"""Time how long it takes to rank the catalogue for all users, models in turn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch

from rankdistill.backbones.interface import Backbone
from rankdistill.data.batches import EvaluationBlocks
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.block_scores import score_block
from rankdistill.runs.timing import median_seconds


def seconds_to_rank_all(
    backbones: Sequence[Backbone],
    datamodule: InteractionsDataModule,
    device: torch.device,
    top_k: int = 10,
    repetitions: int = 7,
) -> list[float]:
    """Score, mask what was seen, and keep the best items of every user with test items.

    The models take turns.

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
    size = datamodule.user_block
    blocks = list(EvaluationBlocks(seen, split.test, size, history=split.history))
    for backbone in backbones:
        backbone.eval().to(device)

    def rank_all(backbone: Backbone) -> None:
        for block in blocks:
            scores = score_block(backbone, block, seen.num_items)
            scores[block.seen_rows, block.seen_items] = -torch.inf
            scores.topk(top_k, dim=1)

    calls = [partial(rank_all, backbone) for backbone in backbones]
    return median_seconds(calls, device, repetitions)
