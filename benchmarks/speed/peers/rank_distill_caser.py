"""The original Ranking Distillation code, from a checkout that RANK_DISTILL_DIR names.

Its `train_caser.py` is Python 2, and its two argument parsers refuse each other's options, so it
trains on its own data with its own settings alone. A checkout that was converted (`2to3 -w .`) can
be imported: what trains is Caser of the same dimension on sequences of five, point-wise, with Adam,
one negative per positive; it has no matrix factorisation.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from benchmarks.speed.candidates import Candidate, Task

FOLDER, SCRIPT = "RANK_DISTILL_DIR", "train_caser.py"
LENGTH = 5


def unfit() -> str | None:
    """Why the checkout cannot be imported; None where it can."""
    script = Path(os.environ[FOLDER]) / SCRIPT
    if not script.is_file():
        return f"{FOLDER} holds no {SCRIPT}"
    try:
        ast.parse(script.read_text(encoding="utf-8"))
    except SyntaxError:
        return f"{FOLDER} holds Python 2; convert the checkout with: 2to3 -w ."
    return None


def _trainer(task: Task) -> Callable[[int], float]:
    if os.environ[FOLDER] not in sys.path:
        sys.path.insert(0, os.environ[FOLDER])
    import torch
    from interactions import Interactions
    from train_caser import Recommender

    torch.set_num_threads(task.threads)
    caser = Namespace(
        d=task.embedding_dim, nv=2, nh=16, drop=0.5, ac_conv="iden", ac_fc="sigm", L=LENGTH
    )

    def train(num_epochs: int) -> float:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            Path("checkpoints").mkdir()  # where it writes without asking
            lines = [f"{user} {item} 1" for user, item in task.data.train.tolist()]
            Path("train.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            train = Interactions("train.txt")
            train.to_sequence(LENGTH)
            model = Recommender(
                n_iter=num_epochs,
                batch_size=task.batch_size,
                l2=task.weight_decay,
                neg_samples=1,
                learning_rate=task.learning_rate,
                model_args=caser,
            )
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                model.fit(train, None)
            return (time.perf_counter() - start) / num_epochs

    return train


CANDIDATE = Candidate(
    name="Ranking Distillation's own code",
    training="Caser on sequences of five, point-wise, Adam over dense gradients",
    trainer=_trainer,
    folder=FOLDER,
    unfit=unfit,
    has_batches=False,
)
