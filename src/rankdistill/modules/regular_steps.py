"""Whether all steps of a training do alike: on tensors of one shape, through known parts."""

from __future__ import annotations

from rankdistill.backbones.interface import Backbone
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.modules.objectives import Bpr, Gbce, Objective, Pointwise, Softmax

_LOSSES = (Bpr, Gbce, Pointwise, Softmax)


def reason_for_irregular_steps(
    backbone: Backbone, objective: Objective, rounded_epochs: int
) -> str | None:
    """Say in a few words why steps may differ in more than numbers; None where they do not.

    Args:
        backbone: The network that learns.
        objective: Its ranking loss.
        rounded_epochs: Last epochs in which its weights are rounded.
    """
    if type(backbone) is not MatrixFactorization:
        return f"{type(backbone).__name__} is no matrix factorization"
    if type(objective) not in _LOSSES:
        names = ", ".join(loss.__name__ for loss in _LOSSES)
        return f"{type(objective).__name__} is none of {names}"
    if rounded_epochs:
        return "its weights are rounded while it learns"
    return None
