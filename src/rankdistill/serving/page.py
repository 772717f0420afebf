"""A model as one HTML page that recommends on its reader's device and needs no other file."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from rankdistill.files import write_text_atomically
from rankdistill.kernels.fold_in import MOST_COMPARED
from rankdistill.quoting import printable
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import (
    FACTORS,
    HISTORY,
    ITEM_BIAS,
    ITEM_ITEM,
    ITEMS,
    POWER,
)
from rankdistill.rank_files.row_codes import PackedRows
from rankdistill.rank_files.tables import (
    StoredTable,
    refuse_what_is_no_number,
    stored_bytes,
)
from rankdistill.serving.scorers import told_fold_in

_BESIDE = Path(__file__).parent
_SCRIPTS = ("page_model.js", "page_search.js", "page.js")
_SCRIPT_OF_FACTORS = "page_fold_in.js"


def write_page(path: Path | str, model: RankFile) -> None:
    """Write the page of a model, whole or not at all.

    Raises:
        ValueError: As ``html_page`` does.
        OSError: If it cannot be written.
    """
    write_text_atomically(path, html_page(model))


def html_page(model: RankFile) -> str:
    """Write the page: a search, what is picked, and the best other items, because of which.

    It holds the tables of items as they are stored, ids, titles and popularity, and nothing of
    users. Its content security policy lets a browser run its one script and load nothing. All that
    comes from the data is escaped or compressed.

    Raises:
        ValueError: If the model has no use for what somebody picks, or its weights are no numbers.
    """
    tables = _tables_of_items(model)
    refuse_what_is_no_number(tables)
    style = (_BESIDE / "page.css").read_text(encoding="utf-8")
    scripts = (*([_SCRIPT_OF_FACTORS] if model.kind == FACTORS else []), *_SCRIPTS)
    script = "".join((_BESIDE / name).read_text(encoding="utf-8") for name in scripts)
    page = Template((_BESIDE / "page.html.template").read_text(encoding="utf-8"))
    weights_bytes = sum(map(stored_bytes, tables.values()))
    return page.substitute(
        name=escape(printable(str(model.about.get("data", {}).get("name", "A catalogue")))),
        number=f"{len(model.item_ids):,}",
        about=f"Weights: {weights_bytes:,} bytes as {escape(model.storage)}.",
        style=style,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        model=_deflated(_stored(model, tables)),
    )


def _tables_of_items(model: RankFile) -> dict[str, StoredTable]:
    """Choose the tables that a page needs, all but those of users."""
    if model.kind in {HISTORY, ITEM_ITEM}:
        return dict(model.tables)
    if model.kind != FACTORS:
        raise ValueError(
            f"A page cannot rank with a model of kind {model.kind}, which takes PyTorch: export a "
            "student that was trained with backbone=fism or backbone=matrix_factorization."
        )
    if told_fold_in(model) is None:
        raise ValueError(
            "A page needs a model that ranks from what somebody picks, and this one has vectors of "
            "its own users alone: export a student that was trained with backbone=fism, or train a "
            "factorisation anew."
        )
    return {name: table for name, table in model.tables.items() if name in {ITEMS, ITEM_BIAS}}


def _stored(model: RankFile, tables: Mapping[str, StoredTable]) -> dict[str, Any]:
    """List what page_model.js reads."""
    how = told_fold_in(model)
    return {
        "ids": _joined(model.item_ids),
        "titles": _joined([printable(title) for title in model.item_titles] or None),
        "counts": None if model.item_counts is None else model.item_counts.tolist(),
        "power": model.settings.get(POWER),
        "foldIn": how and {**how._asdict(), "mostCompared": MOST_COMPARED},
        "tables": {name: _table(table) for name, table in tables.items()},
    }


def _table(table: StoredTable) -> dict[str, Any]:
    if isinstance(table, PackedRows):
        return {
            "shape": table.shape,
            "bits": table.bits,
            "largestStep": table.largest_step,
            "codes": _base64(table.codes),
            "exponents": _base64(table.exponents),
        }
    little_endian = table.astype(table.dtype.newbyteorder("<"))
    return {"bits": 8 * table.dtype.itemsize, "values": _base64(little_endian)}


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _joined(texts: Sequence[str] | None) -> str | None:
    """Join texts, each behind a character that stands in none of them: fewer bytes than a list."""
    if texts is None:
        return None
    used = set().union(*texts)
    separator = next(one for one in map(chr, range(ord("|"), 0xD800)) if one not in used)
    return "".join(separator + text for text in texts)


def _deflated(value: Any) -> str:
    """Write JSON and compress it: text of which nothing can end an element of HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), level=9)).decode()
