"""What an epoch of a stack reached, read from the device at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.kernels.placement import read_together
from rankdistill.stacks.job_measures import JobMeasures
from rankdistill.stacks.stacked_batches import StackedBatches


class EpochRead(NamedTuple):
    """Numbers of every job.

    Attributes:
        curves: Losses and metrics by the name of the curve, a value for each job.
        faults: Users of each job whose scores are not all finite.
    """

    curves: dict[str, list[float]]
    faults: list[float]


def read_epoch(
    losses: Mapping[str, Tensor], measures: JobMeasures, batches: StackedBatches
) -> EpochRead:
    """Read an epoch, and together with it what the next one needs.

    Args:
        losses: (jobs,) mean losses by the name of the curve.
        measures: What validation found.
        batches: Draws the next epoch now.
    """
    ahead = batches.draw_ahead()
    wanted = [torch.stack(tuple(losses.values())), measures.means, measures.faults]
    means, metrics, faults, *more = read_together(wanted + ([] if ahead is None else [ahead]))
    if ahead is not None:
        batches.take_ahead(*more)
    values = [*means.tolist(), *metrics.tolist()]
    return EpochRead(dict(zip([*losses, *measures.names], values, strict=True)), faults.tolist())
