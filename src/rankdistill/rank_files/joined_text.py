"""Many short texts as two arrays: their bytes one after another, and how many each has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class JoinedText(NamedTuple):
    """Texts, joined.

    Attributes:
        text: uint8; the texts in UTF-8 one after another.
        lengths: (num_texts,) unsigned; bytes of each.
    """

    text: np.ndarray
    lengths: np.ndarray


def join_text(texts: Sequence[str]) -> JoinedText:
    """Join texts that may hold any character."""
    encoded = [text.encode() for text in texts]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    return JoinedText(np.frombuffer(b"".join(encoded), np.uint8), smallest_unsigned(lengths))


def split_text(joined: JoinedText) -> tuple[str, ...]:
    """Undo ``join_text``.

    Raises:
        ValueError: If the lengths do not add up to the text, or it is no UTF-8.
    """
    ends = np.cumsum(joined.lengths, dtype=np.int64)
    num_bytes = int(ends[-1]) if len(ends) else 0
    if num_bytes != len(joined.text) or (len(ends) and int(ends.min()) < 0):
        raise ValueError(f"texts of {num_bytes} bytes in all, in {len(joined.text)} bytes.")
    content = joined.text.tobytes()
    bounds = zip([0, *ends[:-1].tolist()], ends.tolist(), strict=False)
    if content.isascii():
        whole = content.decode()
        return tuple(whole[start:end] for start, end in bounds)
    return tuple(content[start:end].decode() for start, end in bounds)


def smallest_unsigned(numbers: np.ndarray) -> np.ndarray:
    """Store counts or ids in the fewest bytes that hold the largest: one, two, four or eight."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))
