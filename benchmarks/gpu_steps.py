"""How fast the steps of fits are, without validation: what parts of gpu.py run by themselves.

    python benchmarks/gpu_steps.py EPOCHS USERS ITEMS PAIRS settings... [-- more settings...]...

Trains a model with the settings and each of the further ones, on pairs drawn at random. Prints one
line of JSON, a list.
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir

from rankdistill.building import build
from rankdistill.conf_path import conf_dir
from rankdistill.config.reading import read_config
from rankdistill.config.train import TrainConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.interactions import Interactions
from rankdistill.kernels.placement import wait_for
from rankdistill.runs.fit import fit
from rankdistill.runs.models import make_model
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


class RandomPairs:
    """Pairs of users and items, popular items more often.

    Args:
        num_users: Users.
        num_items: Items.
        num_pairs: Pairs drawn; those that come twice count once.
    """

    name = "random pairs"

    def __init__(self, num_users: int, num_items: int, num_pairs: int):
        self.num_users, self.num_items, self.num_pairs = num_users, num_items, num_pairs

    def load(self) -> Interactions:
        """Draw them."""
        generator = torch.Generator().manual_seed(0)
        users = torch.randint(self.num_users, (self.num_pairs,), generator=generator)
        items = (torch.rand(self.num_pairs, generator=generator) ** 2 * self.num_items).long()
        keys = (users * self.num_items + items.clamp_max(self.num_items - 1)).unique()
        users, items = keys // self.num_items, keys % self.num_items
        return Interactions.from_pairs(users, items, self.num_users, self.num_items)


class RandomDataModule(InteractionsDataModule):
    """Random pairs."""

    source_type = RandomPairs


def configured(settings: Sequence[str]) -> TrainConfig:
    """The configuration of a model that is trained by itself."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return read_config(compose("train", overrides=list(settings)), TrainConfig)


def made(cfg: TrainConfig, shape: Sequence[int]) -> RandomDataModule:
    """The data, set up."""
    source = dict(zip(("num_users", "num_items", "num_pairs"), shape, strict=True))
    found = RandomDataModule(build(cfg.split), cfg.seed.split, cfg.evaluation.user_block, **source)
    found.setup()
    return found


def steps_of(cfg: TrainConfig, datamodule: RandomDataModule, epochs: int) -> dict[str, float]:
    """Train a model and tell how fast its steps are."""
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


def main() -> None:
    """Train one model after the other on the same data."""
    quiet_lightning()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    epochs, *shape = map(int, sys.argv[1:5])
    shared, *more = (
        list(group) for is_mark, group in groupby(sys.argv[5:], "--".__eq__) if not is_mark
    )
    configurations = [configured([*shared, *own]) for own in more or [[]]]
    datamodule = made(configurations[0], shape)
    print(json.dumps([steps_of(cfg, datamodule, epochs) for cfg in configurations]))


if __name__ == "__main__":
    main()
