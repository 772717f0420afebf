"""`rankdistill recommend`: rank the catalogue for one person with a trained model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from rankdistill.backbones.interface import Backbone
from rankdistill.config.recommend import RecommendConfig
from rankdistill.data.interactions import Interactions
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.told_interactions import tell_interactions
from rankdistill.quoting import printable
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint
from rankdistill.runs.known_data import load_known
from rankdistill.serving.asking import Question, answer


def run(cfg: RecommendConfig) -> None:
    """Print the best items for somebody, without those that they know.

    The console script answers from a model.rank before it comes here, without PyTorch.
    """
    if cfg.model:
        asked = {name: getattr(cfg, name) for name in ("history", "exclude", "limit")}
        print(answer(Question(model=cfg.model, user=cfg.user or None, **asked)))
        return
    best = new_items_of(cfg)
    if not best.item_ids:
        print(f"User {cfg.user} of {best.data_name} has every item: none is new.")
        return
    untested = " (by a model that was never tested)" if best.untested else ""
    count = len(best.item_ids)
    print(f"Best {count} new items for user {cfg.user} of {best.data_name}{untested}:")
    for rank, (item, score) in enumerate(zip(best.item_ids, best.scores, strict=True), start=1):
        print(f"{rank:4}  {score:8.3f}  {printable(best.title(item) or best.label(item))}")


@dataclass(frozen=True)
class NewItems:
    """The best new items of a user.

    Attributes:
        data_name: Name of the data.
        known: The interactions, with names of the items where the data have such.
        item_ids: Our ids of the items, best first.
        scores: The model's score of each.
        untested: Whether the model was fitted to all data, and never tested.
    """

    data_name: str
    known: Interactions
    item_ids: list[int]
    scores: list[float]
    untested: bool

    def label(self, item: int) -> str:
        """Return the item's id as the data name it."""
        labels = self.known.labels
        return str(item) if labels is None else str(labels.items[item])

    def title(self, item: int) -> str | None:
        """Return what a person would call the item; None where the data have no titles."""
        labels = self.known.labels
        return None if labels is None or labels.titles is None else str(labels.titles[item])


def new_items_of(cfg: RecommendConfig) -> NewItems:
    """Rank the items that a user does not know, with a checkpoint."""
    path = cfg.checkpoint
    checkpoint = read_checkpoint(path)
    trained_on = checkpoint["hyper_parameters"]["data"]
    backbone = load_backbone(checkpoint, path, cfg.allow_targets)
    name, known = load_known(path, checkpoint, cfg.data, cfg.allow_targets)
    tell_interactions(backbone, known)
    user_id = find_user(known, cfg.user, name)
    untested = bool(trained_on.get("untested"))
    best = best_new_items(backbone, known, user_id, cfg.limit)
    return NewItems(name, known, *best, untested)


def find_user(known: Interactions, label: str, data_name: str) -> int:
    """Find our id of a user by the name that the source uses.

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
    """Find the best items that the user does not have, at most ``limit``, and their scores.

    Raises:
        ValueError: If a score is not finite, or the limit is not positive.
    """
    scores = backbone.score_rows(Contexts(torch.tensor([user_id])))[0]
    if not bool(torch.isfinite(scores).all()):
        raise ValueError("The model's scores are not all finite: it ranks nothing.")
    start, end = known.offsets[user_id : user_id + 2].tolist()
    scores[known.item_ids[start:end]] = -torch.inf
    available = known.num_items - (end - start)
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}.")
    best = scores.topk(min(limit, available))
    return best.indices.tolist(), best.values.tolist()
