"""Warn of settings that were typed and have no effect."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from rankdistill.config.model import ModelConfig

_CHOSEN_BY_RULES = ("distillation.alpha=", "distillation.top_k=", "top_k=")
_PERHAPS_CHOSEN = ("training.learning_rate=", "training.weight_decay=")


def warn_of_settings_without_effect(cfg: ModelConfig, overrides: Sequence[str]) -> None:
    """Warn of overrides that no chosen component reads.

    Args:
        cfg: The checked configuration.
        overrides: What the user typed.
    """
    weighting = None if cfg.distillation is None else cfg.distillation.weighting
    for key, name in (("lambda_", "λ"), ("mu", "μ")):
        typed = [text for text in overrides if text.startswith(f"sharpness.{key}=")]
        if typed and (weighting is None or key not in weighting.settings):
            chosen = "module" if weighting is None else weighting.name
            warnings.warn(f"{typed[0]} has no effect: {chosen} reads no {name}.", stacklevel=2)
    _warn_of_what_rules_choose(cfg, overrides)
    methods = {} if cfg.distillation is None else cfg.distillation.methods
    typed = [text for text in overrides if text.startswith(("top_k=", "distillation.top_k="))]
    if typed and methods and not any("top_k" in each.settings for each in methods.values()):
        names = ", ".join(methods)
        warnings.warn(f"{typed[0]} has no effect: {names} reads no top_k.", stacklevel=2)
    losses = [cfg.ranking_loss, None if cfg.teacher is None else cfg.teacher.ranking_loss]
    typed = [text for text in overrides if text.startswith(("negatives=", "negatives."))]
    if typed and not any(loss is not None and "negatives" in loss.settings for loss in losses):
        chosen = cfg.ranking_loss.name
        warnings.warn(f"{typed[0]} has no effect: {chosen} samples no negatives.", stacklevel=2)


def _warn_of_what_rules_choose(cfg: ModelConfig, overrides: Sequence[str]) -> None:
    typed = [text for text in overrides if text.startswith(_CHOSEN_BY_RULES)]
    if typed and cfg.method_rules:
        warnings.warn(
            f"{typed[0]} has no effect: distillation=auto chooses it. Name a method to set it, as "
            "in distillation=[plackett_luce].",
            stacklevel=2,
        )
    typed = [text for text in overrides if text.startswith(_PERHAPS_CHOSEN)]
    dim = cfg.backbone.settings.get("embedding_dim")
    if typed and any(rule.training and rule.takes(dim) for rule in cfg.method_rules.values()):
        warnings.warn(
            f"{typed[0]} may have no effect: distillation=auto chooses it for students of {dim} "
            "dimensions. Name a method to set it, as in distillation=[plackett_luce].",
            stacklevel=2,
        )
