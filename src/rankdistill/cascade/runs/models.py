"""From a composed configuration to a cascade's data and its two rankers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch

from rankdistill.building import build
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.features import UserCategories
from rankdistill.cascade.data.item_traits import ItemTraits
from rankdistill.cascade.data.logging_faults import Logging
from rankdistill.cascade.data.requests import cut_requests
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.movielens_items import years_of

Config = dict[str, Any]


def make_cascade_data(cfg: Config, datamodule: InteractionsDataModule) -> CascadeData:
    """Requests, features and impressions of split data.

    Raises:
        ValueError: If the data have no ratings or timestamps, or are not split by time.
    """
    cutting = cfg["requests"]
    requests = cut_requests(datamodule.split.parts, cutting["page"], cutting["visit_gap"])
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
        history=cutting["history"],
        passed_by=cfg["impressions"]["passed_by"],
        generator=torch.Generator().manual_seed(cfg["seed"]["split"]),
    )


def make_final_ranker(
    cfg: Config, data: CascadeData, datamodule: InteractionsDataModule
) -> FinalRanker:
    """The untrained teacher of a cascade."""
    pl.seed_everything(cfg["seed"]["initialization"], verbose=False)
    settings = _settings(cfg["final_ranker"], cfg, data, datamodule)
    return FinalRanker(**settings, further={"items": data.items})


def make_early_ranker(
    cfg: Config, student: str, data: CascadeData, datamodule: InteractionsDataModule
) -> EarlyRanker:
    """An untrained student in the form that ``students`` gives under a name."""
    pl.seed_everything(cfg["seed"]["initialization"], verbose=False)
    settings = _settings(cfg["early_ranker"], cfg, data, datamodule)
    return EarlyRanker(teacher_labels=cfg["students"][student], **settings)


def make_logging(cfg: Config, **changed: Any) -> Logging:
    """How the final ranker's scores are logged, with some settings changed."""
    return build({**cfg["log"], **changed}, allow=cfg["allow_targets"])


def _settings(
    node: Config, cfg: Config, data: CascadeData, datamodule: InteractionsDataModule
) -> Config:
    training = {key: value for key, value in node["training"].items() if key != "patience"}
    return {
        "network": node["network"],
        "vocabulary": data.vocabulary._asdict(),
        **training,
        "seed": cfg["seed"]["sampling"],
        "data": {
            "fingerprint": datamodule.fingerprint,
            "split_fingerprint": datamodule.split.fingerprint,
            "config": {key: cfg[key] for key in ("data", "split", "requests", "impressions")},
            "split_seed": cfg["seed"]["split"],
        },
        "allow_targets": tuple(cfg["allow_targets"]),
    }
