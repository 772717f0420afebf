"""Write a run's item embeddings for TensorBoard's projector, with titles and genres."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from rankdistill.backbones.interface import Backbone, EmbeddingBackbone
from rankdistill.data.interactions import Interactions
from rankdistill.files import replacing, write_text_atomically
from rankdistill.quoting import printable

PROJECTOR = "projector_config.pbtxt"
"""The file in a run's folder that TensorBoard looks for."""

_FOLDER = "projector"


def write_projector(folder: Path, backbone: Backbone, train: Interactions) -> None:
    """Write item embeddings and a table about the items, if the backbone has embeddings.

    The item bias is no coordinate: it shifts an item's scores for all users alike and would hide
    the differences in taste. It is a column of the table, so that items can be coloured by it.

    Args:
        folder: The run's folder; its curves may be there already.
        backbone: The tested network, on any device.
        train: The interactions that it was trained on.
    """
    (folder / PROJECTOR).unlink(missing_ok=True)
    if not isinstance(backbone, EmbeddingBackbone):
        return
    with torch.no_grad():
        embeddings = backbone.embeddings()
    items = embeddings.items.detach().float().cpu().numpy().astype("<f4")
    bias = embeddings.item_bias
    with replacing(folder / _FOLDER / "items.bytes") as temporary:
        items.tofile(temporary)
    table = _table(train, None if bias is None else bias.detach().float().cpu().numpy())
    write_text_atomically(folder / _FOLDER / "items.tsv", table)
    write_text_atomically(folder / PROJECTOR, _config(items.shape))


def _table(train: Interactions, bias: np.ndarray | None) -> str:
    """Write a line of column names, and a line for each item."""
    labels = train.labels
    names = np.arange(train.num_items).astype(str) if labels is None else labels.items
    counts = torch.bincount(train.item_ids, minlength=train.num_items)
    columns: dict[str, Sequence[object]] = {
        "title": [f"item {name}" for name in names],
        "item id": list(names),
        "training interactions": counts.tolist(),
    }
    if labels is not None and labels.titles is not None:
        columns["title"] = list(labels.titles)
    if labels is not None and labels.genres is not None:
        columns["first genre"] = [genres.split("|")[0] for genres in labels.genres]
        columns["genres"] = list(labels.genres)
    if bias is not None:
        columns["bias"] = [f"{value:.4g}" for value in bias]
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join("\t".join(_cell(value) for value in row) + "\n" for row in rows)


def _cell(value: object) -> str:
    """Leave out tabs, line ends and escape sequences, which would begin another cell or act."""
    return " ".join(printable(str(value)).split())


def _config(shape: Sequence[int]) -> str:
    num_items, dim = shape
    return (
        "embeddings {\n"
        '  tensor_name: "item embeddings"\n'
        f'  tensor_path: "{_FOLDER}/items.bytes"\n'
        f"  tensor_shape: {num_items}\n"
        f"  tensor_shape: {dim}\n"
        f'  metadata_path: "{_FOLDER}/items.tsv"\n'
        "}\n"
    )
