"""A MovieLens release whose made-up users come back for visits: ratings that split by time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.data.made_up_releases import write_folder

DAY = 86_400


def write_visits(
    directory: Path,
    num_users: int = 40,
    num_items: int = 60,
    visits: int = 6,
    seed: int = 0,
    name: str = "ml-100k",
) -> Path:
    """Write an unpacked release; users rate what is near their taste, four items a visit."""
    draw = np.random.default_rng(seed)
    tastes = draw.normal(size=(num_users, 3))
    traits = draw.normal(size=(num_items, 3))
    rows = []
    for user in range(num_users):
        liking = tastes[user] @ traits.T + draw.gumbel(size=num_items)
        chosen = np.argsort(-liking)[: 4 * visits]
        for number, item in enumerate(draw.permutation(chosen)):
            visit, place = divmod(number, 4)
            second = int((visit * 10 + draw.random() * 0.1 + user / num_users * 9) * DAY)
            stars = int(np.clip(np.round(3.2 + liking[item] / 2), 1, 5))
            rows.append((user + 1, int(item) + 1, stars, second + 30 * place))
    return write_folder(directory, name, rows)
