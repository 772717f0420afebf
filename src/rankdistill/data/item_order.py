"""The order in which users have had their items."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.histories.sequences import Sequences


def sequences_of(interactions: Interactions) -> Sequences:
    """Put each user's items in order; see ``order_of_items``."""
    items = interactions.item_ids[order_of_items(interactions)]
    return Sequences(interactions.offsets, items, interactions.num_items)


def order_of_items(interactions: Interactions) -> Tensor:
    """Find the order of each user's items.

    Time decides, and among items of one time the order of the file, where it is known. Without
    times the order of the file decides alone.

    Returns:
        (num_interactions,) int64 positions of pairs, user after user, each user's earliest first.

    Raises:
        ValueError: If there are neither times nor an order of the file.
    """
    times, rows = interactions.timestamps, interactions.file_rows
    if times is None and rows is None:
        raise ValueError(
            "A network that reads items in order needs timestamps, and so do lists with an end, "
            "and these interactions have none: name them with data.timestamp_column=..., or choose "
            "another backbone."
        )
    order = torch.arange(interactions.num_interactions, device=interactions.item_ids.device)
    for column in (rows, times, interactions.user_ids):
        if column is not None:
            order = order[torch.argsort(column[order], stable=True)]
    return order
