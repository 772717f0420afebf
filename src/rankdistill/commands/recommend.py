"""`rankdistill recommend`: rank the catalogue for one person with a trained model."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rankdistill.backbones.interface import Backbone
from rankdistill.commands.person import Person, person_of_data, person_of_history
from rankdistill.config.recommend import RecommendConfig
from rankdistill.data.interactions import Interactions
from rankdistill.histories.contexts import Contexts
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
    whom = "this history" if cfg.history is not None else f"user {cfg.user} of {best.data_name}"
    if not best.item_ids:
        print(f"{whom[0].upper()}{whom[1:]} has every item: none is new.")
        return
    untested = " (by a model that was never tested)" if best.untested else ""
    count = len(best.item_ids)
    print(f"Best {count} new items for {whom}{untested}:")
    for rank, (item, score) in enumerate(zip(best.item_ids, best.scores, strict=True), start=1):
        print(f"{rank:4}  {score:8.3f}  {printable(best.title(item) or best.label(item))}")


@dataclass(frozen=True)
class NewItems:
    """The best new items of a person.

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
    """Rank the items that somebody does not have, with a checkpoint."""
    path = cfg.checkpoint
    checkpoint = read_checkpoint(path)
    trained_on = checkpoint["hyper_parameters"]["data"]
    backbone = load_backbone(checkpoint, path, cfg.allow_targets)
    name, known = load_known(path, checkpoint, cfg.data, cfg.allow_targets)
    if cfg.history is None:
        person = person_of_data(backbone, known, cfg.user, name)
    else:
        person = person_of_history(backbone, known, cfg.history)
    untested = bool(trained_on.get("untested"))
    best = best_new_items(backbone, person, cfg.limit)
    return NewItems(name, known, *best, untested)


@torch.inference_mode()
def best_new_items(backbone: Backbone, person: Person, limit: int) -> tuple[list[int], list[float]]:
    """Find the best items that a person does not have, at most ``limit``, and their scores.

    Raises:
        ValueError: If a score is not finite, or the limit is not positive.
    """
    scores = backbone.score_rows(Contexts(torch.tensor([person.user_id])))[0]
    if not bool(torch.isfinite(scores).all()):
        raise ValueError("The model's scores are not all finite: it ranks nothing.")
    scores[person.items] = -torch.inf
    available = len(scores) - len(person.items.unique())
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}.")
    best = scores.topk(min(limit, available))
    return best.indices.tolist(), best.values.tolist()
