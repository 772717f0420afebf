"""How the ranking loss and the distillation loss are put together."""

from __future__ import annotations

import math
from typing import NamedTuple


class Balance(NamedTuple):
    """The factors of the two losses in the one that is minimised."""

    ranking: float
    distillation: float


def paper_balance(alpha: float) -> Balance:
    """(1 - alpha) L_R + alpha L_D, as in Tang and Wang, KDD 2018; alpha in [0, 1]."""
    if not 0 <= alpha <= 1:
        raise ValueError(
            f"alpha must lie in [0, 1] with loss_balance=paper, got {alpha}; "
            "loss_balance=official takes any alpha from 0 up."
        )
    return Balance(1 - alpha, alpha)


def official_balance(alpha: float) -> Balance:
    """L_R + alpha L_D, as in the code that the authors published; alpha not negative."""
    if not 0 <= alpha < math.inf:
        raise ValueError(f"alpha must be a number from 0 up, got {alpha}.")
    return Balance(1.0, alpha)


BALANCES = {"paper": paper_balance, "official": official_balance}
