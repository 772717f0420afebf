"""`rankdistill export`: store the weights of a checkpoint for shipping."""

from __future__ import annotations

from pathlib import Path

from rankdistill.config.export import ExportConfig
from rankdistill.rank_files.tables import storage_name
from rankdistill.runs.checkpoints import (
    BACKBONE,
    load_backbone,
    read_checkpoint,
    served_weights,
)
from rankdistill.runs.weights_file import save_weights


def run(cfg: ExportConfig) -> None:
    """Write the weights and print how large the file is."""
    output = export_weights(cfg)
    untested = read_checkpoint(cfg.checkpoint)["hyper_parameters"]["data"].get("untested")
    never = ", of a model that was never tested" if untested else ""
    size = output.stat().st_size
    print(f"{output}: {size:,} bytes as {storage_name(cfg.storage.bits)}{never}")


def export_weights(cfg: ExportConfig) -> Path:
    """Write the weights of a checkpoint, and return the path of the file."""
    path, output, bits = cfg.checkpoint, Path(cfg.output), cfg.storage.bits
    checkpoint = read_checkpoint(path)
    ranks_nothing = ()
    if BACKBONE in checkpoint["hyper_parameters"]:
        ranks_nothing = load_backbone(checkpoint, path, cfg.allow_targets).ranks_nothing
    save_weights(served_weights(checkpoint), output, bits, ranks_nothing)
    return output
