"""What is said of a training whose numbers are not finite."""

from __future__ import annotations


def scores_not_finite(advice: str) -> FloatingPointError:
    """Make the error of a model whose scores are not all finite.

    Args:
        advice: What to change; the end of the message.
    """
    return FloatingPointError(f"The model's scores are not all finite: it has diverged; {advice}")


def loss_not_finite(loss: float, epoch: int, advice: str) -> FloatingPointError:
    """Make the error of a training whose loss is not finite.

    Args:
        loss: The mean of an epoch.
        epoch: Its number.
        advice: What to change; the end of the message.
    """
    return FloatingPointError(f"The training loss is {loss} in epoch {epoch}; {advice}")
