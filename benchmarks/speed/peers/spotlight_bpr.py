"""Spotlight, from a checkout that SPOTLIGHT_DIR names: it is on no package index."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import numpy as np
from benchmarks.speed.candidates import Candidate, Task

FOLDER = "SPOTLIGHT_DIR"


def _model(task: Task, num_epochs: int):
    if os.environ[FOLDER] not in sys.path:
        sys.path.insert(0, os.environ[FOLDER])
    import torch
    from spotlight.factorization.implicit import ImplicitFactorizationModel

    torch.set_num_threads(task.threads)
    return ImplicitFactorizationModel(
        loss="bpr",
        embedding_dim=task.embedding_dim,
        n_iter=num_epochs,
        batch_size=task.batch_size,
        l2=task.weight_decay,
        learning_rate=task.learning_rate,
        use_cuda=False,
        sparse=False,
        random_state=np.random.RandomState(1),
    )


def _interactions(task: Task, part: str):
    from spotlight.interactions import Interactions

    users, items = getattr(task.data, part).T.astype(np.int32)
    return Interactions(users, items, num_users=task.data.num_users, num_items=task.data.num_items)


def trainer(task: Task) -> Callable[[int], float]:
    """See Candidate."""

    def train(num_epochs: int) -> float:
        model = _model(task, num_epochs)
        train = _interactions(task, "train")
        start = time.perf_counter()
        model.fit(train)
        return (time.perf_counter() - start) / num_epochs

    return train


def evaluator(task: Task) -> Callable[[], None]:
    """See Candidate."""
    model = _model(task, 1)
    from spotlight.evaluation import mrr_score, precision_recall_score

    train, validation = (_interactions(task, part) for part in ("train", "validation"))
    model.fit(train)

    def evaluate() -> None:
        mrr_score(model, validation, train)
        precision_recall_score(model, validation, train, k=np.array([5, 10, 20]))

    return evaluate


CANDIDATE = Candidate(
    "Spotlight",
    "1 - sigmoid of the difference, Adam over dense gradients, negatives uniform over all items",
    trainer,
    "MRR, and precision and recall at 5, 10 and 20",
    evaluator,
    needs=("sklearn",),
    folder=FOLDER,
)
