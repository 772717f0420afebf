"""A split that holds out users whole, and says part of what they have had."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import (
    OF_HISTORY,
    TEST,
    VALIDATION,
    Split,
    check_shares,
    last_of_each_user,
    log_kept_whole,
    parted,
    rounded,
)


@dataclass(frozen=True)
class NewUsersSplit:
    """Hold out users: models are told part of what they have had, and are to find the rest.

    Nothing of these users is trained on. A user with too few items for both parts is trained on.

    Args:
        validation: Share of the users.
        test: Share of the users.
        history: Share of the items of a held-out user that models are told, drawn at random.

    Reference:
        Strong generalisation in Liang et al., "Variational Autoencoders for Collaborative
        Filtering", WWW 2018.
    """

    validation: float
    test: float
    history: float

    def __post_init__(self) -> None:
        check_shares(self.validation, self.test)
        if not 0 < self.history < 1:
            raise ValueError(f"history must lie between 0 and 1, got {self.history!r}.")

    def __call__(self, interactions: Interactions, generator: torch.Generator) -> Split:
        """Split with a CPU generator; the same state gives the same split."""
        counts = interactions.counts
        held_out = rounded(counts, 1 - self.history)
        too_few = (held_out == 0) | (held_out >= counts)
        log_kept_whole(counts, too_few, f"a history of a share of {self.history:g} and a rest")
        users = torch.randperm(len(counts), generator=generator)
        order = torch.randperm(interactions.num_interactions, generator=generator)
        users = users[~too_few[users]]
        for_test, for_validation = (
            users.new_zeros(len(counts), dtype=torch.bool) for _ in (TEST, VALIDATION)
        )
        num_test = int(rounded(torch.tensor(len(users)), self.test))
        num_validation = int(rounded(torch.tensor(len(users)), self.validation))
        for_test[users[:num_test]] = True
        for_validation[users[num_test : num_test + num_validation]] = True
        parts = last_of_each_user(
            interactions, order, held_out * for_validation, held_out * for_test
        )
        is_new = (for_test | for_validation)[interactions.user_ids]
        parts[is_new & (parts < VALIDATION)] = OF_HISTORY
        return parted(interactions, parts, self)
