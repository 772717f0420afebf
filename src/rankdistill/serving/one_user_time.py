"""How long a model that ships takes to recommend to one user."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rankdistill.rank_files.kinds import ANY_NETWORK, FACTORS
from rankdistill.rank_files.rank_file import read_rank_file
from rankdistill.serving.rank_model import RankModel


class AskingUser(NamedTuple):
    """Somebody who asks for a list.

    Attributes:
        row: Of the user.
        items: Row numbers of what the user has.
    """

    row: int
    items: np.ndarray


def seconds_for_one_user(
    path: Path, users: Sequence[AskingUser], limit: int = 10, repetitions: int = 3
) -> float | None:
    """Recommend to users one after another, in NumPy, as a service does.

    Args:
        path: Of a model.rank.
        users: Who asks; what they have is left out, and read where the model reads histories.
        limit: Items of a list.
        repetitions: Turns after one that is not counted.

    Returns:
        The median seconds of a list. None where there is no file, or its model ranks nowhere else.
    """
    if not path.is_file():
        return None
    content = read_rank_file(path)
    if content.kind == ANY_NETWORK:
        return None
    model = RankModel.of(content)
    asked = [(user.row, [model.item_ids[row] for row in user.items.tolist()]) for user in users]
    taken = []
    for turn in range(repetitions + 1):
        for row, items in asked:
            start = time.perf_counter()
            if content.kind == FACTORS:
                model.recommend(user=model.user_ids[row], exclude=items, limit=limit)
            else:
                model.recommend(history=items, limit=limit)
            if turn:
                taken.append(time.perf_counter() - start)
    return statistics.median(taken)
