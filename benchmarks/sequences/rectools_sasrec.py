"""Measure an epoch of RecTools' SASRec."""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from clock import Clock
from read import arguments, pairs, tell
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel


def main() -> None:
    """Train some epochs, and print the rate."""
    told = arguments()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(told.threads)
    rows = pairs(told.data, told.users)
    last = np.r_[rows[1:, 0] != rows[:-1, 0], True]
    held_out = last | np.r_[last[1:], False]
    rows = rows[~held_out]
    table = pd.DataFrame(rows, columns=[Columns.User, Columns.Item, "position"])
    table[Columns.Weight] = 1.0
    table[Columns.Datetime] = pd.Timestamp(0) + pd.to_timedelta(table.pop("position"), unit="D")
    model = SASRecModel(
        n_factors=told.dim,
        n_blocks=2,
        n_heads=2,
        session_max_len=told.length,
        dropout_rate=0.2,
        batch_size=told.batch,
        lr=0.001,
        loss="softmax",
        dataloader_num_workers=0,
        get_trainer_func=lambda: pl.Trainer(
            max_epochs=told.epochs,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[Clock()],
        ),
    )
    model.fit(Dataset.construct(table))
    counts = np.bincount(rows[:, 0])
    (clock,) = [made for made in model.fit_trainer.callbacks if isinstance(made, Clock)]
    tell(clock.seconds, int(np.clip(counts - 1, 0, told.length).sum()))


if __name__ == "__main__":
    main()
