"""From the configuration of a cascade to its data, its two rankers and its logging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch

from rankdistill.building import build
from rankdistill.cascade.config import CascadeConfig, EarlyRankerNode, FinalRankerNode
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.features import UserCategories
from rankdistill.cascade.data.item_traits import ItemTraits
from rankdistill.cascade.data.logging_faults import Logging
from rankdistill.cascade.data.requests import cut_requests
from rankdistill.cascade.data.tasks import TASKS
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.networks.cut_aim import CutAim
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.movielens_items import years_of
from rankdistill.runs.trained_on import without_places


def make_cascade_data(cfg: CascadeConfig, datamodule: InteractionsDataModule) -> CascadeData:
    """Make requests, features and impressions of split data.

    Raises:
        ValueError: If the data have no ratings or timestamps, or are not split by time.
    """
    requests = cut_requests(datamodule.split.parts, cfg.requests.page, cfg.requests.visit_gap)
    labels = datamodule.split.train.labels
    num_users, num_items = datamodule.split.train.num_users, requests.num_items
    traits = None if labels is None else labels.traits
    titles = None if labels is None else labels.titles
    unknown = np.full(num_users, "")
    return CascadeData.of(
        requests,
        ItemTraits.of(
            None if labels is None else labels.genres,
            np.zeros(num_items, dtype=np.int64) if titles is None else years_of(titles),
        ),
        UserCategories.of(
            None if traits is None else traits.ages,
            unknown if traits is None else traits.genders,
            unknown if traits is None else traits.occupations,
        ),
        history=cfg.requests.history,
        passed_by=cfg.impressions.passed_by,
        generator=torch.Generator().manual_seed(cfg.seed.split),
    )


def make_final_ranker(
    cfg: CascadeConfig, data: CascadeData, datamodule: InteractionsDataModule
) -> FinalRanker:
    """Make the untrained teacher of a cascade."""
    pl.seed_everything(cfg.seed.initialization, verbose=False)
    settings = _settings(cfg.final_ranker, cfg, data, datamodule)
    return FinalRanker(**settings, further={"items": data.items})


def make_early_ranker(
    cfg: CascadeConfig, student: str, data: CascadeData, datamodule: InteractionsDataModule
) -> EarlyRanker:
    """Make an untrained student in the form that ``students`` holds under a name."""
    pl.seed_everything(cfg.seed.initialization, verbose=False)
    settings = _settings(cfg.early_ranker, cfg, data, datamodule)
    aim = _aim(cfg)._asdict()
    return EarlyRanker(teacher_labels=cfg.students[student].node, aim=aim, **settings)


def _aim(cfg: CascadeConfig) -> CutAim:
    """The cut whose recall is monitored."""
    top_k, kept = cfg.evaluation.monitored_cut
    return CutAim([cfg.value.get(task, 0.0) for task in TASKS], top_k, kept)


def make_logging(cfg: CascadeConfig, changes: Mapping[str, Any]) -> Logging:
    """Make what logs the final ranker's scores, with some settings changed."""
    return build({**cfg.log.node, **changes}, allow=cfg.allow_targets)


def _settings(
    node: EarlyRankerNode | FinalRankerNode,
    cfg: CascadeConfig,
    data: CascadeData,
    datamodule: InteractionsDataModule,
) -> dict[str, Any]:
    training = node.training
    return {
        "network": node.network.node,
        "vocabulary": data.vocabulary._asdict(),
        "learning_rate": training.learning_rate,
        "weight_decay": training.weight_decay,
        "batch_size": training.batch_size,
        "decay_epochs": training.decay_epochs,
        "seed": cfg.seed.sampling,
        "tasks": list(TASKS),
        "data": {
            "fingerprint": datamodule.fingerprint,
            "split_fingerprint": datamodule.split.fingerprint,
            "config": {
                "data": without_places(cfg.data.node),
                "split": cfg.split.node,
                "requests": asdict(cfg.requests),
                "impressions": asdict(cfg.impressions),
            },
            "split_seed": cfg.seed.split,
        },
        "allow_targets": tuple(cfg.allow_targets),
    }
