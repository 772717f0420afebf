"""Know a choice of settings that is measured to do harm, and what to type in its place."""

from __future__ import annotations

from rankdistill.config.model import ModelConfig

_TINY = 3
"""Dimensions of a student that has no room for the tail of a teacher's list."""


def doubtful_choice(cfg: ModelConfig) -> str | None:
    """Say in a sentence why a distilled student will probably be worse than one alone.

    docs/results.md has the measurement.

    Args:
        cfg: The checked configuration.

    Returns:
        The sentence; None where nothing of the kind is known.
    """
    dim = cfg.backbone.settings.get("embedding_dim")
    by_ranking = cfg.distillation is not None and list(cfg.distillation.methods) == ["ranking"]
    if not by_ranking or dim is None or dim > _TINY or cfg.ranking_loss.name != "Softmax":
        return None
    return (
        f"Ranking Distillation has made students of {dim} dimensions worse under the softmax; "
        "distillation=auto chooses a method that has helped them."
    )
