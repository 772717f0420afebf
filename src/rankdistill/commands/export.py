"""`rankdistill export`: store the weights of a checkpoint as they would be shipped."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from rankdistill.config import ExportSchema, to_primitives
from rankdistill.runs.checkpoints import backbone_weights, load_backbone, read_checkpoint
from rankdistill.runs.weights_file import save_weights, storage_name


def run(config: DictConfig) -> None:
    """Write the output and say how large it is."""
    cfg = to_primitives(config, ExportSchema)
    path, output, bits = cfg["checkpoint"], Path(cfg["output"]), cfg["storage"]["bits"]
    if output.suffix != ".pt":
        raise ValueError(f"output must be the path of a .pt file to write, got {output}.")
    checkpoint = read_checkpoint(path)
    backbone = load_backbone(checkpoint, path, cfg["allow_targets"])
    save_weights(backbone_weights(checkpoint), output, bits, backbone.ranks_nothing)
    print(f"{output}: {output.stat().st_size:,} bytes as {storage_name(bits)}")
