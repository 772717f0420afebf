"""Tell which of several models is trained now, and how long the others may take."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from rankdistill.config.trainer import TrainerConfig
from rankdistill.runs.time_left import bound, time_of_the_rest


class ToTrain(NamedTuple):
    """A model of a list: its kind, whose models take about as long, and its own name."""

    kind: str
    name: str


def begun_model(line: str) -> tuple[int, int, str] | None:
    """Read from a printed line how many models were begun, of how many, and what follows."""
    found = re.fullmatch(r"\[ *(\d+)/(\d+)\] (.+)", line)
    return (int(found.group(1)), int(found.group(2)), found.group(3)) if found else None


class ModelsToTrain:
    """Prints a line for each model when its turn comes.

    Args:
        models: All of them, in the order of training.
        trainer: Whether to print at all, and when a fit ends at the latest.
    """

    def __init__(self, models: Sequence[ToTrain], trainer: TrainerConfig):
        self.models = models
        self.is_shown = trainer.progress
        self.begun = 0
        self.start = time.perf_counter()
        self.ended: dict[str, list[float]] = {}
        self._tell(f"{len(models)} models to train, {bound(trainer.max_epochs)}.")

    def next(self) -> str:
        """Note that the model before has ended, tell which one begins, and return its name."""
        now = time.perf_counter()
        if self.begun:
            self.ended.setdefault(self.models[self.begun - 1].kind, []).append(now - self.start)
        left = time_of_the_rest(self.ended, [model.kind for model in self.models[self.begun :]])
        name = self.models[self.begun].name
        self.start, self.begun = now, self.begun + 1
        width = len(str(len(self.models)))
        self._tell(f"[{self.begun:{width}}/{len(self.models)}] {name}  {left}".rstrip())
        return name

    def _tell(self, line: str) -> None:
        if self.is_shown:
            print(line, file=sys.stderr, flush=True)
