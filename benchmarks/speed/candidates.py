"""Who takes part: each in a file of `peers`, all with the same task."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.speed.arrays import Arrays


@dataclass(frozen=True)
class Task:
    """BPR with one negative per positive: what all have alike where they have it.

    Attributes:
        data: The split.
        embedding_dim: Of users and items.
        batch_size: Pairs in a step.
        learning_rate: Of the optimiser.
        weight_decay: Of the optimiser.
        threads: Of everything.
    """

    data: Arrays
    embedding_dim: int
    batch_size: int
    learning_rate: float = 0.004
    weight_decay: float = 0.00003
    threads: int = 2


@dataclass(frozen=True)
class Candidate:
    """A program that trains matrix factorisation by BPR and ranks with it.

    Attributes:
        name: In the tables.
        training: Loss, optimiser and negatives, in a few words.
        trainer: From a task to a function that trains so many epochs and returns the seconds of
            one of them, set-up not counted.
        evaluation: What the evaluation below computes, in a few words.
        evaluator: From a task to a function that ranks the catalogue for all users with validation
            items and computes metrics; None where the program has no such thing.
        needs: Packages.
        folder: Environment variable that names a checkout, where there is no package to install.
        unfit: Why such a checkout cannot be imported, or None where it can.
        has_batches: Whether it learns from batches with dense gradients: the limit is of that.
    """

    name: str
    training: str
    trainer: Callable[[Task], Callable[[int], float]]
    evaluation: str = ""
    evaluator: Callable[[Task], Callable[[], None]] | None = None
    needs: tuple[str, ...] = ()
    folder: str | None = None
    unfit: Callable[[], str | None] | None = None
    has_batches: bool = True

    def absent(self) -> str | None:
        """Why it cannot take part; None where it can."""
        if self.folder is not None and not Path(os.environ.get(self.folder, "?")).is_dir():
            return f"{self.folder} names no folder with its checkout"
        if self.unfit is not None and (reason := self.unfit()):
            return reason
        if missing := [name for name in self.needs if importlib.util.find_spec(name) is None]:
            return f"not installed: {', '.join(missing)} (pip install -e '.[peers]')"
        return None

    def version(self) -> str:
        """Of its package."""
        try:
            return version(self.needs[0]) if self.needs and self.folder is None else "checkout"
        except PackageNotFoundError:
            return "unknown"


FILES = (
    "rankdistill_bpr",
    "bare_loop",
    "spotlight_bpr",
    "recbole_bpr",
    "implicit_bpr",
    "cornac_bpr",
    "rank_distill_caser",
)
OURS, BARE, SPOTLIGHT = FILES[:3]


def candidate(file: str) -> Candidate:
    """The candidate of a file in `peers`; its package is imported when it trains."""
    return importlib.import_module(f"benchmarks.speed.peers.{file}").CANDIDATE


def present(say: Callable[[str], None]) -> tuple[dict[str, Candidate], dict[str, str]]:
    """Those that can take part, by file, and why the others cannot, by name; said aloud."""
    here: dict[str, Candidate] = {}
    absent: dict[str, str] = {}
    for file in FILES:
        one = candidate(file)
        reason = one.absent()
        if reason is None:
            here[file] = one
        else:
            absent[one.name] = reason
            say(f"{one.name} is skipped: {reason}")
    return here, absent
