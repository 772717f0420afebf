"""Scores of the users of an evaluation, known or new."""

from __future__ import annotations

from torch import Tensor

from rankdistill.backbones.histories import Histories
from rankdistill.backbones.interface import Backbone
from rankdistill.data.batches import EvaluationBlock


def score_block(backbone: Backbone, block: EvaluationBlock, num_items: int) -> Tensor:
    """Score the whole catalogue for a block of users; of new ones it reads the history alone.

    Args:
        backbone: The network.
        block: The users.
        num_items: Size of the catalogue.

    Returns:
        (block, num_items) raw scores.
    """
    if block.history is None:
        return backbone.score_rows(block.contexts)
    num_users = len(block.contexts)
    return backbone.score_histories(Histories.from_pairs(*block.history, num_users, num_items))
