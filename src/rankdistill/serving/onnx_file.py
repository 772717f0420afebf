"""A model as an ONNX file: the graph, and what an app must know beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from rankdistill.files import replacing
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import FACTORS
from rankdistill.rank_files.tables import refuse_what_is_no_number
from rankdistill.serving.onnx_graph import onnx_graph

CHECKSUM_DIGITS = 64
"""The last bytes of a file: the SHA-256 of all bytes before them, in hexadecimal digits."""


def write_onnx(path: Path | str, model: RankFile) -> None:
    """Write a model as an ONNX file, whole or not at all; see ``onnx_file``."""
    content = onnx_file(model)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def onnx_file(model: RankFile) -> bytes:
    """Write the file; equal models make equal files.

    The metadata of the graph has texts under ``rankdistill`` (JSON: kind, storage, what is told
    about the model), ``item_ids``, ``item_titles`` and ``user_ids`` (JSON lists in the order of
    the rows; those that the model has), and last ``sha256``. Nothing in it tells what users have.

    Raises:
        ValueError: If the model is a network, which ranks with PyTorch alone, or its weights are
            no numbers.
    """
    refuse_what_is_no_number(model.tables)
    graph = onnx_graph(model)
    graph.producer_name = "rankdistill"
    told = {
        "rankdistill": {"kind": model.kind, "storage": model.storage, "about": dict(model.about)},
        "item_ids": model.item_ids,
        "item_titles": model.item_titles,
        "user_ids": model.user_ids if model.kind == FACTORS else (),
    }
    texts = {name: _as_json(value) for name, value in told.items() if value}
    for name, text in {**texts, "sha256": "0" * CHECKSUM_DIGITS}.items():
        graph.metadata_props.add(key=name, value=text)
    content = graph.SerializeToString(deterministic=True)[:-CHECKSUM_DIGITS]
    return content + hashlib.sha256(content).hexdigest().encode()


def _as_json(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
