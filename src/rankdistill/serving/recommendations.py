"""What a person is shown: items, best first, and what ranked them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rankdistill.serving.reasons import Reason


class Recommendation(NamedTuple):
    """One item of a list.

    Attributes:
        item: The id that the source of the data has for it.
        title: What a person would call it, or None.
        score: Of the model; of popularity, the number of interactions.
    """

    item: str
    title: str | None
    score: float


@dataclass(frozen=True)
class Recommendations:
    """A list of items for somebody.

    Attributes:
        items: Best first.
        by_popularity: True where nothing is known of the person, so that the items are those with
            the most interactions.
        because_of: For each item, what they have that adds most to its score, most important
            first; nothing where no reasons were asked for, or popularity ranked.
    """

    items: tuple[Recommendation, ...]
    by_popularity: bool = False
    because_of: tuple[tuple[Reason, ...], ...] = ()

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
