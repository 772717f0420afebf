"""How one job of a stack fares: its best epoch, its patience, its end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

_WORTH_COMPACTING = 0.75
"""Share of a stack's jobs that are still trained, from which on down."""


@dataclass(frozen=True)
class Ending:
    """When a job ends.

    Attributes:
        monitor: The validation metric that selects the best epoch.
        max_epochs: At most.
        patience: Epochs without a better one after which it stops; None: it never stops early.
        least_steps: Steps before which it does not stop early.
        keeps_last: Whether the last epoch is kept, whatever validation says.
        less_is_better: Whether the smaller of two monitored values is the better one.
        watch: Called with the number of each epoch that has ended, from 1, and the monitored
            value; true ends the job.
    """

    monitor: str
    max_epochs: int
    patience: int | None
    least_steps: int = 0
    keeps_last: bool = False
    less_is_better: bool = False
    watch: Callable[[int, float], bool] | None = None


@dataclass
class JobProgress:
    """What is known of a job while a stack is trained.

    Attributes:
        ending: When it ends.
        curves: What was measured in every epoch, by the name of the curve.
        best_epoch: From 0.
        weights: Of the epoch that is kept, under the names of the scoring network.
        has_ended: Whether it is trained no longer.
        error: Why it failed; None where it did not.
        seconds: Its share of the time that the stack has taken.
    """

    ending: Ending
    curves: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)
    has_ended: bool = False
    error: FloatingPointError | None = None
    seconds: float = 0.0
    _best: float = -math.inf
    _waited: int = 0

    def fail(self, error: FloatingPointError) -> None:
        """End a job whose numbers are not finite."""
        self.error, self.has_ended = error, True

    def end_epoch(
        self, curves: dict[str, float], weights: dict[str, Tensor], steps_in_epoch: int
    ) -> None:
        """Take what an epoch reached; end after the last one, or where patience is over.

        Args:
            curves: Losses and validation metrics.
            weights: As they stand; they are copied where they are kept.
            steps_in_epoch: Steps that every epoch has.
        """
        epoch = len(self.curves)
        self.curves.append(curves)
        value = curves[self.ending.monitor]
        gain = -value if self.ending.less_is_better else value
        if gain > self._best:
            self._best, self._waited = gain, 0
        else:
            self._waited += 1
        if self._waited == 0 or self.ending.keeps_last or not self.weights:
            self.best_epoch = epoch
            self.weights = {name: tensor.detach().clone() for name, tensor in weights.items()}
        patience = self.ending.patience
        may_stop = steps_in_epoch * len(self.curves) >= self.ending.least_steps
        out_of_patience = patience is not None and self._waited >= patience and may_stop
        watch = self.ending.watch
        is_stopped = watch is not None and watch(epoch + 1, value)
        is_last = len(self.curves) >= self.ending.max_epochs
        self.has_ended = is_stopped or out_of_patience or is_last


def places_left(running: Sequence[int], progress: Sequence[JobProgress]) -> list[int]:
    """List the places in a stack of the jobs that are still trained.

    Args:
        running: The number of the job at each place.
        progress: Of all jobs, by number.
    """
    return [place for place, number in enumerate(running) if not progress[number].has_ended]


def is_worth_compacting(left: int, running: int) -> bool:
    """Whether so few of a stack's jobs are left that the others should leave it."""
    return left <= _WORTH_COMPACTING * running
