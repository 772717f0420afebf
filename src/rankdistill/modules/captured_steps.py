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

Losses = Mapping[str, Tensor]

_PLAIN_STEPS = 2  # at first: they make what is made when it is first asked for
_FAR = 1e-3  # share of the largest number by which a replay may differ; halves round by a 256th
_NOISE = 1e-2  # gradients smaller than this share of the largest may be noise, which Adam enlarges
_ALIKE = 0.05  # share of a weight's own move


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
        try:
            before, after = [[each.clone() for each in self._changed()] for _ in range(2)]
        except torch.OutOfMemoryError:
            self._refuse("there is no memory for two copies of what it changes")
            return self._plain(batch)
        losses = self._plain(batch)
        _put(after, self._changed())
        self._draws = bool((after[-1] != before[-1]).any())
        if self._buffers is None:
            dtype = next(self._step.network.parameters()).dtype
            like = dtype if dtype == torch.float64 else torch.float32
            self._buffers = BatchBuffers(batch, self._step.shape, like)
        if not self._buffers.fits(batch):
            self._refuse("its batches are not of one shape")
            return losses
        try:
            self._buffers.fill(batch)
            recording = self._recorded(before)
            _put(self._changed(), before)
            recording.replay()
            self._compare(losses, before, after)
        except _RefusedError as refused:
            self._refuse(str(refused))
        except RuntimeError as error:  # of the device, its memory among it
            self._refuse(_first_line(error))
        else:
            self._recording = recording
            return self._told()
        _put(self._changed(), after)
        return losses

    def _recorded(self, before: Sequence[Tensor]) -> Recording:
        """Record the step on the buffers, once it is known to wait for nothing."""
        self._learn_from_buffers()  # makes what is made when it is first asked for
        _put(self._changed(), before)
        beforehand = self._now_baked_in()
        with self._recorder.refusing_to_wait():
            self._learn_from_buffers()
        place = first_difference(beforehand, self._now_baked_in())
        if place is not None:
            raise _RefusedError(f"each changes {place}, which a replay would not")
        self._values = None
        self._baked_in = self._now_baked_in()
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

    def _changed(self) -> list[Tensor]:
        """All that a step changes: weights, Adam's moments and steps, and what was drawn."""
        optimizer = self._step.optimizer
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        kept = [optimizer.state[weight] for weight in weights]
        names = ("exp_avg", "exp_avg_sq", "step")
        of_adam = [each[name] for name in names for each in kept]
        return [*(weight.detach() for weight in weights), *of_adam, self._step.draws.drawn]

    def _now_baked_in(self) -> Mapping[str, object]:
        groups = [
            {name: value for name, value in group.items() if name not in {"params", "capturable"}}
            for group in self._step.optimizer.param_groups
        ]
        return baked_in({**self._step.reads, "optimizer": groups})

    def _compare(self, losses: Losses, before: Sequence[Tensor], after: Sequence[Tensor]) -> None:
        """Refuse a recording whose replay has not done what the plain step did."""
        found, count = self._changed(), len(before) // 4
        if not torch.equal(found[-1], after[-1]):
            raise _RefusedError("a replay drew otherwise than the plain step")
        for name, value in self._told().items():
            if not torch.allclose(value, losses[name], rtol=_FAR, atol=1e-6, equal_nan=True):
                raise _RefusedError(f"a replay gave another {name} than the plain step")
        moments = slice(count, 2 * count)
        largest = max(float(each.abs().nan_to_num().max()) for each in after[moments])
        for number, (mine, wanted) in enumerate(zip(found[moments], after[moments], strict=True)):
            own = max(float(wanted.abs().nan_to_num().max()), _NOISE * largest)
            if not torch.allclose(mine, wanted, rtol=0, atol=_FAR * own, equal_nan=True):
                raise _RefusedError("a replay gave other gradients than the plain step")
            is_sure = wanted.abs() > _NOISE * own
            move, wanted_move = (each[number] - before[number] for each in (found, after))
            far = (move - wanted_move).abs() > _ALIKE * wanted_move.abs() + 1e-6
            if bool((is_sure & far).any()):
                raise _RefusedError("a replay moved weights otherwise than the plain step")
        if any(map(torch.ne, found[3 * count : -1], after[3 * count : -1])):
            raise _RefusedError("a replay counted other steps than the plain step")

    def _refuse(self, reason: str) -> None:
        self._is_refused, self._buffers, self._recording = True, None, None
        self._tell(told_refusal(reason))


class _RefusedError(Exception):
    """Why a recording is not trusted."""


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


def _put(tensors: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for tensor, value in zip(tensors, values, strict=True):
        tensor.copy_(value)
