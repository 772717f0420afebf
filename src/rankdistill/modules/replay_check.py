"""Whether a replay did what a plain step does, but for rounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rankdistill.modules.step_state import StepState

_FAR = 1e-3  # of the largest number: sums in another order differ by less
_NOISE = 1e-2  # of the largest gradient: smaller ones may be noise, which Adam enlarges
_ALIKE = 0.05  # of a weight's own move


def difference_of_replay(
    before: StepState,
    plain: tuple[StepState, Mapping[str, Tensor]],
    replay: tuple[StepState, Mapping[str, Tensor]],
) -> str | None:
    """Say in a few words what a replay did otherwise; None where it did alike.

    Args:
        before: Where both steps began.
        plain: Where the plain step ended, and its losses by name.
        replay: Where the replay ended, and its losses.
    """
    (wanted, wanted_losses), (found, losses) = plain, replay
    if not _are_equal(found.counts, wanted.counts):
        return "a replay counted steps or draws otherwise than the plain step"
    for name, value in wanted_losses.items():
        if not torch.allclose(losses[name], value, rtol=_FAR, atol=1e-6, equal_nan=True):
            return f"a replay gave another {name} than the plain step"
    largest = max(map(_largest, wanted.moments))
    for table, moment in enumerate(wanted.moments):
        size = max(_largest(moment), _NOISE * largest)
        near = {"rtol": 0.0, "atol": _FAR * size, "equal_nan": True}
        if not torch.allclose(found.moments[table], moment, **near):
            return "a replay gave other gradients than the plain step"
        is_sure = moment.abs() > _NOISE * size
        move, own = (each.weights[table] - before.weights[table] for each in (found, wanted))
        far = (move - own).abs() > _ALIKE * own.abs() + 1e-6
        if bool((is_sure & far).any()):
            return "a replay moved weights otherwise than the plain step"
    return None


def _are_equal(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> bool:
    return all(map(torch.equal, found, wanted))


def _largest(values: Tensor) -> float:
    return float(values.abs().nan_to_num(posinf=0.0).max())
