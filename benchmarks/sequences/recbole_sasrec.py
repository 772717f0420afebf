"""Measure an epoch of RecBole's SASRec, which encodes a sequence for every item it foretells."""

from __future__ import annotations

import logging
import tempfile
import time
import warnings
from contextlib import chdir
from pathlib import Path

import numpy as np
import torch
from read import arguments, pairs, tell

REMOVED = {"float_": np.float64, "complex_": np.complex128, "unicode_": np.str_}
"""Names that NumPy 2 has no more and RecBole 1.2.1 reads as it starts."""


def main() -> None:
    """Train some epochs, and print the rate."""
    told = arguments()
    for name, kind in REMOVED.items():
        if name not in np.__dict__:
            setattr(np, name, kind)
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.model.sequential_recommender import SASRec
    from recbole.trainer import Trainer

    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        place = Path(folder) / "sequences"
        place.mkdir()
        np.savetxt(
            place / "sequences.inter",
            pairs(told.data, told.users),
            "%d",
            "\t",
            header="user_id:token\titem_id:token\tposition:float",
            comments="",
        )
        config = Config(
            model="SASRec",
            dataset="sequences",
            config_dict={
                "data_path": folder,
                "checkpoint_dir": folder,
                "load_col": {"inter": ["user_id", "item_id", "position"]},
                "TIME_FIELD": "position",
                "use_gpu": False,
                "show_progress": False,
                "state": "ERROR",
                "MAX_ITEM_LIST_LENGTH": told.length,
                "hidden_size": told.dim,
                "inner_size": told.dim,
                "n_layers": 2,
                "n_heads": 2,
                "hidden_dropout_prob": 0.2,
                "attn_dropout_prob": 0.2,
                "loss_type": "CE",
                "train_neg_sample_args": None,
                "train_batch_size": told.batch,
                "learning_rate": 0.001,
                "eval_args": {
                    "split": {"LS": "valid_and_test"},
                    "order": "TO",
                    "group_by": "user",
                    "mode": "full",
                },
            },
        )
        loader, _, _ = data_preparation(config, create_dataset(config))
        model = SASRec(config, loader.dataset)
        trainer = Trainer(config, model)
        torch.set_num_threads(told.threads)
        seconds = []
        for epoch in range(told.epochs):
            begun = time.process_time()
            trainer._train_epoch(loader, epoch)
            seconds.append(time.process_time() - begun)
        tell(seconds, len(loader.dataset))


if __name__ == "__main__":
    main()
