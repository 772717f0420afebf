"""Times epochs with whatever checkout is first on the path.

    python -P benchmarks/speed/against_worker.py THREADS wall|processor

Reads cells as lines of JSON and prints the seconds of an epoch of each; see ``against``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from unittest import mock

import torch
from benchmarks.speed.candidates import Task, candidate
from benchmarks.speed.epochs import PLAIN, STUDENTS, TEACHER_DIM
from benchmarks.speed.fitting import epoch_seconds
from benchmarks.speed.project import configuration, datamodule_of, load_data

from rankdistill.runs.models import make_model

Epochs = Callable[[int], float]
"""From a number of epochs to the mean seconds of one."""


def main() -> None:
    """Answer until there are no more cells."""
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    if sys.argv[2] == "processor":
        mock.patch.object(time, "perf_counter", time.process_time).start()
    data = load_data([])
    datamodule = datamodule_of(data)
    torch.manual_seed(0)
    large = configuration(*STUDENTS[PLAIN], f"backbone.embedding_dim={TEACHER_DIM}")
    teacher = make_model(large, datamodule, None).backbone

    def made(kind: str, *settings: str | int) -> Epochs:
        if kind == "training":
            dim, batch = map(int, settings)
            return candidate("rankdistill_bpr").trainer(Task(data, dim, batch, threads=threads))
        loss, student = map(str, settings)
        fixed = [f"ranking_loss={loss}", "backbone.embedding_dim=10", f"trainer.threads={threads}"]
        cfg = configuration(*STUDENTS[student], *fixed)
        beside = None if student == PLAIN else teacher
        return lambda num: epoch_seconds(make_model(cfg, datamodule, beside), datamodule, cfg, num)

    known: dict[str, Epochs] = {}
    for line in sys.stdin:
        cell, num_epochs = json.loads(line)
        if str(cell) not in known:
            known[str(cell)] = made(*cell)
        print("seconds", known[str(cell)](num_epochs), flush=True)


if __name__ == "__main__":
    main()
