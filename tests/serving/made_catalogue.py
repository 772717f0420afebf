"""A catalogue whose ids and titles try to leave their place in a page."""

from __future__ import annotations

import numpy as np

from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.tables import encoded, storage_name

NUM_ITEMS, DIM = 60, 5
HOSTILE_TITLES = (
    "</script><script>document.title = 'taken'</script>",
    "<!-- <script> \"quoted\" & 'quoted' $name | } ~",
    "مرحبا بالعالم (١٩٩٥)",
    "\u202eback to front\u2028 two lines\nand a third",
    "Amélie " + "long" * 60,
    "<img src=x onerror=alert(1)>",
)
HOSTILE_IDS = ("1,2", "100%", "é&=#", "|}~", "</script>", "a b\n")
ITEM_IDS = (*HOSTILE_IDS, *(f"item-{number}" for number in range(6, NUM_ITEMS)))


def made_catalogue(kind="history", bits=6, num_items=NUM_ITEMS, fold_in=None):
    """A model with random weights; how a factorisation fits new users is (loss, l2)."""
    random = np.random.default_rng(4)
    shapes = {
        "history": {
            "history_items": (num_items, DIM),
            "items": (num_items, DIM),
            "item_bias": (num_items,),
        },
        "item_item": {"item_weights": (num_items, num_items)},
        "factors": {
            "users": (2, DIM),
            "items": (num_items, DIM),
            "item_bias": (num_items,),
        },
    }[kind]
    settings = {"power": 0.5} if kind == "history" else {}
    if fold_in is not None:
        loss, l2 = fold_in
        settings[f"fold_in_{loss}"] = l2
    return RankFile(
        kind=kind,
        storage=storage_name(bits),
        tables={
            name: encoded(name, random.standard_normal(shape).astype(np.float32), bits)
            for name, shape in shapes.items()
        },
        settings=settings,
        item_ids=ITEM_IDS[:num_items],
        item_titles=(*HOSTILE_TITLES, *(f"Film number {n}" for n in range(6, NUM_ITEMS)))[
            :num_items
        ],
        item_counts=random.integers(0, 50, num_items),
        user_ids=("secret-1", "secret-2"),
        about={"data": {"name": "<b>made up</b>"}},
    )
