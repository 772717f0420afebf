"""Checkpoints: written whole or not at all, read without executing anything."""

from __future__ import annotations

import gzip
import io
import pickle
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

from rankdistill.backbones.interface import Backbone
from rankdistill.building import build
from rankdistill.files import replacing

CHECKPOINT = "model.ckpt"
GZIP_MAGIC = b"\x1f\x8b"
BACKBONE, NETWORK = "backbone", "network"
"""What modules call the network that is served: recommenders, and the rankers of a cascade."""

READING_ERRORS = (
    RuntimeError,
    EOFError,
    pickle.UnpicklingError,
    OSError,
    ValueError,
    KeyError,
    zlib.error,
)


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


def save_tensors(content: dict[str, Any], path: Path) -> None:
    """``torch.save`` that says in an OSError that a disk is full or a folder cannot be written.

    Raises:
        OSError: If nothing, or not all, could be written.
    """
    try:
        torch.save(content, path)
    except RuntimeError as error:
        reason = str(error).splitlines()[0][:120]
        raise OSError(f"{path.parent} could not be written to ({reason}).") from error


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Load a checkpoint of this project on the CPU, tensors and primitives only.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is truncated, or not a checkpoint of this project.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint at {path}; give the path of a model.ckpt.")
    checkpoint = read_tensors(path)
    expected = {"state_dict", "hyper_parameters"}
    if not isinstance(checkpoint, dict) or not expected <= checkpoint.keys():
        raise ValueError(f"{path} is not a checkpoint of rankdistill: it lacks {expected}.")
    hyper = checkpoint["hyper_parameters"]
    if not isinstance(hyper, dict) or not hyper.keys() & {BACKBONE, NETWORK}:
        raise ValueError(f"{path} is not a checkpoint of rankdistill: it names no backbone.")
    return checkpoint


def read_tensors(path: Path) -> Any:
    """``torch.load`` on the CPU, gzipped or not, of tensors and primitives only.

    Raises:
        ValueError: If the file is truncated, or holds something else.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        source = io.BytesIO(gzip.decompress(path.read_bytes())) if zipped else path
        return torch.load(source, map_location="cpu", weights_only=True)
    except READING_ERRORS as error:
        reason = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise ValueError(
            f"{path} cannot be read: truncated, or not a checkpoint ({reason})."
        ) from error


def load_backbone(
    checkpoint: dict[str, Any], path: str | Path, allow_targets: Sequence[str] = ()
) -> Backbone:
    """Rebuild the scoring network of a recommender alone, in eval mode on the CPU.

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
    backbone = build(
        hyper["backbone"],
        allow=allow_targets,
        num_users=hyper["num_users"],
        num_items=hyper["num_items"],
    )
    try:
        backbone.load_state_dict(served_weights(checkpoint))
    except RuntimeError as error:
        raise ValueError(f"The weights in {path} do not fit its own description.") from error
    return backbone.eval()


def served_weights(checkpoint: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The tensors that serving needs, under the scoring network's own names."""
    name = BACKBONE if BACKBONE in checkpoint["hyper_parameters"] else NETWORK
    prefix, state = f"{name}.", checkpoint["state_dict"]
    return {key[len(prefix) :]: state[key] for key in state if key.startswith(prefix)}
