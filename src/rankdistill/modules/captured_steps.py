"""Steps that are recorded once and replayed, after a replay was seen to do what the step does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from rankdistill.backbones.interface import Backbone
from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.draws.draws import Draws
from rankdistill.kernels.recording import Recorder, Recording
from rankdistill.modules.baked_in import baked_in, first_difference
from rankdistill.modules.batch_buffers import BatchBuffers, BatchShape
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.replay_check import difference_of_replay
from rankdistill.modules.step_state import StepState

Losses = Mapping[str, Tensor]

_PLAIN_STEPS = 2  # at first: they make what is made when it is first asked for


class Step(NamedTuple):
    """A step of training.

    Attributes:
        learn: Takes it on a batch and its view; returns the losses, without gradient.
        network: What the view scores with.
        optimizer: Fused Adam.
        draws: Source of what the step draws. Besides it, a step changes what Adam moves and keeps.
        reads: Objects that the step reads, by name.
        shape: Of the largest batch.
    """

    learn: Callable[[BatchScores, PairBatch | UserBatch], Losses]
    network: Backbone
    optimizer: Optimizer
    draws: Draws
    reads: Mapping[str, object]
    shape: BatchShape


class CapturedSteps:
    """Takes steps, the first ones plainly and then as replays of a recording.

    A recording is trusted once its first replay has done what the plain step does on the same
    batch. Where something stands in the way, all steps are plain, and a line says why.

    Args:
        step: What is taken.
        recorder: Of the training device.
        tell: Takes a line for people.
    """

    def __init__(self, step: Step, recorder: Recorder, tell: Callable[[str], None]):
        self._step = step
        self._recorder = recorder
        self._tell = tell
        self._num_plain = 0
        self._draws = False  # Numbers for each row: then only full batches are replayed.
        self._is_refused = False
        self._buffers: BatchBuffers | None = None
        self._recording: Recording | None = None
        self._baked_in: Mapping[str, object] = {}
        self._names: Sequence[str] = ()
        self._values: Tensor | None = None
        rates_on_device(step.optimizer)

    def begin_epoch(self) -> None:
        """Give a recording up that would not see what has changed since it was made."""
        if self._recording is None:
            return
        if first_difference(self._baked_in, self._now_baked_in()) is not None:
            self._recording = None

    def take(self, scores: BatchScores, batch: PairBatch | UserBatch) -> Losses:
        """Take a step on a batch, whose view is read where the step is plain."""
        if self._recording is not None:
            assert self._buffers is not None
            if self._buffers.fits(batch) and (self._is_full(batch) or not self._draws):
                self._buffers.fill(batch)
                self._recording.replay()
                return self._told()
        elif not self._is_refused and self._num_plain >= _PLAIN_STEPS and self._is_full(batch):
            return self._tried(batch)
        self._num_plain += 1
        return self._step.learn(scores, batch)

    def _is_full(self, batch: PairBatch | UserBatch) -> bool:
        return len(batch.contexts) == self._step.shape.jobs * self._step.shape.rows

    def _tried(self, batch: PairBatch | UserBatch) -> Losses:
        """Take a plain step, record it, and compare; the plain one counts where they differ."""
        state = self._state
        try:
            before, after = state.copied(), state.copied()
        except torch.OutOfMemoryError:
            self._refuse("there is no memory for two copies of what it changes")
            return self._plain(batch)
        losses = self._plain(batch)
        after.put(state)
        self._draws = not torch.equal(after.counts[-1], before.counts[-1])
        if self._buffers is None:
            dtype = next(self._step.network.parameters()).dtype
            like = dtype if dtype == torch.float64 else torch.float32
            self._buffers = BatchBuffers(batch, self._step.shape, like)
        try:
            self._recording = self._recorded(batch, before)
            state.put(before)
            self._recording.replay()
            reason = difference_of_replay(before, (after, losses), (state, self._told()))
        except RuntimeError as error:  # of the device, its memory among it
            reason = _first_line(error)
        if reason is None:
            return self._told()
        self._refuse(reason)
        state.put(after)
        return losses

    def _recorded(self, batch: PairBatch | UserBatch, before: StepState) -> Recording:
        """Record the step on the buffers, once it is known to wait for nothing."""
        assert self._buffers is not None
        if not self._buffers.fits(batch):
            raise RuntimeError("its batches are not of one shape")
        self._buffers.fill(batch)
        self._learn_from_buffers()  # makes what is made when it is first asked for
        self._state.put(before)
        beforehand = self._now_baked_in()
        with self._recorder.refusing_to_wait():
            self._learn_from_buffers()
        self._baked_in = self._now_baked_in()
        if (place := first_difference(beforehand, self._baked_in)) is not None:
            raise RuntimeError(f"each changes {place}, which a replay would not")
        self._values = None
        return self._recorder.record(self._learn_from_buffers, self._step.optimizer)

    def _learn_from_buffers(self) -> None:
        assert self._buffers is not None
        losses = self._step.learn(self._buffers.view(self._step.network), self._buffers.batch)
        self._names = tuple(losses)
        values = torch.stack(tuple(losses.values()))
        if self._values is None:
            self._values = values
        else:
            self._values.copy_(values)

    def _plain(self, batch: PairBatch | UserBatch) -> Losses:
        """Take a plain step on a view of its own, which leaves nothing of autograd behind."""
        pairs = self._step.shape.user_pairs
        return self._step.learn(BatchScores.of(self._step.network, batch, pairs), batch)

    def _told(self) -> Losses:
        assert self._values is not None
        return dict(zip(self._names, self._values.clone().unbind(), strict=True))

    @property
    def _state(self) -> StepState:
        return StepState.of(self._step.optimizer, self._step.draws)

    def _now_baked_in(self) -> Mapping[str, object]:
        groups = [
            {name: value for name, value in group.items() if name not in {"params", "capturable"}}
            for group in self._step.optimizer.param_groups
        ]
        return baked_in({**self._step.reads, "optimizer": groups})

    def _refuse(self, reason: str) -> None:
        self._is_refused, self._buffers, self._recording = True, None, None
        self._tell(told_refusal(reason))


def told_refusal(reason: str) -> str:
    """Tell people why all steps are plain."""
    return f"Steps are not replayed as a CUDA graph, which is slower: {reason}."


def rates_on_device(optimizer: Optimizer) -> None:
    """Keep step sizes on the device, where a recorded step reads what a schedule wrote."""
    for group in optimizer.param_groups:
        device = group["params"][0].device
        group["lr"] = torch.as_tensor(group["lr"], dtype=torch.float32).to(device)


def _first_line(error: BaseException) -> str:
    """What was said first: where a recording fails, its end fails too, and says less."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error).strip().split("\n")[0].rstrip(".")
