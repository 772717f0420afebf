"""The known name that an unknown one is most like."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from rankdistill.quoting import excerpt

_MOST_COMPARED = 5_000
"""Names among which the nearest is sought."""

_ALIKE = 0.5
"""How like an unknown name one must be to be told, from 0 to 1."""


def with_nearest(unknown: str, known: Sequence[str]) -> str:
    """Quote an unknown name, and tell the known one that is most like it, if any is like it."""
    alike = known
    for length in range(1, len(unknown) + 1):
        if len(alike) <= _MOST_COMPARED:
            break
        alike = [each for each in alike if each.startswith(unknown[:length])] or alike[:1]
    nearest = difflib.get_close_matches(unknown, alike[:_MOST_COMPARED], n=1, cutoff=_ALIKE)
    shown = excerpt(unknown)
    return f"{shown} (the nearest is {excerpt(nearest[0])})" if nearest else shown
