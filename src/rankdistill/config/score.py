"""What `rankdistill score` is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rankdistill.config.limits import check_threads
from rankdistill.config.places import check_output
from rankdistill.quoting import excerpt

_SHARD = re.compile(r"(\d{1,9})/(\d{1,9})")


@dataclass(kw_only=True)
class ScoreConfig:
    """A model, whom to score with it, and how much to do at once.

    Attributes:
        model: Path of a model.rank.
        output: Folder of the Parquet files.
        limit: Items for each user.
        history: Path of a file of (user, item) rows, or None: what the model's file knows.
        user_column: Its column of users: name, position, or None for usual names to tell.
        item_column: Likewise, of items.
        max_gib: What it may hold, unpacked.
        shard: Which of several jobs this is, as "3/64"; None where it is the only one.
        users_per_file: Users of a Parquet file.
        memory_gib: What may be taken beside the model and the histories.
        threads: Threads to work on, or None: as many as PyTorch would.
        search: How the best items are found: "exact", or "index" for a graph that finds most.
        candidates: Items that a search of the index keeps in view.
        recall_users: Users on whom the index is compared with exact search.
        device: A device of PyTorch, or "auto".
    """

    model: str
    output: str
    limit: int
    history: str | None
    user_column: str | int | None
    item_column: str | int | None
    max_gib: float
    shard: str | None
    users_per_file: int
    memory_gib: float
    threads: int | None
    search: str
    candidates: int
    recall_users: int
    device: str

    def __post_init__(self) -> None:
        check_threads("threads", self.threads)
        _ = self.shard_of_shards
        for key in ("user_column", "item_column"):
            if getattr(self, key) is not None and self.history is None:
                raise ValueError(f"{key} has no effect without history=..., a file that has it.")
        if self.search == "index":
            if self.device not in ("auto", "cpu"):
                raise ValueError(
                    f"search=index works on the CPU: leave out device={excerpt(self.device)}, or "
                    "take search=exact."
                )
            if find_spec("usearch") is None:
                raise ValueError(
                    "search=index needs the package usearch: pip install 'rankdistill[index]'."
                )

    @property
    def shard_of_shards(self) -> tuple[int, int]:
        """The number of this job, from 1, and how many there are."""
        if self.shard is None:
            return 1, 1
        found = _SHARD.fullmatch(self.shard)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError(
                f"shard must be the number of a job and how many there are, from 1/64 to 64/64, "
                f"got {excerpt(self.shard)}."
            )
        return int(found[1]), int(found[2])

    def check_places(self) -> None:
        """Refuse a model or a history that is not there, and an output that cannot be written."""
        for key, path in (("model", self.model), ("history", self.history)):
            if path is not None and not Path(path).is_file():
                raise FileNotFoundError(
                    f"There is no file {path} (from {Path.cwd()}); {key}=... names another."
                )
        check_output("output", Path(self.output) / "part-00000.parquet")
