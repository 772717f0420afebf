"""The fields of metrics.json that say what a model is, on which data, and with which software."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from rankdistill import __version__
from rankdistill.backbones.interface import Served
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.ranker import Ranker
from rankdistill.rank_files.rank_file import RANK_FILE
from rankdistill.rank_files.short_rows import items_without_vectors, left_out_sentence
from rankdistill.rank_files.tables import StoredTable, storage_name, stored_bytes
from rankdistill.runs.checkpoints import CHECKPOINT


def describe_model(
    module: Ranker,
    folder: Path,
    tables: Mapping[str, StoredTable],
    served: Served,
    storage_bits: int,
) -> dict[str, Any]:
    """Describe a model and how large it is.

    Args:
        module: The model.
        folder: Of its run, where its checkpoint and its model.rank lie.
        tables: The weights that ship.
        served: How the network ships.
        storage_bits: Bits of a stored weight.
    """
    stored, left_out = sum(map(stored_bytes, tables.values())), items_without_vectors(tables)
    return {
        "module": module.role,
        "backbone": module.hparams["backbone"]["_target_"].rpartition(".")[2],
        "embedding_dim": module.hparams["backbone"].get("embedding_dim"),
        "parameters": sum(weight.numel() for weight in module.backbone.parameters()),
        "checkpoint_bytes": (folder / CHECKPOINT).stat().st_size,
        "storage": storage_name(storage_bits),
        "weights_bytes": stored if served.source_bytes is None else served.source_bytes,
        "file_bytes": (folder / RANK_FILE).stat().st_size,
        **({"items_without_vectors": left_out} if left_out else {}),
        **_taught_by(module.hparams.get("distillation")),
    }


def note_of_left_out(fields: Mapping[str, Any]) -> str | None:
    """Tell a person of the items of a model that go without vectors; None where none does.

    Args:
        fields: The content of metrics.json.
    """
    if not (left_out := fields.get("items_without_vectors")):
        return None
    return f"Note: {left_out_sentence(left_out, fields['data']['num_items'], fields['storage'])}"


def _taught_by(distillation: Mapping[str, Any] | None) -> dict[str, Any]:
    """Say by which methods a distilled student learned; nothing for another model."""
    if distillation is None:
        return {}
    methods = distillation["methods"]
    reads_list = any("top_k" in method for method in methods.values())
    return {
        "distillation": {
            "methods": sorted(methods),
            "alpha": distillation["alpha"],
            "top_k": distillation.get("top_k") if reads_list else None,
        }
    }


def describe_data(datamodule: InteractionsDataModule) -> dict[str, Any]:
    """Describe the data that a result was measured on."""
    split, unseen, protocol = datamodule.split, datamodule.unseen["test"], datamodule.protocol
    departures = [] if protocol is None else list(protocol.sentences(split))
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    if split.history is not None:
        parts["history"] = split.history
    return {
        "name": datamodule.name,
        "fingerprint": datamodule.fingerprint,
        "split_fingerprint": split.fingerprint,
        "num_users": split.train.num_users,
        "num_items": split.train.num_items,
        "num_interactions": sum(part.num_interactions for part in parts.values()),
        **{f"num_{name}": part.num_interactions for name, part in parts.items()},
        "num_test_users": unseen.users,
        "evaluated_users": datamodule.evaluated_users,
        "num_unknown_test_users": unseen.unseen_users,
        "num_unknown_test_items": unseen.unseen_items,
        "ties": None if split.ties is None else asdict(split.ties),
        "notes": datamodule.notes,
        **({"protocol": departures} if departures else {}),
    }


def versions() -> dict[str, str]:
    """List the versions of the software that a result was measured with."""
    return {
        "rankdistill": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "pytorch_lightning": version("pytorch-lightning"),
    }
