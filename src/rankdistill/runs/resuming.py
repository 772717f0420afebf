"""Go on with a run that was stopped, from the end of its last whole epoch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from rankdistill.draws.draws import Draws
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.tensor_files import read_tensors

STOPPED = "stopped.ckpt"
"""All that training needs to go on; the file goes when training has ended."""


def keeping_last_epoch(folder: Path) -> list[pl.Callback]:
    """Make the callbacks that write ``stopped.ckpt`` after every epoch, and go on from it."""
    last = ModelCheckpoint(
        folder,
        filename=STOPPED.removesuffix(".ckpt"),
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    return [KeepsDraws(), last]


class KeepsDraws(pl.Callback):
    """Keeps where the sources of random draws stand, and for how long training has gone on.

    Attributes:
        seconds: How long the earlier parts of the run were trained.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._begun = time.perf_counter()
        self._sources: Mapping[str, Draws] = {}
        self._drawn: Mapping[str, torch.Tensor] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Find the sources and, of a run that goes on, put them where they stood."""
        assert isinstance(pl_module, Ranker)
        self._sources = {
            "samples": pl_module.draws,
            "order": pl_module.datamodule.order_draws,
        }
        for name, drawn in self._drawn.items():
            self._sources[name].drawn.copy_(drawn)

    def state_dict(self) -> dict[str, Any]:
        """Say where everything stands."""
        drawn = {name: source.drawn.clone() for name, source in self._sources.items()}
        return {"seconds": self.seconds + time.perf_counter() - self._begun, "drawn": drawn}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take what ``state_dict`` said."""
        self.seconds = state_dict["seconds"]
        self._drawn = state_dict["drawn"]


def stopped_run(folder: Path, module: Ranker) -> Path | None:
    """Find the file from which a run in a folder goes on; None where none was stopped there.

    Raises:
        ValueError: If the run was of another model or other data.
    """
    path = folder / STOPPED
    if not path.is_file():
        return None
    stopped = read_tensors(path)
    if "drawn" not in stopped["callbacks"][KeepsDraws.__qualname__]:
        raise ValueError(
            f"The run that was stopped in {folder} was begun by a version of other random draws: "
            "begin it anew with resume=false."
        )
    earlier, now = stopped["hyper_parameters"], dict(module.hparams)
    for name in sorted(earlier.keys() | now.keys()):
        if earlier.get(name) != now.get(name):
            raise ValueError(
                f"The run that was stopped in {folder} had another {name}: type its settings to go "
                "on with it, or another folder with hydra.run.dir=..."
            )
    return path
