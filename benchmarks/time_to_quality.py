"""How long a loss over whole rows, and one on sampled pairs, take to reach a stated quality.

    python benchmarks/time_to_quality.py [--ml-1m FILE]

Teachers of 100 on MovieLens 1M: the point-wise loss to its best validation MAP@5, BPR to its own
best, and the softmax to the quality of the point-wise one. Fitting with validation after every
epoch, in turn on the same threads; settings as in conf/ranking_loss/, but weight decay and batch
for this size of data, named in the table.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pytorch_lightning as pl
from hydra import compose, initialize_config_dir

from machine import keep
from rankdistill.commands.quiet import quiet_lightning
from rankdistill.conf_path import conf_dir
from rankdistill.config import to_primitives
from rankdistill.runs.fit import make_trainer
from rankdistill.runs.models import make_datamodule, make_model

MONITOR = "val/map@5"
SETTINGS = {
    "pointwise": ["training.weight_decay=0.000001", "training.batch_size=8192"],
    "bpr": ["training.weight_decay=0.000001", "training.batch_size=8192"],
    "softmax": [
        "training.learning_rate=0.005",
        "training.weight_decay=0.00002",
        "training.batch_size=256",
        "backbone.init_std=0.03",
    ],
}


class Curve(pl.Callback):
    """Seconds since the start of fitting, and the metric, after every epoch."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self.start = time.perf_counter()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add a point."""
        value = float(trainer.callback_metrics[MONITOR])
        self.points.append((time.perf_counter() - self.start, value))


def main() -> None:
    """Fit the three and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--ml-1m", metavar="FILE", help="(user, item) pairs in place of the release"
    )
    file = parser.parse_args().ml_1m
    data = ["data=ml_1m"] if file is None else ["data=delimited", f"data.path={file}"]
    quiet_lightning()
    datamodule = None
    curves: dict[str, list[tuple[float, float]]] = {}
    for loss, settings in SETTINGS.items():
        overrides = ["module=teacher", "size=d100", f"ranking_loss={loss}", "split=user_halves"]
        overrides += [*data, "trainer.progress=false", "trainer.patience=5", *settings]
        with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
            cfg = to_primitives(compose("train", overrides))
        datamodule = datamodule or make_datamodule(cfg)
        curve = Curve()
        with tempfile.TemporaryDirectory() as folder:
            trainer = make_trainer(cfg["trainer"], MONITOR, Path(folder), "", callbacks=[curve])
            trainer.fit(make_model(cfg, datamodule, None), datamodule=datamodule)
        curves[loss] = curve.points
    aim = max(value for _, value in curves["pointwise"])
    lines = [
        "| ranking loss | settings | best val MAP@5 | seconds to it | to the point-wise best |",
        "|---|---|--:|--:|--:|",
    ]
    for loss, points in curves.items():
        best = max(points, key=lambda point: point[1])
        reached = next((seconds for seconds, value in points if value >= aim), None)
        row = (
            loss,
            f"`{' '.join(SETTINGS[loss])}`",
            f"{best[1]:.4f}",
            f"{best[0]:.1f}",
            "-" if reached is None else f"{reached:.1f}",
        )
        lines.append(f"| {' | '.join(row)} |")
    keep("time_to_quality", lines)


if __name__ == "__main__":
    main()
