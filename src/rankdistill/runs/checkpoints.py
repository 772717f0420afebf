"""Checkpoints: written whole or not at all, read without executing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from rankdistill.backbones.interface import Backbone
from rankdistill.building import Component, build, target_class
from rankdistill.data.interactions import Interactions
from rankdistill.files import replacing
from rankdistill.modules.told_interactions import tell_interactions
from rankdistill.runs.checkpoint_content import BACKBONE, NETWORK, Checkpoint, checkpoint_fault
from rankdistill.runs.tensor_files import read_tensors, save_tensors

CHECKPOINT = "model.ckpt"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Lightning's own format, through a temporary file and a rename."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint so that a reader sees the old one or the new one."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            save_tensors(checkpoint, temporary)


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Load a checkpoint of this project on the CPU, tensors and primitives only.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is truncated or damaged, or not a checkpoint of this project.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint at {path}; give the path of a model.ckpt.")
    content = read_tensors(path)
    if fault := checkpoint_fault(content):
        raise ValueError(f"{path} is damaged or not a checkpoint of rankdistill: {fault}.")
    return cast(Checkpoint, content)


def load_backbone(
    checkpoint: Checkpoint, path: str | Path, allow_targets: Sequence[str] = ()
) -> Backbone:
    """Rebuild the scoring network of a recommender alone, in eval mode on the CPU.

    It is built without memory first: a checkpoint that describes a larger network than its weights
    fill is refused before anything is allocated.

    Args:
        checkpoint: From ``read_checkpoint``.
        path: Where it came from, for errors.
        allow_targets: Further module prefixes that its ``_target_`` may name.

    Raises:
        ValueError: If the weights do not fit the network that the checkpoint describes, or it is
            of a cascade.
    """
    hyper = checkpoint["hyper_parameters"]
    if BACKBONE not in hyper:
        raise ValueError(
            f"{path} is a ranker of a cascade, which ranks for requests; give a model.ckpt of "
            "train or compare."
        )
    _refuse_other_classes(hyper[BACKBONE], path, allow_targets)
    weights = served_weights(checkpoint)
    try:
        with torch.device("meta"):
            sketch = _built(hyper, allow_targets).state_dict()
        if any(key not in weights or weights[key].numel() < sketch[key].numel() for key in sketch):
            raise RuntimeError("weights are missing")
        backbone = _built(hyper, allow_targets)
        backbone.load_state_dict(weights)
        if (fold_in := hyper.get("fold_in")) is not None:
            backbone.take_fold_in(fold_in)
    except (KeyError, RuntimeError, TypeError, OverflowError) as error:
        raise ValueError(f"The weights in {path} do not fit its own description.") from error
    return backbone.eval()


def load_with_histories(
    checkpoint: Checkpoint, path: str | Path, train: Interactions, allow_targets: Sequence[str] = ()
) -> Backbone:
    """Rebuild the scoring network as it was trained: checkpoints hold no histories.

    Args:
        checkpoint: From ``read_checkpoint``.
        path: Where it came from, for errors.
        train: The interactions that it was trained on.
        allow_targets: Further module prefixes that its ``_target_`` may name.

    Raises:
        ValueError: See ``load_backbone``.
    """
    backbone = load_backbone(checkpoint, path, allow_targets)
    tell_interactions(backbone, train)
    return backbone


def served_weights(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """The tensors that serving needs, under the scoring network's own names."""
    name = BACKBONE if BACKBONE in checkpoint["hyper_parameters"] else NETWORK
    prefix, state = f"{name}.", checkpoint["state_dict"]
    return {key[len(prefix) :]: state[key] for key in state if key.startswith(prefix)}


def _built(hyper: Mapping[str, Any], allow_targets: Sequence[str]) -> Backbone:
    return build(
        hyper[BACKBONE],
        allow=allow_targets,
        num_users=hyper["num_users"],
        num_items=hyper["num_items"],
    )


def _refuse_other_classes(node: Any, path: str | Path, allow_targets: Sequence[str]) -> None:
    """Raise a ValueError unless all that the settings of a network name are networks too."""
    if isinstance(node, Mapping):
        if "_target_" in node and not issubclass(
            target_class(Component.of(node), allow_targets), Backbone
        ):
            raise ValueError(f"{path} names {node['_target_']}, which is no scoring network.")
        for value in node.values():
            _refuse_other_classes(value, path, allow_targets)
    elif isinstance(node, list | tuple):
        for value in node:
            _refuse_other_classes(value, path, allow_targets)
