"""The share of the best items that an index finds."""

from __future__ import annotations

import numpy as np
import torch

from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import FACTORS
from rankdistill.serving.block_ranker import BlockRanker
from rankdistill.serving.item_index import ItemIndex
from rankdistill.serving.scored_users import ScoredUsers, some_of


def index_recall(
    model: RankFile, users: ScoredUsers, limit: int, index: ItemIndex, num_users: int
) -> float:
    """Compare an index with exact search on some users.

    Users of whom nothing is known get the most popular items without a search, and do not count
    unless all are like that.

    Args:
        model: What a model.rank holds.
        users: Whom to rank for.
        limit: Items to find for each.
        index: Of the model's items, open.
        num_users: Users to compare, at even distances; all where there are fewer.

    Returns:
        The share of the items found by exact search that the index finds, the mean of the users.
    """
    searched = np.arange(len(users.ids))
    if model.kind != FACTORS:
        having = np.flatnonzero(np.diff(users.offsets))
        searched = having if len(having) else searched
    places = np.linspace(0, len(searched) - 1, min(num_users, len(searched))).astype(np.int64)
    sample = some_of(users, searched[places])
    cpu = torch.device("cpu")
    exact, found = (
        _lists(BlockRanker(model, sample, limit, cpu, search), len(sample.ids))
        for search in (None, index)
    )
    shares = [
        len(best & other) / len(best) for best, other in zip(exact, found, strict=True) if best
    ]
    return float(np.mean(shares)) if shares else 1.0


def _lists(ranker: BlockRanker, num_users: int) -> list[set[int]]:
    lists = []
    for start in range(0, num_users, ranker.users_at_once):
        best = ranker.rank(start, min(start + ranker.users_at_once, num_users))
        for items, scores in zip(best.items, best.scores, strict=True):
            lists.append(set(items[scores > -torch.inf].tolist()))
    return lists
