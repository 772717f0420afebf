"""The LightningModule of a stack: models of one shape that are trained side by side."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pytorch_lightning as pl
import torch
from torch import Tensor

from rankdistill.data.batches import EvaluationBlocks, PairBatches, Strides
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.draws.draws import ORDERS, Draws
from rankdistill.kernels.placement import starts_slowly
from rankdistill.kernels.recording import recorder_of
from rankdistill.modules.batch_buffers import largest_batch
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.captured_steps import CapturedSteps, Step
from rankdistill.modules.diverged import loss_not_finite, scores_not_finite
from rankdistill.modules.objectives import Batch
from rankdistill.modules.recommender import Recommender
from rankdistill.stacks.adam import Rate, StackedAdam
from rankdistill.stacks.epoch_read import read_epoch
from rankdistill.stacks.job_measures import JobMeasures
from rankdistill.stacks.job_progress import Ending, JobProgress, is_worth_compacting, places_left
from rankdistill.stacks.replicas import jobs_ranked_at_once
from rankdistill.stacks.stacked_batches import StackedBatches, StackedPairs, StackedUsers
from rankdistill.stacks.stacked_blocks import StackedBlock, StackedBlocks
from rankdistill.stacks.stacked_factors import StackedFactors
from rankdistill.stacks.stacked_lessons import StackedLessons

logger = logging.getLogger(__name__)


class Member(NamedTuple):
    """A model to be trained in a stack.

    Attributes:
        module: As it would be trained alone, its teacher at its side.
        ending: When it ends.
    """

    module: Recommender
    ending: Ending


class Stack(pl.LightningModule):
    """Trains jobs side by side; each ends with the weights that it would have alone.

    The users of job j are numbered from ``j * num_users`` on, so that losses and methods see one
    large batch, and compute no loss otherwise than alone. See ``fits.reason_to_train_alone`` for
    what can be stacked.

    Args:
        jobs: What to train.
        datamodule: The data of all, set up.
    """

    captures_steps = False
    """Whether steps are to be replayed where a device can; the trainer says so."""

    def __init__(self, jobs: Sequence[Member], datamodule: InteractionsDataModule):
        super().__init__()
        self.automatic_optimization = False
        self.jobs = jobs
        self.data = datamodule
        self.progress = [JobProgress(job.ending) for job in jobs]
        self.running = list(range(len(jobs)))
        self.steps_in_epoch = 0

    @property
    def lead(self) -> Recommender:
        """The job whose settings stand for those that all share."""
        return self.jobs[0].module

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """None of Lightning's: a StackedAdam steps."""
        return []

    def setup(self, stage: str) -> None:
        """Prepare every job as it would be alone, then all of them together."""
        device = self.trainer.strategy.root_device
        self.train_part = self.data.on_device(device).train
        modules = [job.module for job in self.jobs]
        seeds = [module.seed for module in modules]
        self.repeats_users = starts_slowly(device)
        draws = [Draws([seed], device) for seed in seeds]
        self.lessons = StackedLessons(modules, self.data, self.train_part, draws)
        dtype = torch.float64 if self.trainer.precision == "64-true" else torch.float32
        self.batches = self._batches(Draws(seeds, device, source=ORDERS))
        protocol = self.data.protocol
        split = self.data.on_device(device)
        self.measured = EvaluationBlocks(
            split.told,
            split.validation,
            self.data.user_block,
            among=self.data.measured(split.validation),
            sampled_negatives=None if protocol is None else protocol.sampled_negatives,
        )
        self._take_over(StackedFactors(self.lessons.starts()).to(dtype))

    def train_dataloader(self) -> Strides:
        """Strides of batches of all jobs that are still trained."""
        return Strides(self.batches, self.lead.batches_in_stride)

    def on_train_epoch_start(self) -> None:
        """Take the epoch's step sizes; let every method look at the students as they stand."""
        self.adam.begin_epoch(self.current_epoch)
        self.lessons.refresh(self.network.score_rows, self.current_epoch)
        self._sums: dict[str, Tensor] = {}
        self.steps_in_epoch = 0
        self._begun = time.perf_counter()

    def training_step(self, stride: Sequence[Batch], batch_idx: int) -> None:
        """Learn from a stride of batches, one after the other."""
        if self._captured is not None and batch_idx == 0:
            self._captured.begin_epoch()
        take = self.learn if self._captured is None else self._captured.take
        batches = self.lessons.completed(stride)
        views = BatchScores.of_stride(self._of_batches, batches, repeats=self.repeats_users)
        for scores, batch in zip(views, batches, strict=True):
            for name, values in take(scores, batch).items():
                self._sums[name] = self._sums.get(name, 0.0) + values
        self.steps_in_epoch += len(batches)

    def learn(self, scores: BatchScores, batch: Batch) -> Mapping[str, Tensor]:
        """Take a step on a completed batch; return each job's losses by name."""
        self.adam.clear()
        losses = self.lessons.learn(scores, batch)
        self.adam.step()
        return losses

    def val_dataloader(self) -> _Blocks:
        """Blocks of the users of all jobs that are still trained."""
        return _Blocks(self)

    def on_validation_epoch_start(self) -> None:
        """Start counting anew."""
        device = self.train_part.item_ids.device
        users = self.measured.num_users
        self._measures = JobMeasures(len(self.running), users, self.lead, device)

    def validation_step(self, block: StackedBlock, batch_idx: int) -> None:
        """Rank the catalogue for a block of users."""
        scores = self.network.score_parts(block.users.contexts, block.jobs)
        self._measures.add(scores.float(), block)

    def on_validation_epoch_end(self) -> None:
        """Read the epoch; report the best of the jobs, which a progress bar shows."""
        losses = {name: total / self.steps_in_epoch for name, total in self._sums.items()}
        self._read = read_epoch(losses, self._measures, self.batches)
        monitor = self.jobs[0].ending.monitor
        # A plain number would be sent to the device, and read from there.
        self.log(monitor, torch.tensor(max(self._read.curves[monitor])), logger=False)

    def on_train_epoch_end(self) -> None:
        """Note how each job fares; those that end leave the stack."""
        for position, number in enumerate(self.running):
            if self.progress[number].has_ended:
                continue
            progress, module = self.progress[number], self.jobs[number].module
            curves = {name: each[position] for name, each in self._read.curves.items()}
            loss = curves["train/loss"]
            if self._read.faults[position]:
                progress.fail(scores_not_finite(module.advice()))
            elif not math.isfinite(loss):
                progress.fail(loss_not_finite(loss, self.current_epoch, module.advice()))
            else:
                weights = self.network.weights_of(position)
                progress.end_epoch(curves, weights, self.steps_in_epoch)
        share = (time.perf_counter() - self._begun) / len(self.running)
        for number in self.running:
            self.progress[number].seconds += share
        self._let_go()

    def on_train_end(self) -> None:
        """Let go of what steps were recorded in."""
        self._captured = None

    def _let_go(self) -> None:
        """Stop where no job is left; close the gaps where many have ended."""
        left = places_left(self.running, self.progress)
        if not left:
            self.trainer.should_stop = True
        elif is_worth_compacting(len(left), len(self.running)):
            self._keep(left)
        # what has ended and is still in the stack learns on, and nobody looks at it

    def _keep(self, positions: Sequence[int]) -> None:
        moments, steps = self.adam.moments(), self.adam.steps
        kept = {
            name: [
                torch.cat([self.network.parts(table)[position] for position in positions])
                for table in tables
            ]
            for name, tables in moments.items()
        }
        states = [self.network.weights_of(position) for position in positions]
        self.batches.keep(positions)
        self.running = [self.running[position] for position in positions]
        self._take_over(StackedFactors(states))
        assert steps is not None
        self.adam.go_on(kept, steps)

    def _take_over(self, network: StackedFactors) -> None:
        """Train the tables of the jobs that are left."""
        self.network, self._of_batches = network, network.of_equal_parts
        self.lessons.gather(self.running, next(network.parameters()).dtype)
        jobs = len(self.running)
        at_once = jobs_ranked_at_once(self.data.user_block, self.train_part, jobs)
        self.blocks = StackedBlocks(self.measured, self.train_part.num_users, jobs, at_once)
        self.adam = StackedAdam(network, self._rates())
        self._captured = self._steps_to_capture()

    def _steps_to_capture(self) -> CapturedSteps | None:
        """Steps that may be replayed, where the trainer wants it and the device can."""
        recorder = recorder_of(self.train_part.item_ids.device)
        if recorder is None or not self.captures_steps:
            return None
        of_pairs = self.lead.objective.batches is PairBatches
        shape = largest_batch(
            self.train_part, self.lead.batch_size, of_pairs, jobs=len(self.running)
        )
        parts = self._of_batches, self.adam.optimizer, self.lessons.draws
        step = Step(self.learn, *parts, self.lessons.step_reads(), shape)
        return CapturedSteps(step, recorder, logger.info)

    def _batches(self, draws: Draws) -> StackedBatches:
        lead = self.lead
        kind = StackedPairs if lead.objective.batches is PairBatches else StackedUsers
        return kind(self.train_part, lead.batch_size, draws, lead.batches_in_stride)

    def _rates(self) -> list[Rate]:
        return [_rate(self.jobs[number]) for number in self.running]


class _Blocks:
    """Blocks of the users of the jobs that are still trained when validation begins."""

    def __init__(self, stack: Stack):
        self.stack = stack

    def __len__(self) -> int:
        return len(self.stack.blocks)

    def __iter__(self) -> Iterator[StackedBlock]:
        return iter(self.stack.blocks)


def _rate(job: Member) -> Rate:
    module = job.module
    decays = None if module.decay_epochs is None else job.ending.max_epochs
    return Rate(module.learning_rate, module.weight_decay, decays)
