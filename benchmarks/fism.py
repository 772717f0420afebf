"""A student without users beside the factorisation of 200: quality, and bytes by users.

    python benchmarks/fism.py [--seeds 1,2,3,4,5]

Runs `rankdistill compare experiment=fism_d16` where it is not in outputs/tables yet, trains the
factorisations where they are not in outputs/teachers, and writes benchmarks/results/fism.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from machine import keep
from rankdistill.backbones.fism import Fism
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.evaluation.non_inferiority import non_inferiority
from rankdistill.rank_files.tables import stored_bytes
from rankdistill.reporting.wording import decimal, file_size, metric_label, p_value
from rankdistill.runs.fit import METRICS as METRICS_FILE
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.per_user import PER_USER
from rankdistill.runs.shipping import stored_tables
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.tuning.recipe import Recipe, seeded
from sections import copy_records
from tables import compared

EXPERIMENT, LARGE = "fism_d16", "softmax_d200"
METRICS = ("map@5", "ndcg@10")
MARGIN = 0.005
"""What the student may be worse by; chosen before either model was measured."""
QUIET = ("study=fism", "trainer.progress=false", "evaluation.monitor=val/ndcg@10")
NUM_ITEMS, BITS = 1682, 5
USERS = (943, 10_000, 100_000)
MANY_USERS = (
    "module=distilled_student",
    "data=synthetic",
    "data.num_users=100000",
    "data.num_items=1000",
    "data.num_interactions=1500000",
    "teacher=ease",
    "distillation=[plackett_luce]",
    "distillation.alpha=1.0",
    "distillation.top_k=20",
    "initialization=teacher_factors",
    "storage=int6",
    "training.batch_size=512",
    "training.learning_rate=0.01",
    "training.weight_decay=0.00001",
    "evaluation.monitor=val/ndcg@10",
    "trainer.max_epochs=8",
    "trainer.progress=false",
)
"""Made-up data of many users, and how every student of them is trained."""
STUDENTS = {
    "FISM of 16": ("backbone=fism", "size=d16", "backbone.length_power=0.9"),
    "factorisation of 8": ("size=d8",),
    "factorisation of 16": ("size=d16",),
}


def factorisations(seeds: list[int]) -> list[Path]:
    """The folders of the factorisation, one for each seed."""
    cfg = Recipe("tune", (), (f"teacher={LARGE}", *QUIET)).settings()
    datamodule = make_datamodule(cfg)
    return [obtain_teacher(seeded(cfg, seed), datamodule, LARGE).folder for seed in seeds]


def of_users(folders: list[Path], metric: str) -> np.ndarray:
    """(num_users,) means over seeds."""
    files = [np.load(folder / PER_USER, allow_pickle=False) for folder in folders]
    return np.mean([file[metric] for file in files], axis=0)


def quality(seeds: list[int]) -> list[str]:
    """A row for each metric: both models, and the test of non-inferiority."""
    runs = compared(EXPERIMENT, ",".join(map(str, seeds))) / "distilled_student"
    student, large = [runs / f"seed-{seed}" for seed in seeds], factorisations(seeds)
    lines = [
        f"| metric | `{EXPERIMENT}` | `{LARGE}` | difference | at least (95%) | p of -{MARGIN} |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for metric in METRICS:
        ours, theirs = of_users(student, metric), of_users(large, metric)
        test = non_inferiority(ours, theirs, MARGIN)
        verdict = "" if test.is_shown else " (not shown)"
        cells = (
            metric_label(metric),
            decimal(float(ours.mean())),
            decimal(float(theirs.mean())),
            decimal(test.difference, signed=True),
            decimal(test.ci_low, signed=True),
            f"{p_value(test.p_value)}{verdict}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def sizes() -> list[str]:
    """A row for each number of users: the stored bytes of three models of random weights."""
    lines = [
        f"| users | FISM of 16, int{BITS} | factorisation of 8, int{BITS} | of 200, fp32 |",
        "|--:|--:|--:|--:|",
    ]
    settings = {"length_power": 0.5, "history_dropout": 0.0, "start_iterations": 1}
    for users in USERS:
        models = (
            (Fism(users, NUM_ITEMS, 16, init_std=0.1, **settings), BITS),
            (MatrixFactorization(users, NUM_ITEMS, 8, init_std=0.1), BITS),
            (MatrixFactorization(users, NUM_ITEMS, 200, init_std=0.1), 32),
        )
        cells = [file_size(shipped_bytes(model, bits)) for model, bits in models]
        lines.append(f"| {users:,} | {' | '.join(cells)} |")
    return lines


def shipped_bytes(model: Fism | MatrixFactorization, bits: int) -> int:
    """The size of the weights in a model's model.rank."""
    tables = stored_tables(model.state_dict(), model.served(), bits, model.ranks_nothing)
    return sum(map(stored_bytes, tables.values()))


def many_users() -> list[str]:
    """A row for each student of the same teacher on data of a hundred thousand users."""
    lines = ["| 100,000 made-up users | model.rank | MAP@5 | NDCG@10 |", "|---|--:|--:|--:|"]
    for student, overrides in STUDENTS.items():
        folder = Path("outputs/tables/many_users") / student.replace(" ", "_")
        if not (folder / METRICS_FILE).exists():
            command = [sys.executable, "-m", "rankdistill", "train", *MANY_USERS, *overrides]
            subprocess.run([*command, f"hydra.run.dir={folder}"], check=True)
        fields = json.loads((folder / METRICS_FILE).read_text())
        metrics = [decimal(fields["metrics"][f"test/{metric}"]) for metric in METRICS]
        cells = [student, file_size(fields["weights_bytes"]), *metrics]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3,4,5")
    seeds = [int(seed) for seed in parser.parse_args().seeds.split(",")]
    torch.manual_seed(0)
    keep("fism", [*quality(seeds), "", *sizes(), "", *many_users()])
    copy_records()


if __name__ == "__main__":
    main()
