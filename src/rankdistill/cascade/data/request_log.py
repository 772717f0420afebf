"""A log of somebody's own cascade in Parquet: a row per request and candidate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rankdistill.building import did_you_mean
from rankdistill.cascade.data.log_columns import LogColumns
from rankdistill.cascade.data.log_requests import in_order_of_time, refuse_wrong_requests

_BYTES_OF_A_VALUE = 16  # in memory: a number takes 8, a text at least 16


@dataclass(frozen=True)
class LogTable:
    """A checked log.

    Attributes:
        name: The file's name.
        fingerprint: Sixteen hexadecimal digits over the file.
        frame: Sorted by time, with "request" (0, 1, ... in order of time), "user" and "candidate"
            (numbers from 0, in any order), "shown", where there are no final scores "chosen",
            "label:click" of each task, "final:click" likewise where there are final scores (null
            where the final ranker did not score), and "feature:age" of each feature.
        tasks: Names of what users did.
        has_scores: Whether there are final scores, and not choices alone.
        features: Names of the features.
    """

    name: str
    fingerprint: str
    frame: pl.DataFrame
    tasks: tuple[str, ...]
    has_scores: bool
    features: tuple[str, ...]


class RequestLog:
    """Reads and checks a log.

    Args:
        path: A Parquet file.
        request_column: Ids of requests.
        user_column: Ids of users.
        candidate_column: Ids of candidates.
        time_column: Times of requests; None: "time" where there is such a column.
        shown_column: Whether a user saw the candidate; None: "shown" where there is such a column.
        chosen_column: Whether the final ranker chose the candidate; None: "chosen".
        label_prefix: Begins the columns of what users did.
        final_prefix: Begins the columns of the final ranker's probabilities.
        left_out: Columns that are no features.
        rare: Times that training must have seen an id or a word for it to count as known.
        value: Weight of each task's probability in what the rankers sort by; None: one each.
        final_flops: Operations of the final ranker for a candidate; None where not known.
        max_gib: What the columns may take in memory.
    """

    def __init__(
        self,
        path: str,
        request_column: str,
        user_column: str,
        candidate_column: str,
        time_column: str | None,
        shown_column: str | None,
        chosen_column: str | None,
        label_prefix: str,
        final_prefix: str,
        left_out: Sequence[str],
        rare: int,
        value: dict[str, float] | None,
        final_flops: float | None,
        max_gib: float,
    ):
        self.path = Path(path).expanduser()
        self.ids = {"request": request_column, "user": user_column, "candidate": candidate_column}
        self.optional = {"time": time_column, "shown": shown_column, "chosen": chosen_column}
        self.label_prefix, self.final_prefix = label_prefix, final_prefix
        self.left_out, self.rare = left_out, rare
        self.value, self.final_flops, self.max_gib = value, final_flops, max_gib

    def load(self) -> LogTable:
        """Read the log.

        Raises:
            ValueError: In one line, if it is not of this form.
        """
        source = str(self.path)
        frame = self._read(source)
        columns = self._columns(source, frame.columns)
        tasks = self._tasks(source, frame.columns)
        labels = tuple(f"{self.label_prefix}{task}" for task in tasks)
        finals = self._finals(source, frame.columns, tasks)
        if not finals and "chosen" not in columns:
            raise ValueError(
                f"{source} has neither final scores ({self.final_prefix}{tasks[0]}) nor a column "
                "of true and false that tells what the final ranker chose (chosen)."
            )
        features = self._features(frame.columns, {*columns.values(), *labels})
        checked = self._checked(source, frame, columns, tasks, bool(finals), features)
        refuse_wrong_requests(checked, source)
        return LogTable(
            name=self.path.name,
            fingerprint=hashlib.sha256(self.path.read_bytes()).hexdigest()[:16],
            frame=in_order_of_time(checked),
            tasks=tasks,
            has_scores=bool(finals),
            features=features,
        )

    def _checked(
        self,
        source: str,
        frame: pl.DataFrame,
        columns: Mapping[str, str],
        tasks: Sequence[str],
        has_scores: bool,
        features: Sequence[str],
    ) -> pl.DataFrame:
        """The columns by role, each of its type, and "row", the place in the file."""
        read = LogColumns(frame, source)
        row = pl.int_range(len(frame), eager=True)
        by_role = {role: read.ids(columns[role], role) for role in self.ids}
        by_role["row"] = row
        # Without times a request is as late as it is in the file.
        by_role["time"] = read.times(columns["time"]) if "time" in columns else row * 0
        by_role["shown"] = (
            read.flags(columns["shown"])
            if "shown" in columns
            else pl.repeat(True, len(frame), eager=True)
        )
        for task in tasks:
            label = f"{self.label_prefix}{task}"
            by_role[f"label:{task}"] = read.label(label, by_role["shown"])
        if has_scores:
            names = [f"{self.final_prefix}{task}" for task in tasks]
            scores = read.final_scores(names)
            by_role |= {f"final:{task}": each for task, each in zip(tasks, scores, strict=True)}
        else:
            by_role["chosen"] = read.choices(columns["chosen"])
        by_role |= {f"feature:{name}": read.feature(name) for name in features}
        return pl.DataFrame(by_role)

    def _read(self, source: str) -> pl.DataFrame:
        if not self.path.is_file():
            raise FileNotFoundError(f"There is no log at {source}; data.path=... names another.")
        try:
            num_rows = int(pl.scan_parquet(self.path).select(pl.len()).collect().item())
            num_columns = len(pl.read_parquet_schema(self.path))
            if num_rows * num_columns * _BYTES_OF_A_VALUE > self.max_gib * 2**30:
                raise ValueError(
                    f"{source} holds {num_rows:,} rows, more than data.max_gib={self.max_gib:g} "
                    "GiB; raise it if the machine has five times that."
                )
            frame = pl.read_parquet(self.path)
        except (pl.exceptions.PolarsError, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise ValueError(f"{source} is no Parquet file, or damaged: {reason}.") from None
        if not len(frame):
            raise ValueError(f"{source} holds no rows.")
        return frame

    def _columns(self, source: str, there: Sequence[str]) -> dict[str, str]:
        """Columns by role; of the optional ones, those that there are."""
        named = self.ids | {role: name for role, name in self.optional.items() if name is not None}
        for role, name in named.items():
            if name not in there:
                raise ValueError(
                    f"{source} has no column {name!r}{did_you_mean(name, there)}; it has "
                    f"{', '.join(there)}: name its {role}s with data.{role}_column=..."
                )
        return {role: role for role in self.optional if role in there} | named

    def _tasks(self, source: str, there: Sequence[str]) -> tuple[str, ...]:
        prefix = self.label_prefix
        tasks = tuple(name.removeprefix(prefix) for name in there if name.startswith(prefix))
        if not tasks:
            raise ValueError(
                f"{source} has no label: no column begins with {prefix!r}. Name what users did "
                f"{prefix}click or so, or type data.label_prefix=..."
            )
        for name in self.value or ():
            if name not in tasks:
                raise ValueError(f"data.value.{name} is no label{did_you_mean(name, tasks)}")
        if self.value is not None:
            weights = self.value.values()
            if min(weights, default=0) < 0 or not sum(weights) > 0:
                raise ValueError(
                    f"data.value must weigh a label, and none below zero, got {self.value}."
                )
        return tasks

    def _finals(self, source: str, there: Sequence[str], tasks: Sequence[str]) -> tuple[str, ...]:
        expected = tuple(f"{self.final_prefix}{task}" for task in tasks)
        found = [name for name in there if name.startswith(self.final_prefix)]
        for name in found:
            if name not in expected:
                raise ValueError(
                    f"{name} of {source} is the final score of no label"
                    f"{did_you_mean(name, expected)}; the labels are {', '.join(tasks)}."
                )
        if found and len(found) < len(expected):
            missing = next(name for name in expected if name not in found)
            raise ValueError(
                f"{source} has {found[0]} and no {missing}: a final score of each label is needed."
            )
        return expected if found else ()

    def _features(self, there: Sequence[str], others: set[str]) -> tuple[str, ...]:
        for name in self.left_out:
            if name not in there:
                raise ValueError(
                    f"data.left_out names {name!r}, which is no column of {self.path}"
                    f"{did_you_mean(name, there)}; it has {', '.join(there)}."
                )
        others = others | set(self.left_out)
        return tuple(
            name for name in there if name not in others and not name.startswith(self.final_prefix)
        )
