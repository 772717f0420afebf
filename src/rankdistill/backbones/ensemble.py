"""Several frozen networks that score together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.histories import Histories
from rankdistill.backbones.interface import Backbone
from rankdistill.histories.contexts import Contexts


class Moments(NamedTuple):
    """Mean and standard deviation of every user's scores of the catalogue, (num_users, 1) each."""

    means: Tensor
    deviations: Tensor

    def standardized(self, scores: Tensor, user_ids: Tensor) -> Tensor:
        """Standardise (batch, n) scores of some items by the whole rows of their users."""
        return (scores - self.means[user_ids]) / self.deviations[user_ids]


_CELLS = 2**24  # scores made at once for the moments of all users, 64 MiB


def row_moments(scores: Tensor) -> Moments:
    """Moments of (batch, num_items) scores; those of a constant row make zeros of it."""
    deviations = scores.std(dim=1, keepdim=True).clamp_min(torch.finfo(scores.dtype).tiny)
    return Moments(scores.mean(dim=1, keepdim=True), deviations)


def standardized_rows(scores: Tensor) -> Tensor:
    """(batch, num_items) scores with mean 0 and standard deviation 1 over each row.

    A constant row, which ranks nothing, becomes zeros.
    """
    means, deviations = row_moments(scores)
    return (scores - means) / deviations


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
        self._num_users, self._num_items = num_users, num_items
        self._moments: dict[str, Moments] = {}
        self.shares = {name: share / sum(shares.values()) for name, share in shares.items()}

    def take(self, members: Mapping[str, Backbone]) -> None:
        """Put trained networks of the same kinds in the members' places, frozen."""
        assert set(members) == set(self.members)
        for name, member in members.items():
            self.members[name] = member.requires_grad_(False).train(self.training)
        self._moments = {}

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self.score_rows(contexts).gather(1, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return self._joined(lambda member: member.score_rows(contexts))

    @override
    def score_shared(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        if contexts.ends is not None:
            return super().score_shared(contexts, item_ids)
        parts = [
            self.shares[name]
            * self._moments_of(name, contexts.device).standardized(
                member.score_shared(contexts, item_ids), contexts.user_ids
            )
            for name, member in self._named()
        ]
        return torch.stack(parts).sum(0)

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
        rows = [
            self.shares[name] * standardized_rows(scores_of(member))
            for name, member in self._named()
        ]
        return torch.stack(rows).sum(0)

    def _named(self) -> Iterable[tuple[str, Backbone]]:
        return self.members.items()  # pyright: ignore[reportReturnType]

    @torch.no_grad()
    def _moments_of(self, name: str, device: torch.device) -> Moments:
        """The moments of a member, made when they are first asked for."""
        if name not in self._moments:
            member = self.members[name]
            assert isinstance(member, Backbone)
            users = Contexts.of_all_users(self._num_users, device)
            blocks = users.split(max(1, _CELLS // self._num_items))
            each = [row_moments(member.score_rows(block)) for block in blocks]
            self._moments[name] = Moments(*map(torch.cat, zip(*each, strict=True)))
        return self._moments[name]
