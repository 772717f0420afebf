"""What ranked lists say of the items that are held out: whether their model may have seen these."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import Split
from rankdistill.data.teacher_lists import TeacherLists

_SUSPICIOUS = 0.5
"""Share of held-out items in the first places of lists that hardly a model reaches honestly."""

_FEWEST_USERS = 10
"""Users over whom that share says something."""

_HEAD, _FEWEST_IN_HEADS, _AS_OFTEN = 10, 50, 0.9
"""First places where held-out items are counted; how many say something; how often compared with
training items is suspicious. On MovieLens 100K a factorisation has 0.54, and one that was fitted to
all data 1.03."""


class ListDoubts(NamedTuple):
    """What to tell of lists.

    Attributes:
        told: Sentences.
        warned: Sentences that speak against the lists.
    """

    told: tuple[str, ...]
    warned: tuple[str, ...]


def doubts_of_lists(lists: TeacherLists, split: Split, source: str) -> ListDoubts:
    """Compare lists with what is trained on and with what is held out.

    Args:
        lists: Of users and items of the data; of lists for places the last of each user that
            training may read.
        split: How the data are divided.
        source: What messages call the lists.

    Raises:
        ValueError: If the lists hold training items alone.
    """
    if len(lists.item_ids) == 0:
        raise ValueError(
            f"{source} has lists for places after the last training item of their users alone: "
            "nothing is left to teach. List items for earlier places."
        )
    is_training = _listed_in(lists, split.train)
    if bool(is_training.all()):
        raise ValueError(
            f"{source} lists training items only, of every user: nothing is left to teach. List "
            "the best of all items, or of those that a user has not had in training."
        )
    told, warned = [], []
    if num_training := int(is_training.sum()):
        told.append(
            f"{num_training:,} of {len(is_training):,} listed items "
            f"({num_training / len(is_training):.1%}) are training items of their users."
        )
    held_out = split.validation.union(split.test)
    listed = torch.bincount(lists.user_ids, minlength=held_out.num_users) > 0
    counts = torch.where(listed, held_out.counts, 0)
    num_held_out = int(counts.sum())
    if num_held_out == 0:
        return ListDoubts(tuple(told), ())
    is_held_out = _listed_in(lists, held_out)
    found = int(is_held_out.sum())
    told.append(
        f"{found:,} of the {num_held_out:,} held-out items of users with a list "
        f"({found / num_held_out:.1%}) are on it."
    )
    share = _share_in_first_places(lists, counts, is_training, is_held_out)
    if found == 0:
        warned.append(
            f"{source} lists none of the held-out items, so that the teacher is measured at 0 and "
            "teaches to rank them low: were they left out because users have had them? Leave out "
            "training items alone; for lists of score, export the model with seen=false."
        )
    elif share >= _SUSPICIOUS and int((counts > 0).sum()) >= _FEWEST_USERS:
        warned.append(
            f"{share:.0%} of the held-out items stand in the first places of {source}, behind "
            "training items alone: was its model trained on them? Then what it teaches is the "
            "answers of the test, and no figure of teacher or student can be believed."
        )
    elif sentence := _as_often_as_training(lists, split.train, held_out):
        warned.append(sentence)
    return ListDoubts(tuple(told), tuple(warned))


def _as_often_as_training(
    lists: TeacherLists, train: Interactions, held_out: Interactions
) -> str | None:
    """Say that held-out items stand first as often as training items do; None where they do not."""
    lengths = torch.bincount(lists.user_ids, minlength=train.num_users)
    heads = _positions(lists.user_ids, lengths) < _HEAD
    shares = []
    for part in (train, held_out):
        found = int((_listed_in(lists, part) & heads).sum())
        if found < _FEWEST_IN_HEADS:
            return None
        shares.append(found / int(part.counts[lengths > 0].sum()))
    if shares[1] < _AS_OFTEN * shares[0]:
        return None
    return (
        f"Held-out items stand in the first {_HEAD} places as often ({shares[1]:.1%} of them) as "
        f"training items ({shares[0]:.1%}). A model that learned what each user has ranks that "
        "higher: if this one learned from interactions, it has probably seen the test."
    )


def _positions(users: Tensor, lengths: Tensor) -> Tensor:
    """(n,) ascending users to the position of each row among the rows of its user."""
    return torch.arange(len(users)) - (lengths.cumsum(0) - lengths)[users]


def _listed_in(lists: TeacherLists, part: Interactions) -> Tensor:
    """(num_listed,) bool: which listed pairs a part of the data holds."""
    if part.num_interactions == 0:
        return torch.zeros(len(lists.user_ids), dtype=torch.bool)
    pairs = lists.user_ids * part.num_items + lists.item_ids
    places = torch.searchsorted(part.keys, pairs).clamp_max(part.num_interactions - 1)
    return part.keys[places] == pairs


def _share_in_first_places(
    lists: TeacherLists, counts: Tensor, is_training: Tensor, is_held_out: Tensor
) -> float:
    """Mean share of a user's n held-out items among the first n listed, training items aside."""
    users, hits = lists.user_ids[~is_training], is_held_out[~is_training]
    lengths = torch.bincount(users, minlength=len(counts))
    first = hits & (_positions(users, lengths) < counts[users])
    shares = torch.bincount(users[first], minlength=len(counts)) / counts.clamp_min(1)
    return float(shares[counts > 0].mean())
