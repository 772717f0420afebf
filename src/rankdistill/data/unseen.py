"""Users and items that are held out and that training never saw."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import Split

_WHOLE = re.compile(r"\+?(-?)0*(\d+)(?:\.0*)?")


@dataclass(frozen=True)
class Unseen:
    """How much of a held-out part training never saw.

    Attributes:
        users: Users with held-out items.
        unseen_users: Those without a training item.
        items: Items that are held out.
        unseen_items: Those that no user has in training.
        spelt_otherwise: Sentences about unseen names that are known ones written otherwise.
    """

    users: int
    unseen_users: int
    items: int
    unseen_items: int
    spelt_otherwise: tuple[str, ...] = ()

    @property
    def known_users(self) -> int:
        """Users with a training item."""
        return self.users - self.unseen_users

    def sentence(self, evaluated: str) -> str | None:
        """Say what training never saw of the test part, and whom figures are over.

        Args:
            evaluated: "known" or "all" users.

        Returns:
            None where training knows them all.
        """
        told = []
        if self.unseen_users:
            over = (
                f"figures are over the other {self.known_users:,}"
                if evaluated == "known"
                else "figures are over all of them"
            )
            told.append(
                f"{self.unseen_users:,} of {self.users:,} test users have no training item; {over} "
                f"(evaluation.users={evaluated})"
            )
        if self.unseen_items:
            told.append(
                f"{self.unseen_items:,} of {self.items:,} test items have no training user, and no "
                "model can find them"
            )
        return f"{'. '.join(told)}." if told else None


def find_unseen(split: Split, held_out: Interactions) -> Unseen:
    """Compare a held-out part with what is trained on; a user with a history is not unknown."""
    users, items = _present(held_out)
    known_users, _ = _present(split.told)
    _, known_items = _present(split.train)
    unseen_users, unseen_items = users & ~known_users, items & ~known_items
    sentences: list[str | None] = []
    if (labels := held_out.labels) is not None:
        sentences = [
            spelt_otherwise(role, names[unseen.numpy()].tolist(), names[known.numpy()].tolist())
            for role, names, unseen, known in (
                ("user", labels.users, unseen_users, known_users),
                ("item", labels.items, unseen_items, known_items),
            )
        ]
    return Unseen(
        int(users.sum()),
        int(unseen_users.sum()),
        int(items.sum()),
        int(unseen_items.sum()),
        tuple(sentence for sentence in sentences if sentence is not None),
    )


def spelt_otherwise(role: str, unseen: Sequence[str], known: Sequence[str]) -> str | None:
    """Say how many unseen names are known ones in another spelling; None if none is.

    Spellings differ in blanks, quotes, capitals, leading zeros, or a float's ``.0``.

    Args:
        role: "user" or "item".
        unseen: Names that training does not have.
        known: Names that it has.
    """
    if not unseen:
        return None
    by_spelling = {_plain(name): name for name in known}
    pairs = [(name, by_spelling.get(_plain(name))) for name in unseen]
    found = [(name, other) for name, other in pairs if other is not None]
    if not found:
        return None
    name, other = found[0]
    plural = "s are" if len(found) > 1 else " is"
    return (
        f"{len(found):,} {role} name{plural} known in another spelling: {name!r} is "
        f"{other!r} in training. Write each name in one way."
    )


def _plain(name: str) -> str:
    """What spellings of one name share."""
    name = re.sub(r"[\s\"'`]", "", name).casefold()
    whole = _WHOLE.fullmatch(name)
    return name if whole is None else "".join(whole.groups())


def _present(interactions: Interactions) -> tuple[torch.Tensor, torch.Tensor]:
    """(num_users,) and (num_items,) bool: those that have a pair."""
    items = torch.zeros(interactions.num_items, dtype=torch.bool)
    items[interactions.item_ids] = True
    return interactions.counts > 0, items
