"""From ids as they were typed to rows of tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rankdistill.data.nearest_names import with_nearest
from rankdistill.quoting import excerpt

_MOST_TOLD = 3
"""Ids that an error tells."""


class KnownIds:
    """The ids of all users or of all items.

    Args:
        ids: By row.
        what: What they are ids of, for errors.
    """

    def __init__(self, ids: Sequence[str], what: str):
        self._rows = dict(zip(ids, range(len(ids)), strict=True))
        self._what = what
        if len(self._rows) < len(ids):
            raise ValueError(f"has {len(ids) - len(self._rows)} ids of {what}s twice.")

    def rows(self, ids: Iterable[str | int]) -> np.ndarray:
        """Find the rows of ids: (number of ids,) int64.

        Raises:
            ValueError: If some are unknown, with the nearest of each.
        """
        if isinstance(ids, str):
            raise ValueError(f"ids of {self._what}s must be a list of ids, got {excerpt(ids)}.")
        texts = [str(one) for one in ids]
        try:
            return np.array([self._rows[text] for text in texts], np.int64)
        except KeyError:
            raise ValueError(self._unknown(texts)) from None

    def _unknown(self, texts: Sequence[str]) -> str:
        unknown = list(dict.fromkeys(text for text in texts if text not in self._rows))
        known = list(self._rows)
        told = ", ".join(with_nearest(text, known) for text in unknown[:_MOST_TOLD])
        more = f" and {len(unknown) - _MOST_TOLD} more" if len(unknown) > _MOST_TOLD else ""
        first = ", ".join(map(excerpt, known[:_MOST_TOLD])) or "none"
        return (
            f"There is no {self._what} {told}{more} among the {len(self._rows)} of this model; "
            f"the first are {first}."
        )
