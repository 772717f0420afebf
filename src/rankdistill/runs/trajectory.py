"""A teacher's trajectory: who wants one, and the networks that it is of."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from rankdistill.backbones.ensemble import Ensemble
from rankdistill.backbones.interface import Backbone
from rankdistill.config.model import ModelConfig
from rankdistill.runs.keeps_trajectory import TRAJECTORY, KeepsTrajectory
from rankdistill.runs.tensor_files import is_stored_whole, read_tensors

logger = logging.getLogger(__name__)


def trajectory_of(cfg: ModelConfig) -> int:
    """Count the checkpoints of the teacher's training that methods ask for, the last included."""
    return 1 if cfg.distillation is None else cfg.distillation.trajectory


def keeps_trajectory(cfg: ModelConfig) -> bool:
    """Tell whether earlier checkpoints of a teacher are kept: it learns, and they are wanted."""
    assert cfg.teacher is not None
    return trajectory_of(cfg) > 1 and cfg.teacher.ranking_loss is not None


def keepers(cfg: ModelConfig) -> list[KeepsTrajectory]:
    """Make the callback that keeps the trajectory of a teacher; none where none is kept."""
    return [KeepsTrajectory(trajectory_of(cfg))] if keeps_trajectory(cfg) else []


def earlier_networks(
    cfg: ModelConfig, backbone: Backbone, path: Path, members: Mapping[str, Backbone]
) -> tuple[Backbone, ...]:
    """Find a stored teacher as it was earlier in its training, where a method asks for that.

    Args:
        cfg: The configuration.
        backbone: The teacher.
        path: Its checkpoint.
        members: Of an ensemble, the trained networks by name, with their own trajectories.
    """
    if keeps_trajectory(cfg):
        return read_trajectory(backbone, path)
    if trajectory_of(cfg) > 1 and isinstance(backbone, Ensemble):
        return joined_trajectory(backbone, members)
    if trajectory_of(cfg) > 1:
        logger.info(
            "%s is solved in closed form: its trajectory is one list.", type(backbone).__name__
        )
    return ()


def read_trajectory(backbone: Backbone, checkpoint: Path) -> tuple[Backbone, ...]:
    """Read the trajectory beside a teacher's checkpoint.

    Args:
        backbone: The trained network.
        checkpoint: Its model.ckpt.

    Returns:
        The networks of earlier epochs, first to last, in eval mode.

    Raises:
        FileNotFoundError: If there is no trajectory.
        ValueError: If it is damaged, or of another network.
    """
    path = checkpoint.with_name(TRAJECTORY)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {TRAJECTORY} beside {checkpoint}, and a method learns from the teacher's "
            "trajectory: leave teacher.checkpoint out, so that the teacher is trained here."
        )
    content = read_tensors(path)
    networks = content.get("networks") if isinstance(content, Mapping) else None
    if not isinstance(networks, list) or not all(map(_are_weights, networks)):
        raise ValueError(f"{path} is damaged or not a trajectory: it holds no list of networks.")
    return tuple(_with_weights(backbone, weights, path) for weights in networks)


def joined_trajectory(ensemble: Ensemble, members: Mapping[str, Backbone]) -> tuple[Backbone, ...]:
    """Join the trajectories of an ensemble's members, checkpoint by checkpoint.

    The ends stand side by side: a member with a shorter trajectory begins later, and is what it is
    at its own beginning until then.

    Args:
        ensemble: The trained ensemble.
        members: The trained members by name, with their own trajectories.
    """
    steps = {name: (*member.earlier, member) for name, member in members.items()}
    length = max(map(len, steps.values()))
    joined = []
    for left in range(length, 1, -1):
        step = copy.deepcopy(ensemble)
        step.take({name: own[-min(left, len(own))] for name, own in steps.items()})
        joined.append(step)
    return tuple(joined)


def _are_weights(weights: object) -> bool:
    return isinstance(weights, Mapping) and all(
        isinstance(name, str) and isinstance(tensor, Tensor) and is_stored_whole(tensor)
        for name, tensor in weights.items()
    )


def _with_weights(backbone: Backbone, weights: Mapping[str, Tensor], path: Path) -> Backbone:
    network = copy.deepcopy(backbone)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(
            f"The weights in {path} are of another network than the teacher."
        ) from error
    return network.eval()
