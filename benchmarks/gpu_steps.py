"""Seconds of the steps of one fit, without validation: what a part of gpu.py runs by itself.

    python benchmarks/gpu_steps.py EPOCHS train-settings...

Prints one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir

from rankdistill.conf_path import conf_dir
from rankdistill.config.reading import read_config
from rankdistill.config.train import TrainConfig
from rankdistill.kernels.placement import wait_for
from rankdistill.runs.fit import fit
from rankdistill.runs.models import make_datamodule, make_model
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.trainer import make_blind_trainer

_UNTIMED = 2  # epochs, in which steps are recorded and memory is found
_COPIED = 2**28  # bytes
_READ_OR_WRITTEN = 10
"""Times that a step of Adam passes a weight, at least: its gradient is zeroed, written and read;
the weight and both moments are read and written; the weight is read for the scores."""


class EpochClock(pl.Callback):
    """Notes the seconds and the steps of every epoch."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.steps = 0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock once the device has done what it was given."""
        wait_for(trainer.strategy.root_device)
        self._start, self._first = time.perf_counter(), trainer.global_step

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop it."""
        wait_for(trainer.strategy.root_device)
        self.seconds.append(time.perf_counter() - self._start)
        self.steps = trainer.global_step - self._first


def steps_of(settings: Sequence[str], epochs: int) -> dict[str, float]:
    """Train a model and tell how fast its steps are."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = read_config(compose("train", overrides=list(settings)), TrainConfig)
    quiet_lightning()
    datamodule = make_datamodule(cfg)
    module = make_model(cfg, datamodule, None)
    clock = EpochClock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_blind_trainer(cfg.trainer, epochs, Path(folder), "")
        trainer.callbacks.append(clock)  # pyright: ignore[reportAttributeAccessIssue]
        fit(trainer, module, datamodule)
    seconds = statistics.median(clock.seconds[_UNTIMED:])
    weights = sum(parameter.numel() for parameter in module.parameters())
    moved = 4 * weights * _READ_OR_WRITTEN * clock.steps
    return {
        "steps_per_second": clock.steps / seconds,
        "interactions_per_second": datamodule.split.train.num_interactions / seconds,
        "epoch_seconds": seconds,
        "gigabytes_per_second": moved / seconds / 1e9,
        "device_gigabytes_per_second": bandwidth(trainer.strategy.root_device),
    }


def bandwidth(device: torch.device) -> float:
    """Gigabytes a second that a copy within the device's memory reads and writes."""
    source = torch.zeros(_COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    taken = []
    for _ in range(5):
        wait_for(device)
        start = time.perf_counter()
        target.copy_(source)
        wait_for(device)
        taken.append(time.perf_counter() - start)
    return 2 * _COPIED / min(taken) / 1e9


if __name__ == "__main__":
    print(json.dumps(steps_of(sys.argv[2:], int(sys.argv[1]))))
