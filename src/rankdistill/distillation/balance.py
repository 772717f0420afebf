"""How the ranking loss and the distillation loss are put together."""

from __future__ import annotations

from torch import Tensor


def paper_balance(ranking_loss: Tensor, distillation_loss: Tensor, alpha: float) -> Tensor:
    """(1 - alpha) L_R + alpha L_D, as in Tang and Wang, KDD 2018; alpha in [0, 1]."""
    if not 0 <= alpha <= 1:
        raise ValueError(
            f"alpha must lie in [0, 1] with loss_balance=paper, got {alpha}; "
            "loss_balance=official takes any alpha from 0 up."
        )
    return (1 - alpha) * ranking_loss + alpha * distillation_loss


def official_balance(ranking_loss: Tensor, distillation_loss: Tensor, alpha: float) -> Tensor:
    """L_R + alpha L_D, as in the code that the authors published; alpha not negative."""
    if alpha < 0:
        raise ValueError(f"alpha must not be negative, got {alpha}.")
    return ranking_loss + alpha * distillation_loss


BALANCES = {"paper": paper_balance, "official": official_balance}
