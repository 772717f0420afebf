"""Several frozen networks that score together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.histories import Histories
from rankdistill.backbones.interface import Backbone
from rankdistill.histories.contexts import Contexts


def standardized_rows(scores: Tensor) -> Tensor:
    """(batch, num_items) scores with mean 0 and standard deviation 1 over each row.

    A constant row, which ranks nothing, becomes zeros.
    """
    deviation = scores.std(dim=1, keepdim=True).clamp_min(torch.finfo(scores.dtype).tiny)
    return (scores - scores.mean(dim=1, keepdim=True)) / deviation


class Ensemble(Backbone):
    """The weighted mean of the members' standardised score rows; a teacher only.

    Standardised, because networks of different kinds score on different scales.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
        members: Backbones by name.
        shares: Weight of each member by name, positive; null: all alike.
    """

    def __init__(
        self,
        num_users: int,
        num_items: int,
        members: Mapping[str, Backbone],
        shares: Mapping[str, float] | None,
    ):
        super().__init__()
        if not members:
            raise ValueError("an ensemble needs members.")
        shares = dict.fromkeys(members, 1.0) if shares is None else shares
        if set(shares) != set(members) or min(shares.values()) <= 0:
            raise ValueError(
                f"shares must give {', '.join(members)} a positive number each, got {dict(shares)}."
            )
        self.members = nn.ModuleDict(members)
        self.shares = {name: share / sum(shares.values()) for name, share in shares.items()}

    def take(self, members: Mapping[str, Backbone]) -> None:
        """Put trained networks of the same kinds in the members' places, frozen."""
        assert set(members) == set(self.members)
        for name, member in members.items():
            self.members[name] = member.requires_grad_(False).train(self.training)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self.score_rows(contexts).gather(1, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return self._joined(lambda member: member.score_rows(contexts))

    @override
    def take_fold_in(self, settings: Mapping[str, Any]) -> None:
        for name, of_member in settings.items():
            member = self.members[name]
            assert isinstance(member, Backbone)
            member.take_fold_in(of_member)

    @override
    def score_histories(self, histories: Histories) -> Tensor:
        return self._joined(lambda member: member.score_histories(histories))

    def _joined(self, scores_of: Callable[[Backbone], Tensor]) -> Tensor:
        members: dict[str, Backbone] = dict(self.members.items())  # pyright: ignore[reportAssignmentType]
        rows = [
            self.shares[name] * standardized_rows(scores_of(member))
            for name, member in members.items()
        ]
        return torch.stack(rows).sum(0)
