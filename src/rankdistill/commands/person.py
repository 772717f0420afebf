"""Who asks for a list: a user of the data, or anybody by what they have had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rankdistill.backbones.interface import Backbone
from rankdistill.backbones.sequence_backbone import SequenceBackbone
from rankdistill.data.interactions import Interactions
from rankdistill.histories.sequences import Sequences
from rankdistill.modules.told_interactions import tell_interactions
from rankdistill.rank_files.kinds import ANY_NETWORK
from rankdistill.serving.known_ids import KnownIds


class Person(NamedTuple):
    """Somebody whom a network was told of.

    Attributes:
        user_id: Of the network.
        items: (n,) int64, what they have.
    """

    user_id: int
    items: Tensor


def person_of_data(backbone: Backbone, known: Interactions, label: str, data_name: str) -> Person:
    """Tell a network all interactions, and find a user by the name that the source uses.

    Raises:
        ValueError: If the source has no such user.
    """
    tell_interactions(backbone, known)
    labels = known.labels.users if known.labels else np.arange(known.num_users).astype(str)
    found = np.flatnonzero(labels == label)
    if len(found) == 0:
        raise ValueError(
            f"There is no user {label!r} among the {known.num_users} of {data_name}; "
            f"the first are {', '.join(map(str, labels[:3]))}."
        )
    user_id = int(found[0])
    start, end = known.offsets[user_id : user_id + 2].tolist()
    return Person(user_id, known.item_ids[start:end])


def person_of_history(backbone: Backbone, known: Interactions, history: Sequence[str]) -> Person:
    """Tell a network the items of one person, in their order.

    Args:
        backbone: A network that has no weights of users.
        known: Interactions with the ids of items.
        history: Ids of what the person has had, the latest last.

    Raises:
        ValueError: If an item is unknown, there is none, or the network ranks for its users alone.
    """
    if not isinstance(backbone, SequenceBackbone):
        raise ValueError(_cannot_read(backbone))
    if not history:
        raise ValueError("history=[] has nothing to read: name an item at least.")
    labels = known.labels.items if known.labels else np.arange(known.num_items)
    rows = KnownIds([str(label) for label in labels], "item").rows(history)
    items = torch.from_numpy(rows)
    backbone.remember_order(Sequences(torch.tensor([0, len(items)]), items, known.num_items))
    return Person(0, items)


def _cannot_read(backbone: Backbone) -> str:
    name = type(backbone).__name__
    if backbone.served().kind == ANY_NETWORK:
        return f"{name} ranks for the users that it was trained on: type user=... for history=..."
    return (
        f"A checkpoint of {name} ranks for users of the data: for history=... make a file with "
        "rankdistill export checkpoint=... output=model.rank and name it with model=..."
    )
