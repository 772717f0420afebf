"""Adam for a stack: every job has a step size and a weight decay of its own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rankdistill.stacks.stacked_factors import StackedFactors


class Rate(NamedTuple):
    """How a job learns.

    Attributes:
        learning_rate: Adam's step size at the start.
        weight_decay: Adam's L2 coefficient.
        decay_epochs: Epochs over which the step size falls linearly to zero; None: it stays.
    """

    learning_rate: float
    weight_decay: float
    decay_epochs: int | None

    def at(self, epoch: int) -> float:
        """The step size in an epoch, from 0."""
        if self.decay_epochs is None:
            return self.learning_rate
        return self.learning_rate * max(1 - epoch / self.decay_epochs, 0.0)


class StackedAdam:
    """PyTorch's fused Adam over the tables of a stack, with a parameter group for equal rates.

    Args:
        stack: Whose tables are learned. Neighbours of one rate are updated together.
        rates: Of every job.

    Attributes:
        optimizer: PyTorch's.
    """

    def __init__(self, stack: StackedFactors, rates: Sequence[Rate]):
        self._tables = list(stack.parameters())
        self._rates: list[Rate] = []
        self._views: list[list[tuple[nn.Parameter, slice]]] = []
        groups, first = [], 0
        for rate, equal in groupby(rates):
            last = first + len(list(equal))
            views = []
            for table in self._tables:
                rows = len(table) // stack.num_jobs
                part = slice(first * rows, last * rows)
                views.append((nn.Parameter(table.detach()[part]), part))
            groups.append(
                {
                    "params": [view for view, _ in views],
                    "lr": rate.learning_rate,
                    "weight_decay": rate.weight_decay,
                }
            )
            self._rates.append(rate)
            self._views.append(views)
            first = last
        self.optimizer = torch.optim.Adam(groups, fused=True)

    def begin_epoch(self, epoch: int) -> None:
        """Take the step sizes of an epoch, from 0."""
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            if isinstance(group["lr"], Tensor):  # where recorded steps read it
                group["lr"].fill_(rate.at(epoch))
            else:
                group["lr"] = rate.at(epoch)

    def clear(self) -> None:
        """Forget the gradients of the last step."""
        for table in self._tables:
            table.grad = None

    def step(self) -> None:
        """Move every table against its gradient."""
        for views in self._views:
            for table, (view, part) in zip(self._tables, views, strict=True):
                assert table.grad is not None
                view.grad = table.grad[part]
        self.optimizer.step()

    def moments(self) -> dict[str, list[Tensor]]:
        """The running means and squares of every table, and the steps taken: to go on with."""
        found: dict[str, list[Tensor]] = {}
        for name in ("exp_avg", "exp_avg_sq"):
            found[name] = [
                torch.cat([self.optimizer.state[views[table][0]][name] for views in self._views])
                for table in range(len(self._tables))
            ]
        return found

    @property
    def steps(self) -> Tensor | None:
        """Steps taken so far, one element; None before the first."""
        state = self.optimizer.state.get(self._views[0][0][0])
        return None if not state else state["step"]

    def go_on(self, moments: dict[str, list[Tensor]], steps: Tensor) -> None:
        """Take over from the Adam of a larger stack the rows of the jobs that are left."""
        for views in self._views:
            for table, (view, part) in enumerate(views):
                self.optimizer.state[view] = {
                    "step": steps.clone(),
                    **{name: each[table][part].clone() for name, each in moments.items()},
                }
