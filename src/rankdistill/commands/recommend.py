"""`rankdistill recommend`: rank the catalogue for one user with a trained checkpoint."""

from __future__ import annotations

import numpy as np
import torch
from omegaconf import DictConfig

from rankdistill.backbones.interface import Backbone
from rankdistill.building import Component
from rankdistill.config.reading import read_config
from rankdistill.config.recommend import RecommendConfig
from rankdistill.data.interactions import Interactions
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint
from rankdistill.runs.models import load_data


def run(config: DictConfig) -> None:
    """Print the user's best items, without those that they know."""
    cfg = read_config(config, RecommendConfig)
    path = cfg.checkpoint
    checkpoint = read_checkpoint(path)
    trained_on = checkpoint["hyper_parameters"]["data"]
    data, split = (Component.of(trained_on["config"][name]) for name in ("data", "split"))
    datamodule = load_data(
        cfg.data or data,
        split,
        trained_on["split_seed"],
        user_block=1,
        allow=cfg.allow_targets,
    )
    if datamodule.fingerprint != trained_on["fingerprint"]:
        raise ValueError(
            f"{path} was trained on other data than {datamodule.name} as it is now; "
            "name the data that it was trained on with data=... and data.path=..."
        )
    split = datamodule.split
    known = split.train.union(split.validation).union(split.test)
    user_id = find_user(known, cfg.user, datamodule.source.name)
    backbone = load_backbone(checkpoint, path, cfg.allow_targets)
    items, scores = best_new_items(backbone, known, user_id, cfg.limit)
    if not items:
        print(f"User {cfg.user} of {datamodule.name} has every item: none is new.")
        return
    print(f"Best {len(items)} new items for user {cfg.user} of {datamodule.name}:")
    for rank, (item, score) in enumerate(zip(items, scores, strict=True), start=1):
        print(f"{rank:4}  {score:8.3f}  {describe(known, item)}")


def find_user(known: Interactions, label: str, data_name: str) -> int:
    """Find our id of a user that the source names.

    Raises:
        ValueError: If the source has no such user.
    """
    labels = known.labels.users if known.labels else np.arange(known.num_users).astype(str)
    found = np.flatnonzero(labels == label)
    if len(found) == 0:
        raise ValueError(
            f"There is no user {label!r} among the {known.num_users} of {data_name}; "
            f"the first are {', '.join(map(str, labels[:3]))}."
        )
    return int(found[0])


@torch.inference_mode()
def best_new_items(
    backbone: Backbone, known: Interactions, user_id: int, limit: int
) -> tuple[list[int], list[float]]:
    """Find the best items that the user does not have, at most ``limit``, and their scores."""
    scores = backbone.score_rows(torch.tensor([user_id]))[0]
    start, end = known.offsets[user_id : user_id + 2].tolist()
    scores[known.item_ids[start:end]] = -torch.inf
    available = known.num_items - (end - start)
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}.")
    best = scores.topk(min(limit, available))
    return best.indices.tolist(), best.values.tolist()


def describe(known: Interactions, item: int) -> str:
    """Return the item's title, or the source's id where there is no title."""
    if known.labels is None:
        return str(item)
    titles = known.labels.titles
    return str(known.labels.items[item] if titles is None else titles[item])
