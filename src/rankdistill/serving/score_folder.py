"""The folder of a batch of scores: numbered files, and what they were made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from rankdistill.files import replacing, write_json_atomically
from rankdistill.quoting import excerpt

SCORES_JSON = "scores.json"

_UNTOLD = {"search": "exact"}
"""What holds for folders that were begun before there was a choice."""


class ScorePart(NamedTuple):
    """One file of scores.

    Attributes:
        path: Where it lies.
        start: Place of its first user.
        end: The place after that of its last user.
    """

    path: Path
    start: int
    end: int


@dataclass(frozen=True)
class ScoreFolder:
    """Where the scores of all users go.

    Attributes:
        path: The folder.
        num_users: Users of all files.
        users_per_file: Of every file but the last.
    """

    path: Path
    num_users: int
    users_per_file: int

    def begin(self, made_of: Mapping[str, Any]) -> None:
        """Write down what scores are made of, or compare it with what the folder's are made of.

        Args:
            made_of: Everything that changes the files, as JSON can hold it.

        Raises:
            ValueError: If the folder holds scores made of something else.
            OSError: If it cannot be written.
        """
        place = self.path / SCORES_JSON
        if not place.exists():
            if any(self.path.glob("*.parquet")):
                raise ValueError(
                    f"{self.path} holds Parquet files and no {SCORES_JSON} that tells of what they "
                    "were made: name another folder with output=..."
                )
            write_json_atomically(place, dict(made_of))
        try:
            found = {**_UNTOLD, **json.loads(place.read_text("utf-8"))}
            differences = [key for key in made_of if found.get(key) != made_of[key]]
        except (ValueError, TypeError) as error:
            raise ValueError(f"{place} is no description of scores; remove its folder.") from error
        if differences:
            key = differences[0]
            raise ValueError(
                f"{self.path} holds scores made with {key}={excerpt(str(found.get(key)))}, not "
                f"{excerpt(str(made_of[key]))}: name another folder with output=..., or remove "
                "this one."
            )

    def add(self, told: Mapping[str, Any]) -> None:
        """Add to what is written down, once scores have begun; it is not compared.

        Raises:
            OSError: If it cannot be written.
        """
        place = self.path / SCORES_JSON
        write_json_atomically(place, {**json.loads(place.read_text("utf-8")), **told})

    def index_of(self, model: str) -> Path:
        """Name the folder of the index of a model, given by its checksum.

        Readers of Parquet pass over names that begin with an underscore.
        """
        return self.path / f"_index-{model[:12]}"

    def parts(self, shard: int = 1, num_shards: int = 1) -> list[ScorePart]:
        """List the files of one shard, by number; every ``num_shards``-th is one of its own."""
        starts = range(0, self.num_users, self.users_per_file)
        every = [
            ScorePart(
                self.path / f"part-{number:05}.parquet",
                start,
                min(start + self.users_per_file, self.num_users),
            )
            for number, start in enumerate(starts)
        ]
        return every[shard - 1 :: num_shards]


def is_written(part: ScorePart) -> bool:
    """Return whether a file is there, with all its users."""
    if not part.path.exists():
        return False
    try:
        found = pl.scan_parquet(part.path).select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError):
        return False
    return found == part.end - part.start


def write_part(
    part: ScorePart,
    user_ids: Sequence[str],
    item_ids: pl.Series,
    items: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Write the lists of some users, whole or not at all.

    Args:
        part: The file.
        user_ids: Of its users.
        item_ids: Of all items, by row.
        items: (num_users, limit) rows of items, best first.
        scores: (num_users, limit) float32; -inf where there is no item left.

    Raises:
        OSError: If it cannot be written.
    """
    for left_over in _left_overs(part.path):
        left_over.unlink(missing_ok=True)
    lengths = (scores > -np.inf).sum(1)
    named = item_ids.gather(pl.Series(items.ravel())).reshape(items.shape)
    frame = pl.DataFrame(
        {"user": pl.Series(user_ids, dtype=pl.String), "items": named, "scores": pl.Series(scores)}
    ).with_columns(pl.col("items", "scores").arr.to_list())
    if lengths.min(initial=items.shape[1]) < items.shape[1]:
        frame = frame.with_columns(pl.col("items", "scores").list.head(pl.lit(pl.Series(lengths))))
    content = BytesIO()  # polars itself would raise its own errors where a disk is full
    frame.write_parquet(content)
    with replacing(part.path) as temporary:
        temporary.write_bytes(content.getbuffer())


def _left_overs(path: Path) -> Iterator[Path]:
    """Temporary files that a killed run of the same shard left of a file."""
    return path.parent.glob(f".{path.stem}.*.tmp{path.suffix}")
