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
    """A model of a list, or several that are trained side by side.

    Attributes:
        kind: Those of a kind take about as long.
        name: Its own.
        number: How many models it stands for.
    """

    kind: str
    name: str
    number: int = 1


def begun_model(line: str) -> tuple[int, int, str] | None:
    """Read from a printed line how many models were begun, of how many, and what follows."""
    found = re.fullmatch(r"\[ *(?:\d+-)?(\d+)/(\d+)\] (.+)", line)
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
        self.total = sum(model.number for model in models)
        self.begun = 0
        self.start = time.perf_counter()
        self.ended: dict[str, list[float]] = {}
        self._tell(f"{self.total} models to train, {bound(trainer.max_epochs)}.")

    def next(self) -> str:
        """Note that what came before has ended, tell what begins now, and return its name."""
        now = time.perf_counter()
        if self.begun:
            self.ended.setdefault(self.models[self.begun - 1].kind, []).append(now - self.start)
        left = time_of_the_rest(self.ended, [model.kind for model in self.models[self.begun :]])
        _, name, number = self.models[self.begun]
        first = 1 + sum(model.number for model in self.models[: self.begun])
        self.start, self.begun = now, self.begun + 1
        place = str(first) if number == 1 else f"{first}-{first + number - 1}"
        width = len(str(self.total))
        self._tell(f"[{place:>{width}}/{self.total}] {name}  {left}".rstrip())
        return name

    def _tell(self, line: str) -> None:
        if self.is_shown:
            print(line, file=sys.stderr, flush=True)
