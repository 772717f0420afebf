"""Sources of interactions with the settings of conf/, but for those that a test changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.from_conf import settings_in

from rankdistill.data.delimited import DelimitedFile
from rankdistill.data.interactions import Interactions
from rankdistill.data.movielens import MovieLens
from rankdistill.data.synthetic import Synthetic


def synthetic(**changed: Any) -> Synthetic:
    return Synthetic(**settings_in("data/synthetic", **changed))


def movielens(release: str, **changed: Any) -> MovieLens:
    return MovieLens(**settings_in("data/ml_100k", release=release, **changed))


def delimited(**changed: Any) -> DelimitedFile:
    return DelimitedFile(**settings_in("data/delimited", **changed))


def write(folder: Path, text: str | bytes, name: str = "pairs.tsv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def load(folder: Path, text: str | bytes, **options: Any) -> Interactions:
    return delimited(path=write(folder, text), **options).load()


def rows_of(interactions: Interactions) -> list[tuple[Any, ...]]:
    """(user, item, rating or None, timestamp or None) in the source's own ids, in our order."""
    labels = interactions.labels
    empty = [None] * interactions.num_interactions
    ratings, times = interactions.ratings, interactions.timestamps
    return list(
        zip(
            labels.users[interactions.user_ids.numpy()],
            labels.items[interactions.item_ids.numpy()],
            empty if ratings is None else ratings.tolist(),
            empty if times is None else times.tolist(),
            strict=True,
        )
    )


def pairs_of(interactions: Interactions) -> list[tuple[Any, ...]]:
    return [row[:2] for row in rows_of(interactions)]
