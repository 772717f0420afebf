"""Measure an epoch of SASRec here, as `rankdistill train` runs it."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np
import torch
from clock import Clock
from hydra import compose, initialize_config_dir
from read import arguments, pairs, tell

from rankdistill.conf_path import conf_dir
from rankdistill.config.reading import read_config
from rankdistill.config.train import TrainConfig
from rankdistill.runs.models import make_datamodule, make_model
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.trainer import make_blind_trainer


def main() -> None:
    """Train some epochs, and print the rate."""
    told = arguments()
    quiet_lightning()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sequences.tsv"
        rows = pairs(told.data, told.users)
        np.savetxt(path, rows, "%d", "\t", header="user_id\titem_id\tposition", comments="")
        with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
            overrides = [
                *("experiment=sasrec_small", "data=delimited", f"data.path={path}"),
                *("data.timestamp_column=position", f"backbone.embedding_dim={told.dim}"),
                *(f"backbone.length={told.length}", f"training.batch_size={told.batch}"),
                *(f"trainer.threads={told.threads}", "trainer.progress=false"),
            ]
            cfg = read_config(compose("train", overrides=overrides), TrainConfig)
        datamodule = make_datamodule(cfg)
        module = make_model(cfg, datamodule, None)
        trainer = make_blind_trainer(cfg.trainer, told.epochs, Path(folder), "sasrec")
        clock = Clock()
        trainer.callbacks.append(clock)
        trainer.fit(module, datamodule=datamodule)
        counts = datamodule.split.train.counts
        foretold = int((counts - 1).clamp(0, told.length).sum())
    assert torch.get_num_threads() == told.threads
    tell(clock.seconds, foretold)


if __name__ == "__main__":
    main()
