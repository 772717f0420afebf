"""Write and read model.rank: a model with all that ranking needs, in one safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rankdistill.files import replacing
from rankdistill.quoting import shortened
from rankdistill.rank_files.container import refuse_other_start, sealed, unsealed
from rankdistill.rank_files.contents import RankFile, SeenLists
from rankdistill.rank_files.joined_text import JoinedText, join_text, smallest_unsigned, split_text
from rankdistill.rank_files.row_codes import PackedRows
from rankdistill.rank_files.table_entries import (
    CODES,
    EXPONENTS,
    KEPT_ROWS,
    arrays_of,
    entry_of,
    packed_rows,
)
from rankdistill.rank_files.tables import StoredTable

RANK_FILE = "model.rank"

_TABLE = "table."
_ITEM_COUNTS, _SEEN_COUNTS, _SEEN_ITEMS = "item_counts", "seen.counts", "seen.items"
_TEXTS = ("item_ids", "item_titles", "user_ids")


def write_rank_file(path: Path | str, model: RankFile) -> None:
    """Write a model, whole or not at all; equal models make equal files.

    Raises:
        OSError: If it cannot be written.
    """
    arrays: dict[str, np.ndarray] = {}
    entries: dict[str, dict[str, Any]] = {}
    for name, table in model.tables.items():
        entries[name] = {}
        if isinstance(table, PackedRows):
            arrays |= {f"{_TABLE}{name}.{end}": part for end, part in arrays_of(table).items()}
            entries[name] = entry_of(table)
        else:
            arrays[_TABLE + name] = table
    for name in _TEXTS:
        if texts := getattr(model, name):
            joined = join_text(texts)
            arrays |= {f"{name}.text": joined.text, f"{name}.lengths": joined.lengths}
    if model.item_counts is not None:
        arrays[_ITEM_COUNTS] = smallest_unsigned(model.item_counts)
    if model.seen is not None:
        arrays[_SEEN_COUNTS] = smallest_unsigned(model.seen.counts)
        arrays[_SEEN_ITEMS] = smallest_unsigned(model.seen.items)
    content = sealed(
        arrays,
        {
            "kind": model.kind,
            "storage": model.storage,
            "tables": entries,
            "settings": dict(model.settings),
            "about": dict(model.about),
        },
    )
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read_rank_file(path: Path | str) -> RankFile:
    """Read a model.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is truncated, damaged, of another version, or no model.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no model at {path}; give the path of a {RANK_FILE}.")
    try:
        with path.open("rb") as file:
            refuse_other_start(file.read(16))
            file.seek(0)
            arrays, description = unsealed(file.read())
    except ValueError as error:
        raise ValueError(f"{path} {error}") from error
    try:
        return _model(arrays, description)
    except Exception as error:  # a file made to do harm can hold anything
        raise ValueError(
            f"{path} is no sound model of rankdistill ({shortened(str(error))})."
        ) from (error)


def _model(arrays: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> RankFile:
    texts = {
        name: split_text(JoinedText(arrays[f"{name}.text"], _counts(arrays, f"{name}.lengths")))
        for name in _TEXTS
        if f"{name}.lengths" in arrays
    }
    has_seen = _SEEN_COUNTS in arrays
    return RankFile(
        kind=str(description["kind"]),
        storage=str(description["storage"]),
        tables={
            name: _table(arrays, name, entry) for name, entry in dict(description["tables"]).items()
        },
        settings={name: float(value) for name, value in description["settings"].items()},
        item_counts=_counts(arrays, _ITEM_COUNTS) if _ITEM_COUNTS in arrays else None,
        seen=SeenLists(_counts(arrays, _SEEN_COUNTS), _counts(arrays, _SEEN_ITEMS))
        if has_seen
        else None,
        about=dict(description["about"]),
        **texts,
    )


def _table(arrays: Mapping[str, np.ndarray], name: str, entry: Mapping[str, Any]) -> StoredTable:
    if not entry:
        return arrays[_TABLE + name]
    names = {end: f"{_TABLE}{name}.{end}" for end in (CODES, EXPONENTS, KEPT_ROWS)}
    parts = {end: _bytes(arrays, each) for end, each in names.items() if each in arrays}
    return packed_rows(parts, entry)


def _bytes(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    array = _counts(arrays, name)
    if array.dtype != np.uint8:
        raise ValueError(f"{name} are no bytes")
    return array


def _counts(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    array = arrays[name]
    if array.ndim != 1 or array.dtype.kind != "u":
        raise ValueError(f"{name} is no list of counts")
    return array
