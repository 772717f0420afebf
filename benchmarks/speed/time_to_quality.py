"""Seconds of fitting until a validation quality is reached, ours and implicit's tuned models."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.commands import timed_command
from benchmarks.speed.implicit_quality import ALS, BPR, Point, curve
from benchmarks.speed.project import MONITOR, configuration, datamodule_of, load_data, quality_of
from benchmarks.speed.turns import summary

from rankdistill.runs.models import make_model
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.trainer import make_trainer

SOFTMAX, OUR_BPR = "our softmax, d = 200", "our BPR, d = 200"
TEACHERS = {
    SOFTMAX: [
        "ranking_loss=softmax",
        "backbone.init_std=0.03",
        "training.learning_rate=0.005",
        "training.weight_decay=0.0001",
        "training.batch_size=64",
    ],
    OUR_BPR: [
        "ranking_loss=bpr",
        "backbone.init_std=0.03",
        "ranking_loss.num_negatives=3",
        "training.learning_rate=0.004",
        "training.weight_decay=0.00003",
        "training.batch_size=8192",
    ],
}
"""As in conf/teacher/softmax_d200.yaml and bpr_d200.yaml."""

POINTWISE, SAMPLED = "pointwise", ["training.weight_decay=0.000001", "training.batch_size=8192"]
WHOLE_ROWS = [
    "ranking_loss=softmax",
    "training.weight_decay=0.00002",
    "training.batch_size=256",
    "backbone.init_std=0.03",
]
ON_1M = {
    POINTWISE: ["ranking_loss=pointwise", *SAMPLED],
    "bpr": ["ranking_loss=bpr", *SAMPLED],
    "softmax": [*WHOLE_ROWS, "training.learning_rate=0.005"],
    "softmax in a hurry": [*WHOLE_ROWS, "training.learning_rate=0.02"],
}
"""The softmax as in conf/teacher/softmax_d100_ml_1m.yaml, and at four times its learning rate."""


class _Curve(pl.Callback):
    """Seconds of fitting so far, and the metric, after every epoch; validation is taken out."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.paused = 0.0

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        self.start = time.perf_counter()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.stopped = time.perf_counter()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        spent = self.stopped - self.start - self.paused
        self.points.append((spent, float(trainer.callback_metrics[MONITOR])))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.paused += time.perf_counter() - self.stopped


def our_curve(settings: list[str], datamodule: Any, seed: int, *more: str) -> list[Point]:
    """Fit a teacher as the program does, until validation stops it."""
    quiet_lightning()
    fixed = ["module=teacher", f"seed.initialization={seed}", *more]
    cfg, found = configuration(*fixed, *settings), _Curve()
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(cfg.trainer, MONITOR, Path(folder), "", callbacks=[found])
        trainer.fit(make_model(cfg, datamodule, None), datamodule=datamodule)
    return found.points


def measure(bench: Bench, tuned: dict[str, Any]) -> Measured:
    """Everybody in turn, a seed a turn.

    Args:
        bench: This run.
        tuned: The settings of the record's peer_tuning.
    """
    data, quality, datamodule = bench.data, quality_of(bench.data), datamodule_of(bench.data)
    threads = f"trainer.threads={bench.threads}"
    short = ["trainer.max_epochs=2"] if bench.quick else []
    tuned = {kind: tuned[kind] for kind in (ALS, BPR) if kind in tuned}
    peers = {kind: dict(settings) for kind, settings in tuned.items()}
    if not peers:
        bench.say("implicit is skipped: its settings are not recorded; measure peer_tuning first")
    iterations = {kind: settings.pop("iterations") for kind, settings in peers.items()}
    curves: dict[str, list[list[Point]]] = defaultdict(list)
    for seed in (1,) if bench.quick else (1, 2, 3):
        for kind, settings in peers.items():
            curves[kind].append(curve(kind, settings, data, quality, bench.threads, seed))
        for name, settings in TEACHERS.items():
            curves[name].append(our_curve(settings, datamodule, seed, threads, *short))
    measured = Measured({"data": data.name, "monitor": MONITOR, **tuned, "ours": TEACHERS | ON_1M})
    best = {name: [max(p, key=lambda one: one[1]) for p in each] for name, each in curves.items()}
    for name, ends in best.items():
        measured.add(MONITOR, summary([value for _, value in ends]), candidate=name)
        measured.add("s to its best", summary([seconds for seconds, _ in ends]), candidate=name)
        bench.say(f"{name}: {ends}")
    for kind in peers:
        aim = statistics.median(value for _, value in best[kind])
        for name in TEACHERS:
            _reaching(measured, curves[name], aim, kind, candidate=name)
    _whole(bench, measured, peers, iterations, short)
    if bench.ml_1m is not None:
        _sampled_and_whole_rows(bench, measured, threads, short)
    return measured


def _reaching(
    measured: Measured, curves: list[list[Point]], aim: float, aim_of: str, **of: str
) -> None:
    """Seconds to the quality of somebody's best, where every seed reaches it."""
    reached = [next((s for s, value in points if value >= aim), None) for points in curves]
    every = [seconds for seconds in reached if seconds is not None]
    if len(every) == len(reached):
        measured.add(f"s to the best of {aim_of}", summary(every), **of)


def _whole(
    bench: Bench,
    measured: Measured,
    peers: dict[str, dict[str, Any]],
    iterations: dict[str, int],
    short: list[str],
) -> None:
    """Whole processes: start, data, fitting, evaluation on test."""
    ours = ["train", "module=teacher", *TEACHERS[SOFTMAX], *bench.overrides, *short]
    ours.append(f"trainer.threads={bench.threads}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "split.npz"
        bench.data.save(file)

        def theirs(kind: str) -> None:
            command = [sys.executable, "-m", "benchmarks.speed.implicit_quality", str(file), kind]
            command += [json.dumps(peers[kind]), str(iterations[kind]), str(bench.threads)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

        runs = {kind: (lambda kind=kind: theirs(kind)) for kind in peers}
        runs[SOFTMAX] = lambda: timed_command(ours)["whole process"]
        for name, seconds in bench.in_turns(runs, 3).items():
            measured.add("s, whole process", summary(seconds), candidate=name)
            bench.say(f"{name}: whole process {seconds}")


def _sampled_and_whole_rows(
    bench: Bench, measured: Measured, threads: str, short: list[str]
) -> None:
    """On MovieLens 1M: sampled losses and the softmax to the quality of the point-wise one."""
    assert bench.ml_1m is not None
    data = load_data([*bench.ml_1m, "split=user_halves"])
    datamodule = datamodule_of(data)
    curves = {
        name: our_curve(
            ["size=d100", "trainer.patience=5", *settings], datamodule, 1, threads, *short
        )
        for name, settings in ON_1M.items()
    }
    aim = max(value for _, value in curves[POINTWISE])
    for name, points in curves.items():
        of = {"candidate": f"our {name}, d = 100, MovieLens 1M"}
        seconds, value = max(points, key=lambda one: one[1])
        measured.add(MONITOR, summary([value]), **of)
        measured.add("s to its best", summary([seconds]), **of)
        _reaching(measured, [points], aim, POINTWISE, **of)
        bench.say(f"{of}: {value:.4f} after {seconds:.1f} s")
