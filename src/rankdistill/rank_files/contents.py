"""What a model.rank holds, and that its parts fit each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from rankdistill.rank_files.kinds import ANY_NETWORK, axes_of
from rankdistill.rank_files.tables import StoredTable, is_of_weights, stored_bytes


class SeenLists(NamedTuple):
    """What users have.

    Attributes:
        counts: (num_users,) unsigned; items of each user.
        items: (sum of counts,) unsigned; row numbers of items, user after user.
    """

    counts: np.ndarray
    items: np.ndarray


@dataclass(frozen=True, eq=False, kw_only=True)
class RankFile:
    """What a model.rank holds.

    Attributes:
        kind: One of ``kinds``.
        storage: How weights are stored: fp32, fp16, int8, ...
        tables: Weights as they are stored, by name.
        settings: Numbers that scores depend on, by name.
        item_ids: Of each row of the items' tables, as the source of the data has it. Those of a
            network are not known, and empty.
        item_titles: What a person would call each item, or empty.
        item_counts: (num_items,) interactions of each item, or None.
        user_ids: Of each row of the users' tables and of ``seen``, or empty.
        seen: What each user has, or None.
        about: What JSON can hold: metrics, data, versions.
    """

    kind: str
    storage: str
    tables: Mapping[str, StoredTable]
    settings: Mapping[str, float] = field(default_factory=dict)
    item_ids: tuple[str, ...] = ()
    item_titles: tuple[str, ...] = ()
    item_counts: np.ndarray | None = None
    user_ids: tuple[str, ...] = ()
    seen: SeenLists | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shapes = {name: tuple(table.shape) for name, table in self.tables.items()}
        axes = axes_of(self.kind, shapes, self.settings)
        if self.kind != ANY_NETWORK and not all(map(is_of_weights, self.tables.values())):
            raise ValueError("its tables are not of real numbers")
        num_users, num_items = len(self.user_ids), axes.get("item", 0)
        if len(self.item_ids) != num_items or num_users != axes.get("user", num_users):
            raise ValueError(f"it has ids of {num_users} users and {len(self.item_ids)} items")
        for name, of_items in (("titles", self.item_titles), ("counts", self.item_counts)):
            if of_items is not None and len(of_items) not in {0, num_items}:
                raise ValueError(f"it has {name} of {len(of_items)} items")
        if self.seen is not None:
            counts, items = self.seen
            if len(counts) != num_users or int(counts.sum(dtype=np.uint64)) != len(items):
                raise ValueError("its lists of what users have are not those of its users")
            if len(items) and int(items.max()) >= num_items:
                raise ValueError("its users have items that it does not know")

    @property
    def weights_bytes(self) -> int:
        """Bytes of the stored weights, without ids, titles and what is told about them."""
        return sum(map(stored_bytes, self.tables.values()))
