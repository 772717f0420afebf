"""Leave out the rows of a table that are so short that their bytes do more elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from rankdistill.rank_files.kinds import ITEMS
from rankdistill.rank_files.row_codes import (
    BYTE_BITS,
    PackedRows,
    pack_rows,
    signed_codes,
    unpack_rows,
)


def without_short_rows(table: np.ndarray, packed: PackedRows) -> PackedRows:
    """Make zeros of short rows, and pack the table again; rows of zeros take no bytes in a file.

    One bit more for every weight leaves about a quarter of the squared error, so that a further
    bit for one weight lessens it by 2 ln 2 of what a weight has on average. A row is short if its
    bits lessen the error by less.

    Args:
        table: (num_rows, ...) weights.
        packed: All rows of it.
    """
    rows = table.reshape(len(table), -1).astype(np.float64)
    squares = np.square(rows).sum(1)
    errors = np.square(rows - unpack_rows(packed).reshape(rows.shape)).sum(1)
    width = rows.shape[1]
    of_a_bit = 2 * math.log(2) * errors.mean() / width
    is_short = squares - errors < of_a_bit * (width * packed.bits + packed.exponent_bits)
    if not is_short.any():
        return packed
    kept = np.where(is_short[:, None], 0.0, rows).reshape(table.shape)
    return pack_rows(kept, packed.bits, packed.exponent_bits)


def items_without_vectors(tables: Mapping[str, object]) -> int:
    """Count the items whose vectors were left out of a model's tables."""
    items = tables.get(ITEMS)
    if not isinstance(items, PackedRows) or items.exponent_bits == BYTE_BITS:
        return 0
    return int((~signed_codes(items).any(1)).sum())


def left_out_sentence(left_out: int, num_items: int, storage: str) -> str:
    """Tell a person that items go without vectors, and how to keep them."""
    return (
        f"{left_out:,} of {num_items:,} items have vectors too short to matter in {storage}, and "
        "are ranked by their bias alone; storage=int5 keeps the vectors."
    )
