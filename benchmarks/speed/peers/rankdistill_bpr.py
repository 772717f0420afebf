"""This project: Lightning, Hydra's configuration, exact negatives, fused Adam."""

from __future__ import annotations

from collections.abc import Callable

import torch
from benchmarks.speed.candidates import Candidate, Task
from benchmarks.speed.fitting import epoch_seconds
from benchmarks.speed.project import configuration, datamodule_of

from rankdistill.data.batches import EvaluationBlocks
from rankdistill.metrics.means import RankingMetrics
from rankdistill.metrics.measuring import measure_users
from rankdistill.runs.models import make_model


def trainer(task: Task) -> Callable[[int], float]:
    """See Candidate."""
    cfg, datamodule = settings(task), datamodule_of(task.data)

    def train(num_epochs: int) -> float:
        return epoch_seconds(make_model(cfg, datamodule, None), datamodule, cfg, num_epochs)

    return train


def settings(task: Task) -> dict:
    """The configuration of a task."""
    return configuration(
        "module=teacher",
        "ranking_loss=bpr",
        "ranking_loss.num_negatives=1",
        f"backbone.embedding_dim={task.embedding_dim}",
        f"training.batch_size={task.batch_size}",
        f"training.learning_rate={task.learning_rate}",
        f"training.weight_decay={task.weight_decay}",
        f"trainer.threads={task.threads}",
    )


def evaluator(task: Task, user_block: int = 1024) -> Callable[[], None]:
    """See Candidate."""
    cfg, datamodule = settings(task), datamodule_of(task.data)
    backbone, asked = make_model(cfg, datamodule, None).backbone, cfg.evaluation
    split = datamodule.split
    blocks = EvaluationBlocks(split.train, split.validation, user_block)

    @torch.inference_mode()
    def evaluate() -> None:
        means = RankingMetrics(asked.metrics, asked.top_k)
        for block in blocks:
            scores = backbone.score_rows(block.contexts)
            scores[block.seen_rows, block.seen_items] = -torch.inf
            held_out = block.held_out_rows, block.held_out_items, block.num_held_out
            means.update(measure_users(scores, *held_out, asked.metrics, asked.top_k))
        means.compute()

    return evaluate


CANDIDATE = Candidate(
    "rankdistill",
    "BPR, fused Adam over dense gradients, negatives unseen by the user, Lightning",
    trainer,
    "MAP, NDCG, recall, precision, hit rate and MRR at 5, 10 and 20",
    evaluator,
)
