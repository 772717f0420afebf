"""From ids as they were typed to rows of tables."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import numpy as np

from rankdistill.quoting import excerpt

_MOST_COMPARED, _MOST_TOLD = 5_000, 3
"""Ids among which the nearest is sought, and ids that an error tells."""

_ALIKE = 0.5
"""How like an unknown id one must be to be told, from 0 to 1."""


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
        told = ", ".join(map(self._with_nearest, unknown[:_MOST_TOLD]))
        more = f" and {len(unknown) - _MOST_TOLD} more" if len(unknown) > _MOST_TOLD else ""
        first = ", ".join(map(excerpt, list(self._rows)[:_MOST_TOLD])) or "none"
        return (
            f"There is no {self._what} {told}{more} among the {len(self._rows)} of this model; "
            f"the first are {first}."
        )

    def _with_nearest(self, text: str) -> str:
        alike = list(self._rows)
        for length in range(1, len(text) + 1):
            if len(alike) <= _MOST_COMPARED:
                break
            alike = [each for each in alike if each.startswith(text[:length])] or alike[:1]
        nearest = difflib.get_close_matches(text, alike[:_MOST_COMPARED], n=1, cutoff=_ALIKE)
        shown = excerpt(text)
        return f"{shown} (the nearest is {excerpt(nearest[0])})" if nearest else shown
