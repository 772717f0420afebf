"""`rankdistill export`: make of a checkpoint the file that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rankdistill.backbones.interface import Served
from rankdistill.config.export import ExportConfig
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import ANY_NETWORK
from rankdistill.rank_files.rank_file import RANK_FILE, read_rank_file, write_rank_file
from rankdistill.rank_files.short_rows import items_without_vectors, left_out_sentence
from rankdistill.rank_files.tables import storage_name
from rankdistill.runs.checkpoint_content import BACKBONE, Checkpoint
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint, served_weights
from rankdistill.runs.known_data import load_known
from rankdistill.runs.run_fields import versions
from rankdistill.runs.shipping import about_model, known_of_data, shipped_model, stored_tables
from rankdistill.serving.page import write_page

_WHOLE_BYTES = {"onnx": "4 or 8 bits", "executorch": "8 bits"}
"""What a weight of fewer than 8 bits takes in formats that have no such numbers."""


def run(cfg: ExportConfig) -> None:
    """Write the model and print how large it is."""
    model, size = _written(cfg), Path(cfg.output).stat().st_size
    told = {
        "rank": f"{model.weights_bytes:,} of them weights as {model.storage}",
        "page": f"a page with weights as {model.storage}; open it in a browser",
        "onnx": f"an ONNX graph with weights as {model.storage}",
        "executorch": f"an ExecuTorch program with weights as {model.storage}",
    }[cfg.format]
    takes_more = cfg.format in _WHOLE_BYTES and cfg.storage.bits < 8
    wider = f", which take {_WHOLE_BYTES[cfg.format]} there" if takes_more else ""
    never = ", of a model that was never tested" if model.about.get("untested") else ""
    print(f"{cfg.output}: {size:,} bytes, {told}{wider}{never}")
    if left_out := items_without_vectors(model.tables):
        print(f"Note: {left_out_sentence(left_out, len(model.item_ids), model.storage)}")


def export_model(cfg: ExportConfig) -> Path:
    """Write the model of a checkpoint, and return the path of the file."""
    _written(cfg)
    return Path(cfg.output)


def _written(cfg: ExportConfig) -> RankFile:
    model = _model(cfg)
    if cfg.format == "onnx":
        from rankdistill.serving.onnx_file import write_onnx as write
    elif cfg.format == "executorch":
        from rankdistill.serving.executorch_file import write_executorch as write
    elif cfg.format == "page":
        write = write_page
    else:
        write = write_rank_file
    write(cfg.output, model)
    return model


def _model(cfg: ExportConfig) -> RankFile:
    checkpoint = read_checkpoint(cfg.checkpoint)
    served, ranks_nothing = Served(), ()
    if BACKBONE in checkpoint["hyper_parameters"]:
        backbone = load_backbone(checkpoint, cfg.checkpoint, cfg.allow_targets)
        served, ranks_nothing = backbone.served(), backbone.ranks_nothing
    bits = cfg.storage.bits
    tables = stored_tables(served_weights(checkpoint), served, bits, ranks_nothing)
    if served.kind == ANY_NETWORK:
        return shipped_model(tables, served, bits, {}, {})
    return shipped_model(tables, served, bits, *_data_and_about(cfg, checkpoint))


def _data_and_about(
    cfg: ExportConfig, checkpoint: Checkpoint
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Find ids and all else of the data: beside the checkpoint, or where the command says."""
    beside = Path(cfg.checkpoint).with_name(RANK_FILE)
    seen = cfg.seen and cfg.format == "rank"
    trained_on = checkpoint["hyper_parameters"]["data"]
    if beside.is_file():
        found = read_rank_file(beside)
        is_same = found.about.get("data", {}).get("fingerprint") == trained_on["fingerprint"]
        if is_same and (found.seen is not None or not seen):
            of_data = {
                "user_ids": found.user_ids,
                "item_ids": found.item_ids,
                "item_titles": found.item_titles,
                "item_counts": found.item_counts,
                "seen": found.seen if seen else None,
            }
            about = dict(found.about)
            if found.storage != storage_name(cfg.storage.bits):
                about.pop("metrics", None)  # they are of other weights
            return of_data, about
    name, known = load_known(cfg.checkpoint, checkpoint, cfg.data, cfg.allow_targets)
    untested = bool(trained_on.get("untested"))
    about = about_model(name, known.fingerprint, {}, versions(), untested=untested)
    return known_of_data(known, seen), about
