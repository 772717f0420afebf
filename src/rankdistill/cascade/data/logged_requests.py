"""A request log as training examples, and as grids of candidates to measure on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from torch import Tensor

from rankdistill.cascade.data.examples import Examples
from rankdistill.cascade.data.features import UserFeatures
from rankdistill.cascade.data.item_features import ItemFeatures
from rankdistill.cascade.data.log_features import FeatureLevels, encode, feature_levels
from rankdistill.cascade.data.request_log import LogTable
from rankdistill.cascade.data.vocabulary import Vocabulary

PARTS_IN_TIME = ("train", "validation", "test")
_LARGEST = 16
"""Size of the embedding of a category with many members."""


@dataclass(frozen=True, eq=False)
class LoggedRequests:
    """Requests of a log, split by time.

    Attributes:
        table: The log.
        levels: What each feature belongs to.
        users: Features of all requests.
        items: Features of all candidates.
        vocabulary: Kinds and sizes of the features.
        user_ids: (requests,) int64.
        examples: Rows of each part with labels; the final ranker's probabilities as ``teacher``,
            0.5 with weight zero where there are none.
    """

    table: LogTable
    levels: FeatureLevels
    users: UserFeatures
    items: ItemFeatures
    vocabulary: Vocabulary
    user_ids: Tensor
    examples: dict[str, Examples]

    @classmethod
    def of(cls, table: LogTable, shares: tuple[float, float], rare: int) -> LoggedRequests:
        """Split a log and encode its features by what training saw.

        Args:
            table: The log.
            shares: Of the requests, those that come last: of validation, and of test.
            rare: Times that training must have seen an id or a word for it to count as known.

        Raises:
            ValueError: If a part has no request, or nobody saw a candidate in it.
        """
        frame = table.frame
        levels = feature_levels(frame, table.features)
        requests = frame["request"].to_numpy()
        first = np.flatnonzero(np.r_[True, requests[1:] != requests[:-1]])
        part_of = _parts(len(first), shares)
        in_training = part_of[requests] == 0
        is_trained = (part_of == 0).astype(np.int64)
        of_requests = encode(
            frame[first].select("user", *_named(levels.of_requests)), is_trained, rare
        )
        seen = np.bincount(frame["candidate"].to_numpy(), weights=in_training).astype(np.int64)
        each = frame.unique("candidate", keep="first").sort("candidate")
        ids = encode(each.select("candidate"), seen, rare)
        of_items = encode(each.select(_named(levels.of_candidates)), np.minimum(seen, 1), rare)
        users = UserFeatures(of_requests.dense, of_requests.categories)
        return cls(
            table=table,
            levels=levels,
            users=users,
            items=ItemFeatures(
                ids.categories[:, 0], of_items.dense, of_items.categories, of_items.sizes
            ),
            vocabulary=Vocabulary(
                num_items=ids.sizes[0],
                num_genres=0,
                num_dense=of_requests.dense.shape[1],
                categories=tuple((size, _dim(size)) for size in of_requests.sizes),
                has_histories=False,
            ),
            user_ids=torch.from_numpy(frame["user"].to_numpy()[first]),
            examples={
                name: _examples(table, users, part_of[requests] == number, name)
                for number, name in enumerate(PARTS_IN_TIME)
            },
        )

    def told(self) -> str:
        """Say in a line how the columns are read."""
        scores = "final scores" if self.table.has_scores else "choices of the final ranker"
        features = {
            "features of requests": self.levels.of_requests,
            "features of candidates": self.levels.of_candidates,
            "not read, because they change within a request and for a candidate": (
                self.levels.of_neither
            ),
        }
        told = [f"labels: {', '.join(self.table.tasks)}", scores]
        told += [f"{what}: {', '.join(names)}" for what, names in features.items() if names]
        return f"{self.table.name}: {'; '.join(told)}."


def _parts(num_requests: int, shares: tuple[float, float]) -> np.ndarray:
    """(requests,) int64 place in PARTS_IN_TIME of requests in order of time."""
    counts = [max(1, round(share * num_requests)) for share in shares]
    if num_requests <= sum(counts):
        raise ValueError(
            f"The log holds {num_requests} requests: too few for a part to train on, one to choose "
            "an epoch and one to test."
        )
    return np.repeat(np.arange(3), [num_requests - sum(counts), *counts])


def _examples(table: LogTable, users: UserFeatures, rows: np.ndarray, name: str) -> Examples:
    frame = table.frame.filter(pl.Series(rows))
    labels = _floats(frame, [f"label:{task}" for task in table.tasks])
    shown = torch.from_numpy(frame["shown"].to_numpy().astype(np.float32))
    if not bool(shown.any()):
        raise ValueError(
            f"Nobody saw a candidate in the {name} part of {table.name}, which is split by time: "
            "every row there has shown=false."
        )
    if table.has_scores:
        columns = [f"final:{task}" for task in table.tasks]
        is_scored = torch.from_numpy(frame[columns[0]].is_not_null().to_numpy().copy())
        teacher = _floats(frame, columns, missing=0.5)
    else:
        chosen = torch.from_numpy(frame["chosen"].to_numpy().astype(np.float32))
        is_scored = torch.ones(len(frame), dtype=torch.bool)
        teacher = chosen[:, None].expand(-1, len(table.tasks)).clone()
    return Examples(
        users=users,
        request_ids=torch.from_numpy(frame["request"].to_numpy().copy()),
        item_ids=torch.from_numpy(frame["candidate"].to_numpy().copy()),
        pairs=torch.zeros(len(frame), 0),
        labels=labels,
        label_weights=None if bool(shown.all()) else shown,
        teacher=teacher,
        teacher_weights=is_scored.float(),
    )


def _floats(frame: pl.DataFrame, names: Sequence[str], missing: float = 0.0) -> Tensor:
    columns = [frame[name].fill_null(missing).to_numpy() for name in names]
    return torch.from_numpy(np.stack(columns, axis=1).astype(np.float32))


def _named(names: Sequence[str]) -> list[str]:
    return [f"feature:{name}" for name in names]


def _dim(size: int) -> int:
    """Size of the embedding of a category of so many members."""
    return max(2, min(_LARGEST, round(size**0.5)))
