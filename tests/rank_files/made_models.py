"""Small models of each kind, made up."""

from __future__ import annotations

import numpy as np

from rankdistill.rank_files.contents import RankFile, SeenLists
from rankdistill.rank_files.tables import encoded, storage_name

NUM_USERS, NUM_ITEMS, DIM = 4, 6, 3
ITEM_IDS = tuple(f"item-{number}" for number in range(NUM_ITEMS))
USER_IDS = ("7", "12", "ana", "Zoë")
SEEN = SeenLists(np.array([2, 0, 1, 3]), np.array([0, 5, 2, 1, 3, 4]))
"""Users 0 to 3 have items 0 and 5, none, 2, and 1, 3 and 4."""

SHAPES = {
    "factors": {
        "users": (NUM_USERS, DIM),
        "items": (NUM_ITEMS, DIM),
        "user_bias": (NUM_USERS,),
        "item_bias": (NUM_ITEMS,),
    },
    "history": {
        "history_items": (NUM_ITEMS, DIM),
        "items": (NUM_ITEMS, DIM),
        "item_bias": (NUM_ITEMS,),
    },
    "item_item": {"item_weights": (NUM_ITEMS, NUM_ITEMS)},
}


def made_tables(kind):
    """Random tables of a kind, in single precision."""
    random = np.random.default_rng(0)
    return {
        name: random.standard_normal(shape).astype(np.float32)
        for name, shape in SHAPES[kind].items()
    }


def made_model(kind="factors", bits=32, **changes):
    """A model with all that a file can hold, or with other fields."""
    tables = {name: encoded(name, table, bits) for name, table in made_tables(kind).items()}
    fields = {
        "kind": kind,
        "storage": storage_name(bits),
        "tables": tables,
        "settings": {"power": 0.5} if kind == "history" else {},
        "item_ids": ITEM_IDS,
        "item_titles": tuple(f"Film {number}: é" for number in range(NUM_ITEMS)),
        "item_counts": np.array([3, 300, 5, 5, 0, 5]),
        "user_ids": USER_IDS,
        "seen": SEEN,
        "about": {"metrics": {"test/map@5": 0.25}, "data": {"name": "made up"}},
    }
    return RankFile(**{**fields, **changes})
