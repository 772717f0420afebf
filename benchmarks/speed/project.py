"""This project as the benchmarks use it: configurations and data as the program has them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from benchmarks.speed.arrays import PARTS, Arrays
from hydra import compose, initialize_config_dir

from rankdistill.building import build
from rankdistill.conf_path import conf_dir
from rankdistill.config.reading import read_config
from rankdistill.config.train import TrainConfig
from rankdistill.data.batches import EvaluationBlocks
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import Split
from rankdistill.metrics.means import RankingMetrics
from rankdistill.metrics.measuring import measure_users
from rankdistill.runs.models import make_datamodule

MONITOR = "val/map@5"


def configuration(*overrides: str) -> TrainConfig:
    """The checked configuration of `rankdistill train`."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return read_config(compose("train", ["trainer.progress=false", *overrides]), TrainConfig)


def load_data(overrides: list[str]) -> Arrays:
    """The data that overrides name, in the split of the project."""
    datamodule = make_datamodule(configuration("module=student", *overrides))
    parts = [getattr(datamodule.split, part) for part in PARTS]
    pairs = (torch.stack([part.user_ids, part.item_ids], dim=1).numpy() for part in parts)
    return Arrays(datamodule.name, parts[0].num_users, parts[0].num_items, *pairs)


def datamodule_of(data: Arrays, user_block: int = 1024) -> InteractionsDataModule:
    """A datamodule that has its split already."""
    cfg = configuration("module=student", "data=synthetic", f"evaluation.user_block={user_block}")
    datamodule = build(
        cfg.data, splitter=build(cfg.split), split_seed=cfg.seed.split, user_block=user_block
    )
    datamodule.name = data.name
    datamodule.split = Split(*(_interactions(getattr(data, part), data) for part in PARTS))
    return datamodule


def _interactions(pairs: np.ndarray, data: Arrays) -> Interactions:
    users, items = torch.from_numpy(pairs).unbind(1)
    return Interactions.from_pairs(users, items, *data.shape)


def quality_of(data: Arrays) -> Callable[[np.ndarray, np.ndarray], float]:
    """Validation MAP@5 of anybody's factors, by the project's own metric."""
    split = datamodule_of(data).split
    blocks = list(EvaluationBlocks(split.train, split.validation, user_block=1024))

    @torch.inference_mode()
    def quality(users: np.ndarray, items: np.ndarray) -> float:
        metrics = RankingMetrics(["map"], [5])
        for block in blocks:
            scores = torch.from_numpy(users)[block.contexts.user_ids] @ torch.from_numpy(items).T
            scores[block.seen_rows, block.seen_items] = -torch.inf
            held_out = block.held_out_rows, block.held_out_items, block.num_held_out
            metrics.update(measure_users(scores, *held_out, ["map"], [5]))
        return float(metrics.compute()["map@5"])

    return quality
