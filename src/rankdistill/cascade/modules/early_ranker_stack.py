"""The LightningModule of a stack: early rankers of one form that learn from several logs."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from typing_extensions import override

from rankdistill.cascade.data.examples import ExampleBatch
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.modules.diverged import loss_not_finite
from rankdistill.stacks.job_progress import Ending, JobProgress, is_worth_compacting, places_left


class EarlyRankerStack(pl.LightningModule):
    """Trains early rankers that differ in their logs; each ends with the weights it would alone.

    Each parameter holds those of all rankers, one behind the other. ``torch.func.vmap`` computes
    their losses at once from the code of one ranker. Batches hold the logs side by side, as
    ``logs_side_by_side`` joins them; all else of a batch is read by all rankers alike.

    Args:
        rankers: As they would be trained alone, in the order of the logs.
        ending: When each of them ends.
    """

    def __init__(self, rankers: Sequence[EarlyRanker], ending: Ending):
        super().__init__()
        self._called = _Called(rankers[0])
        states, _ = stack_module_state(list(rankers))
        self._names = list(states)
        self._weights = nn.ParameterList(states.values())
        self.progress = [JobProgress(ending) for _ in rankers]
        self.running = list(range(len(rankers)))
        self.register_buffer("_logs", torch.arange(len(rankers)), persistent=False)
        self._logs: Tensor
        self.steps_in_epoch = 0

    @property
    def lead(self) -> EarlyRanker:
        """The ranker whose settings stand for those of all."""
        return self._called.ranker

    @property
    def batch_size(self) -> int:
        """Requests in a batch."""
        return self.lead.batch_size

    @property
    def seed(self) -> int:
        """Seed of the order of batches."""
        return self.lead.seed

    @override
    def configure_optimizers(self) -> OptimizerLRScheduler:
        return self.lead.optimizers_over(self._weights, self.trainer.max_epochs)

    def on_train_epoch_start(self) -> None:
        """Start the sums of the epoch's losses."""
        self._losses: dict[str, Tensor] = {}
        self.steps_in_epoch = 0
        self._begun = time.perf_counter()

    def training_step(self, batch: ExampleBatch, batch_idx: int) -> Tensor:
        """The losses of all rankers in one batch, added up: none moves another's weights."""
        losses = self.of_each("losses", batch)
        for name, values in losses.items():
            self._losses[name] = self._losses.get(name, 0.0) + values.detach()
        self.steps_in_epoch += 1
        return losses["loss"].sum()

    def on_validation_epoch_start(self) -> None:
        """Start the sums of the validation losses."""
        shape = len(self.running), len(self.lead.tasks)
        self._cross_entropies = torch.zeros(shape, dtype=torch.float64, device=self.device)
        self._weight = 0.0
        self._whole_losses: list[Tensor] = []

    def validation_step(self, batch: ExampleBatch, batch_idx: int) -> None:
        """Add what each ranker loses in a batch."""
        self._cross_entropies += self.of_each("cross_entropies", batch)
        self._weight += batch.label_weight
        self._whole_losses.append(self.of_each("losses", batch)["loss"])

    def on_validation_epoch_end(self) -> None:
        """Report the best of the rankers, which a progress bar shows."""
        self._validated = {
            **self.lead.named_cross_entropies(self._cross_entropies / self._weight),
            "val/loss": torch.stack(self._whole_losses).mean(0),
        }
        monitor = self.lead.monitor
        self.log(monitor, self._validated[monitor].min(), logger=False)

    def on_train_epoch_end(self) -> None:
        """Note how each ranker fares; those that end leave the stack."""
        means = {f"train/{name}": each / self.steps_in_epoch for name, each in self._losses.items()}
        curves = {name: each.tolist() for name, each in (means | self._validated).items()}
        share = (time.perf_counter() - self._begun) / len(self.running)
        for position, number in enumerate(self.running):
            progress = self.progress[number]
            progress.seconds += share
            if not progress.has_ended:
                own = {name: each[position] for name, each in curves.items()}
                self._end_epoch(progress, own, position)
        self._let_go()

    def of_each(self, measure: str, batch: ExampleBatch) -> Any:
        """Call a method of every ranker on a batch with the ranker's own log.

        Args:
            measure: Name of a method that takes a batch.
            batch: With the logs of all rankers of the stack side by side.

        Returns:
            What the method returns, each tensor with a first dimension of rankers.
        """
        logs = [each.movedim(1, 0).index_select(0, self._logs) for each in batch.logged]
        names = [f"ranker.{name}" for name in self._names]

        def of_one(weights: list[Tensor], teacher: Tensor, teacher_weights: Tensor) -> Any:
            own = batch._replace(teacher=teacher, teacher_weights=teacher_weights)
            parameters = dict(zip(names, weights, strict=True))
            return functional_call(self._called, parameters, (measure, own))

        return vmap(of_one)(list(self._weights), *logs)

    def _end_epoch(self, progress: JobProgress, curves: dict[str, float], position: int) -> None:
        loss = curves["train/loss"]
        if not math.isfinite(loss):
            progress.fail(loss_not_finite(loss, self.current_epoch, self.lead.advice))
        else:
            rows = zip(self._names, self._weights, strict=True)
            weights = {name: each[position] for name, each in rows}
            progress.end_epoch(curves, weights, self.steps_in_epoch)

    def _let_go(self) -> None:
        """Stop where no ranker is left; close the gaps where many have ended."""
        left = places_left(self.running, self.progress)
        if not left:
            self.trainer.should_stop = True
        elif is_worth_compacting(len(left), len(self.running)):
            self._keep(left)
        # what has ended and is still in the stack learns on, and nobody looks at it

    def _keep(self, positions: Sequence[int]) -> None:
        """Keep the weights of some rankers, and what AdamW knows of them."""
        self.running = [self.running[position] for position in positions]
        self._logs = self._logs[positions]
        optimizer = self.optimizers()
        assert isinstance(optimizer, torch.optim.Optimizer)
        for weights in self._weights:
            jobs, state = len(weights), optimizer.state[weights]
            weights.grad, weights.data = None, weights.data[positions]
            for name, values in state.items():
                if values.dim() > 0 and len(values) == jobs:
                    state[name] = values[positions]


class _Called(nn.Module):
    """Calls a method of a ranker as its own forward pass, which ``functional_call`` wants."""

    def __init__(self, ranker: EarlyRanker):
        super().__init__()
        self.ranker = ranker

    @override
    def forward(self, measure: str, batch: ExampleBatch) -> Any:
        return getattr(self.ranker, measure)(batch)
