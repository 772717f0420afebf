"""RecBole: BPR in PyTorch with its own loaders, negatives and trainer."""

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import chdir
from functools import cache
from pathlib import Path

import numpy as np
from benchmarks.speed.arrays import PARTS
from benchmarks.speed.candidates import Candidate, Task

REMOVED = {"float_": np.float64, "complex_": np.complex128, "unicode_": np.str_}
"""Names that NumPy 2 has no more and RecBole 1.2.1 reads as it starts."""


def _set_up(task: Task):
    """Trainer, training loader and validation loader; its own files are made from the split."""
    for name, kind in REMOVED.items():
        if name not in np.__dict__:
            setattr(np, name, kind)
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.utils import get_model, get_trainer

    folder = _folder()
    for part in PARTS:
        lines = (f"{user}\t{item}" for user, item in getattr(task.data, part).tolist())
        text = "\n".join(["user_id:token\titem_id:token", *lines, ""])
        (folder / "split" / f"split.{part}.inter").write_text(text)
    config = Config(
        model="BPR",
        dataset="split",
        config_dict={
            "data_path": str(folder),
            "checkpoint_dir": str(folder),
            "benchmark_filename": list(PARTS),
            "load_col": {"inter": ["user_id", "item_id"]},
            "use_gpu": False,
            "show_progress": False,
            "state": "ERROR",
            "embedding_size": task.embedding_dim,
            "train_batch_size": task.batch_size,
            "eval_batch_size": 1024 * task.data.num_items,
            "learner": "adam",
            "learning_rate": task.learning_rate,
            "weight_decay": task.weight_decay,
            "train_neg_sample_args": {
                "distribution": "uniform",
                "sample_num": 1,
                "alpha": 1.0,
                "dynamic": False,
                "candidate_num": 0,
            },
            "eval_args": {
                "split": {"LS": "valid_and_test"},
                "order": "RO",
                "group_by": "user",
                "mode": "full",
            },
            "metrics": ["MAP", "NDCG", "Recall", "Precision", "Hit", "MRR"],
            "topk": [5, 10, 20],
            "valid_metric": "MAP@5",
        },
    )
    train, validation, _ = data_preparation(config, create_dataset(config))
    model = get_model("BPR")(config, train.dataset)
    with chdir(folder):  # where it writes its logs
        return get_trainer(config["MODEL_TYPE"], "BPR")(config, model), train, validation


@cache
def _kept() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory()


def _folder() -> Path:
    folder = Path(_kept().name)
    (folder / "split").mkdir(exist_ok=True)
    return folder


def trainer(task: Task) -> Callable[[int], float]:
    """See Candidate."""
    fitting, loader, _ = _set_up(task)

    def train(num_epochs: int) -> float:
        import torch

        torch.set_num_threads(task.threads)
        start = time.perf_counter()
        for epoch in range(num_epochs):
            fitting._train_epoch(loader, epoch)
        return (time.perf_counter() - start) / num_epochs

    return train


def evaluator(task: Task) -> Callable[[], None]:
    """See Candidate."""
    fitting, _, validation = _set_up(task)
    return lambda: fitting.evaluate(validation, load_best_model=False)


CANDIDATE = Candidate(
    "RecBole",
    "BPR, Adam over dense gradients, no biases, negatives unseen by the user",
    trainer,
    "MAP, NDCG, recall, precision, hit rate and MRR at 5, 10 and 20",
    evaluator,
    needs=("recbole",),
)
