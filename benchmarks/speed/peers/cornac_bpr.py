"""Cornac: BPR in Cython, one pair at a time without locks."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

from benchmarks.speed.arrays import Arrays
from benchmarks.speed.candidates import Candidate, Task


@cache
def _datasets(data: Arrays):
    from cornac.data import Dataset

    users, items = ({index: index for index in range(size)} for size in data.shape)
    return {
        part: Dataset.build(
            [(user, item, 1.0) for user, item in getattr(data, part).tolist()],
            global_uid_map=users,
            global_iid_map=items,
            exclude_unknowns=False,
        )
        for part in ("train", "validation")
    }


def _model(task: Task, num_epochs: int):
    from cornac.models import BPR

    return BPR(
        k=task.embedding_dim,
        max_iter=num_epochs,
        learning_rate=0.05,
        lambda_reg=0.01,
        num_threads=task.threads,
        seed=None,
        verbose=False,
    )


def trainer(task: Task) -> Callable[[int], float]:
    """See Candidate."""
    train_set = _datasets(task.data)["train"]

    def train(num_epochs: int) -> float:
        model = _model(task, num_epochs)
        start = time.perf_counter()
        model.fit(train_set)
        return (time.perf_counter() - start) / num_epochs

    return train


def evaluator(task: Task) -> Callable[[], None]:
    """See Candidate."""
    from cornac.eval_methods.base_method import ranking_eval
    from cornac.metrics import MAP, MRR, NDCG, HitRatio, Precision, Recall

    sets = _datasets(task.data)
    model = _model(task, 1)
    model.fit(sets["train"])
    metrics = [MAP(), MRR()]
    metrics += [each(k=k) for each in (NDCG, Recall, Precision, HitRatio) for k in (5, 10, 20)]

    def evaluate() -> None:
        ranking_eval(model, metrics, sets["train"], sets["validation"], rating_threshold=0.5)

    return evaluate


CANDIDATE = Candidate(
    "Cornac",
    "BPR, stochastic gradient pair by pair (learning rate 0.05), negatives unseen by the user; "
    "set-up of a fit counts",
    trainer,
    "MAP and MRR, and NDCG, recall, precision and hit rate at 5, 10 and 20",
    evaluator,
    needs=("cornac",),
    has_batches=False,
)
